/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Part of kernel_check: depend entries, the lists they are in, and the tables that GPTs and processes produce.
 */
#include "check.h"
#include "table.h"

static unsigned long keyed, held, produced; /* how many were found in lists */

static unsigned holder_bits(const struct object *holder) {
    unsigned level = TABLE_LEVEL_PROCESS;
    if (holder->type == TABLE_TYPE)
        level = ((const struct table *)holder)->level;
    return table_entry_bits(level);
}

static void check_key(struct object *key) {
    struct depend *const *link = &key->depends;
    for (const struct depend *entry = key->depends; entry; entry = entry->next_of_key) {
        check_that("depend key", entry->key == key, (unsigned long)key, (unsigned long)entry);
        check_that("depend link", entry->link_of_key == link, (unsigned long)key, (unsigned long)entry);
        link = &entry->next_of_key;
        keyed++;
        if (key->type == CAP_GPT && entry->slot == DEPEND_ANY)
            check_that("depend shift", entry->shift + holder_bits(entry->holder) == ((struct gpt *)key)->l2v, key->id,
                       entry->shift);
    }
}

/* A page or table is depended on by exactly the entries that lead to it. */
static void check_target(const struct object *holder, const struct depend *entry) {
    unsigned long base = (unsigned long)entry->base;
    bool present = base == 0 && ((const struct process *)holder)->cr3;
    if (holder->type == TABLE_TYPE)
        present = base < TABLE_ENTRIES && ((const struct table *)holder)->entry[base] & PTE_P;
    check_that("depend entry without entry", present, (unsigned long)holder, base);
}

static void check_held(const struct object *holder, struct depend *const *list) {
    struct depend *const *link = list;
    for (const struct depend *entry = *list; entry; entry = entry->next_of_holder) {
        check_that("depend holder", entry->holder == holder, (unsigned long)holder, (unsigned long)entry);
        check_that("depend link", entry->link_of_holder == link, (unsigned long)holder, (unsigned long)entry);
        link = &entry->next_of_holder;
        held++;
        if (entry->key->type != CAP_GPT && entry->slot != DEPEND_BEHIND)
            check_target(holder, entry);
    }
}

static void check_products(const struct object *producer, const struct table *table) {
    for (; table; table = table->next_product) {
        check_that("table count", table->header.type == TABLE_TYPE && table->from.object == producer, producer->id);
        produced++;
    }
}

static void check_table_lists(struct table *table) {
    const struct gpt *background = table->from.background, *producer = (struct gpt *)table->from.object;
    check_key(&table->header);
    check_held(&table->header, &table->held);
    check_that("table background", !background || (background->header.type == CAP_GPT && background->has_background),
               (unsigned long)table, (unsigned long)background);
    check_that("table background",
               producer->header.type != CAP_GPT || !producer->has_background || background == producer,
               (unsigned long)table, (unsigned long)background);
}

/* Pages that were never used have no depend entries; those of the boot modules lie behind the pool. */
static void check_pages(void) {
    struct object_storage storage;
    object_storage(CAP_PAGE, &storage);
    for (unsigned long i = 0; i < kernel_info.page_count; i++)
        if (i < storage.used || i >= storage.pool)
            check_key(&kernel_info.pages[i].header);
}

void check_depends(void) {
    keyed = held = produced = 0;
    table_each(check_table_lists);
    check_pages();
    struct object_storage storage;
    object_storage(CAP_GPT, &storage);
    for (unsigned long i = 0; i < storage.used; i++) {
        struct gpt *gpt = &kernel_info.gpts[i];
        if (gpt->header.type == CAP_GPT) {
            check_key(&gpt->header);
            check_products(&gpt->header, gpt->products);
        }
    }
    object_storage(CAP_PROCESS, &storage);
    for (unsigned long i = 0; i < storage.used; i++) {
        struct process *process = &kernel_info.processes[i];
        if (process->header.type == CAP_PROCESS) {
            check_held(&process->header, &process->held);
            check_products(&process->header, process->products);
        }
    }
    check_that("depend count", keyed == kernel_info.depend_live && held == keyed, keyed, held, kernel_info.depend_live);
    check_that("table count", produced == kernel_info.tables_live, produced, kernel_info.tables_live);
}
