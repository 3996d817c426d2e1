/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The model of trees.c: what a traversal means, on plain arrays. It has no page tables and shares nothing with the
 * kernel but the constants of abi.h.
 */
#ifndef TESTS_GUESTS_TREES_MODEL_H
#define TESTS_GUESTS_TREES_MODEL_H

#include <facet/guest.h>

#define GPTS 12
#define PAGES 16
#define ROOTS 4 /* random slots of the child's root */
#define L2V_ROOT 44
#define CELLS 512 /* 8-byte cells in a page; each begins with jmp *%rbx, so that any can be fetched */
#define STEPS_MAX 32

struct model_cap {
    int type; /* CAP_NULL, CAP_PAGE, CAP_GPT, CAP_ENTRY, CAP_WINDOW, CAP_LOCAL_WINDOW */
    int object;
    unsigned restr, l2g;
    unsigned long match, offset; /* offset, target: of windows */
    unsigned target;
};
struct model_gpt {
    unsigned l2v;
    int has_background, has_keeper;
    struct model_cap background, slot[16];
};

static struct model_gpt gpts[GPTS];
static struct model_cap roots[ROOTS];
static unsigned long random_state;

static unsigned long random_below(unsigned long n) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (random_state >> 11) % n;
}

static int one_in(unsigned long n) {
    return random_below(n) == 0;
}

/* ---- The model: what a traversal means */

struct outcome {
    enum fault fault;
    int page;
    unsigned long cell, restr;
    int keeper; /* a node; -1: the process's */
    unsigned long keeper_address, keeper_restr;
};
static int windows_passed;

static struct outcome model_traverse(unsigned long address, enum access access) {
    struct outcome out = {.fault = FAULT_INVALID_ADDRESS, .page = -1, .keeper = -1};
    struct model_gpt *holder = 0, *background = 0; /* of cap, if in a node; where windows lead */
    int from_window = 0;
    windows_passed = 0;
    unsigned long slot = address >> L2V_ROOT, rest = address & ((1ul << L2V_ROOT) - 1);
    if (slot < 1 || slot > ROOTS)
        return out;
    struct model_cap *cap = &roots[slot - 1];
    for (int steps = 1;; steps++) { /* the root was the first */
        if (steps >= STEPS_MAX) {
            out.fault = FAULT_DEPTH;
            return out;
        }
        if (cap->type == CAP_NULL)
            return out;
        if (cap->type == CAP_ENTRY) {
            out.fault = FAULT_MALFORMED_SPACE;
            return out;
        }
        if (cap->l2g < 64) {
            if (rest >> cap->l2g != cap->match)
                return out;
            rest &= (1ul << cap->l2g) - 1;
        }
        out.restr |= cap->restr | (out.restr & CAP_WK ? CAP_RO : 0u); /* what is fetched through weak is read-only */
        if (cap->type == CAP_PAGE)
            break;
        if (cap->type == CAP_WINDOW || cap->type == CAP_LOCAL_WINDOW) {
            if (from_window || (cap->type == CAP_WINDOW ? !background : !holder)) {
                out.fault = FAULT_MALFORMED_SPACE;
                return out;
            }
            from_window = 1;
            windows_passed++;
            rest |= cap->offset;
            if (cap->type == CAP_WINDOW)
                holder = background;
            cap = cap->type == CAP_WINDOW ? &holder->background : &holder->slot[cap->target];
            continue;
        }
        from_window = 0;
        struct model_gpt *gpt = holder = &gpts[cap->object];
        if (gpt->has_background)
            background = gpt;
        if (gpt->has_keeper && !(out.restr & CAP_NC)) {
            out.keeper = cap->object;
            out.keeper_address = rest;
            out.keeper_restr = out.restr;
        }
        if (rest >> gpt->l2v >= 16)
            return out;
        cap = &gpt->slot[rest >> gpt->l2v];
        rest &= (1ul << gpt->l2v) - 1;
    }
    if (rest >= 4096)
        return out;
    out.page = cap->object;
    out.cell = rest / 8;
    int forbidden =
        (access == ACCESS_STORE && (out.restr & CAP_RO)) || (access == ACCESS_FETCH && (out.restr & CAP_NX));
    out.fault = forbidden ? FAULT_ACCESS_VIOLATION : FAULT_NONE;
    return out;
}

/* An address that is likely to hit something: follow random slots, as their guards want it. Behind a window, the bits
 * of its offset have chosen the slot. */
static unsigned long aim(void) {
    unsigned long slot = 1 + random_below(ROOTS), address = slot << L2V_ROOT, mask = (1ul << L2V_ROOT) - 1, fixed = 0;
    struct model_cap *cap = &roots[slot - 1];
    struct model_gpt *gpt = 0, *background = 0;
    for (int steps = 0; steps < 8; steps++) {
        if (cap->l2g < 64)
            address |= (cap->match << cap->l2g) & mask;
        if (cap->type == CAP_WINDOW || cap->type == CAP_LOCAL_WINDOW)
            fixed = cap->offset;
        if (cap->type == CAP_WINDOW && background)
            cap = &background->background;
        else if (cap->type == CAP_LOCAL_WINDOW && gpt)
            cap = &gpt->slot[cap->target];
        if (cap->type != CAP_GPT)
            break;
        gpt = &gpts[cap->object];
        background = gpt->has_background ? gpt : background;
        slot = random_below(16);
        for (int tries = 0; tries < 4 && gpt->slot[slot].type == CAP_NULL; tries++)
            slot = random_below(16);
        if (fixed >> gpt->l2v > 0 && fixed >> gpt->l2v < 16)
            slot = fixed >> gpt->l2v;
        fixed &= (1ul << gpt->l2v) - 1;
        address |= (slot << gpt->l2v) & mask;
        mask = mask < (1ul << gpt->l2v) - 1 ? mask : (1ul << gpt->l2v) - 1;
        cap = &gpt->slot[slot];
    }
    if (cap->type == CAP_PAGE && cap->l2g < 64)
        address |= (cap->match << cap->l2g) & mask;
    address |= random_below(CELLS) * 8 & mask;
    if (one_in(12))
        address ^= 1ul << random_below(46) & ~7ul;
    return address & (GUEST_ADDRESS_MAX - 1);
}

#endif
