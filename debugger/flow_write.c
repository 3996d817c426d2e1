/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Answers about flow for programs: JSON, and graphs for graphviz.
 */
#include "flow_ask.h"

#include "text.h"

#include <string.h>

/* ,"name":"text" */
static void put_member(FILE *out, const char *comma, const char *name, const char *text) {
    fprintf(out, "%s\"%s\":", comma, name);
    text_put_json(out, text);
}

static void put_list(FILE *out, const char *name, const struct flow *flow, const struct flow_answer *answer) {
    fprintf(out, ",\"%s\":[", name);
    for (size_t i = 0; i < answer->count; i++) {
        struct flow_fact_look look = flow_look(flow, answer->fact[i]);
        char *text = answer->verb == FLOW_OBTAIN ? flow_cap_text(flow, look.cap) : text_copy(flow_name(flow, look.to));
        if (answer->verb != FLOW_OBTAIN && i == 0) {
            text_put_json(out, flow_name(flow, look.from));
            fputc(',', out);
        }
        if (i)
            fputc(',', out);
        text_put_json(out, text);
        free(text);
    }
    fputc(']', out);
}

static void put_steps(FILE *out, const struct flow *flow, const struct flow_answer *answer) {
    uint32_t *order;
    size_t count = flow_proof(flow, answer->fact, answer->count, &order);
    fputs(",\"steps\":[", out);
    for (size_t i = 0; i < count; i++) {
        char *sentence = flow_sentence(flow, order, i);
        fprintf(out, "%s{\"n\":%zu", i ? "," : "", i + 1);
        put_member(out, ",", "rule", flow_look(flow, order[i]).rule);
        put_member(out, ",", "text", sentence);
        fputc('}', out);
        free(sentence);
    }
    fputc(']', out);
    free(order);
}

void flow_print_json(const struct flow *flow, const struct flow_question *question, const struct flow_answer *answers,
                     size_t count, FILE *out) {
    static const char *const verbs[] = {[FLOW_WRITE] = "write", [FLOW_READ] = "read", [FLOW_OBTAIN] = "obtain"};
    fputs("{\"v\":1", out);
    put_member(out, ",", "a", question->a);
    put_member(out, ",", "b", question->b);
    fputs(",\"answers\":[", out);
    for (size_t i = 0; i < count; i++) {
        put_member(out, i ? ",{" : "{", "question", verbs[answers[i].verb]);
        fprintf(out, ",\"answer\":%s", answers[i].count ? "true" : "false");
        put_list(out, answers[i].verb == FLOW_OBTAIN ? "capabilities" : "path", flow, &answers[i]);
        put_steps(out, flow, &answers[i]);
        fputc('}', out);
    }
    fputs("]}\n", out);
}

/* ---- Graphviz */

static void put_node(FILE *out, const struct flow *flow, uint32_t node) {
    static const char *const shapes[FLOW_TYPES] = {
        [FLOW_PAGE] = "note",   [FLOW_CAPPAGE] = "folder",   [FLOW_GPT] = "component",
        [FLOW_PROCESS] = "box", [FLOW_ENDPOINT] = "diamond", [FLOW_FORWARDER] = "diamond"};
    const char *shape = shapes[flow_node_type(flow, node)];
    fprintf(out, "  n%u [label=", node);
    text_put_json(out, flow_name(flow, node));
    fprintf(out, " shape=%s];\n", shape ? shape : "ellipse");
}

static void put_edge(FILE *out, const struct flow *flow, uint32_t fact) {
    struct flow_fact_look look = flow_look(flow, fact);
    bool given = strcmp(look.rule, "given") == 0;
    fprintf(out, "  n%u -> n%u [label=", look.from, look.to);
    if (look.informs) {
        text_put_json(out, look.rule);
        fputs(" color=red penwidth=2];\n", out);
        return;
    }
    char *cap = flow_cap_text(flow, look.cap);
    text_put_json(out, cap);
    fprintf(out, "%s];\n", given ? "" : " style=dashed");
    free(cap);
}

