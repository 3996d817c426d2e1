/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fronts of parts of GPTs. Parts of one GPT do not overlap. An address of the front's range is the offset in the GPT,
 * without what lies above 64 GiB; its root is a table that the GPT produces, of the level that just covers the part.
 */
#include "front.h"
#include "table.h"

static struct front_part *parts;

void front_parts_init(struct front_part *storage) {
    parts = storage;
}

struct gpt *front_gpt(int index) {
    return parts[index].gpt;
}

int front_next(int index) {
    return parts[index].next;
}

int front_at(const struct gpt *gpt, unsigned long offset) {
    int index = gpt->front;
    while (index >= 0 && (offset < parts[index].start || offset > parts[index].last))
        index = parts[index].next;
    return index;
}

bool front_uniform(const struct gpt *gpt, unsigned long offset, unsigned bits) {
    unsigned long first = offset & ~mask_low(bits), last = offset | mask_low(bits);
    for (int index = gpt->front; index >= 0; index = parts[index].next) {
        bool apart = last < parts[index].start || first > parts[index].last;
        if (!apart && (first < parts[index].start || last > parts[index].last))
            return false;
    }
    return true;
}

/* Everything that was made by way of the GPT. */
static void forget(struct gpt *gpt) {
    depend_invalidate(&gpt->header);
    table_free_products(&gpt->header);
}

static unsigned char level_of(const struct front_part *part) {
    unsigned level = 1;
    while ((part->start ^ part->last) >> table_entry_bits(level + 1))
        level++;
    return (unsigned char)level;
}

/* DEBUG_OK, or why the part cannot get a front of its own. */
static enum debug_status part_check(const struct gpt *gpt, const struct front_part *part, int *index) {
    unsigned long size = part->last - part->start + 1;
    *index = -1;
    if (!size || (part->start | size) % PAGE_SIZE || (part->start ^ part->last) >> FRONT_SHIFT ||
        part->last >> gpt->l2v >= GPT_SLOTS || part->last < part->start)
        return DEBUG_NOT_MEMORY;
    for (*index = gpt->front; *index >= 0; *index = parts[*index].next) {
        const struct front_part *other = &parts[*index];
        if (other->start == part->start && other->last == part->last)
            return DEBUG_ALREADY;
        if (part->start <= other->last && part->last >= other->start)
            return DEBUG_OVERLAP;
    }
    return DEBUG_OK;
}

bool front_part_free(const struct gpt *gpt, unsigned long start, unsigned long size) {
    struct front_part part = {.start = start, .last = start + size - 1};
    int index;
    return part_check(gpt, &part, &index) == DEBUG_OK;
}

enum debug_status front_part_install(struct gpt *gpt, unsigned long start, unsigned long size, unsigned flags,
                                     int *index) {
    struct front_part part = {gpt, start, start + size - 1, gpt->front};
    enum debug_status status = part_check(gpt, &part, index);
    if (status != DEBUG_OK)
        return status;
    *index = front_take(flags, gpt->header.id);
    if (*index < 0)
        return DEBUG_TABLE_FULL;
    forget(gpt);
    parts[*index] = part;
    gpt->front = *index;
    struct front *front = front_entry(*index);
    front->size = (part.last & mask_low(FRONT_SHIFT)) + 1;
    front->levels = level_of(&part);
    return DEBUG_OK;
}

void front_part_remove(int index) {
    struct gpt *gpt = parts[index].gpt;
    int *link = &gpt->front;
    forget(gpt);
    table_free_fronted(index);
    while (*link != index)
        link = &parts[*link].next;
    *link = parts[index].next;
    parts[index].gpt = NULL;
}

void front_parts_lose(struct gpt *gpt, unsigned long end) {
    for (int index = gpt->front, next; index >= 0; index = next) {
        next = parts[index].next;
        if (parts[index].last >= end)
            front_lose(index);
    }
}

unsigned long front_part_offset(int index, unsigned long offset) {
    return (parts[index].start & ~mask_low(FRONT_SHIFT)) | offset;
}

unsigned long front_object_offset(int index, unsigned long offset) {
    return parts[index].gpt ? front_part_offset(index, offset) : offset;
}

static unsigned long root_of(int index, const unsigned long *entry) {
    unsigned level = front_entry(index)->levels; /* above the second the range may begin in the middle of the table */
    return physical(entry) + (level > 2 ? table_index(level, front_part_offset(index, 0)) * sizeof *entry : 0);
}

void front_set_root(int index, const unsigned long *entry) {
    front_entry(index)->root = root_of(index, entry);
}

void front_forget_root(const struct gpt *gpt, const unsigned long *entry) {
    for (int index = gpt->front; index >= 0; index = parts[index].next)
        if ((front_entry(index)->root & PTE_ADDRESS) == physical(entry))
            front_entry(index)->root = 0;
}

bool front_parts_worn(const struct gpt *gpt) {
    for (int index = gpt->front; index >= 0; index = parts[index].next) {
        const struct front *front = front_entry(index);
        const struct front_part *part = &parts[index];
        if (part->gpt != gpt || front->state != FRONT_LIVE || front->object != gpt->header.id ||
            front->levels != level_of(part) || part->last >> gpt->l2v >= GPT_SLOTS ||
            front->size != (part->last & mask_low(FRONT_SHIFT)) + 1)
            return false;
    }
    return true;
}

bool front_roots_right(struct gpt *gpt) {
    struct walk_state from = walk_state_of(gpt);
    for (int index = gpt->front; index >= 0; index = parts[index].next) {
        const struct front *front = front_entry(index);
        const struct table *table = front->root ? table_of_frame(front->root & PTE_ADDRESS) : NULL;
        if (table && (table->header.type != TABLE_TYPE || !walk_state_same(&table->from, &from) ||
                      table->level != front->levels || front->root != root_of(index, table->entry) ||
                      table->offset != (parts[index].start & ~mask_low(table_entry_bits(table->level + 1)))))
            return false;
    }
    return true;
}
