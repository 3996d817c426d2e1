/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "copyspace.h"

#define SLOTS 16ul
#define LEVEL_BITS 4u

/* Every slot of a GPT shows what the original has there; `base`: the GPT's first address in the copy. */
static unsigned long windows(unsigned gpt, unsigned long base, unsigned l2v) {
    unsigned long rc = facet_set(gpt, OP_GPT_SET_L2V, l2v, CR_NULL);
    for (unsigned long slot = 0; slot < SLOTS && rc == RC_OK; slot++) {
        struct facet_message m = {.word = {slot, base + (slot << l2v), l2v | (CAP_RO | CAP_NC) << 8}};
        rc = facet_call(gpt, OP_GPT_SET_WINDOW, &m);
    }
    return rc;
}

unsigned long copyspace_begin(unsigned root, unsigned original, unsigned l2v) {
    unsigned long rc = windows(root, 0, l2v);
    return rc == RC_OK ? facet_set(root, OP_GPT_SET_BACKGROUND, 0, original) : rc;
}

/* From the GPT in K_NODE, with slots of 1 << l2v bytes, one level down; makes that level if there is a window yet. */
static enum keeper_verdict descend(unsigned long address, unsigned l2v) {
    struct facet_message type = {0};
    unsigned long slot = address >> l2v & (SLOTS - 1);
    facet_get(K_NODE, OP_GPT_GET, slot, 0, K_LOWER);
    facet_call(K_LOWER, OP_TYPE, &type);
    if (type.word[0] != CAP_GPT) {
        unsigned long base = address & ~((1ul << l2v) - 1);
        if (keeper_alloc(CAP_GPT, K_LOWER) != KEEPER_REPAIRED || windows(K_LOWER, base, l2v - LEVEL_BITS) != RC_OK ||
            keeper_set(K_NODE, slot, K_LOWER) != KEEPER_REPAIRED)
            return KEEPER_DECLINES;
    }
    facet_get(K_LOWER, OP_MEM_REDUCE, 0, 0, K_NODE);
    return KEEPER_REPAIRED;
}

/* A page of the copy's own, with the original's content. */
static enum keeper_verdict copy(struct copyspace *space, unsigned long address) {
    if (keeper_alloc(CAP_PAGE, K_A) != KEEPER_REPAIRED || keeper_set(K_WINDOW, 0, K_A) != KEEPER_REPAIRED)
        return KEEPER_DECLINES;
    memcpy(space->window, space->original + address, KEEPER_PAGE);
    keeper_set(K_WINDOW, 0, CR_NULL);
    space->copied++;
    return keeper_set(K_NODE, address / KEEPER_PAGE % SLOTS, K_A);
}

static enum keeper_verdict fault(void *self, const struct facet_message *m) {
    struct copyspace *space = self;
    unsigned long address = m->word[1] & ~(KEEPER_PAGE - 1);
    /* Forbidden, not absent: so the original has a page there that can be read. */
    if (m->word[0] != FAULT_ACCESS_VIOLATION || !(m->word[3] & KEEPER_STORE))
        return KEEPER_DECLINES;
    facet_get(K_PAGES, OP_MEM_REDUCE, 0, 0, K_NODE);
    for (unsigned l2v = space->l2v; l2v > 12; l2v -= LEVEL_BITS)
        if (descend(address, l2v) != KEEPER_REPAIRED)
            return KEEPER_DECLINES;
    return copy(space, address);
}

void copyspace_main(struct copyspace *space) {
    keeper_serve(space, fault);
}
