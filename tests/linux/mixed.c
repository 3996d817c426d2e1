/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * usage: mixed SEED COUNT: about COUNT accesses of many forms to `table`, at random places, aligned or not, within
 * pages and across. What it does depends on SEED alone, not on what it loads.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define SIZE 20000 /* bytes, all of them reached */
#define MARGIN 600

struct {
    _Alignas(16) uint8_t byte[SIZE + MARGIN];
} table;
static uint64_t state, sum, made;

static uint64_t next(uint64_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % below;
}

/* p and q: places in the table, P and Q: multiples of 16 */
#define FORM(accesses, code)                                                                                           \
    case __COUNTER__ - FIRST:                                                                                          \
        made += accesses;                                                                                              \
        __asm__ volatile(code                                                                                          \
                         : "+a"(a), "+b"(b), "+c"(c), "+d"(d), "+S"(p), "+D"(q)                                        \
                         : "r"(P), "r"(stack)                                                                          \
                         : "memory", "cc", "r8", "xmm0", "xmm1", "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)",    \
                           "st(6)", "st(7)");                                                                          \
        break;
enum { FIRST = __COUNTER__ + 1 };

/* %6: P, %7: a stack in the table */
static void one(unsigned form, uint8_t *p, uint8_t *q, uint8_t *P, uint8_t *stack) {
    uint64_t a = sum, b = state, c = 3, d = made;
    switch (form) {
        FORM(1, "movb (%%rsi),%%al")
        FORM(1, "movw (%%rsi),%%ax")
        FORM(1, "movl (%%rsi),%%eax")
        FORM(1, "movq (%%rsi),%%rax")
        FORM(1, "movb %%bl,(%%rsi)")
        FORM(1, "movw %%bx,(%%rsi)")
        FORM(1, "movl %%ebx,(%%rsi)")
        FORM(1, "movq %%rbx,(%%rsi)")
        FORM(1, "movzbl (%%rsi),%%eax")
        FORM(1, "movswq (%%rsi),%%rax")
        FORM(1, "addq (%%rsi),%%rax")
        FORM(1, "cmpl (%%rsi),%%eax; sbb %%rax,%%rax")
        FORM(1, "imulq (%%rsi),%%rax")
        FORM(2, "addq %%rbx,(%%rsi)")
        FORM(2, "subl %%ebx,(%%rsi)")
        FORM(2, "xorb %%bl,(%%rsi)")
        FORM(2, "incw (%%rsi)")
        FORM(2, "negq (%%rsi)")
        FORM(2, "rolq %%cl,(%%rsi)")
        FORM(2, "xchgq %%rbx,(%%rsi); mov %%rbx,%%rax")
        FORM(2, "lock addl %%ebx,(%%rsi)")
        FORM(2, "lock xaddq %%rbx,(%%rsi); mov %%rbx,%%rax")
        FORM(2, "lock decw (%%rsi)")
        FORM(2, "lock orb %%bl,(%%rsi)")
        FORM(3, "movq (%6),%%rax; lock cmpxchgq %%rbx,(%6)")
        FORM(2, "lock cmpxchgl %%ebx,(%%rsi)")
        FORM(2, "lock cmpxchg16b (%6)")
        FORM(2, "cld; movsb")
        FORM(2, "cld; movsq")
        FORM(6, "cld; rep movsl")
        FORM(3, "cld; rep stosq")
        FORM(3, "std; rep stosb; cld")
        FORM(1, "cld; lodsq")
        FORM(1, "cld; scasl; sbb %%rax,%%rax")
        FORM(2, "cld; mov $1,%%ecx; repe cmpsq; sbb %%rax,%%rax")
        FORM(2, "mov %%rsp,%%r8; mov %7,%%rsp; pushq %%rbx; popq %%rax; mov %%r8,%%rsp")
        FORM(4, "mov %%rsp,%%r8; mov %7,%%rsp; pushq (%%rsi); popq (%%rdi); mov %%r8,%%rsp")
        FORM(2, "mov %%rsp,%%r8; mov %7,%%rsp; call 1f; jmp 2f; 1: ret; 2: mov %%r8,%%rsp")
        FORM(2, "movdqu (%%rsi),%%xmm0; movdqu %%xmm0,(%%rdi)")
        FORM(2, "movaps (%6),%%xmm0; movntdq %%xmm0,16(%6)")
        FORM(1, "movq %%rbx,%%xmm0; paddd (%6),%%xmm0; movq %%xmm0,%%rax")
        FORM(1, "movq %%rbx,%%xmm0; movups %%xmm0,(%%rsi)")
        FORM(2,
             "movq (%%rsi),%%xmm0; movhps (%%rdi),%%xmm0; movdqa %%xmm0,%%xmm1; psrldq $8,%%xmm1; pxor %%xmm1,%%xmm0; "
             "movq %%xmm0,%%rax")
        FORM(1, "movq %%rbx,%%xmm0; movd %%xmm0,(%%rsi)")
        FORM(1, "movq %%rbx,%%xmm0; pcmpeqb %%xmm1,%%xmm1; maskmovdqu %%xmm1,%%xmm0")
        FORM(2, "fildl (%%rsi); fistpq (%%rdi)")
        FORM(2, "fildq (%%rsi); fstpt (%%rdi)")
        FORM(3, "fildl (%%rsi); fstpt (%%rdi); fldt (%%rdi); fstp %%st(0)")
        FORM(2, "fninit; fnsave (%%rsi); frstor (%%rsi)")
        FORM(2, "fninit; fnstenv (%%rsi); fldenv (%%rsi)")
        FORM(1, "fninit; fnstcw (%%rsi)")
        FORM(2, "fxsave (%6); fxrstor (%6)")
    }
    sum = sum * 3 + a;
}
enum { FORMS = __COUNTER__ - FIRST };

int main(int argc, char **argv) {
    state = argc > 1 ? strtoul(argv[1], NULL, 0) : 1;
    uint64_t count = argc > 2 ? strtoul(argv[2], NULL, 0) : 1000;
    while (made < count) {
        uint8_t *p = table.byte + 64 + next(SIZE - 64), *q = table.byte + 64 + next(SIZE - 64);
        if (next(4) == 0) { /* about a page's end */
            uint8_t *end = (uint8_t *)(((uintptr_t)p | 4095) - 20 + next(24));
            p = end < table.byte + SIZE ? end : p;
        }
        one((unsigned)next(FORMS), p, q, table.byte + 16 * next(SIZE / 16), table.byte + 8 * (4 + next(SIZE / 8 - 4)));
    }
    printf("%lu\n", (unsigned long)made);
    return 0;
}
