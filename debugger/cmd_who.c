/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * who: which process can touch an address, by which capabilities, and who could.
 */
#include "graph_text.h"
#include "query.h"
#include "text.h"
#include "who.h"

#include <inttypes.h>
#include <string.h>

#define WAYS_MAX 1000 /* that are listed */

struct listing {
    const struct query *q;
    uint64_t offset; /* of the address in its page */
    uint64_t count;
    const char *comma;
};

/* ---- The way, one capability after the other */

static void put_step(FILE *out, const struct graph *g, const struct graph_edge *edge) {
    char text[GRAPH_TEXT], place[32], restrictions[24];
    bool window = edge->cap.type == CAP_WINDOW || edge->cap.type == CAP_LOCAL_WINDOW;
    fprintf(out, "%s %s", graph_place_text(edge, place),
            window ? caps_type_name(edge->cap.type) : graph_node_text(g, edge->to, text));
    if (edge->cap.restrictions)
        fprintf(out, " [%s]", caps_restrictions(edge->cap.restrictions, restrictions));
}

static void put_way(const struct listing *l, const struct who_path *path) {
    fputs("    ", l->q->out);
    for (unsigned i = 0; i < path->length; i++) {
        fputs(i ? ", " : "", l->q->out);
        put_step(l->q->out, l->q->graph, path->edge[i]);
    }
    fputc('\n', l->q->out);
}

/* Is this a front of what the i-th capability leads to, there? */
static bool wears(const struct listing *l, const struct who_path *path, unsigned i, const struct graph_edge *front) {
    uint64_t offset = path->offset[i] + (i + 1 == path->length ? l->offset : 0);
    return front->place == GRAPH_FRONT && offset >= front->low && offset < front->high;
}

static void put_front(const struct listing *l, const struct graph_edge *front, const char *comma) {
    const struct query *q = l->q;
    char text[GRAPH_TEXT];
    if (q->json) {
        fprintf(q->out, "%s{\"of\":%" PRIu64 ",", comma, q->graph->nodes[front->from].id);
        graph_put_edge(q->out, front);
        fputc('}', q->out);
        return;
    }
    fprintf(q->out, "    %s wears front %u: ", graph_node_text(q->graph, front->from, text), front->number);
    graph_put_handler(q->out, q->graph, front);
    fputc('\n', q->out);
}

/* Who is asked about accesses on this way, from the outside in. */
static void put_fronts(const struct listing *l, const struct who_path *path) {
    const struct graph *g = l->q->graph;
    const char *comma = "";
    for (unsigned i = 0; i < path->length; i++) {
        uint32_t node = path->edge[i]->to;
        for (uint32_t j = 0; node != GRAPH_NONE && j < g->nodes[node].out; j++)
            if (wears(l, path, i, graph_out(g, node, j))) {
                put_front(l, graph_out(g, node, j), comma);
                comma = ",";
            }
    }
}

static void put_path_json(struct listing *l, const struct who_path *path) {
    FILE *out = l->q->out;
    char rights[4];
    fputs("\"process\":{", out);
    graph_put_node(out, l->q->graph, path->process);
    fprintf(out, "},\"rights\":\"%s\",\"restrictions\":", space_rights(path->restrictions, rights));
    graph_put_restrictions(out, path->restrictions);
    fputs(",\"path\":[", out);
    for (unsigned i = 0; i < path->length; i++) {
        fprintf(out, "%s{\"holder\":%" PRIu64 ",", i ? "," : "", l->q->graph->nodes[path->edge[i]->from].id);
        graph_put_edge(out, path->edge[i]);
        fputc('}', out);
    }
    fputc(']', out);
}

/* ---- Who sees it, who holds it */

static void see(void *context, const struct who_path *path) {
    struct listing *l = context;
    char text[GRAPH_TEXT], rights[4];
    if (l->count++ == 0)
        fprintf(l->q->out, "%-28s %-16s %s\n", "Process", "Address", "Rights");
    fprintf(l->q->out, "%-28s 0x%-14" PRIx64 " %s\n", graph_node_text(l->q->graph, path->process, text),
            path->va + l->offset, space_rights(path->restrictions, rights));
    put_way(l, path);
    put_fronts(l, path);
}

static void hold(void *context, const struct who_path *path) {
    struct listing *l = context;
    char text[GRAPH_TEXT], rights[4];
    if (l->count++ == 0)
        fprintf(l->q->out, "Held outside of a space:\n");
    fprintf(l->q->out, "%-28s %-16s %s%s\n", graph_node_text(l->q->graph, path->process, text), "",
            space_rights(path->restrictions, rights), path->restrictions & CAP_OP ? "  opaque" : "");
    put_way(l, path);
}

static void see_json(void *context, const struct who_path *path) {
    struct listing *l = context;
    fprintf(l->q->out, "%s{\"va\":\"0x%" PRIx64 "\",", l->comma, path->va + l->offset);
    put_path_json(l, path);
    fputs(",\"fronts\":[", l->q->out);
    put_fronts(l, path);
    fputs("]}", l->q->out);
    l->comma = ",";
}

static void hold_json(void *context, const struct who_path *path) {
    struct listing *l = context;
    fprintf(l->q->out, "%s{", l->comma);
    put_path_json(l, path);
    fputc('}', l->q->out);
    l->comma = ",";
}

static void put_who(const struct query *q, uint32_t page, uint64_t offset) {
    const struct page *object = (const struct page *)(const void *)q->graph->nodes[page].object;
    struct listing seen = {.q = q, .offset = offset}, held = seen;
    char text[GRAPH_TEXT];
    fprintf(q->out, "Byte 0x%" PRIx64 " of %s, frame 0x%lx\n", offset, graph_node_text(q->graph, page, text),
            object->frame);
    bool all = who_sees(q->graph, page, WAYS_MAX, see, &seen);
    if (!seen.count)
        fputs("No process sees it.\n", q->out);
    if (!all)
        fputs("There are more ways than are shown here.\n", q->out);
    who_holds(q->graph, page, hold, &held);
}

static void put_who_json(const struct query *q, uint32_t page, uint64_t offset) {
    const struct page *object = (const struct page *)(const void *)q->graph->nodes[page].object;
    struct listing l = {.q = q, .offset = offset, .comma = ""};
    fprintf(q->out, "{\"v\":1,\"page\":%" PRIu64 ",\"offset\":%" PRIu64 ",\"frame\":\"0x%lx\",\"sees\":[",
            q->graph->nodes[page].id, offset, object->frame);
    bool all = who_sees(q->graph, page, WAYS_MAX, see_json, &l);
    fprintf(q->out, "],\"complete\":%s,\"holds\":[", all ? "true" : "false");
    l.comma = "";
    who_holds(q->graph, page, hold_json, &l);
    fputs("]}\n", q->out);
}

/* ADDRESS|OBJECT */
enum facet_status cmd_who(struct cli *cli, const char *args, struct facet_error *error) {
    struct query q;
    uint32_t node;
    uint64_t va, size;
    enum facet_status status = query_begin(&q, cli, args, false, error);
    if (status)
        return status;
    status = query_object(&q, &node, &va, &size, error);
    char text[GRAPH_TEXT];
    if (status == FACET_OK && q.graph->nodes[node].type != CAP_PAGE)
        status = facet_fail(error, FACET_ERR_USAGE,
                            "who wants an address or a Page, and %s is none; `holders` tells who has it.",
                            graph_node_text(q.graph, node, text));
    if (status == FACET_OK)
        (q.json ? put_who_json : put_who)(&q, node, va & 4095);
    return query_end(&q, status, error);
}
