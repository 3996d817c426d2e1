/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Endpoint: where messages go. Its recipient can change; entry capabilities stay.
 */
#include "invoke.h"

static void act_recipient(struct invocation *in) {
    struct endpoint *endpoint = (struct endpoint *)in->cap->object;
    endpoint->recipient = *invoke_sent(in, 0);
    ipc_endpoint_changed(endpoint);
}

static void act_match(struct invocation *in) {
    struct endpoint *endpoint = (struct endpoint *)in->cap->object;
    endpoint->matching = in->word[0] != 0;
    endpoint->match = in->word[1];
    ipc_endpoint_changed(endpoint);
}

static void act_entry(struct invocation *in) {
    struct cap entry = cap_make(CAP_ENTRY, in->cap->object);
    entry.payload = in->word[0];
    invoke_receive(in, 0, entry);
}

static const struct operation rows[] = {
    {.op = OP_ENDPOINT_SET_RECIPIENT,
     .name = "OP_ENDPOINT_SET_RECIPIENT",
     .types = CAP_SET(CAP_ENDPOINT),
     .sent = {{"who receives", CAP_SET(CAP_NULL) | CAP_SET(CAP_PROCESS)}},
     .act = act_recipient},
    {.op = OP_ENDPOINT_MAKE_ENTRY,
     .name = "OP_ENDPOINT_MAKE_ENTRY",
     .types = CAP_SET(CAP_ENDPOINT),
     .word = {{"payload", 0, ~0ul}},
     .result = "c0 entry capability",
     .act = act_entry},
    {.op = OP_ENDPOINT_SET_MATCH,
     .name = "OP_ENDPOINT_SET_MATCH",
     .types = CAP_SET(CAP_ENDPOINT),
     .word = {{"1: entries with another payload are void, 0: none is", 0, 1}, {"payload", 0, ~0ul}},
     .act = act_match},
};
const struct operation_group endpoint_operations = OPERATION_GROUP(rows);
