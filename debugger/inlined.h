/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Functions that the compiler has put into others, by debugging information.
 */
#ifndef DEBUGGER_INLINED_H
#define DEBUGGER_INLINED_H

#include "symbols.h"

#include <elfutils/libdw.h>

#define INLINED_MAX 32

struct inlined {
    const char *function;
    uint64_t die;     /* offset of this instance */
    const char *path; /* where it is called; NULL: not said */
    int line;
};

/* Those around an address, outermost first. Returns how many; *function is the one that they are in (addr NULL:
 * unknown). */
size_t inlined_at(struct symbols *symbols, uint64_t va, struct inlined found[INLINED_MAX], Dwarf_Die *function);
/* Where the instances of a function begin. The caller frees *places; returns how many. */
size_t inlined_places(struct symbols *symbols, const char *name, uint64_t **places);
/* Does the instance still cover this address? */
bool inlined_covers(struct symbols *symbols, uint64_t die, uint64_t va);

#endif
