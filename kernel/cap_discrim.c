/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Discrim: tells capabilities apart without invoking them, so that who receives one may look before trusting it.
 */
#include "invoke.h"

static enum discrim_class class_of(const struct cap *cap) {
    switch ((enum cap_type)cap->type) {
    case CAP_NULL:
        return DISCRIM_NULL;
    case CAP_PAGE:
    case CAP_CAPPAGE:
    case CAP_GPT:
        return DISCRIM_MEMORY;
    case CAP_ENTRY:
    case CAP_FORWARD:
    case CAP_RESUME:
        return DISCRIM_ENTRY;
    case CAP_WINDOW:
    case CAP_LOCAL_WINDOW:
        return DISCRIM_WINDOW;
    case CAP_SCHEDULE:
        return DISCRIM_SCHEDULE;
    default:
        return DISCRIM_OTHER;
    }
}

static void act_classify(struct invocation *in) {
    in->caller->regs.rdx = class_of(invoke_sent(in, 0));
}

/* An opaque capability does not tell which object it names. */
static unsigned long decode_compare(struct invocation *in) {
    return (invoke_sent(in, 0)->restr | invoke_sent(in, 1)->restr) & CAP_OP ? RC_NO_RIGHT : RC_OK;
}

static void act_compare(struct invocation *in) {
    const struct cap *a = invoke_sent(in, 0), *b = invoke_sent(in, 1);
    in->caller->regs.rdx = a->type != CAP_NULL && cap_same(a, b);
}

/* Weak and read-only memory can be read by whoever holds it, but no information leaves through it. */
static void act_verify(struct invocation *in) {
    const struct cap *cap = invoke_sent(in, 0);
    unsigned discreet = CAP_RO | CAP_WK | CAP_NC; /* a keeper would hear of faults */
    in->caller->regs.rdx = cap->type == CAP_NULL || (cap_is_memory(cap) && (cap->restr & discreet) == discreet);
}

#define DISCRIM CAP_SET(CAP_DISCRIM)
#define ANY                                                                                                            \
    { "capability", CAP_SET_ANY }
static const struct operation rows[] = {
    {.op = OP_DISCRIM_CLASSIFY,
     .name = "OP_DISCRIM_CLASSIFY",
     .types = DISCRIM,
     .sent = {ANY},
     .result = "w0 enum discrim_class",
     .act = act_classify},
    {.op = OP_DISCRIM_COMPARE,
     .name = "OP_DISCRIM_COMPARE",
     .types = DISCRIM,
     .sent = {ANY, ANY},
     .result = "w0 1: the same authority; or RC_NO_RIGHT if one is opaque",
     .decode = decode_compare,
     .act = act_compare},
    {.op = OP_DISCRIM_VERIFY,
     .name = "OP_DISCRIM_VERIFY",
     .types = DISCRIM,
     .sent = {ANY},
     .result = "w0 1: nothing can be changed or told through it",
     .act = act_verify},
};
const struct operation_group discrim_operations = OPERATION_GROUP(rows);
