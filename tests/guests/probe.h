/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A second process in this program's space that loads from or stores to addresses, and what comes of it.
 */
#ifndef TESTS_GUESTS_PROBE_H
#define TESTS_GUESTS_PROBE_H

#include "check.h"

#define REACHED 0x5afe

static unsigned long probe_stack[512];
static volatile unsigned long probe_wanted, probe_loaded, probe_store;

static void probe_run(void) {
    if (probe_store)
        *(volatile unsigned long *)probe_wanted = probe_store;
    probe_loaded = *(volatile unsigned long *)probe_wanted;
    for (;;)
        __asm__ volatile("ud2");
}

/* Makes it in register `process`; its keeper is the entry capability in register `keeper`, to this process. */
static inline void probe_make(unsigned process, unsigned keeper) {
    make_process(process, probe_run, probe_stack + 512, CR_NULL, keeper);
}

/* The fault that its load from `address` ends with, or REACHED; then probe_loaded has the value. */
static inline unsigned long probe_reach(unsigned process, unsigned long address) {
    struct facet_regs regs = {.rip = (unsigned long)probe_run, .rsp = (unsigned long)(probe_stack + 512) - 8};
    struct facet_message m = {.string = &regs, .string_size = sizeof regs};
    regs.rflags = 0x202;
    probe_wanted = address;
    check("set registers", facet_call(process, OP_PROCESS_SET_REGS, &m), RC_OK);
    check("start", facet_set(process, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    m = (struct facet_message){0};
    check("label", facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m), OP_FAULT);
    return m.word[0] == FAULT_EXCEPTION ? REACHED : m.word[0];
}

/* The same for a store, then a load, of `value`. */
static inline unsigned long probe_write(unsigned process, unsigned long address, unsigned long value) {
    probe_store = value;
    unsigned long outcome = probe_reach(process, address);
    probe_store = 0;
    return outcome;
}

#endif
