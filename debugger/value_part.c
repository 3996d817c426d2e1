/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Values: parts, addresses, conversions, assignment.
 */
#include "text.h"
#include "value.h"

#include <string.h>

#define NESTING_MAX 20 /* of structs without a name */

/* ---- Parts */

/* `size` bytes of a value from `offset` on, at the same place. */
static struct value *slice(struct data *d, struct value *value, struct type *type, uint64_t offset, uint64_t size) {
    if (value->where == VALUE_MEMORY && !value->missing)
        return value_at(d, type, value->address + offset);
    if (value->optimized_out)
        return value_optimized_out(d, type);
    if (!value_fetch(d, value))
        return NULL;
    if (offset > value->size || size > value->size - offset)
        return data_fail(d, "the debug information is damaged: a member lies outside of its struct");
    struct value *part = value_of_bytes(d, type, value->bytes + offset, size);
    part->where = value->where;
    part->address = value->address + offset;
    part->word = value->word;
    part->variable = value->variable;
    if (value->missing)
        part->missing = memcpy(text_grow(NULL, size + 1, 1), value->missing + offset, size);
    return part;
}

struct value *value_field(struct data *d, struct value *value, const struct type_field *field) {
    uint64_t size = field->bit_size ? (field->bit_offset + field->bit_size + 7) / 8 : type_size(&d->c, field->type);
    struct value *part = slice(d, value, field->type, field->offset, size);
    if (part) {
        part->bit_offset = field->bit_offset;
        part->bit_size = field->bit_size;
    }
    return part;
}

static struct value *find_member(struct data *d, struct value *value, const char *name, int depth) {
    struct type *type = type_strip(&d->c, value->type);
    type_read_fields(&d->c, type);
    for (size_t i = 0; i < type->field_count; i++)
        if (type->fields[i].name && !strcmp(type->fields[i].name, name))
            return value_field(d, value, &type->fields[i]);
    for (size_t i = 0; i < type->field_count && depth < NESTING_MAX; i++) {
        struct type *inner = type_strip(&d->c, type->fields[i].type);
        if (type->fields[i].name || (inner->kind != TYPE_STRUCT && inner->kind != TYPE_UNION))
            continue;
        struct value *part = value_field(d, value, &type->fields[i]);
        struct value *found = part ? find_member(d, part, name, depth + 1) : NULL;
        if (found)
            return found;
    }
    return NULL;
}

struct value *value_member(struct data *d, struct value *value, const char *name) {
    struct value *found = find_member(d, value, name, 0);
    return found ? found : data_fail(d, "There is no member named %s.", name);
}

struct value *value_element(struct data *d, struct value *value, int64_t index) {
    struct type *type = type_strip(&d->c, value->type);
    uint64_t size = type_size(&d->c, type->target);
    const struct type *element = type_strip(&d->c, type->target);
    if (index && element->kind == TYPE_ARRAY && element->count < 0) /* its size was optimized out */
        return data_fail(d, "no such vector element");
    if (value->where == VALUE_MEMORY && !value->missing)
        return value_at(d, type->target, value->address + (uint64_t)index * size);
    if (index < 0 || index >= type->count)
        return data_fail(d, "no such vector element");
    return slice(d, value, type->target, (uint64_t)index * size, size);
}

/* ---- Addresses */

struct value *value_decay(struct data *d, struct value *value) {
    struct type *type = type_strip(&d->c, value->type);
    if (type->kind == TYPE_ARRAY && !type->vector && value->where == VALUE_MEMORY)
        return value_of_int(d, type_pointer(&d->c, type->target), value->address);
    if (type->kind == TYPE_FUNCTION || (type->kind == TYPE_NO_DEBUG && type->count))
        return value_of_int(d, type_pointer(&d->c, type), value->address);
    return value;
}

struct value *value_dereference(struct data *d, struct value *value) {
    struct type *type = type_strip(&d->c, value->type);
    uint64_t va;
    if (type->kind == TYPE_FUNCTION)
        return value;
    if (type->kind == TYPE_ARRAY)
        return value_element(d, value, 0);
    if (type->kind == TYPE_INT) /* gdb's convenience */
        return value_number(d, value, &va) ? value_at(d, type_basic(BASIC_LONG), va) : NULL;
    if (type->kind == TYPE_STRUCT || type->kind == TYPE_UNION)
        return data_fail(d, "Structure has no component named operator*.");
    if (type->kind != TYPE_POINTER)
        return data_fail(d, "Attempt to take contents of a non-pointer value.");
    if (type_strip(&d->c, type->target)->kind == TYPE_VOID)
        return data_fail(d, "Attempt to dereference a generic pointer.");
    return value_number(d, value, &va) ? value_at(d, type->target, va) : NULL;
}

struct value *value_address(struct data *d, struct value *value) {
    if (value->optimized_out)
        return data_fail(d, "value has been optimized out");
    if (value->where != VALUE_MEMORY)
        return data_fail(d, "Attempt to take address of value not located in memory.");
    if (value->bit_size)
        return data_fail(d, "Attempt to take address of a bit-field.");
    return value_of_int(d, type_pointer(&d->c, value->type), value->address);
}

/* ---- Conversions */

