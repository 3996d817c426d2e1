/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * kernel_check: is everything that the kernel keeps consistent? Debug builds ask after every system call and trap,
 * release builds never. Each check has a name, which the panic tells; include/facet/damage.h lists what breaks each of
 * them.
 */
#ifndef KERNEL_CHECK_H
#define KERNEL_CHECK_H

#include "kernel.h"
#include <facet/damage.h>

/* Panics if anything is wrong. Slow, so two things are spared: page tables are looked at only if an entry has come or
 * gone since, and the contents of GPTs, CapPages, Pages and Endpoints by turns, an eighth of them at each call. */
void kernel_check(void);
/* The next kernel_check spares nothing. */
void kernel_check_all(void);

/* damage.c, in debug builds: breaks one thing about a GPT or the rest of the kernel. */
void kernel_damage(enum damage damage, struct gpt *gpt);

/* The parts. */
void check_objects(bool everything); /* check_object.c: headers, free lists, capabilities, queues */
void check_depends(void);            /* check_depend.c: the lists of depend entries and tables, against each other */

#define check_that(name, condition, ...)                                                                               \
    do {                                                                                                               \
        if (__builtin_expect(!(condition), 0))                                                                         \
            check_failed(name, (unsigned long[3]){__VA_ARGS__});                                                       \
    } while (0)
_Noreturn void check_failed(const char *name, const unsigned long *values);

#endif
