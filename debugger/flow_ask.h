/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Between flow_ask.c and flow_write.c: answers.
 */
#ifndef DEBUGGER_FLOW_ASK_H
#define DEBUGGER_FLOW_ASK_H

#include "flow_live.h"

struct flow_names {
    uint32_t *node;
    size_t count;
};

struct flow_answer {
    enum flow_verb verb;
    uint32_t *fact; /* the steps of the way; what could be held */
    size_t count;   /* 0: no */
};
/* Of all nodes that the names mean; the shortest way. Its facts are to be freed. */
struct flow_answer flow_answer(const struct flow *flow, enum flow_verb verb, const struct flow_names *a,
                               const struct flow_names *b);
const char *flow_answer_question(const struct flow_answer *answer); /* "write to" */

void flow_print_text(const struct flow *flow, const struct flow_question *question, const struct flow_answer *answer,
                     FILE *out);
void flow_print_table(const struct flow_system *system, FILE *out);
/* One object with an array of answers. */
void flow_print_json(const struct flow *flow, const struct flow_question *question, const struct flow_answer *answers,
                     size_t count, FILE *out);
/* What the proofs speak of. */
void flow_print_dot(const struct flow *flow, const struct flow_answer *answers, size_t count, FILE *out);
/* The table, as JSON or as a graph. */
void flow_print_all(const struct flow_system *system, enum flow_form form, FILE *out);
/* Processes, and what is outside. */
bool flow_listed(const struct flow_system *system, uint32_t node);

#endif
