/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * kernel_check, and its main part: do page tables and depend entries say the same as the traversal? That is asked only
 * if some entry has come or gone since.
 */
#include "check.h"
#include "front.h"
#include "paging.h"
#include "table.h"

static unsigned long checked_removed = ~0ul, checked_built = ~0ul;

void check_failed(const char *name, const unsigned long *values) {
    panic("kernel_check: %s: %x %x %x", name, values[0], values[1], values[2]);
}

/* Something was passed on the way from a table's producer: an entry that covers it must be recorded. */
static void check_passed(const struct walk *walk, struct object *holder, unsigned index, unsigned bits) {
    if (walk->object->type != CAP_GPT)
        return; /* a process's space: changing it frees what the process produces */
    long base = walk->windowed ? (long)index : (long)index - (long)(walk->offset >> bits);
    unsigned shift = walk->windowed ? 0 : ((struct gpt *)walk->object)->l2v - bits;
    unsigned slot = walk->windowed ? walk->slot : DEPEND_ANY;
    check_that("depend entry missing", depend_exists(walk->object, holder, base, shift, slot), walk->object->id, index,
               bits);
}

static void check_target(struct object *target, struct object *holder, unsigned index) {
    check_that("depend entry of a target missing", depend_exists(target, holder, (long)index, 0, DEPEND_ANY),
               (unsigned long)target, (unsigned long)holder, index);
}

/* A step of those that an entry was made by. If it ends beyond a GPT's last slot, or its table was entered there, that
 * GPT's size counts, too. */
static enum fault check_step(struct walk *walk, struct object *holder, unsigned index, unsigned bits) {
    const struct object *from = walk->next ? walk->object : NULL;
    enum fault fault = FAULT_INVALID_ADDRESS;
    if (from) {
        check_passed(walk, holder, index, bits);
        fault = walk_step(walk);
    }
    if (fault != FAULT_NONE && walk->object != from && walk->object->type == CAP_GPT)
        check_that("depend entry missing", depend_exists(walk->object, holder, (long)index, 0, DEPEND_BEHIND),
                   walk->object->id, index);
    return fault;
}

static void check_lower(struct walk *walk, struct table *lower, struct object *holder, unsigned index, unsigned bits) {
    const struct walk_state *from = &lower->from;
    while (walk->object != from->object || walk->depth != from->depth) {
        check_passed(walk, holder, index, bits);
        enum fault fault = walk_step(walk);
        check_that("entry path", fault == FAULT_NONE && walk->next, fault, index, bits);
    }
    check_that("table key",
               (walk->offset & ~mask_low(bits)) == lower->offset && (walk->restr & WALK_RESTRICTIONS) == from->restr,
               walk->offset, lower->offset, from->restr);
    struct walk_state state = walk_state(walk);
    check_that("table front",
               state.front == from->front && state.front_delta == from->front_delta && state.inside == from->inside,
               (unsigned long)from->front, from->front_delta);
    check_that("table background", walk->background == from->background && !walk->windowed, index, bits);
    check_target(&lower->header, holder, index);
}

static void check_upper_entry(struct walk *walk, struct table *table, unsigned index) {
    unsigned long entry = table->entry[index];
    struct table *lower = table_of_frame(entry & PTE_ADDRESS);
    check_that("upper entry",
               (entry & ~PTE_ADDRESS) == (PTE_P | PTE_W | PTE_U | PTE_A) && lower->level == table->level - 1 &&
                   lower->header.type == TABLE_TYPE,
               entry, table->level, index);
    check_lower(walk, lower, &table->header, index, table_entry_bits(table->level));
}

/* Follows what an entry of the lowest level was made by. */
static enum fault check_rest(struct walk *walk, struct table *table, unsigned index) {
    enum fault fault;
    do
        fault = check_step(walk, &table->header, index, PAGE_SHIFT);
    while (walk->next && fault == FAULT_NONE);
    return fault;
}

