/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * caps: what is in an object. holders: who has capabilities to it.
 */
#include "graph_text.h"
#include "query.h"
#include "space.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

/* ---- A line for each capability */

/* Where a message sent through it arrives: behind forwarders, the endpoint; GRAPH_NONE: nowhere. */
static uint32_t arrival(const struct graph *g, const struct graph_edge *edge) {
    for (uint32_t hops = 0; edge && edge->cap.type == CAP_FORWARD && hops < g->node_count; hops++)
        edge = space_edge(g, edge->to, GRAPH_TARGET, 0);
    return edge && edge->cap.type == CAP_ENTRY ? edge->to : GRAPH_NONE;
}

/* Whom one reaches by it, as far as that has a name: "  (ledger)", "  to Process obj:2 (init)". */
static void put_target(const struct query *q, const struct graph_edge *edge) {
    const struct graph *g = q->graph;
    const struct graph_edge *recipient = space_edge(g, arrival(g, edge), GRAPH_RECIPIENT, 0);
    char text[GRAPH_TEXT];
    if (edge->to != GRAPH_NONE && g->nodes[edge->to].name)
        fprintf(q->out, "  (%s)", g->nodes[edge->to].name);
    if (recipient)
        fprintf(q->out, "  to %s", graph_node_text(g, recipient->to, text));
}

static void put_cap(const struct query *q, const struct graph_edge *edge) {
    char place[32];
    fprintf(q->out, "%-9s ", graph_place_text(edge, place));
    if (edge->place == GRAPH_FRONT)
        graph_put_handler(q->out, q->graph, edge);
    else {
        caps_print(&edge->cap, q->out);
        put_target(q, edge);
    }
    fputc('\n', q->out);
}

/* What each process has a place for is told first, and when it is Null. */
static const enum graph_place first[] = {GRAPH_SPACE, GRAPH_KEEPER, GRAPH_SCHEDULE};

static bool comes_first(enum graph_place place) {
    return place == GRAPH_SPACE || place == GRAPH_KEEPER || place == GRAPH_SCHEDULE;
}

static void put_of_process(const struct query *q, uint32_t node, enum graph_place place) {
    const struct graph_edge *edge = space_edge(q->graph, node, place, 0);
    char text[32];
    if (edge)
        put_cap(q, edge);
    else
        fprintf(q->out, "%-9s Null\n", graph_place_text(&(struct graph_edge){.place = place}, text));
}

static void put_caps(const struct query *q, uint32_t node) {
    const struct graph *g = q->graph;
    bool process = g->nodes[node].type == CAP_PROCESS;
    unsigned registers = 0;
    char text[GRAPH_TEXT];
    fprintf(q->out, "%s%s%s\n", graph_node_text(g, node, text), process ? ", " : "",
            process ? graph_state_text(g, node) : "");
    for (size_t i = 0; process && i < sizeof first / sizeof *first; i++)
        put_of_process(q, node, first[i]);
    for (uint32_t i = 0; i < g->nodes[node].out; i++) {
        const struct graph_edge *edge = graph_out(g, node, i);
        registers += edge->place == GRAPH_REGISTER;
        if (!process || !comes_first(edge->place))
            put_cap(q, edge);
    }
    if (process && !registers)
        fputs("Its capability registers are all Null: what it may do, it may do by its space and its keeper.\n",
              q->out);
    if (!process && !g->nodes[node].out)
        fputs("It has no capabilities.\n", q->out);
}

static void put_caps_json(const struct query *q, uint32_t node) {
    fputs("{\"v\":1,", q->out);
    graph_put_node(q->out, q->graph, node);
    if (q->graph->nodes[node].type == CAP_PROCESS)
        fprintf(q->out, ",\"state\":\"%s\"", graph_state_text(q->graph, node));
    fputs(",\"capabilities\":[", q->out);
    for (uint32_t i = 0; i < q->graph->nodes[node].out; i++) {
        fputs(i ? ",{" : "{", q->out);
        graph_put_edge(q->out, graph_out(q->graph, node, i));
        fputc('}', q->out);
    }
    fputs("]}\n", q->out);
}

enum facet_status cmd_caps(struct cli *cli, const char *args, struct facet_error *error) {
    struct query q;
    uint32_t node;
    uint64_t va, size;
    enum facet_status status = query_begin(&q, cli, args, false, error);
    if (status)
        return status;
    status = *q.text ? query_object(&q, &node, &va, &size, error) : query_process(&q, &node, error);
    if (status == FACET_OK)
        (q.json ? put_caps_json : put_caps)(&q, node);
    return query_end(&q, status, error);
}

/* ---- holders */

static void put_holder(const struct query *q, const struct graph_edge *edge) {
    char text[GRAPH_TEXT], place[32];
    fprintf(q->out, "%-28s %-10s ", graph_node_text(q->graph, edge->from, text), graph_place_text(edge, place));
    if (edge->place == GRAPH_FRONT)
        graph_put_handler(q->out, q->graph, edge);
    else {
        fputs(caps_type_name(edge->cap.type), q->out);
        caps_print_authority(&edge->cap, q->out);
    }
    char *spaces =
        q->graph->nodes[edge->from].type == CAP_GPT ? graph_spaces_text(q->graph, edge->from) : text_copy("");
    fprintf(q->out, "%s%s\n", *spaces ? "; " : "", spaces);
    free(spaces);
}

static void put_holders(const struct query *q, uint32_t node) {
    const struct graph_node *n = &q->graph->nodes[node];
    char text[GRAPH_TEXT];
    fprintf(q->out, "%s is held %u time%s%s\n", graph_node_text(q->graph, node, text), n->in, n->in == 1 ? "" : "s",
            n->in ? ":" : ".");
    if (n->in)
        fprintf(q->out, "%-28s %-10s %s\n", "Holder", "Place", "Capability");
    for (uint32_t i = 0; i < n->in; i++)
        put_holder(q, graph_in(q->graph, node, i));
    graph_put_fronts(q->out, q->graph, node);
}

static void put_holders_json(const struct query *q, uint32_t node) {
    fputs("{\"v\":1,", q->out);
    graph_put_node(q->out, q->graph, node);
    fputs(",\"holders\":[", q->out);
    for (uint32_t i = 0; i < q->graph->nodes[node].in; i++) {
        const struct graph_edge *edge = graph_in(q->graph, node, i);
        fprintf(q->out, "%s{\"holder\":{", i ? "," : "");
        graph_put_node(q->out, q->graph, edge->from);
        fputs("},", q->out);
        graph_put_edge(q->out, edge);
        fputc('}', q->out);
    }
    fputs("]}\n", q->out);
}

enum facet_status cmd_holders(struct cli *cli, const char *args, struct facet_error *error) {
    struct query q;
    uint32_t node;
    uint64_t va, size;
    enum facet_status status = query_begin(&q, cli, args, false, error);
    if (status)
        return status;
    status = query_object(&q, &node, &va, &size, error);
    for (uint64_t end = va + size; status == FACET_OK;) {
        if (node != GRAPH_NONE)
            (q.json ? put_holders_json : put_holders)(&q, node);
        va = (va & ~4095ull) + 4096; /* of an object of several pages, those that are there */
        if (va >= end)
            break;
        query_page(&q, va, &node, NULL);
    }
    return query_end(&q, status, error);
}
