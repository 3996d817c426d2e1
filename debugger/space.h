/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Address spaces as the graph has them: the kernel's traversal (kernel/walk.h), but of all addresses at once. Those
 * that have taken the same way so far share a `space_at`: their low `bits` bits are open, and the way is the same for
 * each.
 *
 *     va      0000 0100 0000 1011 xxxx xxxx xxxx xxxx      where the process sees them; x: open
 *     offset       0000 0011 0000 xxxx xxxx xxxx xxxx      in the object that they have come to: `high`, and the open
 * bits
 */
#ifndef DEBUGGER_SPACE_H
#define DEBUGGER_SPACE_H

#include "graph.h"

#define SPACE_EDGES 2 /* capabilities of one step: a window, and the one that it leads to */

struct space_at {
    uint32_t node; /* the Process, a GPT, or a Page, which ends the way */
    uint64_t va, high;
    unsigned bits, depth; /* depth: capabilities followed */
    unsigned restrictions;
    uint32_t background;                            /* the last GPT passed that has one; GRAPH_NONE */
    const struct graph_edge *followed[SPACE_EDGES]; /* by the last step; the second may be NULL */
};

/* All addresses that ring 3 has, before the first step. */
struct space_at space_of(uint32_t process);
/* Those of them that select this slot of the GPT. False: there are none. */
bool space_select(const struct graph *graph, struct space_at *at, unsigned slot);
/* Those that get on by the capability, which is the process's space, or what the selected slot holds. */
enum fault space_enter(const struct graph *graph, struct space_at *at, const struct graph_edge *edge);

/* One address: where its way leads. Any fault but that of an access's kind. */
enum fault space_find(const struct graph *graph, uint32_t process, uint64_t va, struct space_at *at);

/* The capability in that place of a node, NULL: Null. */
const struct graph_edge *space_edge(const struct graph *graph, uint32_t node, enum graph_place place, unsigned number);
/* Bytes that a slot of the GPT covers, as log2. */
unsigned space_l2v(const struct graph *graph, uint32_t gpt);
/* "rwx" as these restrictions leave it. Returns text. */
const char *space_rights(unsigned restrictions, char text[4]);

#endif
