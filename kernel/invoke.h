/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A system call on a kernel object, in two phases. decode checks everything, changes nothing and may be repeated (the
 * debugger can undo a system call up to there); act changes things and cannot fail.
 */
#ifndef KERNEL_INVOKE_H
#define KERNEL_INVOKE_H

#include "copy.h"

/* From decode only, never seen outside. */
#define RC_NO_ROW 0x2000 /* the capability has no such operation */
#define RC_UNDO 0x2001   /* the system call did not happen */

#define OPERATION_WORDS MESSAGE_WORDS
#define OPERATION_SENT 2

struct invocation {
    struct process *caller;
    struct cap *cap;                     /* invoked */
    unsigned long word[OPERATION_WORDS]; /* those that the operation's row names */
    /* What decode has found for act. */
    struct cap made;
    unsigned long size;
    struct copied copied;
    struct facet_regs regs;
};

/* What decode says of a copy that must be whole. */
static inline unsigned long string_result(enum copy_result result) {
    return result == COPIED ? RC_OK : result == COPY_UNDO ? RC_UNDO : RC_BAD_SPACE;
}

/* What a word must be: low … high. name NULL: this word and those after it are ignored. */
struct operation_word {
    const char *name;
    unsigned long low, high;
};
/* What a capability sent must be: one of these types (CAP_SET). name NULL: this one and those after it are ignored. */
struct operation_sent {
    const char *name;
    unsigned types;
};

/* A row of the dispatcher's table: all that is checked of an operation in one place, and what the system-call table in
 * README.md says of it. */
struct operation {
    unsigned op;                                 /* enum op */
    unsigned types;                              /* CAP_SET(…) of those that have it: else RC_BAD_OP */
    unsigned char forbidden;                     /* restrictions any of which refuses it: RC_NO_RIGHT */
    unsigned short string;                       /* bytes of string that must be sent, 0: whatever its size is */
    unsigned short room;                         /* bytes of room there must be at least */
    const char *name;                            /* as in enum op */
    struct operation_word word[OPERATION_WORDS]; /* else RC_BAD_ARG, as are the following */
    struct operation_sent sent[OPERATION_SENT];
    const char *result;                           /* for the reader: what comes back beside RC_OK */
    unsigned long (*decode)(struct invocation *); /* what a range cannot say: enum rc or RC_UNDO; NULL: nothing */
    void (*act)(struct invocation *);             /* NULL: nothing to do */
};
#define CAP_SET(type) (1u << (type))
#define CAP_SET_MEMORY (CAP_SET(CAP_PAGE) | CAP_SET(CAP_CAPPAGE) | CAP_SET(CAP_GPT))
#define CAP_SET_OBJECTS (CAP_SET_MEMORY | CAP_SET(CAP_PROCESS) | CAP_SET(CAP_ENDPOINT) | CAP_SET(CAP_FORWARDER))
#define CAP_SET_ENTRY (CAP_SET(CAP_ENTRY) | CAP_SET(CAP_FORWARD)) /* to its holder */
#define CAP_SET_ANY ((1u << CAP_TYPES) - 1)
#define CAP_SET_KERNEL (CAP_SET_ANY & ~(CAP_SET_ENTRY | CAP_SET(CAP_RESUME))) /* the rest takes messages */
#define CAP_RESTRICTIONS (CAP_RO | CAP_NX | CAP_WK | CAP_OP | CAP_NC)

/* The capability sent as number i, prepared; Null if none was. */
struct cap *invoke_sent(struct invocation *invocation, unsigned i);
/* Puts a capability into the register named for received capability i. */
void invoke_receive(struct invocation *invocation, unsigned i, struct cap cap);

/* Rows by number: group op >> 8, row op & 0xff. Each cap_….c has its group. */
struct operation_group {
    const struct operation *rows;
    unsigned long count;
};
#define OPERATION_GROUPS 16
extern const struct operation_group type_operations, memory_operations, gpt_operations, process_operations,
    endpoint_operations, range_operations, stream_operations, debug_operations, power_operations, discrim_operations,
    cappage_operations, schedule_operations, sleep_operations, host_operations, tool_operations, forwarder_operations;
#define OPERATION_GROUP(array)                                                                                         \
    { array, LENGTH(array) }

extern const struct operation_group *const operation_groups[OPERATION_GROUPS];

/* From entry.S: the process has executed SYSCALL. Returns who runs next. */
struct process *invoke(struct process *process);
/* Checks that every row stands where its number says. */
void invoke_init(void);

/* ---- ipc.c: Entry, Resume, and waiting */
void ipc_send(struct process *from, struct cap *entry, unsigned kind);
/* The same through a Forward. */
void ipc_forward(struct process *from, struct cap *forward, unsigned kind);
void ipc_answer(struct process *from, struct cap *resume, unsigned kind);
/* The process takes the first message that is or comes there. */
void ipc_wait(struct process *process);
/* Who receives what is sent through any capability now. NULL: nobody. */
struct process *ipc_recipient(struct cap *cap);
/* Sends a process's fault to who receives through an Entry or Forward. False: nobody does. */
bool ipc_send_fault(struct process *process, struct cap *cap);

#endif
