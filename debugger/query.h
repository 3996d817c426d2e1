/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What `holders`, `caps`, `who` and `tree` share: a snapshot of the graph, the words of the command line, and where the
 * answer goes.
 *
 *     COMMAND [--json|--dot] [--process PROCESS] [OBJECT] [> FILE]
 */
#ifndef DEBUGGER_QUERY_H
#define DEBUGGER_QUERY_H

#include "cmd.h"
#include "graph.h"

struct query {
    struct cli *cli;
    struct graph *graph;
    char *text;       /* what is asked about, "": nothing was named */
    uint32_t process; /* whose memory is meant by addresses: PROCESS, or the program */
    FILE *out;
    char *path, *answer; /* FILE, NULL: standard output; what is to be written there */
    size_t size;
    bool json, dot;
};

/* FACET_ERR_USAGE also if the program has no machine. dot: --dot, or `dot` as a last word, is understood. */
enum facet_status query_begin(struct query *query, struct cli *cli, const char *args, bool dot,
                              struct facet_error *error);
/* Passes a failure on; else writes FILE. */
enum facet_status query_end(struct query *query, enum facet_status status, struct facet_error *error);

/* The process of that name or obj:ID; without a name query->process. */
enum facet_status query_process(const struct query *query, uint32_t *node, struct facet_error *error);
/* Any object: obj:ID, the name of a process, endpoint:NAME, or a place in the program's memory: then the page there,
 * and with *size the bytes from *va on that were named (0: just one page). */
enum facet_status query_object(const struct query *query, uint32_t *node, uint64_t *va, uint64_t *size,
                               struct facet_error *error);
/* The page of the process's memory at an address; GRAPH_NONE and an error: there is none. */
enum facet_status query_page(const struct query *query, uint64_t va, uint32_t *node, struct facet_error *error);

#endif
