/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Location descriptions to values: in memory, in registers, in pieces, constant.
 */
#include "location.h"
#include "text.h"

#include <dwarf.h>
#include <string.h>

static struct value *simple(struct machine *m, struct type *type) {
    uint64_t size = type_size(&m->d->c, type);
    uint8_t bytes[16] = {0};
    switch (m->place) {
    case PLACE_MEMORY:
        return value_at(m->d, type, location_top(m, 0));
    case PLACE_REGISTER:
        return value_of_register(m->d, type, m->word, 0);
    case PLACE_VECTOR:
        return value_of_vector(m->d, type, m->word);
    case PLACE_VALUE:
        memcpy(bytes, &m->stack[m->depth - 1], 8);
        return size <= 8 ? value_of_bytes(m->d, type, bytes, size) : value_optimized_out(m->d, type);
    case PLACE_BYTES:
        return m->bytes.length >= size ? value_of_bytes(m->d, type, m->bytes.data, size)
                                       : value_optimized_out(m->d, type);
    default:
        return value_optimized_out(m->d, type);
    }
}

/* One piece of `size` bytes into `to`. False: its bytes are not known. */
static bool take_piece(struct machine *m, uint8_t *to, uint64_t size) {
    uint8_t vector[16];
    switch (m->place) {
    case PLACE_MEMORY:
        return data_read_some(m->d, location_top(m, 0), to, size) == size;
    case PLACE_REGISTER:
        memcpy(to, (const unsigned long *)&m->d->frame.regs + m->word, size < 8 ? size : 8);
        return size <= 8;
    case PLACE_VECTOR:
        session_xmm(m->d->cli->session, m->word, vector);
        memcpy(to, vector, size < sizeof vector ? size : sizeof vector);
        return size <= sizeof vector;
    case PLACE_VALUE:
        memcpy(to, &m->stack[m->depth - 1], size < 8 ? size : 8);
        return size <= 8;
    case PLACE_BYTES:
        memcpy(to, m->bytes.data, size < m->bytes.length ? size : m->bytes.length);
        return size <= m->bytes.length;
    default:
        return false;
    }
}

static struct value *pieces(struct machine *m, const Dwarf_Op *ops, size_t count, struct type *type) {
    uint64_t size = type_size(&m->d->c, type), at = 0;
    if (size > VALUE_BYTES_MAX)
        return value_optimized_out(m->d, type);
    struct value *value = value_of_bytes(m->d, type, NULL, size);
    bool any = false;
    value->missing = memset(text_grow(NULL, size + 1, 1), 1, size + 1);
    for (size_t i = 0; i < count && at < size; i++) {
        m->depth = 0;
        enum outcome outcome = location_run(m, ops, count, &i);
        if (outcome == BAD)
            return NULL;
        if (i >= count || ops[i].atom == DW_OP_bit_piece)
            break;
        uint64_t length = ops[i].number < size - at ? ops[i].number : size - at;
        if (outcome == OK && m->place != PLACE_NOWHERE && take_piece(m, value->bytes + at, length)) {
            memset(value->missing + at, 0, length);
            any = true;
        }
        at += length;
    }
    value->optimized_out = !any;
    return value;
}

static struct value *evaluate(struct data *d, Dwarf_Attribute *attr, Dwarf_Die *function, struct type *type) {
    Dwarf_Op *ops;
    size_t count, stopped = 0;
    uint64_t pc = data_frame(d) ? d->frame.lookup_pc - d->c.bias : 0;
    if (dwarf_getlocation_addr(attr, pc, &ops, &count, 1) != 1 || count == 0)
        return value_optimized_out(d, type);
    struct machine m = {.d = d, .attribute = attr, .function = function};
    for (size_t i = 0; i < count; i++)
        if (location_is_piece(ops[i].atom))
            return pieces(&m, ops, count, type);
    enum outcome outcome = location_run(&m, ops, count, &stopped);
    return outcome == OK ? simple(&m, type) : outcome == LOST ? value_optimized_out(d, type) : NULL;
}

static struct value *constant(struct data *d, Dwarf_Attribute *attr, struct type *type) {
    Dwarf_Block block;
    int64_t number;
    uint64_t size = type_size(&d->c, type);
    if (dwarf_formblock(attr, &block) == 0)
        return block.length >= size ? value_of_bytes(d, type, block.data, size) : value_optimized_out(d, type);
    if (type_constant(attr, &number) && type_is_scalar(type_strip(&d->c, type)))
        return value_of_int(d, type, (uint64_t)number);
    return value_optimized_out(d, type);
}

struct value *location_value(struct data *d, Dwarf_Die *variable, Dwarf_Die *function, struct type *type) {
    Dwarf_Attribute attr;
    type = type_resolve(d, type, function);
    if (dwarf_attr_integrate(variable, DW_AT_location, &attr))
        return evaluate(d, &attr, function, type);
    if (dwarf_attr_integrate(variable, DW_AT_const_value, &attr))
        return constant(d, &attr, type);
    return value_optimized_out(d, type);
}