struct value *value_cast(struct data *d, struct type *type, struct value *value) {
    struct type *to = type_strip(&d->c, type), *from = type_strip(&d->c, value->type);
    uint64_t number;
    long double real;
    if (to->kind == TYPE_VOID)
        return value_new(d, type);
    if (value->optimized_out)
        return value_optimized_out(d, type);
    if (type_is_scalar(to) && (from->kind == TYPE_ARRAY || from->kind == TYPE_FUNCTION))
        value = value_decay(d, value), from = type_strip(&d->c, value->type);
    if (to->kind == TYPE_FLOAT && to->size > 2 && type_is_scalar(from))
        return value_float(d, value, &real) ? value_of_float(d, type, real) : NULL;
    if (to->kind == TYPE_BOOL && type_is_scalar(from)) {
        bool zero;
        return value_is_zero(d, value, &zero) ? value_of_int(d, type, !zero) : NULL;
    }
    if (type_is_scalar(to) && type_is_scalar(from))
        return value_number(d, value, &number) ? value_of_int(d, type, number) : NULL;
    if (type_is_scalar(to) && from->kind == TYPE_NO_DEBUG && from->count)
        return value_of_int(d, type, value->address);
    if (value->where == VALUE_MEMORY)
        return value_at(d, type, value->address);
    if (from->kind == to->kind && from->size == to->size && from->kind != TYPE_VOID) {
        struct value *copy = value_copy(d, value);
        copy->type = type;
        return copy;
    }
    return data_fail(d, "Invalid cast.");
}

/* ---- Assignment */

/* Where a function that the frame has called keeps the frame's register; false: it still is in the processor. */
static bool saved_by_callee(struct data *d, unsigned word, uint64_t *va) {
    struct frame callee;
    for (int level = d->frame.level; level-- > 0;)
        if (frame_at(d->cli, level, &callee, NULL) == FACET_OK && callee.cfa != d->frame.cfa &&
            frame_saved(d->cli, &callee, (int)word, va))
            return true;
    return false;
}

static bool write_register(struct data *d, const struct value *to, const uint8_t *bytes, uint64_t size) {
    struct facet_regs regs;
    uint64_t va;
    if (!d->cli->started || to->address + size > sizeof(unsigned long))
        return data_fail(d, "Left operand of assignment is not an lvalue.") != NULL;
    if (d->frame.level && saved_by_callee(d, to->word, &va))
        return data_write(d, va + to->address, bytes, size);
    if (d->frame.level && to->word == (unsigned)cmd_register("rsp", 3))
        return data_fail(d, "The stack pointer of an outer frame is computed: it cannot be changed.") != NULL;
    session_regs(d->cli->session, &regs);
    memcpy((char *)((unsigned long *)&regs + to->word) + to->address, bytes, size);
    if (session_regs_set(d->cli->session, &regs, d->error) != FACET_OK)
        return false;
    d->frame_known = false;
    return data_frame(d);
}

static bool write_variable(struct data *d, const struct value *to, const uint8_t *bytes, uint64_t size) {
    struct value *value = to->variable->value;
    if (!value || !value_fetch(d, value) || to->address > value->size || size > value->size - to->address)
        return data_fail(d, "Left operand of assignment is not an lvalue.") != NULL;
    memcpy(value->bytes + to->address, bytes, size);
    return true;
}

static bool write_bytes(struct data *d, const struct value *to, const uint8_t *bytes, uint64_t size) {
    switch (to->where) {
    case VALUE_MEMORY:
        return data_write(d, to->address, bytes, size);
    case VALUE_REGISTER:
        return write_register(d, to, bytes, size);
    case VALUE_VARIABLE:
        return write_variable(d, to, bytes, size);
    default:
        return data_fail(d, "Left operand of assignment is not an lvalue.") != NULL;
    }
}

/* Puts a number into the bits of a bit-field, leaves its neighbours alone. */
static bool write_bits(struct data *d, struct value *to, uint64_t number) {
    unsigned __int128 bits = 0, mask = (((unsigned __int128)1 << to->bit_size) - 1) << to->bit_offset;
    if (!value_fetch(d, to))
        return false;
    size_t size = to->size < sizeof bits ? to->size : sizeof bits;
    memcpy(&bits, to->bytes, size);
    bits = (bits & ~mask) | ((unsigned __int128)number << to->bit_offset & mask);
    memcpy(to->bytes, &bits, size);
    return write_bytes(d, to, to->bytes, size);
}

/* Strings and arrays fill as much of the target as they have. */
static struct value *converted(struct data *d, struct value *to, struct value *from) {
    struct type *type = type_strip(&d->c, to->type), *other = type_strip(&d->c, from->type);
    if (type->kind == TYPE_ARRAY && other->kind == TYPE_ARRAY)
        return type->size >= other->size ? from : data_fail(d, "Size of vector element does not match.");
    if (type->kind == TYPE_NO_DEBUG)
        return data_fail(d, "it has unknown type; cast it to its declared type");
    return value_cast(d, to->type, from);
}

struct value *value_assign(struct data *d, struct value *to, struct value *from) {
    uint64_t number;
    if (to->optimized_out || to->where == VALUE_NOWHERE)
        return data_fail(d, to->optimized_out ? "value has been optimized out"
                                              : "Left operand of assignment is not an lvalue.");
    from = converted(d, to, from);
    if (!from || !value_need(d, from))
        return NULL;
    if (to->bit_size) {
        if (!value_number(d, from, &number) || !write_bits(d, to, number))
            return NULL;
    } else if (!write_bytes(d, to, from->bytes, from->size))
        return NULL;
    struct value *result = value_copy(d, to);
    if (result->where == VALUE_MEMORY) {
        free(result->bytes);
        result->bytes = NULL;
        result->lazy = true;
        return value_fetch(d, result) ? result : NULL;
    }
    if (!result->bit_size && result->bytes)
        memcpy(result->bytes, from->bytes, from->size < result->size ? from->size : result->size);
    return result;
}
