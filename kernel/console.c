/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug.h"
#include "kernel.h"
#include <stdarg.h>

#define LINE_STATUS 5
#define TRANSMIT_EMPTY 0x20

void console_init(void) {
    port_out8(PORT_COM1 + 1, 0);    /* no interrupts */
    port_out8(PORT_COM1 + 3, 0x03); /* 8N1 */
    port_out8(PORT_COM1 + 2, 0x01); /* FIFO */
}

void console_put(char c) {
    for (unsigned tries = 0; tries < 100000 && !(port_in8(PORT_COM1 + LINE_STATUS) & TRANSMIT_EMPTY); tries++)
        __asm__ volatile("pause");
    port_out8(PORT_COM1, (unsigned char)c);
}

/* ---- Formatting, for messages of the kernel itself */

struct text {
    char *out;
    unsigned long used, size;
};

static void text_put(struct text *text, char c) {
    if (text->used + 1 < text->size)
        text->out[text->used++] = c;
}

static void text_number(struct text *text, unsigned long value, unsigned base) {
    char digits[24];
    unsigned n = 0;
    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    while (n > 0)
        text_put(text, digits[--n]);
}

static void text_argument(struct text *text, char conversion, va_list *arguments) {
    switch (conversion) {
    case 's':
        for (const char *s = va_arg(*arguments, const char *); *s; s++)
            text_put(text, *s);
        break;
    case 'c':
        text_put(text, (char)va_arg(*arguments, int));
        break;
    case 'u':
        text_number(text, va_arg(*arguments, unsigned), 10);
        break;
    default:
        text_put(text, '0');
        text_put(text, 'x');
        text_number(text, va_arg(*arguments, unsigned long), 16);
    }
}

static void format_text(struct text *text, const char *format, va_list *arguments) {
    for (; *format; format++) {
        if (*format == '%')
            text_argument(text, *++format, arguments);
        else
            text_put(text, *format);
    }
    text->out[text->used] = 0;
}

static void put_text(const char *s) {
    while (*s)
        console_put(*s++);
}

void print(const char *format, ...) {
    char line[256];
    struct text text = {line, 0, sizeof line};
    va_list arguments;
    va_start(arguments, format);
    format_text(&text, format, &arguments);
    va_end(arguments);
    put_text(line);
}

static _Noreturn void die(const char *line) {
    put_text("kernel: ");
    put_text(line);
    put_text("\n");
    debug_panic(line);
    power_off(125);
}

void panic(const char *format, ...) {
    char line[256];
    struct text text = {line, 0, sizeof line};
    va_list arguments;
    va_start(arguments, format);
    format_text(&text, format, &arguments);
    va_end(arguments);
    die(line);
}

static void append(struct text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    format_text(text, format, &arguments);
    va_end(arguments);
}

void kassert_failed(const char *file, int line, const char *condition, const unsigned long *values, size_t count) {
    char message[256];
    struct text text = {message, 0, sizeof message};
    append(&text, "assertion failed at %s:%u: %s:", file, (unsigned)line, condition);
    for (size_t i = 0; i < count; i++)
        append(&text, " %x", values[i]);
    die(message);
}
