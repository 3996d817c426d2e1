/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Random graphs too large for a search of all states, and hostile processes that do at random what they can, for long.
 * Whatever comes to be, flow must have said that it could.
 *
 * usage: walk GRAPHS WALKS MOVES SEED [rules]   so many walks on each graph; rules: leaves rules out, until each is
 * missed
 */
#include "compare.h"
#include "debugger/flow_internal.h"
#include "graphs.h"
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FEWEST 8
#define MOST 30
#define TRIES 16 /* for something that can be done */

static struct { unsigned long graphs, walks, moves, changes, gained, denied; } total;
static struct share shares;

/* ---- Graphs: of each object a few capabilities */

static void random_kinds(void) {
    static const enum kind likely[] = {PAGE,    PAGE,     CAPPAGE,  GPT,       GPT,  GPT,   HOSTILE, HOSTILE, TRUSTED,
                                       STOPPED, ENDPOINT, ENDPOINT, FORWARDER, TOOL, DEBUG, RANGE,   OUTSIDE};
    nodes = FEWEST + random_below(MOST - FEWEST + 1);
    for (unsigned i = 0; i < nodes; i++)
        kinds[i] = likely[random_below(sizeof likely / sizeof *likely)];
}

static bool random_graph(struct graph *graph) {
    unsigned most = 1 + random_below(6), first = 0;
    do
        random_kinds();
    while (!usable());
    list_edges();
    graph_begin(graph, nodes, kinds);
    for (unsigned holder = 0; holder < nodes; holder++) {
        unsigned end = first;
        while (end < edge_count && edges[end].holder == holder)
            end++;
        for (unsigned i = 1 + random_below(most); first < end && i > 0; i--) {
            const struct edge *edge = &edges[first + random_below(end - first)];
            graph_put(graph, holder, (enum place)edge->place, edge->cap);
        }
        first = end;
    }
    return graph_room(graph);
}

/* ---- Moves */

struct walker {
    struct run run;
    const struct flow *flow;
    struct capset used[NODES]; /* by each process, capabilities that it has used once */
    unsigned node;             /* last overwritten … */
    enum place place;          /* … this; IN_SET: nothing */
};

static unsigned random_process(const struct run *run) {
    unsigned process;
    do
        process = random_below(run->graph->count);
    while (!acts(run, process));
    return process;
}

static void overwrite(struct walker *walker, unsigned by) {
    struct run *run = &walker->run;
    const struct capset *set = &run->world.set[by];
    enum place place = IN_SET;
    int cap = NO_CAP, what = NO_CAP;
    for (int i = 0; i < TRIES && (place == IN_SET || !overwrites(run, by, cap, place)); i++) {
        cap = capset_pick(set, random_below);
        place = (enum place)(AS_SPACE + random_below(PLACES - AS_SPACE));
        if (cap == NO_CAP)
            return;
    }
    for (int i = 0; i < TRIES && (what == NO_CAP || !may_be(run->graph, place, what)); i++)
        what = capset_pick(set, random_below);
    if (!overwrites(run, by, cap, place) || !may_be(run->graph, place, what))
        return;
    if (place == AS_BACKGROUND && random_below(4) == 0)
        what = NO_CAP;
    walker->node = node_of(cap);
    walker->place = place;
    run->changed |= run->world.place[place][walker->node] != what;
    run->world.place[place][walker->node] = (int16_t)what;
}

/* Rather a capability that it has not used yet than one that it has. */
static void use_some(struct walker *walker, unsigned process) {
    struct capset fresh = walker->run.world.set[process];
    for (unsigned i = 0; i < WORDS && random_below(4); i++)
        fresh.word[i] &= ~walker->used[process].word[i];
    int cap = capset_pick(&fresh, random_below);
    if (cap == NO_CAP)
        return;
    capset_add(&walker->used[process], cap);
    use(&walker->run, process, cap);
}

static void move(struct walker *walker) {
    unsigned process = random_process(&walker->run), what = random_below(8);
    walker->run.changed = false;
    walker->place = IN_SET;
    if (what < 3)
        overwrite(walker, process);
    else if (what < 5)
        execute(&walker->run, process);
    else
        use_some(walker, process);
    total.moves++;
    total.changes += walker->run.changed;
}

/* ---- Comparison */

/* Adds the state to what was seen. Is all of it said? */
static bool is_said(const struct walker *walker, const struct seen *said, struct seen *seen) {
    const struct graph *graph = walker->run.graph;
    const struct world *world = &walker->run.world;
    bool all = walker->place == IN_SET ||
               place_said(graph, walker->flow, walker->node, walker->place, world->place[walker->place][walker->node]);
    for (unsigned i = 0; i < graph->count; i++) {
        for (unsigned w = 0; w < WORDS; w++) {
            uint64_t fresh = world->set[i].word[w] & ~seen->set[i].word[w];
            total.gained += (unsigned)__builtin_popcountl(fresh);
            seen->set[i].word[w] |= fresh;
            all &= !(fresh & ~said->set[i].word[w]);
        }
        all &= !(world->taint[i] & ~said->taint[i]);
        seen->taint[i] |= world->taint[i];
    }
    return all;
}

static bool walk(const struct graph *graph, const struct flow *flow, const struct seen *said, long moves,
                 struct seen *seen) {
    struct walker walker = {.run = {.graph = graph, .world = graph->first, .below = random_below}, .flow = flow};
    total.walks++;
    for (long i = 0; i < moves; i++) {
        move(&walker);
        if (is_said(&walker, said, seen))
            continue;
        if (total.denied++ < 3) {
            printf("graph %lu, walk %lu, move %ld: flow denies what has come to be\n", total.graphs, total.walks, i);
            graph_print(graph);
            compare(graph, flow, seen, TELL_DENIED);
        }
        return false;
    }
    return true;
}

static void walks(const struct graph *graph, long count, long moves, bool *missed) {
    struct seen said, seen;
    struct flow *flow = flow_of(graph);
    flow_solve(flow);
    all_said(graph, flow, &said);
    memset(&seen, 0, sizeof seen);
    memcpy(seen.set, graph->first.set, sizeof seen.set);
    total.graphs++;
    for (long i = 0; i < count && walk(graph, flow, &said, moves, &seen); i++)
        ;
    struct share here = share(graph, &said, &seen);
    shares.all += here.all;
    shares.said += here.said;
    shares.seen += here.seen;
    flow_free(flow);
    if (missed)
        without_rules(graph, &seen, missed);
}

int main(int argc, char **argv) {
    static bool missed[RULES];
    static struct graph graph;
    if (argc < 5)
        return 2;
    random_begin(strtoul(argv[4], NULL, 0));
    for (long i = atol(argv[1]); i > 0; i--) {
        while (!random_graph(&graph))
            ;
        walks(&graph, atol(argv[2]), atol(argv[3]), argc > 5 ? missed : NULL);
    }
    printf("walks on graphs of %d to %d nodes: %lu graphs, %lu walks, %lu moves, of which %lu changed the state; %lu "
           "capabilities gained\n",
           FEWEST, MOST, total.graphs, total.walks, total.moves, total.changes, total.gained);
    printf("  of %lu statements flow says %lu (%.1f%%), of which %.1f%% came true; it denies what came to be in %lu\n",
           shares.all, shares.said, 100.0 * (double)shares.said / (double)shares.all,
           100.0 * (double)shares.seen / (double)shares.said, total.denied);
    if (argc > 5)
        rules_report(missed, total.graphs);
    return total.denied > 0;
}
