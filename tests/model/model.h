/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What memory accesses, messages and brands mean, written down a second time: an independent model of spaces,
 * processes, endpoints and forwarders, after include/facet/abi.h and kernel/README.md, with nothing of the kernel in
 * it. There are no page tables here, no caches, no sharing, no queues: an access is a walk over plain structures, a
 * page is an array of bytes, and where a message is, is where its way leads now. Rescinding sweeps the whole world.
 */
#ifndef TESTS_MODEL_H
#define TESTS_MODEL_H

#include <facet/abi.h>

#define M_PAGES 20 /* page 0: the children's code, never changed */
#define M_GPTS                                                                                                         \
    16 /* the first M_ROOTS are the roots of spaces: l2v M_ROOT_BITS, slot 0 the code, both never changed              \
        */
#define M_ROOTS 3
#define M_PROCESSES 3
#define M_ROOT_BITS 44
#define M_NONE (-1)
#define M_FRONT_PAGE (-2)
/* All processes: those that make accesses, those that send messages, and the one that compares them with the model. */
#define M_SENDERS 3
#define M_SELF (M_PROCESSES + M_SENDERS)
#define M_EVERYBODY (M_SELF + 1)
#define M_ENDS 7 /* the first two are never changed, the recipient of M_END_KEEPER is always M_SELF */
enum { M_END_CONTROL, M_END_REPORT, M_END_KEEPER, M_END_FREE };
#define M_FORWARDERS 6

struct m_cap {
    enum cap_type
        type;   /* Null, Page, GPT, Window, LocalWindow; Process, Endpoint, Entry, Forwarder, Forward, Discrim */
    int object; /* its number among those of its kind; of an Entry that of the endpoint, of a Forward … */
    unsigned restr, l2g, slot;   /* slot: of a Forward enum forward_flag; l2g 0: no memory */
    unsigned long match, offset; /* offset: of windows; of an Entry its payload */
};

#define M_PARTS 2
struct m_gpt {
    unsigned l2v;
    int parts; /* that wear a front, and where */
    struct {
        unsigned long start, last;
    } part[M_PARTS];
    struct m_cap keeper;
    int has_background; /* it was given one; the object may be gone since */
    struct m_cap background;
    struct m_cap slot[16];
};

struct m_endpoint {
    int recipient; /* M_NONE, or a process */
    int matching;
    unsigned long match;
};

struct m_forwarder {
    struct m_cap target; /* Null, Entry or Forward */
    int blocked;
    unsigned long word;
    struct m_cap slot[FORWARDER_SLOTS];
};

/* What a sender holds of a message that has not been received. */
struct m_message {
    struct m_cap through, sent[MESSAGE_CAPS - 1];
};

struct m_world {
    unsigned char page[M_PAGES][4096];
    int swapped[M_PAGES]; /* it wears a front */
    struct m_gpt gpt[M_GPTS];
    struct m_cap space[M_PROCESSES], keeper[M_PROCESSES];
    struct m_cap brand[M_EVERYBODY];
    struct m_endpoint end[M_ENDS];
    struct m_forwarder forwarder[M_FORWARDERS];
    struct m_message message[M_SENDERS];
};

/* Where an access to one address leads. */
struct m_place {
    enum fault fault;
    int page, offset;             /* if there is no fault; or an access violation */
    unsigned restr, steps;        /* gathered; capabilities followed */
    unsigned windows;             /* of them */
    int front;                    /* the outermost: M_NONE, the number of a GPT, or M_FRONT_PAGE */
    unsigned long front_offset;   /* in its GPT */
    int keeper;                   /* innermost GPT with a keeper that can be called: M_NONE, or its number */
    unsigned long keeper_address; /* in that GPT */
    unsigned keeper_restr;        /* of the way to it */
};

struct m_place m_find(const struct m_world *world, int process, unsigned long address, enum access access);

/* There is nothing, but behind a front: its handlers may answer, but for instructions. */
int m_asked(const struct m_place *place, enum access access);

/* An access of 1 … 8 bytes, perhaps into a second page. *at: the address that faults. `whole`: that of a processor, of
 * which handlers are asked once it is known that the rest does not fault. */
struct m_place m_find_all(const struct m_world *world, int process, unsigned long address, unsigned size,
                          enum access access, int whole, unsigned long *at);
/* After m_find_all has said that it goes through. */
unsigned long m_load(const struct m_world *world, int process, unsigned long address, unsigned size);
void m_store(struct m_world *world, int process, unsigned long address, unsigned size, unsigned long value);

/* Every capability to that object turns into Null. */
void m_rescind(struct m_world *world, enum cap_type type, int object);
/* What comes out of a slot that is read through a capability with these restrictions. */
struct m_cap m_fetched(struct m_cap cap, unsigned restr);
int m_is_memory(const struct m_cap *cap);
/* The same authority over the same object; Null is equal to nothing. */
int m_same(const struct m_cap *a, const struct m_cap *b);

/* ---- ways.c: forwarders and brands */

/* Where a message goes. */
struct m_way {
    int blocked;           /* the forwarder before which it waits, or M_NONE */
    int end;               /* endpoint, M_NONE: the way is blocked, or leads nowhere */
    int recipient;         /* M_NONE: it is blocked, or refused */
    unsigned long payload; /* of the entry capability at the end */
    int sender, worded;    /* forwarders whose capability and whose word it brings, or M_NONE */
};
struct m_way m_way(const struct m_world *world, struct m_cap cap);
/* It leads over that forwarder, even if something before that is blocked. */
int m_passes(const struct m_world *world, struct m_cap cap, int forwarder);

/* What ProcessTool tells. */
struct m_identity {
    int mine;
    unsigned long payload;
    struct m_cap stands_for, sender;
};
struct m_identity m_identify(const struct m_world *world, const struct m_cap *cap, const struct m_cap *brand);

#endif
