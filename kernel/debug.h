/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The debug device: the kernel answers the host's requests and tells it what happens. On a machine without it,
 * everything here does nothing.
 */
#ifndef KERNEL_DEBUG_H
#define KERNEL_DEBUG_H

#include "kernel.h"

struct front;
void debug_set_fronts(struct front *table, unsigned long count);
void debug_init(void); /* announces the block */
void debug_request(void);

void debug_started(const struct process *process);
void debug_faulted(const struct process *process, unsigned signal);
/* News of a process that another one provides for: as OP_DEBUG_REGION, PAGES and SYSCALL say. Names have at most
 * DEBUG_NAME_MAX bytes. */
#define DEBUG_NAME_MAX 255ul
void debug_region(const struct process *process, unsigned long address, unsigned long size, unsigned long kind,
                  const unsigned char *name, unsigned long name_size);
void debug_pages(const struct process *process, unsigned long address, unsigned long size);
void debug_syscall(const struct process *process, unsigned long number, unsigned long result, unsigned long flags,
                   const unsigned long arguments[6]);
void debug_endpoint(const struct endpoint *endpoint, const unsigned char *name, unsigned long name_size);
void debug_front_gone(int index);
/* The host is about to make a request that may wake somebody. */
bool debug_turn_comes(void);
/* Nobody can ever run again. Without the device the machine is ended with status 125. */
void debug_deadlock(void);
/* report.c: says on the console what each process waits for. */
void deadlock_report(void);
void debug_panic(const char *text);

/* Lets a front's handlers see a copy of `size` bytes (at most 512, inside the front's page) by the kernel, as an access
 * of the process whose memory it is, and makes it. buffer: the kernel's side. */
enum copy_status debug_copy(const struct process *owner, int front, unsigned long va, unsigned long offset,
                            void *buffer, unsigned long size, enum access access);

/* The same, of which processes have answered the bytes whose bits are set with DONE: of a load, they are in buffer. */
enum copy_status debug_copy_answered(const struct process *owner, int front, unsigned long va, unsigned long offset,
                                     void *buffer, unsigned long size, enum access access,
                                     const unsigned long done[ACCESS_BYTES / 64]);
/* A process has refused it with that code, of which the host is told. */
enum copy_status debug_copy_refused(const struct process *owner, int front, unsigned long va, unsigned long offset,
                                    void *buffer, unsigned long size, enum access access, unsigned long code);

/* The code of the fault, after COPY_FAULT. */
unsigned long debug_copy_code(void);

/* What the machine left before VECTOR_FRONT. */
struct debug_trap {
    unsigned reason;
    enum access kind;
    unsigned long va, code, offset;
    int front;
    unsigned flags, size;
    unsigned long ticket;
    const unsigned char *bytes;
};
/* What becomes of the access of an instruction, by its ticket: VERDICT_PASS, VERDICT_STEP or FORGET, it starts over;
 * the same, of which some bytes (bits) are answered; FAULT. */
#define DEBUG_ANSWER_FORGET 4
void debug_answer(unsigned long ticket, unsigned verdict);
void debug_answer_done(unsigned long ticket, unsigned verdict, const unsigned long done[ACCESS_BYTES / 64],
                       const unsigned char *bytes, unsigned long size);
void debug_answer_fault(unsigned long ticket, unsigned long code);
struct debug_trap debug_trap(void);

#endif