static void mark(const struct flow *flow, uint32_t fact, bool *nodes) {
    struct flow_fact_look look = flow_look(flow, fact);
    nodes[look.from] = true;
    if (look.to != FLOW_NONE)
        nodes[look.to] = true;
}

static void put_proof(FILE *out, const struct flow *flow, const uint32_t *order, size_t count) {
    bool *nodes = text_grow(NULL, flow_node_count(flow), sizeof *nodes);
    memset(nodes, 0, flow_node_count(flow) * sizeof *nodes);
    for (size_t i = 0; i < count; i++)
        mark(flow, order[i], nodes);
    for (uint32_t i = 0; i < flow_node_count(flow); i++)
        if (nodes[i])
            put_node(out, flow, i);
    for (size_t i = 0; i < count; i++) {
        struct flow_fact_look look = flow_look(flow, order[i]);
        if (look.to != FLOW_NONE && (look.informs || look.held))
            put_edge(out, flow, order[i]);
    }
    free(nodes);
}

void flow_print_dot(const struct flow *flow, const struct flow_answer *answers, size_t count, FILE *out) {
    uint32_t *facts = NULL, *order;
    size_t all = 0;
    for (size_t i = 0; i < count; i++) {
        facts = text_grow(facts, all + answers[i].count, sizeof *facts);
        memcpy(facts + all, answers[i].fact, answers[i].count * sizeof *facts);
        all += answers[i].count;
    }
    size_t steps = flow_proof(flow, facts, all, &order);
    fputs("digraph flow {\n  rankdir=LR;\n", out);
    put_proof(out, flow, order, steps);
    fputs("}\n", out);
    free(facts);
    free(order);
}

/* ---- All of a system */

/* Is there a way that comes by nobody else who is listed? */
static bool direct(const struct flow_system *s, uint32_t a, uint32_t b) {
    uint32_t *facts;
    size_t length = flow_way(s->flow, a, b, &facts), first = 0;
    while (first + 1 < length && !flow_listed(s, flow_look(s->flow, facts[first]).to))
        first++;
    free(facts);
    return length > 0 && first + 1 == length;
}

static void pair(const struct flow_system *s, enum flow_form form, uint32_t a, uint32_t b, bool *first, FILE *out) {
    if (a == b || !flow_listed(s, b) || !flow_way(s->flow, a, b, NULL))
        return;
    if (form == FLOW_DOT && direct(s, a, b)) {
        fprintf(out, "  n%u -> n%u;\n", a, b);
    } else if (form == FLOW_JSON) {
        put_member(out, *first ? "{" : ",{", "from", flow_name(s->flow, a));
        put_member(out, ",", "to", flow_name(s->flow, b));
        fputc('}', out);
    }
    *first = false;
}

static void each_node(const struct flow_system *s, enum flow_form form, FILE *out) {
    bool first = true;
    for (uint32_t i = 0; i < s->of_count; i++) {
        if (!flow_listed(s, i))
            continue;
        if (form == FLOW_DOT) {
            put_node(out, s->flow, i);
            continue;
        }
        if (!first)
            fputc(',', out);
        text_put_json(out, flow_name(s->flow, i));
        first = false;
    }
}

void flow_print_all(const struct flow_system *s, enum flow_form form, FILE *out) {
    bool first = true;
    fputs(form == FLOW_DOT ? "digraph flow {\n  rankdir=LR;\n" : "{\"v\":1,\"nodes\":[", out);
    each_node(s, form, out);
    if (form == FLOW_JSON)
        fputs("],\"flows\":[", out);
    for (uint32_t a = 0; a < s->of_count; a++)
        for (uint32_t b = 0; flow_listed(s, a) && b < s->of_count; b++)
            pair(s, form, a, b, &first, out);
    fputs(form == FLOW_DOT ? "}\n" : "]}\n", out);
}
