/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every graph of so many nodes and capabilities, once up to the names of nodes, and random larger ones.
 *
 * usage: enumerate NODES CAPABILITIES…      all connected graphs of NODES nodes with each of these numbers
 *        enumerate kinds KIND… CAPABILITIES   of nodes of these kinds, in the order of enum kind
 *        enumerate random NODES CAPABILITIES COUNT SEED
 *        enumerate rules COUNT SEED         leaves rules out, one after the other, until each is missed
 */
#include "compare.h"
#include "debugger/flow_internal.h"
#include "graphs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MORE_IN 1000 /* random graphs: in one of so many flow may say more than can happen */
#define LIMIT 3000   /* states of a graph */
#define PERMUTATIONS 120

static unsigned permutations;
static int16_t renamed[PERMUTATIONS][EDGES];
static struct { unsigned long graphs, states, unsound, inexact, cut; } total;

/* ---- Names do not matter */

static int rename_cap(int cap, const unsigned *to) {
    if (cap >= WINDOW_CAP)
        return cap;
    if (cap < NODES * RESTRICTIONS)
        return MEMORY_CAP((int)to[cap / RESTRICTIONS], cap % RESTRICTIONS);
    int other = cap - NODES * RESTRICTIONS;
    return OTHER_CAP((int)to[other / 3], other % 3);
}

static void rename_edges(const unsigned *to) {
    for (unsigned i = 0; i < edge_count; i++) {
        int cap = rename_cap(edges[i].cap, to);
        for (unsigned j = 0; j < edge_count; j++)
            if (edges[j].holder == to[edges[i].holder] && edges[j].place == edges[i].place && edges[j].cap == cap)
                renamed[permutations][i] = (int16_t)j;
    }
    permutations++;
}

static void permute(unsigned *to, unsigned fixed) {
    if (fixed == nodes) {
        rename_edges(to);
        return;
    }
    for (unsigned i = 0; i < nodes; i++) {
        bool used = kinds[i] != kinds[fixed];
        for (unsigned j = 0; j < fixed; j++)
            used |= to[j] == i;
        if (used)
            continue;
        to[fixed] = i;
        permute(to, fixed + 1);
    }
}

static int order(const void *a, const void *b) {
    return *(const int16_t *)a - *(const int16_t *)b;
}

/* Is it the first of those that are the same but for names? */
static bool is_first(const int16_t *chosen, unsigned count) {
    for (unsigned p = 1; p < permutations; p++) {
        int16_t other[32];
        for (unsigned i = 0; i < count; i++)
            other[i] = renamed[p][chosen[i]];
        qsort(other, count, sizeof *other, order);
        unsigned i = 0;
        while (i < count && other[i] == chosen[i])
            i++;
        if (i < count && other[i] < chosen[i])
            return false;
    }
    return true;
}

/* Parts without a capability between them have nothing to do with each other. */
static bool is_connected(const int16_t *chosen, unsigned count) {
    unsigned reached = 1, before = 0;
    while (reached != before) {
        before = reached;
        for (unsigned i = 0; i < count; i++) {
            const struct edge *edge = &edges[chosen[i]];
            if (edge->target == NODES)
                continue;
            unsigned ends = 1u << edge->holder | 1u << edge->target;
            if (reached & ends)
                reached |= ends;
        }
    }
    return reached == (1u << nodes) - 1;
}

/* ---- Rules that are left out */

static bool leave_out, missed[RULES];

/* ---- */

static bool try_graph(const int16_t *chosen, unsigned count) {
    struct graph graph;
    struct seen seen;
    graph_begin(&graph, nodes, kinds);
    for (unsigned i = 0; i < count; i++)
        if (!graph_put(&graph, edges[chosen[i]].holder, (enum place)edges[chosen[i]].place, edges[chosen[i]].cap))
            return false;
    if (!graph_room(&graph)) {
        total.cut++;
        return true;
    }
    explore(&graph, LIMIT, &seen);
    if (leave_out)
        without_rules(&graph, &seen, missed);
    struct flow *flow = flow_of(&graph);
    flow_solve(flow);
    struct difference difference = compare(&graph, flow, &seen, TELL_NOTHING);
    total.graphs++;
    total.states += seen.states;
    total.unsound += difference.unsound > 0;
    total.inexact += seen.all && difference.inexact > 0;
    total.cut += !seen.all;
    if ((difference.unsound || (seen.all && difference.inexact)) && total.unsound + total.inexact <= 3) {
        printf("%u facts too few, %u too many:\n", difference.unsound, difference.inexact);
        graph_print(&graph);
        compare(&graph, flow, &seen, TELL_ALL);
    }
    flow_free(flow);
    return true;
}

