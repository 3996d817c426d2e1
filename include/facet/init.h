/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How init, the one program that the kernel starts, finds things. Registers at its first instruction: rdi is the number
 * of boot modules, rsi the address of an array of struct init_module (read-only, as all it points to).
 */
#ifndef FACET_INIT_H
#define FACET_INIT_H

struct init_module {
    unsigned long start, size; /* address in init's space, bytes */
};

/* Capability registers. */
enum {
    INIT_RANGE = 1, /* of the Linux personality, and of init once the bank runs: a bank, which is used as a Range is */
    INIT_SPACE,     /* GPT, l2v 44: its own space */
    INIT_SELF,      /* its own Process */
    INIT_CONSOLE,
    INIT_STDIN, /* streams 0, 1, 2 in a row */
    INIT_STDOUT,
    INIT_STDERR,
    INIT_DEBUG,
    INIT_POWER,
    INIT_DISCRIM,
    INIT_SCHEDULE, /* all priorities */
    INIT_SLEEP,
    INIT_HOST,
    INIT_PROCESS_TOOL,
    INIT_FREE, /* the first empty one */
};

#define INIT_SLOT_BITS 44 /* each slot of INIT_SPACE covers 1 << 44 bytes */
enum { INIT_SLOT_IMAGE, INIT_SLOT_MODULES, INIT_SLOT_FREE, INIT_SLOT_STACK = 7 };
#define INIT_STACK_TOP GUEST_STACK_TOP
#define INIT_STACK_SIZE 0x8000

#endif
