/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Forwarders, ProcessTool, Range.
 */
#include "run.h"

/* ---- Forwarders */

struct sent route(const struct run *run, int cap) {
    struct sent sent = {-1, -1, -1, 0};
    while (cap != NO_CAP && run->graph->kind[node_of(cap)] == FORWARDER) {
        unsigned forwarder = node_of(cap);
        if (sent.passed >> forwarder & 1)
            return sent; /* a circle */
        sent.passed |= NODE(forwarder);
        if (other_of(cap) == TO_RESUME)
            sent.told = (int)forwarder;
        cap = run->world.place[AS_TARGET][forwarder];
    }
    if (cap == NO_CAP || (other_of(cap) == TO_FAULT && !(run->world.takes >> node_of(cap) & 1)))
        return sent;
    int recipient = run->world.place[AS_RECIPIENT][node_of(cap)];
    sent.endpoint = (int)node_of(cap);
    sent.to = recipient == NO_CAP ? -1 : (int)node_of(recipient);
    return sent;
}

/* Whoever sends notices whether a forwarder on the way holds the message back. */
void use_forward(struct run *run, unsigned process, int cap) {
    struct sent sent = route(run, cap);
    for (unsigned i = 0; i < run->graph->count; i++)
        if (sent.passed >> i & 1)
            inform(run, i, process);
}

void use_forwarder(struct run *run, unsigned process, unsigned forwarder) {
    int target = run->world.place[AS_TARGET][forwarder];
    inform(run, process, forwarder);
    inform(run, forwarder, process);
    give_all(run, process, forwarder);
    give_all(run, forwarder, process);
    give(run, process, OTHER_CAP((int)forwarder, TO_RESUME));
    give(run, process, OTHER_CAP((int)forwarder, TO_FAULT));
    if (target != NO_CAP)
        give(run, process, target);
}

/* ---- ProcessTool */

static bool shows(const struct run *run, unsigned process, int to) {
    int brand = to < 0 ? NO_CAP : run->world.place[AS_BRAND][to];
    if (brand == NO_CAP)
        return false;
    if (!memory_cap(brand))
        return capset_has(&run->world.set[process], brand);
    for (unsigned restr = 0; restr < RESTRICTIONS && !(restr_of(brand) & OP); restr++)
        if (!(restr & ~restr_of(brand)) &&
            capset_has(&run->world.set[process], MEMORY_CAP((int)node_of(brand), (int)restr)))
            return true; /* it adds the restrictions that are missing */
    return false;
}

void use_tool(struct run *run, unsigned process) {
    for (EACH_CAP(cap, &run->world.set[process])) {
        if (window_cap(cap))
            continue;
        enum kind kind = run->graph->kind[node_of(cap)];
        int keeper = kind == GPT ? run->world.place[AS_KEEPER][node_of(cap)] : NO_CAP;
        bool entry = (kind == ENDPOINT || kind == FORWARDER) && other_of(cap) != TO_SELF;
        struct sent sent = route(run, entry ? cap : keeper);
        if (!shows(run, process, sent.to))
            continue;
        inform(run, (unsigned)sent.to, process);
        inform(run, (unsigned)sent.endpoint, process);
        use_forward(run, process, entry ? cap : keeper);
        give(run, process, entry ? OTHER_CAP(sent.endpoint, TO_SELF) : MEMORY_CAP((int)node_of(cap), 0));
        if (entry && sent.told >= 0)
            give(run, process, OTHER_CAP(sent.told, TO_SELF));
    }
}

/* ---- Range. Each process has room for one object of each kind that it makes. */

static const enum kind makes[] = {PAGE, CAPPAGE, GPT, STOPPED, ENDPOINT};
#define MAKES (sizeof makes / sizeof *makes)

bool graph_room(struct graph *graph) {
    unsigned original = graph->count, range = 0, processes = 0;
    for (unsigned i = 0; i < original; i++) {
        range |= graph->kind[i] == RANGE;
        processes += is_process(graph->kind[i]);
    }
    graph->made = range ? processes * (unsigned)MAKES : 0;
    if (original + graph->made > NODES)
        return false;
    for (unsigned i = 0; i < graph->made; i++) {
        graph->kind[original + i] = makes[i % MAKES];
        graph->first.taint[original + i] = NODE(original + i);
    }
    graph->count += graph->made;
    return true;
}

static void make(struct run *run, unsigned process) {
    unsigned at = run->graph->count - run->graph->made;
    if (process >= at)
        return;
    for (unsigned i = 0; i < process; i++)
        at += is_process(run->graph->kind[i]) ? (unsigned)MAKES : 0;
    for (unsigned i = at; i < at + MAKES; i++)
        give(run, process, is_memory(run->graph->kind[i]) ? MEMORY_CAP((int)i, 0) : OTHER_CAP((int)i, TO_SELF));
}

/* Everybody who has a capability to the object notices that it is gone. */
static void rescind(struct run *run, unsigned process, unsigned object) {
    inform(run, process, object);
    for (unsigned i = 0; i < run->graph->count; i++) {
        bool has = false;
        for (EACH_CAP(cap, &run->world.set[i]))
            has |= !window_cap(cap) && node_of(cap) == object;
        for (enum place place = AS_SPACE; place < PLACES; place++)
            has |= run->world.place[place][i] != NO_CAP && node_of(run->world.place[place][i]) == object;
        if (has)
            inform(run, process, i);
    }
}

static bool is_object(enum kind kind) {
    return is_process(kind) || kind == ENDPOINT || kind == FORWARDER;
}

void use_range(struct run *run, unsigned process, unsigned range) {
    inform(run, process, range);
    inform(run, range, process);
    make(run, process);
    for (unsigned i = 0; i < run->graph->count - run->graph->made; i++)
        if (is_memory(run->graph->kind[i])) /* by their numbers */
            give(run, process, MEMORY_CAP((int)i, 0));
        else if (is_object(run->graph->kind[i]))
            give(run, process, OTHER_CAP((int)i, TO_SELF));
    for (EACH_CAP(cap, &run->world.set[process])) {
        if (window_cap(cap))
            continue;
        enum kind kind = run->graph->kind[node_of(cap)];
        if (memory_cap(cap) || (is_object(kind) && other_of(cap) == TO_SELF))
            rescind(run, process, node_of(cap));
    }
}
