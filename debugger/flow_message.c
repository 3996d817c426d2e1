/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What follows from messages: kernel/ipc.c, fault.c, access.c; forwarders on the way, and ProcessTool.
 *
 * Everything that is sent needs a *sender*, a fact that an Entry or a Forward is somewhere: in a register (its holder
 * sends), as the keeper of a process or GPT (faults are sent), as the handler of a page or GPT (accesses are). And a
 * *recipient*, a fact that the endpoint has one; for a Forward a *route* to that endpoint.
 */
#include "flow_internal.h"

struct delivery {
    uint32_t sender, route, recipient; /* facts; route 0: an Entry */
    uint32_t takes;                    /* fact by which a void entry is none; 0: it is not void */
    uint32_t endpoint, to;             /* nodes */
    uint32_t cause;                    /* of a message of the kernel: only this; 0: all that there are */
};

static struct flow_cap cap_to(enum flow_type type, uint32_t object) {
    return (struct flow_cap){.type = type, .object = object};
}

/* Can it take a message? */
static bool receives(const struct flow *flow, uint32_t process) {
    return flow->nodes[process].trust != FLOW_STOPPED || flow->nodes[process].acts;
}

/* ---- A message of a process */

static void told_of_forwarder(struct flow *flow, const struct delivery *d) {
    uint32_t route = flow->facts[d->route].via;
    bool mute = flow->facts[d->sender].restr & FLOW_MUTE;
    uint32_t forwarder = route != FLOW_NONE ? route : mute ? FLOW_NONE : flow->facts[d->sender].to;
    if (forwarder == FLOW_NONE)
        return;
    flow_add_has(flow, d->to, FLOW_REGISTER, cap_to(FLOW_FORWARDER, forwarder),
                 WHY(FORWARDER_TOLD, d->sender, d->route, d->recipient));
    flow_add_informs(flow, forwarder, d->to, WHY(WORD_TOLD, d->sender, d->route, d->recipient));
}

/* Whether it is one of those depends on everything that a message would meet. */
static void identified(struct flow *flow, const struct delivery *d, uint32_t from, uint32_t shows) {
    struct why why = WHY(IDENTIFIED, d->sender, d->route, d->recipient, shows);
    flow_add_informs(flow, d->endpoint, from, why);
    flow_add_informs(flow, d->to, from, why);
    if (d->route)
        flow_add_of(flow, FACT_USES, from, flow->facts[d->sender].to, why);
}

static void amplify(struct flow *flow, const struct delivery *d, uint32_t from) {
    uint32_t shows = flow_find(flow, FACT_SHOWS, from, d->to);
    if (!shows)
        return;
    identified(flow, d, from, shows);
    flow_add_has(flow, from, FLOW_REGISTER, cap_to(FLOW_ENDPOINT, d->endpoint),
                 WHY(AMPLIFY, d->sender, d->route, d->recipient, shows));
    struct delivery self = *d;
    self.to = from;
    if (d->route)
        told_of_forwarder(flow, &self);
}

static void send(struct flow *flow, const struct delivery *d) {
    uint32_t from = flow->facts[d->sender].from, acts = flow->nodes[from].acts;
    if (!acts)
        return;
    flow_add_informs(flow, d->endpoint, from, WHY(ENTRY_TRIED, d->sender, d->route, d->recipient, d->takes));
    amplify(flow, d, from);
    if (from == d->to || !receives(flow, d->to))
        return;
    flow_add_link(flow, from, FLOW_REGISTER, d->to, FLOW_REGISTER, LINK_ALL,
                  WHY(SEND, d->sender, d->route, d->recipient, d->takes, acts));
    flow_add_informs(flow, from, d->to, WHY(SEND_BYTES, d->sender, d->route, d->recipient, d->takes, acts));
    flow_add_copies(flow, from, d->to, WHY(COPIES, d->sender, d->route, d->recipient, d->takes, acts));
    flow_add_has(flow, d->to, FLOW_REGISTER, cap_to(FLOW_RESUME, from),
                 WHY(RESUME, d->sender, d->route, d->recipient, d->takes, acts));
    if (d->route)
        told_of_forwarder(flow, d);
}

