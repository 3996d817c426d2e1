/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Of the runnable processes one with the highest priority runs; those of one priority take turns, in slices of the
 * clock. A process that becomes ready goes behind its equals, one that is preempted by a more important one stays
 * before them.
 *
 * The clock counts retired code (platform.h) and stands still when nobody runs: then time is what the next sleeper
 * waits for. Without a timer it moves only so, and nobody is preempted but by who becomes ready.
 */
#include "schedule.h"
#include "boot.h"
#include "debug.h"

#define TIMER_MAX 0x40000000ul /* the clock is read at least so often: 32 bits of it are seen */
#define SLICE 200000ul         /* ticks: about 50,000 instructions */

static struct process_queue ready[PRIORITY_MAX + 1] HOT;
unsigned schedule_waiting HOT;        /* 1 << priority: somebody is in that queue, or was */
static struct process_queue sleepers; /* the next to wake is first */
static unsigned long clock, slice_end;
static unsigned last_count; /* of the timer, when the clock was read */
static unsigned long armed; /* the timer's deadline, 0: none */
bool schedule_timed HOT;
static bool sharing;    /* the running process has equals that wait: its slice counts */
static bool clock_used; /* somebody has asked: reading it makes the machine count for ever, which costs */

unsigned long schedule_clock(void) {
    if (boot_info.timer) {
        unsigned count = port_in32(PORT_TIMER);
        clock += count - last_count;
        last_count = count;
        if (!clock_used)
            slice_end = clock + SLICE;
        clock_used = schedule_timed = true;
    }
    return clock;
}

/* ---- Ready processes */

static struct process_queue *ready_queue(const struct process *process) {
    schedule_waiting |= 1u << process->priority;
    return &ready[process->priority];
}

void schedule_ready(struct process *process) {
    queue_append(ready_queue(process), process);
    if (current_process && process->priority >= current_process->priority)
        current_process->attention |= ATTENTION_SCHEDULE;
}

/* The most important that waits to run; of equals, the first. */
static struct process *ready_best(void) {
    while (schedule_waiting) {
        unsigned priority = 31 - (unsigned)__builtin_clz(schedule_waiting);
        if (ready[priority].first)
            return ready[priority].first;
        schedule_waiting &= ~(1u << priority);
    }
    return NULL;
}

struct process *schedule_pick(void) {
    struct process *best = ready_best(), *process = current_process;
    if (process && process->state == PROCESS_RUNNABLE) {
        if (!best || best->priority <= process->priority)
            return process;
        queue_prepend(ready_queue(process), process);
    }
    if (best) {
        queue_remove(best);
        if (!ready[best->priority].first)
            schedule_waiting &= ~(1u << best->priority);
    }
    return current_process = best;
}

void schedule_set_priority(struct process *process, unsigned priority) {
    bool waits = process->state == PROCESS_RUNNABLE && process->queue;
    if (waits)
        queue_remove(process);
    process->priority = (unsigned char)priority;
    if (waits)
        schedule_ready(process);
    if (current_process)
        current_process->attention |= ATTENTION_SCHEDULE;
}

/* ---- Sleepers */

void schedule_sleep(struct process *process, unsigned long ticks) {
    process->state = PROCESS_SLEEPING;
    process->wake = schedule_clock() + ticks;
    struct process *before = sleepers.first;
    while (before && before->wake <= process->wake)
        before = before->queue_next;
    queue_insert(&sleepers, process, before);
}

static void wake_due(unsigned long now) {
    while (sleepers.first && sleepers.first->wake <= now) {
        struct process *process = sleepers.first;
        queue_remove(process);
        process->regs.rdx = now;
        process_ready(process);
    }
}

bool schedule_skip_idle(void) {
    if (!sleepers.first)
        return false;
    schedule_clock();
    if (clock < sleepers.first->wake)
        clock = sleepers.first->wake;
    wake_due(clock);
    return true;
}

const struct process_queue *schedule_queue(const struct process *process) {
    kassert(process->priority <= PRIORITY_MAX, process->priority);
    return process->state == PROCESS_SLEEPING ? &sleepers : &ready[process->priority];
}

/* ---- The timer */

void schedule_interrupt(void) {
    struct process *process = current_process;
    armed = 0;
    if (clock_used)
        wake_due(schedule_clock());
    bool over = sharing && (!clock_used || clock >= slice_end);
    sharing = false; /* the timer is no longer set */
    if (!process || process->state != PROCESS_RUNNABLE)
        return;
    process->attention |= ATTENTION_SCHEDULE; /* the timer may have to be set again */
    if (!over)
        return;
    queue_append(ready_queue(process), process);
    current_process = NULL;
}

/* As long as nobody has asked for the time. */
static void slice_set(bool share, bool switched) {
    if (share != sharing || (share && switched))
        port_out32(PORT_TIMER, share ? SLICE : 0, 0);
    sharing = schedule_timed = share;
}

void schedule_timer(const struct process *process, bool switched) {
    bool share = ready[process->priority].first != NULL;
    if (!clock_used) {
        slice_set(share, switched);
        return;
    }
    if (!share && !sleepers.first) {
        if (armed)
            port_out32(PORT_TIMER, 0, 0);
        armed = 0;
        sharing = false;
        return;
    }
    unsigned long now = schedule_clock();
    if (share && (switched || now >= slice_end))
        slice_end = now + SLICE;
    sharing = share;
    unsigned long deadline = share ? slice_end : ~0ul;
    if (sleepers.first && sleepers.first->wake < deadline)
        deadline = sleepers.first->wake;
    if (deadline > now + TIMER_MAX)
        deadline = now + TIMER_MAX;
    if (deadline == armed)
        return;
    armed = deadline;
    port_out32(PORT_TIMER, deadline > now ? deadline - now : 1, 0);
}
