/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From the capabilities of a running system to the graph that flow works on.
 */
#include "flow_live.h"

#include "object.h"
#include "space.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

static uint32_t node_add(struct flow_system *s, enum flow_type type, const char *name, enum flow_trust trust,
                         uint32_t of) {
    uint32_t node = flow_node(s->flow, type, name, trust);
    s->of = text_grow(s->of, node + 1, sizeof *s->of);
    s->of[node] = of;
    s->of_count = node + 1;
    return node;
}

/* What has no object gets a node when it is first met. */
static uint32_t outside(struct flow_system *s, enum flow_type type, const char *name) {
    for (uint32_t i = 0; i < s->of_count; i++)
        if (s->of[i] == GRAPH_NONE && strcmp(flow_name(s->flow, i), name) == 0)
            return i;
    return node_add(s, type, name, FLOW_STOPPED, GRAPH_NONE);
}

/* ---- Nodes */

static enum flow_type type_of(enum cap_type type) {
    static const enum flow_type types[CAP_TYPES] = {
        [CAP_PAGE] = FLOW_PAGE,          [CAP_CAPPAGE] = FLOW_CAPPAGE,     [CAP_GPT] = FLOW_GPT,
        [CAP_PROCESS] = FLOW_PROCESS,    [CAP_ENDPOINT] = FLOW_ENDPOINT,   [CAP_ENTRY] = FLOW_ENTRY,
        [CAP_RESUME] = FLOW_RESUME,      [CAP_RANGE] = FLOW_RANGE,         [CAP_DEBUG] = FLOW_DEBUG,
        [CAP_WINDOW] = FLOW_WINDOW,      [CAP_STREAM] = FLOW_OUTSIDE,      [CAP_CONSOLE] = FLOW_TO_OUTSIDE,
        [CAP_POWER] = FLOW_TO_OUTSIDE,   [CAP_HOST] = FLOW_OUTSIDE,        [CAP_HOSTFILE] = FLOW_OUTSIDE,
        [CAP_DISCRIM] = FLOW_OTHER,      [CAP_SCHEDULE] = FLOW_OTHER,      [CAP_SLEEP] = FLOW_OTHER,
        [CAP_LOCAL_WINDOW] = FLOW_OTHER, [CAP_FORWARDER] = FLOW_FORWARDER, [CAP_FORWARD] = FLOW_FORWARD,
        [CAP_PROCESS_TOOL] = FLOW_TOOL};
    return type < CAP_TYPES ? types[type] : FLOW_OTHER;
}

static enum flow_trust trust_of(const struct flow_system *s, const struct graph_node *node) {
    const struct process *process = (const struct process *)(const void *)node->object;
    if (node->id == session_process(s->session))
        return FLOW_HOSTILE; /* it stands before its first instruction, perhaps */
    if (process->state == PROCESS_STOPPED || (process->state == PROCESS_FAULTED && process->keepers > FAULT_KEEPERS))
        return FLOW_STOPPED;
    return node->system ? FLOW_TRUSTED : FLOW_HOSTILE;
}

static enum flow_trust trust_by_user(const struct graph_node *node, const struct flow_trusts *trusts,
                                     enum flow_trust trust) {
    char id[32];
    snprintf(id, sizeof id, "obj:%" PRIu64, node->id);
    for (size_t i = 0; i < trusts->count && trust != FLOW_STOPPED; i++) {
        const char *name = strchr(trusts->names[i], ' ') + 1;
        if ((node->name && strcmp(node->name, name) == 0) || strcmp(id, name) == 0)
            trust = *trusts->names[i] == 't' ? FLOW_TRUSTED : FLOW_HOSTILE;
    }
    return trust;
}

static void nodes_add(struct flow_system *s, const struct flow_trusts *trusts) {
    s->node = text_grow(NULL, s->graph->node_count, sizeof *s->node);
    for (uint32_t i = 0; i < s->graph->node_count; i++) {
        const struct graph_node *node = &s->graph->nodes[i];
        char *name =
            node->name ? text_copy(node->name) : text_format("%s obj:%" PRIu64, caps_type_name(node->type), node->id);
        enum flow_trust trust = node->type == CAP_PROCESS ? trust_by_user(node, trusts, trust_of(s, node)) : 0;
        s->node[i] = node_add(s, type_of(node->type), name, trust, i);
        free(name);
    }
}

