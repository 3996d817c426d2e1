/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Facts: how they are kept and found.
 */
#include "flow_internal.h"

#include "text.h"

#include <stdlib.h>
#include <string.h>

#define RESTRICTIONS 31u

struct flow *flow_new(void) {
    struct flow *flow = text_grow(NULL, 1, sizeof *flow);
    *flow = (struct flow){.fact_count = 1, .done = 1};
    flow->facts = text_grow(NULL, 1, sizeof *flow->facts);
    return flow;
}

void flow_free(struct flow *flow) {
    if (!flow)
        return;
    for (uint32_t i = 0; i < flow->node_count; i++)
        free(flow->nodes[i].name);
    free(flow->nodes);
    free(flow->facts);
    free(flow->hash);
    free(flow);
}

uint32_t flow_node(struct flow *flow, enum flow_type type, const char *name, enum flow_trust trust) {
    if (!(flow->node_count & (flow->node_count - 1)))
        flow->nodes = text_grow(flow->nodes, flow->node_count ? 2 * flow->node_count : 1, sizeof *flow->nodes);
    uint32_t node = flow->node_count++;
    flow->nodes[node] = (struct flow_node){.type = type, .trust = trust, .name = text_copy(name)};
    if (type == FLOW_PROCESS && trust == FLOW_HOSTILE)
        flow_add_of(flow, FACT_ACTS, node, node, (struct why){RULE_GIVEN, {0}});
    return node;
}

uint32_t flow_node_count(const struct flow *flow) {
    return flow->node_count;
}

const char *flow_name(const struct flow *flow, uint32_t node) {
    return flow->nodes[node].name;
}

enum flow_type flow_node_type(const struct flow *flow, uint32_t node) {
    return flow->nodes[node].type;
}

enum flow_trust flow_node_trust(const struct flow *flow, uint32_t node) {
    return flow->nodes[node].trust;
}

/* ---- The table of facts: open addressing, never more than half full */

static bool same(const struct flow_fact *a, const struct flow_fact *b) {
    return a->kind == b->kind && a->from == b->from && a->to == b->to && a->via == b->via && a->place == b->place &&
           a->to_place == b->to_place && a->type == b->type && a->restr == b->restr && a->blocked == b->blocked &&
           a->weak == b->weak;
}

static uint32_t hash_of(const struct flow_fact *fact) {
    uint64_t h = ((uint64_t)fact->from << 32 | fact->to) * 0x9e3779b97f4a7c15u;
    h ^= h >> 29;
    h += ((uint64_t)fact->via << 32 | (uint32_t)fact->kind << 28 | (uint32_t)fact->place << 24 |
          (uint32_t)fact->to_place << 20 | (uint32_t)fact->type << 14 | (uint32_t)fact->restr << 4 |
          (uint32_t)fact->blocked << 2 | fact->weak);
    h *= 0xbf58476d1ce4e5b9u;
    return (uint32_t)(h >> 32);
}

static uint32_t *place_of(const struct flow *flow, const struct flow_fact *fact) {
    uint32_t i = hash_of(fact) & (flow->hash_size - 1);
    while (flow->hash[i] && !same(&flow->facts[flow->hash[i]], fact))
        i = (i + 1) & (flow->hash_size - 1);
    return &flow->hash[i];
}

static uint32_t lookup(const struct flow *flow, const struct flow_fact *fact) {
    return flow->hash_size ? *place_of(flow, fact) : 0;
}

static void grow(struct flow *flow) {
    if (flow->fact_count * 2 < flow->hash_size)
        return;
    flow->hash_size = flow->hash_size ? flow->hash_size * 2 : 64;
    free(flow->hash);
    flow->hash = text_grow(NULL, flow->hash_size, sizeof *flow->hash);
    memset(flow->hash, 0, flow->hash_size * sizeof *flow->hash);
    for (uint32_t i = 1; i < flow->fact_count; i++)
        *place_of(flow, &flow->facts[i]) = i;
}

