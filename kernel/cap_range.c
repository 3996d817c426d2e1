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
    in->caller->regs.rdx = object_number(cap.object);
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

static void act_identify(struct invocation *in) {
    const struct object *object = invoke_sent(in, 0)->object;
    in->caller->regs.rdx = object->type;
    in->caller->regs.r10 = object_number(object);
}

static unsigned long decode_object(struct invocation *in) {
    return object_numbered((enum cap_type)in->word[0], in->word[1]) ? RC_OK : RC_BAD_ARG;
}

static unsigned long decode_storage(struct invocation *in) {
    return CAP_SET(in->word[0]) & CAP_SET_OBJECTS ? RC_OK : RC_BAD_ARG;
}

static void act_object(struct invocation *in) {
    struct object *object = object_numbered((enum cap_type)in->word[0], in->word[1]);
    in->caller->regs.rdx = object->type;
    invoke_receive(in, 0, cap_make(object->type, object));
}

static void act_storage(struct invocation *in) {
    struct facet_regs *regs = &in->caller->regs;
    object_count((enum cap_type)in->word[0], &regs->rdx, &regs->r10);
}

static const struct operation rows[] = {
    {.op = OP_RANGE_ALLOC,
     .name = "OP_RANGE_ALLOC",
     .types = CAP_SET(CAP_RANGE),
     .word = {{"type of a storage object", CAP_PAGE, CAP_FORWARDER},
              {"restrictions, of memory only", 0, CAP_RESTRICTIONS}},
     .result = "c0 a fresh object, zeroed, w0 its number; or RC_NO_MEMORY",
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
    {.op = OP_RANGE_IDENTIFY,
     .name = "OP_RANGE_IDENTIFY",
     .types = CAP_SET(CAP_RANGE),
     .sent = {{"an object", CAP_SET_OBJECTS}},
     .result = "w0 its type, w1 its number",
     .act = act_identify},
    {.op = OP_RANGE_OBJECT,
     .name = "OP_RANGE_OBJECT",
     .types = CAP_SET(CAP_RANGE),
     .word = {{"type of a storage object", CAP_PAGE, CAP_FORWARDER}, {"number of a live one", 0, ~0ul}},
     .result = "c0 that object, no guard, no restriction, w0 its type",
     .decode = decode_object,
     .act = act_object},
    {.op = OP_RANGE_STORAGE,
     .name = "OP_RANGE_STORAGE",
     .types = CAP_SET(CAP_RANGE),
     .word = {{"type of a storage object", CAP_PAGE, CAP_FORWARDER}},
     .result = "w0 how many more there are, w1 how many there may be",
     .decode = decode_storage,
     .act = act_storage},
};
const struct operation_group range_operations = OPERATION_GROUP(rows);
