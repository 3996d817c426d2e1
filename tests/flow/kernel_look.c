/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel_look.h"

#include "debugger/text.h"
#include "tests/guests/mob_token.h"

#include <stdlib.h>
#include <string.h>

static void see(struct sights *sights, struct sight sight) {
    for (size_t i = 0; i < sights->count; i++)
        if (memcmp(&sights->sight[i], &sight, sizeof sight) == 0)
            return;
    if (sights->count == sights->room)
        sights->sight = text_grow(sights->sight, sights->room = 2 * sights->room + 256, sizeof sight);
    sights->sight[sights->count++] = sight;
}

/* A sight whose bytes can be compared. */
static struct sight sight_new(int kind, uint32_t node) {
    struct sight sight;
    memset(&sight, 0, sizeof sight);
    sight.kind = kind;
    sight.node = node;
    return sight;
}

static uint32_t node_of(const struct view *view, const struct graph_node *node) {
    uint32_t before = node->id < view->first ? GRAPH_NONE : graph_find(view->system->graph, node->id);
    return before == GRAPH_NONE ? FLOW_NONE : view->system->node[before];
}

bool view_has(const struct view *view, uint32_t node) {
    return view->system->graph->nodes[node].id >= view->first;
}

/* ---- Capabilities */

static bool type_of(const struct cap_look *cap, enum flow_type *type) {
    switch (cap->type) {
#define AS(cap_type, flow_type)                                                                                        \
    case cap_type:                                                                                                     \
        *type = flow_type;                                                                                             \
        return true
        AS(CAP_PAGE, FLOW_PAGE);
        AS(CAP_CAPPAGE, FLOW_CAPPAGE);
        AS(CAP_GPT, FLOW_GPT);
        AS(CAP_PROCESS, FLOW_PROCESS);
        AS(CAP_ENDPOINT, FLOW_ENDPOINT);
        AS(CAP_ENTRY, FLOW_ENTRY);
        AS(CAP_FORWARDER, FLOW_FORWARDER);
        AS(CAP_FORWARD, FLOW_FORWARD);
        AS(CAP_RESUME, cap->slot == ANSWER_FAULT ? FLOW_FAULT : FLOW_RESUME);
        AS(CAP_WINDOW, FLOW_WINDOW);
        AS(CAP_PROCESS_TOOL, FLOW_TOOL);
        AS(CAP_DEBUG, FLOW_DEBUG);
        AS(CAP_RANGE, FLOW_RANGE);
        AS(CAP_STREAM, FLOW_OUTSIDE); /* nobody should have one */
#undef AS
    default:
        return false; /* Discrim and the like */
    }
}

static uint32_t outside(const struct flow_system *s, enum flow_type type) {
    for (uint32_t i = 0; i < s->of_count; i++)
        if (s->of[i] == GRAPH_NONE && flow_node_type(s->flow, i) == type)
            return i;
    return FLOW_NONE;
}

/* The endpoint did not take it at first; what an endpoint takes only who holds it can change. */
static bool is_void(const struct view *view, const struct cap_look *cap) {
    const struct graph *graph = view->system->graph;
    uint32_t endpoint = graph_find(graph, cap->id);
    return endpoint != GRAPH_NONE && view->matching[endpoint] && view->match[endpoint] != cap->payload;
}

static uint64_t last_address(const struct graph *graph, const struct graph_edge *edge) {
    const struct object *from = graph->nodes[edge->from].object;
    if (edge->place == GRAPH_SLOT && from->type == CAP_GPT)
        return (1ull << ((const struct gpt *)(const void *)from)->l2v) - 1;
    return edge->place == GRAPH_SPACE ? GUEST_ADDRESS_MAX - 1 : ~0ull;
}

/* What is on its way is no message of the process, but that it has faulted. */
static bool is_fault(const struct graph *graph, const struct graph_edge *edge) {
    const struct process *process = (const void *)graph->nodes[edge->from].object;
    return edge->place == GRAPH_SEND && process->fault != FAULT_NONE;
}

static void see_cap(const struct view *view, const struct graph *graph, const struct graph_edge *edge,
                    struct sights *sights) {
    static const int places[GRAPH_PLACES] = {
        [GRAPH_SLOT] = FLOW_SLOT,         [GRAPH_BACKGROUND] = FLOW_BACKGROUND, [GRAPH_KEEPER] = FLOW_KEEPER,
        [GRAPH_REGISTER] = FLOW_REGISTER, [GRAPH_SPACE] = FLOW_SPACE,           [GRAPH_SEND] = FLOW_REGISTER,
        [GRAPH_FAULT_SPACE] = -1,         [GRAPH_RECIPIENT] = FLOW_RECIPIENT,   [GRAPH_FRONT] = FLOW_HANDLER,
        [GRAPH_BRAND] = FLOW_BRAND,       [GRAPH_TARGET] = FLOW_TARGET,         [GRAPH_SCHEDULE] = -1};
    struct sight sight = sight_new(SIGHT_HOLDS, node_of(view, &graph->nodes[edge->from]));
    enum flow_type type;
    if (sight.node == FLOW_NONE || places[edge->place] < 0 || !type_of(&edge->cap, &type) || is_fault(graph, edge))
        return;
    sight.place = (enum flow_place)places[edge->place];
    sight.cap.type = type;
    sight.cap.object = edge->to == GRAPH_NONE ? outside(view->system, type) : node_of(view, &graph->nodes[edge->to]);
    if (type == FLOW_FORWARD)
        sight.cap.restr = edge->cap.slot & FORWARD_SEND_CAP ? 0 : FLOW_MUTE;
    else
        sight.cap.restr = edge->cap.restrictions;
    if (type == FLOW_ENTRY)
        sight.cap.blocked = is_void(view, &edge->cap);
    else if (edge->cap.l2g < 64 && edge->cap.type != CAP_RESUME)
        sight.cap.blocked = edge->cap.match > last_address(graph, edge) >> edge->cap.l2g;
    see(sights, sight);
}

