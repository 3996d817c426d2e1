/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "compare.h"

#include <facet/abi.h>
#include <stdio.h>
#include <stdlib.h>

static const enum flow_type types[KINDS] = {FLOW_PAGE,    FLOW_CAPPAGE, FLOW_GPT,      FLOW_PROCESS,
                                            FLOW_PROCESS, FLOW_PROCESS, FLOW_ENDPOINT, FLOW_FORWARDER,
                                            FLOW_TOOL,    FLOW_DEBUG,   FLOW_RANGE};
static const enum flow_place places[PLACES] = {FLOW_REGISTER,  FLOW_SPACE,   FLOW_KEEPER, FLOW_BACKGROUND,
                                               FLOW_RECIPIENT, FLOW_HANDLER, FLOW_TARGET, FLOW_BRAND};
static const char *const kind_names[KINDS] = {"page",     "cappage",   "gpt",  "process", "trusted", "stopped",
                                              "endpoint", "forwarder", "tool", "debug",   "range"};

static struct flow_cap cap_of(const struct graph *graph, int cap) {
    struct flow_cap result = {.object = FLOW_NONE};
    unsigned restr = (unsigned)cap % RESTRICTIONS;
    if (cap >= WINDOW_CAP)
        result.type = FLOW_WINDOW;
    else
        result.object =
            cap < NODES * RESTRICTIONS ? (uint32_t)cap / RESTRICTIONS : (uint32_t)(cap - NODES * RESTRICTIONS) / 3;
    if (cap < NODES * RESTRICTIONS || cap >= WINDOW_CAP) {
        restr = cap >= WINDOW_CAP ? (unsigned)(cap - WINDOW_CAP) : restr;
        result.restr = (restr & RO ? CAP_RO : 0u) | (restr & WK ? CAP_WK : 0u) | (restr & OP ? CAP_OP : 0u) |
                       (restr & NC ? CAP_NC : 0u);
    }
    if (result.object == FLOW_NONE)
        return result;
    enum kind kind = graph->kind[result.object];
    unsigned what = cap < NODES * RESTRICTIONS ? TO_SELF : (unsigned)(cap - NODES * RESTRICTIONS) % 3;
    result.type = what == TO_SELF     ? types[kind]
                  : kind == ENDPOINT  ? FLOW_ENTRY
                  : kind == FORWARDER ? FLOW_FORWARD
                  : what == TO_RESUME ? FLOW_RESUME
                                      : FLOW_FAULT;
    result.blocked = kind == ENDPOINT && what == TO_FAULT;
    result.restr |= kind == FORWARDER && what == TO_FAULT ? FLOW_MUTE : 0u;
    return result;
}

static enum flow_place place_of(const struct graph *graph, unsigned node, enum place place) {
    return place == IN_SET && !is_process(graph->kind[node]) ? FLOW_SLOT : places[place];
}

struct flow *flow_of(const struct graph *graph) {
    static const enum flow_trust trusts[KINDS] = {[TRUSTED] = FLOW_TRUSTED, [STOPPED] = FLOW_STOPPED};
    struct flow *flow = flow_new();
    for (unsigned i = 0; i < graph->count - graph->made; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s%u", kind_names[graph->kind[i]], i);
        flow_node(flow, types[graph->kind[i]], name, trusts[graph->kind[i]]);
    }
    for (unsigned i = 0; i < graph->count - graph->made; i++) {
        for (int cap = 0; cap < CAPS; cap++)
            if (capset_has(&graph->first.set[i], cap))
                flow_given(flow, i, place_of(graph, i, IN_SET), -1, cap_of(graph, cap));
        for (enum place place = AS_SPACE; place < PLACES; place++)
            if (graph->first.place[place][i] != NO_CAP)
                flow_given(flow, i, place_of(graph, i, place), -1, cap_of(graph, graph->first.place[place][i]));
    }
    return flow;
}

static enum other other_cap(int cap) {
    return (enum other)((cap - NODES * RESTRICTIONS) % 3);
}

