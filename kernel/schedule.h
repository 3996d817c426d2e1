/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Who runs next, for how long, and who sleeps.
 */
#ifndef KERNEL_SCHEDULE_H
#define KERNEL_SCHEDULE_H

#include "process.h"

/* A runnable process, in no queue and not running, waits for its turn. */
void schedule_ready(struct process *process);
/* Makes the process that is to run now the current one. NULL: nobody can. */
struct process *schedule_pick(void);
void schedule_set_priority(struct process *process, unsigned priority);

/* Ticks since the machine started, as far as anybody counted. */
unsigned long schedule_clock(void);
void schedule_sleep(struct process *process, unsigned long ticks);
/* Nobody can run: lets the time pass until a sleeper wakes. False: there is none. */
bool schedule_skip_idle(void);

/* For kernel_check: the queue in which such a process is, if it does not run: by its priority, or of sleepers. */
const struct process_queue *schedule_queue(const struct process *process);

/* Unless both are 0, the timer may have to be set: 1 << priority for who waits to run; it is set or the clock is in
 * use. */
extern unsigned schedule_waiting;
extern bool schedule_timed;
/* Arms the timer for the process that is about to run. switched: another one ran before. */
void schedule_timer(const struct process *process, bool switched);
/* The timer's interrupt: who is due wakes, and whose slice is over goes behind its equals. */
void schedule_interrupt(void);

#endif
