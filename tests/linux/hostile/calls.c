/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * System calls in odd places, with odd numbers; more processes and threads than one.
 */
#include "hostile.h"
#include <sched.h>
#include <sys/wait.h>

static long raw(unsigned long number, unsigned long a, unsigned long b) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(0) : "rcx", "r11", "memory");
    return result;
}

static void numbers(void) {
    static const unsigned long wild[] = {400,        511,        512,        1023,       0xffff,
                                         0x10000,    0x7fffffff, 0x80000000, 0xffffffff, 0x100000000ul + 9999,
                                         ~0ul,       1ul << 63,  ~0ul >> 1,  0xdeadbeef, 0x400001ff,
                                         0x40000fff, 0xffff0000, 0x1ffff};
    for (unsigned i = 0; i < sizeof wild / sizeof *wild; i++)
        printf("call %lx: %ld\n", wild[i], raw(wild[i], 0, 0));
    printf("getpid with high bits: %d\n", raw(0xabcd00000000 + SYS_getpid, 0, 0) == getpid());
    for (unsigned long number = 450; number < 460; number++) /* known to few systems; no arguments that do anything */
        raw(number, ~0ul, ~0ul);
}

/* What the call leaves in rcx, r11 and the flags. */
static void registers(void) {
    unsigned long rcx, r11, flags, here;
    __asm__ volatile("std\n\tstc\n\tlea 1f(%%rip), %3\n\tmov %4, %%eax\n\tsyscall\n1:\n\tpushf\n\tcld\n\tpop %2\n\t"
                     "mov %%rcx, %0\n\tmov %%r11, %1"
                     : "=&r"(rcx), "=&r"(r11), "=&r"(flags), "=&r"(here)
                     : "i"(SYS_getppid)
                     : "rax", "rcx", "r11", "memory", "cc");
    printf("rcx is the next instruction: %d; r11 the flags: %d %lx\n", rcx == here, r11 == flags, flags & 0x40401);
}

static volatile int traps;
static void trap(int signal, siginfo_t *info, void *context) {
    ucontext_t *uc = context;
    (void)signal;
    traps++;
    if (traps < 40)
        printf("trap code %d, TF %d\n", info->si_code, !!(uc->uc_mcontext.gregs[REG_EFL] & 0x100));
}

/* Single steps through system calls, a signal among them. */
static void trap_flag(void) {
    struct sigaction action = {.sa_sigaction = trap, .sa_flags = SA_SIGINFO};
    sigaction(SIGTRAP, &action, 0);
    signal(SIGUSR1, SIG_IGN);
    __asm__ volatile("sub $128, %%rsp\n\tpushf\n\torl $0x100, (%%rsp)\n\tpopf\n\t"
                     "mov $39, %%eax\n\tsyscall\n\tnop\n\tmov $9999, %%eax\n\tsyscall\n\tnop\n\t"
                     "pushf\n\tandl $~0x100, (%%rsp)\n\tpopf\n\tadd $128, %%rsp"
                     :
                     :
                     : "rax", "rcx", "r11", "memory", "cc");
    printf("%d traps\n", traps);
}

/* SYSCALL as the last bytes before nothing: the result is there, the fault comes behind it. */
static void call_at(void *to) {
    long result;
    __asm__ volatile("call *%1" : "=a"(result) : "r"(to), "a"(SYS_getppid) : "rcx", "r11", "memory");
    printf("returned %ld\n", result);
}

static void last_bytes(void) {
    unsigned char *page = map(0x10000000, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
    memcpy(page + PAGE - 2, "\x0f\x05", 2);
    munmap(page + PAGE, PAGE);
    tell("syscall at the end", attempt(call_at, page + PAGE - 2), (uintptr_t)page + PAGE);
    map((uintptr_t)page + PAGE, PAGE, PROT_READ | PROT_WRITE);
    tell("syscall before data", attempt(call_at, page + PAGE - 2), (uintptr_t)page + PAGE);
    memcpy(page + PAGE - 1, "\x0f", 1);
    tell("syscall across", attempt(call_at, page + PAGE - 1), (uintptr_t)page + PAGE);
}

/* The same at the end of all addresses: what follows is not canonical. */
static void highest(void) {
    unsigned char *page = (void *)LAST_PAGE; /* under facet the end of the stack: 8 bytes that are 0 */
    if (mprotect(page, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC) != 0)
        map(LAST_PAGE, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
    memcpy(page + PAGE - 2, "\x0f\x05", 2);
    tell("syscall at the very end", attempt(call_at, page + PAGE - 2), LAST_PAGE + PAGE);
    memcpy(page + PAGE - 2, "\x90\x90", 2);
    tell("off the very end", attempt(call_at, page + PAGE - 2), LAST_PAGE + PAGE);
    printf("mmap beyond: %s\n", mmap((void *)(LAST_PAGE + PAGE), PAGE, PROT_READ,
                                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED
                                    ? strerror(errno)
                                    : "done");
}

/* The call itself unmaps the code it returns to. */
static void unmapped_below(void *page) {
    __asm__ volatile("call *%1" : : "a"(SYS_munmap), "r"(page), "D"(page), "S"(PAGE) : "rcx", "r11", "memory");
}

static void own_code(void) {
    unsigned char *page = map(0x10000000, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
    memcpy(page, "\x0f\x05\xc3", 3);
    tell("unmaps its code", attempt(unmapped_below, page), (uintptr_t)page);
}

static int in_clone(void *unused) {
    (void)unused;
    return 0;
}

/* Natively these succeed. */
static void more_processes(void) {
    static char stack[65536];
    int failed = 0;
    for (int i = 0; i < 10000; i++) {
        int pid = fork();
        if (pid == 0)
            _exit(3); /* natively not more than one at a time */
        failed += pid < 0;
    }
    printf("fork: %d of 10000 refused: %s\n", failed, strerror(errno));
    int tid = clone(in_clone, stack + sizeof stack, CLONE_VM | CLONE_THREAD | CLONE_SIGHAND, 0);
    printf("thread: %d %s\n", tid, strerror(errno));
    tid = clone(in_clone, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, 0);
    printf("vfork: %d %s\n", tid, strerror(errno));
    tid = execl("/bin/true", "true", (char *)0);
    printf("exec: %d %s\n", tid, strerror(errno));
    tid = (int)wait(0);
    printf("wait: %d %s\n", tid, strerror(errno));
}

static void threads(void) {
    puts("pthread_create:");
    more_processes();
}

static void loop(void) {
    for (volatile int go = 1; go;)
        ;
}

static void loop_calls(void) {
    for (;;)
        raw(SYS_getppid, 0, 0);
}

static void block(void) {
    int pipe_ends[2];
    char byte;
    if (pipe(pipe_ends) == 0)
        printf("read: %zd\n", read(pipe_ends[0], &byte, 1));
}

static void block_stdin(void) {
    char byte;
    printf("read: %zd\n", read(0, &byte, 1));
}

const struct deed call_deeds[] = {
    {"numbers", numbers},       {"registers", registers}, {"trap-flag", trap_flag},     {"last-bytes", last_bytes},
    {"highest", highest},       {"own-code", own_code},   {"processes", threads},       {"loop", loop},
    {"loop-calls", loop_calls}, {"block", block},         {"block-stdin", block_stdin}, {0, 0},
};
