/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Signals of a program to itself, and time.
 */
#include "matrix.h"

#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#define SIGSET_BYTES 8
struct kernel_action {
    void (*handler)(int, siginfo_t *, void *);
    unsigned long flags;
    void (*restorer)(void);
    unsigned long mask;
};

static volatile int seen, seen_code, on_stack;
static char other_stack[16384];

static void handler(int number, siginfo_t *info, void *context) {
    char here;
    (void)context;
    seen = number;
    seen_code = info->si_code;
    on_stack = &here >= other_stack && &here < other_stack + sizeof other_stack;
}

static void use_handler(int number, int flags) {
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
    sigaction(number, &action, NULL);
}

static void try_action(void) {
    struct kernel_action old = {0};
    TRY(rt_sigaction, "what stands", SIGUSR1, NULL, &old, SIGSET_BYTES);
    NOTE(rt_sigaction, "is the default", (long)old.handler);
    TRY(rt_sigaction, "of SIGKILL", SIGKILL, &old, NULL, SIGSET_BYTES);
    TRY(rt_sigaction, "of no signal", 65, &old, NULL, SIGSET_BYTES);
    TRY(rt_sigaction, "a set of another size", SIGUSR1, NULL, &old, 4);
    TRY(rt_sigaction, "from nowhere", SIGUSR1, BAD_ADDRESS, NULL, SIGSET_BYTES);
}

static void try_send(void) {
    use_handler(SIGUSR1, 0);
    TRY(kill, "itself", getpid(), SIGUSR1);
    NOTE(kill, "the handler has run", seen);
    NOTE(kill, "and was told", seen_code == SI_USER);
    TRY(kill, "nothing, to itself", getpid(), 0);
    TRY(kill, "no process", 999999999, 0);
    TRY(kill, "no signal", getpid(), 65);
    seen = 0;
    TRY(tgkill, "itself", getpid(), gettid(), SIGUSR1);
    NOTE(tgkill, "the handler has run", seen);
    NOTE(tgkill, "and was told", seen_code == SI_TKILL);
    TRY(tgkill, "no thread", getpid(), 999999999, 0);
    TRY(tgkill, "a number below 0", -1, gettid(), 0);
    TRY(tkill, "itself", gettid(), SIGUSR1);
    signal(SIGUSR2, SIG_IGN);
    TRY(kill, "what is ignored", getpid(), SIGUSR2);
    use_handler(SIGUSR2, (int)SA_RESETHAND);
    TRY(kill, "a handler for once", getpid(), SIGUSR2);
    struct kernel_action old;
    syscall(SYS_rt_sigaction, SIGUSR2, NULL, &old, SIGSET_BYTES);
    NOTE(rt_sigaction, "is the default afterwards", (long)old.handler);
}

static void try_mask(void) {
    unsigned long set = 1ul << (SIGUSR1 - 1), old = 99, pending = 0;
    TRY(rt_sigprocmask, "one more", SIG_BLOCK, &set, &old, SIGSET_BYTES);
    NOTE(rt_sigprocmask, "none before", old);
    seen = 0;
    TRY(kill, "what is blocked", getpid(), SIGUSR1);
    NOTE(kill, "the handler waits", seen);
    TRY(rt_sigpending, "what waits", &pending, SIGSET_BYTES);
    NOTE(rt_sigpending, "is that", pending == set);
    TRY(rt_sigprocmask, "no more", SIG_UNBLOCK, &set, NULL, SIGSET_BYTES);
    NOTE(rt_sigprocmask, "the handler has run", seen);
    TRY(rt_sigprocmask, "a way that does not exist", 99, &set, NULL, SIGSET_BYTES);
    TRY(rt_sigprocmask, "a set of another size", SIG_BLOCK, &set, NULL, 4);
    TRY(rt_sigprocmask, "from nowhere", SIG_BLOCK, BAD_ADDRESS, NULL, SIGSET_BYTES);
    TRY(rt_sigpending, "an answer that goes nowhere", BAD_ADDRESS, SIGSET_BYTES);
}