/* ---- A message of the kernel, about what `from` does; cause: that it does */

static void tell(struct flow *flow, const struct delivery *d, uint32_t from, uint32_t cause, bool access) {
    flow_add_informs(flow, d->endpoint, from, WHY(ENTRY_TRIED, d->sender, d->route, d->recipient, d->takes, cause));
    if (d->route)
        flow_add_of(flow, FACT_USES, from, flow->facts[d->sender].to,
                    WHY(USED, d->sender, d->route, d->recipient, cause));
    if (from == d->to || !receives(flow, d->to))
        return;
    struct why bytes = WHY(FAULT, d->sender, d->route, d->recipient, d->takes, cause);
    struct why resume = bytes;
    bytes.rule = access ? RULE_TOLD : RULE_FAULT;
    resume.rule = access ? RULE_TOLD_RESUME : RULE_FAULT_RESUME;
    flow_add_informs(flow, from, d->to, bytes);
    flow_add_has(flow, d->to, FLOW_REGISTER, cap_to(FLOW_FAULT, from), resume);
    if (access)
        flow_add_copies(flow, from, d->to, WHY(COPIES, d->sender, d->route, d->recipient, d->takes, cause));
    if (d->route)
        told_of_forwarder(flow, d);
}

static void keeper_told(struct flow *flow, const struct delivery *d, uint32_t reaches) {
    struct flow_fact reach = flow->facts[reaches];
    if (reach.restr & CAP_NC || reach.weak || reach.via != FLOW_NONE)
        return;
    tell(flow, d, reach.from, reaches, false);
    struct flow_cap gpt = {.type = FLOW_GPT, .object = reach.to, .restr = reach.restr};
    if (reach.from != d->to && receives(flow, d->to))
        flow_add_has(flow, d->to, FLOW_REGISTER, gpt,
                     WHY(FAULT_SPACE, d->sender, d->route, d->recipient, d->takes, reaches));
}

/* Who holds the GPT and shows the brand of its keeper. */
static void amplify_gpt(struct flow *flow, const struct delivery *d) {
    uint32_t gpt = flow->facts[d->sender].from;
    for (EACH_TO(i, flow, gpt, FACT_HAS)) {
        struct flow_fact held = flow->facts[i];
        uint32_t shows = flow->nodes[held.from].tool ? flow_find(flow, FACT_SHOWS, held.from, d->to) : 0;
        if (held.type != FLOW_GPT || held.place != FLOW_REGISTER || !shows)
            continue;
        identified(flow, d, held.from, shows);
        flow_add_has(flow, held.from, FLOW_REGISTER, cap_to(FLOW_GPT, gpt),
                     WHY(AMPLIFY, i, d->sender, d->route, d->recipient, shows));
    }
}

static void keep(struct flow *flow, const struct delivery *d) {
    uint32_t kept = flow->facts[d->sender].from;
    if (flow->nodes[kept].type == FLOW_GPT) {
        if (d->cause) {
            keeper_told(flow, d, d->cause);
            return;
        }
        for (EACH_TO(i, flow, kept, FACT_REACHES))
            keeper_told(flow, d, i);
        amplify_gpt(flow, d);
    } else if (flow->nodes[kept].acts) {
        tell(flow, d, kept, flow->nodes[kept].acts, false);
    }
}

/* ---- Combinations */

/* Of a page each access, of a GPT each that comes through it. */
static void handle(struct flow *flow, const struct delivery *d) {
    if (d->cause)
        tell(flow, d, flow->facts[d->cause].from, d->cause, true);
    for (EACH_TO(i, flow, flow->facts[d->sender].from, FACT_USES))
        if (!d->cause)
            tell(flow, d, flow->facts[i].from, i, true);
}

