/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Flow: what the processes of a capability system could ever do, all of them as hostile as can be and of one mind.
 * Works on a graph of its own, which flow_live.c makes from a running system and the tests make up.
 *
 * Everything that could come true is a *fact*: "client could hold GPT obj:4, RO", "information could go from client to
 * page obj:7". Facts are given, or follow by a rule from others; flow_solve adds all that follow, and each remembers
 * the rule and the facts that gave it. Nothing is ever taken back, for nobody has to give up what he has. So:
 *
 *     sound   what no fact says cannot happen, whatever the programs do
 *     exact   each fact has a run of some hostile programs in which it comes true; but where a run would need what a
 *             place held once and nobody can put there again (README, "flow")
 *
 * Not seen: time (who runs when, how long something takes, whether a stream's other end is slow), and what goes out of
 * the machine and comes in again.
 */
#ifndef DEBUGGER_FLOW_H
#define DEBUGGER_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Of objects, and of capabilities: those to an object have its type. */
enum flow_type {
    FLOW_PAGE,
    FLOW_CAPPAGE,
    FLOW_GPT,
    FLOW_PROCESS,
    FLOW_ENDPOINT,
    FLOW_FORWARDER,
    FLOW_ENTRY,   /* to an endpoint; blocked: the endpoint does not take its payload */
    FLOW_FORWARD, /* to a forwarder; FLOW_MUTE: it does not tell the receiver of the forwarder */
    FLOW_RESUME,  /* to a process: the answer to its call, as often as it calls */
    FLOW_FAULT,   /* to a process: the answer to its fault or access */
    FLOW_WINDOW,  /* in a slot of a GPT; names no object */
    FLOW_RANGE,
    FLOW_DEBUG,
    FLOW_TOOL,       /* recognises capabilities by brands */
    FLOW_OUTSIDE,    /* bytes come from there */
    FLOW_TO_OUTSIDE, /* bytes go there; through CAP_RO none */
    FLOW_OTHER,      /* gives no way to anything: Schedule, Sleep, Discrim … */
    FLOW_TYPES
};
#define FLOW_MUTE 1u /* restriction of a FLOW_FORWARD */

/* Where in an object a capability is. */
enum flow_place {
    FLOW_REGISTER,   /* of a process */
    FLOW_SLOT,       /* of a GPT, CapPage, forwarder */
    FLOW_SPACE,      /* of a process */
    FLOW_KEEPER,     /* of a process, GPT */
    FLOW_BACKGROUND, /* of a GPT */
    FLOW_RECIPIENT,  /* of an endpoint */
    FLOW_HANDLER,    /* of a page, GPT: who is told of accesses */
    FLOW_TARGET,     /* of a forwarder */
    FLOW_BRAND,      /* of a process */
    FLOW_PLACES
};

/* What a process may do. */
enum flow_trust {
    FLOW_HOSTILE, /* everything */
    FLOW_TRUSTED, /* takes messages, and passes nothing on */
    FLOW_STOPPED, /* nothing; unless another one has it run */
};

#define FLOW_NONE UINT32_MAX /* no node */

struct flow;
struct flow_cap {
    enum flow_type type;
    uint32_t object; /* node; FLOW_NONE: a window */
    unsigned restr;  /* enum cap_restriction; FLOW_MUTE */
    bool blocked;    /* memory: its guard lets no address pass where it is; entry: void as the endpoint stands */
};

struct flow *flow_new(void);
void flow_free(struct flow *flow);
/* A node; `name` is copied. `trust` is of processes. */
uint32_t flow_node(struct flow *flow, enum flow_type type, const char *name, enum flow_trust trust);
uint32_t flow_node_count(const struct flow *flow);
const char *flow_name(const struct flow *flow, uint32_t node);
enum flow_type flow_node_type(const struct flow *flow, uint32_t node);
enum flow_trust flow_node_trust(const struct flow *flow, uint32_t node);
/* The node has such a capability now. number: which register or slot, -1: not told. */
void flow_given(struct flow *flow, uint32_t holder, enum flow_place place, int number, struct flow_cap cap);
/* Everything that follows. Objects that a holder of a Range could make are added as nodes. */
void flow_solve(struct flow *flow);

/* ---- Questions; all of the solved graph. A fact's number is not 0. */

/* Information could go from a to b, which is another node: by these facts FROM -> … -> TO, one shortest way, to be
 * freed; facts NULL: which ones does not matter. Returns how many there are; 0: it cannot. */
size_t flow_way(const struct flow *flow, uint32_t a, uint32_t b, uint32_t **facts);
/* The next fact after `after` (0: the first) that says that `holder` could hold a capability to `object` there, and no
 * fact says more; 0: none. */
uint32_t flow_could_hold(const struct flow *flow, uint32_t holder, enum flow_place place, uint32_t object,
                         uint32_t after);
/* Could it hold one of this type with at most these restrictions? */
bool flow_holds(const struct flow *flow, uint32_t holder, enum flow_place place, struct flow_cap cap);
/* Could it run code of somebody hostile? */
bool flow_acts(const struct flow *flow, uint32_t process);

/* ---- Explanations */

/* What a fact says: kind, nodes, capability; and from which it follows. */
struct flow_fact_look {
    const char *rule; /* a word: "fetch" */
    uint32_t from, to;
    bool informs, held;
    struct flow_cap cap;
    enum flow_place place;
};
struct flow_fact_look flow_look(const struct flow *flow, uint32_t fact);
/* The facts from which these follow and they themselves, each after those that it needs; what goes without saying is
 * left out. Returns how many; *order is to be freed. */
size_t flow_proof(const struct flow *flow, const uint32_t *facts, size_t count, uint32_t **order);
/* A sentence about order[index], which speaks of earlier ones by their numbers, from 1. The caller frees it. */
char *flow_sentence(const struct flow *flow, const uint32_t *order, size_t index);
/* "GPT obj:4, RO", to be freed. */
char *flow_cap_text(const struct flow *flow, struct flow_cap cap);

#endif
