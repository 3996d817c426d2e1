/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "table.h"
#include "front.h"
#include "paging.h"

static struct table *pool, *free_tables;
static unsigned long pool_count, pool_frame, free_count, hand;
bool table_tlb_stale HOT;

void table_init(struct table *tables, unsigned long count, unsigned long first_frame) {
    pool = tables;
    pool_count = free_count = count;
    pool_frame = first_frame;
    for (unsigned long i = 0; i < count; i++) {
        tables[i] = (struct table){.header = {.type = CAP_NULL}, .next_product = free_tables};
        tables[i].entry = direct(first_frame + i * PAGE_SIZE);
        free_tables = &tables[i];
    }
}

struct table *table_of_frame(unsigned long frame) {
    unsigned long index = (frame - pool_frame) / PAGE_SIZE;
    kassert(frame >= pool_frame && index < pool_count, frame);
    return &pool[index];
}

static struct table **products_of(struct object *producer) {
    return producer->type == CAP_GPT ? &((struct gpt *)producer)->products : &((struct process *)producer)->products;
}

struct table *table_find(const struct walk_state *from, unsigned level, unsigned long offset) {
    for (struct table *table = *products_of(from->object); table; table = table->next_product)
        if (table->offset == offset && table->level == level && walk_state_same(&table->from, from))
            return table;
    return NULL;
}

struct table *table_make(const struct walk_state *from, unsigned level, unsigned long offset) {
    struct table *table = free_tables;
    kassert(table, free_count);
    free_tables = table->next_product;
    free_count--;
    unsigned long *entry = table->entry;
    struct table **list = products_of(from->object);
    *table = (struct table){.header = {.type = TABLE_TYPE},
                            .from = *from,
                            .offset = offset,
                            .level = level,
                            .entry = entry,
                            .next_product = *list};
    *list = table;
    memset(entry, 0, PAGE_SIZE);
    if (level == TABLE_LEVEL_TOP)
        paging_share_kernel(entry);
    kernel_info.tables_built++;
    kernel_info.tables_live++;
    return table;
}

/* What an entry leads to and is recorded with. NULL: a hole, or the page cannot be told. */
static struct object *entry_key(const struct table *table, unsigned long entry) {
    unsigned long target = entry & PTE_ADDRESS;
    if (!(entry & PTE_P))
        return NULL;
    if (table->level > 1)
        return &table_of_frame(target)->header;
    struct page *page = target >= APERTURE_BASE ? front_page(target) : page_of_frame(target);
    return page ? &page->header : NULL;
}

static void process_entry_clear(struct process *process) {
    if (!process->cr3)
        return;
    depend_remove(&table_of_frame(process->cr3)->header, &process->header, 0);
    process->cr3 = 0;
    table_tlb_stale = true;
}

void table_entry_clear(struct object *holder, unsigned index) {
    if (holder->type != TABLE_TYPE) {
        process_entry_clear((struct process *)holder);
        return;
    }
    struct table *table = (struct table *)holder;
    unsigned long entry = table->entry[index];
    if (!entry || (table->level == TABLE_LEVEL_TOP && index >= TABLE_ENTRIES / 2))
        return;
    struct object *key = entry_key(table, entry);
    if (key)
        depend_remove(key, holder, (long)index);
    table->entry[index] = 0;
    table_tlb_stale = true;
    kernel_info.entries_removed++;
}

void table_free(struct table *table) {
    depend_invalidate(&table->header); /* the links from above */
    for (unsigned i = 0; i < TABLE_ENTRIES; i++)
        table_entry_clear(&table->header, i);
    depend_forget(&table->header);
    paging_leave(physical(table->entry));
    if (table->from.object->type == CAP_GPT)
        front_forget_root((struct gpt *)table->from.object, table->entry);
    struct table **link = products_of(table->from.object);
    while (*link != table)
        link = &(*link)->next_product;
    *link = table->next_product;
    table->header.type = CAP_NULL;
    table->from.object = NULL;
    table->next_product = free_tables;
    free_tables = table;
    free_count++;
    kernel_info.tables_live--;
}

void table_free_products(struct object *producer) {
    struct table **list = products_of(producer);
    while (*list)
        table_free(*list);
}

void table_free_fronted(int front) {
    for (unsigned long i = 0; i < pool_count; i++)
        if (pool[i].from.object && pool[i].from.front == front)
            table_free(&pool[i]);
}

void table_free_backgrounds(const struct gpt *background) {
    for (unsigned long i = 0; i < pool_count; i++)
        if (pool[i].from.object && pool[i].from.background == background)
            table_free(&pool[i]);
}

void table_reserve(unsigned count) {
    while (free_count < count) {
        struct table *victim = &pool[hand++ % pool_count];
        if (victim->from.object)
            table_free(victim);
    }
}

void table_each(void (*function)(struct table *table)) {
    for (unsigned long i = 0; i < pool_count; i++)
        if (pool[i].from.object)
            function(&pool[i]);
}

unsigned long table_lookup(unsigned long top, unsigned long address) {
    unsigned long frame = top;
    for (unsigned level = TABLE_LEVEL_TOP;; level--) {
        unsigned long *table = direct(frame & PTE_ADDRESS);
        unsigned long entry = table[table_index(level, address)];
        if (!(entry & PTE_P) || level == 1)
            return entry;
        frame = entry;
    }
}
