/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest.h"

void fetch(unsigned long index, unsigned to) {
    must("fetch", facet_get(R_STORE, OP_CAPPAGE_GET, index, 0, to));
}

void keep(unsigned long index, unsigned from) {
    must("keep", facet_set(R_STORE, OP_CAPPAGE_SET, index, from));
}

/* ---- Objects */

void page_make(int p) {
    draw(CAP_PAGE, p, R_TEMP);
    keep((unsigned long)p, R_TEMP);
    must("window", facet_set(CR_SPACE, OP_GPT_SET, WINDOW >> M_ROOT_BITS, R_TEMP));
    unsigned long *there = (unsigned long *)WINDOW, *here = (unsigned long *)(void *)world.page[p];
    for (unsigned long i = 0; i < 512; i++)
        there[i] = here[i] = cell(below(~0ul), 0);
    world.swapped[p] = 0;
    frames[p] = 0;
}

void gpt_lose_part(int g, int which) {
    world.gpt[g].part[which] = world.gpt[g].part[--world.gpt[g].parts];
}

void gpt_l2v(int g) {
    static const unsigned char l2vs[] = {12, 12, 12, 14, 16, 16, 17, 20, 20, 21, 24, 28, 29, 30, 32, 36, 39, 40, 44};
    world.gpt[g].l2v = g < M_ROOTS ? M_ROOT_BITS : PICK(l2vs);
    fetch(STORE_GPT(g), R_TEMP);
    must("set l2v", facet_set(R_TEMP, OP_GPT_SET_L2V, world.gpt[g].l2v, CR_NULL));
    for (int i = world.gpt[g].parts; i-- > 0;)
        if (world.gpt[g].part[i].last >> world.gpt[g].l2v > 15)
            gpt_lose_part(g, i);
}

void gpt_make(int g) {
    world.gpt[g] = (struct m_gpt){.l2v = 12};
    draw(CAP_GPT, g, R_TEMP);
    keep(STORE_GPT(g), R_TEMP);
    gpt_l2v(g);
}

/* This program receives what is sent there. */
void end_make(int e) {
    world.end[e] = (struct m_endpoint){.recipient = M_SELF};
    draw(CAP_ENDPOINT, e, R_TEMP);
    must("recipient", facet_set(R_TEMP, OP_ENDPOINT_SET_RECIPIENT, 0, CR_SELF));
    keep(STORE_END(e), R_TEMP);
}

void forwarder_make(int f) {
    world.forwarder[f] = (struct m_forwarder){.blocked = 0};
    draw(CAP_FORWARDER, f, R_TEMP);
    keep(STORE_FORWARDER(f), R_TEMP);
}

unsigned long *known_id(enum cap_type type, int object) {
    static unsigned long ends[M_ENDS], gpts[M_GPTS], processes[M_EVERYBODY];
    return (type == CAP_GPT ? gpts : type == CAP_ENDPOINT ? ends : processes) + object;
}

void object_forget(enum cap_type type, int object) {
    m_rescind(&world, type, object);
    if (type == CAP_GPT || type == CAP_ENDPOINT || type == CAP_PROCESS)
        *known_id(type, object) = 0;
    statistics.rescinds++;
}

void object_end(enum cap_type type, int object, unsigned from) {
    must("rescind", facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, from));
    object_forget(type, object);
    settle(M_NONE);
}

/* ---- Capabilities */

static unsigned real_process(int p, unsigned to) {
    if (p == M_SELF)
        return CR_SELF;
    if (p < M_PROCESSES)
        return R_CHILD + (unsigned)p;
    fetch(STORE_SENDER(p - M_PROCESSES), to);
    return to;
}

unsigned make_real_in(const struct m_cap *cap, unsigned to) {
    switch ((int)cap->type) {
    case CAP_NULL:
        return CR_NULL;
    case CAP_DISCRIM:
        return CR_DISCRIM;
    case CAP_PROCESS:
        return real_process(cap->object, to);
    case CAP_ENDPOINT:
    case CAP_ENTRY:
        fetch(STORE_END(cap->object), to);
        if (cap->type == CAP_ENTRY)
            must("entry", facet_get(to, OP_ENDPOINT_MAKE_ENTRY, cap->offset, 0, to));
        return to;
    case CAP_FORWARDER:
    case CAP_FORWARD:
        fetch(STORE_FORWARDER(cap->object), to);
        if (cap->type == CAP_FORWARD)
            must("forward", facet_get(to, OP_FORWARDER_MAKE_FORWARD, cap->slot, 0, to));
        return to;
    }
    fetch(cap->type == CAP_PAGE ? (unsigned long)cap->object : STORE_GPT(cap->object), to);
    must("guard", facet_get(to, OP_MEM_GUARD, cap->match, cap->l2g, to));
    must("reduce", facet_get(to, OP_MEM_REDUCE, cap->restr, 0, to));
    return to;
}

