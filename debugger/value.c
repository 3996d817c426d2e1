/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Values: making them, their bytes, their numbers.
 */
#include "value.h"

#include "text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* ---- Making */

struct value *value_new(struct data *d, struct type *type) {
    struct value *value = calloc(1, sizeof *value);
    facet_assert(value, "out of memory");
    value->type = type;
    value->next = d->values;
    d->values = value;
    return value;
}

static void give_bytes(struct value *value, const void *bytes, size_t size) {
    value->bytes = text_grow(NULL, size + 1, 1);
    value->size = size;
    if (bytes)
        memcpy(value->bytes, bytes, size);
    else
        memset(value->bytes, 0, size);
}

struct value *value_of_bytes(struct data *d, struct type *type, const void *bytes, size_t size) {
    struct value *value = value_new(d, type);
    give_bytes(value, bytes, size);
    return value;
}

struct value *value_of_int(struct data *d, struct type *type, uint64_t number) {
    uint8_t bytes[16];
    uint64_t size = type_size(&d->c, type);
    uint64_t high = (int64_t)number < 0 && !type_strip(&d->c, type)->is_unsigned ? ~0ul : 0;
    if (type_strip(&d->c, type)->kind == TYPE_BOOL)
        number = number != 0;
    memcpy(bytes, &number, 8);
    memcpy(bytes + 8, &high, 8);
    return value_of_bytes(d, type, bytes, size < sizeof bytes ? size : sizeof bytes);
}

struct value *value_of_float(struct data *d, struct type *type, long double number) {
    uint64_t size = type_size(&d->c, type);
    float single = (float)number;
    double twice = (double)number;
    uint8_t bytes[16] = {0};
    if (size == sizeof single)
        memcpy(bytes, &single, sizeof single);
    else if (size == sizeof twice)
        memcpy(bytes, &twice, sizeof twice);
    else
        memcpy(bytes, &number, 10);
    return value_of_bytes(d, type, bytes, size < sizeof bytes ? size : sizeof bytes);
}

struct value *value_at(struct data *d, struct type *type, uint64_t va) {
    struct value *value = value_new(d, type);
    value->where = VALUE_MEMORY;
    value->address = va;
    value->lazy = true;
    return value;
}

struct value *value_optimized_out(struct data *d, struct type *type) {
    struct value *value = value_new(d, type);
    value->optimized_out = true;
    return value;
}

struct value *value_of_register(struct data *d, struct type *type, unsigned word, unsigned offset) {
    uint64_t size = type_size(&d->c, type);
    struct value *value;
    if (!data_frame(d) || !FRAME_KNOWS(&d->frame, word))
        return value_optimized_out(d, type);
    uint64_t content = ((const unsigned long *)&d->frame.regs)[word] >> 8 * offset;
    if (size <= sizeof content)
        value = value_of_bytes(d, type, &content, size);
    else /* only its first half is here */
        return value_optimized_out(d, type);
    value->where = VALUE_REGISTER;
    value->word = word;
    value->address = offset;
    return value;
}

/* A vector register has been changed by nobody between a frame and its callees, as far as anyone knows: gdb's view. */
struct value *value_of_vector(struct data *d, struct type *type, unsigned index) {
    uint8_t bytes[16];
    uint64_t size = type_size(&d->c, type);
    session_xmm(d->cli->session, index, bytes);
    return size <= sizeof bytes ? value_of_bytes(d, type, bytes, size) : value_optimized_out(d, type);
}

static void *copy_of(const void *bytes, size_t size) {
    return bytes ? memcpy(text_grow(NULL, size + 1, 1), bytes, size) : NULL;
}

struct value *value_copy(struct data *d, const struct value *from) {
    struct value *value = value_new(d, from->type), *next = value->next;
    *value = *from;
    value->next = next;
    value->bytes = copy_of(from->bytes, from->size);
    value->missing = copy_of(from->missing, from->size);
    return value;
}

void value_free(struct value *value) {
    if (!value)
        return;
    free(value->bytes);
    free(value->missing);
    free(value);
}

/* ---- Bytes */

bool value_fetch(struct data *d, struct value *value) {
    if (!value->lazy)
        return true;
    uint64_t size = value->bit_size ? (value->bit_offset + value->bit_size + 7) / 8 : type_size(&d->c, value->type);
    const char *name = type_unqualified(value->type)->name;
    if (size > VALUE_BYTES_MAX)
        return data_fail(d, "value%s%s%s requires %" PRIu64 " bytes, which is more than max-value-size",
                         name ? " of type `" : "", name ? name : "", name ? "'" : "", size) != NULL;
    give_bytes(value, NULL, size);
    if (!data_read(d, value->address, value->bytes, size)) {
        free(value->bytes);
        value->bytes = NULL;
        return false;
    }
    value->lazy = false;
    return true;
}

