/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * kernel_check: do depend entries, page tables and fronts say the same as the traversal? Debug builds ask after every
 * system call that could have changed the answer; release builds never.
 */
#include "check.h"
#include "front.h"
#include "table.h"

static unsigned long checked_removed = ~0ul, checked_built = ~0ul;

/* Something was passed on the way from a table's producer: an entry that covers it must be recorded. */
static void check_depend(const struct walk *walk, struct object *holder, unsigned index, unsigned bits) {
    if (walk->object->type != CAP_GPT)
        return; /* a process's space: changing it frees what the process produces */
    long base = walk->windowed ? (long)index : (long)index - (long)(walk->offset >> bits);
    unsigned shift = walk->windowed ? 0 : ((struct gpt *)walk->object)->l2v - bits;
    unsigned slot = walk->windowed ? walk->slot : DEPEND_ANY;
    kassert(depend_exists(walk->object, holder, base, shift, slot), walk->object->id, index, bits, slot);
}

static void check_lower(struct walk *walk, struct table *lower, struct object *holder, unsigned index, unsigned bits) {
    while (walk->object != lower->from.object || walk->depth != lower->from.depth) {
        check_depend(walk, holder, index, bits);
        enum fault fault = walk_step(walk);
        kassert(fault == FAULT_NONE && walk->next, fault, index, bits);
    }
    kassert((walk->offset & ~mask_low(bits)) == lower->offset && (walk->restr & WALK_RESTRICTIONS) == lower->from.restr,
            walk->offset, lower->offset, walk->restr, lower->from.restr);
    kassert(walk->background == lower->from.background && !walk->windowed, index, bits);
    kassert(depend_exists(&lower->header, holder, (long)index, 0, DEPEND_ANY), index, bits);
}

static void check_page(struct walk *walk, struct table *table, unsigned index) {
    unsigned long entry = table->entry[index], target = entry & PTE_ADDRESS;
    while (walk->next) {
        check_depend(walk, &table->header, index, PAGE_SHIFT);
        enum fault fault = walk_step(walk);
        kassert(fault == FAULT_NONE, fault, index);
    }
    struct page *page = (struct page *)walk->object;
    kassert(target == (page->front >= 0 ? front_address(page->front) : page->frame), target, page->frame);
    kassert(!(walk->restr & CAP_RO) == !!(entry & PTE_W) && !(walk->restr & CAP_NX) == !(entry & PTE_NX), entry,
            walk->restr);
    kassert(depend_exists(&page->header, &table->header, (long)index, 0, DEPEND_ANY), page->header.id, index);
}

static void check_table(struct table *table) {
    unsigned bits = table_entry_bits(table->level);
    unsigned limit = table->level == TABLE_LEVEL_TOP ? TABLE_ENTRIES / 2 : TABLE_ENTRIES;
    for (unsigned i = 0; i < limit; i++) {
        if (!(table->entry[i] & PTE_P))
            continue;
        struct walk walk;
        unsigned long offset = table->offset + ((unsigned long)i << bits);
        enum fault fault = walk_enter(&walk, &table->from, offset);
        kassert(fault == FAULT_NONE, fault, i, table->level);
        if (table->level == 1)
            check_page(&walk, table, i);
        else
            check_lower(&walk, table_of_frame(table->entry[i] & PTE_ADDRESS), &table->header, i, bits);
    }
}

static void check_process(struct process *process) {
    if (process->header.type != CAP_PROCESS || !process->cr3)
        return;
    struct walk walk;
    walk_begin(&walk, &process->header, &process->space, 0);
    struct table *top = table_of_frame(process->cr3);
    /* Which way leads to the producer may depend on nothing below bit 48, so any address will do. */
    if (top->from.object != &process->header)
        check_lower(&walk, top, &process->header, 0, table_entry_bits(TABLE_LEVEL_PROCESS));
}

void kernel_check(void) {
    if (checked_removed == kernel_info.entries_removed && checked_built == kernel_info.entries_built)
        return;
    checked_removed = kernel_info.entries_removed;
    checked_built = kernel_info.entries_built;
    table_each(check_table);
    for (unsigned long i = 0; i < kernel_info.process_count; i++)
        check_process(&kernel_info.processes[i]);
}
