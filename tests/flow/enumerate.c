/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every graph of so many nodes and capabilities, once up to the names of nodes; those around some that are given; and
 * random larger ones.
 *
 * usage: enumerate [-f] [-r] NODES CAPABILITIES…   all connected graphs of NODES nodes with each of these numbers
 *        enumerate [-f] [-r] kinds KIND… CAPABILITIES   of nodes of these kinds, in the order of enum kind
 *        enumerate around LESS MORE         those of bases.c, with up to LESS of their capabilities gone, MORE of
 * others enumerate random NODES CAPABILITIES COUNT SEED enumerate rules COUNT SEED         leaves rules out, one after
 * the other, until each is missed -r  only those in which hostile processes have a way to every node -f  few
 * restrictions
 */
#include "bases.h"
#include "choose.h"
#include "compare.h"
#include "debugger/flow_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MORE_IN 1000 /* random graphs: in one of so many flow may say more than can happen */
/* States of a graph. With a Range one gets at all objects, and nearly everything comes true in the first ones. */
#define LIMIT 20000
#define LIMIT_RANGE 1000

struct total {
    unsigned long graphs, states, unsound, inexact, cut, unanswered;
};
static struct total total;

static bool leave_out, missed[RULES]; /* rules: one after the other */

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
    explore(&graph, graph.made ? LIMIT_RANGE : LIMIT, &seen);
    if (leave_out)
        without_rules(&graph, &seen, missed);
    struct flow *flow = flow_of(&graph);
    flow_solve(flow);
    struct difference difference = compare(&graph, flow, &seen, TELL_NOTHING);
    total.graphs++;
    total.states += seen.states;
    total.unanswered += nodes < 3 && asked(&graph, flow);
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

/* ---- Shared out among the processors */

static unsigned jobs = 1, job, turn;

static bool is_mine(void) {
    return turn++ % jobs == job;
}

static void add_total(const struct total *part) {
    total.graphs += part->graphs;
    total.states += part->states;
    total.unsound += part->unsound;
    total.inexact += part->inexact;
    total.cut += part->cut;
    total.unanswered += part->unanswered;
}

/* Does the work in one process for each processor, each of which takes what is_mine(). The sum comes into `total`. */
static void share_out(void (*work)(unsigned number), unsigned number) {
    jobs = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    size_t size = jobs * sizeof(struct total);
    struct total *parts = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (parts == MAP_FAILED)
        abort();
    fflush(stdout);
    memset(&total, 0, sizeof total);
    for (job = 0; job < jobs; job++) {
        if (fork() != 0)
            continue;
        work(number);
        parts[job] = total;
        exit(0);
    }
    for (unsigned i = 0; i < jobs; i++) {
        int status;
        if (wait(&status) < 0 || status != 0)
            abort();
    }
    for (unsigned i = 0; i < jobs; i++)
        add_total(&parts[i]);
    munmap(parts, size);
}

/* ---- Which graphs */

static bool only_reached;

static void try_chosen(const int16_t *chosen, unsigned count) {
    try_graph(chosen, count);
}

static void each_kind(unsigned node, unsigned caps) {
    if (node == nodes) {
        if (usable() && is_mine())
            choose(caps, only_reached, try_chosen);
        return;
    }
    for (enum kind kind = node ? kinds[node - 1] : PAGE; kind < KINDS; kind++) {
        if (kind >= RANGE && NODES < 16)
            continue; /* there is no room for what a Range makes */
        kinds[node] = kind;
        each_kind(node + 1, caps);
    }
}

static void all_kinds(unsigned caps) {
    each_kind(0, caps);
}

/* ---- Around those that are given */

static unsigned base_edges[BASE_CAPS], less, more; /* where each of a base's capabilities is in `edges` */

static unsigned find_edge(const struct given *given) {
    for (unsigned i = 0; i < edge_count; i++)
        if (edges[i].holder == given->holder && edges[i].place == given->place && edges[i].cap == given->cap)
            return i;
    edges[edge_count] = (struct edge){
        .holder = (uint8_t)given->holder, .place = (uint8_t)given->place, .cap = (int16_t)given->cap, .target = NODES};
    return edge_count++;
}

static void base_begin(const struct base *base) {
    nodes = base->nodes;
    memcpy(kinds, base->kinds, sizeof base->kinds);
    list_edges();
    for (unsigned i = 0; i < base->caps; i++)
        base_edges[i] = find_edge(&base->given[i]);
}

