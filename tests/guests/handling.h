/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the guests share that try pages whose handlers are processes: processes that touch such a page, and waiting for
 * their faults. Need --grant range and debug.
 */
#ifndef TESTS_GUESTS_HANDLING_H
#define TESTS_GUESTS_HANDLING_H

#include "check.h"

enum {
    R_PAGE = CR_FREE, /* at HOLE */
    R_H,              /* its handler */
    R_A,              /* processes that touch it */
    R_B,
    R_TO_H, /* endpoint */
    R_ENTRY,
    R_MINE, /* endpoint of the program itself, as a keeper */
    R_KEEPER,
    R_KEEPER_H,
    R_RESUME,
    R_TEMP,
    R_MORE
};
#define HOLE (3ul << 44)
#define PAGE_WORD(i) (((volatile unsigned long *)HOLE)[i])

static unsigned long stack[6][1024];
static struct facet_regs regs;

static void start(unsigned process, unsigned which, void (*program)(void)) {
    struct facet_regs r = {.rip = (unsigned long)program, .rsp = (unsigned long)(stack[which] + 1000), .rflags = 0x202};
    struct facet_message m = {.string = &r, .string_size = sizeof r};
    check("stop", facet_set(process, OP_PROCESS_STOP, 0, CR_NULL), RC_OK);
    check("registers", facet_call(process, OP_PROCESS_SET_REGS, &m), RC_OK);
    check("start", facet_set(process, OP_PROCESS_START, 0, CR_NULL), RC_OK);
}

/* Waits for a fault; *m is it. */
static inline void fault(struct facet_message *m, unsigned long from, unsigned long what) {
    *m = (struct facet_message){.recv = {[MESSAGE_CAPS - 1] = R_RESUME}};
    check("a fault", facet_invoke(CR_NULL, INVOKE_RETURN | INVOKE_CLOSED(R_MINE), 0, m), OP_FAULT);
    check("whose", m->payload, from);
    check("which", m->word[0], what);
}

/* ---- The programs that access the page, each ends at ud2 */

void do_load(void);
void do_store(void);
void do_add(void);
void do_wide(void);
void do_adds(void);
__asm__(".pushsection .text\n"
        ".globl do_load, do_store, do_add, do_wide, do_adds\n"
        "do_load: mov 0x300000000008, %rax; ud2\n"
        "do_store: mov $0x1122334455667788, %rax; mov %rax, 0x300000000010; ud2\n"
        "do_add: mov $0x300000000018, %rbx; lock addq $5, (%rbx); ud2\n"
        "do_wide: mov $0x300000000020, %rbx; movdqu (%rbx), %xmm0; movdqu %xmm0, 16(%rbx); ud2\n"
        "do_adds: mov $0x300000000000, %rbx; mov $50, %ecx; 1: lock addq $1, (%rbx); dec %ecx; jnz 1b; ud2\n"
        ".popsection\n");

static inline void swap(void) {
    struct facet_message m = {.word = {1}, .send = {R_PAGE, R_ENTRY}};
    check("swap", facet_call(CR_DEBUG, OP_DEBUG_SWAP, &m), RC_OK);
}

static inline void restore(void) {
    check("restore", facet_set(CR_DEBUG, OP_DEBUG_RESTORE, 0, R_PAGE), RC_OK);
}

static inline void make_handler(void (*program)(void)) {
    make_process(R_H, program, stack[2] + 1000, CR_NULL, R_KEEPER_H);
    check("recipient", facet_set(R_TO_H, OP_ENDPOINT_SET_RECIPIENT, 0, R_H), RC_OK);
    check("start", facet_set(R_H, OP_PROCESS_START, 0, CR_NULL), RC_OK);
}

static inline void prepare(void (*handler)(void)) {
    check("page", facet_alloc(CAP_PAGE, R_PAGE), RC_OK);
    check("map", facet_set(CR_SPACE, OP_GPT_SET, HOLE >> 44, R_PAGE), RC_OK);
    for (unsigned i = 0; i < 16; i++)
        PAGE_WORD(i) = 100 + i;
    make_entry(R_MINE, CR_SELF, 'A', R_KEEPER);
    check("entry", facet_get(R_MINE, OP_ENDPOINT_MAKE_ENTRY, 'H', 0, R_KEEPER_H), RC_OK);
    make_process(R_A, do_load, stack[0] + 1000, CR_NULL, R_KEEPER);
    check("entry", facet_get(R_MINE, OP_ENDPOINT_MAKE_ENTRY, 'B', 0, R_TEMP), RC_OK);
    make_process(R_B, do_load, stack[1] + 1000, CR_NULL, R_TEMP);
    check("endpoint", facet_alloc(CAP_ENDPOINT, R_TO_H), RC_OK);
    check("entry", facet_get(R_TO_H, OP_ENDPOINT_MAKE_ENTRY, 7, 0, R_ENTRY), RC_OK);
    make_handler(handler);
    swap();
}

#endif
