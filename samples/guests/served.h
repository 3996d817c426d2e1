/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the samples share whose memory is served by a process of their own: a page behind a handler. They are run with
 * --grant range and --grant debug.
 */
#ifndef SAMPLES_GUESTS_SERVED_H
#define SAMPLES_GUESTS_SERVED_H

#include <facet/guest.h>

/* An access as the handler sees it. */
struct served {
    enum access kind;
    unsigned long size, offset, pc;
    unsigned char bytes[ACCESS_BYTES]; /* to be stored, or in the page; for DONE on a load what the process gets */
};

/* Ends the program with a line unless the kernel said RC_OK. */
static inline void must(const char *what, unsigned long rc) {
    if (rc == RC_OK)
        return;
    facet_puts(what);
    facet_puts(": refused\n");
    facet_exit(1);
}

static inline void put_number(unsigned long n) {
    char text[24], *at = text + sizeof text - 1;
    *at = 0;
    do
        *--at = (char)('0' + n % 10);
    while (n /= 10);
    facet_puts(at);
}

#define SERVED_RESUME 20 /* the register with the right to answer */

/* The life of a handler: answers each access with what `verdict` says. */
static inline _Noreturn void serve(enum access_verdict (*verdict)(struct served *access)) {
    static struct served access;
    struct facet_message m = {.recv = {0, 0, 0, SERVED_RESUME}, .room = access.bytes, .room_size = ACCESS_BYTES};
    unsigned long label = facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m), answer;
    for (;;) {
        access.kind = (enum access)ACCESS_KIND(m.word[0]);
        access.size = ACCESS_SIZE(m.word[0]);
        access.offset = m.word[1];
        access.pc = m.word[2];
        answer = label == OP_ACCESS ? verdict(&access) : VERDICT_PASS;
        m = (struct facet_message){.recv = {0, 0, 0, SERVED_RESUME},
                                   .room = access.bytes,
                                   .room_size = ACCESS_BYTES,
                                   .string = access.bytes,
                                   .string_size = access.size};
        label = facet_invoke(SERVED_RESUME, INVOKE_RETURN, answer, &m);
    }
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
