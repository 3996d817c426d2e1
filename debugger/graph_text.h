/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Words for what is in the graph, and JSON.
 */
#ifndef DEBUGGER_GRAPH_TEXT_H
#define DEBUGGER_GRAPH_TEXT_H

#include "graph.h"

#define GRAPH_TEXT 128

/* "GPT obj:12", "Process obj:9 (ledger)"; GRAPH_NONE: "". Returns text. */
const char *graph_node_text(const struct graph *graph, uint32_t node, char text[GRAPH_TEXT]);
/* "waiting for a message" …; "?" if it is no process. */
const char *graph_state_text(const struct graph *graph, uint32_t node);
/* The processes in whose spaces an object is, however deep: "in the space of init, ledger"; "": it is in none. The
 * caller frees it. */
char *graph_spaces_text(const struct graph *graph, uint32_t node);

/* Of a front: "handler count, bytes 0x0-0x40". */
void graph_put_handler(FILE *out, const struct graph *graph, const struct graph_edge *edge);
/* A line for each handler of the fronts that an object wears. */
void graph_put_fronts(FILE *out, const struct graph *graph, uint32_t node);

/* "id":12,"type":"Process","name":"ledger" */
void graph_put_node(FILE *out, const struct graph *graph, uint32_t node);
/* "place":"slot","number":3,"capability":{"type":"Page","object":14,…}, or "handler":"count" */
void graph_put_edge(FILE *out, const struct graph_edge *edge);
/* ["RO","NX"] */
void graph_put_restrictions(FILE *out, unsigned restrictions);

#endif
