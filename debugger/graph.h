/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The capability graph of a system that stands, read from the kernel's memory: nothing is changed, nobody is asked.
 * It stays as it was when the machine runs on; what `object` points to does not.
 *
 *     node ──edge──> node      an object, a capability in it, the object that the capability names
 *
 * Nodes are all live objects. Edges are all their capabilities but Null ones: those whose object has been rescinded and
 * resume capabilities whose answer was given are Null. Capabilities of types without an object (Range, Window, Stream
 * …) lead to no node. A front is an edge, too, from what wears it: to the endpoint of the process that serves it, or,
 * with a name and no node, to a handler of the host.
 */
#ifndef DEBUGGER_GRAPH_H
#define DEBUGGER_GRAPH_H

#include "caps.h"
#include "session.h"

#define GRAPH_NONE UINT32_MAX /* no node */

/* Where in an object a capability is. */
enum graph_place {
    GRAPH_SLOT,        /* `number` of a GPT, CapPage or Forwarder */
    GRAPH_BACKGROUND,  /* of a GPT */
    GRAPH_KEEPER,      /* of a GPT or Process */
    GRAPH_REGISTER,    /* `number` of a Process; what it is about to send is in these */
    GRAPH_SPACE,       /* of a Process */
    GRAPH_SCHEDULE,    /* of a Process */
    GRAPH_BRAND,       /* of a Process */
    GRAPH_SEND,        /* of a Process: what it invokes, and waits to be received */
    GRAPH_FAULT_SPACE, /* of a Process that has faulted: what the keeper of a GPT is told with */
    GRAPH_RECIPIENT,   /* of an Endpoint */
    GRAPH_TARGET,      /* of a Forwarder */
    GRAPH_FRONT,       /* `number` of the front that bytes [low, high) of a Page or GPT wear */
    GRAPH_PLACES
};

struct graph_node {
    enum cap_type type;          /* of the object: Page, CapPage, GPT, Process, Endpoint … */
    uint64_t id;                 /* obj:ID */
    char *name;                  /* "init", "ledger", "endpoint:guard", "init#2" if there is one; NULL: it has none */
    bool system;                 /* one of the processes that the kernel starts with: init, its bank */
    const struct object *object; /* as it is now, in guest RAM */
    uint32_t first_out, out;     /* graph->edges[first_out …] are those of its capabilities */
    uint32_t waits_for;          /* of a Process: who has to act before it goes on, perhaps a blocked Forwarder;
                                  * GRAPH_NONE: nobody that could be named */
    uint32_t first_in, in;       /* graph->edges[graph->into[first_in …]] are those to it */
};

struct graph_edge {
    uint32_t from, to; /* nodes; to may be GRAPH_NONE */
    enum graph_place place;
    unsigned number;
    struct cap_look cap; /* of a handler of the host: Null */
    uint64_t low, high;  /* GRAPH_FRONT */
    char *handler;       /* GRAPH_FRONT, of a handler of the host: as the user wrote it; else NULL */
};

struct graph {
    struct graph_node *nodes;
    struct graph_edge *edges; /* by `from` */
    uint32_t *into;
    uint32_t *by_id; /* nodes */
    uint32_t *marks; /* of each node, for who searches, and at last the number of the search */
    uint32_t node_count, edge_count;
};

/* NULL: the session has no machine. */
struct graph *graph_new(const struct session *session);
void graph_free(struct graph *graph);

static inline const struct graph_edge *graph_out(const struct graph *graph, uint32_t node, uint32_t index) {
    return &graph->edges[graph->nodes[node].first_out + index];
}
static inline const struct graph_edge *graph_in(const struct graph *graph, uint32_t node, uint32_t index) {
    return &graph->edges[graph->into[graph->nodes[node].first_in + index]];
}

/* GRAPH_NONE: there is none. A name may be a process's or an endpoint's. */
uint32_t graph_find(const struct graph *graph, uint64_t id);
uint32_t graph_find_name(const struct graph *graph, const char *name);

/* "slot 3", "c5", "keeper" … Returns text. */
const char *graph_place_text(const struct graph_edge *edge, char text[32]);

#endif
