/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph.h"

#include "swap.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

/* Where the kernel has its objects: a type that gets storage of its own is one row of `storages`. */
struct storage {
    uint64_t base, count, stride; /* kernel virtual */
    size_t size, alignment;       /* of an object; size at least */
    uint32_t types;               /* of objects that may be there, as bits */
    uint32_t *node;               /* of each entry */
};
enum { PAGES, GPTS, PROCESSES, ENDPOINTS, FORWARDERS, STORAGES };

struct build {
    struct graph *graph;
    const struct session *session;
    struct emu *emu;
    const struct kernel_info *kernel;
    struct storage storage[STORAGES];
    uint32_t node_room, edge_room;
};

#define STORAGE(array, each, type, types)                                                                              \
    { (uintptr_t) k->array, k->each##_count, k->each##_stride, sizeof(struct type), _Alignof(struct type), types, NULL }

static void storages(struct build *b) {
    const struct kernel_info *k = b->kernel;
    const struct storage all[STORAGES] = {
        [PAGES] = STORAGE(pages, page, page, 1u << CAP_PAGE | 1u << CAP_CAPPAGE),
        [GPTS] = STORAGE(gpts, gpt, gpt, 1u << CAP_GPT),
        [PROCESSES] = STORAGE(processes, process, process, 1u << CAP_PROCESS),
        [ENDPOINTS] = STORAGE(endpoints, endpoint, endpoint, 1u << CAP_ENDPOINT),
        [FORWARDERS] = STORAGE(forwarders, forwarder, forwarder, 1u << CAP_FORWARDER),
    };
    memcpy(b->storage, all, sizeof all);
}

/* ---- Nodes */

static uint32_t node_add(struct build *b, const struct object *object) {
    struct graph *g = b->graph;
    if (g->node_count == b->node_room)
        g->nodes = text_grow(g->nodes, b->node_room = 2 * b->node_room + 256, sizeof *g->nodes);
    g->nodes[g->node_count] = (struct graph_node){
        .type = (enum cap_type)object->type, .id = object->id, .object = object, .waits_for = GRAPH_NONE};
    return g->node_count++;
}

static void nodes_add(struct build *b) {
    for (struct storage *s = b->storage; s < b->storage + STORAGES; s++) {
        const void *base = (const void *)(uintptr_t)s->base;
        const char *array = kernel_array_of(b->emu, base, s->count, s->stride, s->size, s->alignment);
        s->count = array ? s->count : 0;
        s->node = text_grow(NULL, s->count, sizeof *s->node);
        for (uint64_t i = 0; i < s->count; i++) {
            const struct object *object = (const struct object *)(const void *)(array + i * s->stride);
            bool there = object->type < CAP_TYPES && (s->types >> object->type & 1) != 0;
            s->node[i] = there ? node_add(b, object) : GRAPH_NONE;
        }
    }
}

static int older(const void *a, const void *b, void *nodes) {
    uint64_t x = ((struct graph_node *)nodes)[*(const uint32_t *)a].id;
    uint64_t y = ((struct graph_node *)nodes)[*(const uint32_t *)b].id;
    return (x > y) - (x < y);
}

static void nodes_sort(struct graph *g) {
    g->by_id = text_grow(NULL, g->node_count, sizeof *g->by_id);
    for (uint32_t i = 0; i < g->node_count; i++)
        g->by_id[i] = i;
    qsort_r(g->by_id, g->node_count, sizeof *g->by_id, older, g->nodes);
}

/* The object at an address of the kernel. */
static uint32_t node_at(const struct build *b, const void *object) {
    for (const struct storage *s = b->storage; s < b->storage + STORAGES; s++)
        if ((uintptr_t)object - s->base < s->count * s->stride)
            return s->node[((uintptr_t)object - s->base) / s->stride];
    return GRAPH_NONE;
}

/* ---- Edges */

static struct graph_edge *edge_add(struct build *b, uint32_t from, enum graph_place place, unsigned number) {
    struct graph *g = b->graph;
    if (g->edge_count == b->edge_room)
        g->edges = text_grow(g->edges, b->edge_room = 2 * b->edge_room + 256, sizeof *g->edges);
    g->edges[g->edge_count] = (struct graph_edge){.from = from, .to = GRAPH_NONE, .place = place, .number = number};
    return &g->edges[g->edge_count++];
}

/* Can a capability of its type name an object of that type? */
static bool names_type(const struct cap_look *cap, enum cap_type object) {
    switch (cap->type) {
    case CAP_PAGE:
    case CAP_CAPPAGE:
    case CAP_GPT:
        return object == cap->type;
    case CAP_PROCESS:
    case CAP_RESUME:
        return object == CAP_PROCESS;
    case CAP_ENDPOINT:
    case CAP_ENTRY:
        return object == CAP_ENDPOINT;
    case CAP_FORWARDER:
    case CAP_FORWARD:
        return object == CAP_FORWARDER;
    default:
        return true;
    }
}

/* NULL: the capability is Null. */
static struct graph_edge *cap_add(struct build *b, uint32_t from, enum graph_place place, unsigned number,
                                  const struct cap *cap) {
    struct cap_look look = caps_look(b->emu, cap);
    if (look.type == CAP_NULL)
        return NULL;
    struct graph_edge *edge = edge_add(b, from, place, number);
    edge->cap = look;
    edge->to = look.id ? node_at(b, cap->object) : GRAPH_NONE;
    if (edge->to != GRAPH_NONE && !names_type(&look, b->graph->nodes[edge->to].type))
        edge->to = GRAPH_NONE;
    return edge;
}

static void caps_add(struct build *b, uint32_t from, enum graph_place place, const struct cap *cap, unsigned count) {
    for (unsigned i = 0; cap && i < count; i++)
        cap_add(b, from, place, i, &cap[i]);
}

/* ---- Fronts */

static void handler_add(struct build *b, uint32_t from, int front, const struct mark *mark, uint64_t base) {
    for (size_t i = 0; i < mark->object->count; i++) {
        const struct handler_code *code = &mark->object->chain[i]->code;
        if (code->endpoint || mark->object->hidden)
            continue;
        struct graph_edge *edge = edge_add(b, from, GRAPH_FRONT, (unsigned)front);
        edge->handler = text_copy(code->text);
        edge->low = base + mark->low;
        edge->high = base + mark->high;
    }
}

static uint64_t front_count(const struct build *b) {
    uint64_t count = emu_debug_block(b->emu)->front_count;
    return count < FRONT_MAX ? count : FRONT_MAX;
}

/* base: offset in the object of the first byte of the front's range. */
static void front_add(struct build *b, uint32_t from, int front, uint64_t base) {
    uint64_t fronts = front_count(b), steps = 0;
    const struct front_handler *handlers =
        kernel_array(b->emu, b->kernel->front_handlers, fronts, sizeof *handlers, struct front_handler);
    const struct front_service *services =
        kernel_array(b->emu, b->kernel->front_services, fronts, sizeof *services, struct front_service);
    if (!services || !handlers || front < 0 || (uint64_t)front >= fronts)
        return;
    for (int i = handlers[front].service; i >= 0 && (uint64_t)i < fronts; i = services[i].next) {
        if (steps++ == fronts)
            return;
        struct graph_edge *edge = cap_add(b, from, GRAPH_FRONT, (unsigned)front, &services[i].entry);
        if (edge) {
            edge->low = base + services[i].low;
            edge->high = base + services[i].high;
        }
    }
    const struct front_page *page = session_swaps(b->session)->page[front];
    for (size_t i = 0; page && i < page->count; i++)
        handler_add(b, from, front, &page->marks[i], base);
}

static void parts_add(struct build *b, uint32_t from, int front) {
    uint64_t fronts = front_count(b), steps = 0;
    const struct front_part *parts =
        kernel_array(b->emu, b->kernel->front_parts, fronts, sizeof *parts, struct front_part);
    for (; parts && front >= 0 && (uint64_t)front < fronts && steps++ < fronts; front = parts[front].next)
        front_add(b, from, front, parts[front].start & ~((1ul << FRONT_SHIFT) - 1));
}

/* ---- What is in an object */

static void page_edges(struct build *b, uint32_t node, const struct page *page) {
    if (page->header.type == CAP_CAPPAGE)
        caps_add(b, node, GRAPH_SLOT, (const void *)emu_ram(b->emu, (gpa_t){page->frame}, 4096), CAPPAGE_SLOTS);
    else if (page->front >= 0)
        front_add(b, node, page->front, 0);
}

static void gpt_edges(struct build *b, uint32_t node, const struct gpt *gpt) {
    caps_add(b, node, GRAPH_SLOT, gpt->slot, GPT_SLOTS);
    cap_add(b, node, GRAPH_BACKGROUND, 0, &gpt->background);
    cap_add(b, node, GRAPH_KEEPER, 0, &gpt->keeper);
    parts_add(b, node, gpt->front);
}

static void process_edges(struct build *b, uint32_t node, const struct process *process) {
    cap_add(b, node, GRAPH_SPACE, 0, &process->space);
    cap_add(b, node, GRAPH_KEEPER, 0, &process->keeper);
    cap_add(b, node, GRAPH_SCHEDULE, 0, &process->schedule);
    cap_add(b, node, GRAPH_BRAND, 0, &process->brand);
    caps_add(b, node, GRAPH_REGISTER, process->reg, CAP_REGISTERS);
    if (process->state == PROCESS_SENDING)
        cap_add(b, node, GRAPH_SEND, 0, &process->send_cap);
    cap_add(b, node, GRAPH_FAULT_SPACE, 0, &process->fault_space);
}

static void forwarder_edges(struct build *b, uint32_t node, const struct forwarder *forwarder) {
    cap_add(b, node, GRAPH_TARGET, 0, &forwarder->target);
    caps_add(b, node, GRAPH_SLOT, forwarder->slot, FORWARDER_SLOTS);
}

static void node_edges(struct build *b, uint32_t node, enum cap_type type, const void *object) {
    switch (type) {
    case CAP_PAGE:
    case CAP_CAPPAGE:
        page_edges(b, node, object);
        break;
    case CAP_GPT:
        gpt_edges(b, node, object);
        break;
    case CAP_PROCESS:
        process_edges(b, node, object);
        break;
    case CAP_ENDPOINT:
        cap_add(b, node, GRAPH_RECIPIENT, 0, &((const struct endpoint *)object)->recipient);
        break;
    case CAP_FORWARDER:
        forwarder_edges(b, node, object);
        break;
    default:
        break;
    }
}

static void edges_add(struct build *b) {
    struct graph *g = b->graph;
    for (uint32_t i = 0; i < g->node_count; i++) {
        g->nodes[i].first_out = g->edge_count;
        node_edges(b, i, g->nodes[i].type, g->nodes[i].object);
        g->nodes[i].out = g->edge_count - g->nodes[i].first_out;
    }
}

/* Which edges come to each node: counted, then put in their places. */
static void edges_sort(struct graph *g) {
    uint32_t next = 0;
    for (uint32_t i = 0; i < g->edge_count; i++)
        if (g->edges[i].to != GRAPH_NONE)
            g->nodes[g->edges[i].to].in++;
    for (uint32_t i = 0; i < g->node_count; i++) {
        g->nodes[i].first_in = next;
        next += g->nodes[i].in;
        g->nodes[i].in = 0;
    }
    g->into = text_grow(NULL, next, sizeof *g->into);
    for (uint32_t i = 0; i < g->edge_count; i++)
        if (g->edges[i].to != GRAPH_NONE) {
            struct graph_node *to = &g->nodes[g->edges[i].to];
            g->into[to->first_in + to->in++] = i;
        }
}

/* ---- Who waits for whom */

/* The process that has the right to answer. */
static uint32_t answerer(const struct graph *g, uint32_t node, unsigned which) {
    for (uint32_t i = 0; i < g->nodes[node].in; i++) {
        const struct graph_edge *edge = graph_in(g, node, i);
        if (edge->cap.type == CAP_RESUME && edge->cap.slot == which && g->nodes[edge->from].type == CAP_PROCESS)
            return edge->from;
    }
    return GRAPH_NONE;
}

static uint32_t waits_for(const struct build *b, uint32_t node, const struct process *process) {
    switch ((enum process_state)process->state) {
    case PROCESS_SENDING:
        return node_at(b, process->queue); /* a queue is a part of the object */
    case PROCESS_CALLING:
        return answerer(b->graph, node, ANSWER_CALL);
    case PROCESS_FAULTED:
        return process->fault == FAULT_ACCESS ? node_at(b, process->access_by) : answerer(b->graph, node, ANSWER_FAULT);
    case PROCESS_BLOCKED:
        return process->access_waits ? node_at(b, process->blocked_over) : GRAPH_NONE;
    default:
        return GRAPH_NONE;
    }
}

static void waits_add(struct build *b) {
    for (uint32_t i = 0; i < b->graph->node_count; i++)
        if (b->graph->nodes[i].type == CAP_PROCESS)
            b->graph->nodes[i].waits_for = waits_for(b, i, (const void *)b->graph->nodes[i].object);
}

/* ---- Names */

/* Gives a name that nobody else has: programs are called as their users like. */
static void name(struct graph *g, uint32_t node, const char *text) {
    if (node == GRAPH_NONE || g->nodes[node].name)
        return;
    char *unique = text_copy(text);
    for (unsigned number = 2; graph_find_name(g, unique) != GRAPH_NONE; number++) {
        free(unique);
        unique = text_format("%s#%u", text, number);
    }
    g->nodes[node].name = unique;
}

static void name_system(struct graph *g, uint32_t process, const char *text) {
    name(g, process, text);
    g->nodes[process].system = true;
}

/* Where the first capability of that place leads. */
static uint32_t through(const struct graph *g, uint32_t node, enum graph_place place) {
    for (uint32_t i = 0; node != GRAPH_NONE && i < g->nodes[node].out; i++)
        if (graph_out(g, node, i)->place == place)
            return graph_out(g, node, i)->to;
    return GRAPH_NONE;
}

/* The kernel's one process, the oldest, and who else runs in its space: its bank. */
static void name_systems(struct graph *g, uint32_t init) {
    uint32_t space = through(g, init, GRAPH_SPACE);
    if (init == GRAPH_NONE)
        return;
    name_system(g, init, "init");
    for (uint32_t i = 0; space != GRAPH_NONE && i < g->nodes[space].in; i++)
        if (graph_in(g, space, i)->place == GRAPH_SPACE && graph_in(g, space, i)->from != init)
            name_system(g, graph_in(g, space, i)->from, "bank");
}

/* The system's own first; then the program, who makes a Linux system of it, and what the machine was told to call
 * endpoints and who serves them. */
static void names_add(struct build *b) {
    struct graph *g = b->graph;
    const struct swaps *swaps = session_swaps(b->session);
    uint32_t program = graph_find(g, session_process(b->session));
    name_systems(g, node_at(b, b->kernel->processes));
    name(g, program, text_basename(session_program(b->session)->path));
    if (!session_program(b->session)->native)
        name(g, through(g, through(g, program, GRAPH_KEEPER), GRAPH_RECIPIENT), "linux");
    for (size_t i = 0; i < swaps->endpoint_count; i++) {
        char *text = text_format("endpoint:%s", swaps->endpoints[i].name);
        uint32_t endpoint = graph_find(g, swaps->endpoints[i].id);
        name(g, endpoint, text);
        name(g, through(g, endpoint, GRAPH_RECIPIENT), swaps->endpoints[i].name);
        free(text);
    }
}

/* ---- All of it */

struct graph *graph_new(const struct session *session) {
    struct emu *emu = session_emu(session);
    struct build b = {.session = session, .emu = emu, .kernel = emu ? kernel_info_get(emu) : NULL};
    if (!b.kernel)
        return NULL;
    b.graph = text_zeros(1, sizeof *b.graph);
    storages(&b);
    nodes_add(&b);
    nodes_sort(b.graph);
    edges_add(&b);
    edges_sort(b.graph);
    b.graph->marks = text_zeros(b.graph->node_count + 1, sizeof *b.graph->marks);
    waits_add(&b);
    names_add(&b);
    for (int i = 0; i < STORAGES; i++)
        free(b.storage[i].node);
    return b.graph;
}

void graph_free(struct graph *graph) {
    for (uint32_t i = 0; graph && i < graph->node_count; i++)
        free(graph->nodes[i].name);
    for (uint32_t i = 0; graph && i < graph->edge_count; i++)
        free(graph->edges[i].handler);
    if (graph) {
        free(graph->nodes);
        free(graph->edges);
        free(graph->into);
        free(graph->by_id);
        free(graph->marks);
    }
    free(graph);
}

uint32_t graph_find(const struct graph *graph, uint64_t id) {
    uint32_t low = 0, high = graph->node_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (graph->nodes[graph->by_id[middle]].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    bool there = low < graph->node_count && graph->nodes[graph->by_id[low]].id == id;
    return there ? graph->by_id[low] : GRAPH_NONE;
}

uint32_t graph_find_name(const struct graph *graph, const char *name) {
    for (uint32_t node = 0; node < graph->node_count; node++)
        if (graph->nodes[node].name && strcmp(graph->nodes[node].name, name) == 0)
            return node;
    return GRAPH_NONE;
}

const char *graph_place_text(const struct graph_edge *edge, char text[32]) {
    static const char *const formats[GRAPH_PLACES] = {
        [GRAPH_SLOT] = "slot %u",        [GRAPH_BACKGROUND] = "background",
        [GRAPH_KEEPER] = "keeper",       [GRAPH_REGISTER] = "c%u",
        [GRAPH_SPACE] = "space",         [GRAPH_SCHEDULE] = "schedule",
        [GRAPH_BRAND] = "brand",         [GRAPH_TARGET] = "target",
        [GRAPH_SEND] = "sending",        [GRAPH_FAULT_SPACE] = "space of its fault",
        [GRAPH_RECIPIENT] = "recipient", [GRAPH_FRONT] = "front %u"};
    snprintf(text, 32, edge->place < GRAPH_PLACES ? formats[edge->place] : "?", edge->number);
    return text;
}
