/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What all memory capabilities can (Page, CapPage, GPT; windows and HostFiles in part), and CapPage.
 */
#include "invoke.h"

#define MEMORY_OR_WINDOW (CAP_SET_MEMORY | CAP_SET(CAP_WINDOW) | CAP_SET(CAP_LOCAL_WINDOW))

static unsigned long decode_reduce(struct invocation *in) {
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

/* ---- A Page's bytes */

static unsigned long decode_page_read(struct invocation *in) {
    const struct facet_regs *to = &in->caller->regs;
    in->size = to->r15;
    if (in->size > PAGE_SIZE - in->word[0])
        return RC_BAD_ARG;
    unsigned long rc = string_result(copy_in_page((struct page *)in->cap->object, in->word[0], copy_buffer, in->size));
    return rc != RC_OK ? rc : string_result(copy_out(in->caller, to->r14, copy_buffer, in->size));
}

static void act_page_read(struct invocation *in) {
    in->caller->regs.r13 = in->size;
}

static unsigned long decode_page_write(struct invocation *in) {
    const struct facet_regs *from = &in->caller->regs;
    if (from->r13 > PAGE_SIZE - in->word[0])
        return RC_BAD_ARG;
    unsigned long rc = string_result(copy_in(in->caller, from->r12, copy_buffer, from->r13));
    if (rc != RC_OK)
        return rc;
    return string_result(copy_out_page((struct page *)in->cap->object, in->word[0], copy_buffer, from->r13));
}

static const struct operation rows[] = {
    {.op = OP_MEM_REDUCE,
     .name = "OP_MEM_REDUCE",
     .types = MEMORY_OR_WINDOW | CAP_SET(CAP_HOSTFILE),
     .word = {{"restrictions to add", 0, CAP_RESTRICTIONS}},
     .result = "c0 the weaker capability",
     .decode = decode_reduce,
     .act = act_receive},
    {.op = OP_MEM_GUARD,
     .name = "OP_MEM_GUARD",
     .types = MEMORY_OR_WINDOW,
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
    {.op = OP_PAGE_READ,
     .name = "OP_PAGE_READ",
     .types = CAP_SET(CAP_PAGE),
     .word = {{"offset; with the room at most 4096", 0, PAGE_SIZE}},
     .result = "string: as many bytes as there is room",
     .decode = decode_page_read,
     .act = act_page_read},
    {.op = OP_PAGE_WRITE,
     .name = "OP_PAGE_WRITE",
     .types = CAP_SET(CAP_PAGE),
     .forbidden = CAP_RO | CAP_WK,
     .word = {{"offset; with the string at most 4096", 0, PAGE_SIZE}},
     .decode = decode_page_write},
};
const struct operation_group memory_operations = OPERATION_GROUP(rows);

static struct cap *cappage_slot(const struct invocation *in) {
    struct cap *slot = page_data((struct page *)in->cap->object);
    return &slot[in->word[0]];
}

static void act_get(struct invocation *in) {
    struct cap *cap = cap_prepare(cappage_slot(in));
    invoke_receive(in, 0, cap_fetched(cap, in->cap->restr));
}

static void act_set(struct invocation *in) {
    *cappage_slot(in) = *invoke_sent(in, 0);
}

_Static_assert(CAPPAGE_SLOTS * sizeof(struct cap) == PAGE_SIZE, "a CapPage is one frame");
#define INDEX                                                                                                          \
    { "index", 0, CAPPAGE_SLOTS - 1 }
static const struct operation cappage_rows[] = {
    {.op = OP_CAPPAGE_GET,
     .name = "OP_CAPPAGE_GET",
     .types = CAP_SET(CAP_CAPPAGE),
     .forbidden = CAP_OP,
     .word = {INDEX},
     .result = "c0 its capability, weakened if this one is weak",
     .act = act_get},
    {.op = OP_CAPPAGE_SET,
     .name = "OP_CAPPAGE_SET",
     .types = CAP_SET(CAP_CAPPAGE),
     .forbidden = CAP_RO | CAP_WK | CAP_OP,
     .word = {INDEX},
     .sent = {{"what it holds from now on", CAP_SET_ANY}},
     .act = act_set},
};
const struct operation_group cappage_operations = OPERATION_GROUP(cappage_rows);
