/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A small capability system, and everything that can happen in it: the oracle of flow. It does operations, one after
 * the other, on concrete states, and knows nothing of rules, facts or proofs.
 *
 * A state says which capability is where, and whose information is in each object (taint). Registers and slots only
 * gain: there are enough of them, and no hostile process has a reason to give up what it has. Places for one capability
 * (space, keeper, background, recipient, handler) are overwritten, and each way of doing so is another state.
 */
#ifndef TESTS_FLOW_WORLD_H
#define TESTS_FLOW_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#ifndef NODES
#define NODES 8 /* up to 64 */
#endif
typedef uint64_t nodeset;
#define NODE(node) ((nodeset)1 << (node))
#define WORDS ((NODES * 19 + 16 + 63) / 64) /* of 64 capabilities each */

enum kind { PAGE, CAPPAGE, GPT, HOSTILE, TRUSTED, STOPPED, ENDPOINT, FORWARDER, TOOL, DEBUG, RANGE, OUTSIDE, KINDS };

/* RO, WK, OP, NC: the restrictions that flow depends on (NX forbids fetches, but what can be fetched can be loaded). */
enum { RO = 1, WK = 2, OP = 4, NC = 8, RESTRICTIONS = 16 };

/* Capabilities are numbers. To memory: node * 16 + restrictions; then windows, by restrictions; then all others. */
enum other {
    TO_SELF,   /* Process, Endpoint, Forwarder, Range …; from outside */
    TO_RESUME, /* or Entry, Forward; to outside */
    TO_FAULT   /* or an Entry that is void, a Forward that does not tell of the forwarder */
};
#define MEMORY_CAP(node, restr) ((node)*RESTRICTIONS + (restr))
#define WINDOW_CAP (NODES * RESTRICTIONS)
#define OTHER_CAP(node, what) (WINDOW_CAP + RESTRICTIONS + (node)*3 + (what))
#define CAPS OTHER_CAP(NODES, 0)
#define NO_CAP (-1)

static inline bool memory_cap(int cap) {
    return cap < WINDOW_CAP;
}
static inline bool window_cap(int cap) {
    return cap >= WINDOW_CAP && cap < OTHER_CAP(0, 0);
}
static inline bool other_cap(int cap) {
    return cap >= OTHER_CAP(0, 0);
}
/* Not of a window: it leads nowhere by itself. */
static inline unsigned node_of(int cap) {
    return (unsigned)(memory_cap(cap) ? cap / RESTRICTIONS : (cap - OTHER_CAP(0, 0)) / 3);
}
static inline unsigned restr_of(int cap) {
    return other_cap(cap) ? 0 : (unsigned)cap % RESTRICTIONS;
}
static inline enum other other_of(int cap) {
    return memory_cap(cap) ? TO_SELF : (enum other)((cap - OTHER_CAP(0, 0)) % 3);
}

struct capset {
    uint64_t word[WORDS];
};

enum place { IN_SET, AS_SPACE, AS_KEEPER, AS_BACKGROUND, AS_RECIPIENT, AS_HANDLER, AS_TARGET, AS_BRAND, PLACES };

struct world {
    nodeset started;          /* processes that somebody has started */
    nodeset takes;            /* endpoints that take any payload */
    struct capset set[NODES]; /* registers, slots */
    int16_t place[PLACES][NODES];
    nodeset taint[NODES];
    nodeset copies[NODES]; /* of each process: for whom the kernel copies from or to its memory */
};

struct graph {
    unsigned count, made; /* nodes; of these the last ones are what a Range could make */
    enum kind kind[NODES];
    struct world first;
};

/* What came true in any state. */
struct seen {
    struct capset set[NODES];
    nodeset taint[NODES];
    unsigned long states;
    bool all; /* false: there were too many states */
};

static inline bool capset_has(const struct capset *set, int cap) {
    return set->word[cap / 64] >> cap % 64 & 1;
}
/* The first one that is not before `from`; CAPS: none. */
static inline int capset_next(const struct capset *set, int from) {
    uint64_t mask = ~0ul << from % 64;
    for (unsigned i = (unsigned)from / 64; i < WORDS; i++, mask = ~0ul)
        if (set->word[i] & mask)
            return (int)(i * 64) + __builtin_ctzl(set->word[i] & mask);
    return CAPS;
}
/* for (EACH_CAP(cap, set)): also those that are added meanwhile, if they come later */
#define EACH_CAP(cap, set)                                                                                             \
    int cap = capset_next(set, 0);                                                                                     \
    cap < CAPS;                                                                                                        \
    cap = capset_next(set, cap + 1)
static inline void capset_add(struct capset *set, int cap) {
    set->word[cap / 64] |= 1ul << cap % 64;
}

void graph_begin(struct graph *graph, unsigned count, const enum kind *kinds);
/* To be called last: room for what holders of Ranges make. False: there is not enough. */
bool graph_room(struct graph *graph);
bool graph_put(struct graph *graph, unsigned holder, enum place place, int cap); /* false: it is taken */
static inline bool is_process(enum kind kind) {
    return kind == HOSTILE || kind == TRUSTED || kind == STOPPED;
}
static inline bool is_memory(enum kind kind) {
    return kind == PAGE || kind == CAPPAGE || kind == GPT;
}
/* All states that hostile processes can bring about, at most `limit`. */
void explore(const struct graph *graph, unsigned long limit, struct seen *seen);

#endif
