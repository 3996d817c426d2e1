/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The model of forwarders and brands, after kernel/README.md (Forwarders, Brands) and abi.h (OP_FORWARDER_…,
 * OP_TOOL_…).
 */
#include "model.h"

struct m_way m_way(const struct m_world *world, struct m_cap cap) {
    struct m_way way = {.blocked = M_NONE, .end = M_NONE, .recipient = M_NONE, .sender = M_NONE, .worded = M_NONE};
    int been[M_FORWARDERS] = {0};
    while (cap.type == CAP_FORWARD) {
        const struct m_forwarder *forwarder = &world->forwarder[cap.object];
        if (been[cap.object]++ || forwarder->target.type == CAP_NULL)
            return way;
        if (forwarder->blocked) {
            way.blocked = cap.object;
            return way;
        }
        way.sender = cap.slot & FORWARD_SEND_CAP ? cap.object : way.sender;
        way.worded = cap.slot & FORWARD_SEND_WORD ? cap.object : way.worded;
        cap = forwarder->target;
    }
    if (cap.type != CAP_ENTRY)
        return way;
    const struct m_endpoint *end = &world->end[cap.object];
    way.end = cap.object;
    way.payload = cap.offset;
    if (!end->matching || end->match == cap.offset)
        way.recipient = end->recipient;
    return way;
}

int m_passes(const struct m_world *world, struct m_cap cap, int forwarder) {
    for (int steps = 0; steps <= M_FORWARDERS && cap.type == CAP_FORWARD; steps++) {
        if (cap.object == forwarder)
            return 1;
        cap = world->forwarder[cap.object].target;
    }
    return 0;
}

/* Who answers for a capability that messages can be sent through, and as what. */
static int answers(const struct m_world *world, const struct m_cap *entry, struct m_identity *found) {
    struct m_way way = m_way(world, *entry);
    found->payload = way.payload;
    found->stands_for = (struct m_cap){.type = CAP_ENDPOINT, .object = way.end};
    if (way.sender != M_NONE)
        found->sender = (struct m_cap){.type = CAP_FORWARDER, .object = way.sender};
    return way.recipient;
}

struct m_identity m_identify(const struct m_world *world, const struct m_cap *cap, const struct m_cap *brand) {
    struct m_identity found = {.mine = 1}, of_keeper = {0};
    int who = M_NONE;
    if (cap->type == CAP_ENTRY || cap->type == CAP_FORWARD) {
        who = answers(world, cap, &found);
    } else if (cap->type == CAP_GPT) {
        who = answers(world, &world->gpt[cap->object].keeper, &of_keeper);
        found.payload = of_keeper.payload;
        found.stands_for = (struct m_cap){.type = CAP_GPT, .object = cap->object, .l2g = 64};
    } else if (cap->type == CAP_PROCESS) {
        who = cap->object;
        found.stands_for = *cap;
    }
    if (who == M_NONE || !m_same(&world->brand[who], brand))
        return (struct m_identity){0};
    return found;
}
