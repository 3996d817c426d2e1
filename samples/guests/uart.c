/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A driver of a serial port, samples/handlers/uart.lua. Where there is none, `uart` is memory like any other:
 *
 *     facet run --swap sym:uart=device:uart.lua:abc uart
 */
#include "text.h"

static volatile struct { unsigned id, control, status, data, count; } uart __attribute__((aligned(4096)));

enum { CONTROL_RESET = 1, CONTROL_LOOP = 2, STATUS_READY = 1, STATUS_RECEIVED = 2, STATUS_OVERRUN = 4 };
#define ID 0x54524155
#define FIFO 16

static void uart_reset(void) {
    uart.control = CONTROL_RESET;
    while (uart.control & CONTROL_RESET)
        ;
}

static void uart_put(char c) {
    while (!(uart.status & STATUS_READY))
        ;
    uart.data = (unsigned char)c;
}

static void uart_puts(const char *text) {
    while (*text)
        uart_put(*text++);
}

/* Returns how many bytes were received. */
static long uart_get(char *to, long room) {
    long n = 0;
    while (n < room && uart.status & STATUS_RECEIVED)
        to[n++] = (char)uart.data;
    return n;
}

/* Sends itself more than the FIFO holds. Returns how many bytes arrived. */
static long overrun(void) {
    char back[2 * FIFO];
    uart.control = CONTROL_LOOP;
    for (int i = 0; i < FIFO + 4; i++)
        uart_put((char)('A' + i));
    long n = uart_get(back, sizeof back);
    uart.control = 0;
    return n;
}

static void say(const char *what, long number) {
    facet_puts(what);
    text_put_number(number, 0);
    facet_puts("\n");
}

int main(void) {
    char text[FIFO + 1];
    if (uart.id != ID) {
        facet_puts("no serial port\n");
        return 1;
    }
    long n = uart_get(text, FIFO);
    text[n] = '\0';
    uart_reset();
    uart_puts("you said ");
    uart_puts(text);
    uart_puts("\n");
    say("bytes sent: ", uart.count);
    say("and again: ", uart.count);
    say("arrived: ", overrun());
    say("overrun: ", (uart.status & STATUS_OVERRUN) != 0);
    uart.status = STATUS_OVERRUN;
    say("cleared: ", (uart.status & STATUS_OVERRUN) == 0);
    return 0;
}
