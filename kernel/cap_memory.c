/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What all memory capabilities can: Page, CapPage, GPT.
 */
#include "invoke.h"

#define RESTRICTIONS (CAP_RO | CAP_NX | CAP_WK | CAP_OP | CAP_NC)

static unsigned long decode_reduce(struct invocation *in) {
    if (in->word[0] & ~(unsigned long)RESTRICTIONS)
        return RC_BAD_ARG;
    in->made = *in->cap;
    in->made.restr |= (unsigned char)in->word[0];
    return RC_OK;
}

static unsigned long decode_guard(struct invocation *in) {
    unsigned long match = in->word[0], l2g = in->word[1];
    if (l2g < PAGE_SHIFT || l2g > 64 || match & ~mask_low(64 - (unsigned)l2g))
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
    {OP_MEM_REDUCE, CAP_SET_MEMORY, 0, decode_reduce, act_receive},
    {OP_MEM_GUARD, CAP_SET_MEMORY, 0, decode_guard, act_receive},
    {OP_MEM_ID, CAP_SET_MEMORY, CAP_OP, NULL, act_id},
};
const unsigned memory_operation_count = LENGTH(memory_operations);
