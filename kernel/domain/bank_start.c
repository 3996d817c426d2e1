/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * init's side of the bank: starts it, and draws each program from a bank of its own. INIT_RANGE holds what init draws
 * from at the moment; what else it needs of this lies in R_KEPT.
 */
#include "bank.h"
#include "init.h"

static unsigned char stack[4096] __attribute__((aligned(16)));

static void set(unsigned cap, unsigned long op, unsigned long word, unsigned from) {
    struct facet_message m = {.word = {word}, .send = {(unsigned char)from}};
    init_call(cap, op, &m);
}

static void get(unsigned cap, unsigned long op, unsigned long word, unsigned to) {
    struct facet_message m = {.word = {word}, .recv = {(unsigned char)to}};
    init_call(cap, op, &m);
}

/* The GPT in which the bank keeps its books: B_MEMORY. */
static void memory_make(void) {
    init_alloc(CAP_GPT, R_GUARDED);
    set(R_GUARDED, OP_GPT_SET_L2V, BANK_MEMORY_BITS - 4, CR_NULL);
    init_give(B_MEMORY, R_GUARDED);
    struct facet_message guard = {.word = {0, BANK_MEMORY_BITS}, .recv = {R_GUARDED}};
    init_call(R_GUARDED, OP_MEM_GUARD, &guard);
    set(INIT_SPACE, OP_GPT_SET, BANK_MEMORY >> INIT_SLOT_BITS, R_GUARDED);
}

static void endpoint_make(void) {
    init_alloc(CAP_ENDPOINT, R_GUARDED);
    set(R_GUARDED, OP_ENDPOINT_SET_RECIPIENT, 0, R_PROCESS);
    set(R_PROCESS, OP_PROCESS_SET_BRAND, 0, R_GUARDED);
    init_give(B_ENDPOINT, R_GUARDED);
    get(R_GUARDED, OP_ENDPOINT_MAKE_ENTRY, BANK_ROOT, R_GUARDED);
}

void bank_start(int keep_range) {
    struct facet_regs regs = {.rip = (unsigned long)bank_main, .rsp = (unsigned long)(stack + sizeof stack) - 8};
    init_alloc(CAP_CAPPAGE, R_KEPT);
    init_alloc(CAP_PROCESS, R_PROCESS);
    get(INIT_SPACE, OP_MEM_REDUCE, 0, R_TOP);
    init_process(&regs, FROM_BANK);
    set(R_PROCESS, OP_PROCESS_SET_SCHEDULE, 0, INIT_SCHEDULE);
    init_give(B_RANGE, INIT_RANGE);
    init_give(B_TOOL, INIT_PROCESS_TOOL);
    memory_make();
    endpoint_make();
    if (keep_range)
        set(R_KEPT, OP_CAPPAGE_SET, KEPT_RANGE, INIT_RANGE);
    set(R_KEPT, OP_CAPPAGE_SET, KEPT_ROOT, R_GUARDED);
    init_start();
}

void bank_draw_from(unsigned kept) {
    get(R_KEPT, OP_CAPPAGE_GET, kept, INIT_RANGE);
}

void bank_make(unsigned kept, unsigned long pages) {
    struct facet_message m = {.word = {pages, ~0ul, ~0ul, ~0ul}, .recv = {INIT_RANGE}};
    bank_draw_from(KEPT_ROOT);
    init_call(INIT_RANGE, OP_BANK_MAKE, &m);
    set(R_KEPT, OP_CAPPAGE_SET, kept, INIT_RANGE);
}

void bank_destroy(unsigned kept) {
    struct facet_message m = {0};
    bank_draw_from(kept);
    init_call(INIT_RANGE, OP_BANK_DESTROY, &m);
}
