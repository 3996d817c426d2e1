/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Who runs. A process is in at most one queue: the run queue, or the queue of those who want to send to some process.
 *
 *     STOPPED    START makes it RUNNABLE
 *     RUNNABLE   it is kernel_info.current, or in the run queue
 *     WAITING    for any message
 *     CALLING    for the answer that its resume capability gives
 *     SENDING    in a recipient's queue; with fault set, what it sends is its fault
 *     FAULTED    until a keeper answers, or for ever; a foreign process in a system call, too
 *     BLOCKED    before an instruction or a system call, until the host's handler wakes it
 */
#ifndef KERNEL_PROCESS_H
#define KERNEL_PROCESS_H

#include "cap.h"

void process_setup(struct process *process);
/* Leaves all queues, refuses its senders' messages, gives up its page tables. */
void process_end(struct process *process);

/* Makes it runnable, behind those that already are. */
void process_ready(struct process *process);
/* It waits before its next instruction until the host wakes those that wait over an access to owner's memory. */
void process_block(struct process *process, struct process *owner);
/* Wakes those. Returns how many. */
unsigned long process_wake(const struct process *owner);
/* Out of whatever it does; answers to it are void. */
void process_cancel(struct process *process, enum process_state state);

void queue_append(struct process_queue *queue, struct process *process);
void queue_prepend(struct process_queue *queue, struct process *process);
/* Before another in it; NULL: at its end. */
void queue_insert(struct process_queue *queue, struct process *process, struct process *before);
void queue_remove(struct process *process);

extern struct process *process_loaded;
extern bool table_tlb_stale; /* table.h */

/* Picks who runs: the current process if it still can, else the next; loads its page tables, FPU state and segment
 * bases. Returns it for user_return. Idles (and does not return) if there is none. */
struct process *process_choose(void);
/* The same; quick when the current process just goes on. */
static inline struct process *process_next(void) {
    struct process *process = current_process;
    bool goes_on = process && process == process_loaded &&
                   *(const unsigned short *)&process->state == PROCESS_RUNNABLE && !table_tlb_stale &&
                   process->regs.rip < GUEST_ADDRESS_MAX;
#ifdef FACET_DEBUG
    goes_on = false; /* process_choose checks the kernel */
    /* ---- serve.c */

    /* From entry.S: one that has been told of accesses has executed SYSCALL, which is an invocation. */
    struct process *serving_syscall(struct process * process);

#endif
    return __builtin_expect(goes_on, 1) ? process : process_choose();
}

/* Single step: on, off, and the trap that ends it. */
void process_step(struct process *process, bool on);
/* It has trapped into the kernel: its flags are as without a step. True: because it was stepped. */
bool process_step_trap(struct process *process, bool debug_exception);

/* The instruction that it was to be stepped over is. */
void process_step_over(struct process *process);

/* A foreign system call is a step that its keeper ends; meanwhile its flags are as without a step. They have been set:
 * those will be its own. */
void process_step_hide(struct process *process);
void process_step_flags(struct process *process);

/* Its segment bases were changed: loads them if they are in use. */
void process_reload(const struct process *process);

/* ---- ipc.c */

/* The message of a queued sender will not be taken. */
void ipc_refuse(struct process *from);
/* Whoever waits to give a process its answer is to find out that it is void. */
void ipc_void_answers(struct process *process);
/* A process's invocation has not happened: its SYSCALL runs again. */
void ipc_restart(struct process *process);

/* ---- fault.c */

struct walk;
/* The process cannot go on: tells a keeper, or the host if there is none. `walk` is the traversal that failed; NULL:
 * this has nothing to do with one, so only the process's own keeper is asked. */
void process_fault(struct process *process, enum fault fault, unsigned long address, unsigned long code,
                   const struct walk *walk);
/* Its fault goes on to the next who may do something about it: the keeper of a GPT, its own, the host. */
void process_fault_tell(struct process *process);
struct cap *fault_keeper(struct process *process, struct gpt *innermost);
/* From entry.S: a foreign process has executed SYSCALL. Returns who runs next. */
struct process *foreign_syscall(struct process *process);
/* It has, and its keeper has not answered yet. */
static inline bool foreign_waits(const struct process *process) {
    return process->fault == FAULT_SYSCALL &&
           (process->state == PROCESS_FAULTED || process->state == PROCESS_SENDING) &&
           process->keepers == FAULT_KEEPER_PROCESS;
}

/* ---- serve.c */

/* From entry.S: one that has been told of accesses has executed SYSCALL, which is an invocation. */
struct process *serving_syscall(struct process *process);

#endif
