/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What follows from a fact: the kernel's operations (kernel/cap_*.c), as they are for somebody who tries them all. Its
 * traversal is in flow_walk.c, messages and faults are in flow_message.c.
 *
 * Each rule has several premises. It is tried when any of them is new, with all that the others can be; a fact is in
 * its nodes' lists before its turn comes, so no combination is missed.
 */
#include "flow_internal.h"

#define FROZEN (CAP_RO | CAP_WK | CAP_OP) /* any of which makes a GPT or CapPage one that does not change */

static struct flow_cap cap_to(enum flow_type type, uint32_t object) {
    return (struct flow_cap){.type = type, .object = object};
}

/* ---- What a process can do with what it has in a register. h: that fact */

static void hold_slots(struct flow *flow, uint32_t h) {
    struct flow_fact fact = flow->facts[h];
    uint32_t holder = fact.from, object = fact.to;
    bool gpt = fact.type == FLOW_GPT;
    if (!(fact.restr & CAP_OP)) {
        if (fact.restr & CAP_WK)
            flow_add_link(flow, object, FLOW_SLOT, holder, FLOW_REGISTER,
                          fact.restr & CAP_NC ? LINK_WEAK_NO_CALL : LINK_WEAK, WHY(FETCH_WEAK, h));
        else
            flow_add_link(flow, object, FLOW_SLOT, holder, FLOW_REGISTER, LINK_ALL, WHY(FETCH, h));
        flow_add_informs(flow, object, holder, WHY(GPT_SEEN, h));
    }
    if (fact.restr & FROZEN)
        return;
    flow_add_link(flow, holder, FLOW_REGISTER, object, FLOW_SLOT, LINK_ALL, WHY(STORE, h));
    flow_add_informs(flow, holder, object, WHY(GPT_CHANGED, h));
    if (!gpt)
        return;
    flow_add_link(flow, holder, FLOW_REGISTER, object, FLOW_KEEPER, LINK_ALL, WHY(STORE, h));
    flow_add_link(flow, holder, FLOW_REGISTER, object, FLOW_BACKGROUND, LINK_ALL, WHY(STORE, h));
    flow_add_has(flow, object, FLOW_SLOT, cap_to(FLOW_WINDOW, FLOW_NONE), WHY(WINDOW, h));
    flow_add_of(flow, FACT_BARE, object, object, WHY(BARE, h));
}

static void hold_page(struct flow *flow, uint32_t h) {
    struct flow_fact fact = flow->facts[h];
    flow_add_informs(flow, fact.to, fact.from, WHY(PAGE_READ, h));
    if (!(fact.restr & (CAP_RO | CAP_WK)))
        flow_add_informs(flow, fact.from, fact.to, WHY(PAGE_WRITTEN, h));
    flow_add_of(flow, FACT_USES, fact.from, fact.to, WHY(USED, h));
}

static void hold_process(struct flow *flow, uint32_t h) {
    uint32_t holder = flow->facts[h].from, process = flow->facts[h].to;
    flow_add_of(flow, FACT_ACTS, process, process, WHY(CONTROLLED, h));
    flow_add_link(flow, process, FLOW_REGISTER, holder, FLOW_REGISTER, LINK_ALL, WHY(PROCESS_TAKE, h));
    flow_add_link(flow, process, FLOW_SPACE, holder, FLOW_REGISTER, LINK_ALL, WHY(PROCESS_TAKE, h));
    flow_add_link(flow, holder, FLOW_REGISTER, process, FLOW_REGISTER, LINK_ALL, WHY(PROCESS_TAKE, h));
    flow_add_link(flow, holder, FLOW_REGISTER, process, FLOW_SPACE, LINK_ALL, WHY(PROCESS_TAKE, h));
    flow_add_link(flow, holder, FLOW_REGISTER, process, FLOW_KEEPER, LINK_ALL, WHY(PROCESS_TAKE, h));
    flow_add_link(flow, holder, FLOW_REGISTER, process, FLOW_BRAND, LINK_ALL, WHY(BRAND, h));
    flow_add_informs(flow, process, holder, WHY(PROCESS_KNOWN, h));
    flow_add_informs(flow, holder, process, WHY(PROCESS_CHANGED, h));
    flow_add_copies(flow, holder, process, WHY(COPIES, h));
}

