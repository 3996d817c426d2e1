/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How the kernel starts init, the only process it makes itself: a native program in a space of its own,
 *
 *   slot 0 of the root GPT (l2v 44)   its image, at the addresses it is linked for
 *   slot 1                            modules, read-only: struct init_info in the first page
 *   slot 2                            empty: init's window on pages it fills
 *   slot 7                            stack of INIT_STACK_SIZE bytes, zero, rsp 16 below GUEST_STACK_TOP
 *
 * with these capability registers.
 */
#ifndef FACET_INIT_H
#define FACET_INIT_H

#include <facet/abi.h>

enum {
    INIT_SELF = 1, /* its Process */
    INIT_STDIN = CR_STDIN,
    INIT_STDOUT = CR_STDOUT,
    INIT_STDERR = CR_STDERR,
    INIT_RANGE = CR_RANGE, /* these two where guest.h looks for them */
    INIT_DEBUG = CR_DEBUG,
    INIT_SPACE = CR_SPACE, /* its root GPT */
    INIT_CONSOLE,
    INIT_POWER,
    INIT_FREE,
};

#define INIT_SPACE_L2V 44
#define INIT_MODULES (1ul << INIT_SPACE_L2V)
#define INIT_WINDOW (2ul << INIT_SPACE_L2V)
#define INIT_STACK_SIZE 0x10000

struct init_info {
    unsigned long program, program_size; /* address and bytes of the first module; size 0: there is none */
    unsigned long args, args_size;       /* the second: struct boot_args */
};

#endif
