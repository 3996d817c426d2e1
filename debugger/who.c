/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "who.h"

#include "text.h"

#include <string.h>

/* ---- Ways through spaces: only GPTs that have the page somewhere below them are looked at */

#define TRIES_MAX (1ul << 22)

struct search {
    const struct graph *graph;
    uint32_t page;
    bool *leads; /* of each node: to the page */
    uint32_t *queue, queued;
    bool windows; /* some GPT's background leads there: so may any window */
    struct who_path path;
    uint64_t high[WHO_PATH_MAX]; /* of the offsets; and how many bits are open */
    unsigned bits[WHO_PATH_MAX];
    who_fn *found;
    void *context;
    uint64_t left, tries;
    bool all;
};

static bool of_space(const struct graph_edge *edge) {
    return (edge->place == GRAPH_SLOT || edge->place == GRAPH_BACKGROUND) &&
           (edge->cap.type == CAP_PAGE || edge->cap.type == CAP_GPT);
}

static void lead(struct search *s, uint32_t node) {
    if (s->leads[node] || (node != s->page && s->graph->nodes[node].type != CAP_GPT))
        return;
    s->leads[node] = true;
    s->queue[s->queued++] = node;
}

static void lead_windows(struct search *s) {
    s->windows = true;
    for (uint32_t i = 0; i < s->graph->edge_count; i++)
        if (s->graph->edges[i].cap.type == CAP_WINDOW)
            lead(s, s->graph->edges[i].from);
}

/* From the page upwards. */
static void find_leads(struct search *s) {
    lead(s, s->page);
    for (uint32_t next = 0; next < s->queued; next++) {
        uint32_t node = s->queue[next];
        for (uint32_t i = 0; i < s->graph->nodes[node].in; i++) {
            const struct graph_edge *edge = graph_in(s->graph, node, i);
            if (!of_space(edge))
                continue;
            lead(s, edge->from);
            if (edge->place == GRAPH_BACKGROUND && !s->windows)
                lead_windows(s);
        }
    }
}

static bool worth_following(const struct search *s, const struct graph_edge *edge) {
    return edge->cap.type == CAP_WINDOW         ? s->windows
           : edge->cap.type == CAP_LOCAL_WINDOW ? true
                                                : edge->to != GRAPH_NONE && s->leads[edge->to];
}

static void arrive(struct search *s, const struct space_at *at) {
    s->all &= s->left > 0;
    if (!s->left)
        return;
    s->left--;
    s->path.va = at->va;
    for (unsigned i = 0; i < s->path.length; i++)
        s->path.offset[i] = s->high[i] | (at->va & ((1ull << s->bits[i]) - 1));
    s->path.restrictions = at->restrictions;
    s->found(s->context, &s->path);
}

static void descend(struct search *s, const struct space_at *at);

static void step(struct search *s, struct space_at at, const struct graph_edge *edge) {
    unsigned length = s->path.length;
    if (++s->tries > TRIES_MAX)
        s->all = false;
    if (!s->all || !worth_following(s, edge) || space_enter(s->graph, &at, edge) != FAULT_NONE)
        return;
    for (unsigned i = 0; i < SPACE_EDGES && at.followed[i]; i++) {
        s->high[s->path.length] = at.high;
        s->bits[s->path.length] = at.bits;
        s->path.edge[s->path.length++] = at.followed[i];
    }
    if (at.node == s->page)
        arrive(s, &at);
    else if (s->graph->nodes[at.node].type == CAP_GPT && s->leads[at.node])
        descend(s, &at);
    s->path.length = length;
}

static void descend(struct search *s, const struct space_at *at) {
    for (uint32_t i = 0; i < s->graph->nodes[at->node].out; i++) {
        const struct graph_edge *edge = graph_out(s->graph, at->node, i);
        struct space_at selected = *at;
        if (edge->place == GRAPH_SLOT && space_select(s->graph, &selected, edge->number))
            step(s, selected, edge);
    }
}

bool who_sees(const struct graph *graph, uint32_t page, uint64_t limit, who_fn *found, void *context) {
    struct search s = {.graph = graph, .page = page, .found = found, .context = context, .left = limit, .all = true};
    s.leads = text_zeros(graph->node_count, sizeof *s.leads);
    s.queue = text_grow(NULL, graph->node_count, sizeof *s.queue);
    find_leads(&s);
    for (uint32_t i = 0; i < graph->node_count; i++) {
        const struct graph_edge *space =
            graph->nodes[i].type == CAP_PROCESS ? space_edge(graph, i, GRAPH_SPACE, 0) : NULL;
        s.path.process = i;
        if (space)
            step(&s, space_of(i), space);
    }
    free(s.leads);
    free(s.queue);
    return s.all;
}

