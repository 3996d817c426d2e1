/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Signals in numbers, handlers that never return or fault themselves, and frames that were tampered with.
 */
#include "hostile.h"

static volatile unsigned count;
static sigjmp_buf jump;

static void install(int signal, void (*handler)(int, siginfo_t *, void *), int flags) {
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
    sigaction(signal, &action, 0);
}

static void counts(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)info, (void)context;
    count++;
}

static void again(int signal, siginfo_t *info, void *context) {
    (void)info, (void)context;
    if (++count < 20000)
        raise(signal);
}

/* Each handler raises the next signal before it ends, or blocks it. */
static void storm(void) {
    install(SIGUSR1, again, 0);
    raise(SIGUSR1);
    printf("one after the other: %u\n", count);
    count = 0;
    for (int i = 0; i < 65; i++)
        install(i, counts, 0);
    for (int round = 0; round < 100; round++)
        for (int i = 1; i < 65; i++)
            if (i != SIGKILL && i != SIGSTOP && i != 32 && i != 33)
                raise(i);
    printf("each a hundred times: %u\n", count);
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, 0);
    count = 0;
    for (int i = 1; i < 32; i++)
        if (i != SIGKILL && i != SIGSTOP)
            raise(i), raise(i);
    sigprocmask(SIG_UNBLOCK, &all, 0);
    printf("all at once: %u\n", count);
}

static void jumps_out(int signal, siginfo_t *info, void *context) {
    (void)info, (void)context;
    siglongjmp(jump, signal);
}

static void longjmps(void) {
    install(SIGUSR1, jumps_out, 0);
    install(SIGSEGV, jumps_out, 0);
    for (volatile int i = 0; i < 2000; i++) {
        if (!sigsetjmp(jump, 1)) {
            if (i % 2)
                raise(SIGUSR1);
            else
                *(volatile int *)8 = 1;
        }
        count++;
    }
    printf("out of handlers: %u\n", count);
}

static void deeper(int signal, siginfo_t *info, void *context) {
    (void)info, (void)context;
    if (++count < 500)
        raise(count % 3 ? signal : SIGUSR2);
}

static void nested(void) {
    install(SIGUSR1, deeper, SA_NODEFER);
    install(SIGUSR2, deeper, SA_NODEFER);
    raise(SIGUSR1);
    printf("within each other: %u\n", count);
}

static void for_ever(int signal, siginfo_t *info, void *context) {
    (void)info, (void)context;
    raise(signal);
}

/* Until the stack is full. */
static void nested_for_ever(void) {
    install(SIGUSR1, for_ever, SA_NODEFER);
    raise(SIGUSR1);
}

static int deep(volatile char *before) {
    volatile char here[1000];
    memset((char *)here, before[0], sizeof here);
    return before[0] ? 0 : deep(here) + here[7];
}

static void overflow(void) {
    volatile char start[8] = "";
    printf("%d\n", deep(start));
}

static void says(int signal, siginfo_t *info, void *context) {
    (void)info, (void)context;
    static const char text[] = "caught\n";
    _exit(write(1, text, sizeof text - 1) == 7 ? signal : 1);
}

static void overflow_no_altstack(void) {
    install(SIGSEGV, says, 0);
    overflow();
}

static void overflow_altstack(void) {
    static char stack[65536];
    stack_t altstack = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&altstack, 0);
    install(SIGSEGV, says, SA_ONSTACK);
    overflow();
}

static void overflows(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)info, (void)context;
    overflow();
}

/* The handler runs over its own small stack, into a page that is not there. */
static void overflow_in_handler(void) {
    char *stack = map(0x20000000, 17 * PAGE, PROT_READ | PROT_WRITE);
    mprotect(stack, PAGE, PROT_NONE);
    stack_t altstack = {.ss_sp = stack + PAGE, .ss_size = 16 * PAGE};
    sigaltstack(&altstack, 0);
    install(SIGUSR1, overflows, SA_ONSTACK);
    raise(SIGUSR1);
}

static void altstack_gone(void) {
    char *stack = map(0x20000000, 16 * PAGE, PROT_READ | PROT_WRITE);
    stack_t altstack = {.ss_sp = stack, .ss_size = 16 * PAGE};
    sigaltstack(&altstack, 0);
    install(SIGUSR1, counts, SA_ONSTACK);
    munmap(stack, 16 * PAGE);
    raise(SIGUSR1);
}

