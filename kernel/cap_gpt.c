/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GPT: an address-space node. Every change removes the page-table entries that were made from what changes.
 */
#include "invoke.h"
#include "table.h"

#define L2V_MAX 60
#define CHANGE (CAP_RO | CAP_WK | CAP_OP) /* none of which a capability that changes a GPT may have */

static struct gpt *gpt_of(const struct invocation *in) {
    return (struct gpt *)in->cap->object;
}

static unsigned long decode_slot(struct invocation *in) {
    return in->word[0] < GPT_SLOTS ? RC_OK : RC_BAD_ARG;
}

static void act_get(struct invocation *in) {
    struct cap *cap = cap_prepare(&gpt_of(in)->slot[in->word[0]]);
    invoke_receive(in, 0, in->cap->restr & CAP_WK ? cap_weaken(cap) : *cap);
}

static void act_set(struct invocation *in) {
    struct gpt *gpt = gpt_of(in);
    unsigned slot = (unsigned)in->word[0];
    depend_invalidate_slot(&gpt->header, slot);
    gpt->slot[slot] = *invoke_sent(in, 0);
}

static unsigned long decode_l2v(struct invocation *in) {
    return in->word[0] >= PAGE_SHIFT && in->word[0] <= L2V_MAX ? RC_OK : RC_BAD_ARG;
}

static void act_set_l2v(struct invocation *in) {
    struct gpt *gpt = gpt_of(in);
    depend_invalidate(&gpt->header);
    table_free_products(&gpt->header);
    gpt->l2v = (unsigned char)in->word[0];
}

static unsigned long decode_keeper(struct invocation *in) {
    struct cap *keeper = invoke_sent(in, 0);
    return keeper->type == CAP_NULL || keeper->type == CAP_ENTRY ? RC_OK : RC_BAD_ARG;
}

static void act_set_keeper(struct invocation *in) {
    gpt_of(in)->keeper = *invoke_sent(in, 0);
}

static unsigned long decode_background(struct invocation *in) {
    struct cap *cap = invoke_sent(in, 0);
    return cap->type == CAP_NULL || cap_is_memory(cap) ? RC_OK : RC_BAD_ARG;
}

/* Another background changes what its windows lead to. Having one or not also changes where those of a background further out
 * lead: then everything that was made by way of this GPT goes, and what was made on the assumption that it has one. */
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
    if (in->word[0] >= GPT_SLOTS || restr & ~(unsigned long)CAP_RESTRICTIONS || !cap_guard_valid(0, l2g) ||
        offset & mask_low((unsigned)l2g))
        return RC_BAD_ARG;
    in->made = (struct cap){.type = CAP_WINDOW, .l2g = (unsigned char)l2g, .restr = (unsigned char)restr, .payload = offset};
    return RC_OK;
}

static unsigned long decode_local_window(struct invocation *in) {
    unsigned long rc = decode_window(in);
    if (in->word[3] >= GPT_SLOTS)
        return RC_BAD_ARG;
    in->made.type = CAP_LOCAL_WINDOW;
    in->made.slot = (unsigned char)in->word[3];
    return rc;
}

static void act_set_made(struct invocation *in) {
    depend_invalidate_slot(in->cap->object, (unsigned)in->word[0]);
    gpt_of(in)->slot[in->word[0]] = in->made;
}

const struct operation gpt_operations[] = {
    {OP_GPT_GET, CAP_SET(CAP_GPT), CAP_OP, decode_slot, act_get},
    {OP_GPT_SET, CAP_SET(CAP_GPT), CHANGE, decode_slot, act_set},
    {OP_GPT_SET_L2V, CAP_SET(CAP_GPT), CHANGE, decode_l2v, act_set_l2v},
    {OP_GPT_SET_KEEPER, CAP_SET(CAP_GPT), CHANGE, decode_keeper, act_set_keeper},
    {OP_GPT_SET_BACKGROUND, CAP_SET(CAP_GPT), CHANGE, decode_background, act_set_background},
    {OP_GPT_SET_WINDOW, CAP_SET(CAP_GPT), CHANGE, decode_window, act_set_made},
    {OP_GPT_SET_LOCAL_WINDOW, CAP_SET(CAP_GPT), CHANGE, decode_local_window, act_set_made},
};
const unsigned gpt_operation_count = LENGTH(gpt_operations);
