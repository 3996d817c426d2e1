/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Characters, strings and numbers as text, to the character as gdb 13 writes them.
 */
#include "text.h"
#include "value.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#define STRING_MAX 65536 /* bytes, whatever `set print elements` says */

/* ---- Characters */

static void put_character(uint32_t c, unsigned width, char quote, FILE *out) {
    static const char escapes[] = "a\ab\bf\fn\nr\rt\tv\v";
    for (const char *e = escapes; *e; e += 2)
        if ((uint32_t)e[1] == c) {
            fprintf(out, "\\%c", e[0]);
            return;
        }
    if (c == (uint32_t)quote || c == '\\')
        fprintf(out, "\\%c", (int)c);
    else if (c >= ' ' && c < 0x7f)
        fputc((int)c, out);
    else if (c <= 0777)
        fprintf(out, "\\%03o", c);
    else
        fprintf(out, width == 2 ? "\\x%04x" : "\\x%08x", c);
}

void value_print_character(int64_t c, unsigned width, const char *prefix, FILE *out) {
    uint32_t mask = width == 1 ? 0xff : width == 2 ? 0xffff : 0xffffffff;
    fprintf(out, "%s'", prefix);
    put_character((uint32_t)c & mask, width, '\'', out);
    fputc('\'', out);
}

static uint32_t character_at(const uint8_t *bytes, uint64_t i, unsigned width) {
    uint32_t c = 0;
    memcpy(&c, bytes + i * width, width);
    return c;
}

uint64_t value_limit(const struct data *d) {
    uint64_t limit = d->cli->set.print_elements;
    return limit ? limit : INT32_MAX;
}

void value_print_string(struct data *d, const uint8_t *bytes, uint64_t length, unsigned width, bool more, FILE *out) {
    const char *prefix = width == 4 ? "L" : width == 2 ? "u" : "";
    enum { START, QUOTED, COUNTED } state = START;
    uint64_t i = 0;
    if (!length)
        fprintf(out, "%s\"\"", prefix);
    for (uint64_t shown = 0, run; i < length && shown < value_limit(d); i += run, shown += run) {
        uint32_t c = character_at(bytes, i, width);
        for (run = 1; i + run < length && character_at(bytes, i + run, width) == c; run++)
            ;
        if (run > d->cli->set.print_repeats) {
            fputs(state == QUOTED ? "\", " : state == COUNTED ? ", " : "", out);
            value_print_character(c, width, prefix, out);
            fprintf(out, " <repeats %" PRIu64 " times>", run);
            state = COUNTED;
            continue;
        }
        if (state != QUOTED)
            fprintf(out, state == COUNTED ? ", %s\"" : "%s\"", prefix);
        for (uint64_t k = 0; k < run; k++)
            put_character(c, width, '"', out);
        state = QUOTED;
    }
    if (state == QUOTED)
        fputc('"', out);
    if (more || i < length)
        fputs("...", out);
}

void value_print_string_at(struct data *d, uint64_t va, FILE *out) {
    size_t limit = value_limit(d) < STRING_MAX ? value_limit(d) : STRING_MAX, room = limit + 1;
    uint8_t *text = text_grow(NULL, room, 1);
    size_t got = data_read_some(d, va, text, room);
    size_t length = got ? strnlen((char *)text, got) : 0;
    bool ended = length < got;
    size_t shown = length > limit ? limit : length;
    if (got)
        value_print_string(d, text, shown, 1, !ended && got == room, out);
    if (!ended && got < room)
        fprintf(out, "<error: Cannot access memory at address 0x%" PRIx64 ">", va + got);
    free(text);
}

/* ---- Floating numbers */

static void print_nan(const struct type *type, const uint8_t *bytes, FILE *out) {
    uint64_t mantissa = 0;
    bool negative = bytes[type->size == 16 ? 9 : type->size - 1] >> 7;
    memcpy(&mantissa, bytes, type->size < 8 ? type->size : 8);
    mantissa &= type->size == 2   ? (type->name && strstr(type->name, "bf") ? 0x7f : 0x3ff)
                : type->size == 4 ? 0x7fffff
                : type->size == 8 ? 0xfffffffffffff
                                  : ~0ul;
    fprintf(out, "%snan(0x%" PRIx64 ")", negative ? "-" : "", mantissa);
}

/* As many as tell two values apart, and gdb's one more. */
static int float_digits(const struct type *type) {
    if (type->size == 2)
        return type->name && strstr(type->name, "bf") ? 4 : 5;
    return type->size == 4 ? 9 : type->size == 8 ? 17 : 21;
}

