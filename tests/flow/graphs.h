/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Graphs made up: nodes of some kinds, and the capabilities that there can be between them.
 */
#ifndef TESTS_FLOW_GRAPHS_H
#define TESTS_FLOW_GRAPHS_H

#include "world.h"

#define EDGES (NODES * (NODES * 16 + 1))

struct edge {
    uint8_t holder, place;
    int16_t cap;
    uint8_t target; /* NODES: a window */
};

extern unsigned nodes;
extern enum kind kinds[NODES];
extern struct edge edges[EDGES];
extern unsigned edge_count;
extern bool few_restrictions; /* only one of those that differ in degree */

/* All edges that there can be, ordered by holders. */
void list_edges(void);
/* Is somebody hostile? Else nothing happens. */
bool usable(void);

void random_begin(uint64_t seed);
unsigned random_below(unsigned limit);

#endif