static void altstack_wild(void) {
    stack_t altstack = {.ss_sp = (void *)0x7ffffffffffff000, .ss_size = 16 * PAGE};
    printf("sigaltstack: %d\n", sigaltstack(&altstack, 0));
    fflush(stdout);
    install(SIGUSR1, counts, SA_ONSTACK);
    raise(SIGUSR1);
}

static void faults_too(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)info, (void)context;
    *(volatile int *)16 = 1;
}

static void fault_in_handler(void) {
    install(SIGSEGV, faults_too, 0);
    *(volatile int *)8 = 1;
}

static void handler_nowhere(void) {
    install(SIGUSR1, (void (*)(int, siginfo_t *, void *))0x800000000000, 0);
    raise(SIGUSR1);
}

static void kernel_stack(void) {
    install(SIGSEGV, says, 0);
    __asm__ volatile("mov $0xffffffff80100000, %%rsp\n\tpush %%rax" : : : "memory");
}

/* ---- rt_sigreturn: what a handler puts into its frame */

static ucontext_t *frame;
static uintptr_t wild_value;
static int wild_register;

static void tampers(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)info;
    frame = context;
    if (wild_register == -1)
        frame->uc_mcontext.fpregs = (void *)wild_value;
    else if (wild_register == -2)
        frame->uc_mcontext.fpregs->mxcsr = (unsigned)wild_value;
    else if (wild_register == -3)
        memset(frame->uc_mcontext.fpregs, (int)wild_value, 464);
    else
        frame->uc_mcontext.gregs[wild_register] = (long)wild_value;
}

static void raises(void *unused) {
    (void)unused;
    raise(SIGUSR1);
}

static void tamper(const char *what, int reg, uintptr_t value) {
    wild_register = reg;
    wild_value = value;
    install(SIGUSR1, tampers, 0);
    struct caught caught = attempt(raises, 0);
    printf("%s %lx: signal %d code %d\n", what, value, caught.signal, caught.code);
    fflush(stdout);
}

static void tampered(void) {
    tamper("rip", REG_RIP, 0x800000000000);
    tamper("rip", REG_RIP, 0xffffffff80000000);
    tamper("rip", REG_RIP, 0xffffffffffffffff);
    tamper("rip", REG_RIP, 0x7fffffffffff);
    tamper("rsp", REG_RSP, 0);
    tamper("flags", REG_EFL, 0x3202);
    tamper("flags", REG_EFL, ~0x40500ul);
    tamper("flags", REG_EFL, 0);
    tamper("fpu", -1, 0x10);
    tamper("fpu", -1, 0x8000000000000000);
    tamper("fpu", -1, 0xffffffff80000000);
    tamper("mxcsr", -2, 0xffffffff);
}

/* sigreturn out of the blue: the frame is whatever lies on the stack. */
static void sigreturn_zeros(void) {
    char *stack = map(0x20000000, 16 * PAGE, PROT_READ | PROT_WRITE);
    install(SIGSEGV, says, 0);
    __asm__ volatile("mov %0, %%rsp\n\tmov $15, %%eax\n\tsyscall" : : "r"(stack + 8 * PAGE) : "memory");
}

static void sigreturn_nowhere(void) {
    __asm__ volatile("xor %%esp, %%esp\n\tmov $15, %%eax\n\tsyscall" : : : "memory");
}

const struct deed signal_deeds[] = {
    {"storm", storm},
    {"longjmps", longjmps},
    {"nested", nested},
    {"nested-for-ever", nested_for_ever},
    {"overflow", overflow},
    {"overflow-no-altstack", overflow_no_altstack},
    {"overflow-altstack", overflow_altstack},
    {"overflow-in-handler", overflow_in_handler},
    {"altstack-gone", altstack_gone},
    {"altstack-wild", altstack_wild},
    {"fault-in-handler", fault_in_handler},
    {"handler-nowhere", handler_nowhere},
    {"kernel-stack", kernel_stack},
    {"tampered", tampered},
    {"sigreturn-zeros", sigreturn_zeros},
    {"sigreturn-nowhere", sigreturn_nowhere},
    {0, 0},
};
