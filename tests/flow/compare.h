/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * flow against the search of all states, on one graph.
 */
#ifndef TESTS_FLOW_COMPARE_H
#define TESTS_FLOW_COMPARE_H

#include "debugger/flow.h"
#include "world.h"

struct difference {
    unsigned unsound; /* facts that come true and flow denies */
    unsigned inexact; /* facts that flow has and that do not come true */
};

/* The graph as flow has it, not solved yet. */
struct flow *flow_of(const struct graph *graph);
/* Which differences are printed. */
enum tell { TELL_NOTHING, TELL_DENIED, TELL_ALL };
struct difference compare(const struct graph *graph, const struct flow *flow, const struct seen *seen, enum tell tell);
/* Which rules, left out, make flow deny something that came true? missed: of each rule, whether it is known already. */
void without_rules(const struct graph *graph, const struct seen *seen, bool *missed);
void rules_report(const bool *missed, unsigned long graphs);
/* All that flow says about what is in sets, and of information, as if it had been seen. Of what is made with a Range it
 * says everything: it has its own names for that. */
void all_said(const struct graph *graph, const struct flow *flow, struct seen *said);
/* Are these the answers to single questions? Returns how many are not. */
unsigned asked(const struct graph *graph, const struct flow *flow);
/* Does it say that the capability could be there? */
bool place_said(const struct graph *graph, const struct flow *flow, unsigned node, enum place place, int cap);
/* Statements of which it is not so from the beginning; those that flow says, those that came true. */
struct share {
    unsigned long all, said, seen;
};
struct share share(const struct graph *graph, const struct seen *said, const struct seen *seen);
void graph_print(const struct graph *graph);

#endif
