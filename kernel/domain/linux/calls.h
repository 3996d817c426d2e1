/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * System calls that stand in one file and in a table in another.
 */
#ifndef LINUX_CALLS_H
#define LINUX_CALLS_H

#include "internal.h"
#include <asm/unistd.h>

/* What is accepted and has no effect. */
call_fn call_nothing;

/* mremap.c, advice.c, sync.c */
call_fn call_mremap, call_madvise, call_mincore, call_mlock, call_mlockall, call_msync;

/* frame.c, rseq.c */
call_fn call_sigreturn, call_rseq;

/* timer.c */
call_fn call_getitimer, call_setitimer, call_alarm;

/* clock.c, limits.c */
call_fn call_clock_gettime, call_clock_getres, call_clock_settime, call_clock_nanosleep, call_nanosleep,
    call_gettimeofday, call_time, call_times, call_getrusage;
call_fn call_getrlimit, call_setrlimit, call_prlimit;

#define PID 1000                /* of the program, which is all there is in its world */
#define PARENT_PID 1            /* … with what has started it */
unsigned long clock_used(void); /* nanoseconds since it started */

#endif
