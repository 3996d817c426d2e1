/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From a traversal to page tables. Building goes down from the process (level 5) to the page (level 1); at each level
 * it takes the steps that are the same for all addresses of the next lower table and records them in depend entries of
 * the holder of the upper entry; where they differ, the object reached is the producer of the lower table.
 */
#include "front.h"
#include "table.h"

/* All tables and depend entries that one build may need are reserved first, so that none can go while it is under way.
 */
#define BUILD_TABLES TABLE_LEVEL_TOP
#define BUILD_DEPENDS (WALK_DEPTH_MAX + TABLE_LEVEL_PROCESS)
#define CHAIN 4 /* fronts behind each other, with the process's own tables, for which there is room at once */

/* Do all addresses that agree with this one above `bits` pass? *rest: what is left of this one. */
static bool guard_is_uniform(const struct cap *cap, unsigned bits, unsigned long *rest) {
    bool passes = cap->l2g >= 64 || *rest >> cap->l2g == cap->match;
    *rest &= mask_low(cap->l2g);
    return passes && cap->l2g >= bits;
}

/* Is the slot the same for all of those? */
static bool slot_is_uniform(const struct walk *walk, unsigned bits) {
    return walk->object->type != CAP_GPT || walk->windowed || ((struct gpt *)walk->object)->l2v >= bits;
}

/* A table was entered where its producer, a GPT, has no slot any more. */
static bool beyond_slots(const struct walk *walk) {
    return !walk->next && walk->object->type == CAP_GPT;
}

/* Is the next step the same for all of those, and leads to a GPT? Through a window: are both steps? A table begins at a
 * GPT, never between a window and where it leads. */
static bool step_is_uniform(const struct walk *walk, unsigned bits) {
    if (!slot_is_uniform(walk, bits) || beyond_slots(walk))
        return false;
    const struct cap *cap = walk->next;
    unsigned long rest = walk->rest;
    if (cap_is_window(cap) && guard_is_uniform(cap, bits, &rest)) {
        rest |= cap->payload;
        cap = walk_window_target(walk, cap);
    }
    if (!cap || cap->type != CAP_GPT || !guard_is_uniform(cap, bits, &rest))
        return false;
    const struct gpt *gpt = (struct gpt *)cap->object;
    return rest >> gpt->l2v < GPT_SLOTS && front_uniform(gpt, rest, bits);
}

/* Takes a step for the entry `index` of holder, and records it. */
static enum fault build_step(struct walk *walk, struct object *holder, unsigned index, unsigned bits) {
    if (beyond_slots(walk)) {
        depend_add_window(walk->object, holder, (long)index, DEPEND_BEHIND);
        return FAULT_INVALID_ADDRESS;
    }
    if (walk->windowed)
        depend_add_window(walk->object, holder, (long)index, walk->slot);
    else if (walk->object->type == CAP_GPT)
        depend_add(walk->object, holder, (long)index - (long)(walk->offset >> bits),
                   ((struct gpt *)walk->object)->l2v - bits);
    const struct object *from = walk->object;
    enum fault fault = walk_step(walk);
    if (fault != FAULT_NONE && walk->object != from && walk->object->type == CAP_GPT) /* beyond its last slot */
        depend_add_window(walk->object, holder, (long)index, DEPEND_BEHIND);
    return fault;
}

/* Below a front's root: nothing is at any of the entry's addresses. */
static bool build_hole(struct walk *walk, struct object *holder, unsigned index, unsigned bits) {
    if (walk->front >= 0 || !slot_is_uniform(walk, bits) || !(beyond_slots(walk) || walk->next->type == CAP_NULL))
        return false;
    build_step(walk, holder, index, bits);
    return true;
}

/* The table under entry `index` of holder, which covers 1 << bits bytes: one made before, or a new one. NULL: a hole.
 */
static struct table *build_lower(struct walk *walk, struct object *holder, unsigned index, unsigned level) {
    unsigned bits = table_entry_bits(level);
    while (step_is_uniform(walk, bits))
        build_step(walk, holder, index, bits);
    if (build_hole(walk, holder, index, bits))
        return NULL;
    unsigned long offset = walk->offset & ~mask_low(bits);
    struct walk_state from = walk_state(walk);
    struct table *lower = table_find(&from, level - 1, offset);
    if (!lower)
        lower = table_make(&from, level - 1, offset);
    depend_add(&lower->header, holder, (long)index, 0);
    return lower;
}

static unsigned long page_entry(const struct walk *walk) {
    return walk_target(walk) | PTE_P | PTE_U | PTE_A | PTE_D | (walk->restr & CAP_RO ? 0ul : PTE_W) |
           (walk->restr & CAP_NX || walk->hole ? PTE_NX : 0ul);
}