/* One that says at least as much: with fewer restrictions, not weak, not blocked. 0: none. */
static uint32_t stronger(const struct flow *flow, const struct flow_fact *fact) {
    struct flow_fact other = *fact;
    unsigned restr = fact->restr;
    do {
        other.restr = (uint8_t)restr;
        for (other.blocked = 0; other.blocked <= fact->blocked; other.blocked++)
            for (other.weak = 0; other.weak <= fact->weak; other.weak++) {
                uint32_t found = lookup(flow, &other);
                if (found)
                    return found;
            }
        restr = (restr - 1) & fact->restr;
    } while (restr != fact->restr);
    return 0;
}

/* Lists are in the order in which facts were found: what is said first has the shorter proof. */
static void append(struct flow *flow, uint32_t *first, uint32_t *last, size_t next, uint32_t index) {
    if (*last)
        *(uint32_t *)(void *)((char *)&flow->facts[*last] + next) = index;
    else
        *first = index;
    *last = index;
}

static void list(struct flow *flow, uint32_t index) {
    const struct flow_fact *fact = &flow->facts[index];
    struct flow_node *holder = &flow->nodes[fact->from], *to = fact->to == FLOW_NONE ? NULL : &flow->nodes[fact->to],
                     *via = fact->via == FLOW_NONE ? NULL : &flow->nodes[fact->via];
    append(flow, &holder->from[fact->kind], &holder->last_from[fact->kind], offsetof(struct flow_fact, next_from),
           index);
    if (to)
        append(flow, &to->to[fact->kind], &to->last_to[fact->kind], offsetof(struct flow_fact, next_to), index);
    if (via)
        append(flow, &via->via, &via->last_via, offsetof(struct flow_fact, next_via), index);
    if (fact->kind == FACT_HAS && fact->place == FLOW_BACKGROUND && !holder->behind)
        holder->behind = index;
}

void flow_add(struct flow *flow, struct flow_fact fact, struct why why) {
    if (stronger(flow, &fact) || (why.rule == flow->without && why.rule != RULE_GIVEN))
        return;
    grow(flow);
    if (!(flow->fact_count & (flow->fact_count - 1)))
        flow->facts = text_grow(flow->facts, 2 * flow->fact_count, sizeof *flow->facts);
    fact.rule = (uint8_t)why.rule;
    size_t kept = 0;
    for (size_t i = 0; i < PREMISES; i++)
        if (why.premise[i])
            fact.premise[kept++] = why.premise[i];
    uint32_t index = flow->fact_count++;
    flow->facts[index] = fact;
    *place_of(flow, &fact) = index;
    list(flow, index);
}

struct flow_cap flow_fact_cap(const struct flow_fact *fact) {
    return (struct flow_cap){
        .type = (enum flow_type)fact->type, .object = fact->to, .restr = fact->restr, .blocked = fact->blocked};
}

static struct flow_fact has(uint32_t holder, enum flow_place place, struct flow_cap cap) {
    bool anew = place == FLOW_REGISTER && flow_is_memory(cap.type); /* its holder can give it any guard */
    return (struct flow_fact){.kind = FACT_HAS,
                              .from = holder,
                              .to = cap.object,
                              .via = FLOW_NONE,
                              .place = (uint8_t)place,
                              .type = (uint8_t)cap.type,
                              .restr = (uint8_t)cap.restr,
                              .blocked = cap.blocked && !anew,
                              .number = -1};
}

void flow_add_has(struct flow *flow, uint32_t holder, enum flow_place place, struct flow_cap cap, struct why why) {
    flow_add(flow, has(holder, place, cap), why);
}

void flow_given(struct flow *flow, uint32_t holder, enum flow_place place, int number, struct flow_cap cap) {
    struct flow_fact fact = has(holder, place, cap);
    fact.number = (int16_t)number;
    if (place == FLOW_BACKGROUND)
        flow->nodes[holder].background = true;
    flow_add(flow, fact, (struct why){RULE_GIVEN, {0}});
}

void flow_add_link(struct flow *flow, uint32_t from, enum flow_place place, uint32_t to, enum flow_place to_place,
                   enum flow_weak weak, struct why why) {
    if (from == to && place == to_place)
        return;
    flow_add(flow,
             (struct flow_fact){.kind = FACT_LINK,
                                .from = from,
                                .to = to,
                                .via = FLOW_NONE,
                                .place = (uint8_t)place,
                                .to_place = (uint8_t)to_place,
                                .weak = (uint8_t)weak},
             why);
}

