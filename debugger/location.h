/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the location*.c files share: the stack machine of DWARF expressions.
 */
#ifndef DEBUGGER_LOCATION_H
#define DEBUGGER_LOCATION_H

#include "value.h"

#define LOCATION_STACK 64

enum place { PLACE_NOWHERE, PLACE_MEMORY, PLACE_REGISTER, PLACE_VECTOR, PLACE_VALUE, PLACE_BYTES };

struct machine {
    struct data *d;
    Dwarf_Attribute *attribute; /* whose expression this is */
    Dwarf_Die *function;        /* whose frame base counts; NULL: none */
    uint64_t stack[LOCATION_STACK];
    size_t depth;
    enum place place;  /* of the description that has just ended */
    unsigned word;     /* REGISTER: of struct facet_regs; VECTOR: number of the xmm register */
    Dwarf_Block bytes; /* BYTES */
    unsigned nesting;  /* of frame bases and entry values */
};

enum outcome { OK, LOST, BAD }; /* LOST: not known here; BAD: an error, and it was said */

/* Runs from ops[*stopped] to the end, or to a piece: *stopped is its index. */
enum outcome location_run(struct machine *m, const Dwarf_Op *ops, size_t count, size_t *stopped);
static inline uint64_t location_top(const struct machine *m, size_t from_top) {
    return m->depth > from_top ? m->stack[m->depth - 1 - from_top] : 0;
}
static inline bool location_is_piece(uint8_t atom) {
    return atom == 0x93 /* DW_OP_piece */ || atom == 0x9d /* DW_OP_bit_piece */;
}

/* Where a thread-local variable lies, by its offset in the program's block of them. */
enum outcome location_thread(struct data *d, uint64_t offset, uint64_t *va);

/* The type of a variable of that function, computed bounds filled in. */
struct type *type_resolve(struct data *d, struct type *type, Dwarf_Die *function);

/* What a register of DWARF's numbering held when the frame's function was entered, as the caller's call site tells. */
enum outcome location_entry(struct data *d, unsigned dwarf, unsigned nesting, uint64_t *value);

#endif