static void with_more(int16_t *chosen, unsigned count, unsigned next, unsigned left) {
    if (is_mine())
        try_graph(chosen, count); /* unless a place is taken */
    for (; left && next < edge_count; next++) {
        chosen[count] = (int16_t)next;
        with_more(chosen, count + 1, next + 1, left - 1);
    }
}

static void with_less(const struct base *base, unsigned taken, int16_t *chosen, unsigned count, unsigned left) {
    if (taken == base->caps) {
        with_more(chosen, count, 0, more);
        return;
    }
    if (left)
        with_less(base, taken + 1, chosen, count, left - 1);
    chosen[count] = (int16_t)base_edges[taken];
    with_less(base, taken + 1, chosen, count + 1, left);
}

static void around(unsigned number) {
    int16_t chosen[BASE_CAPS + 8];
    base_begin(&bases[number]);
    with_less(&bases[number], 0, chosen, 0, less);
}

static int report(const char *what, bool all) {
    printf("%s: %lu graphs, %lu states, %lu graphs too large; flow denies what can happen in %lu, says more in %lu\n",
           what, total.graphs, total.states, total.cut, total.unsound, total.inexact);
    return total.unsound || total.unanswered || total.inexact * MORE_IN > (all ? 0 : total.graphs) ? 1 : 0;
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
    for (unsigned i = 0; i < base_count; i++)
        around(i);
    for (nodes = 5; nodes <= 6 && NODES < 16; nodes++)
        for (long i = count; i > 0; i--)
            random_graph(2 * nodes - 2);
    rules_report(missed, total.graphs);
    return total.unsound || total.inexact;
}

/* Kinds in their order, so that each graph comes once. */
static int these_kinds(int count, char **words) {
    static const char *const names[KINDS] = {"page",     "cappage",   "gpt",  "hostile", "trusted", "stopped",
                                             "endpoint", "forwarder", "tool", "debug",   "range",   "outside"};
    for (nodes = 0; nodes < (unsigned)count; nodes++)
        for (kinds[nodes] = PAGE; strcmp(words[nodes], names[kinds[nodes]]) != 0; kinds[nodes]++)
            if (kinds[nodes] == KINDS - 1)
                return 2;
    choose((unsigned)atoi(words[count]), only_reached, try_chosen);
    return report("these kinds", true);
}

static int all_bases(char **words) {
    int failed = 0;
    less = (unsigned)atoi(words[0]);
    more = (unsigned)atoi(words[1]);
    for (unsigned i = 0; i < base_count; i++) {
        share_out(around, i);
        failed |= report(bases[i].what, true);
    }
    return failed;
}

static int random_graphs(char **words) {
    nodes = (unsigned)atoi(words[0]);
    random_begin(strtoul(words[3], NULL, 0));
    for (long i = atol(words[2]); i > 0; i--)
        random_graph((unsigned)atoi(words[1]));
    return report("random", false);
}

static int all_graphs(char **words) {
    int failed = 0;
    nodes = (unsigned)atoi(*words);
    while (*++words) {
        char what[128];
        share_out(all_kinds, (unsigned)atoi(*words));
        snprintf(what, sizeof what, "%u nodes, %s capabilities%s%s", nodes, *words,
                 few_restrictions ? ", few restrictions" : "", only_reached ? ", all within reach" : "");
        failed |= report(what, true);
    }
    return failed;
}

int main(int argc, char **argv) {
    int option;
    while ((option = getopt(argc, argv, "fr")) != -1) {
        few_restrictions |= option == 'f';
        only_reached |= option == 'r';
        if (option == '?')
            return 2;
    }
    argc -= optind;
    argv += optind;
    if (argc > 2 && argc - 2 <= NODES && strcmp(argv[0], "kinds") == 0)
        return these_kinds(argc - 2, argv + 1);
    if (argc == 3 && strcmp(argv[0], "rules") == 0)
        return rules(atol(argv[1]), strtoul(argv[2], NULL, 0));
    if (argc == 3 && strcmp(argv[0], "around") == 0 && atoi(argv[2]) <= 8)
        return all_bases(argv + 1);
    if (argc == 5 && strcmp(argv[0], "random") == 0)
        return random_graphs(argv + 1);
    return argc < 2 ? 2 : all_graphs(argv);
}
