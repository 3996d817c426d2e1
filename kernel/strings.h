/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Strings from process to process, page by page and without a buffer between. A piece that cannot be read or stored
 * ends the attempt; what has been moved stays moved. The sender keeps its place (struct process: string_done), so when
 * the system call is made again, after a keeper has repaired the page or the debugger has gone on, the copy goes on
 * there. The place is void if the receiver has meanwhile taken another message: the receiver's ticket tells.
 */
#ifndef KERNEL_STRINGS_H
#define KERNEL_STRINGS_H

#include "process.h"
#include "walk.h"

enum string_result {
    STRING_MOVED,
    STRING_UNDO,            /* the debugger takes over before the next piece */
    STRING_BLOCKED,         /* a handler wants the sender to wait before it, over the memory of fault->owner */
    STRING_SENDER_FAULTS,   /* cannot be read; *fault says why */
    STRING_RECEIVER_FAULTS, /* cannot be stored */
};

struct string_fault {
    struct process *owner; /* of BLOCKED */
    enum fault fault;
    unsigned long address, code;
    struct walk walk;
};

/* Moves the string that `from` sends, as its registers say, to where `to` wants it. *size: bytes that are there now. */
enum string_result string_transfer(struct process *from, struct process *to, unsigned long *size,
                                   struct string_fault *fault);

/* Memory of a process that its page tables have within one page, for that access, and that no front is on: they say
 * what the traversal would. NULL: ask that. */
unsigned char *string_mapped(const struct process *process, unsigned long address, unsigned long size,
                             enum access access);
/* The first bytes of the string that `from` sends, into the kernel: STRING_MOVED, UNDO or SENDER_FAULTS. */
enum string_result string_take(struct process *from, unsigned char *bytes, unsigned long size,
                               struct string_fault *fault);

#endif
