/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * singlestep: this program keeps a process and steps it: each instruction once, system calls and
 * faults whole; and looks into its FPU registers and changes them.
 */
#include "check.h"

enum { R_CHILD = CR_FREE, R_ENDPOINT, R_KEEPER, R_RESUME, R_PAGE };
#define HOLE (3ul << 44)

static unsigned long child_stack[512];
static volatile unsigned long flags_seen, value_seen;

void child_code(void);
/* The instructions that are stepped, with the addresses where each begins. */
__asm__(".pushsection .text\n"
        ".globl child_code, s0, s1, s2, s3, s4, s5, s6, s7\n"
        "child_code:\n"
        "s0: mov $5, %ebx\n"
        "s1: pushfq\n"
        "s2: popq flags_seen\n"
        "s3: mov 0x300000000000, %al\n" /* HOLE: faults, is repaired, is executed */
        "s4: syscall\n"                 /* OP_TYPE of Null */
        "s5: mov %rdx, value_seen\n"
        "s6: movq %xmm3, %rcx\n"
        "s7: ud2\n"
        ".popsection\n");
extern char s0[], s1[], s2[], s3[], s4[], s5[], s6[], s7[];

static void next(unsigned answer_to, struct facet_message *m) {
    *m = (struct facet_message){.recv = {[MESSAGE_CAPS - 1] = R_RESUME}};
    check("a fault", facet_invoke(answer_to, INVOKE_RETURN, 0, m), OP_FAULT);
}

static void step(unsigned answer_to, const char *to) {
    struct facet_message m;
    check("step", facet_set(R_CHILD, OP_PROCESS_SET_STEP, 1, CR_NULL), RC_OK);
    next(answer_to, &m);
    check("which fault", m.word[0], FAULT_STEP);
    check("where it stands", m.word[2], (unsigned long)to);
}

static void get_regs(struct facet_regs *regs) {
    struct facet_message m = {.room = regs, .room_size = sizeof *regs};
    check("registers", facet_call(R_CHILD, OP_PROCESS_GET_REGS, &m), RC_OK);
    check("no trap flag", regs->rflags & 0x100, 0);
}

static void steps(void) {
    struct facet_regs regs;
    struct facet_message m;
    check("step", facet_set(R_CHILD, OP_PROCESS_SET_STEP, 1, CR_NULL), RC_OK);
    check("start", facet_set(R_CHILD, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    next(CR_NULL, &m);
    check("which fault", m.word[0], FAULT_STEP);
    check("where it stands", m.word[2], (unsigned long)s1);
    get_regs(&regs);
    check("one instruction", regs.rbx, 5);
    step(R_RESUME, s2);
    step(R_RESUME, s3);
    check("what PUSHF shows", flags_seen & 0x100, 0x100); /* the processor's way */
    check("step", facet_set(R_CHILD, OP_PROCESS_SET_STEP, 1, CR_NULL), RC_OK);
    next(R_RESUME, &m);
    check("a fault goes first", m.word[0], FAULT_INVALID_ADDRESS);
    check("where it stands", m.word[2], (unsigned long)s3);
    check("page", facet_alloc(CAP_PAGE, R_PAGE), RC_OK);
    check("repair", facet_set(CR_SPACE, OP_GPT_SET, HOLE >> 44, R_PAGE), RC_OK);
    next(R_RESUME, &m); /* the step is still to come */
    check("which fault", m.word[0], FAULT_STEP);
    check("where it stands", m.word[2], (unsigned long)s4);
    get_regs(&regs);
    regs.rax = OP_TYPE;
    regs.rdi = INVOKE_CONTROL(CR_NULL, INVOKE_CALL);
    regs.rsi = regs.r13 = regs.r15 = 0;
    regs.rdx = 99;
    m = (struct facet_message){.string = &regs, .string_size = sizeof regs};
    check("set registers", facet_call(R_CHILD, OP_PROCESS_SET_REGS, &m), RC_OK);
    step(R_RESUME, s5);
    get_regs(&regs);
    check("the answer of the system call", regs.rdx, CAP_NULL);
    check("flags that SYSCALL left", regs.r11 & 0x100, 0);
    step(R_RESUME, s6);
    check("it goes on with it", value_seen, CAP_NULL);
    passed("a process is stepped");
}

static void fpu(void) {
    static unsigned char image[512] __attribute__((aligned(16)));
    struct facet_regs regs;
    struct facet_message m = {.room = image, .room_size = sizeof image};
    check("get the FPU", facet_call(R_CHILD, OP_PROCESS_GET_FPU, &m), RC_OK);
    check("all of it", m.received, 512);
    check("MXCSR as it starts", *(unsigned *)(void *)(image + 24), 0x1f80);
    *(unsigned long *)(void *)(image + 160 + 3 * 16) = 0x1122334455667788; /* xmm3 */
    m = (struct facet_message){.string = image, .string_size = sizeof image};
    check("set the FPU", facet_call(R_CHILD, OP_PROCESS_SET_FPU, &m), RC_OK);
    step(R_RESUME, s7);
    get_regs(&regs);
    check("what the process finds in xmm3", regs.rcx, 0x1122334455667788);
    *(unsigned *)(void *)(image + 24) = 0x10000;
    check("a reserved bit of MXCSR", facet_call(R_CHILD, OP_PROCESS_SET_FPU, &m), RC_BAD_ARG);
    unsigned long mine = 42;
    __asm__ volatile("movq %0, %%xmm3" : : "r"(mine));
    m = (struct facet_message){.room = image, .room_size = sizeof image};
    check("get my own", facet_call(CR_SELF, OP_PROCESS_GET_FPU, &m), RC_OK);
    check("as it is now", *(unsigned long *)(void *)(image + 160 + 3 * 16), 42);
    passed("the FPU's registers are read and written");
}

static void freely(void) {
    struct facet_message m;
    check("step no more", facet_set(R_CHILD, OP_PROCESS_SET_STEP, 0, CR_NULL), RC_OK);
    next(R_RESUME, &m);
    check("the next fault", m.word[0], FAULT_EXCEPTION);
    check("is that of ud2", m.word[3] >> 32, 6);
    passed("and runs freely again");
}

int main(void) {
    make_entry(R_ENDPOINT, CR_SELF, 1, R_KEEPER);
    make_process(R_CHILD, child_code, child_stack + 512, CR_NULL, R_KEEPER);
    steps();
    fpu();
    freely();
    return 0;
}
