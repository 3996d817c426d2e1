/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What has come to be in a running system, read from the kernel's memory: what flow has to have said. The reading is
 * not flow's (debugger/flow_live.c), but its words are: nodes, places, types of capabilities.
 */
#ifndef TESTS_FLOW_KERNEL_LOOK_H
#define TESTS_FLOW_KERNEL_LOOK_H

#include "debugger/flow_live.h"

/* One thing that has been seen. */
struct sight {
    enum { SIGHT_HOLDS, SIGHT_KNOWS, SIGHT_RUNS } kind;
    uint32_t node, from; /* SIGHT_KNOWS: what `from` alone knew at first */
    enum flow_place place;
    struct flow_cap cap;
};
struct sights {
    struct sight *sight; /* each once */
    size_t count, room;
};

#define TOKENS 64
struct view {
    struct session *session;
    uint64_t first, counted;    /* ids of the first object that takes part, the first that is no code */
    struct flow_system *system; /* as it was at first */
    uint64_t token[TOKENS];
    uint32_t source[TOKENS]; /* node of flow that has it at first; FLOW_NONE: none */
    size_t tokens;
    bool *matching; /* of each endpoint of the graph, at first */
    uint64_t *match;
};
/* As the system is now. */
void view_begin(struct view *view);
/* The guest stands at `ready`. */
void view_tokens(struct view *view);
void view_end(struct view *view);
/* Adds all that is to be seen now. */
void view_look(const struct view *view, struct sights *sights);

/* A node of the system's graph takes part. */
bool view_has(const struct view *view, uint32_t node);
/* One of flow has a token. */
bool view_source(const struct view *view, uint32_t node);
/* There can be tokens in it. */
bool view_readable(const struct view *view, uint32_t node);

#endif
