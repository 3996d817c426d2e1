/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Between world.c and authority.c: one state, while something is done to it.
 */
#ifndef TESTS_FLOW_RUN_H
#define TESTS_FLOW_RUN_H

#include "world.h"

struct run {
    const struct graph *graph;
    struct world world;
    bool changed;
    unsigned (*below)(unsigned limit); /* an access goes one path, at random; NULL: all of them */
};

/* One of them; NO_CAP: there is none. */
int capset_pick(const struct capset *set, unsigned (*below)(unsigned limit));
/* Does it run code of somebody hostile? */
bool acts(const struct run *run, unsigned process);
void give(struct run *run, unsigned to, int cap);
void give_all(struct run *run, unsigned to, unsigned from);
void inform(struct run *run, unsigned from, unsigned to);

/* Where a message goes that is sent through an Entry or Forward. */
struct sent {
    int to;         /* process, -1: it is refused */
    int endpoint;   /* -1: there is none */
    int told;       /* the forwarder that its receiver gets, -1: none */
    nodeset passed; /* forwarders */
};
struct sent route(const struct run *run, int cap);

/* All that the process can do with a capability that it holds, but for overwriting. */
void use(struct run *run, unsigned process, int cap);
/* What happens without any operation: it makes accesses, and faults. */
void execute(struct run *run, unsigned process);
/* All that can be done without overwriting anything. */
void settle(struct run *run);
/* Can its holder put something there, in the object of this capability? */
bool overwrites(const struct run *run, unsigned by, int cap, enum place place);
bool may_be(const struct graph *graph, enum place place, int cap);

/* authority.c */
void use_forward(struct run *run, unsigned process, int cap);
void use_forwarder(struct run *run, unsigned process, unsigned forwarder);
void use_tool(struct run *run, unsigned process);
void use_range(struct run *run, unsigned process, unsigned range);

#endif
