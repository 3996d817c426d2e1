/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fronts whose handlers are processes: an access is a message to each of them (abi.h: OP_ACCESS), one after the other,
 * its answer the verdict. It takes the way of a fault, FAULT_ACCESS, which no keeper sees.
 *
 *     ASKED      the message is on its way, or with a handler; the process waits as if it had faulted
 *     ANSWERED   of a copy: the verdict is here, until the system call that was undone is made again
 *     RETIRED    it has made the access (or the copy has) under STEP, and outcomes are being told
 *
 * From an answer STEP on the front is held: whoever else comes is BLOCKED over the holder.
 */
#ifndef KERNEL_ACCESS_H
#define KERNEL_ACCESS_H

#include "debug.h"
#include "front.h"
#include "process.h"
#include "strings.h"

/* VECTOR_FRONT said FRONT_TRAP_ACCESS, WAIT or RETIRED. */
void access_trapped(struct process *process, const struct debug_trap *trap);
void access_waits(struct process *process, const struct debug_trap *trap);
void access_retired(struct process *process);

/* A copy of at most ACCESS_BYTES, within a page of a front's range, by a system call that `caller` makes over owner's
 * memory; own: through its Page capability, and then it is not asked itself. COPY_BLOCK: the call is to be undone;
 * access_undone then goes on. */
enum copy_status access_copy(struct process *caller, struct process *owner, int front, unsigned long va,
                             unsigned long offset, void *buffer, unsigned long size, enum access access, bool own);
/* Some process would be asked about it. */
bool access_asks(int front, unsigned long offset, unsigned long size);
/* A copy has just been made under STEP: its system call is to be undone, too. */
bool access_outcome_due(const struct process *caller);
/* The system call of a process has been undone. False: not over such a page. */
bool access_undone(struct process *caller);

/* It waits in the queue of a process that is no longer the one to be told. */
void access_again(struct process *process);
/* The words and the string of the message that `from` has for `to`. */
void access_deliver(struct process *from, struct process *to);
/* The handler's answer. False: its string could not be taken; *result and *fault say why. */
bool access_answer(struct process *handler, struct process *to, enum string_result *result, struct string_fault *fault);
/* Nobody will answer: FAULT_HANDLER, or, if it was about an outcome, on with it. */
void access_fails(struct process *process, unsigned long code);
/* Nothing comes of what it was about to do. */
void access_forget(struct process *process);
/* The front, or somebody who serves it, is gone: who waited for its handlers begins again. */
void access_front_gone(int front);

/* ---- serve.c: who can answer */

/* The register that its answer was put into, 0: none. */
void told_add(struct process *process, struct process *handler, unsigned reg);
void told_remove(struct process *process);
/* The handler is about to run: does it still have its answers? If no process has one, that access fails. True: one
 * did. */
bool access_lost(struct process *handler);
/* The handler will answer nothing any more. */
void access_handler_gone(struct process *handler);
/* `to` waits for `process`, or for one that does … */
bool access_circle(const struct process *process, struct process *to);
/* If that is so now that `process` is to wait for `to`, the accesses in the circle fail. */
void access_break(struct process *process, struct process *to);
/* Nobody can run: one access that waits fails. False: none does. */
bool access_deadlock(void);

#endif
