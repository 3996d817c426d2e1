/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the test guests share: saying what went wrong, and a second process in the same address space.
 */
#ifndef TESTS_GUESTS_CHECK_H
#define TESTS_GUESTS_CHECK_H

#include <facet/guest.h>

static inline void print_number(unsigned long n, unsigned base) {
    char text[24], *p = text + sizeof text;
    *--p = 0;
    do
        *--p = "0123456789abcdef"[n % base];
    while (n /= base);
    facet_puts(p);
}

static inline void check_failed(const char *what, unsigned long got, unsigned long expected) {
    facet_puts("FAILED: ");
    facet_puts(what);
    facet_puts(": got 0x");
    print_number(got, 16);
    facet_puts(", expected 0x");
    print_number(expected, 16);
    facet_puts("\n");
    facet_exit(1);
}

/* Ends the guest with status 1 and a line that says what, got and expected, unless they are equal. */
static inline void check(const char *what, unsigned long got, unsigned long expected) {
    if (got != expected)
        check_failed(what, got, expected);
}

static inline void passed(const char *what) {
    facet_puts("ok: ");
    facet_puts(what);
    facet_puts("\n");
}

static inline unsigned long parse_number(const char *text) {
    unsigned long n = 0;
    while (*text >= '0' && *text <= '9')
        n = n * 10 + (unsigned long)(*text++ - '0');
    return n;
}

/* Makes a stopped process in this program's own space, in capability register `to`. It will run `start`, which must not
 * return, on a stack of its own; register 2 of its capability registers holds the capability in `gift`. */
static inline void make_process(unsigned to, void (*start)(void), void *stack_top, unsigned gift, unsigned keeper) {
    struct facet_regs regs = {.rip = (unsigned long)start, .rsp = (unsigned long)stack_top - 8, .rflags = 0x202};
    struct facet_message m = {.string = &regs, .string_size = sizeof regs};
    check("allocate a process", facet_alloc(CAP_PROCESS, to), RC_OK);
    check("give it a space", facet_set(to, OP_PROCESS_SET_SPACE, 0, CR_SPACE), RC_OK);
    check("give it a keeper", facet_set(to, OP_PROCESS_SET_KEEPER, 0, keeper), RC_OK);
    check("give it a capability", facet_set(to, OP_PROCESS_SET_CAP, 2, gift), RC_OK);
    check("set its registers", facet_call(to, OP_PROCESS_SET_REGS, &m), RC_OK);
}

/* Makes an endpoint whose recipient is the process in `recipient`, and an entry capability to it. */
static inline void make_entry(unsigned endpoint, unsigned recipient, unsigned long payload, unsigned entry) {
    check("allocate an endpoint", facet_alloc(CAP_ENDPOINT, endpoint), RC_OK);
    check("set its recipient", facet_set(endpoint, OP_ENDPOINT_SET_RECIPIENT, 0, recipient), RC_OK);
    check("make an entry", facet_get(endpoint, OP_ENDPOINT_MAKE_ENTRY, payload, 0, entry), RC_OK);
}

#endif
