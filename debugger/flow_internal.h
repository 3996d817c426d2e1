/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Between the files of flow: how facts are kept.
 */
#ifndef DEBUGGER_FLOW_INTERNAL_H
#define DEBUGGER_FLOW_INTERNAL_H

#include "flow.h"

#include <facet/abi.h>

/* What a link does to what comes over it. The later ones leave less. */
enum flow_weak { LINK_ALL, LINK_WEAK, LINK_WEAK_NO_CALL };

enum flow_kind {
    FACT_HAS,     /* from has, at place, a capability to `to` */
    FACT_LINK,    /* what from has at place, to could have at to_place; weak: enum flow_weak */
    FACT_REACHES, /* the space of from leads to `to` with these restrictions; via: the background that counts before it;
                   * weak: a traversal by way of a Debug capability does */
    FACT_BEHIND,  /* the space of from leads, by a window, to the background of `to` */
    FACT_INFORMS, /* information could go from `from` to `to` */
    FACT_USES,    /* from could make an access of page `to` or through GPT `to`, send over forwarder `to` */
    FACT_COPIES,  /* the kernel could copy for from, out of or into the memory of process `to` */
    FACT_ROUTE,   /* what is sent through a Forward to `from` could come to endpoint `to`; via: the forwarder, further
                   * on, that the receiver is told of */
    FACT_ACTS,    /* process from = to could do anything */
    FACT_TAKES,   /* endpoint from = to could be made to take any payload */
    FACT_BARE,    /* GPT from = to could lose its background */
    FACT_SHOWS,   /* from could show the brand of process `to`, and has a ProcessTool */
    FACT_KINDS
};

enum flow_rule {
    RULE_GIVEN,
#define RULE(name, word, text) RULE_##name,
#include "flow_rules.inc"
#undef RULE
    RULES
};

#define PREMISES 6
struct flow_fact {
    uint32_t from, to, via;
    uint8_t kind, place, to_place, type;
    uint8_t restr, blocked, weak, rule;
    int16_t number;                        /* of a register or slot, -1 */
    uint32_t premise[PREMISES];            /* 0: no more */
    uint32_t next_from, next_to, next_via; /* in a node's lists */
};

struct flow_node {
    enum flow_type type;
    enum flow_trust trust;
    char *name;
    bool fresh;                                     /* made with a Range */
    bool has_made;                                  /* what it could make is there */
    bool background;                                /* it has one to begin with */
    uint32_t acts;                                  /* fact; 0: it does not */
    uint32_t range, debug, tool;                    /* facts that it has one in a register; 0: none */
    uint32_t behind;                                /* fact that it could have some background; 0: it could not */
    uint32_t from[FACT_KINDS], to[FACT_KINDS], via; /* the oldest fact of each list … */
    uint32_t last_from[FACT_KINDS], last_to[FACT_KINDS], last_via; /* … and the newest */
};

struct flow {
    struct flow_node *nodes;
    uint32_t node_count;
    struct flow_fact *facts; /* from 1 */
    uint32_t fact_count;
    uint32_t *hash, hash_size;
    uint32_t done;          /* facts whose consequences are there */
    uint32_t range;         /* fact that some process that acts has a Range; 0: none */
    enum flow_rule without; /* for tests: a rule that is left out; RULE_GIVEN: none */
};

/* For each fact of a list: for (uint32_t i = first; i; i = flow->facts[i].next_from) */
#define EACH_FROM(i, flow, node, kind)                                                                                 \
    uint32_t i = (flow)->nodes[node].from[kind];                                                                       \
    i;                                                                                                                 \
    i = (flow)->facts[i].next_from
#define EACH_TO(i, flow, node, kind)                                                                                   \
    uint32_t i = (flow)->nodes[node].to[kind];                                                                         \
    i;                                                                                                                 \
    i = (flow)->facts[i].next_to

/* Why: a rule and up to PREMISES facts. */
struct why {
    enum flow_rule rule;
    uint32_t premise[PREMISES];
};
#define WHY(rule, ...) ((struct why){RULE_##rule, {__VA_ARGS__}})

/* Adds a fact unless it, or one that says more, is there. */
void flow_add(struct flow *flow, struct flow_fact fact, struct why why);
void flow_add_has(struct flow *flow, uint32_t holder, enum flow_place place, struct flow_cap cap, struct why why);
void flow_add_link(struct flow *flow, uint32_t from, enum flow_place place, uint32_t to, enum flow_place to_place,
                   enum flow_weak weak, struct why why);
void flow_add_informs(struct flow *flow, uint32_t from, uint32_t to, struct why why);
void flow_add_copies(struct flow *flow, uint32_t from, uint32_t to, struct why why);
void flow_add_of(struct flow *flow, enum flow_kind kind, uint32_t from, uint32_t to, struct why why);
/* The fact of that kind; 0: there is none. */
uint32_t flow_find(const struct flow *flow, enum flow_kind kind, uint32_t from, uint32_t to);
struct flow_cap flow_fact_cap(const struct flow_fact *fact);
static inline bool flow_is_memory(enum flow_type type) {
    return type == FLOW_PAGE || type == FLOW_CAPPAGE || type == FLOW_GPT;
}

const char *flow_rule_name(enum flow_rule rule);

/* flow_rules.c: all that follows from a fact and those before it. */
void flow_consequences(struct flow *flow, uint32_t fact);
/* Who has a Range, has a full capability to every object, every process too, in a register, and could put it anywhere.
 * Of places that are not registers this alone tells: there are no facts for all that. */
bool flow_anywhere(const struct flow *flow, uint32_t holder, enum flow_place place, enum flow_type type);

/* flow_walk.c */
void flow_walk_to(struct flow *flow, const struct flow_fact *from, uint32_t object, unsigned restr, uint32_t background,
                  struct why why);
void flow_space(struct flow *flow, uint32_t has); /* of a process */
void flow_slot(struct flow *flow, uint32_t has);  /* of a GPT */
void flow_background(struct flow *flow, uint32_t has);
void flow_reached(struct flow *flow, uint32_t reaches);
void flow_walk_behind(struct flow *flow, uint32_t behind, uint32_t background);
void flow_walk_anew(struct flow *flow, uint32_t gpt); /* which background counts may be another */
void flow_copies(struct flow *flow, uint32_t copies);

/* flow_message.c */
void flow_sender(struct flow *flow, uint32_t entry);        /* an Entry or Forward, wherever it is */
void flow_recipient(struct flow *flow, uint32_t recipient); /* of an endpoint */
void flow_route(struct flow *flow, uint32_t route);
void flow_takes(struct flow *flow, uint32_t endpoint);
void flow_brand(struct flow *flow, uint32_t has); /* in a register or as a brand */
void flow_shows(struct flow *flow, uint32_t fact);
void flow_runs(struct flow *flow, uint32_t process); /* it can receive */
void flow_told(struct flow *flow, uint32_t reaches_or_uses);

#endif
