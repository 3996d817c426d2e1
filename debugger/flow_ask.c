/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Questions about flow, and their answers as text.
 */
#include "flow_ask.h"

#include "text.h"

#include <string.h>

/* ---- The question */

static bool word(const char **text, char *to, size_t size) {
    *text += strspn(*text, " \t");
    size_t length = **text == '>' ? 1 : strcspn(*text, " \t>");
    snprintf(to, size, "%.*s", (int)length, *text);
    *text += length;
    return length > 0;
}

static enum facet_status parse_trust(const char *option, const char **text, struct flow_trusts *trusts,
                                     struct facet_error *error) {
    char name[256];
    if (!word(text, name, sizeof name))
        return facet_fail(error, FACET_ERR_USAGE, "%s wants the name of a process.", option);
    trusts->names = text_grow(trusts->names, trusts->count + 1, sizeof *trusts->names);
    trusts->names[trusts->count++] = text_format("%s %s", option + 2, name);
    return FACET_OK;
}

static enum facet_status parse_file(const char **text, struct flow_question *question, struct facet_error *error) {
    char name[1024];
    if (question->file || !word(text, name, sizeof name))
        return facet_fail(error, FACET_ERR_USAGE, "> wants one file.");
    question->file = text_copy(name);
    return FACET_OK;
}

static unsigned verb_of(const char *text) {
    return !strcmp(text, "write")    ? FLOW_WRITE
           : !strcmp(text, "read")   ? FLOW_READ
           : !strcmp(text, "obtain") ? FLOW_OBTAIN
                                     : 0;
}

static enum facet_status parse_word(const char *w, const char **text, struct flow_question *question,
                                    struct facet_error *error) {
    if (!strcmp(w, "--json") || !strcmp(w, "--dot"))
        question->form = w[2] == 'j' ? FLOW_JSON : FLOW_DOT;
    else if (!strcmp(w, "--trust") || !strcmp(w, "--hostile"))
        return parse_trust(w, text, &question->trusts, error);
    else if (!strcmp(w, ">"))
        return parse_file(text, question, error);
    else if (*w == '-')
        return facet_fail(error, FACET_ERR_USAGE, "flow has no option \"%s\".", w);
    else if (verb_of(w) && question->verbs == FLOW_ALL && !question->a)
        question->verbs = verb_of(w);
    else if (!question->a)
        question->a = text_copy(w);
    else if (!question->b)
        question->b = text_copy(w);
    else
        return facet_fail(error, FACET_ERR_USAGE, "flow wants two names, not also \"%s\".", w);
    return FACET_OK;
}

enum facet_status flow_question_parse(const char *text, struct flow_question *question, struct facet_error *error) {
    char w[256];
    enum facet_status status = FACET_OK;
    *question = (struct flow_question){.verbs = FLOW_ALL};
    while (status == FACET_OK && word(&text, w, sizeof w))
        status = parse_word(w, &text, question, error);
    if (status == FACET_OK && (question->a || question->verbs != FLOW_ALL) && !question->b)
        status = facet_fail(error, FACET_ERR_USAGE, "flow wants two names, or none.");
    if (status)
        flow_question_free(question);
    return status;
}

void flow_question_free(struct flow_question *question) {
    for (size_t i = 0; i < question->trusts.count; i++)
        free(question->trusts.names[i]);
    free(question->trusts.names);
    free(question->a);
    free(question->b);
    free(question->file);
    *question = (struct flow_question){0};
}

/* ---- The answer */

static void answer_way(struct flow_answer *answer, const struct flow *flow, const struct flow_names *from,
                       const struct flow_names *to) {
    for (size_t i = 0; i < from->count; i++)
        for (size_t j = 0; j < to->count; j++) {
            uint32_t *facts;
            size_t length = flow_way(flow, from->node[i], to->node[j], &facts);
            if (!length || (answer->count && length >= answer->count)) {
                free(facts);
                continue;
            }
            free(answer->fact);
            answer->fact = facts;
            answer->count = length;
        }
}

