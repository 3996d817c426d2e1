/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What follows from spaces: the traversal (kernel/walk.c) by all paths, and who makes accesses.
 */
#include "flow_internal.h"

/* A step further than `from`, a FACT_REACHES. What is in a GPT and who keeps it does not depend on the background:
 * that is found out once, with FLOW_NONE. */
void flow_walk_to(struct flow *flow, const struct flow_fact *from, uint32_t object, unsigned restr, uint32_t background,
                  struct why why) {
    enum flow_type type = flow->nodes[object].type;
    struct flow_fact fact = {.kind = FACT_REACHES,
                             .from = from->from,
                             .to = object,
                             .via = FLOW_NONE,
                             .restr = (uint8_t)restr,
                             .weak = from->weak};
    if (type == FLOW_PAGE || type == FLOW_GPT)
        flow_add(flow, fact, why);
    fact.via = background;
    if (type == FLOW_GPT && background != FLOW_NONE)
        flow_add(flow, fact, why);
}

static unsigned gathered(unsigned before, unsigned restr) {
    return before | restr | (before & CAP_WK ? CAP_RO : 0u);
}

void flow_space(struct flow *flow, uint32_t h) {
    struct flow_fact fact = flow->facts[h];
    uint32_t acts = flow->nodes[fact.from].acts;
    if (acts && !fact.blocked)
        flow_walk_to(flow, &(struct flow_fact){.from = fact.from}, fact.to, fact.restr, FLOW_NONE, WHY(SPACE, h, acts));
}

/* By a window to the background of a GPT, and on to what that could be: b. */
void flow_walk_behind(struct flow *flow, uint32_t behind, uint32_t b) {
    struct flow_fact way = flow->facts[behind], background = flow->facts[b];
    if (background.place == FLOW_BACKGROUND && !background.blocked)
        flow_walk_to(flow, &way, background.to, gathered(way.restr, background.restr), way.to,
                     WHY(BACKGROUND, behind, b));
}

static void walk_window(struct flow *flow, uint32_t r, uint32_t s, uint32_t background, uint32_t because) {
    struct flow_fact reach = flow->facts[r], window = flow->facts[s];
    if (!window.blocked && background != FLOW_NONE)
        flow_add(flow,
                 (struct flow_fact){.kind = FACT_BEHIND,
                                    .from = reach.from,
                                    .to = background,
                                    .via = FLOW_NONE,
                                    .restr = (uint8_t)gathered(reach.restr, window.restr),
                                    .weak = reach.weak},
                 WHY(WINDOW_FOLLOWED, r, s, because));
}

/* Through a slot of the GPT that r has come to, with that background in force. */
static void walk_slot(struct flow *flow, uint32_t r, uint32_t s, uint32_t background, uint32_t because) {
    struct flow_fact reach = flow->facts[r], slot = flow->facts[s];
    bool anew = slot.type == FLOW_GPT || (slot.type == FLOW_PAGE && reach.via == FLOW_NONE);
    if (anew && !slot.blocked)
        flow_walk_to(flow, &reach, slot.to, gathered(reach.restr, slot.restr), background, WHY(SLOT, r, s, because));
    if (slot.type == FLOW_WINDOW)
        walk_window(flow, r, s, background, because);
}

/* Which background counts behind a GPT: its own, or, if it has none or can lose it, that from further out. */
static bool outer_counts(const struct flow *flow, uint32_t gpt, uint32_t *bare) {
    *bare = flow_find(flow, FACT_BARE, gpt, gpt);
    return !flow->nodes[gpt].background || *bare;
}

static void walk_slot_all(struct flow *flow, uint32_t r, uint32_t s) {
    uint32_t gpt = flow->facts[r].to, bare;
    if (flow->nodes[gpt].behind)
        walk_slot(flow, r, s, gpt, flow->nodes[gpt].behind);
    if (outer_counts(flow, gpt, &bare))
        walk_slot(flow, r, s, flow->facts[r].via, bare);
}

static void walk_on(struct flow *flow, uint32_t r) {
    for (EACH_FROM(i, flow, flow->facts[r].to, FACT_HAS))
        if (flow->facts[i].place == FLOW_SLOT)
            walk_slot_all(flow, r, i);
}

void flow_walk_anew(struct flow *flow, uint32_t gpt) {
    for (EACH_TO(i, flow, gpt, FACT_REACHES))
        walk_on(flow, i);
}

/* b: a GPT could have a background. */
void flow_background(struct flow *flow, uint32_t b) {
    uint32_t gpt = flow->facts[b].from;
    if (flow->nodes[gpt].behind == b)
        flow_walk_anew(flow, gpt);
    for (EACH_TO(i, flow, gpt, FACT_BEHIND))
        flow_walk_behind(flow, i, b);
}

void flow_reached(struct flow *flow, uint32_t r) {
    struct flow_fact fact = flow->facts[r];
    if (fact.via != FLOW_NONE) {
        walk_on(flow, r);
        return;
    }
    if (flow->nodes[fact.to].type == FLOW_GPT) {
        flow_add_informs(flow, fact.to, fact.from, WHY(WALKED, r));
        walk_on(flow, r);
    } else if (!fact.weak) {
        flow_add_informs(flow, fact.to, fact.from, WHY(LOADED, r));
        if (!(fact.restr & CAP_RO))
            flow_add_informs(flow, fact.from, fact.to, WHY(STORED, r));
    }
    if (fact.weak)
        return;
    flow_add_of(flow, FACT_USES, fact.from, fact.to, WHY(USED, r));
    for (EACH_TO(i, flow, fact.from, FACT_COPIES))
        flow_add_of(flow, FACT_USES, flow->facts[i].from, fact.to, WHY(USED_FOR, i, r));
    flow_told(flow, r);
}

/* The kernel makes the accesses of a process for another one, too. */
void flow_copies(struct flow *flow, uint32_t c) {
    for (EACH_FROM(i, flow, flow->facts[c].to, FACT_REACHES))
        if (!flow->facts[i].weak && flow->facts[i].via == FLOW_NONE)
            flow_add_of(flow, FACT_USES, flow->facts[c].from, flow->facts[i].to, WHY(USED_FOR, c, i));
}

void flow_slot(struct flow *flow, uint32_t h) {
    uint32_t holder = flow->facts[h].from;
    for (EACH_TO(i, flow, holder, FACT_REACHES))
        walk_slot_all(flow, i, h);
}
