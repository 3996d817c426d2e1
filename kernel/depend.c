/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A bounded pool of depend entries (see table.h), each in two lists: its key's and its holder's. When the pool runs
 * short, the oldest go in turn, and with each the mappings it speaks of: forgetting a dependency would be the one
 * unforgivable mistake.
 */
#include "table.h"

static struct depend *pool, *free_entries;
static unsigned long pool_count, free_count, hand;

void depend_init(struct depend *entries, unsigned long count) {
    pool = entries;
    pool_count = count;
    for (unsigned long i = 0; i < count; i++) {
        entries[i] = (struct depend){.next_of_key = free_entries};
        free_entries = &entries[i];
    }
    free_count = count;
}

static struct depend **holder_list(struct object *holder) {
    return holder->type == TABLE_TYPE ? &((struct table *)holder)->held : &((struct process *)holder)->held;
}

static void list_insert(struct depend **list, struct depend *entry) {
    entry->next_of_key = *list;
    entry->link_of_key = list;
    if (*list)
        (*list)->link_of_key = &entry->next_of_key;
    *list = entry;
}

static void depend_free(struct depend *entry) {
    *entry->link_of_key = entry->next_of_key;
    if (entry->next_of_key)
        entry->next_of_key->link_of_key = entry->link_of_key;
    *entry->link_of_holder = entry->next_of_holder;
    if (entry->next_of_holder)
        entry->next_of_holder->link_of_holder = entry->link_of_holder;
    *entry = (struct depend){.next_of_key = free_entries};
    free_entries = entry;
    free_count++;
    kernel_info.depend_live--;
}

static struct depend *depend_find(struct object *key, struct object *holder, long base, unsigned shift, unsigned slot) {
    for (struct depend *entry = key->depends; entry; entry = entry->next_of_key)
        if (entry->holder == holder && entry->base == base && entry->shift == shift && entry->slot == slot)
            return entry;
    return NULL;
}

bool depend_exists(struct object *key, struct object *holder, long base, unsigned shift, unsigned slot) {
    return depend_find(key, holder, base, shift, slot) != NULL;
}

static void depend_make(struct object *key, struct object *holder, long base, unsigned shift, unsigned slot) {
    if ((key->type == CAP_GPT || slot == DEPEND_BEHIND) && depend_find(key, holder, base, shift, slot))
        return;
    struct depend *entry = free_entries;
    kassert(entry, free_count);
    free_entries = entry->next_of_key;
    free_count--;
    kernel_info.depend_live++;
    *entry = (struct depend){
        .key = key, .holder = holder, .base = base, .shift = (unsigned char)shift, .slot = (unsigned char)slot};
    list_insert(&key->depends, entry);
    struct depend **list = holder_list(holder);
    entry->next_of_holder = *list;
    entry->link_of_holder = list;
    if (*list)
        (*list)->link_of_holder = &entry->next_of_holder;
    *list = entry;
}

void depend_add(struct object *key, struct object *holder, long base, unsigned shift) {
    depend_make(key, holder, base, shift, DEPEND_ANY);
}

void depend_add_window(struct object *key, struct object *holder, long index, unsigned slot) {
    depend_make(key, holder, index, 0, slot);
}

void depend_remove(struct object *key, struct object *holder, long base) {
    struct depend *entry = depend_find(key, holder, base, 0, DEPEND_ANY);
    kassert(entry, (unsigned long)key, (unsigned long)holder, (unsigned long)base);
    depend_free(entry);
}

/* Clears the entries [first, first + count) of a holder, as far as they exist. */
static void holder_clear(struct object *holder, long first, long count) {
    long limit = holder->type == TABLE_TYPE ? TABLE_ENTRIES : 1;
    long end = first + count < limit ? first + count : limit;
    for (long i = first < 0 ? 0 : first; i < end; i++)
        table_entry_clear(holder, (unsigned)i);
}

void depend_invalidate_slot(struct object *key, unsigned slot) {
    /* Clearing removes entries of other keys (pages, lower tables) only, so the list stays as it is. */
    for (struct depend *entry = key->depends; entry; entry = entry->next_of_key)
        if (entry->slot == slot)
            holder_clear(entry->holder, entry->base, 1);
        else if (entry->slot == DEPEND_ANY && slot < GPT_SLOTS)
            holder_clear(entry->holder, entry->base + ((long)slot << entry->shift), 1l << entry->shift);
}

/* Removes the mappings an entry speaks of, and the entry. */
static void depend_evict(struct depend *entry) {
    if (entry->key->type == CAP_GPT || entry->slot == DEPEND_BEHIND) {
        holder_clear(entry->holder, entry->base, entry->slot == DEPEND_ANY ? (long)GPT_SLOTS << entry->shift : 1);
        depend_free(entry);
    } else {
        table_entry_clear(entry->holder, (unsigned)entry->base); /* removes the entry too */
    }
}

void depend_invalidate(struct object *key) {
    while (key->depends)
        depend_evict(key->depends);
}

void depend_reserve(unsigned count) {
    while (free_count < count) {
        struct depend *victim = &pool[hand++ % pool_count];
        if (victim->key) {
            kernel_info.depend_evictions++;
            depend_evict(victim);
        }
    }
}

void depend_forget(struct object *holder) {
    struct depend **list = holder_list(holder);
    while (*list)
        depend_free(*list);
}
