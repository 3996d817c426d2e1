/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * For programs whose memory is served by a process of their own: a page behind a handler. They are run with --grant
 * range and --grant debug.
 */
#ifndef SAMPLES_GUESTS_SERVED_H
#define SAMPLES_GUESTS_SERVED_H

#include <facet/guest.h>

/* Ends the program with a line unless the kernel said RC_OK. */
static inline void must(const char *what, unsigned long rc) {
    if (rc == RC_OK)
        return;
    facet_puts(what);
    facet_puts(": refused\n");
    facet_exit(1);
}

/* A process in this program's space, which may print. */
static inline void spawn(unsigned process, void (*start)(void), void *stack_top) {
    struct facet_regs regs = {.rip = (unsigned long)start, .rsp = (unsigned long)stack_top - 8, .rflags = 0x202};
    struct facet_message m = {.string = &regs, .string_size = sizeof regs};
    must("a process", facet_alloc(CAP_PROCESS, process));
    must("its space", facet_set(process, OP_PROCESS_SET_SPACE, 0, CR_SPACE));
    must("its output", facet_set(process, OP_PROCESS_SET_CAP, CR_STDOUT, CR_STDOUT));
    must("its registers", facet_call(process, OP_PROCESS_SET_REGS, &m));
    must("its start", facet_set(process, OP_PROCESS_START, 0, CR_NULL));
}

/* A fresh page in slot `slot` of the space, at address slot << 44, in capability register `page`, behind the handler
 * that `entry` leads to. */
static inline volatile unsigned long *serve_another(unsigned long slot, unsigned page, unsigned entry) {
    struct facet_message m = {.word = {1}, .send = {(unsigned char)page, (unsigned char)entry}};
    must("a page", facet_alloc(CAP_PAGE, page));
    must("its place", facet_set(CR_SPACE, OP_GPT_SET, slot, page));
    must("the swap", facet_call(CR_DEBUG, OP_DEBUG_SWAP, &m));
    return (volatile unsigned long *)(slot << 44);
}

/* Puts a fresh page into slot `slot` of the space, at address slot << 44, behind a handler that runs `start`. Uses
 * capability registers first … first + 3: page, process, endpoint, entry. */
static inline volatile unsigned long *serve_page(unsigned long slot, void (*start)(void), void *stack_top,
                                                 unsigned first) {
    spawn(first + 1, start, stack_top);
    must("an endpoint", facet_alloc(CAP_ENDPOINT, first + 2));
    must("its recipient", facet_set(first + 2, OP_ENDPOINT_SET_RECIPIENT, 0, first + 1));
    must("an entry", facet_get(first + 2, OP_ENDPOINT_MAKE_ENTRY, 0, 0, first + 3));
    return serve_another(slot, first, first + 3);
}

#endif
