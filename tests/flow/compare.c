/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "compare.h"
#include "debugger/flow_internal.h"

#include <facet/abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const enum flow_type types[KINDS] = {FLOW_PAGE,    FLOW_CAPPAGE, FLOW_GPT,      FLOW_PROCESS,
                                            FLOW_PROCESS, FLOW_PROCESS, FLOW_ENDPOINT, FLOW_FORWARDER,
                                            FLOW_TOOL,    FLOW_DEBUG,   FLOW_RANGE,    FLOW_OUTSIDE};
static const enum flow_place places[PLACES] = {FLOW_REGISTER,  FLOW_SPACE,   FLOW_KEEPER, FLOW_BACKGROUND,
                                               FLOW_RECIPIENT, FLOW_HANDLER, FLOW_TARGET, FLOW_BRAND};
static const char *const kind_names[KINDS] = {"page",     "cappage",   "gpt",  "process", "trusted", "stopped",
                                              "endpoint", "forwarder", "tool", "debug",   "range",   "outside"};

static const unsigned restrictions[] = {[RO] = CAP_RO, [WK] = CAP_WK, [OP] = CAP_OP, [NC] = CAP_NC};

static struct flow_cap cap_of(const struct graph *graph, int cap) {
    struct flow_cap result = {.object = FLOW_NONE};
    for (unsigned bit = RO; bit <= NC; bit <<= 1)
        result.restr |= restr_of(cap) & bit ? restrictions[bit] : 0u;
    if (window_cap(cap)) {
        result.type = FLOW_WINDOW;
        return result;
    }
    result.object = node_of(cap);
    enum kind kind = graph->kind[node_of(cap)];
    enum other what = other_of(cap);
    result.type = what == TO_SELF     ? types[kind]
                  : kind == ENDPOINT  ? FLOW_ENTRY
                  : kind == FORWARDER ? FLOW_FORWARD
                  : kind == OUTSIDE   ? FLOW_TO_OUTSIDE
                  : what == TO_RESUME ? FLOW_RESUME
                                      : FLOW_FAULT;
    result.blocked = kind == ENDPOINT && what == TO_FAULT;
    result.restr |= kind == FORWARDER && what == TO_FAULT ? FLOW_MUTE : 0u;
    return result;
}

/* The number that stands for it. */
static int number_of(struct flow_cap cap) {
    unsigned restr = 0;
    for (unsigned bit = RO; bit <= NC; bit <<= 1)
        restr |= cap.restr & restrictions[bit] ? bit : 0u;
    if (cap.type == FLOW_WINDOW)
        return WINDOW_CAP + (int)restr;
    if (flow_is_memory(cap.type))
        return MEMORY_CAP((int)cap.object, (int)restr);
    bool less = cap.blocked || cap.type == FLOW_FAULT || (cap.type == FLOW_FORWARD && cap.restr & FLOW_MUTE);
    bool right = cap.type == FLOW_ENTRY || cap.type == FLOW_FORWARD || cap.type == FLOW_RESUME ||
                 cap.type == FLOW_FAULT || cap.type == FLOW_TO_OUTSIDE;
    return OTHER_CAP((int)cap.object, !right ? TO_SELF : less ? TO_FAULT : TO_RESUME);
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
        for (EACH_CAP(cap, &graph->first.set[i]))
            flow_given(flow, i, place_of(graph, i, IN_SET), -1, cap_of(graph, cap));
        for (enum place place = AS_SPACE; place < PLACES; place++)
            if (graph->first.place[place][i] != NO_CAP)
                flow_given(flow, i, place_of(graph, i, place), -1, cap_of(graph, graph->first.place[place][i]));
    }
    return flow;
}

static bool is_original(const struct graph *graph, unsigned node) {
    return node < graph->count - graph->made; /* of what is made, flow has names of its own */
}

/* Each capability stands also for those with more restrictions, an Entry for a void one, a Forward for one that does
 * not tell of the forwarder. */
