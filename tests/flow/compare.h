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

/* What flow says about the graph, unless solve is NULL solved by it. */
struct flow *flow_of(const struct graph *graph);
/* Each difference is printed if `tell`. */
struct difference compare(const struct graph *graph, const struct flow *flow, const struct seen *seen, bool tell);
void graph_print(const struct graph *graph);

#endif