static void check_page_entry(struct walk *walk, struct table *table, unsigned index) {
    unsigned long entry = table->entry[index], target = entry & PTE_ADDRESS;
    enum fault fault = check_rest(walk, table, index);
    bool behind = walk->front >= 0 && front_gpt(walk->front);
    walk->hole = fault == FAULT_INVALID_ADDRESS;
    if (entry == PTE_HOLE) {
        check_that("hole", walk->hole && walk->front < 0, fault, index);
        return;
    }
    check_that("entry path", fault == FAULT_NONE || (walk->hole && behind), fault, index);
    check_that("entry target", target == walk_target(walk), target, walk_target(walk));
    unsigned long rights = (walk->restr & CAP_RO ? 0 : PTE_W) | (walk->restr & CAP_NX || walk->hole ? PTE_NX : 0);
    check_that("entry rights", (entry & ~PTE_ADDRESS) == (rights | PTE_P | PTE_U | PTE_A | PTE_D), entry, walk->restr);
    if (behind && !walk->hole)
        check_that("depend entry of a target missing",
                   depend_exists(walk->object, &table->header, (long)index, 0, DEPEND_BEHIND), target, index);
    else if (!behind)
        check_target(walk->object, &table->header, index);
}

/* An upper entry that says so: one slot, which holds nothing, has all of its addresses. */
static void check_upper_hole(struct walk *walk, struct table *table, unsigned index) {
    unsigned bits = table_entry_bits(table->level);
    enum fault fault;
    do {
        check_that("hole", walk->windowed || walk->object->type != CAP_GPT || ((struct gpt *)walk->object)->l2v >= bits,
                   index, bits);
        fault = check_step(walk, &table->header, index, bits);
    } while (walk->next && fault == FAULT_NONE);
    check_that("hole", fault == FAULT_INVALID_ADDRESS && walk->front < 0, fault, index);
}

static void check_table(struct table *table) {
    unsigned bits = table_entry_bits(table->level);
    unsigned limit = table->level == TABLE_LEVEL_TOP ? TABLE_ENTRIES / 2 : TABLE_ENTRIES;
    check_that("kernel half", limit == TABLE_ENTRIES || paging_shared(table->entry), (unsigned long)table);
    for (unsigned i = 0; i < limit; i++) {
        if (!table->entry[i])
            continue;
        struct walk walk;
        enum fault fault = walk_enter(&walk, &table->from, table->offset + ((unsigned long)i << bits));
        check_that("entry path", fault == FAULT_NONE || fault == FAULT_INVALID_ADDRESS, fault, i, table->level);
        if (table->level == 1)
            check_page_entry(&walk, table, i);
        else if (table->entry[i] == PTE_HOLE)
            check_upper_hole(&walk, table, i);
        else
            check_upper_entry(&walk, table, i);
    }
}

static void check_process(struct process *process) {
    if (process->header.type != CAP_PROCESS || !process->cr3)
        return;
    struct walk walk;
    walk_begin(&walk, &process->header, &process->space, 0);
    struct table *top = table_of_frame(process->cr3);
    check_that("process table", top->header.type == TABLE_TYPE && top->level == TABLE_LEVEL_TOP, process->header.id);
    /* Which way leads to the producer may depend on nothing below bit 48, so any address will do. */
    if (top->from.object != &process->header)
        check_lower(&walk, top, &process->header, 0, table_entry_bits(TABLE_LEVEL_PROCESS));
}

void kernel_check_all(void) {
    checked_removed = ~0ul;
}

void kernel_check(void) {
    check_objects(checked_removed == ~0ul);
    if (checked_removed == kernel_info.entries_removed && checked_built == kernel_info.entries_built)
        return;
    checked_removed = kernel_info.entries_removed;
    checked_built = kernel_info.entries_built;
    table_each(check_table);
    struct object_storage storage;
    object_storage(CAP_PROCESS, &storage);
    for (unsigned long i = 0; i < storage.used; i++)
        check_process(&kernel_info.processes[i]);
    object_storage(CAP_GPT, &storage);
    for (unsigned long i = 0; i < storage.used; i++) {
        struct gpt *gpt = &kernel_info.gpts[i];
        check_that("front root", gpt->header.type != CAP_GPT || front_roots_right(gpt), gpt->header.id);
    }
    check_depends();
}
