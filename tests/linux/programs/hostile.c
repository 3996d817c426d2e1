/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What no sensible program does: each must end as under Linux, and nothing else may come of it.
 * usage: hostile HOW [SEED]
 */
#include <errno.h>
#include <linux/rseq.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096ul
#define ANYWHERE (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)

/* More regions than a process may have. */
static void regions(void) {
    unsigned long n = 0, most = 100000;
    char *p = mmap(0, most * 2 * PAGE, PROT_READ | PROT_WRITE, ANYWHERE, -1, 0);
    while (n < most && mprotect(p + n * 2 * PAGE, PAGE, PROT_NONE) == 0)
        n++;
    printf("enough %d, then %d\n", n > 30000, errno == ENOMEM);
    printf("a hole %d\n", munmap(p + 3 * PAGE + 2 * PAGE * n, PAGE) ? errno : 0);
    printf("all %d\n", munmap(p, (n + 1) * 2 * PAGE) ? errno : 0);
}

static void huge(void) {
    printf("%d\n", mmap(0, 1ul << 47, PROT_READ, ANYWHERE, -1, 0) == MAP_FAILED ? errno : 0);
    printf("%d\n", mmap(0, ~0ul, PROT_READ, ANYWHERE, -1, 0) == MAP_FAILED ? errno : 0);
    printf("%d\n", mmap((void *)-PAGE, PAGE, PROT_READ, ANYWHERE | MAP_FIXED, -1, 0) == MAP_FAILED ? errno : 0);
    char *p = mmap(0, 1ul << 45, PROT_READ | PROT_WRITE, ANYWHERE, -1, 0);
    for (unsigned long i = 0; i < 200; i++)
        p[i * ((1ul << 45) / 200)] = 1;
    printf("%d\n", madvise(p, 1ul << 45, MADV_DONTNEED) ? errno : 0);
    printf("%d %d\n", p[(1ul << 45) / 200], p[0]);
    printf("%d\n", munmap(p, 1ul << 45) ? errno : 0);
    printf("%d\n", munmap(p, -PAGE) ? errno : 0);
    printf("%d\n", mprotect(p, -PAGE, PROT_READ) ? errno : 0);
}

/* Code that is made while it runs, with and without the right to do both. */
static void code(void) {
    unsigned char *p = mmap(0, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, ANYWHERE, -1, 0);
    static const unsigned char function[] = {0xb8, 0, 0, 0, 0, 0xc3}; /* mov $…, %eax; ret */
    long sum = 0;
    memcpy(p, function, sizeof function);
    for (int i = 0; i < 2000; i++) {
        memcpy(p + 1, &i, sizeof i);
        sum += ((int (*)(void))(void *)p)();
    }
    for (int i = 0; i < 200; i++) {
        mprotect(p, PAGE, PROT_READ | PROT_WRITE);
        memcpy(p + 1, &i, sizeof i);
        mprotect(p, PAGE, PROT_READ | PROT_EXEC);
        sum += ((int (*)(void))(void *)p)();
    }
    printf("%ld\n", sum);
}

static int recursion(volatile int *depth) {
    volatile char room[1000];
    room[0] = (char)++*depth;
    return *depth < 0 ? 0 : recursion(depth) + room[0];
}

static void caught(int signal) {
    (void)signal;
    _exit(77);
}

/* A handler that faults at once, on a stack that is soon full. */
static void full_stack(void) {
    static char room[16384];
    stack_t stack = {.ss_sp = room, .ss_size = sizeof room};
    struct sigaction action = {.sa_handler = (void (*)(int))8, .sa_flags = SA_ONSTACK | SA_NODEFER};
    sigaltstack(&stack, 0);
    sigaction(SIGSEGV, &action, 0);
    *(volatile int *)8 = 1;
}

/* A frame that nobody has pushed. */
static void forged(void) {
    static unsigned long junk[400];
    memset(junk, 0xff, sizeof junk);
    __asm__ volatile("mov %0, %%rsp; mov $15, %%eax; syscall" : : "r"(&junk[1]) : "memory");
}

static unsigned long some(void *near) {
    switch (rand() % 6) {
    case 0:
        return (unsigned long)(rand() % 10);
    case 1:
        return (unsigned long)rand() << 32 | (unsigned long)rand();
    case 2:
        return -(unsigned long)(rand() % 100);
    case 3:
        return (uintptr_t)near + (unsigned long)(rand() % 4096);
    case 4:
        return 1ul << rand() % 64;
    default:
        return 0x400000 + (unsigned long)(rand() % 100000);
    }
}

/* Random calls with random arguments, but those that end, stop or wait. What becomes of it cannot be compared. */
static void garbage(unsigned seed) {
    static const short never[] = {
        SYS_exit,         SYS_exit_group, SYS_rt_sigreturn, SYS_pause,    SYS_nanosleep,     SYS_clock_nanosleep,
        SYS_futex,        SYS_kill,       SYS_tkill,        SYS_tgkill,   SYS_rt_sigsuspend, SYS_rt_sigtimedwait,
        SYS_poll,         SYS_ppoll,      SYS_select,       SYS_pselect6, SYS_read,          SYS_readv,
        SYS_rt_sigaction, SYS_fork,       SYS_vfork,        SYS_clone,    SYS_execve,        SYS_execveat,
        SYS_clone3,       SYS_epoll_wait, SYS_epoll_pwait};
    srand(seed);
    for (int i = 0; i < 20000; i++) {
        unsigned long a[6];
        long number = rand() % 460;
        int skip = 0;
        for (unsigned n = 0; n < sizeof never / sizeof *never; n++)
            skip |= number == never[n];
        for (unsigned n = 0; n < 6; n++)
            a[n] = some(a);
        if (!skip)
            syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    }
}

static void sequences(void) {
    static struct rseq r __attribute__((aligned(32)));
    printf("misaligned %d\n", syscall(SYS_rseq, (char *)&r + 8, 32, 0, 0x53053053) ? errno : 0);
    printf("nobody's %d\n", syscall(SYS_rseq, &r, 32, RSEQ_FLAG_UNREGISTER, 0x53053053) ? errno : 0);
}

int main(int argc, char **argv) {
    const char *how = argc > 1 ? argv[1] : "";
    setvbuf(stdout, 0, _IONBF, 0);
    if (!strcmp(how, "regions"))
        regions();
    if (!strcmp(how, "huge"))
        huge();
    if (!strcmp(how, "code"))
        code();
    if (!strcmp(how, "recursion"))
        return recursion(&(volatile int){0});
    if (!strcmp(how, "jump"))
        ((void (*)(void))0x123456789abcul)();
    if (!strcmp(how, "stack"))
        __asm__ volatile("mov $0x123, %rsp; push %rax");
    if (!strcmp(how, "handler")) {
        signal(SIGSEGV, caught);
        __asm__ volatile("mov $0x123, %rsp; push %rax");
    }
    if (!strcmp(how, "full"))
        full_stack();
    if (!strcmp(how, "forged"))
        forged();
    if (!strcmp(how, "nothing left"))
        syscall(SYS_munmap, 0, 0x7ffffffff000ul);
    if (!strcmp(how, "sequences"))
        sequences();
    if (!strcmp(how, "hog"))
        for (char *p; (p = malloc(1 << 20));)
            memset(p, 1, 1 << 20);
    if (!strcmp(how, "loop"))
        for (;;)
            ;
    if (!strcmp(how, "garbage"))
        garbage((unsigned)atoi(argv[2]));
    return 0;
}