static void try_stack(void) {
    stack_t other = {.ss_sp = other_stack, .ss_size = sizeof other_stack}, old;
    TRY(sigaltstack, "another", &other, &old);
    NOTE(sigaltstack, "there was none", old.ss_flags == SS_DISABLE);
    use_handler(SIGUSR1, SA_ONSTACK);
    kill(getpid(), SIGUSR1);
    NOTE(sigaltstack, "the handler ran there", on_stack);
    other.ss_size = 100;
    TRY(sigaltstack, "too small", &other, NULL);
    other.ss_flags = 0x77;
    TRY(sigaltstack, "flags that do not exist", &other, NULL);
    TRY(sigaltstack, "from nowhere", BAD_ADDRESS, NULL);
}

void matrix_signals(void) {
    try_action();
    try_send();
    try_mask();
    try_stack();
    signal(SIGPIPE, SIG_IGN);
}

/* ---- Time */

void matrix_time(void) {
    struct timespec now, later, none = {0, 0};
    struct timeval day;
    time_t second;
    TRY(clock_gettime, "of the world", CLOCK_REALTIME, &now);
    TRY(clock_gettime, "that only goes on", CLOCK_MONOTONIC, &now);
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &later);
    NOTE(clock_gettime, "and does",
         later.tv_sec > now.tv_sec || (later.tv_sec == now.tv_sec && later.tv_nsec >= now.tv_nsec));
    TRY(clock_gettime, "of the process", CLOCK_PROCESS_CPUTIME_ID, &now);
    TRY(clock_gettime, "that does not exist", 99, &now);
    TRY(clock_gettime, "an answer that goes nowhere", CLOCK_REALTIME, BAD_ADDRESS);
    TRY(clock_getres, "of the world", CLOCK_REALTIME, &now);
    TRY(clock_getres, "that does not exist", 99, &now);
    TRY(gettimeofday, "now", &day, NULL);
    TRY(gettimeofday, "an answer that goes nowhere", BAD_ADDRESS, NULL);
    TRY_OK(time, "now", &second);
    TRY(time, "an answer that goes nowhere", BAD_ADDRESS);
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    TRY(nanosleep, "two milliseconds", &(struct timespec){0, 2000000}, NULL);
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &later);
    NOTE(nanosleep, "have passed", (later.tv_sec - now.tv_sec) * 1000000000 + later.tv_nsec - now.tv_nsec >= 2000000);
    TRY(nanosleep, "a number that is no time", &(struct timespec){0, 2000000000}, NULL);
    TRY(nanosleep, "from nowhere", BAD_ADDRESS, NULL);
    TRY(clock_nanosleep, "not at all", CLOCK_MONOTONIC, 0, &none, NULL);
    TRY(clock_nanosleep, "until a time that has passed", CLOCK_MONOTONIC, TIMER_ABSTIME, &now, NULL);
    TRY(clock_nanosleep, "on a clock that does not exist", 99, 0, &none, NULL);
    TRY(clock_nanosleep, "a number that is no time", CLOCK_MONOTONIC, 0, &(struct timespec){0, -1}, NULL);
    struct itimerval timer = {{1, 0}, {100, 0}}, old, wrong = {{0, 0}, {0, 1000000}};
    TRY(setitimer, "a hundred seconds", ITIMER_REAL, &timer, NULL);
    TRY(getitimer, "what is left", ITIMER_REAL, &old);
    NOTE(getitimer, "is nearly all", old.it_interval.tv_sec == 1 && old.it_value.tv_sec >= 99);
    TRY(alarm, "in its place", 50);
    TRY(alarm, "taken back", 0);
    TRY(setitimer, "a number that is no time", ITIMER_REAL, &wrong, NULL);
    TRY(setitimer, "a timer that does not exist", 9, &timer, NULL);
    TRY(setitimer, "from nowhere", ITIMER_REAL, BAD_ADDRESS, NULL);
    TRY(getitimer, "a timer that does not exist", 9, &old);
    TRY(getitimer, "to nowhere", ITIMER_PROF, BAD_ADDRESS);
    TRY(clock_settime, "that only goes on", CLOCK_MONOTONIC, &now);
}