/* ---- Capabilities */

/* Lets its guard an address pass, of those below `limit`? */
static bool guard_blocks(const struct cap_look *cap, uint64_t last) {
    return cap->l2g < 64 && cap->match > last >> cap->l2g;
}

static uint64_t low_bits(unsigned bits) {
    return bits < 64 ? (1ull << bits) - 1 : ~0ull;
}

static bool blocked(const struct flow_system *s, const struct graph_edge *edge) {
    const struct object *from = s->graph->nodes[edge->from].object;
    if (edge->cap.type == CAP_ENTRY && edge->to != GRAPH_NONE) {
        const struct endpoint *endpoint = (const void *)s->graph->nodes[edge->to].object;
        return endpoint->matching && endpoint->match != edge->cap.payload;
    }
    if (edge->place == GRAPH_SLOT && from->type == CAP_GPT)
        return guard_blocks(&edge->cap, low_bits(((const struct gpt *)(const void *)from)->l2v));
    if (edge->place == GRAPH_SPACE)
        return guard_blocks(&edge->cap, GUEST_ADDRESS_MAX - 1);
    return false;
}

static unsigned restrictions(const struct cap_look *cap) {
    if (cap->type == CAP_FORWARD)
        return cap->slot & FORWARD_SEND_CAP ? 0 : FLOW_MUTE;
    return cap->restrictions;
}

static void give(struct flow_system *s, const struct graph_edge *edge, enum flow_place place, enum flow_type type,
                 uint32_t object) {
    bool numbered = edge->place == GRAPH_REGISTER || edge->place == GRAPH_SLOT;
    flow_given(s->flow, s->node[edge->from], place, numbered ? (int)edge->number : -1,
               (struct flow_cap){
                   .type = type, .object = object, .restr = restrictions(&edge->cap), .blocked = blocked(s, edge)});
}

static void give_both(struct flow_system *s, const struct graph_edge *edge, enum flow_place place, const char *name) {
    uint32_t node = outside(s, FLOW_OUTSIDE, name);
    give(s, edge, place, FLOW_OUTSIDE, node);
    give(s, edge, place, FLOW_TO_OUTSIDE, node);
}

static void give_stream(struct flow_system *s, const struct graph_edge *edge, enum flow_place place) {
    if (edge->cap.payload == 0)
        give_both(s, edge, place, "stdin"); /* what one reads the next one misses */
    else
        give(s, edge, place, FLOW_TO_OUTSIDE, outside(s, FLOW_OUTSIDE, edge->cap.payload == 1 ? "stdout" : "stderr"));
}

/* Who has an open file shares its position with others; and what it holds, with those who have other files. */
static void give_file(struct flow_system *s, const struct graph_edge *edge, enum flow_place place) {
    struct graph_edge open = *edge;
    char name[40];
    snprintf(name, sizeof name, "file:%" PRIu64, edge->cap.payload);
    open.cap.restrictions = 0;
    give_both(s, &open, place, name);
    give_both(s, edge, place, "host");
}

static void give_outside(struct flow_system *s, const struct graph_edge *edge, enum flow_place place) {
    switch (edge->cap.type) {
    case CAP_RANGE:
        give(s, edge, place, FLOW_RANGE, outside(s, FLOW_RANGE, "range"));
        break;
    case CAP_PROCESS_TOOL:
        give(s, edge, place, FLOW_TOOL, outside(s, FLOW_TOOL, "processtool"));
        break;
    case CAP_DEBUG:
        give(s, edge, place, FLOW_DEBUG, outside(s, FLOW_DEBUG, "debug"));
        give(s, edge, place, FLOW_TO_OUTSIDE, outside(s, FLOW_OUTSIDE, "debugger"));
        break;
    case CAP_STREAM:
        give_stream(s, edge, place);
        break;
    case CAP_CONSOLE:
        give(s, edge, place, FLOW_TO_OUTSIDE, outside(s, FLOW_OUTSIDE, "console"));
        break;
    case CAP_POWER:
        give(s, edge, place, FLOW_TO_OUTSIDE, outside(s, FLOW_OUTSIDE, "power"));
        break;
    case CAP_HOST:
        give_both(s, edge, place, "host");
        break;
    case CAP_HOSTFILE:
        give_file(s, edge, place);
        break;
    case CAP_WINDOW:
        give(s, edge, place, FLOW_WINDOW, FLOW_NONE);
        break;
    default:
        break; /* gives no way to anything */
    }
}

