/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which processes are asked about a front's range, and which fronts an address of it leads through.
 */
#include "access.h"
#include "front.h"
#include "table.h"

static struct front_service *services;
static int free_service;
static unsigned long live, last_number;

void front_services_init(struct front_service *storage, unsigned long count) {
    services = storage;
    free_service = -1;
    for (unsigned long i = count; i-- > 0; free_service = (int)i)
        services[i].next = free_service;
}

static struct front_service *service_at(int index) {
    return index >= 0 ? &services[index] : NULL;
}

struct front_service *front_service_first(int front) {
    return service_at(front_handler_at(front)->service);
}

struct front_service *front_service_next(const struct front_service *service) {
    return service_at(service->next);
}

struct front_service *front_service_find(int front, unsigned long number) {
    struct front_service *service = front_service_first(front);
    while (service && service->number != number)
        service = front_service_next(service);
    return service;
}

bool front_service_left(void) {
    return free_service >= 0;
}

unsigned long front_services_live(void) {
    return live;
}

/* What the machine is to know of them. */
struct front_sum {
    unsigned long low, high;
    unsigned flags;
};

static struct front_sum sum_of(int front) {
    struct front_sum sum = {.low = ~0ul};
    for (const struct front_service *s = front_service_first(front); s; s = front_service_next(s)) {
        sum.flags |= FRONT_MESSAGE | (s->fetches ? FRONT_FETCHES : 0u);
        sum.low = s->low < sum.low ? s->low : sum.low;
        sum.high = s->high > sum.high ? s->high : sum.high;
    }
    return sum.flags ? sum : (struct front_sum){0};
}

#define SUM_FLAGS (FRONT_MESSAGE | FRONT_FETCHES)

static void sum_up(int front) {
    struct front_sum sum = sum_of(front);
    struct front *entry = front_entry(front);
    unsigned careful = sum.flags ? FRONT_CAREFUL : 0u;
    entry->low = sum.low;
    entry->high = sum.high;
    entry->flags = (unsigned char)((entry->flags & ~(unsigned)SUM_FLAGS) | sum.flags | careful);
    table_tlb_stale = true; /* it may be in use already */
}

bool front_services_right(int front) {
    struct front_sum sum = sum_of(front);
    const struct front *entry = front_entry(front);
    return entry->low == sum.low && entry->high == sum.high && (entry->flags & SUM_FLAGS) == sum.flags &&
           (!sum.flags || entry->flags & FRONT_CAREFUL);
}

void front_serve(int front, const struct front_service *wanted) {
    int index = free_service;
    struct front_service *service = service_at(index);
    kassert(service, (unsigned long)front);
    free_service = service->next;
    *service = *wanted;
    service->number = ++last_number;
    service->next = front_handler_at(front)->service;
    front_handler_at(front)->service = index;
    live++;
    sum_up(front);
}

void front_services_end(int front, bool all) {
    for (int *link = &front_handler_at(front)->service; *link >= 0;) {
        int index = *link;
        struct front_service *service = service_at(index);
        if (service->program && !all) {
            link = &service->next;
            continue;
        }
        *link = service->next;
        *service = (struct front_service){.entry = cap_null, .next = free_service};
        free_service = index;
        live--;
    }
    access_front_gone(front);
    sum_up(front);
}

unsigned front_way(int front, unsigned long offset, struct front_place way[FRONT_WAY_MAX], unsigned char **memory) {
    unsigned count = 0;
    *memory = NULL;
    while (front >= 0 && count < FRONT_WAY_MAX) {
        way[count++] = (struct front_place){front, offset};
        struct gpt *gpt = front_gpt(front);
        const struct page *page = gpt ? NULL : front_page_at((unsigned long)front);
        if (page)
            *memory = (unsigned char *)page_data(page) + offset;
        if (!gpt)
            break;
        struct walk_state from = walk_state_of(gpt);
        struct walk walk;
        if (walk_enter(&walk, &from, front_part_offset(front, offset)) != FAULT_NONE || walk_on(&walk) != FAULT_NONE)
            break;
        if (walk.front < 0)
            *memory = (unsigned char *)page_data((struct page *)walk.object) + walk.offset;
        front = walk.front;
        offset = walk.front_offset;
    }
    return count;
}