static void answer_held(struct flow_answer *answer, const struct flow *flow, uint32_t holder, uint32_t object) {
    static const enum flow_place places[] = {FLOW_REGISTER, FLOW_SLOT};
    for (size_t i = 0; i < 2; i++)
        for (uint32_t fact = 0; (fact = flow_could_hold(flow, holder, places[i], object, fact));) {
            answer->fact = text_grow(answer->fact, answer->count + 1, sizeof *answer->fact);
            answer->fact[answer->count++] = fact;
        }
}

struct flow_answer flow_answer(const struct flow *flow, enum flow_verb verb, const struct flow_names *a,
                               const struct flow_names *b) {
    struct flow_answer answer = {.verb = verb};
    if (verb == FLOW_OBTAIN)
        for (size_t i = 0; i < a->count; i++)
            for (size_t j = 0; j < b->count; j++)
                answer_held(&answer, flow, a->node[i], b->node[j]);
    else
        answer_way(&answer, flow, verb == FLOW_WRITE ? a : b, verb == FLOW_WRITE ? b : a);
    return answer;
}

const char *flow_answer_question(const struct flow_answer *answer) {
    return answer->verb == FLOW_WRITE ? "write to" : answer->verb == FLOW_READ ? "read from" : "obtain a capability to";
}

/* ---- As text */

static void print_way(const struct flow *flow, const struct flow_answer *answer, FILE *out) {
    fprintf(out, "  %s", flow_name(flow, flow_look(flow, answer->fact[0]).from));
    for (size_t i = 0; i < answer->count; i++)
        fprintf(out, " -> %s", flow_name(flow, flow_look(flow, answer->fact[i]).to));
    fputs("\n", out);
}

static void print_caps(const struct flow *flow, const struct flow_answer *answer, FILE *out) {
    for (size_t i = 0; i < answer->count; i++) {
        struct flow_fact_look look = flow_look(flow, answer->fact[i]);
        char *cap = flow_cap_text(flow, look.cap);
        fprintf(out, "%s%s", i ? "; " : "  ", cap);
        free(cap);
    }
    fputs("\n", out);
}

static void print_proof(const struct flow *flow, const struct flow_answer *answer, FILE *out) {
    uint32_t *order;
    size_t count = flow_proof(flow, answer->fact, answer->count, &order);
    for (size_t i = 0; i < count; i++) {
        char *sentence = flow_sentence(flow, order, i);
        fprintf(out, "  %2zu. %s\n", i + 1, sentence);
        free(sentence);
    }
    free(order);
}

void flow_print_text(const struct flow *flow, const struct flow_question *question, const struct flow_answer *answer,
                     FILE *out) {
    fprintf(out, "Can %s ever %s %s? %s\n", question->a, flow_answer_question(answer), question->b,
            answer->count ? "Yes:" : "No.");
    if (!answer->count)
        return;
    if (answer->verb == FLOW_OBTAIN)
        print_caps(flow, answer, out);
    else
        print_way(flow, answer, out);
    print_proof(flow, answer, out);
}

/* ---- All of a system */

/* Processes, and what is outside; of endpoints nobody asks. */
bool flow_listed(const struct flow_system *s, uint32_t node) {
    enum flow_type type = flow_node_type(s->flow, node);
    return node < s->of_count && (type == FLOW_PROCESS || s->of[node] == GRAPH_NONE) && type != FLOW_RANGE &&
           type != FLOW_DEBUG && type != FLOW_TOOL;
}

static bool has_process_cap(const struct flow *flow, uint32_t a, uint32_t b) {
    struct flow_cap cap = {.type = FLOW_PROCESS, .object = b};
    return flow_node_type(flow, b) == FLOW_PROCESS && flow_holds(flow, a, FLOW_REGISTER, cap);
}

static const char *in_short(const struct flow *flow, uint32_t a, uint32_t b) {
    if (a == b)
        return "";
    bool way = flow_way(flow, a, b, NULL) > 0;
    return has_process_cap(flow, a, b) ? "controls" : way ? "yes" : "-";
}

