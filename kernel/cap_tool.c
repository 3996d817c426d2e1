/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * ProcessTool: an implementer recognises its own capabilities. What a capability names is told only to who shows the
 * brand of the process that answers for it. No restriction of the capability hides that: so it can be handed out opaque
 * and still be known when it comes back.
 */
#include "forward.h"
#include "invoke.h"

/* What may be told of a capability, once the brand fits. */
struct identity {
    struct process *process; /* that answers for it, NULL: nobody does */
    struct cap stands_for;
    unsigned long payload;
    struct forwarder *sender; /* that a message would bring, NULL: none */
};

static struct identity identify_entry(struct cap *cap) {
    struct route route = forward_route(cap);
    if (!route.entry)
        return (struct identity){.process = NULL};
    return (struct identity){ipc_recipient(route.entry), cap_make(CAP_ENDPOINT, route.entry->object),
                             route.entry->payload, route.sender};
}

static struct identity identify(struct cap *cap) {
    struct identity found = {.process = NULL};
    if (cap->type == CAP_ENTRY || cap->type == CAP_FORWARD) {
        found = identify_entry(cap);
    } else if (cap->type == CAP_GPT) {
        found = identify_entry(&((struct gpt *)cap->object)->keeper);
        found.stands_for = cap_make(CAP_GPT, cap->object);
        found.sender = NULL;
    } else if (cap->type == CAP_PROCESS) {
        found.process = (struct process *)cap->object;
        found.stands_for = *cap;
    }
    return found;
}

/* Brands are compared, so an opaque one would tell what it names. */
static unsigned long decode(struct invocation *in) {
    return invoke_sent(in, 1)->restr & CAP_OP ? RC_NO_RIGHT : RC_OK;
}

static struct identity act(struct invocation *in) {
    struct cap *cap = invoke_sent(in, 0);
    const struct cap *brand = invoke_sent(in, 1);
    struct identity found = identify(cap);
    bool mine = found.process && brand->type != CAP_NULL && cap_same(cap_prepare(&found.process->brand), brand);
    if (!mine)
        found = (struct identity){.process = NULL, .stands_for = cap_null};
    struct facet_regs *regs = &in->caller->regs;
    regs->rdx = mine;
    regs->r10 = found.payload;
    regs->r8 = mine ? found.stands_for.object->id : 0;
    regs->r9 = mine ? cap->type | (unsigned long)cap->restr << 8 : 0;
    return found;
}

static void act_identify(struct invocation *in) {
    act(in);
}

static void act_amplify(struct invocation *in) {
    struct identity found = act(in);
    invoke_receive(in, 0, found.stands_for);
    invoke_receive(in, 1, found.sender ? cap_make(CAP_FORWARDER, found.sender) : cap_null);
}

#define ARGUMENTS                                                                                                      \
    { {"capability", CAP_SET_ANY}, {"brand, not opaque", CAP_SET_ANY}, }
static const struct operation rows[] = {
    {.op = OP_TOOL_IDENTIFY,
     .name = "OP_TOOL_IDENTIFY",
     .types = CAP_SET(CAP_PROCESS_TOOL),
     .sent = ARGUMENTS,
     .result = "w0 1: it is one of mine, w1 payload, w2 id, w3 type + 256 * restrictions",
     .decode = decode,
     .act = act_identify},
    {.op = OP_TOOL_AMPLIFY,
     .name = "OP_TOOL_AMPLIFY",
     .types = CAP_SET(CAP_PROCESS_TOOL),
     .sent = ARGUMENTS,
     .result = "the same; c0 the Endpoint, GPT or Process, c1 the Forwarder that a message would bring",
     .decode = decode,
     .act = act_amplify},
};
const struct operation_group tool_operations = OPERATION_GROUP(rows);
