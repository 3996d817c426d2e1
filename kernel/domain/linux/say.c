/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux.h"
#include <stdarg.h>

struct line {
    char text[512];
    unsigned long length;
};

static void put(struct line *line, char c) {
    if (line->length < sizeof line->text)
        line->text[line->length++] = c;
}

static void put_text(struct line *line, const char *text) {
    while (*text)
        put(line, *text++);
}

static void put_number(struct line *line, unsigned long number, unsigned base) {
    char digits[24];
    unsigned count = 0;
    do {
        digits[count++] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number);
    while (count)
        put(line, digits[--count]);
}

/* One conversion; %ld, %lu, %lx take 64 bits, without the l 32. */
static void put_conversion(struct line *line, char kind, int wide, va_list *args) {
    unsigned long number = kind == 's' ? 0 : wide ? va_arg(*args, unsigned long) : va_arg(*args, unsigned);
    if (kind == 'd' && !wide)
        number = (unsigned long)(int)number;
    if (kind == 'd' && (long)number < 0) {
        put(line, '-');
        number = -number;
    }
    if (kind == 's')
        put_text(line, va_arg(*args, const char *));
    else if (kind == 'c')
        put(line, (char)number);
    else
        put_number(line, number, kind == 'x' ? 16 : 10);
}

void say(const char *format, ...) {
    struct line line = {.length = 0};
    va_list args;
    va_start(args, format);
    for (; *format; format++) {
        if (*format != '%') {
            put(&line, *format);
            continue;
        }
        int wide = *++format == 'l';
        format += wide;
        put_conversion(&line, *format, wide, &args);
    }
    va_end(args);
    put(&line, '\n');
    facet_write(INIT_STDERR, line.text, line.length);
}
