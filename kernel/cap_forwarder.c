/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Forwarder: authority over a forwarder. What is sent through it: ipc.c.
 */
#include "invoke.h"

static struct forwarder *forwarder_of(const struct invocation *in) {
    return (struct forwarder *)in->cap->object;
}

static void act_set_target(struct invocation *in) {
    forwarder_of(in)->target = *invoke_sent(in, 0);
    ipc_forwarder_changed(forwarder_of(in));
}

static void act_get_target(struct invocation *in) {
    invoke_receive(in, 0, *cap_prepare(&forwarder_of(in)->target));
}

static void act_set_slot(struct invocation *in) {
    forwarder_of(in)->slot[in->word[0]] = *invoke_sent(in, 0);
}

static void act_get_slot(struct invocation *in) {
    invoke_receive(in, 0, *cap_prepare(&forwarder_of(in)->slot[in->word[0]]));
}

static void act_set_word(struct invocation *in) {
    forwarder_of(in)->word = in->word[0];
}

static void act_get_word(struct invocation *in) {
    in->caller->regs.rdx = forwarder_of(in)->word;
}

static void act_block(struct invocation *in) {
    forwarder_of(in)->blocked = in->word[0] != 0;
    ipc_forwarder_changed(forwarder_of(in));
}

static void act_make_forward(struct invocation *in) {
    struct cap forward = cap_make(CAP_FORWARD, in->cap->object);
    forward.slot = (unsigned char)in->word[0];
    invoke_receive(in, 0, forward);
}

#define FORWARDER CAP_SET(CAP_FORWARDER)
#define SLOT                                                                                                           \
    { "slot", 0, FORWARDER_SLOTS - 1 }
static const struct operation rows[] = {
    {.op = OP_FORWARDER_SET_TARGET,
     .name = "OP_FORWARDER_SET_TARGET",
     .types = FORWARDER,
     .sent = {{"target", CAP_SET(CAP_NULL) | CAP_SET_ENTRY}},
     .act = act_set_target},
    {.op = OP_FORWARDER_GET_TARGET,
     .name = "OP_FORWARDER_GET_TARGET",
     .types = FORWARDER,
     .result = "c0 its target",
     .act = act_get_target},
    {.op = OP_FORWARDER_SET_SLOT,
     .name = "OP_FORWARDER_SET_SLOT",
     .types = FORWARDER,
     .word = {SLOT},
     .sent = {{"what the slot holds from now on", CAP_SET_ANY}},
     .act = act_set_slot},
    {.op = OP_FORWARDER_GET_SLOT,
     .name = "OP_FORWARDER_GET_SLOT",
     .types = FORWARDER,
     .word = {SLOT},
     .result = "c0 the slot's capability",
     .act = act_get_slot},
    {.op = OP_FORWARDER_SET_WORD,
     .name = "OP_FORWARDER_SET_WORD",
     .types = FORWARDER,
     .word = {{"word", 0, ~0ul}},
     .act = act_set_word},
    {.op = OP_FORWARDER_GET_WORD,
     .name = "OP_FORWARDER_GET_WORD",
     .types = FORWARDER,
     .result = "w0 its word",
     .act = act_get_word},
    {.op = OP_FORWARDER_BLOCK,
     .name = "OP_FORWARDER_BLOCK",
     .types = FORWARDER,
     .word = {{"1: senders wait, 0: they go on", 0, 1}},
     .act = act_block},
    {.op = OP_FORWARDER_MAKE_FORWARD,
     .name = "OP_FORWARDER_MAKE_FORWARD",
     .types = FORWARDER,
     .word = {{"enum forward_flag", 0, FORWARD_SEND_CAP | FORWARD_SEND_WORD}},
     .result = "c0 Forward: sends through it",
     .act = act_make_forward},
};
const struct operation_group forwarder_operations = OPERATION_GROUP(rows);