static void choose(int16_t *chosen, unsigned count, unsigned wanted) {
    if (count == wanted) {
        if (is_connected(chosen, count) && is_first(chosen, count))
            try_graph(chosen, count);
        return;
    }
    for (int next = count ? chosen[count - 1] + 1 : 0; next < (int)edge_count; next++) {
        bool taken = false;
        for (unsigned i = 0; i < count; i++)
            taken |= edges[next].place != IN_SET && edges[chosen[i]].place == edges[next].place &&
                     edges[chosen[i]].holder == edges[next].holder;
        if (taken)
            continue;
        chosen[count] = (int16_t)next;
        choose(chosen, count + 1, wanted);
    }
}

static void prepare(void) {
    unsigned to[NODES];
    list_edges();
    permutations = 0;
    permute(to, 0);
}

static void each_kind(unsigned node, unsigned wanted) {
    int16_t chosen[32];
    if (node == nodes) {
        if (usable()) {
            prepare();
            choose(chosen, 0, wanted);
        }
        return;
    }
    for (enum kind kind = node ? kinds[node - 1] : PAGE; kind < KINDS; kind++) {
        if (kind == RANGE && NODES < 16)
            continue;
        kinds[node] = kind;
        each_kind(node + 1, wanted);
    }
}

static int report(const char *what, bool all) {
    printf("%s: %lu graphs, %lu states, %lu graphs too large; flow denies what can happen in %lu, says more in %lu\n",
           what, total.graphs, total.states, total.cut, total.unsound, total.inexact);
    return total.unsound || total.inexact * MORE_IN > (all ? 0 : total.graphs) ? 1 : 0;
}

static void random_graph(unsigned caps) {
    static const enum kind likely[] = {PAGE,    CAPPAGE, GPT,      GPT,      HOSTILE, HOSTILE,   HOSTILE,
                                       TRUSTED, STOPPED, ENDPOINT, ENDPOINT, DEBUG,   FORWARDER, TOOL};
    int16_t chosen[32] = {0};
    do
        for (unsigned i = 0; i < nodes; i++)
            kinds[i] = likely[random_below(sizeof likely / sizeof *likely)];
    while (!usable());
    list_edges();
    do
        for (unsigned i = 0; i < caps; i++)
            chosen[i] = (int16_t)random_below(edge_count);
    while (!try_graph(chosen, caps));
}

static void small_graphs(void) {
    for (nodes = 2; nodes <= 3; nodes++)
        for (unsigned caps = 1; caps <= 2; caps++)
            each_kind(0, caps);
}

/* Those of Range are missed with room for what it makes only. */
static int rules(long count, uint64_t seed) {
    leave_out = true;
    random_begin(seed);
    small_graphs();
    for (nodes = 5; nodes <= 6 && NODES < 16; nodes++)
        for (long i = count; i > 0; i--)
            random_graph(2 * nodes - 2);
    rules_report(missed, total.graphs);
    return total.unsound || total.inexact;
}

/* Kinds in their order, so that each graph comes once. */
static int these_kinds(int count, char **words) {
    static const char *const names[KINDS] = {"page",     "cappage",   "gpt",  "hostile", "trusted", "stopped",
                                             "endpoint", "forwarder", "tool", "debug",   "range"};
    int16_t chosen[32];
    for (nodes = 0; nodes < (unsigned)count; nodes++)
        for (kinds[nodes] = PAGE; kinds[nodes] < KINDS - 1 && strcmp(words[nodes], names[kinds[nodes]]) != 0;)
            kinds[nodes]++;
    prepare();
    choose(chosen, 0, (unsigned)atoi(words[count]));
    return report("these kinds", true);
}

int main(int argc, char **argv) {
    if (argc > 3 && argc - 3 <= NODES && strcmp(argv[1], "kinds") == 0)
        return these_kinds(argc - 3, argv + 2);
    if (argc == 4 && strcmp(argv[1], "rules") == 0)
        return rules(atol(argv[2]), strtoul(argv[3], NULL, 0));
    if (argc == 6 && strcmp(argv[1], "random") == 0) {
        nodes = (unsigned)atoi(argv[2]);
        random_begin(strtoul(argv[5], NULL, 0));
        for (long i = atol(argv[4]); i > 0; i--)
            random_graph((unsigned)atoi(argv[3]));
        return report("random", false);
    }
    if (argc < 3)
        return 2;
    nodes = (unsigned)atoi(argv[1]);
    int failed = 0;
    for (int i = 2; i < argc; i++) {
        char what[64];
        memset(&total, 0, sizeof total);
        each_kind(0, (unsigned)atoi(argv[i]));
        snprintf(what, sizeof what, "%u nodes, %s capabilities", nodes, argv[i]);
        failed |= report(what, true);
        fflush(stdout);
    }
    return failed;
}
