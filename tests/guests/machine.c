/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * machine: a log of what a ring-3 program can find out about the machine and the kernel below it. It judges nothing:
 * the log must be the same, line by line, on every machine that the kernel boots on.
 *
 * A second process executes short pieces of code; what it ends with (always some exception) is logged by this one, its
 * keeper: fault, vector, error code, address, where in the piece, flags, registers. Needs --grant range --grant debug.
 */
#include "check.h"

enum { R_CHILD = CR_FREE, R_ENDPOINT, R_KEEPER, R_RESUME, R_NODE, R_PAGE, R_TEMP };
#define SLOT 3ul
#define REGION (SLOT << 44)
#define RW 0 /* pages of the region */
#define READ_ONLY 1
#define NO_EXECUTE 2
#define NEXT_RW 3
#define HOLE 5
#define AT(page) (REGION + (page)*4096ul)

static unsigned char stack[4096] __attribute__((aligned(4096)));
static unsigned char window[16384] __attribute__((aligned(4096)));

/* ---- Pieces of code. rdi: AT(RW), rsi: AT(READ_ONLY), r8: AT(HOLE), rbx: a number, rcx: 3. All end at a ud2.
 *
 * Nothing in which processors differ, and nothing in which QEMU's TCG differs from the manuals: there, a non-canonical
 * push raises #GP and not #SS, MOVAPS takes any alignment, unmasked SSE exceptions do not come, the error code of a
 * read-modify-write that faults says read, that of a refused INT n names twice the vector. Nor the x87 precision flag,
 * which emu/'s engine does not set.
 */