static void deliver(struct flow *flow, uint32_t sender, uint32_t route, uint32_t recipient, uint32_t cause) {
    struct delivery d = {sender, route, recipient, 0, flow->facts[recipient].from, flow->facts[recipient].to, cause};
    if (route ? flow->facts[route].blocked : flow->facts[sender].blocked) {
        d.takes = flow_find(flow, FACT_TAKES, d.endpoint, d.endpoint);
        if (!d.takes)
            return;
    }
    switch ((enum flow_place)flow->facts[sender].place) {
    case FLOW_REGISTER:
        send(flow, &d);
        break;
    case FLOW_KEEPER:
        keep(flow, &d);
        break;
    case FLOW_HANDLER:
        handle(flow, &d);
        break;
    default:
        break;
    }
}

static void deliver_to(struct flow *flow, uint32_t sender, uint32_t route, uint32_t endpoint, uint32_t cause) {
    for (EACH_FROM(i, flow, endpoint, FACT_HAS))
        if (flow->facts[i].place == FLOW_RECIPIENT)
            deliver(flow, sender, route, i, cause);
}

static void add_route(struct flow *flow, uint32_t forwarder, uint32_t endpoint, uint32_t told, bool blocked,
                      struct why why) {
    flow_add(flow,
             (struct flow_fact){.kind = FACT_ROUTE, .from = forwarder, .to = endpoint, .via = told, .blocked = blocked},
             why);
}

/* The target of a forwarder is a Forward to another one, from which a route goes on. */
static void route_on(struct flow *flow, uint32_t target, uint32_t route) {
    struct flow_fact forward = flow->facts[target], on = flow->facts[route];
    uint32_t told = on.via != FLOW_NONE ? on.via : forward.restr & FLOW_MUTE ? FLOW_NONE : forward.to;
    add_route(flow, forward.from, on.to, told, on.blocked, WHY(ROUTE, target, route));
}

static void send_forward(struct flow *flow, uint32_t sender, uint32_t cause) {
    struct flow_fact forward = flow->facts[sender];
    bool target = forward.place == FLOW_TARGET;
    if (forward.place == FLOW_REGISTER && flow->nodes[forward.from].acts)
        flow_add_of(flow, FACT_USES, forward.from, forward.to, WHY(USED, sender));
    for (EACH_TO(i, flow, target ? forward.from : forward.to, FACT_USES))
        if (target)
            flow_add_of(flow, FACT_USES, flow->facts[i].from, forward.to, WHY(USED, i, sender));
    for (EACH_FROM(i, flow, forward.to, FACT_ROUTE))
        if (target)
            route_on(flow, sender, i);
        else
            deliver_to(flow, sender, i, flow->facts[i].to, cause);
}

static void send_for(struct flow *flow, uint32_t sender, uint32_t cause) {
    struct flow_fact fact = flow->facts[sender];
    if (fact.type == FLOW_FORWARD)
        send_forward(flow, sender, cause);
    else if (fact.type == FLOW_ENTRY && fact.place == FLOW_TARGET)
        add_route(flow, fact.from, fact.to, FLOW_NONE, fact.blocked, WHY(ROUTE, sender));
    else if (fact.type == FLOW_ENTRY)
        deliver_to(flow, sender, 0, fact.to, cause);
}

void flow_sender(struct flow *flow, uint32_t sender) {
    struct flow_fact fact = flow->facts[sender];
    send_for(flow, sender, 0);
    if (fact.type == FLOW_OUTSIDE && fact.place == FLOW_HANDLER) /* one of the host */
        for (EACH_TO(i, flow, fact.from, FACT_USES))
            flow_told(flow, i);
    if (fact.type == FLOW_GPT && fact.place == FLOW_REGISTER && flow->nodes[fact.from].tool)
        for (EACH_FROM(i, flow, fact.to, FACT_HAS))
            if (flow->facts[i].place == FLOW_KEEPER)
                flow_sender(flow, i);
}

void flow_recipient(struct flow *flow, uint32_t recipient) {
    uint32_t endpoint = flow->facts[recipient].from;
    for (EACH_TO(i, flow, endpoint, FACT_HAS))
        if (flow->facts[i].type == FLOW_ENTRY)
            deliver(flow, i, 0, recipient, 0);
    for (EACH_TO(route, flow, endpoint, FACT_ROUTE))
        for (EACH_TO(i, flow, flow->facts[route].from, FACT_HAS))
            if (flow->facts[i].type == FLOW_FORWARD)
                deliver(flow, i, route, recipient, 0);
}

