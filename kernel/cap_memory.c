/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What all memory capabilities can: Page, CapPage, GPT.
 */
#include "invoke.h"

static unsigned long decode_reduce(struct invocation *in) {
    in->made = *in->cap;
    in->made.restr |= (unsigned char)in->word[0];
    return RC_OK;
}

static unsigned long decode_guard(struct invocation *in) {
    unsigned long match = in->word[0], l2g = in->word[1];
    if (match & ~mask_low(64 - (unsigned)l2g))
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

static const struct operation rows[] = {
    {.op = OP_MEM_REDUCE,
     .name = "OP_MEM_REDUCE",
     .types = CAP_SET_MEMORY,
     .word = {{"restrictions to add", 0, CAP_RESTRICTIONS}},
     .result = "c0 the weaker capability",
     .decode = decode_reduce,
     .act = act_receive},
    {.op = OP_MEM_GUARD,
     .name = "OP_MEM_GUARD",
     .types = CAP_SET_MEMORY,
     .word = {{"match, below 2^(64 - l2g)", 0, ~0ul}, {"l2g", PAGE_SHIFT, 64}},
     .result = "c0 the same object behind that guard",
     .decode = decode_guard,
     .act = act_receive},
    {.op = OP_MEM_ID,
     .name = "OP_MEM_ID",
     .types = CAP_SET_MEMORY,
     .forbidden = CAP_OP,
     .result = "w0 object id",
     .act = act_id},
};
const struct operation_group memory_operations = OPERATION_GROUP(rows);
