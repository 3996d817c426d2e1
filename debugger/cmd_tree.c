/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * tree: the tree of a process's address space, as text, as JSON, and for graphviz.
 */
#include "graph_text.h"
#include "query.h"
#include "text.h"
#include "tree.h"

#include <inttypes.h>
#include <string.h>

struct drawing {
    const struct query *q;
    const char *comma;
};

/* Within a label of graphviz. */
static void put_escaped(FILE *out, const char *text) {
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
}

/* ---- What a GPT or Page has beside its slots */

/* Its keeper, background and handlers, each told as "  keeper Endpoint obj:5 (…)". */
static void put_beside(const struct query *q, uint32_t node, const char *before) {
    const struct graph *g = q->graph;
    char text[GRAPH_TEXT], place[32];
    for (uint32_t i = 0; i < g->nodes[node].out; i++) {
        const struct graph_edge *edge = graph_out(g, node, i);
        if (edge->place == GRAPH_SLOT)
            continue;
        const char *what = edge->handler ? edge->handler : graph_node_text(g, edge->to, text);
        fprintf(q->out, "%s%s ", before, graph_place_text(edge, place));
        if (q->dot)
            put_escaped(q->out, what);
        else
            fputs(what, q->out);
    }
}

static void put_capability(const struct query *q, const struct graph_edge *edge) {
    char restrictions[24];
    if (edge->cap.l2g < 64 && !(edge->cap.l2g == 12 && edge->cap.match == 0 && edge->cap.type == CAP_PAGE))
        fprintf(q->out, "  guard 0x%" PRIx64 "/%u", edge->cap.match, edge->cap.l2g);
    if (edge->cap.restrictions)
        fprintf(q->out, "  [%s]", caps_restrictions(edge->cap.restrictions, restrictions));
}

/* ---- Text */

static void put_pages(const struct query *q, const struct tree_line *line) {
    const struct graph_node *nodes = q->graph->nodes;
    uint64_t first = nodes[line->pages[0]].id, last = nodes[line->pages[line->count - 1]].id;
    if (line->count == 1)
        fprintf(q->out, "Page obj:%" PRIu64, first);
    else
        fprintf(q->out, "%u Pages obj:%" PRIu64 " … obj:%" PRIu64, line->count, first, last);
}

static bool through_window(const struct tree_line *line) {
    return line->edge->cap.type == CAP_WINDOW || line->edge->cap.type == CAP_LOCAL_WINDOW;
}

static void put_window(const struct query *q, const struct tree_line *line) {
    fputs(caps_type_name(line->edge->cap.type), q->out);
    if (line->edge->cap.type == CAP_LOCAL_WINDOW)
        fprintf(q->out, " of slot %u", line->edge->cap.slot);
    fprintf(q->out, " offset 0x%" PRIx64, line->edge->cap.payload);
    put_capability(q, line->edge);
    fputs(" -> ", q->out);
}

static void put_object(const struct query *q, const struct tree_line *line) {
    const struct graph_edge *last = through_window(line) ? line->at.followed[1] : line->edge;
    char text[GRAPH_TEXT];
    bool there = line->kind <= TREE_AGAIN;
    if (through_window(line))
        put_window(q, line);
    if (line->kind == TREE_PAGES)
        put_pages(q, line);
    else if (last)
        fputs(last->to == GRAPH_NONE ? caps_type_name(last->cap.type) : graph_node_text(q->graph, last->to, text),
              q->out);
    if (last)
        put_capability(q, last);
    if (line->kind == TREE_GPT)
        fprintf(q->out, "  l2v %u", space_l2v(q->graph, line->at.node));
    if (there && line->kind != TREE_AGAIN)
        put_beside(q, line->at.node, "  ");
    fputs(line->kind == TREE_AGAIN       ? "  (shown above)"
          : line->kind == TREE_MALFORMED ? "  (malformed: every access faults)"
          : line->kind == TREE_CLOSED    ? (last ? "  (no address passes its guard)" : "nothing")
                                         : "",
          q->out);
    fputc('\n', q->out);
}

static void draw_text(void *context, const struct tree_line *line) {
    const struct query *q = ((struct drawing *)context)->q;
    char rights[4], place[32];
    bool there = line->kind <= TREE_AGAIN;
    fprintf(q->out, "0x%012" PRIx64 "-0x%012" PRIx64 " %s %*s", line->at.va, tree_end(q->graph, line),
            there ? space_rights(line->at.restrictions, rights) : "---", (int)(2 * line->depth), "");
    if (line->kind == TREE_PAGES && line->count > 1)
        fprintf(q->out, "slots %u-%u: ", line->edge->number, line->edge->number + line->count - 1);
    else
        fprintf(q->out, "%s: ", graph_place_text(line->edge, place));
    put_object(q, line);
}

static void tree_text(struct drawing *d, uint32_t process) {
    char text[GRAPH_TEXT];
    fprintf(d->q->out, "%s", graph_node_text(d->q->graph, process, text));
    const struct graph_edge *keeper = space_edge(d->q->graph, process, GRAPH_KEEPER, 0);
    if (keeper)
        fprintf(d->q->out, "  keeper %s", graph_node_text(d->q->graph, keeper->to, text));
    fputc('\n', d->q->out);
    if (!tree_walk(d->q->graph, process, draw_text, d))
        fputs("It has no space.\n", d->q->out);
}