static int widest(const struct flow_system *s) {
    int width = 8;
    for (uint32_t i = 0; i < s->of_count; i++)
        if (flow_listed(s, i) && (int)strlen(flow_name(s->flow, i)) > width)
            width = (int)strlen(flow_name(s->flow, i));
    return width;
}

void flow_print_table(const struct flow_system *s, FILE *out) {
    static const char *const trusts[] = {"", "trusted", "stopped"};
    int width = widest(s);
    fprintf(out, "Information from a row to a column:\n%-*s", width, "");
    for (uint32_t b = 0; b < s->of_count; b++)
        if (flow_listed(s, b))
            fprintf(out, "  %-8s", flow_name(s->flow, b));
    fputs("\n", out);
    for (uint32_t a = 0; a < s->of_count; a++) {
        bool process = flow_node_type(s->flow, a) == FLOW_PROCESS;
        if (!flow_listed(s, a))
            continue;
        fprintf(out, "%-*s", width, flow_name(s->flow, a));
        for (uint32_t b = 0; b < s->of_count; b++)
            if (flow_listed(s, b))
                fprintf(out, "  %-*s", strlen(flow_name(s->flow, b)) > 8 ? (int)strlen(flow_name(s->flow, b)) : 8,
                        in_short(s->flow, a, b));
        fprintf(out, "  %s\n", process ? trusts[flow_node_trust(s->flow, a)] : "outside");
    }
}

/* ---- */

static enum facet_status same_object(const struct flow_system *s, const struct flow_question *question,
                                     const struct flow_names *a, const struct flow_names *b,
                                     struct facet_error *error) {
    for (size_t i = 0; i < a->count; i++)
        for (size_t j = 0; j < b->count; j++)
            if (a->node[i] == b->node[j])
                return facet_fail(error, FACET_ERR_USAGE, "%s and %s have %s in common; flow asks about two objects.",
                                  question->a, question->b, flow_name(s->flow, a->node[i]));
    return FACET_OK;
}

static enum facet_status ask_two(struct flow_system *s, const struct flow_question *question, FILE *out, bool *yes,
                                 struct facet_error *error) {
    struct flow_names a, b = {0};
    struct flow_answer answers[3];
    size_t count = 0;
    enum facet_status status = flow_system_find(s, question->a, &a.node, &a.count, error);
    if (status == FACET_OK)
        status = flow_system_find(s, question->b, &b.node, &b.count, error);
    if (status == FACET_OK)
        status = same_object(s, question, &a, &b, error);
    for (unsigned verb = FLOW_WRITE; verb <= FLOW_OBTAIN && status == FACET_OK; verb <<= 1)
        if (question->verbs & verb) {
            answers[count] = flow_answer(s->flow, (enum flow_verb)verb, &a, &b);
            *yes |= answers[count].count > 0;
            if (question->form == FLOW_TEXT)
                flow_print_text(s->flow, question, &answers[count], out);
            count++;
        }
    if (status == FACET_OK && question->form == FLOW_JSON)
        flow_print_json(s->flow, question, answers, count, out);
    if (status == FACET_OK && question->form == FLOW_DOT)
        flow_print_dot(s->flow, answers, count, out);
    for (size_t i = 0; i < count; i++)
        free(answers[i].fact);
    free(a.node);
    free(b.node);
    return status;
}

enum facet_status flow_ask(struct session *session, const struct flow_question *question, FILE *out, bool *yes,
                           struct facet_error *error) {
    struct flow_system *s;
    enum facet_status status = flow_system_new(session, &question->trusts, &s, error);
    *yes = false;
    if (status)
        return status;
    if (question->a)
        status = ask_two(s, question, out, yes, error);
    else if (question->form == FLOW_TEXT)
        flow_print_table(s, out);
    else
        flow_print_all(s, question->form, out);
    flow_system_free(s);
    return status;
}
