/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "compare.h"
#include "debugger/flow_internal.h"

#include <facet/abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static void differs(struct difference *difference, const struct flow *flow, bool came_true, enum tell tell,
                    unsigned node, struct flow_cap cap) {
    char *text = flow_cap_text(flow, cap);
    if (came_true)
        difference->unsound++;
    else
        difference->inexact++;
    if (tell >= (came_true ? TELL_DENIED : TELL_ALL))
        printf("  %s: %s could hold %s%s\n", came_true ? "flow denies" : "flow alone says", flow_name(flow, node), text,
               cap.blocked ? " (void)" : "");
    free(text);
}

struct difference compare(const struct graph *graph, const struct flow *flow, const struct seen *seen, enum tell tell) {
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
            if (says != came_true && tell >= (came_true ? TELL_DENIED : TELL_ALL))
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

/* ---- Everything at once */

static bool is_original(const struct graph *graph, unsigned node) {
    return node < graph->count - graph->made;
}

void all_said(const struct graph *graph, const struct flow *flow, struct seen *said) {
    memset(said, 0xff, sizeof *said);
    for (unsigned node = 0; is_original(graph, node); node++) {
        for (int cap = 0; cap < CAPS; cap++)
            if (exists(graph, cap) && !flow_holds(flow, node, place_of(graph, node, IN_SET), cap_of(graph, cap)))
                said->set[node].word[cap / 64] &= ~(1ul << cap % 64);
        for (unsigned from = 0; is_original(graph, from); from++)
            if (from != node && !flow_way(flow, from, node, NULL, 0))
                said->taint[node] &= ~NODE(from);
    }
}

bool place_said(const struct graph *graph, const struct flow *flow, unsigned node, enum place place, int cap) {
    return !is_original(graph, node) || !exists(graph, cap) ||
           flow_holds(flow, node, place_of(graph, node, place), cap_of(graph, cap));
}

static void count_share(struct share *share, bool said, bool seen) {
    share->all++;
    share->said += said;
    share->seen += said && seen;
}

struct share share(const struct graph *graph, const struct seen *said, const struct seen *seen) {
    struct share share = {0, 0, 0};
    struct seen first;
    memcpy(first.set, graph->first.set, sizeof first.set);
    for (unsigned node = 0; is_original(graph, node); node++) {
        for (int cap = 0; cap < CAPS; cap++)
            if (exists(graph, cap) && !seen_with(&first, node, cap))
                count_share(&share, capset_has(&said->set[node], cap), seen_with(seen, node, cap));
        for (unsigned from = 0; is_original(graph, from); from++)
            if (from != node)
                count_share(&share, said->taint[node] >> from & 1, seen->taint[node] >> from & 1);
    }
    return share;
}

/* ---- Rules that are left out */

void without_rules(const struct graph *graph, const struct seen *seen, bool *missed) {
    for (enum flow_rule rule = RULE_GIVEN + 1; rule < RULES; rule++) {
        if (missed[rule])
            continue;
        struct flow *flow = flow_of(graph);
        flow->without = rule;
        flow_solve(flow);
        missed[rule] = compare(graph, flow, seen, TELL_NOTHING).unsound > 0;
        flow_free(flow);
    }
}

void rules_report(const bool *missed, unsigned long graphs) {
    unsigned left = 0;
    for (enum flow_rule rule = RULE_GIVEN + 1; rule < RULES; rule++)
        if (!missed[rule]) {
            printf("not missed: %s\n", flow_rule_name(rule));
            left++;
        }
    printf("rules left out: %u missed, %u not, on %lu graphs\n", RULES - 1 - left, left, graphs);
}
