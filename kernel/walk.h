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
 *     Page:        rest must be below 4096; the traversal ends
 *
 * If several things are wrong, the first of these wins: depth (more than 32 capabilities), Null
 * (FAULT_INVALID_ADDRESS), no Page or GPT (FAULT_MALFORMED_SPACE), guard, slot or page end (FAULT_INVALID_ADDRESS), at
 * last the access against the restrictions (FAULT_ACCESS_VIOLATION).
 */
#ifndef KERNEL_WALK_H
#define KERNEL_WALK_H

#include "cap.h"

#define WALK_DEPTH_MAX 32
#define WALK_RESTRICTIONS (CAP_RO | CAP_NX | CAP_WK) /* those that page tables depend on */

struct walk {
    struct object *object;       /* reached: the Process (nothing followed yet), a GPT or a Page */
    unsigned long offset;        /* in that object */
    struct cap *next;            /* capability to follow next; NULL at a Page */
    unsigned long rest;          /* of the address, for next */
    unsigned restr;              /* gathered */
    unsigned depth;              /* capabilities followed */
    struct gpt *keeper;          /* the innermost GPT passed whose keeper may be called; NULL: none */
    struct traverse_step *steps; /* where to record, NULL: nowhere; room for TRAVERSE_STEPS_MAX */
    unsigned step_count;
};

/* Before the first step from a root capability that is held by `holder` (used as object; may be NULL). */
void walk_begin(struct walk *walk, struct object *holder, struct cap *root, unsigned long address);
/* In the middle: at `offset` in a GPT, or at a process's root, having gathered restr in depth steps. Keepers are
 * unknown. */
enum fault walk_enter(struct walk *walk, struct object *object, unsigned long offset, unsigned restr, unsigned depth);
enum fault walk_step(struct walk *walk);

/* The whole way to a Page, and whether its path allows the access. */
enum fault walk_space(struct walk *walk, struct object *holder, struct cap *root, unsigned long address,
                      enum access access, struct traverse_step *steps);
/* The same from a process's space: addresses that ring 3 does not have are invalid. */
enum fault walk_process(struct walk *walk, struct process *process, unsigned long address, enum access access,
                        struct traverse_step *steps);

#endif
