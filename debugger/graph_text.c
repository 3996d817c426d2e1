/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph_text.h"

#include "text.h"

#include <inttypes.h>
#include <string.h>

const char *graph_node_text(const struct graph *graph, uint32_t node, char text[GRAPH_TEXT]) {
    const struct graph_node *n = node == GRAPH_NONE ? NULL : &graph->nodes[node];
    *text = 0;
    if (n && n->name)
        snprintf(text, GRAPH_TEXT, "%s obj:%" PRIu64 " (%.80s)", caps_type_name(n->type), n->id, n->name);
    else if (n)
        snprintf(text, GRAPH_TEXT, "%s obj:%" PRIu64, caps_type_name(n->type), n->id);
    return text;
}

const char *graph_state_text(const struct graph *graph, uint32_t node) {
    static const char *const names[] = {"stopped",
                                        "runnable",
                                        "waiting for a message",
                                        "waiting for the answer to a call",
                                        "waiting to send a message",
                                        "stopped by a fault",
                                        "sleeping",
                                        "blocked by a handler"};
    const struct process *process = (const struct process *)graph->nodes[node].object;
    bool known = graph->nodes[node].type == CAP_PROCESS && process->state < sizeof names / sizeof *names;
    return known ? names[process->state] : "?";
}

/* ---- In whose spaces */

struct climb {
    const struct graph *graph;
    uint32_t *queue, queued, room;
};

/* Nodes that this climb has come to bear its number; so an answer costs what is above the object, not all nodes. */
static void come_to(struct climb *c, uint32_t node) {
    uint32_t *mark = c->graph->marks, number = mark[c->graph->node_count];
    bool fresh = mark[node] != number;
    mark[node] = number;
    if (fresh && c->queued == c->room)
        c->queue = text_grow(c->queue, c->room = 2 * c->room + 64, sizeof *c->queue);
    if (fresh)
        c->queue[c->queued++] = node;
}

static void climb_to(struct climb *c, const struct graph_edge *edge) {
    bool memory = edge->cap.type == CAP_PAGE || edge->cap.type == CAP_GPT;
    bool above = edge->place == GRAPH_SLOT || edge->place == GRAPH_BACKGROUND || edge->place == GRAPH_SPACE;
    enum cap_type type = c->graph->nodes[edge->from].type;
    if (memory && above && (type == CAP_GPT || type == CAP_PROCESS))
        come_to(c, edge->from);
}

static char *add_name(char *text, const struct graph_node *process) {
    char *name = process->name ? text_copy(process->name) : text_format("obj:%" PRIu64, process->id);
    char *longer = text_format(text ? "%s, %s" : "%sin the space of %s", text ? text : "", name);
    free(name);
    free(text);
    return longer;
}

char *graph_spaces_text(const struct graph *graph, uint32_t node) {
    struct climb c = {.graph = graph};
    char *text = NULL;
    graph->marks[graph->node_count]++;
    come_to(&c, node);
    for (uint32_t next = 0; next < c.queued; next++) {
        if (graph->nodes[c.queue[next]].type == CAP_PROCESS)
            text = add_name(text, &graph->nodes[c.queue[next]]);
        for (uint32_t i = 0; i < graph->nodes[c.queue[next]].in; i++)
            climb_to(&c, graph_in(graph, c.queue[next], i));
    }
    free(c.queue);
    return text ? text : text_copy("");
}

/* ---- Fronts */

void graph_put_handler(FILE *out, const struct graph *graph, const struct graph_edge *edge) {
    char text[GRAPH_TEXT];
    fprintf(out, "handler %s%s, bytes 0x%" PRIx64 "-0x%" PRIx64, edge->handler ? "" : "at ",
            edge->handler ? edge->handler : graph_node_text(graph, edge->to, text), edge->low, edge->high);
}

void graph_put_fronts(FILE *out, const struct graph *graph, uint32_t node) {
    for (uint32_t i = 0; i < graph->nodes[node].out; i++) {
        const struct graph_edge *edge = graph_out(graph, node, i);
        if (edge->place != GRAPH_FRONT)
            continue;
        fprintf(out, "It wears front %u: ", edge->number);
        graph_put_handler(out, graph, edge);
        fputc('\n', out);
    }
}

/* ---- JSON */

void graph_put_node(FILE *out, const struct graph *graph, uint32_t node) {
    const struct graph_node *n = &graph->nodes[node];
    fprintf(out, "\"id\":%" PRIu64 ",\"type\":\"%s\"", n->id, caps_type_name(n->type));
    if (n->name) {
        fputs(",\"name\":", out);
        text_put_json(out, n->name);
    }
}

void graph_put_restrictions(FILE *out, unsigned restrictions) {
    const char *comma = "";
    char text[24];
    fputc('[', out);
    for (unsigned i = 0; i < 5; i++)
        if (restrictions >> i & 1) {
            fprintf(out, "%s\"%s\"", comma, caps_restrictions(1u << i, text));
            comma = ",";
        }
    fputc(']', out);
}

static void put_cap(FILE *out, const struct cap_look *cap) {
    bool window = cap->type == CAP_WINDOW || cap->type == CAP_LOCAL_WINDOW;
    bool memory = cap->type == CAP_PAGE || cap->type == CAP_CAPPAGE || cap->type == CAP_GPT;
    fprintf(out, "\"capability\":{\"type\":\"%s\"", caps_type_name(cap->type));
    if (cap->id)
        fprintf(out, ",\"object\":%" PRIu64, cap->id);
    if ((memory || window) && cap->l2g < 64)
        fprintf(out, ",\"guard\":{\"match\":\"0x%" PRIx64 "\",\"l2g\":%u}", cap->match, cap->l2g);
    if (cap->type == CAP_LOCAL_WINDOW)
        fprintf(out, ",\"slot\":%u", cap->slot);
    if (cap->type == CAP_FORWARD)
        fprintf(out, ",\"flags\":%u", cap->slot);
    if (window || caps_has_payload(cap))
        fprintf(out, ",\"%s\":\"0x%" PRIx64 "\"", window ? "offset" : "payload", cap->payload);
    fputs(",\"restrictions\":", out);
    graph_put_restrictions(out, cap->restrictions);
    fputc('}', out);
}

void graph_put_edge(FILE *out, const struct graph_edge *edge) {
    char place[32];
    graph_place_text(&(struct graph_edge){.place = edge->place}, place);
    place[strcspn(place, " ")] = 0; /* "slot 0" */
    bool numbered = edge->place == GRAPH_SLOT || edge->place == GRAPH_REGISTER || edge->place == GRAPH_FRONT;
    fprintf(out, "\"place\":\"%s\"", edge->place == GRAPH_REGISTER ? "register" : place);
    if (numbered)
        fprintf(out, ",\"number\":%u", edge->number);
    if (edge->place == GRAPH_FRONT)
        fprintf(out, ",\"from\":%" PRIu64 ",\"to\":%" PRIu64, edge->low, edge->high);
    fputc(',', out);
    if (!edge->handler) {
        put_cap(out, &edge->cap);
        return;
    }
    fputs("\"handler\":", out);
    text_put_json(out, edge->handler);
}
