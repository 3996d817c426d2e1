/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Range: all storage of the machine.
 */
#include "invoke.h"

static unsigned long decode_alloc(struct invocation *in) {
    unsigned long type = in->word[0], restr = in->word[1];
    if (!(CAP_SET(type) & (restr ? CAP_SET_MEMORY : CAP_SET_OBJECTS)))
        return RC_BAD_ARG;
    return object_available((enum cap_type)type) ? RC_OK : RC_NO_MEMORY;
}

static void act_alloc(struct invocation *in) {
    enum cap_type type = (enum cap_type)in->word[0];
    struct cap cap = cap_make(type, object_alloc(type));
    cap.restr = (unsigned char)in->word[1];
    invoke_receive(in, 0, cap);
}

static void act_rescind(struct invocation *in) {
    object_rescind(invoke_sent(in, 0)->object);
}

/* Who could rescind the object and take a fresh one gains nothing by it but its contents. */
static void act_renew(struct invocation *in) {
    const struct cap *cap = invoke_sent(in, 0);
    invoke_receive(in, 0, cap_make(cap->type, cap->object));
}

static const struct operation rows[] = {
    {.op = OP_RANGE_ALLOC,
     .name = "OP_RANGE_ALLOC",
     .types = CAP_SET(CAP_RANGE),
     .word = {{"type of a storage object", CAP_PAGE, CAP_FORWARDER},
              {"restrictions, of memory only", 0, CAP_RESTRICTIONS}},
     .result = "c0 a fresh object, zeroed; or RC_NO_MEMORY",
     .decode = decode_alloc,
     .act = act_alloc},
    {.op = OP_RANGE_RESCIND,
     .name = "OP_RANGE_RESCIND",
     .types = CAP_SET(CAP_RANGE),
     .sent = {{"the object to end", CAP_SET_OBJECTS}},
     .act = act_rescind},
    {.op = OP_RANGE_RENEW,
     .name = "OP_RANGE_RENEW",
     .types = CAP_SET(CAP_RANGE),
     .sent = {{"memory", CAP_SET_MEMORY}},
     .result = "c0 the same object, no guard, no restriction",
     .act = act_renew},
};
const struct operation_group range_operations = OPERATION_GROUP(rows);
