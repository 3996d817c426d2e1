/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Strings: the kernel's copies on a process's behalf. They never use the process's page tables: the traversal finds
 * each page, and its frame is reached through the direct map, or, if it wears a front, through the machine in pieces of
 * at most 512 bytes.
 *
 * Only the running process's system call copies, but not only its own memory. If the debugger takes over before a copy,
 * that system call must be undone. When it comes again, each of its copies goes on where it was (those that were over
 * are over at once), so no handler sees an access twice; the buffers must still hold what they held. If a handler wants
 * the caller to wait, others make system calls before that: then all this is kept aside for it.
 */
#ifndef KERNEL_COPY_H
#define KERNEL_COPY_H

#include "process.h"

enum copy_result {
    COPIED,
    COPY_FAULTED, /* some address is not there, forbids it, or a handler refused: RC_BAD_SPACE */
    COPY_UNDO,    /* before this copy the debugger takes over, or the caller is to wait: undo the system call */
};

/* Where a string is between two spaces or a space and a device. Holds STRING_MAX bytes; what is in it lasts until the
 * next system call of any process (and through one that is undone). */
extern unsigned char copy_buffer[STRING_MAX];
/* What a device has given for the system call, with the same life. */
extern struct device_answer {
    struct host_request request;
    bool given;
} device_answer;

/* Between a process's memory and the kernel's, all or (as far as the caller may know) nothing. */
enum copy_result copy_in(struct process *from, unsigned long address, void *to, unsigned long size);
enum copy_result copy_out(struct process *to, unsigned long address, void *from, unsigned long size);

/* As much of it as can be moved. */
struct copied {
    unsigned long size; /* bytes, from the beginning */
    enum fault why;     /* not more; FAULT_NONE: it is all */
};
/* COPIED, with *copied filled, or COPY_UNDO. */
enum copy_result copy_in_some(struct process *from, unsigned long address, void *to, unsigned long size,
                              struct copied *copied);
enum copy_result copy_out_some(struct process *to, unsigned long address, void *from, unsigned long size,
                               struct copied *copied);

/* Where they lie in RAM, for a device that moves them itself. */
struct copy_frames {
    struct copied can;   /* as much as could be accessed; no handler was asked */
    bool plain;          /* no page of it wears a front: only then the addresses say where it is */
    unsigned long first; /* physical, of the first byte; */
    unsigned long next[STRING_MAX / PAGE_SIZE]; /* of each further page */
};
void copy_find_frames(struct process *process, unsigned long address, unsigned long size, enum access access,
                      struct copy_frames *frames);

/* A page's bytes, wherever it is mapped; offset + size <= 4096. */
enum copy_result copy_in_page(struct page *from, unsigned long offset, void *to, unsigned long size);
enum copy_result copy_out_page(struct page *to, unsigned long offset, void *from, unsigned long size);

/* Is this system call the repetition of one that was undone over a copy? Then what came before that copy and must not
 * happen twice (a device's answer, say) has happened. */
bool copy_again(void);
/* The system call has been undone: if its caller is to wait, that begins. */
void copy_undone(struct process *caller);
/* It will not make that system call again. */
void copy_forget(const struct process *caller);
/* Could all of it be accessed so? Asks no handler. */
bool copy_possible(struct process *process, unsigned long address, unsigned long size, enum access access);

#endif
