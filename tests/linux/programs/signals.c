/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Signals a process sends itself or earns: what its handlers are told, which are blocked, on which stack they run, and
 * that everything is as before when they return. Prints nothing that differs between systems.
 * usage: signals [how to die]
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

static sigjmp_buf back;
static char *altstack;
static char *page;
static volatile int depth;

static void mask_print(const char *what) {
    sigset_t set;
    sigprocmask(SIG_BLOCK, 0, &set);
    printf("%s: blocked", what);
    for (int i = 1; i < 65; i++)
        if (sigismember(&set, i) == 1)
            printf(" %d", i);
    printf("\n");
}

static void tell(int signal, siginfo_t *info, void *context) {
    ucontext_t *uc = context;
    char here;
    printf("handler: signal %d code %d own %d on altstack %d trap %ld error %ld\n", signal, info->si_code,
           info->si_pid == getpid(), &here > altstack && &here < altstack + 65536,
           (long)uc->uc_mcontext.gregs[REG_TRAPNO], (long)uc->uc_mcontext.gregs[REG_ERR]);
    mask_print("  in it");
}

static void fault(int signal, siginfo_t *info, void *context) {
    ucontext_t *uc = context;
    uintptr_t address = (uintptr_t)info->si_addr;
    int at_pc = address == (uintptr_t)uc->uc_mcontext.gregs[REG_RIP];
    printf("fault: signal %d code %d address %s trap %ld error %ld\n", signal, info->si_code,
           at_pc                                                                  ? "pc"
           : address >= (uintptr_t)page && address < (uintptr_t)page + 4 * 4096ul ? "in the page"
           : address < 4096                                                       ? "small"
                                                                                  : "other",
           (long)uc->uc_mcontext.gregs[REG_TRAPNO], (long)uc->uc_mcontext.gregs[REG_ERR]);
    siglongjmp(back, 1);
}

static void nested(int signal) {
    int d = depth++;
    printf("nested %d of signal %d\n", d, signal);
    if (d < 3)
        raise(signal);
    printf("nested %d returns\n", d);
}

static void install(int signal, void (*handler)(int, siginfo_t *, void *), int flags, int also) {
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
    if (also)
        sigaddset(&action.sa_mask, also);
    printf("sigaction %d: %d\n", signal, sigaction(signal, &action, 0) ? errno : 0);
}

static void sent(void) {
    install(SIGUSR1, tell, 0, SIGUSR2);
    raise(SIGUSR1);
    mask_print("after");
    kill(getpid(), SIGUSR1);
    install(SIGUSR1, tell, SA_NODEFER, 0);
    raise(SIGUSR1);
    install(SIGUSR2, tell, SA_RESETHAND, 0);
    raise(SIGUSR2);
    struct sigaction old;
    sigaction(SIGUSR2, 0, &old);
    printf("reset to the default: %d\n", old.sa_handler == SIG_DFL);
    stack_t stack = {.ss_sp = altstack, .ss_size = 65536};
    printf("sigaltstack: %d\n", sigaltstack(&stack, 0));
    install(SIGUSR2, tell, SA_ONSTACK, 0);
    raise(SIGUSR2);
}

static void blocked(void) {
    sigset_t set, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGTERM);
    install(SIGTERM, tell, 0, 0);
    sigprocmask(SIG_BLOCK, &set, 0);
    raise(SIGTERM);
    raise(SIGUSR1);
    raise(SIGUSR1);
    sigpending(&pending);
    printf("pending: %d %d %d\n", sigismember(&pending, SIGUSR1), sigismember(&pending, SIGTERM),
           sigismember(&pending, SIGUSR2));
    sigset_t none;
    sigemptyset(&none);
    printf("sigsuspend: %d\n", sigsuspend(&none) ? errno : 0);
    mask_print("after");
    raise(SIGTERM);
    siginfo_t info;
    struct timespec now = {0, 0};
    printf("sigtimedwait: %d\n", sigtimedwait(&set, &info, &now));
    printf("sigtimedwait: %d %d\n", sigtimedwait(&set, &info, &now), errno);
    sigprocmask(SIG_UNBLOCK, &set, 0);
    signal(SIGUSR1, SIG_IGN);
    raise(SIGUSR1);
    struct sigaction action = {.sa_handler = nested, .sa_flags = SA_NODEFER};
    sigaction(SIGUSR1, &action, 0);
    raise(SIGUSR1);
}

#define EARN(what, code)                                                                                               \
    do {                                                                                                               \
        printf("%s\n", what);                                                                                          \
        if (!sigsetjmp(back, 1)) {                                                                                     \
            code;                                                                                                      \
            printf("nothing happened\n");                                                                              \
        }                                                                                                              \
    } while (0)

