/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Debug: questions about spaces, and news for the host.
 *
 * TRAVERSE and WALK put the same question to the definition of an access and to the page tables made from it. A memory
 * capability becomes the space of a process that exists only for that.
 */
#include "debug.h"
#include "front.h"
#include "invoke.h"
#include "table.h"

static struct process prober = {.header = {.type = CAP_PROCESS}};

/* The process whose space is asked about. NULL: the capability sent is neither memory nor process. */
static struct process *asked(struct invocation *in) {
    struct cap *cap = invoke_sent(in, 0);
    if (cap->type == CAP_PROCESS)
        return (struct process *)cap->object;
    if (!cap_is_memory(cap))
        return NULL;
    prober.space = *cap;
    return &prober;
}

static unsigned long decode_question(struct invocation *in) {
    struct cap *cap = invoke_sent(in, 0);
    return in->word[1] <= ACCESS_FETCH && (cap->type == CAP_PROCESS || cap_is_memory(cap)) ? RC_OK : RC_BAD_ARG;
}

static void answer(struct invocation *in, unsigned long target, unsigned long fault, unsigned long restr,
                   unsigned long steps) {
    struct facet_regs *regs = &in->caller->regs;
    regs->rdx = target;
    regs->r10 = fault;
    regs->r8 = restr;
    regs->r9 = steps;
}

static void act_traverse(struct invocation *in) {
    struct walk walk;
    enum fault fault = walk_process(&walk, asked(in), in->word[0], (enum access)in->word[1], NULL);
    const struct page *page = walk.object && walk.object->type == CAP_PAGE ? (struct page *)walk.object : NULL;
    answer(in, !page ? 0 : page->front >= 0 ? front_address(page->front) : page->frame, fault, walk.restr, walk.depth);
}

static bool entry_allows(unsigned long entry, enum access access) {
    return entry & PTE_P && (access != ACCESS_STORE || entry & PTE_W) && (access != ACCESS_FETCH || !(entry & PTE_NX));
}

static void act_walk(struct invocation *in) {
    struct process *process = asked(in);
    unsigned long address = in->word[0], fault = FAULT_NONE, entry = 0;
    enum access access = (enum access)in->word[1];
    if (process->cr3 && address < GUEST_ADDRESS_MAX)
        entry = table_lookup(process->cr3, address);
    if (!entry_allows(entry, access)) { /* a page fault */
        struct walk walk;
        fault = map_fault(process, address, access, &walk);
        entry = fault == FAULT_NONE ? table_lookup(process->cr3, address) : 0;
    }
    answer(in, entry & PTE_ADDRESS, fault, (entry & PTE_W ? 0 : CAP_RO) | (entry & PTE_NX ? CAP_NX : 0), 0);
    if (process == &prober)
        map_forget_space(process);
}

static unsigned long decode_process(struct invocation *in) {
    return invoke_sent(in, 0)->type == CAP_PROCESS ? RC_OK : RC_BAD_ARG;
}

static unsigned long decode_faulted(struct invocation *in) {
    struct cap *cap = invoke_sent(in, 0);
    bool faulted = cap->type == CAP_PROCESS && ((struct process *)cap->object)->state == PROCESS_FAULTED;
    return faulted && in->word[0] > 0 && in->word[0] < 64 ? RC_OK : RC_BAD_ARG;
}

static void act_started(struct invocation *in) {
    debug_started((struct process *)invoke_sent(in, 0)->object);
}

static void act_faulted(struct invocation *in) {
    debug_faulted((struct process *)invoke_sent(in, 0)->object, (unsigned)in->word[0]);
}

const struct operation debug_operations[] = {
    {OP_DEBUG_TRAVERSE, CAP_SET(CAP_DEBUG), 0, decode_question, act_traverse},
    {OP_DEBUG_WALK, CAP_SET(CAP_DEBUG), 0, decode_question, act_walk},
    {OP_DEBUG_STARTED, CAP_SET(CAP_DEBUG), 0, decode_process, act_started},
    {OP_DEBUG_FAULTED, CAP_SET(CAP_DEBUG), 0, decode_faulted, act_faulted},
};
const unsigned debug_operation_count = LENGTH(debug_operations);