/* ---- Tokens */

struct found {
    const struct view *view;
    uint32_t node; /* where, of flow */
    void (*tell)(struct found *found, size_t token);
    void *to;
};

static void look_at(struct found *found, const void *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    for (size_t i = 0; MOB_IS_TOKEN(word) && i < found->view->tokens; i++)
        if (found->view->token[i] == word)
            found->tell(found, i);
}

static void look_at_bytes(struct found *found, const void *bytes, size_t size) {
    for (size_t i = 0; bytes && i + 8 <= size; i++)
        look_at(found, (const char *)bytes + i);
}

static void look_into(struct found *found, const struct object *object) {
    const void *at = object;
    switch ((enum cap_type)object->type) {
    case CAP_PAGE:
        at = emu_ram(session_emu(found->view->session), (gpa_t){((const struct page *)at)->frame}, 4096);
        look_at_bytes(found, at, 4096);
        break;
    case CAP_PROCESS:
        look_at_bytes(found, &((const struct process *)at)->regs, sizeof(struct facet_regs));
        break;
    case CAP_FORWARDER:
        look_at(found, &((const struct forwarder *)at)->word);
        break;
    case CAP_ENDPOINT:
        look_at(found, &((const struct endpoint *)at)->match);
        break;
    default:
        break;
    }
}

bool view_readable(const struct view *view, uint32_t node) {
    enum cap_type type = view->system->graph->nodes[node].type;
    return type == CAP_PAGE || type == CAP_PROCESS || type == CAP_FORWARDER || type == CAP_ENDPOINT;
}

bool view_source(const struct view *view, uint32_t node) {
    for (size_t i = 0; i < view->tokens; i++)
        if (view->source[i] == node)
            return true;
    return false;
}

static void found_at_first(struct found *found, size_t token) {
    struct view *view = found->to;
    facet_assert(view->source[token] == FLOW_NONE || view->source[token] == found->node, "token %zu is twice", token);
    view->source[token] = found->node;
}

static void found_later(struct found *found, size_t token) {
    struct sight sight = sight_new(SIGHT_KNOWS, found->node);
    sight.from = found->view->source[token];
    if (sight.from != sight.node && sight.from != FLOW_NONE)
        see(found->to, sight);
}

/* ---- */

void view_begin(struct view *view) {
    const struct graph *graph = view->system->graph;
    view->matching = text_grow(NULL, graph->node_count, sizeof *view->matching);
    view->match = text_grow(NULL, graph->node_count, sizeof *view->match);
    for (uint32_t i = 0; i < graph->node_count; i++) {
        const struct endpoint *endpoint = (const void *)graph->nodes[i].object;
        bool is = graph->nodes[i].type == CAP_ENDPOINT;
        view->matching[i] = is && endpoint->matching;
        view->match[i] = is ? endpoint->match : 0;
    }
}

void view_tokens(struct view *view) {
    const struct graph *graph = view->system->graph;
    struct facet_regs regs;
    session_regs(view->session, &regs);
    view->tokens = regs.rsi < TOKENS ? regs.rsi : TOKENS;
    session_read(view->session, regs.rdi, view->token, view->tokens * sizeof *view->token);
    for (size_t i = 0; i < view->tokens; i++)
        view->source[i] = FLOW_NONE;
    for (uint32_t i = 0; i < graph->node_count; i++)
        if (view_has(view, i))
            look_into(&(struct found){view, view->system->node[i], found_at_first, view}, graph->nodes[i].object);
}

void view_end(struct view *view) {
    free(view->matching);
    free(view->match);
}

/* It is not stopped, nor has it a fault that nobody has been told of. */
static bool runs(const struct process *process) {
    return process->state != PROCESS_STOPPED &&
           (process->state != PROCESS_FAULTED || process->keepers <= FAULT_KEEPERS);
}

void view_look(const struct view *view, struct sights *sights) {
    struct graph *graph = graph_new(view->session);
    for (uint32_t i = 0; i < graph->edge_count; i++)
        see_cap(view, graph, &graph->edges[i], sights);
    for (uint32_t i = 0; i < graph->node_count; i++) {
        const struct graph_node *node = &graph->nodes[i];
        uint32_t is = node_of(view, node);
        if (is == FLOW_NONE)
            continue;
        look_into(&(struct found){view, is, found_later, sights}, node->object);
        if (node->type == CAP_PROCESS && runs((const void *)node->object))
            see(sights, sight_new(SIGHT_RUNS, is));
    }
    graph_free(graph);
}
