/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graphs.h"

#include <stddef.h>

unsigned nodes;
enum kind kinds[NODES];
struct edge edges[EDGES];
unsigned edge_count;
bool few_restrictions;

/* ---- Capabilities that there can be */

static void add_edge(unsigned holder, enum place place, int cap, unsigned target) {
    edges[edge_count++] = (struct edge){(uint8_t)holder, (uint8_t)place, (int16_t)cap, (uint8_t)target};
}

/* The restrictions that some rule tells apart; of pairs, those that mean more than their parts. */
static const struct {
    unsigned few, all;
    unsigned char restr[8];
} restrictions[] = {
    [PAGE] = {2, 3, {0, RO, WK}},
    [CAPPAGE] = {2, 4, {0, WK, RO, OP}},
    [GPT] = {3, 7, {0, WK, OP, RO, NC, WK | OP, RO | NC}},
};

static void add_memory(unsigned holder, enum place place, unsigned target) {
    unsigned count = few_restrictions ? restrictions[kinds[target]].few : restrictions[kinds[target]].all;
    for (unsigned i = 0; i < count; i++)
        add_edge(holder, place, MEMORY_CAP((int)target, restrictions[kinds[target]].restr[i]), target);
}

static void add_set(unsigned holder, unsigned target) {
    if (is_memory(kinds[target])) {
        add_memory(holder, IN_SET, target);
        return;
    }
    add_edge(holder, IN_SET, OTHER_CAP((int)target, TO_SELF), target);
    if (kinds[target] == OUTSIDE)
        add_edge(holder, IN_SET, OTHER_CAP((int)target, TO_RESUME), target);
    if (kinds[target] == ENDPOINT || kinds[target] == FORWARDER)
        for (int what = TO_RESUME; what <= TO_FAULT; what++)
            add_edge(holder, IN_SET, OTHER_CAP((int)target, what), target);
}

/* A brand is compared, not used; so one kind of it will do. */
static void add_more_places(unsigned holder, unsigned target) {
    enum kind kind = kinds[holder], to = kinds[target];
    bool kept = is_process(kind) || kind == GPT, served = kind == PAGE || kind == GPT;
    if (is_process(kind) && to == CAPPAGE)
        add_edge(holder, AS_BRAND, MEMORY_CAP((int)target, RO), target);
    if (kind == FORWARDER && to == ENDPOINT)
        add_edge(holder, AS_TARGET, OTHER_CAP((int)target, TO_RESUME), target);
    if (served && to == OUTSIDE)
        add_edge(holder, AS_HANDLER, OTHER_CAP((int)target, TO_SELF), target);
    for (int what = TO_RESUME; what <= TO_FAULT && to == FORWARDER; what++) {
        if (kind == FORWARDER)
            add_edge(holder, AS_TARGET, OTHER_CAP((int)target, what), target);
        if (kept)
            add_edge(holder, AS_KEEPER, OTHER_CAP((int)target, what), target);
        if (served)
            add_edge(holder, AS_HANDLER, OTHER_CAP((int)target, what), target);
    }
}

static void add_places(unsigned holder, unsigned target) {
    enum kind kind = kinds[holder], to = kinds[target];
    if (is_process(kind) && (to == PAGE || to == GPT))
        add_memory(holder, AS_SPACE, target);
    if ((is_process(kind) || kind == GPT) && to == ENDPOINT)
        add_edge(holder, AS_KEEPER, OTHER_CAP((int)target, TO_RESUME), target);
    if (kind == GPT && is_memory(to))
        add_memory(holder, AS_BACKGROUND, target);
    if (kind == ENDPOINT && is_process(to))
        add_edge(holder, AS_RECIPIENT, OTHER_CAP((int)target, TO_SELF), target);
    if ((kind == PAGE || kind == GPT) && to == ENDPOINT)
        add_edge(holder, AS_HANDLER, OTHER_CAP((int)target, TO_RESUME), target);
}

void list_edges(void) {
    edge_count = 0;
    for (unsigned holder = 0; holder < nodes; holder++) {
        for (unsigned target = 0; target < nodes; target++) {
            if (is_process(kinds[holder]) || kinds[holder] == GPT || kinds[holder] == CAPPAGE ||
                kinds[holder] == FORWARDER)
                add_set(holder, target);
            add_places(holder, target);
            add_more_places(holder, target);
        }
        if (kinds[holder] == GPT)
            add_edge(holder, IN_SET, WINDOW_CAP, NODES);
    }
}

bool usable(void) {
    bool hostile = false;
    for (unsigned i = 0; i < nodes; i++)
        hostile |= kinds[i] == HOSTILE;
    return hostile;
}

/* ---- Chance: xorshift */

static uint64_t random_state;

unsigned random_below(unsigned limit) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state * 0x2545f4914f6cdd1d >> 33) % limit;
}

void random_begin(uint64_t seed) {
    random_state = seed * 2 + 1;
    for (int i = 0; i < 10; i++)
        random_below(2);
}
