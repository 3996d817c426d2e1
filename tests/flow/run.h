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
};

unsigned node_of(int cap);
unsigned restr_of(int cap);
enum other other_of(int cap);
static inline bool memory_cap(int cap) {
    return cap < NODES * RESTRICTIONS;
}
static inline bool window_cap(int cap) {
    return cap >= WINDOW_CAP;
}

void give(struct run *run, unsigned to, int cap);
void give_all(struct run *run, unsigned to, unsigned from);
void inform(struct run *run, unsigned from, unsigned to);

/* Where a message goes that is sent through an Entry or Forward. */
struct sent {
    int to;          /* process, -1: it is refused */
    int endpoint;    /* -1: there is none */
    int told;        /* the forwarder that its receiver gets, -1: none */
    uint32_t passed; /* forwarders */
};
struct sent route(const struct run *run, int cap);

/* authority.c */
void use_forward(struct run *run, unsigned process, int cap);
void use_forwarder(struct run *run, unsigned process, unsigned forwarder);
void use_tool(struct run *run, unsigned process);
void use_range(struct run *run, unsigned process, unsigned range);

#endif