struct piece {
    const char *name, *code;
};
#define PIECES(PIECE)                                                                                                  \
    PIECE(nothing, "nop")                                                                                              \
    PIECE(add_overflows, "mov $0x7fffffff, %eax; add $1, %eax")                                                        \
    PIECE(sub_borrows, "xor %eax, %eax; sub %rbx, %rax")                                                               \
    PIECE(neg_and_adc, "mov %rbx, %rax; neg %rax; adc $0, %rdx")                                                       \
    PIECE(rotate_through_carry, "stc; rcl $1, %rbx; rcr $3, %rbx; cmp %eax, %eax")                                     \
    PIECE(shift_by_zero, "stc; xor %ecx, %ecx; shl %cl, %rbx")                                                         \
    PIECE(shld_by_seven, "shld $7, %rbx, %rdx; cmp %rdx, %rdx")                                                        \
    PIECE(multiply, "mov $-3, %rax; mul %rbx; cmp %eax, %eax")                                                         \
    PIECE(divide, "mov $100, %eax; xor %edx, %edx; div %rcx; cmp %eax, %eax")                                          \
    PIECE(divide_by_zero, "xor %edx, %edx; xor %ecx, %ecx; div %ecx")                                                  \
    PIECE(divide_overflow, "mov $5, %edx; mov $2, %ecx; div %ecx")                                                     \
    PIECE(bit_test_and_set, "btsq $77, (%rdi); mov 8(%rdi), %rax; btsq $77, (%rdi); cmp %eax, %eax")                   \
    PIECE(bit_scan, "bsf %rbx, %rax; bsr %rbx, %rdx; cmp %eax, %eax")                                                  \
    PIECE(conditional_move, "cmp %rcx, %rbx; cmova %rbx, %rax; setbe %dl")                                             \
    PIECE(exchange_bytes, "mov %rbx, %rax; bswap %rax; xchg %ah, %al")                                                 \
    PIECE(flags_pushed, "std; stc; pushfq; pop %rax; cld")                                                             \
    PIECE(flags_that_ring_3_cannot_set, "mov $0x3202, %eax; push %rax; popfq; pushfq; pop %rdx")                       \
    PIECE(interrupt_flag_stays, "pushfq; andq $~0x200, (%rsp); popfq; pushfq; pop %rax")                               \
    PIECE(identification_flag, "pushfq; xorq $0x200000, (%rsp); popfq; pushfq; pop %rax")                              \
    PIECE(call_and_return, "call 1f; jmp 2f; 1: mov (%rsp), %rax; ret $0; 2:")                                         \
    PIECE(enter_and_leave, "enter $16, $0; mov %rsp, %rax; leave")                                                     \
    PIECE(string_move, "mov %rdi, %rsi; mov %rbx, 5(%rdi); lea 16378(%rdi), %rdi; mov $12, %ecx; rep movsb")           \
    PIECE(string_store_backwards, "lea 4000(%rdi), %rdi; mov %rbx, %rax; mov $9, %ecx; std; rep stosq; cld")           \
    PIECE(string_compare, "mov %rsi, %r9; lea 64(%rdi), %rsi; mov $40, %ecx; repe cmpsb")                              \
    PIECE(string_scan, "xor %eax, %eax; mov $-1, %rcx; repne scasb")                                                   \
    PIECE(string_meets_hole, "mov %r8, %rdi; sub $16, %rdi; mov $5, %ecx; rep stosq")                                  \
    PIECE(unaligned_store_and_load, "mov %rbx, 16381(%rdi); mov %rbx, 3(%rdi); mov 1(%rdi), %rax")                     \
    PIECE(compare_and_exchange, "xor %eax, %eax; lock cmpxchg %rbx, 256(%rdi); lock cmpxchg %rcx, 256(%rdi)")          \
    PIECE(compare_and_exchange_16, "xor %eax, %eax; xor %edx, %edx; lock cmpxchg16b 512(%rdi); cmpxchg16b 512(%rdi)")  \
    PIECE(exchange_and_add, "mov %rbx, 128(%rdi); mov $5, %eax; lock xadd %rax, 128(%rdi); lock incl 128(%rdi)")       \
    PIECE(sse_arithmetic, "movq %rbx, %xmm0; cvtsi2sd %rcx, %xmm1; mulsd %xmm1, %xmm1; sqrtsd %xmm1, %xmm2; "          \
                          "movq %xmm2, %rax; paddq %xmm0, %xmm0; movq %xmm0, %rdx")                                    \
    PIECE(sse_across_pages, "movdqu 16376(%rdi), %xmm3; movdqu %xmm3, 16378(%rdi); movq %xmm3, %rax")                  \
    PIECE(x87_arithmetic, "fldpi; fld1; faddp; fistpll (%rdi); mov (%rdi), %rdx")                                      \
    PIECE(x87_unmasked, "fninit; movw $0x33b, (%rdi); fldcw (%rdi); fld1; fldz; fdivrp; fwait")                        \
    PIECE(breakpoint, "int3")                                                                                          \
    PIECE(single_step, "pushfq; orq $0x100, (%rsp); popfq; nop; nop")                                                  \
    PIECE(halt, "hlt")                                                                                                 \
    PIECE(clear_interrupts, "cli")                                                                                     \
    PIECE(port_in, "in $0x80, %al")                                                                                    \
    PIECE(port_out, "mov $0xe8, %edx; out %al, %dx")                                                                   \
    PIECE(read_control, "mov %cr0, %rax")                                                                              \
    PIECE(write_control, "mov %rax, %cr3")                                                                             \
    PIECE(write_msr, "mov $0xc0000082, %ecx; wrmsr")                                                                   \
    PIECE(load_idt, "lidt (%rdi)")                                                                                     \
    PIECE(flush_page, "invlpg (%rdi)")                                                                                 \
    PIECE(system_return, "sysretq")                                                                                    \
    PIECE(return_to_ring_0, "push $0x10; push %rsp; push $2; push $8; push %rdi; iretq")                               \
    PIECE(far_selector, "mov $0x28, %eax; mov %eax, %ds")                                                              \
    PIECE(user_selector, "mov $0x1b, %eax; mov %eax, %ds; mov %ds, %edx; xor %edx, %edx; mov %edx, %ds")               \
    PIECE(undefined, "ud2")                                                                                            \
    PIECE(non_canonical_load, "movabs $0x800000000000, %rax; mov (%rax), %rdx")                                        \
    PIECE(kernel_load, "mov $0xffffffff80100000, %rax; mov (%rax), %rdx")                                              \
    PIECE(kernel_store, "movabs $0xffff800000100000, %rax; mov %rdx, (%rax)")                                          \
    PIECE(kernel_jump, "mov $0xffffffff80100000, %rax; jmp *%rax")                                                     \
    PIECE(load_hole, "mov 8(%r8), %rax")                                                                               \
    PIECE(store_hole, "mov %rax, 16(%r8)")                                                                             \
    PIECE(jump_hole, "add $32, %r8; jmp *%r8")                                                                         \
    PIECE(store_read_only, "mov (%rsi), %rax; mov %rax, (%rsi)")                                                       \
    PIECE(modify_read_only, "lock addq $1, 8(%rsi)")                                                                   \
    PIECE(store_crosses_into_read_only, "mov %rbx, -3(%rsi)")                                                          \
    PIECE(load_crosses_into_hole, "mov -5(%r8), %rax")                                                                 \
    PIECE(jump_no_execute, "lea 4096(%rsi), %rax; jmp *%rax")                                                          \
    PIECE(push_into_hole, "lea 4096(%r8), %rsp; lea -4096(%rsp), %rsp; add $4, %rsp; push %rax")                       \
    PIECE(segment_base, "mov %fs:8, %rax; mov %gs:16, %rdx")                                                           \
    PIECE(system_call_registers, "mov $1, %eax; xor %edi, %edi; xor %esi, %esi; xor %r13d, %r13d; xor %r15d, %r15d; "  \
                                 "stc; syscall; mov %rcx, %rbp; lea 0f(%rip), %rbx; sub %rbx, %rbp; xor %ecx, %ecx")   \
    PIECE(system_call_bad_control, "mov $0x12345, %edi; syscall")                                                      \
    PIECE(system_call_bad_register, "mov $40, %edi; xor %esi, %esi; syscall")