void flow_route(struct flow *flow, uint32_t route) {
    struct flow_fact fact = flow->facts[route];
    for (EACH_TO(i, flow, fact.from, FACT_HAS))
        if (flow->facts[i].type == FLOW_FORWARD && flow->facts[i].place == FLOW_TARGET)
            route_on(flow, i, route);
        else if (flow->facts[i].type == FLOW_FORWARD)
            deliver_to(flow, i, route, fact.to, 0);
}

static void every_recipient(struct flow *flow, uint32_t endpoint) {
    for (EACH_FROM(i, flow, endpoint, FACT_HAS))
        if (flow->facts[i].place == FLOW_RECIPIENT)
            flow_recipient(flow, i);
}

void flow_takes(struct flow *flow, uint32_t endpoint) {
    every_recipient(flow, endpoint);
}

void flow_runs(struct flow *flow, uint32_t process) {
    for (EACH_TO(i, flow, process, FACT_HAS))
        if (flow->facts[i].place == FLOW_RECIPIENT)
            flow_recipient(flow, i);
}

/* A process reaches a GPT, which may have a keeper, or makes accesses of a page or through a GPT, which may have
 * handlers. */
void flow_told(struct flow *flow, uint32_t cause) {
    struct flow_fact fact = flow->facts[cause];
    enum flow_place place = fact.kind == FACT_USES ? FLOW_HANDLER : FLOW_KEEPER;
    if (flow->nodes[fact.to].type == FLOW_FORWARDER)
        flow_add_informs(flow, fact.to, fact.from, WHY(FORWARDER_TRIED, cause));
    for (EACH_FROM(i, flow, fact.to, FACT_HAS)) {
        struct flow_fact sender = flow->facts[i];
        if (sender.place == FLOW_HANDLER && sender.type == FLOW_OUTSIDE) {
            flow_add_informs(flow, fact.from, sender.to, WHY(HOST_HANDLER, cause, i));
            flow_add_informs(flow, sender.to, fact.from, WHY(HOST_HANDLER, cause, i));
        } else if (sender.place == place || sender.place == FLOW_TARGET) {
            send_for(flow, i, cause);
        }
    }
}

/* ---- Brands */

static void try_shows(struct flow *flow, uint32_t held, uint32_t brand) {
    struct flow_fact h = flow->facts[held], b = flow->facts[brand];
    const struct flow_node *node = &flow->nodes[h.from];
    if (node->acts && node->tool && h.type == b.type && !(h.restr & ~b.restr) && !(b.restr & CAP_OP))
        flow_add_of(flow, FACT_SHOWS, h.from, b.from, WHY(SHOWS, node->tool, held, brand));
}

static void brand_held(struct flow *flow, uint32_t held) {
    if (flow->facts[held].to == FLOW_NONE)
        return;
    for (EACH_TO(i, flow, flow->facts[held].to, FACT_HAS))
        if (flow->facts[i].place == FLOW_BRAND)
            try_shows(flow, held, i);
}

void flow_brand(struct flow *flow, uint32_t has) {
    struct flow_fact fact = flow->facts[has];
    if (fact.place == FLOW_REGISTER && fact.type == FLOW_TOOL) {
        flow->nodes[fact.from].tool = has;
        for (EACH_FROM(i, flow, fact.from, FACT_HAS))
            if (flow->facts[i].place == FLOW_REGISTER)
                brand_held(flow, i);
    } else if (fact.place == FLOW_REGISTER) {
        brand_held(flow, has);
    } else if (fact.to != FLOW_NONE) {
        for (EACH_TO(i, flow, fact.to, FACT_HAS))
            if (flow->facts[i].place == FLOW_REGISTER)
                try_shows(flow, i, has);
    }
}

void flow_shows(struct flow *flow, uint32_t fact) {
    flow_runs(flow, flow->facts[fact].to);
}