/* Where a local window leads, it leads with any address. */
static void give_local(struct flow_system *s, const struct graph_edge *edge) {
    const struct graph_node *gpt = &s->graph->nodes[edge->from];
    for (uint32_t i = 0; i < gpt->out; i++) {
        struct graph_edge target = *graph_out(s->graph, edge->from, i);
        if (target.place != GRAPH_SLOT || target.number != edge->cap.slot || target.to == GRAPH_NONE)
            continue;
        target.cap.l2g = 64;
        give(s, &target, FLOW_SLOT, type_of(target.cap.type), s->node[target.to]);
    }
}

static void give_front(struct flow_system *s, const struct graph_edge *edge) {
    if (edge->to != GRAPH_NONE) {
        give(s, edge, FLOW_HANDLER, type_of(edge->cap.type), s->node[edge->to]);
        return;
    }
    char *name = text_format("handler:%s", edge->handler ? edge->handler : "?");
    give(s, edge, FLOW_HANDLER, FLOW_OUTSIDE, outside(s, FLOW_OUTSIDE, name));
    free(name);
}

/* A fault or access waits to be told: who receives there will be, whatever keeper there is by then. */
static void give_fault(struct flow_system *s, const struct graph_edge *edge, const struct process *process) {
    const struct graph_node *node = &s->graph->nodes[edge->from];
    enum flow_type type = type_of(edge->cap.type);
    give(s, edge, FLOW_KEEPER, type, s->node[edge->to]);
    for (uint32_t i = 0; process->keepers == FAULT_KEEPER_SPACE && i < node->out; i++) {
        const struct graph_edge *space = graph_out(s->graph, edge->from, i);
        struct graph_edge keeper = *edge;
        if (space->place != GRAPH_FAULT_SPACE)
            continue;
        keeper.from = space->to;
        give(s, &keeper, FLOW_KEEPER, type, s->node[edge->to]);
        give(s, space, FLOW_SPACE, FLOW_GPT, s->node[space->to]);
    }
}

static void edge_add(struct flow_system *s, const struct graph_edge *edge) {
    static const enum flow_place places[GRAPH_PLACES] = {
        [GRAPH_SLOT] = FLOW_SLOT,         [GRAPH_BACKGROUND] = FLOW_BACKGROUND, [GRAPH_KEEPER] = FLOW_KEEPER,
        [GRAPH_REGISTER] = FLOW_REGISTER, [GRAPH_SPACE] = FLOW_SPACE,           [GRAPH_SEND] = FLOW_REGISTER,
        [GRAPH_FAULT_SPACE] = FLOW_SPACE, [GRAPH_RECIPIENT] = FLOW_RECIPIENT,   [GRAPH_FRONT] = FLOW_HANDLER,
        [GRAPH_BRAND] = FLOW_BRAND,       [GRAPH_TARGET] = FLOW_TARGET};
    const struct process *from = (const void *)s->graph->nodes[edge->from].object;
    enum flow_place place = places[edge->place];
    if (edge->place == GRAPH_SCHEDULE || (edge->place == GRAPH_FAULT_SPACE && from->state != PROCESS_FAULTED))
        return;
    if (edge->place == GRAPH_SEND && from->fault != FAULT_NONE)
        give_fault(s, edge, from);
    else if (edge->place == GRAPH_FRONT)
        give_front(s, edge);
    else if (edge->cap.type == CAP_LOCAL_WINDOW && edge->place == GRAPH_SLOT)
        give_local(s, edge);
    else if (edge->to == GRAPH_NONE)
        give_outside(s, edge, place);
    else if (edge->cap.type == CAP_RESUME && edge->cap.slot == ANSWER_FAULT)
        give(s, edge, place, FLOW_FAULT, s->node[edge->to]);
    else
        give(s, edge, place, type_of(edge->cap.type), s->node[edge->to]);
}

/* ---- */