static void earned(void) {
    volatile int zero = 0;
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
    for (unsigned i = 0; i < 5; i++)
        install(signals[i], fault, 0, 0);
    EARN("load of nothing", *(volatile int *)8);
    EARN("store to nothing", *(volatile int *)8 = 1);
    EARN("store to what can be read", mprotect(page, 4096, PROT_READ); *(volatile int *)page = 1);
    EARN("load of what cannot", mprotect(page, 4096, PROT_NONE); (void)*(volatile int *)page);
    EARN("fetch of data", mprotect(page, 4096, PROT_READ | PROT_WRITE); page[0] = (char)0xc3; ((void (*)(void))page)());
    EARN("jump to nothing", ((void (*)(void))16)());
    EARN("not canonical", *(volatile int *)0x8000000000000000ul);
    EARN("the kernel's", *(volatile int *)0xffffffff80100000ul);
    EARN("the kernel's", *(volatile int *)0xffffffff80100000ul = 1);
    EARN("jump to the kernel's", ((void (*)(void))0xffffffff80100000ul)());
    EARN("division", zero = 1 / zero);
    EARN("undefined instruction", __asm__ volatile("ud2"));
    EARN("breakpoint", __asm__ volatile("int3"));
    EARN("privileged instruction", __asm__ volatile("hlt"));
    EARN("port", __asm__ volatile("outb %al, $0x80"));
    EARN("single step", __asm__ volatile("pushf; orl $0x100, (%rsp); popf; nop; nop"));
    mask_print("after");
}

static void mxcsr_set(unsigned value) {
    __asm__ volatile("ldmxcsr %0" : : "m"(value));
}

static unsigned mxcsr(void) {
    unsigned value;
    __asm__ volatile("stmxcsr %0" : "=m"(value));
    return value;
}

/* The registers of the interrupted code, changed by its handler. */
static void change(int signal, siginfo_t *info, void *context) {
    ucontext_t *uc = context;
    (void)signal;
    (void)info;
    uc->uc_mcontext.gregs[REG_R12] += 5;
    uc->uc_mcontext.gregs[REG_RIP] += 2; /* over the UD2 */
    __asm__ volatile("pxor %%xmm7, %%xmm7; fninit" : : : "xmm7");
    mxcsr_set(0x1f80 | 2 << 13);
}

static void returned(void) {
    unsigned long r12 = 37, flags;
    double d = 1.5, e = 0;
    install(SIGILL, change, 0, 0);
    mxcsr_set(0x1f80 | 1 << 13);
    __asm__ volatile("mov %3, %%r12; movsd %4, %%xmm7; stc; ud2; pushf; pop %1; mov %%r12, %0; movsd %%xmm7, %2"
                     : "=r"(r12), "=r"(flags), "=m"(e)
                     : "r"(r12), "m"(d)
                     : "r12", "xmm7", "memory");
    printf("r12 %lu carry %lu xmm7 %g rounding as before %d\n", r12, flags & 1, e, mxcsr() == (0x1f80 | 1 << 13));
    mxcsr_set(0x1f80);
}

/* A stack that is put away while its handler runs. */
static void disarmed(void) {
    stack_t stack = {.ss_sp = altstack, .ss_size = 65536, .ss_flags = (int)(1u << 31)}, now;
    printf("sigaltstack: %d\n", sigaltstack(&stack, 0) ? errno : 0);
    install(SIGUSR2, tell, SA_ONSTACK, 0);
    raise(SIGUSR2);
    sigaltstack(0, &now);
    printf("after: flags %x size %zu\n", (unsigned)now.ss_flags, now.ss_size);
}

static void errors(void) {
    struct sigaction action = {.sa_handler = SIG_IGN};
    stack_t tiny = {.ss_sp = altstack, .ss_size = 100};
    printf("kill signal caught: %d\n", sigaction(SIGKILL, &action, 0) ? errno : 0);
    printf("no such signal: %d\n", syscall(SYS_rt_sigaction, 65, 0, 0, 8) ? errno : 0);
    printf("wrong mask size: %d\n", syscall(SYS_rt_sigaction, 1, 0, 0, 4) ? errno : 0);
    printf("no memory: %d\n", syscall(SYS_rt_sigaction, 1, 8, 0, 8) ? errno : 0);
    printf("wrong how: %d\n", syscall(SYS_rt_sigprocmask, 9, page, 0, 8) ? errno : 0);
    printf("no such process: %d\n", kill(0x3ffffff, 0) ? errno : 0);
    printf("no such signal: %d\n", kill(getpid(), 77) ? errno : 0);
    printf("tiny stack: %d\n", sigaltstack(&tiny, 0) ? errno : 0);
    printf("signal 0: %d\n", kill(getpid(), 0) ? errno : 0);
}

static void die(const char *how) {
    signal(SIGSEGV, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    if (!strcmp(how, "abort"))
        abort();
    if (!strcmp(how, "segv"))
        *(volatile int *)8 = 1;
    if (!strcmp(how, "term"))
        raise(SIGTERM);
    if (!strcmp(how, "kill"))
        kill(getpid(), SIGKILL);
    if (!strcmp(how, "fpe"))
        __asm__ volatile("div %0" : : "r"(0) : "rax", "rdx");
    if (!strcmp(how, "blocked")) {
        sigset_t set;
        sigfillset(&set);
        sigprocmask(SIG_BLOCK, &set, 0);
        __asm__ volatile("ud2");
    }
    if (!strcmp(how, "trap"))
        __asm__ volatile("int3");
    if (!strcmp(how, "deep"))
        for (;;)
            *(volatile char *)__builtin_alloca(65536) = 1;
}

int main(int argc, char **argv) {
    setvbuf(stdout, 0, _IONBF, 0);
    altstack = mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    page = mmap(0, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (argc > 1) {
        die(argv[1]);
        return 1;
    }
    sent();
    blocked();
    earned();
    returned();
    disarmed();
    errors();
    return 0;
}
