/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What memory accesses through capabilities mean, written down a second time: an independent model of spaces and
 * processes, after include/facet/abi.h and the description of the traversal, with nothing of the kernel in it. There
 * are no page tables here, no caches, no sharing: an access is a walk over plain structures, a page is an array of
 * bytes. Rescinding sweeps the whole world.
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

struct m_cap {
    enum cap_type type; /* Null, Page, GPT, Window, LocalWindow; anything else stands for what is no memory */
    int object;         /* page or GPT */
    unsigned restr, l2g, slot;
    unsigned long match, offset; /* offset: of windows */
};

#define M_PARTS 2
struct m_gpt {
    unsigned l2v;
    int parts; /* that wear a front, and where */
    struct {
        unsigned long start, last;
    } part[M_PARTS];
    int keeper;         /* M_NONE, or what its keeper is told */
    int has_background; /* it was given one; the object may be gone since */
    struct m_cap background;
    struct m_cap slot[16];
};

struct m_world {
    unsigned char page[M_PAGES][4096];
    int swapped[M_PAGES]; /* it wears a front */
    struct m_gpt gpt[M_GPTS];
    struct m_cap space[M_PROCESSES];
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

/* Every capability to that Page or GPT turns into Null. */
void m_rescind(struct m_world *world, enum cap_type type, int object);
/* What comes out of a slot that is read through a capability with these restrictions. */
struct m_cap m_fetched(struct m_cap cap, unsigned restr);

#endif
