/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tree.h"

#include "text.h"

#include <string.h>

struct walk {
    const struct graph *graph;
    tree_fn *tell;
    void *context;
    bool *seen;           /* nodes that have come */
    unsigned char *times; /* of each page: in how many places it is, up to 2 */
    bool counting;        /* the first time through: nothing is told */
    struct tree_line run; /* pages not told yet: more may follow */
    uint32_t *pages;
    uint32_t room;
};

static void flush(struct walk *w) {
    if (w->run.count && !w->counting)
        w->tell(w->context, &w->run);
    w->run.count = 0;
}

static void tell(struct walk *w, enum tree_kind kind, unsigned depth, const struct space_at *at,
                 const struct graph_edge *edge) {
    flush(w);
    struct tree_line line = {.kind = kind, .depth = depth, .at = *at, .edge = edge};
    if (!w->counting)
        w->tell(w->context, &line);
}

/* Goes on where the pages that were not told yet end, and is held alike. */
static bool continues(const struct walk *w, const struct space_at *at, const struct graph_edge *edge) {
    const struct tree_line *run = &w->run;
    return run->count && run->edge->from == edge->from && at->va == run->at.va + 4096ull * run->count &&
           run->edge->cap.restrictions == edge->cap.restrictions && run->edge->cap.l2g == edge->cap.l2g &&
           run->edge->cap.match == edge->cap.match;
}

static bool alone(const struct walk *w, const struct space_at *at, const struct graph_edge *edge) {
    return w->times[at->node] > 1 || at->followed[1] || edge->place != GRAPH_SLOT || w->graph->nodes[at->node].out;
}

static void page(struct walk *w, const struct space_at *at, const struct graph_edge *edge, unsigned depth) {
    if (w->counting && w->times[at->node] < 2)
        w->times[at->node]++;
    if (w->seen[at->node]) {
        tell(w, TREE_AGAIN, depth, at, edge);
        return;
    }
    w->seen[at->node] = true;
    if (alone(w, at, edge) || !continues(w, at, edge)) {
        flush(w);
        w->run = (struct tree_line){.kind = TREE_PAGES, .depth = depth, .at = *at, .edge = edge};
    }
    if (w->run.count == w->room)
        w->pages = text_grow(w->pages, w->room = 2 * w->room + GPT_SLOTS, sizeof *w->pages);
    w->run.pages = w->pages;
    w->pages[w->run.count++] = at->node;
    if (alone(w, at, edge))
        flush(w);
}

static void go(struct walk *w, struct space_at at, const struct graph_edge *edge, unsigned depth) {
    const struct graph *g = w->graph;
    enum fault fault = space_enter(g, &at, edge);
    if (fault != FAULT_NONE) {
        tell(w, fault == FAULT_INVALID_ADDRESS ? TREE_CLOSED : TREE_MALFORMED, depth, &at, edge);
        return;
    }
    if (g->nodes[at.node].type == CAP_PAGE) {
        page(w, &at, edge, depth);
        return;
    }
    tell(w, w->seen[at.node] ? TREE_AGAIN : TREE_GPT, depth, &at, edge);
    if (w->seen[at.node])
        return;
    w->seen[at.node] = true;
    for (uint32_t i = 0; i < g->nodes[at.node].out; i++) {
        const struct graph_edge *slot = graph_out(g, at.node, i);
        struct space_at selected = at;
        if (slot->place == GRAPH_SLOT && space_select(g, &selected, slot->number))
            go(w, selected, slot, depth + 1);
    }
}

bool tree_walk(const struct graph *graph, uint32_t process, tree_fn *fn, void *context) {
    const struct graph_edge *space = space_edge(graph, process, GRAPH_SPACE, 0);
    struct walk w = {.graph = graph, .tell = fn, .context = context};
    w.seen = text_grow(NULL, graph->node_count, sizeof *w.seen);
    w.times = text_zeros(graph->node_count, 1);
    for (int round = 0; space && round < 2; round++) {
        w.counting = round == 0;
        memset(w.seen, 0, graph->node_count * sizeof *w.seen);
        go(&w, space_of(process), space, 0);
        flush(&w);
    }
    free(w.seen);
    free(w.times);
    free(w.pages);
    return space != NULL;
}

uint64_t tree_end(const struct graph *graph, const struct tree_line *line) {
    if (line->kind == TREE_PAGES)
        return line->at.va + 4096ull * line->count;
    unsigned bits = line->at.bits, most = 64;
    if ((line->kind == TREE_GPT || line->kind == TREE_AGAIN) && graph->nodes[line->at.node].type == CAP_GPT)
        most = space_l2v(graph, line->at.node) + 4;
    return line->at.va + (1ull << (bits < most ? bits : most));
}