bool value_need(struct data *d, struct value *value) {
    if (!value_fetch(d, value))
        return false;
    bool missing = value->optimized_out;
    for (uint64_t i = 0; value->missing && i < value->size; i++)
        missing |= value->missing[i] != 0;
    return !missing || data_fail(d, "value has been optimized out") != NULL;
}

static uint64_t extend(uint64_t number, unsigned bits, bool is_unsigned) {
    if (bits == 0 || bits >= 64)
        return number;
    number &= (1ul << bits) - 1;
    return !is_unsigned && number >> (bits - 1) & 1 ? number | ~0ul << bits : number;
}

uint64_t value_unpack(const struct type *type, const uint8_t *bytes) {
    uint64_t number = 0;
    memcpy(&number, bytes, type->size < sizeof number ? type->size : sizeof number);
    return extend(number, (unsigned)(type->size < 8 ? 8 * type->size : 64), type->is_unsigned);
}

/* IEEE's binary16, or the upper half of a float. */
static long double unpack_half(const struct type *type, const uint8_t *bytes) {
    uint16_t bits;
    float single;
    memcpy(&bits, bytes, sizeof bits);
    if (type->name && strstr(type->name, "bf")) {
        uint32_t wide = (uint32_t)bits << 16;
        return memcpy(&single, &wide, sizeof single), (long double)single;
    }
    int exponent = bits >> 10 & 31;
    long double mantissa = bits & 0x3ff, sign = bits >> 15 ? -1 : 1;
    if (exponent == 31)
        return mantissa != 0 ? sign * NAN : sign * INFINITY;
    return sign * (exponent ? ldexpl(mantissa + 1024, exponent - 25) : ldexpl(mantissa, -24));
}

long double value_unpack_float(const struct type *type, const uint8_t *bytes) {
    float single;
    double twice;
    long double full = 0;
    if (type->size == 2)
        return unpack_half(type, bytes);
    if (type->size == sizeof single)
        return memcpy(&single, bytes, sizeof single), (long double)single;
    if (type->size == sizeof twice)
        return memcpy(&twice, bytes, sizeof twice), (long double)twice;
    memcpy(&full, bytes, 10);
    return full;
}

static uint64_t bit_field(const struct value *value, const struct type *type) {
    unsigned __int128 bits = 0;
    memcpy(&bits, value->bytes, value->size < sizeof bits ? value->size : sizeof bits);
    return extend((uint64_t)(bits >> value->bit_offset), value->bit_size, type->is_unsigned);
}

bool value_number(struct data *d, struct value *value, uint64_t *number) {
    struct type *type = type_strip(&d->c, value->type);
    if ((type->kind == TYPE_ARRAY || type->kind == TYPE_FUNCTION) && value->where == VALUE_MEMORY) {
        *number = value->address;
        return true;
    }
    if (!type_is_scalar(type))
        return data_fail(d, "Value can't be converted to integer.") != NULL;
    if (!value_need(d, value))
        return false;
    if (type->kind == TYPE_FLOAT) {
        long double real = value_unpack_float(type, value->bytes);
        *number = real < 0 ? (uint64_t)(int64_t)real : (uint64_t)real;
    } else
        *number = value->bit_size ? bit_field(value, type) : value_unpack(type, value->bytes);
    return true;
}

bool value_float(struct data *d, struct value *value, long double *number) {
    struct type *type = type_strip(&d->c, value->type);
    uint64_t integer;
    if (type->kind == TYPE_FLOAT) {
        if (!value_need(d, value))
            return false;
        *number = value_unpack_float(type, value->bytes);
        return true;
    }
    if (!value_number(d, value, &integer))
        return false;
    *number = type->is_unsigned ? (long double)integer : (long double)(int64_t)integer;
    return true;
}

bool value_is_zero(struct data *d, struct value *value, bool *zero) {
    long double real;
    uint64_t number = 0;
    if (type_strip(&d->c, value->type)->kind == TYPE_FLOAT) {
        if (!value_float(d, value, &real))
            return false;
        *zero = real == 0;
        return true;
    }
    if (!value_number(d, value, &number))
        return false;
    *zero = number == 0;
    return true;
}