/* Is there one with these restrictions, or fewer? */
static bool seen_with(const struct seen *seen, unsigned node, int cap) {
    if (cap >= NODES * RESTRICTIONS && cap < WINDOW_CAP)
        return capset_has(&seen->set[node], cap);
    int base = cap >= WINDOW_CAP ? WINDOW_CAP : cap - cap % RESTRICTIONS, restr = cap - base;
    for (int less = 0; less <= restr; less++)
        if (!(less & ~restr) && capset_has(&seen->set[node], base + less))
            return true;
    return false;
}

/* A number that stands for a capability there can be. */
static bool exists(const struct graph *graph, int cap) {
    if (cap >= WINDOW_CAP)
        return true;
    unsigned node =
        cap < NODES * RESTRICTIONS ? (unsigned)cap / RESTRICTIONS : (unsigned)(cap - NODES * RESTRICTIONS) / 3;
    if (node >= graph->count - graph->made)
        return false;
    enum kind kind = graph->kind[node];
    if (is_memory(kind) != (cap < NODES * RESTRICTIONS))
        return false;
    return is_memory(kind) || kind == ENDPOINT || kind == FORWARDER || is_process(kind) ||
           (cap - NODES * RESTRICTIONS) % 3 == TO_SELF;
}

static void differs(struct difference *difference, const struct flow *flow, bool came_true, bool tell, unsigned node,
                    struct flow_cap cap) {
    char *text = flow_cap_text(flow, cap);
    if (came_true)
        difference->unsound++;
    else
        difference->inexact++;
    if (tell)
        printf("  %s: %s could hold %s%s\n", came_true ? "flow denies" : "flow alone says", flow_name(flow, node), text,
               cap.blocked ? " (void)" : "");
    free(text);
}

struct difference compare(const struct graph *graph, const struct flow *flow, const struct seen *seen, bool tell) {
    struct difference difference = {0, 0};
    unsigned count = graph->count - graph->made; /* flow has its own names for the others */
    for (unsigned node = 0; node < count; node++)
        for (int c = 0; c < CAPS; c++) {
            if (!exists(graph, c))
                continue;
            struct flow_cap cap = cap_of(graph, c);
            bool says = flow_holds(flow, node, place_of(graph, node, IN_SET), cap);
            bool weaker = (cap.blocked || cap.type == FLOW_FORWARD) && other_cap(c) == TO_FAULT;
            bool came_true = seen_with(seen, node, c) || (weaker && capset_has(&seen->set[node], c - 1));
            if (says != came_true)
                differs(&difference, flow, came_true, tell, node, cap);
        }
    for (unsigned a = 0; a < count; a++)
        for (unsigned b = 0; b < count; b++) {
            bool says = a == b || flow_way(flow, a, b, NULL, 0) > 0, came_true = seen->taint[b] >> a & 1;
            difference.unsound += came_true && !says;
            difference.inexact += says && !came_true;
            if (says != came_true && tell)
                printf("  %s: %s -> %s\n", came_true ? "flow denies" : "flow alone says", flow_name(flow, a),
                       flow_name(flow, b));
        }
    return difference;
}

static void print_cap(const struct flow *flow, const struct graph *graph, unsigned node, const char *where, int cap) {
    struct flow_cap look = cap_of(graph, cap);
    char *text = flow_cap_text(flow, look);
    printf("  %s %s: %s%s\n", flow_name(flow, node), where, text, look.blocked ? " (void)" : "");
    free(text);
}

void graph_print(const struct graph *graph) {
    static const char *const names[] = {"holds",     "space",   "keeper", "background",
                                        "recipient", "handler", "target", "brand"};
    struct flow *flow = flow_of(graph);
    for (unsigned i = 0; i < graph->count - graph->made; i++) {
        printf("  %s\n", flow_name(flow, i));
        for (int cap = 0; cap < CAPS; cap++)
            if (capset_has(&graph->first.set[i], cap))
                print_cap(flow, graph, i, names[0], cap);
        for (enum place place = AS_SPACE; place < PLACES; place++)
            if (graph->first.place[place][i] != NO_CAP)
                print_cap(flow, graph, i, names[place], graph->first.place[place][i]);
    }
    flow_free(flow);
}
