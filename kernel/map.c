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

/* Is the next step the same for all addresses that agree with this one above `bits`, and leads to a GPT? Through a
 * window: are both steps? A table begins at a GPT, never between a window and where it leads. */
static bool step_is_uniform(const struct walk *walk, unsigned bits) {
    if (walk->object->type == CAP_GPT && !walk->windowed && ((struct gpt *)walk->object)->l2v < bits)
        return false;
    const struct cap *cap = walk->next;
    if (cap_is_window(cap) && cap->l2g >= bits)
        cap = walk_window_target(walk, cap);
    return cap && cap->type == CAP_GPT && cap->l2g >= bits;
}

/* Takes a step for the entry `index` of holder, and records it. */
static void build_step(struct walk *walk, struct object *holder, unsigned index, unsigned bits) {
    if (walk->windowed)
        depend_add_window(walk->object, holder, (long)index, walk->slot);
    else if (walk->object->type == CAP_GPT)
        depend_add(walk->object, holder, (long)index - (long)(walk->offset >> bits),
                   ((struct gpt *)walk->object)->l2v - bits);
    enum fault fault = walk_step(walk);
    kassert(fault == FAULT_NONE, fault, walk->offset);
}

/* The table under entry `index` of holder, which covers 1 << bits bytes: the one there, one made before, or a new one.
 */
static struct table *build_lower(struct walk *walk, struct object *holder, unsigned index, unsigned level) {
    unsigned bits = table_entry_bits(level);
    while (step_is_uniform(walk, bits))
        build_step(walk, holder, index, bits);
    unsigned long offset = walk->offset & ~mask_low(bits);
    struct walk_state from = walk_state(walk);
    struct table *lower = table_find(&from, level - 1, offset);
    if (!lower)
        lower = table_make(&from, level - 1, offset);
    depend_add(&lower->header, holder, (long)index, 0);
    return lower;
}

static unsigned long page_entry(const struct page *page, unsigned restr) {
    unsigned long target = page->front >= 0 ? front_address(page->front) : page->frame;
    return target | PTE_P | PTE_U | PTE_A | PTE_D | (restr & CAP_RO ? 0ul : PTE_W) | (restr & CAP_NX ? PTE_NX : 0ul);
}

static void build_page(struct walk *walk, struct table *table, unsigned index) {
    if (table->entry[index] & PTE_P)
        return; /* made through another space; only the link from this one was missing */
    while (walk->next)
        build_step(walk, &table->header, index, PAGE_SHIFT);
    struct page *page = (struct page *)walk->object;
    depend_add(&page->header, &table->header, (long)index, 0);
    table->entry[index] = page_entry(page, walk->restr);
    kernel_info.entries_built++;
}

void map_build(struct process *process, unsigned long address) {
    table_reserve(BUILD_TABLES);
    depend_reserve(BUILD_DEPENDS);
    struct walk walk;
    walk_begin(&walk, &process->header, &process->space, address);
    struct object *holder = &process->header;
    unsigned long *entry = &process->cr3;
    unsigned index = 0;
    for (unsigned level = TABLE_LEVEL_PROCESS; level > 1; level--) {
        struct table *lower;
        if (*entry) {
            lower = table_of_frame(*entry & PTE_ADDRESS);
            unsigned long offset = lower->offset + (address & mask_low(table_entry_bits(level)));
            walk_enter(&walk, &lower->from, offset);
        } else {
            lower = build_lower(&walk, holder, index, level);
            *entry = physical(lower->entry) | (level < TABLE_LEVEL_PROCESS ? PTE_P | PTE_W | PTE_U | PTE_A : 0ul);
            table_tlb_stale |= level == TABLE_LEVEL_PROCESS; /* cr3 is to be loaded */
        }
        holder = &lower->header;
        index = table_index(level - 1, address);
        entry = &lower->entry[index];
    }
    build_page(&walk, (struct table *)holder, index);
}

enum fault map_fault(struct process *process, unsigned long address, enum access access, struct walk *walk) {
    enum fault fault = walk_process(walk, process, address, access, NULL);
    if (fault == FAULT_NONE)
        map_build(process, address);
    return fault;
}

void map_forget_space(struct process *process) {
    table_free_products(&process->header);
    table_entry_clear(&process->header, 0);
    depend_forget(&process->header);
}
