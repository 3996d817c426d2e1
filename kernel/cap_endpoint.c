/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Endpoint: where messages go. Its recipient can change; entry capabilities stay.
 */
#include "invoke.h"

static unsigned long decode_recipient(struct invocation *in) {
    struct cap *process = invoke_sent(in, 0);
    return process->type == CAP_NULL || process->type == CAP_PROCESS ? RC_OK : RC_BAD_ARG;
}

static void act_recipient(struct invocation *in) {
    ((struct endpoint *)in->cap->object)->recipient = *invoke_sent(in, 0);
}

static void act_entry(struct invocation *in) {
    struct cap entry = cap_make(CAP_ENTRY, in->cap->object);
    entry.payload = in->word[0];
    invoke_receive(in, 0, entry);
}

const struct operation endpoint_operations[] = {
    {OP_ENDPOINT_SET_RECIPIENT, CAP_SET(CAP_ENDPOINT), 0, decode_recipient, act_recipient},
    {OP_ENDPOINT_MAKE_ENTRY, CAP_SET(CAP_ENDPOINT), 0, NULL, act_entry},
};
const unsigned endpoint_operation_count = LENGTH(endpoint_operations);