static void add_lesser(const struct graph *graph, struct capset *set) {
    for (unsigned i = 0; i * 64 < OTHER_CAP(0, 0); i++) {
        uint64_t memory = OTHER_CAP(0, 0) - (int)i * 64 >= 64 ? ~0ul : (1ul << OTHER_CAP(0, 0) % 64) - 1;
        uint64_t word = set->word[i] & memory;
        word |= (word & 0x5555555555555555) << RO;
        word |= (word & 0x3333333333333333) << WK;
        word |= (word & 0x0f0f0f0f0f0f0f0f) << OP;
        word |= (word & 0x00ff00ff00ff00ff) << NC;
        set->word[i] |= word;
    }
    for (unsigned node = 0; node < graph->count; node++)
        if ((graph->kind[node] == ENDPOINT || graph->kind[node] == FORWARDER) &&
            capset_has(set, OTHER_CAP((int)node, TO_RESUME)))
            capset_add(set, OTHER_CAP((int)node, TO_FAULT));
}

/* Everybody to whom it could come from the node. */
static void spread(const struct flow *flow, uint32_t node, bool *reached) {
    reached[node] = true;
    for (EACH_FROM(i, flow, node, FACT_INFORMS))
        if (!reached[flow->facts[i].to])
            spread(flow, flow->facts[i].to, reached);
}

/* Who has a Range could put anywhere what he could have; there are no facts for it. */
static void add_anywhere(const struct graph *graph, const struct flow *flow, struct seen *said) {
    uint32_t holder = flow->facts[flow->range].from;
    for (unsigned node = 0; flow->range && is_original(graph, node); node++)
        for (unsigned i = 0; flow_anywhere(flow, node, place_of(graph, node, IN_SET), FLOW_PAGE) && i < WORDS; i++)
            said->set[node].word[i] |= said->set[holder].word[i];
}

static void add_made(const struct graph *graph, struct seen *said) {
    unsigned original = graph->count - graph->made;
    for (unsigned made = original; made < graph->count; made++) {
        memset(&said->set[made], 0xff, sizeof said->set[made]);
        said->taint[made] = ~(nodeset)0;
        for (unsigned node = 0; node < original; node++) {
            said->taint[node] |= NODE(made);
            for (int i = 0; i < RESTRICTIONS; i++)
                capset_add(&said->set[node], MEMORY_CAP((int)made, i));
            for (int what = TO_SELF; what <= TO_FAULT; what++)
                capset_add(&said->set[node], OTHER_CAP((int)made, what));
        }
    }
}

void all_said(const struct graph *graph, const struct flow *flow, struct seen *said) {
    bool *reached = calloc(flow->node_count, 1);
    memset(said, 0, sizeof *said);
    for (uint32_t i = 1; i < flow->fact_count; i++) {
        const struct flow_fact *fact = &flow->facts[i];
        if (fact->kind == FACT_HAS && is_original(graph, fact->from) &&
            (fact->to == FLOW_NONE || is_original(graph, fact->to)) &&
            fact->place == place_of(graph, fact->from, IN_SET))
            capset_add(&said->set[fact->from], number_of(flow_fact_cap(fact)));
    }
    add_anywhere(graph, flow, said);
    for (unsigned node = 0; is_original(graph, node); node++) {
        add_lesser(graph, &said->set[node]);
        memset(reached, 0, flow->node_count);
        spread(flow, node, reached);
        for (unsigned to = 0; is_original(graph, to); to++)
            said->taint[to] |= reached[to] ? NODE(node) : 0;
    }
    free(reached);
    add_made(graph, said);
}

/* Does it exist, and is it to an original object? */
static bool exists(const struct graph *graph, int cap) {
    if (window_cap(cap))
        return true;
    if (!is_original(graph, node_of(cap)))
        return false;
    enum kind kind = graph->kind[node_of(cap)];
    return is_memory(kind) == memory_cap(cap) &&
           (other_of(cap) == TO_SELF || (kind == OUTSIDE && other_of(cap) == TO_RESUME) || kind == ENDPOINT ||
            kind == FORWARDER || is_process(kind));
}