void flow_add_of(struct flow *flow, enum flow_kind kind, uint32_t from, uint32_t to, struct why why) {
    flow_add(flow, (struct flow_fact){.kind = (uint8_t)kind, .from = from, .to = to, .via = FLOW_NONE}, why);
}

void flow_add_informs(struct flow *flow, uint32_t from, uint32_t to, struct why why) {
    if (from != to)
        flow_add_of(flow, FACT_INFORMS, from, to, why);
}

void flow_add_copies(struct flow *flow, uint32_t from, uint32_t to, struct why why) {
    if (from != to)
        flow_add_of(flow, FACT_COPIES, from, to, why);
}

uint32_t flow_find(const struct flow *flow, enum flow_kind kind, uint32_t from, uint32_t to) {
    return lookup(flow, &(struct flow_fact){.kind = (uint8_t)kind, .from = from, .to = to, .via = FLOW_NONE});
}

void flow_solve(struct flow *flow) {
    for (; flow->done < flow->fact_count; flow->done++)
        flow_consequences(flow, flow->done);
}

/* ---- Questions */

size_t flow_way(const struct flow *flow, uint32_t a, uint32_t b, uint32_t **facts) {
    uint32_t *came = text_grow(NULL, flow->node_count, sizeof *came), *queue = text_grow(NULL, flow->node_count, 4);
    memset(came, 0, flow->node_count * sizeof *came);
    size_t first = 0, last = 0, length = 0;
    queue[last++] = a;
    while (first < last && !came[b]) {
        uint32_t node = queue[first++];
        for (EACH_FROM(i, flow, node, FACT_INFORMS)) {
            uint32_t to = flow->facts[i].to;
            if (to == a || came[to])
                continue;
            came[to] = i;
            queue[last++] = to;
        }
    }
    for (uint32_t node = b; node != a && came[node]; node = flow->facts[came[node]].from)
        length++;
    if (facts)
        *facts = length ? text_grow(NULL, length, sizeof **facts) : NULL;
    size_t at = length;
    for (uint32_t node = b; facts && at > 0; node = flow->facts[came[node]].from)
        (*facts)[--at] = came[node];
    free(came);
    free(queue);
    return length;
}

bool flow_holds(const struct flow *flow, uint32_t holder, enum flow_place place, struct flow_cap cap) {
    struct flow_fact fact = has(holder, place, cap);
    if (stronger(flow, &fact))
        return true;
    return flow_anywhere(flow, holder, place, cap.type) &&
           flow_holds(flow, flow->facts[flow->range].from, FLOW_REGISTER, cap);
}

bool flow_acts(const struct flow *flow, uint32_t process) {
    return flow_find(flow, FACT_ACTS, process, process) != 0;
}

/* Does another fact say more? */
static bool outdone(const struct flow *flow, uint32_t index) {
    const struct flow_fact *fact = &flow->facts[index];
    uint32_t best = stronger(flow, fact);
    if (best != index)
        return true;
    for (EACH_TO(i, flow, fact->to, FACT_HAS)) {
        const struct flow_fact *other = &flow->facts[i];
        if (i != index && other->from == fact->from && other->place == fact->place && other->type == fact->type &&
            (other->restr & ~fact->restr & RESTRICTIONS) == 0 && other->blocked <= fact->blocked)
            return true;
    }
    return false;
}

uint32_t flow_could_hold(const struct flow *flow, uint32_t holder, enum flow_place place, uint32_t object,
                         uint32_t after) {
    if (flow_anywhere(flow, holder, place, flow->nodes[object].type)) {
        holder = flow->facts[flow->range].from;
        place = FLOW_REGISTER;
    }
    uint32_t i = after ? flow->facts[after].next_to : flow->nodes[object].to[FACT_HAS];
    while (i && (flow->facts[i].from != holder || flow->facts[i].place != place || outdone(flow, i)))
        i = flow->facts[i].next_to;
    return i;
}