#define PIECE_CODE(name, text) "piece_" #name ": " text "; 0: ud2\n"
__asm__(".pushsection .text\n" PIECES(PIECE_CODE) ".popsection\n");
#define PIECE_DECLARE(name, text) extern const char piece_##name[];
PIECES(PIECE_DECLARE)
#define PIECE_ROW(name, text) {#name, piece_##name},
static const struct piece pieces[] = {PIECES(PIECE_ROW)};

/* ---- Logging */

static void put(const char *what, unsigned long n) {
    facet_puts(what);
    print_number(n, 16);
}

static unsigned long mix(unsigned long sum, unsigned long value) {
    sum = (sum ^ value) * 0x9e3779b97f4a7c15ul;
    return sum ^ sum >> 29;
}

static unsigned long region_sum(void) {
    unsigned long sum = 0;
    for (unsigned long i = 0; i < sizeof window; i += 8)
        sum = mix(sum, *(volatile unsigned long *)(AT(RW) + i));
    return sum;
}

static void log_end(const struct piece *piece, const struct facet_message *m) {
    struct facet_regs regs;
    struct facet_message get = {.room = &regs, .room_size = sizeof regs};
    check("get registers", facet_call(R_CHILD, OP_PROCESS_GET_REGS, &get), RC_OK);
    facet_puts(piece->name);
    put(": fault ", m->word[0]);
    put(" vector ", m->word[3] >> 32);
    put(" error ", m->word[3] & 0xffffffff);
    put(" address ", m->word[1]);
    put(" pc ", m->word[2]);
    put(" flags ", regs.rflags);
    facet_puts("\n   ");
    const unsigned long *word = &regs.rax;
    for (unsigned i = 0; i < 16; i++)
        put(" ", word[i]);
    put(" memory ", region_sum());
    facet_puts("\n");
}

/* ---- The child */

