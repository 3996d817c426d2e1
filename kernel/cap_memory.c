/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What all memory capabilities can (Page, CapPage, GPT; windows in part), and CapPage.
 */
#include "invoke.h"

#define MEMORY_OR_WINDOW (CAP_SET_MEMORY | CAP_SET(CAP_WINDOW) | CAP_SET(CAP_LOCAL_WINDOW))

static unsigned long decode_reduce(struct invocation *in) {
    if (in->word[0] & ~(unsigned long)CAP_RESTRICTIONS)
        return RC_BAD_ARG;
    in->made = *in->cap;
    in->made.restr |= (unsigned char)in->word[0];
    return RC_OK;
}

static unsigned long decode_guard(struct invocation *in) {
    unsigned long match = in->word[0], l2g = in->word[1];
    if (!cap_guard_valid(match, l2g) || (cap_is_window(in->cap) && in->cap->payload & mask_low((unsigned)l2g)))
        return RC_BAD_ARG;
    in->made = *in->cap;
    in->made.l2g = (unsigned char)l2g;
    in->made.match = match;
    return RC_OK;
}

static void act_receive(struct invocation *in) {
    invoke_receive(in, 0, in->made);
}

static void act_id(struct invocation *in) {
    in->caller->regs.rdx = in->cap->object->id;
}

const struct operation memory_operations[] = {
    {OP_MEM_REDUCE, MEMORY_OR_WINDOW, 0, decode_reduce, act_receive},
    {OP_MEM_GUARD, MEMORY_OR_WINDOW, 0, decode_guard, act_receive},
    {OP_MEM_ID, CAP_SET_MEMORY, CAP_OP, NULL, act_id},
};
const unsigned memory_operation_count = LENGTH(memory_operations);

static struct cap *cappage_slot(const struct invocation *in) {
    struct cap *slot = page_data((struct page *)in->cap->object);
    return &slot[in->word[0]];
}

static unsigned long decode_slot(struct invocation *in) {
    return in->word[0] < CAPPAGE_SLOTS ? RC_OK : RC_BAD_ARG;
}

static void act_get(struct invocation *in) {
    struct cap *cap = cap_prepare(cappage_slot(in));
    invoke_receive(in, 0, in->cap->restr & CAP_WK ? cap_weaken(cap) : *cap);
}

static void act_set(struct invocation *in) {
    *cappage_slot(in) = *invoke_sent(in, 0);
}

_Static_assert(CAPPAGE_SLOTS * sizeof(struct cap) == PAGE_SIZE, "a CapPage is one frame");
const struct operation cappage_operations[] = {
    {OP_CAPPAGE_GET, CAP_SET(CAP_CAPPAGE), CAP_OP, decode_slot, act_get},
    {OP_CAPPAGE_SET, CAP_SET(CAP_CAPPAGE), CAP_RO | CAP_WK | CAP_OP, decode_slot, act_set},
};
const unsigned cappage_operation_count = LENGTH(cappage_operations);