/* ---- Ways through capabilities that are held: from the object upwards, for each set of restrictions on its own */

#define SETS 8

/* A capability that leads to the object: by it and those behind it, these restrictions are gathered. */
struct held {
    const struct graph_edge *edge;
    uint32_t next; /* of those found so far; GRAPH_NONE: edge->to is the object */
    unsigned set, length;
};

struct holding {
    const struct graph *graph;
    uint32_t object;
    struct held *found;
    uint32_t count, room;
    unsigned char *seen; /* of each node: for which sets it has been gone on from */
    uint32_t *best;      /* of each node: the way that begins with a register of it */
};

/* RO, NX and OP as bits 0, 1, 2. What is behind a weak capability is read-only. */
static unsigned set_of(const struct graph_edge *edge, unsigned behind, bool last) {
    unsigned r = edge->cap.restrictions;
    bool memory = edge->cap.type == CAP_PAGE || edge->cap.type == CAP_CAPPAGE || edge->cap.type == CAP_GPT;
    unsigned set = (r & CAP_RO && last) || (r & CAP_WK && memory && !last) ? 1u : 0u;
    return behind | set | (r & CAP_NX && last ? 2u : 0u) | (r & CAP_OP && memory && !last ? 4u : 0u);
}

static unsigned restrictions_of(unsigned set) {
    return (set & 1 ? CAP_RO : 0u) | (set & 2 ? CAP_NX : 0u) | (set & 4 ? CAP_OP : 0u);
}

/* Its holder can take what is in there out. */
static bool gives_contents(const struct graph_edge *edge) {
    return edge->cap.type == CAP_GPT || edge->cap.type == CAP_CAPPAGE || edge->cap.type == CAP_PROCESS ||
           edge->cap.type == CAP_FORWARDER;
}

static bool can_be_taken(const struct graph_edge *edge) {
    return edge->place == GRAPH_SLOT || edge->place == GRAPH_REGISTER || edge->place == GRAPH_SPACE;
}

static bool better(const struct held *a, const struct held *b) {
    int fewer = __builtin_popcount(a->set) - __builtin_popcount(b->set);
    return fewer < 0 || (fewer == 0 && a->length < b->length);
}

static void hold(struct holding *h, const struct graph_edge *edge, uint32_t next) {
    bool last = next == GRAPH_NONE;
    unsigned length = last ? 1 : h->found[next].length + 1, set = set_of(edge, last ? 0 : h->found[next].set, last);
    uint32_t *best = &h->best[edge->from];
    struct held held = {edge, next, set, length};
    if (!can_be_taken(edge) || length > WHO_PATH_MAX || (!last && !gives_contents(edge)))
        return;
    bool known = h->seen[edge->from] >> set & 1;
    bool counts = edge->place == GRAPH_REGISTER && (*best == GRAPH_NONE || better(&held, &h->found[*best]));
    if (known && !counts)
        return;
    if (h->count == h->room)
        h->found = text_grow(h->found, h->room = 2 * h->room + 64, sizeof *h->found);
    h->found[h->count] = held;
    if (counts)
        *best = h->count;
    h->count++;
}

static void hold_all(struct holding *h, uint32_t node, uint32_t next) {
    for (uint32_t i = 0; i < h->graph->nodes[node].in; i++)
        hold(h, graph_in(h->graph, node, i), next);
}

static void tell(const struct holding *h, uint32_t process, who_fn *found, void *context) {
    uint32_t at = h->best[process];
    struct who_path path = {.process = process, .restrictions = restrictions_of(h->found[at].set)};
    for (; at != GRAPH_NONE; at = h->found[at].next)
        path.edge[path.length++] = h->found[at].edge;
    found(context, &path);
}

void who_holds(const struct graph *graph, uint32_t object, who_fn *found, void *context) {
    uint32_t count = graph->node_count;
    struct holding h = {.graph = graph, .object = object};
    h.seen = text_zeros(count, sizeof *h.seen);
    h.best = memset(text_grow(NULL, count, sizeof *h.best), 0xff, count * sizeof *h.best);
    hold_all(&h, object, GRAPH_NONE);
    for (uint32_t next = 0; next < h.count; next++) {
        struct held held = h.found[next];
        if (h.seen[held.edge->from] >> held.set & 1)
            continue;
        h.seen[held.edge->from] |= (unsigned char)(1u << held.set);
        hold_all(&h, held.edge->from, next);
    }
    for (uint32_t i = 0; i < count; i++)
        if (h.best[i] != GRAPH_NONE)
            tell(&h, i, found, context);
    free(h.found);
    free(h.seen);
    free(h.best);
}
