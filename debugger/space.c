/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "space.h"

#define DEPTH_MAX 32
#define PAGE_BITS 12
#define ADDRESS_BITS 47 /* of ring 3 */

static uint64_t low(unsigned bits) {
    return bits >= 64 ? ~0ull : (1ull << bits) - 1;
}

/* Keeps the addresses whose offset >> l2g is `match`, and of their offset the low l2g bits. */
static bool narrow(struct space_at *at, unsigned l2g, uint64_t match) {
    if (l2g >= 64)
        return true;
    if (l2g >= at->bits) {
        bool same = at->high >> l2g == match;
        at->high &= low(l2g);
        return same;
    }
    uint64_t wanted = match << l2g;
    if ((wanted & ~low(at->bits)) != at->high)
        return false;
    at->va |= wanted & low(at->bits);
    at->bits = l2g;
    at->high = 0;
    return true;
}

struct space_at space_of(uint32_t process) {
    return (struct space_at){.node = process, .bits = ADDRESS_BITS, .background = GRAPH_NONE};
}

unsigned space_l2v(const struct graph *graph, uint32_t gpt) {
    unsigned l2v = ((const struct gpt *)graph->nodes[gpt].object)->l2v;
    return l2v < 63 ? l2v : 63;
}

bool space_select(const struct graph *graph, struct space_at *at, unsigned slot) {
    return narrow(at, space_l2v(graph, at->node), slot);
}

const struct graph_edge *space_edge(const struct graph *graph, uint32_t node, enum graph_place place, unsigned number) {
    for (uint32_t i = 0; node != GRAPH_NONE && i < graph->nodes[node].out; i++) {
        const struct graph_edge *edge = graph_out(graph, node, i);
        if (edge->place == place && edge->number == number)
            return edge;
    }
    return NULL;
}

static bool is_window(const struct graph_edge *edge) {
    return edge->cap.type == CAP_WINDOW || edge->cap.type == CAP_LOCAL_WINDOW;
}

static bool is_space(const struct graph_edge *edge) {
    return edge->to != GRAPH_NONE && (edge->cap.type == CAP_GPT || edge->cap.type == CAP_PAGE);
}

static enum fault follow(struct space_at *at, const struct graph_edge *edge) {
    if (at->depth++ == DEPTH_MAX)
        return FAULT_DEPTH;
    if (!edge)
        return FAULT_INVALID_ADDRESS;
    if (!is_window(edge) && !is_space(edge))
        return FAULT_MALFORMED_SPACE;
    at->restrictions |= edge->cap.restrictions | (at->restrictions & CAP_WK ? CAP_RO : 0u);
    return narrow(at, edge->cap.l2g, edge->cap.match) ? FAULT_NONE : FAULT_INVALID_ADDRESS;
}

/* Goes on with what the window leads to. */
static enum fault look_through(const struct graph *graph, struct space_at *at, const struct graph_edge *window) {
    bool local = window->cap.type == CAP_LOCAL_WINDOW;
    if (!local && at->background == GRAPH_NONE)
        return FAULT_MALFORMED_SPACE;
    at->high |= window->cap.payload;
    at->followed[1] = local ? space_edge(graph, at->node, GRAPH_SLOT, window->cap.slot)
                            : space_edge(graph, at->background, GRAPH_BACKGROUND, 0);
    enum fault fault = follow(at, at->followed[1]);
    return fault == FAULT_NONE && is_window(at->followed[1]) ? FAULT_MALFORMED_SPACE : fault;
}

enum fault space_enter(const struct graph *graph, struct space_at *at, const struct graph_edge *edge) {
    at->followed[0] = edge;
    at->followed[1] = NULL;
    enum fault fault = follow(at, edge);
    if (fault == FAULT_NONE && is_window(edge))
        fault = look_through(graph, at, edge);
    if (fault != FAULT_NONE)
        return fault;
    at->node = (at->followed[1] ? at->followed[1] : edge)->to;
    if (graph->nodes[at->node].type == CAP_PAGE)
        return narrow(at, PAGE_BITS, 0) ? FAULT_NONE : FAULT_INVALID_ADDRESS;
    if (((const struct gpt *)graph->nodes[at->node].object)->has_background)
        at->background = at->node;
    return FAULT_NONE;
}

enum fault space_find(const struct graph *graph, uint32_t process, uint64_t va, struct space_at *at) {
    const struct graph_edge *edge = space_edge(graph, process, GRAPH_SPACE, 0);
    *at = (struct space_at){.node = process, .va = va, .high = va, .background = GRAPH_NONE};
    if (va >> ADDRESS_BITS)
        return FAULT_INVALID_ADDRESS;
    for (;;) {
        enum fault fault = space_enter(graph, at, edge);
        if (fault != FAULT_NONE || graph->nodes[at->node].type == CAP_PAGE)
            return fault;
        uint64_t slot = at->high >> space_l2v(graph, at->node);
        if (slot >= GPT_SLOTS)
            return FAULT_INVALID_ADDRESS;
        space_select(graph, at, (unsigned)slot);
        edge = space_edge(graph, at->node, GRAPH_SLOT, (unsigned)slot);
    }
}

const char *space_rights(unsigned restrictions, char text[4]) {
    text[0] = 'r';
    text[1] = restrictions & CAP_RO ? '-' : 'w';
    text[2] = restrictions & CAP_NX ? '-' : 'x';
    text[3] = 0;
    return text;
}
