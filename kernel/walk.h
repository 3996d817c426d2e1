/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The traversal: the definition of every memory access. Page faults, copies by the kernel, the debugger and the
 * building of page tables all take their steps here, one at a time.
 *
 * A step follows one capability, with what is left of the address:
 *
 *     capability:  guard      l2g < 64: (rest >> l2g) must equal match; rest keeps its low l2g bits
 *                  restr      is added to what was gathered; behind a weak capability RO and WK are added too
 *     GPT:         offset = rest; slot = rest >> l2v must be below 16; rest keeps its low l2v bits; the slot's
 *                  capability comes next
 *                  a GPT that has a background is from now on the one that windows lead to
 *     Window:      rest gets the window's offset above its low l2g bits; the background of the last GPT passed that has
 * one comes next, whatever was gathered stays LocalWindow: the same, but the named slot of the GPT that holds the
 * window comes next Page:        rest must be below 4096; the traversal ends
 *
 * If several things are wrong, the first of these wins: depth (more than 32 capabilities), Null
 * (FAULT_INVALID_ADDRESS), no Page, GPT or window (FAULT_MALFORMED_SPACE), guard, slot or page end
 * (FAULT_INVALID_ADDRESS), a window that another window led to, or without a GPT or a background to lead to
 * (FAULT_MALFORMED_SPACE), at last the access against the restrictions (FAULT_ACCESS_VIOLATION).
 *
 * Fronts (front.h): the first object on the way that wears one at this address is what the access belongs to, until a
 * window leads to a background from outside of it. An invalid address behind a front is a *hole*: loads and stores that
 * its path allows are no fault, for the front's handlers may answer them.
 */
#ifndef KERNEL_WALK_H
#define KERNEL_WALK_H

#include "cap.h"

#define WALK_DEPTH_MAX 32
#define WALK_RESTRICTIONS (CAP_RO | CAP_NX | CAP_WK) /* those that page tables depend on */

#define WALK_BACKGROUND GPT_SLOTS /* as a slot: the background of a GPT */

struct walk {
    struct object
        *object; /* reached: the Process (nothing followed yet), a GPT or a Page; behind a window: whose next it is */
    unsigned long offset;        /* in that object; behind a window: the same as rest */
    struct cap *next;            /* capability to follow next; NULL at a Page */
    unsigned long rest;          /* of the address, for next */
    unsigned slot;               /* which slot of a GPT next is: 0…15, WALK_BACKGROUND */
    bool windowed;               /* and a window, not the address, has chosen it */
    unsigned restr;              /* gathered */
    unsigned depth;              /* capabilities followed */
    struct gpt *background;      /* the last GPT passed that has a background; NULL: none */
    int front;                   /* the outermost; -1: none */
    unsigned long front_offset;  /* the address in its range */
    bool inside;                 /* background is one behind that front */
    bool hole;                   /* nothing is behind it */
    struct gpt *keeper;          /* the innermost GPT passed whose keeper may be called; NULL: none */
    unsigned long keeper_offset; /* the address in it */
    unsigned keeper_restr;       /* gathered up to it */
    struct traverse_step *steps; /* where to record, NULL: nowhere; room for TRAVERSE_STEPS_MAX */
    unsigned step_count;
};

/* Where it has come to: an address of the outermost front's range, a page's frame, or 0. */
unsigned long walk_target(const struct walk *walk);

/* Before the first step from a root capability that is held by `holder` (used as object; may be NULL). */
void walk_begin(struct walk *walk, struct object *holder, struct cap *root, unsigned long address);
/* Where a traversal may begin in the middle: a GPT, or a process's root, and what was gathered on the way there. */
struct walk_state {
    struct object *object;
    unsigned restr, depth;
    struct gpt *background; /* the object itself, if it has one */
    int front;
    bool inside;
    unsigned long front_delta; /* of an address: its offset in the front's range - that in the object */
};
struct walk_state walk_state(const struct walk *walk);
bool walk_state_same(const struct walk_state *a, const struct walk_state *b);
/* In a GPT, whoever came there: what is behind its fronts. */
struct walk_state walk_state_of(struct gpt *gpt);
/* At `offset` in state's object. Keepers are unknown. */
enum fault walk_enter(struct walk *walk, const struct walk_state *state, unsigned long offset);
enum fault walk_step(struct walk *walk);
/* Where a window that comes next would lead. NULL: nowhere. */
struct cap *walk_window_target(const struct walk *walk, const struct cap *window);

/* The rest of the way to a Page, or to a hole behind a front, which sets walk->hole. */
enum fault walk_on(struct walk *walk);
/* The whole way, and whether it allows the access. */
enum fault walk_space(struct walk *walk, struct object *holder, struct cap *root, unsigned long address,
                      enum access access, struct traverse_step *steps);
/* The same from a process's space: addresses that ring 3 does not have are invalid. */
enum fault walk_process(struct walk *walk, struct process *process, unsigned long address, enum access access,
                        struct traverse_step *steps);

#endif
