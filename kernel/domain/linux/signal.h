/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The program's signals: what signal.c keeps and frame.c puts on its stack. Structures are those of the kernel's own
 * interface, not of a C library.
 */
#ifndef LINUX_SIGNAL_H
#define LINUX_SIGNAL_H

#include "calls.h"

#define SIGNALS 64
#define SIGNAL_BIT(signal) (1ul << ((signal)-1))

struct action {
    unsigned long handler, flags, restorer, mask;
};
struct altstack {
    unsigned long base;
    unsigned flags, pad;
    unsigned long size;
};
/* siginfo_t: as much as is ever filled. */
struct info {
    int signal, error, code, pad;
    unsigned long field[2]; /* the address, or pid and uid, … */
    unsigned long rest[12];
};

extern unsigned long signal_blocked;
extern struct altstack signal_altstack;
/* Of the last fault: for the frame. */
extern struct fault_trace { unsigned long trap, error, address; } signal_trace;

#define ALTSTACK_NONE 2u            /* SS_DISABLE */
#define ALTSTACK_ON 1u              /* SS_ONSTACK */
#define ALTSTACK_DISARMS (1u << 31) /* SS_AUTODISARM */
int altstack_holds(unsigned long sp);
int altstack_on(unsigned long sp); /* the program runs on it */

/* Before a handler runs: a sequence that it interrupts starts over. 0: what the program said is nonsense. */
int rseq_interrupt(struct facet_regs *r);

/* Pushes a frame and lets the program go on in the handler. 0: there is no stack. */
int frame_push(unsigned signal, const struct action *action, const struct info *info, unsigned long result);

#endif