static void hold_endpoint(struct flow *flow, uint32_t h) {
    uint32_t holder = flow->facts[h].from, endpoint = flow->facts[h].to;
    flow_add_has(flow, holder, FLOW_REGISTER, cap_to(FLOW_ENTRY, endpoint), WHY(MAKE_ENTRY, h));
    flow_add_link(flow, holder, FLOW_REGISTER, endpoint, FLOW_RECIPIENT, LINK_ALL, WHY(RECIPIENT, h));
    flow_add_of(flow, FACT_TAKES, endpoint, endpoint, WHY(TAKES, h));
    flow_add_informs(flow, holder, endpoint, WHY(ENDPOINT_CHANGED, h));
}

static void hold_forwarder(struct flow *flow, uint32_t h) {
    uint32_t holder = flow->facts[h].from, forwarder = flow->facts[h].to;
    flow_add_has(flow, holder, FLOW_REGISTER, cap_to(FLOW_FORWARD, forwarder), WHY(FORWARD, h));
    flow_add_link(flow, holder, FLOW_REGISTER, forwarder, FLOW_SLOT, LINK_ALL, WHY(FORWARDER, h));
    flow_add_link(flow, holder, FLOW_REGISTER, forwarder, FLOW_TARGET, LINK_ALL, WHY(FORWARDER, h));
    flow_add_link(flow, forwarder, FLOW_SLOT, holder, FLOW_REGISTER, LINK_ALL, WHY(FORWARDER, h));
    flow_add_link(flow, forwarder, FLOW_TARGET, holder, FLOW_REGISTER, LINK_ALL, WHY(FORWARDER, h));
    flow_add_informs(flow, forwarder, holder, WHY(FORWARDER_KNOWN, h));
    flow_add_informs(flow, holder, forwarder, WHY(FORWARDER_CHANGED, h));
}

static void hold_resume(struct flow *flow, uint32_t h) {
    uint32_t holder = flow->facts[h].from, caller = flow->facts[h].to;
    if (holder == caller)
        return;
    flow_add_informs(flow, caller, holder, WHY(ANSWERED, h));
    if (flow->facts[h].type == FLOW_FAULT) {
        flow_add_informs(flow, holder, caller, WHY(RESTART, h));
        return;
    }
    flow_add_link(flow, holder, FLOW_REGISTER, caller, FLOW_REGISTER, LINK_ALL, WHY(ANSWER, h));
    flow_add_informs(flow, holder, caller, WHY(ANSWER_BYTES, h));
    flow_add_copies(flow, holder, caller, WHY(COPIES, h));
    flow_add_has(flow, caller, FLOW_REGISTER, cap_to(FLOW_RESUME, holder), WHY(RESUME, h));
}

/* ---- Debug goes together with other capabilities, Range with none */

static void swap(struct flow *flow, uint32_t debug, uint32_t h) {
    struct flow_fact fact = flow->facts[h];
    if (fact.type == FLOW_PAGE || fact.type == FLOW_GPT) {
        flow_add_link(flow, fact.from, FLOW_REGISTER, fact.to, FLOW_HANDLER, LINK_ALL, WHY(SWAP, debug, h));
        for (EACH_FROM(i, flow, fact.to, FACT_HAS))
            if (flow->facts[i].place == FLOW_HANDLER)
                flow_add_informs(flow, fact.from, fact.to, WHY(RESTORE, debug, h, i));
    }
    if (fact.type == FLOW_GPT)
        flow_walk_to(flow, &(struct flow_fact){.from = fact.from, .weak = true}, fact.to, fact.restr, FLOW_NONE,
                     WHY(TRAVERSE, debug, h));
}

static void number(struct flow *flow, uint32_t range, uint32_t node) {
    enum flow_type type = flow->nodes[node].type;
    if (type <= FLOW_FORWARDER) /* only these are objects */
        flow_add_has(flow, flow->facts[range].from, FLOW_REGISTER, cap_to(type, node), WHY(NUMBERED, range));
}