unsigned make_real(const struct m_cap *cap) {
    return make_real_in(cap, R_TEMP);
}

static enum discrim_class class_of(const struct m_cap *cap) {
    if (cap->type == CAP_WINDOW || cap->type == CAP_LOCAL_WINDOW)
        return DISCRIM_WINDOW;
    if (m_is_memory(cap))
        return DISCRIM_MEMORY;
    return cap->type == CAP_NULL                                ? DISCRIM_NULL
           : cap->type == CAP_ENTRY || cap->type == CAP_FORWARD ? DISCRIM_ENTRY
                                                                : DISCRIM_OTHER;
}

/* Windows cannot be made but in slots, what is opaque cannot be compared: of these, no more than their kind. */
void expect_cap(const char *what, unsigned reg, const struct m_cap *cap) {
    enum discrim_class class = class_of(cap);
    struct facet_message m = {.send = {(unsigned char)reg}};
    if (class != DISCRIM_MEMORY) {
        must("classify", facet_call(CR_DISCRIM, OP_DISCRIM_CLASSIFY, &m));
        if (m.word[0] != class)
            die(what, m.word[0], class);
        if (class == DISCRIM_NULL || class == DISCRIM_WINDOW)
            return;
    }
    unsigned long expected = cap->restr & CAP_OP ? RC_NO_RIGHT : RC_OK, rc;
    m.send[1] = (unsigned char)make_real(cap);
    rc = facet_call(CR_DISCRIM, OP_DISCRIM_COMPARE, &m);
    if (rc != expected)
        die(what, rc, expected);
    if (rc == RC_OK && m.word[0] != 1)
        die(what, m.word[0], 1);
}

/* ---- Random ones */

struct m_cap random_entry(void) {
    if (!one_in(3))
        return (struct m_cap){.type = CAP_FORWARD, .object = (int)below(M_FORWARDERS), .slot = (unsigned)below(4)};
    if (one_in(4))
        return (struct m_cap){.type = CAP_ENTRY, .object = M_END_KEEPER, .offset = FROM_GPT + below(M_GPTS)};
    return (struct m_cap){
        .type = CAP_ENTRY, .object = (int)(M_END_FREE + below(M_ENDS - M_END_FREE)), .offset = FROM_ANY + below(3)};
}

static struct m_cap random_other(void) {
    switch (below(6)) {
    case 0:
        return (struct m_cap){.type = CAP_ENDPOINT, .object = (int)(M_END_FREE + below(M_ENDS - M_END_FREE))};
    case 1:
        return (struct m_cap){.type = CAP_FORWARDER, .object = (int)below(M_FORWARDERS)};
    case 2:
        return (struct m_cap){.type = CAP_PROCESS, .object = (int)below(M_EVERYBODY)};
    case 3:
        return (struct m_cap){.type = CAP_DISCRIM};
    default:
        return random_entry();
    }
}

struct m_cap random_cap(unsigned l2v) {
    static const unsigned char sizes[] = {12, 12, 13, 16, 16, 20, 21, 22, 24, 28,
                                          30, 31, 32, 36, 39, 40, 44, 64, 64, 64};
    static const unsigned char restrictions[] = {CAP_RO, CAP_RO, CAP_NX, CAP_NX,
                                                 CAP_WK, CAP_NC, CAP_OP, CAP_RO | CAP_NX};
    struct m_cap cap = {.type = CAP_PAGE, .l2g = 64};
    if (one_in(10))
        return one_in(6) ? random_other() : (struct m_cap){.type = CAP_NULL};
    if (l2v > 12 && !one_in(4))
        cap.type = CAP_GPT;
    cap.object = (int)(cap.type == CAP_GPT ? M_ROOTS + below(M_GPTS - M_ROOTS) : 1 + below(M_PAGES - 1));
    if (cap.type == CAP_GPT && one_in(40))
        cap.object = (int)below(M_ROOTS);
    if (!(cap.type == CAP_PAGE && l2v == 12 && !one_in(4)))
        cap.l2g = PICK(sizes);
    if (cap.l2g < l2v && one_in(4))
        cap.match = below(1ul << (l2v - cap.l2g < 4 ? l2v - cap.l2g : 4));
    if (one_in(4))
        cap.restr = PICK(restrictions);
    return cap;
}

struct m_cap random_any(void) {
    return one_in(2) ? random_other() : random_cap(one_in(2) ? 12 : 44);
}
