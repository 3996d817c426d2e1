/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Flow of the system that a session has running: which node is what, and questions as the user puts them.
 */
#ifndef DEBUGGER_FLOW_LIVE_H
#define DEBUGGER_FLOW_LIVE_H

#include "flow.h"
#include "graph.h"

/* What the user says of processes; init and the bank are trusted unless he says that they are hostile. */
struct flow_trusts {
    char **names; /* "trust NAME" or "hostile NAME" */
    size_t count;
};

struct flow_system {
    struct session *session;
    struct graph *graph;
    struct flow *flow; /* solved */
    uint32_t *node;    /* of each node of the graph, and back: */
    uint32_t *of;      /* GRAPH_NONE: something outside of it */
    uint32_t of_count;
};

/* The session must have a machine. */
enum facet_status flow_system_new(struct session *session, const struct flow_trusts *trusts, struct flow_system **made,
                                  struct facet_error *error);
void flow_system_free(struct flow_system *system);

/* What a name means: a process, an endpoint or something outside, obj:ID, or the pages of sym:NAME, va:ADDR+LEN,
 * seg:NAME. *nodes is to be freed. */
enum facet_status flow_system_find(struct flow_system *system, const char *name, uint32_t **nodes, size_t *count,
                                   struct facet_error *error);

/* ---- Questions: flow_ask.c */

enum flow_form { FLOW_TEXT, FLOW_JSON, FLOW_DOT };
enum flow_verb { FLOW_WRITE = 1, FLOW_READ = 2, FLOW_OBTAIN = 4, FLOW_ALL = 7 };

struct flow_question {
    unsigned verbs; /* enum flow_verb */
    char *a, *b;    /* NULL: of all processes and all that is outside */
    enum flow_form form;
    struct flow_trusts trusts;
    char *file; /* NULL: standard output */
};
/* [--json|--dot] [--trust NAME] [--hostile NAME] [write|read|obtain] [A B] [> FILE] */
enum facet_status flow_question_parse(const char *text, struct flow_question *question, struct facet_error *error);
void flow_question_free(struct flow_question *question);
/* Answers to `out`; *yes: some part of the answer is. */
enum facet_status flow_ask(struct session *session, const struct flow_question *question, FILE *out, bool *yes,
                           struct facet_error *error);

/* `facet flow` */
struct options;
int flow_program(struct session *session, const struct options *options);

#endif
