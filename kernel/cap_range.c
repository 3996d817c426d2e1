/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Range: all storage of the machine.
 */
#include "invoke.h"

#define OBJECTS (CAP_SET_MEMORY | CAP_SET(CAP_PROCESS) | CAP_SET(CAP_ENDPOINT))

static unsigned long decode_alloc(struct invocation *in) {
    unsigned long type = in->word[0], restr = in->word[1];
    if (type >= CAP_TYPES || !(CAP_SET(type) & OBJECTS) || restr & ~(unsigned long)CAP_RESTRICTIONS ||
        (restr && !(CAP_SET(type) & CAP_SET_MEMORY)))
        return RC_BAD_ARG;
    return object_available((enum cap_type)type) ? RC_OK : RC_NO_MEMORY;
}

static void act_alloc(struct invocation *in) {
    enum cap_type type = (enum cap_type)in->word[0];
    struct cap cap = cap_make(type, object_alloc(type));
    cap.restr = (unsigned char)in->word[1];
    invoke_receive(in, 0, cap);
}

static unsigned long decode_rescind(struct invocation *in) {
    return CAP_SET(invoke_sent(in, 0)->type) & OBJECTS ? RC_OK : RC_BAD_ARG;
}

static void act_rescind(struct invocation *in) {
    object_rescind(invoke_sent(in, 0)->object);
}

const struct operation range_operations[] = {
    {OP_RANGE_ALLOC, CAP_SET(CAP_RANGE), 0, decode_alloc, act_alloc},
    {OP_RANGE_RESCIND, CAP_SET(CAP_RANGE), 0, decode_rescind, act_rescind},
};
const unsigned range_operation_count = LENGTH(range_operations);
