/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Time. Without --grant time nobody's clock is read: time begins at a fixed moment, and passes by a microsecond with
 * each system call and by what is slept. So a run is the same each time.
 */
#include "calls.h"
#include <linux/resource.h>
#include <linux/time.h>
#include <linux/times.h>

#define SECOND 1000000000ul
#define MICROSECOND 1000ul
#define BEGIN (1735689600ul * SECOND) /* 2025-01-01 00:00:00 UTC */
#define UP_BEFORE (1000ul * SECOND)   /* how long the system had been up by then */
#define CLOCKS 12
#define TICK (SECOND / 100) /* of times() */

static unsigned long passed FREQUENT_DATA; /* nanoseconds since the program started; without --grant time */

FREQUENT void clock_tick(void) {
    passed += MICROSECOND;
}

unsigned long clock_used(void) {
    return passed;
}

static int valid(long clock) {
    return clock >= 0 && clock < CLOCKS && clock != 10 /* never used */ && clock != CLOCK_SGI_CYCLE;
}

static int of_process(long clock) {
    return clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
}

static int of_day(long clock) {
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI ||
           clock == CLOCK_REALTIME_ALARM;
}

long clock_now(unsigned clock, struct moment *now) {
    if (!valid(clock))
        return -EINVAL;
    if (boot.grants & GRANT_TIME && !of_process(clock)) {
        struct facet_message m = {.word = {clock}};
        if (facet_call(INIT_HOST, OP_HOST_TIME, &m) != RC_OK)
            return -EINVAL;
        *now = (struct moment){(long)m.word[0], (long)m.word[1]};
        return 0;
    }
    unsigned long time = passed + (of_process(clock) ? 0 : of_day(clock) ? BEGIN : UP_BEFORE);
    *now = (struct moment){(long)(time / SECOND), (long)(time % SECOND)};
    return 0;
}

static unsigned long nanoseconds(const struct moment *m) {
    return (unsigned long)m->seconds > ~0ul / 2 / SECOND
               ? ~0ul / 2
               : (unsigned long)m->seconds * SECOND + (unsigned long)m->nanoseconds;
}

static void pass(unsigned long time) {
    struct facet_message m = {.word = {time}};
    if (boot.grants & GRANT_TIME)
        facet_call(INIT_HOST, OP_HOST_SLEEP, &m);
    else
        passed += time;
}

static unsigned long sleep_left; /* of what was interrupted */

long clock_sleep(const struct moment *length) {
    unsigned long left = nanoseconds(length);
    while (left && !signal_due()) {
        unsigned long next = timers_set ? timer_next() : left, part = next < left ? next : left;
        pass(part);
        left -= part;
        if (timers_set)
            timer_check();
    }
    sleep_left = left;
    return left ? -EINTR : 0;
}

static int moment_valid(const struct moment *m) {
    return m->seconds >= 0 && m->nanoseconds >= 0 && m->nanoseconds < (long)SECOND;
}

/* Says how much is left, if that is wanted. */
static long sleep(const struct moment *length, unsigned long rest) {
    long result = clock_sleep(length);
    struct moment left = {(long)(sleep_left / SECOND), (long)(sleep_left % SECOND)};
    return result && rest && user_write(rest, &left, sizeof left) != 0 ? -EFAULT : result;
}

long call_nanosleep(const unsigned long arg[6]) {
    struct moment length;
    if (user_read(arg[0], &length, sizeof length) != 0)
        return -EFAULT;
    return moment_valid(&length) ? sleep(&length, arg[1]) : -EINVAL;
}

/* Clocks of processes can be read, not waited for (that of a thread: EINVAL, as Linux has it). */
long call_clock_nanosleep(const unsigned long arg[6]) {
    struct moment length, now;
    int clock = (int)arg[0];
    if (!valid(clock) || clock == CLOCK_THREAD_CPUTIME_ID)
        return -EINVAL;
    if (clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE)
        return -EOPNOTSUPP;
    if (user_read(arg[2], &length, sizeof length) != 0)
        return -EFAULT;
    if (!moment_valid(&length))
        return -EINVAL;
    if (arg[1] & TIMER_ABSTIME) {
        clock_now((unsigned)clock, &now);
        unsigned long until = nanoseconds(&length), from = nanoseconds(&now), left = until > from ? until - from : 0;
        length = (struct moment){(long)(left / SECOND), (long)(left % SECOND)};
    }
    return sleep(&length, arg[1] & TIMER_ABSTIME ? 0 : arg[3]);
}

long call_clock_gettime(const unsigned long arg[6]) {
    struct moment now;
    long result = clock_now((unsigned)arg[0], &now);
    return result ? result : user_write(arg[1], &now, sizeof now);
}

long call_clock_getres(const unsigned long arg[6]) {
    int clock = (int)arg[0];
    int coarse = clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE;
    struct moment resolution = {0, coarse ? 4000000 : 1};
    if (!valid(clock))
        return -EINVAL;
    return arg[1] ? user_write(arg[1], &resolution, sizeof resolution) : 0;
}

long call_clock_settime(const unsigned long arg[6]) {
    struct moment to;
    if ((int)arg[0] != CLOCK_REALTIME)
        return -EINVAL;
    if (user_read(arg[1], &to, sizeof to) != 0)
        return -EFAULT;
    return moment_valid(&to) ? -EPERM : -EINVAL;
}

long call_gettimeofday(const unsigned long arg[6]) {
    struct moment now;
    static const int zone[2];
    clock_now(CLOCK_REALTIME, &now);
    now.nanoseconds /= 1000;
    if (arg[0] && user_write(arg[0], &now, sizeof now) != 0)
        return -EFAULT;
    return arg[1] ? user_write(arg[1], zone, sizeof zone) : 0;
}

long call_time(const unsigned long arg[6]) {
    struct moment now;
    clock_now(CLOCK_REALTIME, &now);
    if (arg[0] && user_write(arg[0], &now.seconds, sizeof now.seconds) != 0)
        return -EFAULT;
    return now.seconds;
}

long call_times(const unsigned long arg[6]) {
    struct moment now;
    struct tms used = {.tms_utime = (long)(passed / TICK)};
    clock_now(CLOCK_MONOTONIC, &now);
    if (arg[0] && user_write(arg[0], &used, sizeof used) != 0)
        return -EFAULT;
    return (long)(nanoseconds(&now) / TICK);
}

long call_getrusage(const unsigned long arg[6]) {
    struct rusage usage = {0};
    int who = (int)arg[0];
    if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD)
        return -EINVAL;
    if (who != RUSAGE_CHILDREN) {
        usage.ru_utime.tv_sec = (long)(passed / SECOND);
        usage.ru_utime.tv_usec = (long)(passed % SECOND / MICROSECOND);
        usage.ru_maxrss = (long)(space_pages * PAGE_SIZE / 1024);
    }
    return user_write(arg[1], &usage, sizeof usage);
}