static void child_start(const struct piece *piece) {
    struct facet_regs regs = {.rip = (unsigned long)piece->code,
                              .rsp = (unsigned long)stack + sizeof stack - 64,
                              .rflags = 0x202,
                              .rdi = AT(RW),
                              .rsi = AT(READ_ONLY),
                              .r8 = AT(HOLE),
                              .rcx = 3,
                              .rbx = 0x8123456789abcdef,
                              .fs_base = AT(RW) + 1024,
                              .gs_base = AT(RW) + 2048};
    struct facet_message m = {.string = &regs, .string_size = sizeof regs};
    check("set registers", facet_call(R_CHILD, OP_PROCESS_SET_REGS, &m), RC_OK);
    check("start", facet_set(R_CHILD, OP_PROCESS_START, 0, CR_NULL), RC_OK);
}

/* A new process for each piece: its FPU state is fresh. */
static void child_make(void) {
    check("allocate", facet_alloc(CAP_PROCESS, R_CHILD), RC_OK);
    check("space", facet_set(R_CHILD, OP_PROCESS_SET_SPACE, 0, CR_SPACE), RC_OK);
    check("keeper", facet_set(R_CHILD, OP_PROCESS_SET_KEEPER, 0, R_KEEPER), RC_OK);
}

static void region_page(unsigned long slot, unsigned long restr) {
    check("page", facet_alloc(CAP_PAGE, R_PAGE), RC_OK);
    check("reduce", facet_get(R_PAGE, OP_MEM_REDUCE, restr, 0, R_PAGE), RC_OK);
    check("insert", facet_set(R_NODE, OP_GPT_SET, slot, R_PAGE), RC_OK);
}

static void region_make(void) {
    check("node", facet_alloc(CAP_GPT, R_NODE), RC_OK);
    region_page(RW, 0);
    region_page(READ_ONLY, CAP_RO);
    region_page(NO_EXECUTE, CAP_NX);
    region_page(NEXT_RW, 0);
    region_page(HOLE - 1, 0);
    check("hang it in", facet_set(CR_SPACE, OP_GPT_SET, SLOT, R_NODE), RC_OK);
}

static void run_piece(const struct piece *piece) {
    region_make();
    child_make();
    child_start(piece);
    struct facet_message m = {.recv = {0, 0, 0, R_RESUME}};
    check("label", facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m), OP_FAULT);
    log_end(piece, &m);
    check("rescind", facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, R_CHILD), RC_OK);
}

/* ---- The kernel: what every operation number answers on every capability that this program has */

static void log_answers(unsigned cap, unsigned long first, unsigned long last) {
    put("capability ", cap);
    put(" operations ", first);
    facet_puts(":");
    for (unsigned long op = first; op <= last; op++) {
        struct facet_message m = {.word = {~0ul, ~0ul, ~0ul, ~0ul}};
        put(" ", facet_call(cap, op, &m));
    }
    facet_puts("\n");
}

static void log_operations(void) {
    static const unsigned char caps[] = {CR_NULL, CR_SPACE, R_NODE, R_PAGE, R_ENDPOINT, CR_RANGE, CR_STDERR, CR_DEBUG};
    check("an inner node", facet_alloc(CAP_GPT, R_NODE), RC_OK);
    for (unsigned i = 0; i < sizeof caps; i++) {
        log_answers(caps[i], OP_TYPE, OP_TYPE + 1);
        log_answers(caps[i], OP_MEM_REDUCE, OP_MEM_GUARD + 3);
        log_answers(caps[i], OP_ENDPOINT_MAKE_ENTRY, OP_ENDPOINT_MAKE_ENTRY + 2);
        log_answers(caps[i], OP_RANGE_ALLOC, OP_RANGE_ALLOC + 2);
        log_answers(caps[i], OP_STREAM_READ, OP_STREAM_READ + 3);
        log_answers(caps[i], OP_POWER_OFF + 1, OP_POWER_OFF + 2);
    }
}

int main(void) {
    make_entry(R_ENDPOINT, CR_SELF, 1, R_KEEPER);
    put("start: flags ", ({
            unsigned long flags;
            __asm__ volatile("pushfq; pop %0" : "=r"(flags));
            flags & ~0x8d5ul;
        }));
    facet_puts("\n");
    for (unsigned i = 0; i < sizeof pieces / sizeof *pieces; i++)
        run_piece(&pieces[i]);
    log_operations();
    return 0;
}
