/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Makes an address space of GPTs and fresh pages from a static ELF image, and a stack with the arguments on it.
 */
#ifndef FACET_LOADER_H
#define FACET_LOADER_H

#include "init.h"

/* Capability registers that the loader uses. */
enum {
    LOADER_ROOT = INIT_FREE, /* the space it made */
    LOADER_PAGE,
    LOADER_NODE, /* one for each level of the path below the root: 8 */
    LOADER_FREE = LOADER_NODE + 8,
};

struct loaded {
    unsigned long entry, stack; /* first program counter and stack pointer */
};

/* Returns NULL, or what is wrong (the space is then incomplete). */
const char *loader_load(const void *image, unsigned long size, const struct boot_args *args, struct loaded *loaded);

#endif
