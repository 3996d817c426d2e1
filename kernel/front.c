/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "front.h"
#include "access.h"
#include "debug.h"
#include "table.h"

static struct front *fronts;
static struct page **owner;
static struct front_handler *handler;
static unsigned long front_count, next;

void front_init(struct front *table, struct page **owners, struct front_handler *handlers, unsigned long count) {
    fronts = table;
    handler = handlers;
    owner = owners;
    front_count = count;
    for (unsigned long i = 0; i < count; i++) {
        table[i] = (struct front){.base = front_address((int)i), .size = PAGE_SIZE, .state = FRONT_FREE};
        handlers[i].service = -1;
    }
}

struct page *front_page(unsigned long address) {
    unsigned long index = (address - APERTURE_BASE) >> FRONT_SHIFT;
    kassert(address >= APERTURE_BASE && index < front_count && fronts[index].state == FRONT_LIVE, address);
    return owner[index];
}

struct front *front_entry(int index) {
    return &fronts[index];
}

/* Ranges are used in turn, so that one just freed rests as long as possible. */
int front_take(unsigned flags, unsigned long object) {
    for (unsigned long i = 0; i < front_count; i++) {
        unsigned long index = (next + i) % front_count;
        struct front *front = &fronts[index];
        if (front->state != FRONT_FREE)
            continue;
        next = index + 1;
        front->flags = (unsigned char)flags;
        front->object = object;
        front->state = FRONT_LIVE;
        return (int)index;
    }
    return -1;
}

bool front_available(void) {
    for (unsigned long i = 0; i < front_count; i++)
        if (fronts[i].state == FRONT_FREE)
            return true;
    return false;
}

bool front_of_program(const struct page *page) {
    return page->front >= 0 && fronts[page->front].flags & FRONT_PROGRAM;
}

bool front_by_program(unsigned long index) {
    return index < front_count && fronts[index].flags & FRONT_PROGRAM;
}

enum debug_status front_install(struct page *page, unsigned flags, int *index) {
    *index = page->front;
    if (page->front >= 0)
        return DEBUG_ALREADY;
    *index = front_take(flags, page->header.id);
    if (*index < 0)
        return DEBUG_TABLE_FULL;
    depend_invalidate(&page->header);
    fronts[*index].root = page->frame | PTE_P | PTE_W | PTE_U | PTE_A | PTE_D;
    owner[*index] = page;
    page->front = *index;
    return DEBUG_OK;
}

static struct front *front_live(unsigned long index) {
    return index < front_count && fronts[index].state == FRONT_LIVE ? &fronts[index] : NULL;
}

struct front_handler *front_handler_at(int front) {
    return &handler[front];
}

struct page *front_page_at(unsigned long index) {
    return front_live(index) ? owner[index] : NULL;
}

bool front_wears(int front, unsigned long object) {
    return front_live((unsigned long)front) && fronts[front].object == object;
}

struct process *front_holder(int front) {
    return handler[front].holder;
}

void front_hold(int front, unsigned long object, unsigned long ticket, struct process *holder) {
    if (!front_wears(front, object))
        return;
    fronts[front].held = ticket;
    handler[front].holder = holder;
}

enum debug_status front_set_flags(unsigned long index, unsigned flags) {
    struct front *front = front_live(index);
    if (!front)
        return DEBUG_NO_OBJECT;
    unsigned kept = front->flags & (FRONT_PROGRAM | FRONT_MESSAGE | FRONT_FETCHES);
    front->flags = (unsigned char)(flags | kept | (kept & FRONT_MESSAGE ? FRONT_CAREFUL : 0u));
    table_tlb_stale = true; /* a careful page must not stay in the TLB */
    return DEBUG_OK;
}

enum debug_status front_remove(unsigned long index) {
    struct front *front = front_live(index);
    if (!front)
        return DEBUG_NO_OBJECT;
    if (owner[index])
        depend_invalidate(&owner[index]->header);
    else
        front_part_remove((int)index);
    table_tlb_stale = true;
    if (front->flags & FRONT_MESSAGE || !owner[index]) /* of a part, who serves may be further in */
        front_services_end((int)index, true);
    if (owner[index])
        owner[index]->front = -1;
    owner[index] = NULL;
    handler[index] = (struct front_handler){.service = -1};
    *front = (struct front){.base = front->base, .size = PAGE_SIZE, .state = FRONT_FREE};
    return DEBUG_OK;
}

void front_lose(int index) {
    bool of_host = !front_by_program((unsigned long)index);
    front_remove((unsigned long)index);
    if (of_host)
        debug_front_gone(index);
}

bool front_worn(const struct page *page) {
    const struct front *front = front_live((unsigned long)page->front);
    return front && owner[page->front] == page && front->object == page->header.id &&
           (front->root & PTE_ADDRESS) == page->frame;
}