static enum facet_status trusts_check(const struct graph *graph, const struct flow_trusts *trusts,
                                      struct facet_error *error) {
    for (size_t i = 0; i < trusts->count; i++) {
        const char *name = strchr(trusts->names[i], ' ') + 1;
        uint64_t id = 0;
        uint32_t node = strncmp(name, "obj:", 4) == 0 && text_number(name + 4, &id) ? graph_find(graph, id)
                                                                                    : graph_find_name(graph, name);
        if (node == GRAPH_NONE || graph->nodes[node].type != CAP_PROCESS)
            return facet_fail(error, FACET_ERR_USAGE, "There is no process \"%s\" to trust or not; `flow` lists them.",
                              name);
    }
    return FACET_OK;
}

enum facet_status flow_system_new(struct session *session, const struct flow_trusts *trusts, struct flow_system **made,
                                  struct facet_error *error) {
    struct flow_system *s = text_grow(NULL, 1, sizeof *s);
    *s = (struct flow_system){.session = session, .graph = graph_new(session), .flow = flow_new()};
    *made = NULL;
    enum facet_status status = s->graph ? trusts_check(s->graph, trusts, error)
                                        : facet_fail(error, FACET_ERR_USAGE, "The program is not being run.");
    if (status) {
        flow_system_free(s);
        return status;
    }
    nodes_add(s, trusts);
    for (uint32_t i = 0; i < s->graph->edge_count; i++)
        edge_add(s, &s->graph->edges[i]);
    flow_solve(s->flow);
    *made = s;
    return FACET_OK;
}

void flow_system_free(struct flow_system *system) {
    if (!system)
        return;
    graph_free(system->graph);
    flow_free(system->flow);
    free(system->node);
    free(system->of);
    free(system);
}

/* ---- Names */

static void found(uint32_t **nodes, size_t *count, uint32_t node) {
    for (size_t i = 0; i < *count; i++)
        if ((*nodes)[i] == node)
            return;
    *nodes = text_grow(*nodes, *count + 1, sizeof **nodes);
    (*nodes)[(*count)++] = node;
}

/* The pages that the program has there now. */
static enum facet_status find_memory(struct flow_system *s, const char *text, uint32_t **nodes, size_t *count,
                                     struct facet_error *error) {
    struct object_name name;
    uint64_t va, size;
    enum facet_status status =
        object_parse(text, session_program(s->session), session_symbols(s->session), &name, error);
    if (status)
        return status;
    const struct regions *regions = session_regions(s->session);
    va = name.va;
    size = name.size;
    bool there = name.heap  ? regions_of_kind(regions, REGION_HEAP, &va, &size)
                 : name.map ? regions_map(regions, name.map, &va, &size)
                            : true;
    free(name.text);
    for (uint64_t page = va & ~4095ull; there && page < va + size; page += 4096) {
        struct space_at at;
        uint32_t program = graph_find(s->graph, session_process(s->session));
        if (space_find(s->graph, program, page, &at) == FAULT_NONE && s->graph->nodes[at.node].type == CAP_PAGE)
            found(nodes, count, s->node[at.node]);
    }
    return *count ? FACET_OK : facet_fail(error, FACET_ERR_USAGE, "%s has no page yet.", text);
}

static uint32_t find_named(const struct flow_system *s, const char *text) {
    uint64_t id;
    uint32_t node = strncmp(text, "obj:", 4) == 0 && text_number(text + 4, &id) ? graph_find(s->graph, id)
                                                                                : graph_find_name(s->graph, text);
    if (node != GRAPH_NONE)
        return s->node[node];
    for (uint32_t i = 0; i < s->of_count; i++)
        if (s->of[i] == GRAPH_NONE && strcmp(flow_name(s->flow, i), text) == 0)
            return i;
    return FLOW_NONE;
}

enum facet_status flow_system_find(struct flow_system *system, const char *name, uint32_t **nodes, size_t *count,
                                   struct facet_error *error) {
    static const char *const kinds[] = {"sym:", "seg:", "va:", "map:"};
    uint32_t node = find_named(system, name);
    *nodes = NULL;
    *count = 0;
    if (node != FLOW_NONE) {
        found(nodes, count, node);
        return FACET_OK;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strncmp(name, kinds[i], strlen(kinds[i])))
            return find_memory(system, name, nodes, count, error);
    return facet_fail(error, FACET_ERR_USAGE,
                      "Nothing is called \"%s\": use obj:ID, sym:NAME, va:ADDRESS+LENGTH, seg:NAME, or a name that "
                      "`flow` lists.",
                      name);
}
