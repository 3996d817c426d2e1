/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * All states of a system: overwriting, and all orders of it.
 */
#include "run.h"

#include <stdlib.h>
#include <string.h>

static bool entry_cap(const struct graph *graph, int cap) {
    return other_cap(cap) && (graph->kind[node_of(cap)] == ENDPOINT || graph->kind[node_of(cap)] == FORWARDER) &&
           other_of(cap) != TO_SELF;
}

struct search {
    struct run run;
    struct world *worlds;
    unsigned long count, room, limit;
    unsigned *slot; /* a table of them, twice as large as there is room: number + 1; 0: free */
    bool all;
};

static unsigned long sum_of(const struct world *world) {
    uint64_t sum = 0, word;
    for (size_t at = 0; at < sizeof *world; at += sizeof word) {
        memcpy(&word, (const char *)world + at, sizeof word);
        sum = ((sum ^ word) * 0x9e3779b97f4a7c15) ^ sum >> 29;
    }
    return sum ^ sum >> 32;
}

/* Where it is, or would be. */
static unsigned *slot_of(const struct search *search, const struct world *world) {
    unsigned long i = sum_of(world) & (2 * search->room - 1);
    while (search->slot[i] && memcmp(&search->worlds[search->slot[i] - 1], world, sizeof *world) != 0)
        i = (i + 1) & (2 * search->room - 1);
    return &search->slot[i];
}

static void make_room(struct search *search) {
    if (search->count < search->room)
        return;
    search->room = search->room ? 2 * search->room : 16;
    search->worlds = realloc(search->worlds, search->room * sizeof *search->worlds);
    free(search->slot);
    search->slot = calloc(2 * search->room, sizeof *search->slot);
    if (!search->worlds || !search->slot)
        abort();
    for (unsigned i = 0; i < search->count; i++)
        *slot_of(search, &search->worlds[i]) = i + 1;
}

static void visit(struct search *search, const struct world *world) {
    search->run.world = *world;
    settle(&search->run);
    make_room(search);
    unsigned *slot = slot_of(search, &search->run.world);
    if (*slot)
        return;
    if (search->count == search->limit) {
        search->all = false;
        return;
    }
    search->worlds[search->count++] = search->run.world;
    *slot = (unsigned)search->count;
}

bool may_be(const struct graph *graph, enum place place, int cap) {
    switch (place) {
    case AS_SPACE:
        return memory_cap(cap) && graph->kind[node_of(cap)] != CAPPAGE;
    case AS_BACKGROUND:
        return memory_cap(cap);
    case AS_BRAND:
        return !window_cap(cap);
    case AS_RECIPIENT:
        return other_cap(cap) && is_process(graph->kind[node_of(cap)]) && other_of(cap) == TO_SELF;
    default:
        return entry_cap(graph, cap);
    }
}

/* Is there the same with fewer restrictions? Then it need not be tried. */
static bool outdone(const struct capset *set, int cap) {
    if (!memory_cap(cap))
        return false;
    for (unsigned restr = 0; restr < restr_of(cap); restr++)
        if ((restr & ~restr_of(cap)) == 0 && capset_has(set, MEMORY_CAP((int)node_of(cap), (int)restr)))
            return true;
    return false;
}

/* What a Range makes is in its maker's hands alone: of it, only endpoints and pages are tried in all states. */
static bool is_made(const struct graph *graph, unsigned node) {
    return node >= graph->count - graph->made && graph->kind[node] != ENDPOINT && graph->kind[node] != PAGE;
}

static void overwrite(struct search *search, const struct world *from, unsigned by, enum place place, unsigned object) {
    struct world next = *from;
    for (EACH_CAP(cap, &from->set[by])) {
        if (!may_be(search->run.graph, place, cap) ||
            (place != AS_RECIPIENT && is_made(search->run.graph, node_of(cap))) || outdone(&from->set[by], cap) ||
            from->place[place][object] == cap)
            continue;
        next.place[place][object] = (int16_t)cap;
        visit(search, &next);
    }
    if (place == AS_BACKGROUND && from->place[place][object] != NO_CAP) {
        next.place[place][object] = NO_CAP;
        visit(search, &next);
    }
}

static bool has_kind(const struct graph *graph, enum kind kind) {
    for (unsigned i = 0; i < graph->count; i++)
        if (graph->kind[i] == kind)
            return true;
    return false;
}

static bool holds_kind(const struct run *run, unsigned process, enum kind kind) {
    for (unsigned i = 0; i < run->graph->count; i++)
        if (run->graph->kind[i] == kind && capset_has(&run->world.set[process], OTHER_CAP((int)i, TO_SELF)))
            return true;
    return false;
}

bool overwrites(const struct run *run, unsigned by, int cap, enum place place) {
    if (window_cap(cap))
        return false;
    enum kind kind = run->graph->kind[node_of(cap)];
    if (place == AS_HANDLER)
        return (kind == GPT || kind == PAGE) && holds_kind(run, by, DEBUG);
    if (kind == GPT)
        return (place == AS_KEEPER || place == AS_BACKGROUND) && !(restr_of(cap) & (RO | WK | OP));
    if (is_memory(kind) || other_of(cap) != TO_SELF)
        return false;
    if (is_process(kind))
        return place == AS_SPACE || place == AS_KEEPER || (place == AS_BRAND && has_kind(run->graph, TOOL));
    return (kind == FORWARDER && place == AS_TARGET) || (kind == ENDPOINT && place == AS_RECIPIENT);
}

static void overwrite_by(struct search *search, const struct world *from, unsigned by, int cap) {
    if (window_cap(cap) || is_made(search->run.graph, node_of(cap)))
        return;
    search->run.world = *from;
    bool can[PLACES];
    for (enum place place = AS_SPACE; place < PLACES; place++)
        can[place] = overwrites(&search->run, by, cap, place);
    for (enum place place = AS_SPACE; place < PLACES; place++)
        if (can[place])
            overwrite(search, from, by, place, node_of(cap));
}

static void note(struct seen *seen, const struct world *world) {
    for (unsigned i = 0; i < NODES; i++) {
        for (unsigned w = 0; w < WORDS; w++)
            seen->set[i].word[w] |= world->set[i].word[w];
        seen->taint[i] |= world->taint[i];
    }
}

void explore(const struct graph *graph, unsigned long limit, struct seen *seen) {
    struct search search = {.run = {.graph = graph}, .limit = limit, .all = true};
    memset(seen, 0, sizeof *seen);
    visit(&search, &graph->first);
    for (unsigned long i = 0; i < search.count; i++) {
        struct world from = search.worlds[i];
        note(seen, &from);
        for (unsigned by = 0; by < graph->count; by++) {
            search.run.world = from;
            if (!acts(&search.run, by))
                continue;
            for (EACH_CAP(cap, &from.set[by]))
                overwrite_by(&search, &from, by, cap);
        }
    }
    seen->states = search.count;
    seen->all = search.all;
    free(search.worlds);
    free(search.slot);
}
