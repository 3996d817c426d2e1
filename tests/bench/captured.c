/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * captured ACCESSES [FORM]: in each piece of work makes that many accesses to `page` by instructions that the engine
 * can't be stopped in at each of their accesses, all forms but `state` in equal parts, or those of one form. Each form
 * makes two.
 */
#include "bench.h"

unsigned char page[8192] __attribute__((aligned(4096))) = {1};

/* rsi, rdi and rsp point into the first page; rbx 4 bytes before the second one. */
/* clang-format off */
#define FORMS(FORM)                                          \
    FORM(crossing, "movq (%rbx),%rax; movq %rax,(%rbx)")     \
    FORM(x87_extended, "fldt 32(%rsi); fstpt 48(%rsi)")      \
    FORM(mmx, "movq 8(%rsi),%mm0; movq %mm0,16(%rsi); emms") \
    FORM(rotate, "rcll $1,8(%rsi)")                          \
    FORM(compare, "cmpsq; sub $8,%rsi; sub $8,%rdi")         \
    FORM(frame, "enter $16,$1; add $32,%rsp")                \
    FORM(exchange, "lock cmpxchg16b 64(%rsi)")
/* Of 512 bytes; the engine makes a hundred accesses of each. */
#define STATE(FORM) FORM(state, "fxsave 512(%rsi); fxrstor 512(%rsi)")
#define LOOP(name, code) "captured_" #name ": " code "; dec %r12; jnz captured_" #name "; jmp captured_end\n"
#define ONCE(name, code) code "\n"
#define ROW(name, code) {#name, captured_##name},
#define DECLARE(name, code) extern const char captured_##name[];
#define COUNT(name, code) +1u

__asm__(".pushsection .text\n"
        "captured_all:\n" FORMS(ONCE)
        "   dec %r12; jnz captured_all; jmp captured_end\n"
        FORMS(LOOP) STATE(LOOP)
        "captured_end: mov %r13,%rsp; jmp *%r14\n"
        ".popsection\n");
/* clang-format on */
extern const char captured_all[];
FORMS(DECLARE)
STATE(DECLARE)

static const struct { const char *name, *loop; } forms[] = {FORMS(ROW) STATE(ROW)};

static bool is(const char *a, const char *b) {
    while (*a != 0 && *a == *b)
        a++, b++;
    return *a == *b;
}

static void run(const char *loop, unsigned long rounds) {
    register unsigned long count __asm__("r12") = rounds;
    __asm__ volatile("mov %%rsp,%%r13\n"
                     "lea 1f(%%rip),%%r14\n"
                     "lea 2048(%%rsi),%%rsp\n"
                     "jmp *%[loop]\n"
                     "1:\n"
                     : "+r"(count)
                     : [loop] "r"(loop), "S"(page), "D"(page + 1024), "b"(page + 4096 - 4)
                     : "rax", "rcx", "rdx", "rbp", "r13", "r14", "memory", "cc");
}

int main(int argc, char **argv) {
    unsigned long rounds = bench_number(argc, argv, 28000) / 2;
    const char *loop = captured_all;
    if (argc < 3)
        rounds /= 0u FORMS(COUNT);
    for (unsigned i = 0; argc >= 3 && i < sizeof forms / sizeof *forms; i++)
        if (is(argv[2], forms[i].name))
            loop = forms[i].loop;
    if (argc >= 3 && loop == captured_all)
        return 2;
    while (bench_next())
        run(loop, rounds);
    return 0;
}
