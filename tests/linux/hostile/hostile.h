/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What programs do that go wrong, or want to do harm: each deed prints what the system made of it, the same natively
 * and under facet, or ends the program in a way that tests/linux/hostile.sh knows.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGE 4096ul
#define LAST_PAGE 0x7fffffffe000ul /* the last that a program can have */

struct deed {
    const char *name;
    void (*act)(void);
};
/* Tables, each ended by a NULL name. */
extern const struct deed instruction_deeds[];
extern const struct deed memory_deeds[];
extern const struct deed signal_deeds[];
extern const struct deed call_deeds[];

/* What a signal said that has ended `attempt`. */
struct caught {
    int signal, code;
    uintptr_t address, pc;
};
/* Runs it with handlers for all that instructions can earn, on a stack of their own. signal 0: it returned. */
struct caught attempt(void (*function)(void *), void *argument);
/* One line; addresses relative to `base`, if they are within a page of it. */
void tell(const char *what, struct caught caught, uintptr_t base);
void *map(uintptr_t at, size_t size, int protection);

#endif
