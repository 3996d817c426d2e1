/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Timers that interrupt sleeps and waits. Prints nothing that depends on how long something took: a timer goes on,
 * since its first signal may come before the wait that it is to interrupt, and of its signals only as many as are sure
 * are told.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int count, told;

static void tick(int signal, siginfo_t *info, void *context) {
    (void)context;
    if (count++ < told)
        printf("signal %d code %d\n", signal, info->si_code);
}

static void set(long first, long interval) {
    struct itimerval timer = {{0, interval}, {0, first}}, old;
    printf("setitimer %d", setitimer(ITIMER_REAL, &timer, &old) ? errno : 0);
    printf(", before: %d, every %ld\n", old.it_value.tv_sec || old.it_value.tv_usec, (long)old.it_interval.tv_usec);
}

/* Signals from now on, of which so many are told. */
static void begin(int signals) {
    const struct itimerval timer = {{0, 10000}, {0, 20000}};
    set(0, 0);
    count = 0;
    told = signals;
    setitimer(ITIMER_REAL, &timer, 0);
}

int main(void) {
    struct sigaction action = {.sa_sigaction = tick, .sa_flags = SA_SIGINFO};
    struct timespec day = {86400, 0}, left = {0, 0};
    sigaction(SIGALRM, &action, 0);
    printf("alarm %u\n", alarm(100));
    printf("alarm %u\n", alarm(0));
    begin(1);
    printf("nanosleep %d", nanosleep(&day, &left) ? errno : 0);
    printf(", left %d\n", left.tv_sec == 86399);
    begin(3);
    while (count < 3)
        pause();
    begin(1);
    printf("poll %d %d\n", poll(0, 0, -1), errno);
    sigset_t none;
    sigemptyset(&none);
    begin(1);
    printf("sigsuspend %d\n", sigsuspend(&none) ? errno : 0);
    set(0, 0);
    signal(SIGALRM, SIG_IGN);
    set(1000, 0);
    struct timespec moment = {0, 30000000};
    printf("nanosleep %d\n", nanosleep(&moment, &left) ? errno : 0);
    struct itimerval wrong = {{0, 0}, {0, 1000000}};
    printf("wrong %d\n", setitimer(ITIMER_REAL, &wrong, 0) ? errno : 0);
    printf("wrong %d\n", setitimer(7, &wrong, 0) ? errno : 0);
    struct timespec absolute;
    clock_gettime(CLOCK_MONOTONIC, &absolute);
    printf("in the past %d\n", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &absolute, 0));
    struct timeval of_day;
    int result = ((int (*)(struct timeval *, void *))0xffffffffff600000ul)(&of_day, 0); /* as old programs do */
    printf("vsyscall %d %d\n", result, of_day.tv_sec - time(0) <= 0);
    fflush(stdout);
    signal(SIGALRM, SIG_DFL);
    alarm(1);
    for (;;)
        pause();
}