/* ---- JSON: the lines, depth by depth */

static void draw_json(void *context, const struct tree_line *line) {
    static const char *const kinds[] = {"gpt", "pages", "again", "closed", "malformed"};
    struct drawing *d = context;
    const struct graph *g = d->q->graph;
    FILE *out = d->q->out;
    char rights[4];
    fprintf(out,
            "%s{\"kind\":\"%s\",\"depth\":%u,\"start\":\"0x%" PRIx64 "\",\"end\":\"0x%" PRIx64 "\",\"holder\":%" PRIu64
            ",",
            d->comma, kinds[line->kind], line->depth, line->at.va, tree_end(g, line), g->nodes[line->edge->from].id);
    graph_put_edge(out, line->edge);
    if (line->kind <= TREE_AGAIN)
        fprintf(out, ",\"rights\":\"%s\",\"object\":%" PRIu64, space_rights(line->at.restrictions, rights),
                g->nodes[line->at.node].id);
    if (line->kind == TREE_GPT)
        fprintf(out, ",\"l2v\":%u", space_l2v(g, line->at.node));
    for (uint32_t i = 0; i < line->count; i++)
        fprintf(out, "%s%" PRIu64, i ? "," : ",\"pages\":[", g->nodes[line->pages[i]].id);
    fputs(line->count ? "],\"beside\":[" : ",\"beside\":[", out);
    const char *comma = "";
    for (uint32_t i = 0; line->kind <= TREE_PAGES && i < g->nodes[line->at.node].out; i++) {
        if (graph_out(g, line->at.node, i)->place == GRAPH_SLOT)
            continue;
        fprintf(out, "%s{", comma);
        graph_put_edge(out, graph_out(g, line->at.node, i));
        fputc('}', out);
        comma = ",";
    }
    fputs("]}", out);
    d->comma = ",";
}

static void tree_json(struct drawing *d, uint32_t process) {
    fputs("{\"v\":1,\"process\":{", d->q->out);
    graph_put_node(d->q->out, d->q->graph, process);
    fputs("},\"tree\":[", d->q->out);
    tree_walk(d->q->graph, process, draw_json, d);
    fputs("]}\n", d->q->out);
}

/* ---- Graphviz: what is shared has several edges to it */

/* A line of what wears which front, and the like, within a label. */
static void dot_label(const struct query *q, const struct tree_line *line) {
    char text[GRAPH_TEXT], rights[4];
    if (line->kind == TREE_PAGES)
        put_pages(q, line);
    else
        fprintf(q->out, "%s\\nl2v %u", graph_node_text(q->graph, line->at.node, text),
                space_l2v(q->graph, line->at.node));
    fprintf(q->out, "\\n0x%" PRIx64 "-0x%" PRIx64 " %s", line->at.va, tree_end(q->graph, line),
            space_rights(line->at.restrictions, rights));
    put_beside(q, line->at.node, "\\n");
}

static void draw_dot(void *context, const struct tree_line *line) {
    const struct query *q = ((struct drawing *)context)->q;
    const struct graph_node *nodes = q->graph->nodes;
    char place[32], restrictions[24];
    if (line->kind > TREE_AGAIN)
        return;
    if (line->kind != TREE_AGAIN) {
        fprintf(q->out, "  o%" PRIu64 " [shape=%s,label=\"", nodes[line->at.node].id,
                line->kind == TREE_GPT ? "box" : "note");
        dot_label(q, line);
        fputs("\"];\n", q->out);
    }
    fprintf(q->out, "  o%" PRIu64 " -> o%" PRIu64 " [label=\"%s", nodes[line->edge->from].id, nodes[line->at.node].id,
            graph_place_text(line->edge, place));
    if (line->count > 1)
        fprintf(q->out, "-%u", line->edge->number + line->count - 1);
    if (through_window(line))
        fprintf(q->out, "\\n%s +0x%" PRIx64, caps_type_name(line->edge->cap.type), line->edge->cap.payload);
    if (line->edge->cap.l2g < 64)
        fprintf(q->out, "\\n0x%" PRIx64 "/%u", line->edge->cap.match, line->edge->cap.l2g);
    if (line->edge->cap.restrictions)
        fprintf(q->out, "\\n%s", caps_restrictions(line->edge->cap.restrictions, restrictions));
    fprintf(q->out, "\"%s];\n", through_window(line) ? ",style=dashed" : "");
}

static void tree_dot(struct drawing *d, uint32_t process) {
    char text[GRAPH_TEXT];
    fprintf(d->q->out, "digraph tree {\n  node [fontname=\"monospace\"];\n  o%" PRIu64 " [shape=ellipse,label=\"",
            d->q->graph->nodes[process].id);
    put_escaped(d->q->out, graph_node_text(d->q->graph, process, text));
    fputs("\"];\n", d->q->out);
    tree_walk(d->q->graph, process, draw_dot, d);
    fputs("}\n", d->q->out);
}

enum facet_status cmd_tree(struct cli *cli, const char *args, struct facet_error *error) {
    struct query q;
    uint32_t process;
    enum facet_status status = query_begin(&q, cli, args, true, error);
    if (status)
        return status;
    struct drawing d = {.q = &q, .comma = ""};
    status = query_process(&q, &process, error);
    if (status == FACET_OK)
        (q.json ? tree_json : q.dot ? tree_dot : tree_text)(&d, process);
    return query_end(&q, status, error);
}
