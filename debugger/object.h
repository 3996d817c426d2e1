/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How the user names a memory object:
 *
 *     sym:NAME                              a variable or function of the program, all its bytes
 *     va:ADDR[+LEN]                         LEN bytes (8 unless given) at an address of the program
 *     seg:text|rodata|data|bss|heap|stack   a part of the program; the heap is what brk has made, as far as it has
 * grown map:N                                 the N-th mapping that a Linux program makes (mmap), from 1 obj:ID a page
 * or a GPT of the kernel, by its id as `objects` and `traverse` print it
 */
#ifndef DEBUGGER_OBJECT_H
#define DEBUGGER_OBJECT_H

#include "program.h"
#include "symbols.h"

#define OBJECT_PAGE 4096u
#define OBJECT_VA_DEFAULT 8 /* bytes of va:ADDR without +LEN */

struct object_name {
    char *text; /* as the user wrote it */
    bool by_id;
    bool range;        /* whole pages at addresses that were given: there may be no memory */
    bool heap;         /* the program decides where it is, and how large */
    unsigned map;      /* N of map:N, likewise; 0: it is none */
    uint64_t id;       /* by_id */
    uint64_t va, size; /* of its bytes; va is 0 for by_id; size is 0 for heap and map, 4096 for by_id,
                        * until it is there */
    bool executable;   /* instructions are fetched from it */
};

/* FACET_ERR_USAGE with a hint if there is no such object. object->text belongs to the caller. */
enum facet_status object_parse(const char *text, const struct program *program, const struct symbols *symbols,
                               struct object_name *object, struct facet_error *error);

#endif
