/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A system call on a kernel object, in two phases. decode checks everything, changes nothing and may be repeated (the
 * debugger can undo a system call up to there); act changes things and cannot fail.
 */
#ifndef KERNEL_INVOKE_H
#define KERNEL_INVOKE_H

#include "process.h"

#define RC_UNDO 0xffffffff /* from decode only, never seen outside: the system call did not happen */

struct invocation {
    struct process *caller;
    struct cap *cap; /* invoked */
    unsigned long word[MESSAGE_WORDS];
    /* What decode has found for act. */
    struct cap made;
    unsigned long size;
    struct facet_regs regs;
};

/* A row of the dispatcher's table. */
struct operation {
    unsigned op;                                  /* enum op */
    unsigned types;                               /* CAP_SET(…) of those that have it */
    unsigned char forbidden;                      /* restrictions any of which refuses it: RC_NO_RIGHT */
    unsigned long (*decode)(struct invocation *); /* enum rc or RC_UNDO; NULL: nothing to check */
    void (*act)(struct invocation *);             /* NULL: nothing to do */
};
#define CAP_SET(type) (1u << (type))
#define CAP_SET_MEMORY (CAP_SET(CAP_PAGE) | CAP_SET(CAP_CAPPAGE) | CAP_SET(CAP_GPT))

/* The capability sent as number i, prepared; Null if none was. */
struct cap *invoke_sent(struct invocation *invocation, unsigned i);
/* Puts a capability into the register named for received capability i. */
void invoke_receive(struct invocation *invocation, unsigned i, struct cap cap);

#define OPERATION_GROUPS 9 /* op >> 8 */
extern const struct operation memory_operations[], gpt_operations[], process_operations[], endpoint_operations[],
    range_operations[], stream_operations[], debug_operations[], power_operations[];
extern const unsigned memory_operation_count, gpt_operation_count, process_operation_count, endpoint_operation_count,
    range_operation_count, stream_operation_count, debug_operation_count, power_operation_count;

/* From entry.S: the process has executed SYSCALL. Returns who runs next. */
struct process *invoke(struct process *process);
/* Checks that every row stands where its number says. */
void invoke_init(void);

/* ---- ipc.c: Entry, Resume, and waiting */
void ipc_send(struct process *from, struct cap *entry, unsigned kind);
void ipc_answer(struct process *from, struct cap *resume, unsigned kind);
/* The process takes the first message that is or comes there. */
void ipc_wait(struct process *process);
/* Sends a process's fault to the holder of an entry's endpoint. False: nobody receives there. */
bool ipc_send_fault(struct process *process, struct cap *entry);

#endif