static void make(struct flow *flow, uint32_t h) {
    static const char *const what[] = {"a Page", "a CapPage", "a GPT", "a Process", "an Endpoint", "a Forwarder"};
    uint32_t holder = flow->facts[h].from;
    if (flow->nodes[holder].fresh || flow->nodes[holder].has_made)
        return; /* what is made by what one has made one could make oneself */
    flow->nodes[holder].has_made = true;
    for (enum flow_type type = FLOW_PAGE; type <= FLOW_FORWARDER; type++) {
        char name[128];
        snprintf(name, sizeof name, "%s made by %.90s", what[type], flow->nodes[holder].name);
        uint32_t node = flow_node(flow, type, name, FLOW_STOPPED);
        flow->nodes[node].fresh = true;
        flow_add_has(flow, holder, FLOW_REGISTER, cap_to(type, node), WHY(MAKE, h));
        for (uint32_t other = 0; other < flow->node_count; other++)
            if (flow->nodes[other].range && other != holder)
                number(flow, flow->nodes[other].range, node);
    }
}

static void hold_range(struct flow *flow, uint32_t h) {
    uint32_t holder = flow->facts[h].from, range = flow->facts[h].to;
    flow->nodes[holder].range = h;
    flow->range = flow->range ? flow->range : h;
    flow_add_informs(flow, holder, range, WHY(STORAGE, h));
    flow_add_informs(flow, range, holder, WHY(STORAGE, h));
    make(flow, h);
    for (uint32_t node = 0; node < flow->node_count; node++)
        number(flow, h, node);
}

static void hold_debug(struct flow *flow, uint32_t h) {
    uint32_t holder = flow->facts[h].from, debug = flow->facts[h].to;
    flow->nodes[holder].debug = h;
    flow_add_informs(flow, holder, debug, WHY(STORAGE, h));
    flow_add_informs(flow, debug, holder, WHY(STORAGE, h));
    for (EACH_FROM(i, flow, holder, FACT_HAS))
        if (flow->facts[i].place == FLOW_REGISTER)
            swap(flow, h, i);
}

static void hold(struct flow *flow, uint32_t h) {
    struct flow_fact fact = flow->facts[h];
    switch ((enum flow_type)fact.type) {
    case FLOW_GPT:
    case FLOW_CAPPAGE:
        hold_slots(flow, h);
        break;
    case FLOW_PAGE:
        hold_page(flow, h);
        break;
    case FLOW_PROCESS:
        hold_process(flow, h);
        break;
    case FLOW_ENDPOINT:
        hold_endpoint(flow, h);
        break;
    case FLOW_FORWARDER:
        hold_forwarder(flow, h);
        break;
    case FLOW_RESUME:
    case FLOW_FAULT:
        hold_resume(flow, h);
        break;
    case FLOW_RANGE:
        hold_range(flow, h);
        break;
    case FLOW_DEBUG:
        hold_debug(flow, h);
        break;
    case FLOW_OUTSIDE:
        flow_add_informs(flow, fact.to, fact.from, WHY(IN, h));
        break;
    case FLOW_TO_OUTSIDE:
        if (!(fact.restr & CAP_RO))
            flow_add_informs(flow, fact.from, fact.to, WHY(OUT, h));
        break;
    default:
        break;
    }
    if (flow->nodes[fact.from].debug)
        swap(flow, flow->nodes[fact.from].debug, h);
    flow_sender(flow, h);
}

/* ---- Links */

static bool takes(enum flow_place place, enum flow_type type) {
    switch (place) {
    case FLOW_KEEPER:
    case FLOW_HANDLER:
    case FLOW_TARGET:
        return type == FLOW_ENTRY || type == FLOW_FORWARD;
    case FLOW_SPACE:
        return type == FLOW_PAGE || type == FLOW_GPT;
    case FLOW_BACKGROUND:
        return flow_is_memory(type);
    case FLOW_RECIPIENT:
        return type == FLOW_PROCESS;
    default:
        return true;
    }
}

static bool has_place(enum flow_type type, enum flow_place place) {
    switch (place) {
    case FLOW_SLOT:
        return type == FLOW_GPT || type == FLOW_CAPPAGE || type == FLOW_FORWARDER;
    case FLOW_BACKGROUND:
    case FLOW_KEEPER:
        return type == FLOW_GPT;
    case FLOW_HANDLER:
        return type == FLOW_PAGE || type == FLOW_GPT;
    case FLOW_TARGET:
        return type == FLOW_FORWARDER;
    default:
        return false; /* of these there are facts */
    }
}