static void build_page(struct walk *walk, struct table *table, unsigned index) {
    if (table->entry[index])
        return; /* made through another space; only the link from this one was missing */
    enum fault fault;
    do
        fault = build_step(walk, &table->header, index, PAGE_SHIFT);
    while (walk->next && fault == FAULT_NONE);
    walk->hole = fault != FAULT_NONE;
    kassert(fault == FAULT_NONE || fault == FAULT_INVALID_ADDRESS, fault, walk->offset);
    bool behind = walk->front >= 0 && front_gpt(walk->front);
    if (fault == FAULT_NONE && behind)
        depend_add_window(walk->object, &table->header, (long)index, DEPEND_BEHIND);
    else if (fault == FAULT_NONE)
        depend_add(walk->object, &table->header, (long)index, 0);
    table->entry[index] = fault == FAULT_NONE || behind ? page_entry(walk) : PTE_HOLE;
    kernel_info.entries_built++;
}

/* The table that an entry of a level links to; made if there is none. NULL: a hole. */
static struct table *build_link(struct walk *walk, struct object *holder, unsigned index, unsigned level,
                                unsigned long address, unsigned long *entry) {
    if (*entry == PTE_HOLE)
        return NULL;
    if (*entry) {
        struct table *lower = table_of_frame(*entry & PTE_ADDRESS);
        walk_enter(walk, &lower->from, lower->offset + (address & mask_low(table_entry_bits(level))));
        return lower;
    }
    struct table *lower = build_lower(walk, holder, index, level);
    bool top = level == TABLE_LEVEL_PROCESS;
    *entry = !lower ? PTE_HOLE : physical(lower->entry) | (top ? 0ul : PTE_P | PTE_W | PTE_U | PTE_A);
    kernel_info.entries_built += !lower;
    table_tlb_stale |= top; /* cr3 is to be loaded */
    return lower;
}

/* From a table down to the page. */
static void build_below(struct walk *walk, struct table *table, unsigned long address) {
    while (table && table->level > 1) {
        unsigned level = table->level, index = table_index(level, address);
        table = build_link(walk, &table->header, index, level, address, &table->entry[index]);
    }
    if (table)
        build_page(walk, table, table_index(1, address));
}

/* Room for so many builds, one behind the other, of which none is to undo what another has made. */
static void build_reserve(unsigned builds) {
    table_reserve(builds * BUILD_TABLES);
    depend_reserve(builds * BUILD_DEPENDS);
}

void map_build(struct process *process, unsigned long address) {
    build_reserve(1);
    struct walk walk;
    walk_begin(&walk, &process->header, &process->space, address);
    build_below(&walk, build_link(&walk, &process->header, 0, TABLE_LEVEL_PROCESS, address, &process->cr3), address);
}

/* The table that a front's root is in. */
static struct table *build_root(int index, const struct walk_state *from, unsigned long offset) {
    const struct front *front = front_entry(index);
    if (front->root)
        return table_of_frame(front->root & PTE_ADDRESS);
    offset &= ~mask_low(table_entry_bits(front->levels + 1u));
    struct table *root = table_find(from, front->levels, offset);
    if (!root)
        root = table_make(from, front->levels, offset);
    front_set_root(index, root->entry);
    return root;
}

/* Below one front's root; `ahead` more are to come. The walk tells where that leads. */
static enum fault build_front(int front, unsigned long offset, unsigned ahead, struct walk *walk) {
    struct walk_state from = walk_state_of(front_gpt(front));
    offset = front_part_offset(front, offset);
    enum fault fault = walk_enter(walk, &from, offset);
    if (fault == FAULT_NONE)
        fault = walk_on(walk);
    if (fault != FAULT_NONE && fault != FAULT_INVALID_ADDRESS)
        return fault;
    build_reserve(ahead + 1);
    struct walk again;
    struct table *root = build_root(front, &from, offset);
    walk_enter(&again, &from, offset);
    build_below(&again, root, offset);
    return FAULT_NONE;
}

enum fault map_front(int front, unsigned long offset) {
    enum fault fault = FAULT_NONE;
    unsigned ahead = CHAIN;
    while (front >= 0 && front_gpt(front) && fault == FAULT_NONE) {
        struct walk walk;
        ahead -= ahead > 0;
        fault = build_front(front, offset, ahead, &walk);
        front = walk.front;
        offset = walk.front_offset;
    }
    return fault;
}

enum fault map_fault(struct process *process, unsigned long address, enum access access, struct walk *walk) {
    enum fault fault = walk_process(walk, process, address, access, NULL);
    if (fault != FAULT_NONE)
        return fault;
    fault = map_front(walk->front, walk->front_offset);
    map_build(process, address);
    return fault;
}

void map_forget_space(struct process *process) {
    table_free_products(&process->header);
    table_entry_clear(&process->header, 0);
    depend_forget(&process->header);
}
