/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Interval timers and alarm. They are looked at when the program calls, sleeps or waits: one that only computes does
 * not make time pass, so no timer of its own can end that.
 */
#include "signal.h"
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <linux/time.h>

#define TIMERS 3 /* ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF */
#define SECOND 1000000000ul
#define CODE_KERNEL 0x80

static struct timer { unsigned long due, interval; /* nanoseconds; due 0: it is not set */ } timers[TIMERS];
unsigned timers_set FREQUENT_DATA;

static unsigned long now_of(unsigned which) {
    struct moment now;
    if (which != ITIMER_REAL)
        return clock_used();
    clock_now(CLOCK_MONOTONIC, &now);
    return (unsigned long)now.seconds * SECOND + (unsigned long)now.nanoseconds;
}

static void count(void) {
    timers_set = 0;
    for (unsigned which = 0; which < TIMERS; which++)
        timers_set += timers[which].due != 0;
}

void timer_check(void) {
    static const unsigned char signal[TIMERS] = {SIGALRM, SIGVTALRM, SIGPROF};
    for (unsigned which = 0; which < TIMERS; which++) {
        struct timer *timer = &timers[which];
        unsigned long now = timer->due ? now_of(which) : 0;
        if (!timer->due || now < timer->due)
            continue;
        signal_send(signal[which], CODE_KERNEL);
        timer->due = timer->interval ? now + timer->interval - (now - timer->due) % timer->interval : 0;
    }
    count();
}

unsigned long timer_next(void) {
    unsigned long due = timers[ITIMER_REAL].due, now = due ? now_of(ITIMER_REAL) : 0;
    return !due ? ~0ul : due > now ? due - now : 1;
}

int timer_wait(void) {
    while (!signal_due()) {
        unsigned long next = timer_next();
        if (next == ~0ul)
            return 0;
        clock_sleep(&(struct moment){(long)(next / SECOND), (long)(next % SECOND)});
        timer_check();
    }
    return 1;
}

/* ---- Calls: times are pairs of seconds and microseconds, the interval first */

static int pair_valid(const unsigned long pair[2]) {
    return (long)pair[0] >= 0 && pair[1] < 1000000;
}

static unsigned long pair_time(const unsigned long pair[2]) {
    return pair[0] > ~0ul / 4 / SECOND ? ~0ul / 4 : pair[0] * SECOND + pair[1] * 1000;
}

static void timer_show(unsigned which, unsigned long to[4]) {
    const struct timer *timer = &timers[which];
    unsigned long now = timer->due ? now_of(which) : 0, left = timer->due > now ? timer->due - now
                                                               : timer->due     ? 1000
                                                                                : 0;
    to[0] = timer->interval / SECOND;
    to[1] = timer->interval % SECOND / 1000;
    to[2] = left / SECOND;
    to[3] = left % SECOND / 1000;
}

static void timer_set(unsigned which, unsigned long first, unsigned long interval) {
    timers[which] = first ? (struct timer){now_of(which) + first, interval} : (struct timer){0, 0};
    count();
}

long call_getitimer(const unsigned long arg[6]) {
    unsigned long old[4];
    if ((unsigned)arg[0] >= TIMERS)
        return -EINVAL;
    timer_show((unsigned)arg[0], old);
    return user_write(arg[1], old, sizeof old);
}

long call_setitimer(const unsigned long arg[6]) {
    unsigned long new[4] = {0}, old[4];
    if (arg[1] && user_read(arg[1], new, sizeof new) != 0)
        return -EFAULT;
    if ((unsigned)arg[0] >= TIMERS || !pair_valid(&new[0]) || !pair_valid(&new[2]))
        return -EINVAL;
    timer_show((unsigned)arg[0], old);
    timer_set((unsigned)arg[0], pair_time(&new[2]), pair_time(&new[0]));
    return arg[2] ? user_write(arg[2], old, sizeof old) : 0;
}

long call_alarm(const unsigned long arg[6]) {
    unsigned long old[4];
    timer_show(ITIMER_REAL, old);
    timer_set(ITIMER_REAL, (unsigned)arg[0] * SECOND, 0);
    return (long)(old[2] + (old[3] >= 500000 || (!old[2] && old[3])));
}
