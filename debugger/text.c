/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <facet/error.h>
#include <stdarg.h>
#include <string.h>

bool text_number_part(const char *text, size_t length, uint64_t *value) {
    bool hex = length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    char digits[32];
    if (length == 0 || length >= sizeof digits)
        return false;
    memcpy(digits, text, length);
    digits[length] = '\0';
    const char *allowed = hex ? "0123456789abcdefABCDEF" : "0123456789";
    const char *first = hex ? digits + 2 : digits;
    if (first[strspn(first, allowed)] != '\0')
        return false;
    errno = 0;
    *value = strtoull(first, NULL, hex ? 16 : 10);
    return errno == 0;
}

bool text_number(const char *text, uint64_t *value) {
    return text_number_part(text, strlen(text), value);
}

bool text_range(const char *text, uint64_t *from, uint64_t *to) {
    const char *dots = strstr(text, "..");
    if (!text_number_part(text, dots ? (size_t)(dots - text) : strlen(text), from))
        return false;
    *to = *from + 1;
    return !dots || (text_number(dots + 2, to) && *to > *from);
}

bool text_size(const char *text, uint64_t *value) {
    size_t length = strlen(text);
    const char *units = "KMG", *unit = length > 0 ? strchr(units, text[length - 1] & ~0x20) : NULL;
    if (unit && *unit == '\0')
        unit = NULL;
    unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
    if (!text_number_part(text, length - (unit ? 1 : 0), value) || *value > UINT64_MAX >> shift)
        return false;
    *value <<= shift;
    return true;
}

#define WORD_MAX 64

unsigned text_distance(const char *a, const char *b) {
    size_t m = strlen(a), n = strlen(b);
    if (m > WORD_MAX || n > WORD_MAX)
        return 255;
    unsigned row[3][WORD_MAX + 1]; /* two before, one before, this */
    for (size_t j = 0; j <= n; j++)
        row[1][j] = (unsigned)j;
    for (size_t i = 1; i <= m; i++) {
        row[2][0] = (unsigned)i;
        for (size_t j = 1; j <= n; j++) {
            unsigned best = row[1][j - 1] + (a[i - 1] != b[j - 1]);
            if (row[1][j] + 1 < best)
                best = row[1][j] + 1;
            if (row[2][j - 1] + 1 < best)
                best = row[2][j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && row[0][j - 2] + 1 < best)
                best = row[0][j - 2] + 1;
            row[2][j] = best;
        }
        memmove(row[0], row[1], 2 * sizeof row[0]);
    }
    return row[1][n];
}

bool text_near(const char *wanted, const char *name) {
    size_t length = strlen(wanted);
    return text_distance(wanted, name) <= (length <= 3 ? 1 : length <= 8 ? 2 : 3);
}

size_t text_bytes(char *to, const uint8_t *bytes, size_t size) {
    static const char digit[] = "0123456789abcdef";
    char *next = to;
    *next++ = '0';
    *next++ = 'x';
    for (size_t i = size; i-- > 0;) {
        *next++ = digit[bytes[i] >> 4];
        *next++ = digit[bytes[i] & 15];
    }
    *next = '\0';
    return (size_t)(next - to);
}

void text_put_json(FILE *out, const char *text) {
    fputc('"', out);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fputc('\\', out);
        if (c < 0x20)
            fprintf(out, "\\u%04x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

const char *text_basename(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void *checked(void *block) {
    if (!block) {
        fputs("facet: out of memory\n", stderr);
        exit(125);
    }
    return block;
}

char *text_copy(const char *text) {
    return checked(strdup(text));
}

char *text_format(const char *format, ...) {
    char *text;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&text, format, args);
    va_end(args);
    return checked(length < 0 ? NULL : text);
}

char *text_plain(const char *text) {
    char *plain = text_copy(text);
    for (char *c = plain; *c; c++)
        if (iscntrl((unsigned char)*c))
            *c = '?';
    return plain;
}

void *text_grow(void *block, size_t count, size_t size) {
    return checked(reallocarray(block, count ? count : 1, size));
}

void *text_zeros(size_t count, size_t size) {
    return checked(calloc(count ? count : 1, size));
}