bool flow_anywhere(const struct flow *flow, uint32_t holder, enum flow_place place, enum flow_type type) {
    return flow->range && has_place(flow->nodes[holder].type, place) && takes(place, type) &&
           (place != FLOW_HANDLER || flow->nodes[flow->facts[flow->range].from].debug);
}

/* What has at link's beginning, at its end. */
static void copy(struct flow *flow, uint32_t link, uint32_t h) {
    struct flow_fact way = flow->facts[link];
    struct flow_cap cap = flow_fact_cap(&flow->facts[h]);
    if (!takes((enum flow_place)way.to_place, cap.type) ||
        (flow->range && has_place(flow->nodes[way.to].type, (enum flow_place)way.to_place)))
        return;
    if (way.weak && !flow_is_memory(cap.type) && cap.type != FLOW_WINDOW)
        return;
    if (way.weak)
        cap.restr |= CAP_RO | CAP_WK | (way.weak == LINK_WEAK_NO_CALL ? CAP_NC : 0);
    flow_add_has(flow, way.to, (enum flow_place)way.to_place, cap, WHY(COPIED, h, link));
}

/* ---- Consequences */

static void handler_given(struct flow *flow, uint32_t h) {
    uint32_t page = flow->facts[h].from;
    for (EACH_TO(i, flow, page, FACT_HAS))
        if (flow->facts[i].place == FLOW_REGISTER && flow->nodes[flow->facts[i].from].debug)
            swap(flow, flow->nodes[flow->facts[i].from].debug, i);
}

static void has(struct flow *flow, uint32_t h) {
    struct flow_fact fact = flow->facts[h];
    for (EACH_FROM(i, flow, fact.from, FACT_LINK))
        if (flow->facts[i].place == fact.place)
            copy(flow, i, h);
    if (fact.place == FLOW_REGISTER && flow->nodes[fact.from].acts)
        hold(flow, h);
    else if (fact.place == FLOW_SPACE)
        flow_space(flow, h);
    else if (fact.place == FLOW_SLOT)
        flow_slot(flow, h);
    else if (fact.place == FLOW_BACKGROUND) {
        flow_background(flow, h);
    } else if (fact.place == FLOW_HANDLER) {
        handler_given(flow, h);
    }
    if (fact.place == FLOW_RECIPIENT)
        flow_recipient(flow, h);
    else if (fact.place != FLOW_REGISTER)
        flow_sender(flow, h);
    if (fact.place == FLOW_REGISTER || fact.place == FLOW_BRAND)
        flow_brand(flow, h);
}

static void acts(struct flow *flow, uint32_t fact) {
    uint32_t process = flow->facts[fact].from;
    flow->nodes[process].acts = fact;
    for (EACH_FROM(i, flow, process, FACT_HAS)) {
        if (flow->facts[i].place == FLOW_REGISTER)
            hold(flow, i);
        else if (flow->facts[i].place == FLOW_SPACE)
            flow_space(flow, i);
        else
            flow_sender(flow, i);
    }
    for (EACH_FROM(i, flow, process, FACT_HAS))
        if (flow->facts[i].place == FLOW_REGISTER)
            flow_brand(flow, i);
    flow_runs(flow, process);
}

void flow_consequences(struct flow *flow, uint32_t index) {
    struct flow_fact fact = flow->facts[index];
    switch ((enum flow_kind)fact.kind) {
    case FACT_HAS:
        has(flow, index);
        break;
    case FACT_LINK:
        for (EACH_FROM(i, flow, fact.from, FACT_HAS))
            if (flow->facts[i].place == fact.place)
                copy(flow, index, i);
        break;
    case FACT_REACHES:
        flow_reached(flow, index);
        break;
    case FACT_INFORMS:
        break;
    case FACT_BEHIND:
        for (EACH_FROM(i, flow, fact.to, FACT_HAS))
            flow_walk_behind(flow, index, i);
        break;
    case FACT_USES:
        flow_told(flow, index);
        break;
    case FACT_COPIES:
        flow_copies(flow, index);
        break;
    case FACT_ROUTE:
        flow_route(flow, index);
        break;
    case FACT_ACTS:
        acts(flow, index);
        break;
    case FACT_TAKES:
        flow_takes(flow, fact.from);
        break;
    case FACT_BARE:
        flow_walk_anew(flow, fact.from);
        break;
    default:
        flow_shows(flow, index);
    }
}