void value_print_float(const struct type *type, const uint8_t *bytes, FILE *out) {
    long double real = value_unpack_float(type, bytes);
    if (isnan(real))
        print_nan(type, bytes, out);
    else
        fprintf(out, "%.*Lg", float_digits(type), real);
}

/* ---- Scalars under /FORMAT */

static void print_decimal(const uint8_t *bytes, uint64_t size, bool is_signed, FILE *out) {
    unsigned __int128 number = 0;
    char digits[48], *to = digits + sizeof digits;
    memcpy(&number, bytes, size < sizeof number ? size : sizeof number);
    bool negative = is_signed && size && bytes[size - 1] >> 7;
    if (negative && size < sizeof number)
        number |= ~(unsigned __int128)0 << 8 * size;
    if (negative)
        number = -number;
    *--to = '\0';
    do
        *--to = (char)('0' + (int)(number % 10));
    while (number /= 10);
    fprintf(out, "%s%s", negative ? "-" : "", to);
}

static void print_hex(const uint8_t *bytes, uint64_t size, bool padded, FILE *out) {
    uint64_t i = size;
    while (!padded && i > 1 && !bytes[i - 1])
        i--;
    fprintf(out, padded ? "0x%02x" : "0x%x", i ? bytes[i - 1] : 0);
    while (i-- > 1)
        fprintf(out, "%02x", bytes[i - 1]);
}

static bool bit(const uint8_t *bytes, uint64_t i) {
    return bytes[i / 8] >> i % 8 & 1;
}

static void print_binary(const uint8_t *bytes, uint64_t size, bool padded, FILE *out) {
    uint64_t bits = 8 * size;
    while (!padded && bits > 1 && !bit(bytes, bits - 1))
        bits--;
    while (bits-- > 0)
        fputc('0' + bit(bytes, bits), out);
}

static void print_octal(const uint8_t *bytes, uint64_t size, FILE *out) {
    uint64_t digits = (8 * size + 2) / 3;
    bool started = false;
    while (digits-- > 0) {
        int digit = 0;
        for (uint64_t k = 3; k-- > 0;)
            digit = 2 * digit + (3 * digits + k < 8 * size && bit(bytes, 3 * digits + k));
        if (digit && !started) {
            fputc('0', out);
            started = true;
        }
        if (started || !digits)
            fputc('0' + digit, out);
    }
}

static const struct type *float_of_size(const struct type *type, uint64_t size) {
    if (type->kind == TYPE_FLOAT)
        return type;
    return size == 4    ? type_basic(BASIC_FLOAT)
           : size == 8  ? type_basic(BASIC_DOUBLE)
           : size == 16 ? type_basic(BASIC_LDOUBLE)
                        : NULL;
}

static void print_as_character(const struct type *type, const uint8_t *bytes, FILE *out) {
    int64_t c = type->is_unsigned ? bytes[0] : (int8_t)bytes[0];
    fprintf(out, "%" PRId64 " ", c);
    value_print_character(c, 1, "", out);
}

bool value_print_scalar(struct data *d, struct type *type, const uint8_t *bytes, uint64_t size,
                        const struct value_format *format, FILE *out) {
    const struct type *real = float_of_size(type, size);
    uint64_t number = 0;
    memcpy(&number, bytes, size < sizeof number ? size : sizeof number);
    switch (format->letter) {
    case 'x':
        print_hex(bytes, size, format->size != 0, out);
        break;
    case 'z':
        print_hex(bytes, size, true, out);
        break;
    case 'd':
        print_decimal(bytes, size, true, out);
        break;
    case 'u':
        print_decimal(bytes, size, false, out);
        break;
    case 'o':
        print_octal(bytes, size, out);
        break;
    case 't':
        print_binary(bytes, size, format->size != 0, out);
        break;
    case 'c':
        print_as_character(type, bytes, out);
        break;
    case 'a':
        value_print_address(d, number, out);
        break;
    case 'f':
        if (real)
            value_print_float(real, bytes, out);
        else
            print_decimal(bytes, size, !type->is_unsigned, out);
        break;
    case 'i':
        return data_fail(d, "Format letter \"i\" is meaningless in \"print\" command.") != NULL;
    default:
        return data_fail(d, "Undefined output format \"%c\".", format->letter) != NULL;
    }
    return true;
}