static void tell_cap(const struct graph *graph, const struct flow *flow, bool denied, unsigned node, int cap) {
    struct flow_cap look = cap_of(graph, cap);
    char *text = flow_cap_text(flow, look);
    printf("  %s: %s could hold %s%s\n", denied ? "flow denies" : "flow alone says", flow_name(flow, node), text,
           look.blocked ? " (void)" : "");
    free(text);
}

static void tell_way(const struct flow *flow, bool denied, unsigned from, unsigned to) {
    printf("  %s: %s -> %s\n", denied ? "flow denies" : "flow alone says", flow_name(flow, from), flow_name(flow, to));
}

static unsigned compare_caps(const struct graph *graph, const struct flow *flow, unsigned node,
                             const struct capset *more, const struct capset *less, bool denied, bool tell) {
    unsigned count = 0;
    struct capset differ = *more;
    for (unsigned i = 0; i < WORDS; i++)
        differ.word[i] &= ~less->word[i];
    for (EACH_CAP(cap, &differ)) {
        if (!exists(graph, cap))
            continue;
        count++;
        if (tell)
            tell_cap(graph, flow, denied, node, cap);
    }
    return count;
}

static unsigned compare_ways(const struct flow *flow, unsigned node, nodeset more, nodeset less, bool denied,
                             bool tell) {
    nodeset differ = more & ~less;
    for (unsigned from = 0; tell && from < NODES; from++)
        if (differ >> from & 1)
            tell_way(flow, denied, from, node);
    return (unsigned)__builtin_popcountl(differ);
}

struct difference compare(const struct graph *graph, const struct flow *flow, const struct seen *seen, enum tell tell) {
    struct difference difference = {0, 0};
    nodeset original = NODE(graph->count - graph->made) - 1;
    struct seen said;
    all_said(graph, flow, &said);
    for (unsigned node = 0; is_original(graph, node); node++) {
        struct capset set = seen->set[node];
        nodeset taint = seen->taint[node] & original;
        add_lesser(graph, &set);
        difference.unsound += compare_caps(graph, flow, node, &set, &said.set[node], true, tell >= TELL_DENIED) +
                              compare_ways(flow, node, taint, said.taint[node], true, tell >= TELL_DENIED);
        difference.inexact += compare_caps(graph, flow, node, &said.set[node], &set, false, tell >= TELL_ALL) +
                              compare_ways(flow, node, said.taint[node] & original, taint, false, tell >= TELL_ALL);
    }
    return difference;
}

unsigned asked(const struct graph *graph, const struct flow *flow) {
    unsigned differ = 0;
    struct seen said;
    all_said(graph, flow, &said);
    for (unsigned node = 0; is_original(graph, node); node++) {
        for (int cap = 0; cap < CAPS; cap++)
            differ +=
                exists(graph, cap) && capset_has(&said.set[node], cap) !=
                                          flow_holds(flow, node, place_of(graph, node, IN_SET), cap_of(graph, cap));
        for (unsigned from = 0; is_original(graph, from); from++)
            differ += from != node && !(said.taint[node] >> from & 1) == (flow_way(flow, from, node, NULL) > 0);
    }
    return differ;
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
        for (EACH_CAP(cap, &graph->first.set[i]))
            print_cap(flow, graph, i, names[0], cap);
        for (enum place place = AS_SPACE; place < PLACES; place++)
            if (graph->first.place[place][i] != NO_CAP)
                print_cap(flow, graph, i, names[place], graph->first.place[place][i]);
    }
    flow_free(flow);
}

bool place_said(const struct graph *graph, const struct flow *flow, unsigned node, enum place place, int cap) {
    return cap == NO_CAP || !is_original(graph, node) || !exists(graph, cap) ||
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
        struct capset now = seen->set[node];
        add_lesser(graph, &first.set[node]);
        add_lesser(graph, &now);
        for (int cap = 0; cap < CAPS; cap++)
            if (exists(graph, cap) && !capset_has(&first.set[node], cap))
                count_share(&share, capset_has(&said->set[node], cap), capset_has(&now, cap));
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
