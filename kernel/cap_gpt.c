/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GPT: an address-space node. Every change removes the page-table entries that were made from what changes.
 */
#include "front.h"
#include "invoke.h"
#include "table.h"

#define L2V_MAX 60
#define CHANGE (CAP_RO | CAP_WK | CAP_OP) /* none of which a capability that changes a GPT may have */

static struct gpt *gpt_of(const struct invocation *in) {
    return (struct gpt *)in->cap->object;
}

static void act_get(struct invocation *in) {
    struct cap *cap = cap_prepare(&gpt_of(in)->slot[in->word[0]]);
    invoke_receive(in, 0, cap_fetched(cap, in->cap->restr));
}

static void act_set(struct invocation *in) {
    struct gpt *gpt = gpt_of(in);
    unsigned slot = (unsigned)in->word[0];
    depend_invalidate_slot(&gpt->header, slot);
    gpt->slot[slot] = *invoke_sent(in, 0);
}

static void act_set_l2v(struct invocation *in) {
    struct gpt *gpt = gpt_of(in);
    depend_invalidate(&gpt->header);
    table_free_products(&gpt->header);
    front_parts_lose(gpt, in->word[0] < L2V_MAX ? GPT_SLOTS * 1ul << in->word[0] : ~0ul);
    gpt->l2v = (unsigned char)in->word[0];
}

static void act_set_keeper(struct invocation *in) {
    gpt_of(in)->keeper = *invoke_sent(in, 0);
}

/* Another background changes what its windows lead to. Having one or not also changes where those of a background
 * further out lead: then everything that was made by way of this GPT goes, and what was made on the assumption that it
 * has one. */
static void act_set_background(struct invocation *in) {
    struct gpt *gpt = gpt_of(in);
    struct cap *cap = invoke_sent(in, 0);
    bool has = cap->type != CAP_NULL;
    if (has == gpt->has_background) {
        depend_invalidate_slot(&gpt->header, WALK_BACKGROUND);
    } else {
        depend_invalidate(&gpt->header);
        table_free_products(&gpt->header);
        table_free_backgrounds(gpt);
    }
    gpt->has_background = has;
    gpt->background = *cap;
}

static unsigned long decode_window(struct invocation *in) {
    unsigned long offset = in->word[1], l2g = in->word[2] & 0xff, restr = in->word[2] >> 8;
    if (!cap_guard_valid(0, l2g) || offset & mask_low((unsigned)l2g))
        return RC_BAD_ARG;
    in->made =
        (struct cap){.type = CAP_WINDOW, .l2g = (unsigned char)l2g, .restr = (unsigned char)restr, .payload = offset};
    return RC_OK;
}

static unsigned long decode_local_window(struct invocation *in) {
    unsigned long rc = decode_window(in);
    in->made.type = CAP_LOCAL_WINDOW;
    in->made.slot = (unsigned char)in->word[3];
    return rc;
}

static void act_set_made(struct invocation *in) {
    depend_invalidate_slot(in->cap->object, (unsigned)in->word[0]);
    gpt_of(in)->slot[in->word[0]] = in->made;
}

#define SLOT                                                                                                           \
    { "slot", 0, GPT_SLOTS - 1 }
#define WINDOW                                                                                                         \
    {"offset, low l2g bits 0", 0, ~0ul}, {                                                                             \
        "l2g + 256 * restrictions", PAGE_SHIFT, CAP_RESTRICTIONS << 8 | 64                                             \
    }
static const struct operation rows[] = {
    {.op = OP_GPT_GET,
     .name = "OP_GPT_GET",
     .types = CAP_SET(CAP_GPT),
     .forbidden = CAP_OP,
     .word = {SLOT},
     .result = "c0 the slot's capability, weakened if this one is weak",
     .act = act_get},
    {.op = OP_GPT_SET,
     .name = "OP_GPT_SET",
     .types = CAP_SET(CAP_GPT),
     .forbidden = CHANGE,
     .word = {SLOT},
     .sent = {{"what the slot holds from now on", CAP_SET_ANY}},
     .act = act_set},
    {.op = OP_GPT_SET_L2V,
     .name = "OP_GPT_SET_L2V",
     .types = CAP_SET(CAP_GPT),
     .forbidden = CHANGE,
     .word = {{"l2v", PAGE_SHIFT, L2V_MAX}},
     .act = act_set_l2v},
    {.op = OP_GPT_SET_KEEPER,
     .name = "OP_GPT_SET_KEEPER",
     .types = CAP_SET(CAP_GPT),
     .forbidden = CHANGE,
     .sent = {{"keeper", CAP_SET(CAP_NULL) | CAP_SET_ENTRY}},
     .act = act_set_keeper},
    {.op = OP_GPT_SET_BACKGROUND,
     .name = "OP_GPT_SET_BACKGROUND",
     .types = CAP_SET(CAP_GPT),
     .forbidden = CHANGE,
     .sent = {{"background space", CAP_SET(CAP_NULL) | CAP_SET_MEMORY}},
     .act = act_set_background},
    {.op = OP_GPT_SET_WINDOW,
     .name = "OP_GPT_SET_WINDOW",
     .types = CAP_SET(CAP_GPT),
     .forbidden = CHANGE,
     .word = {SLOT, WINDOW},
     .decode = decode_window,
     .act = act_set_made},
    {.op = OP_GPT_SET_LOCAL_WINDOW,
     .name = "OP_GPT_SET_LOCAL_WINDOW",
     .types = CAP_SET(CAP_GPT),
     .forbidden = CHANGE,
     .word = {SLOT, WINDOW, {"slot it leads to", 0, GPT_SLOTS - 1}},
     .decode = decode_local_window,
     .act = act_set_made},
};
const struct operation_group gpt_operations = OPERATION_GROUP(rows);
