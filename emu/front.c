/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The front table, and how the machine finds the frame behind an aperture address: like an IOMMU, by page tables alone.
 * All of it is guest memory: whatever stands there, nothing here may fail worse than with a hole.
 */
#include "access.h"

#include <string.h>

#define ENTRY_PRESENT 1ul
#define ENTRY_WRITE 2ul
#define ENTRY_LARGE 0x80ul
#define ENTRY_ADDRESS 0x000ffffffffff000ul
#define NESTING_MAX 32

static struct front *front_get(struct emu *emu, uint64_t index) {
    if (emu->debug == NULL || index >= emu->debug->front_count || index >= FRONT_MAX)
        return NULL;
    uint8_t *table = ram_pointer(emu, emu->debug->fronts, (index + 1) * sizeof(struct front));
    if (table == NULL || (uintptr_t)table % _Alignof(struct front) != 0)
        return NULL;
    struct front *front = (struct front *)table + index;
    return front->state == FRONT_LIVE ? front : NULL;
}

struct front *front_at(struct emu *emu, uint64_t aperture, int *index) {
    uint64_t number = (aperture - APERTURE_BASE) >> FRONT_SHIFT;
    struct front *front = front_get(emu, number);
    *index = number < FRONT_MAX ? (int)number : -1;
    if (front == NULL || (aperture & ((1ul << FRONT_SHIFT) - 1)) >= front->size)
        return NULL;
    return front;
}

/* The entry under the front's root for an offset: a frame or inner aperture page, page aligned. False: none. */
static bool root_walk(struct emu *emu, const struct front *front, uint64_t offset, uint64_t *page, bool *write) {
    uint64_t entry = front->root | ENTRY_PRESENT | ENTRY_WRITE, span = front->size;
    if (front->levels > 4)
        return false;
    if (front->levels == 0)
        entry = front->root;
    for (unsigned level = front->levels; level > 0; level--) {
        span /= 512;
        if (span < PAGE_SIZE)
            return false;
        uint8_t *table = ram_pointer(emu, (entry & ENTRY_ADDRESS) + offset / span * 8, 8);
        if (table == NULL)
            return false;
        entry = *(uint64_t *)(void *)table;
        *write = *write && (entry & ENTRY_WRITE) != 0;
        offset %= span;
        if ((entry & ENTRY_PRESENT) == 0)
            return false;
        if (level > 1 && (entry & ENTRY_LARGE) != 0)
            break;
    }
    if ((entry & ENTRY_PRESENT) == 0)
        return false;
    *write = *write && (entry & ENTRY_WRITE) != 0;
    *page = (entry & ENTRY_ADDRESS) + (offset & PAGE_MASK);
    return true;
}

enum front_result front_resolve(struct emu *emu, uint64_t aperture, bool write, struct target *target) {
    uint64_t page = aperture & PAGE_MASK;
    *target = (struct target){.front = -1, .write = write};
    for (int depth = 0; depth < NESTING_MAX && in_aperture(page); depth++) {
        int index;
        uint64_t offset = page & ((1ul << FRONT_SHIFT) - 1);
        struct front *front = front_at(emu, page, &index);
        if (target->front < 0) {
            target->front = index;
            target->offset = offset;
        }
        if (front == NULL || !root_walk(emu, front, offset, &page, &target->write)) {
            target->front = index; /* the one whose entry is missing */
            target->offset = offset;
            return FRONT_HOLE;
        }
        target->careful = target->careful || (front->flags & FRONT_CAREFUL) != 0;
        target->message = target->message || (front->flags & FRONT_MESSAGE) != 0;
    }
    if (in_aperture(page))
        return FRONT_HOLE; /* a cycle */
    target->gpa = page;
    target->host = ram_pointer(emu, page, PAGE_SIZE);
    return FRONT_OK;
}

enum front_result page_resolve(struct emu *emu, const struct mmu_page *page, struct target *target) {
    if (in_aperture(page->gpa))
        return front_resolve(emu, page->gpa, page->write, target);
    *target = (struct target){.front = -1, .gpa = page->gpa, .write = page->write};
    target->host = ram_pointer(emu, page->gpa, PAGE_SIZE);
    return FRONT_OK;
}

bool target_read(const struct target *target, int parts, uint64_t va, unsigned size, uint8_t *bytes) {
    unsigned start = va % PAGE_SIZE, first = parts == 2 ? (unsigned)(PAGE_SIZE - start) : size;
    bool backed = target[0].host != NULL && (parts == 1 || target[1].host != NULL);
    memset(bytes, 0, size);
    if (target[0].host != NULL)
        memcpy(bytes, target[0].host + start, first);
    if (parts == 2 && target[1].host != NULL)
        memcpy(bytes + first, target[1].host, size - first);
    return backed;
}

static void page_write(struct emu *emu, const struct target *target, unsigned start, const uint8_t *bytes,
                       unsigned size) {
    if (target->host == NULL)
        return;
    memcpy(target->host + start, bytes, size);
    coherence_host_store(emu, target->gpa + start, size);
}

void target_write(struct emu *emu, const struct target *target, int parts, uint64_t va, unsigned size,
                  const uint8_t *bytes) {
    unsigned start = va % PAGE_SIZE, first = parts == 2 ? (unsigned)(PAGE_SIZE - start) : size;
    page_write(emu, &target[0], start, bytes, first);
    if (parts == 2)
        page_write(emu, &target[1], 0, bytes + first, size - first);
}

uint8_t *access_backing(struct emu *emu, uint64_t aperture, size_t *room) {
    struct target target;
    if (!in_aperture(aperture) || front_resolve(emu, aperture, true, &target) != FRONT_OK || target.host == NULL)
        return NULL;
    *room = PAGE_SIZE - aperture % PAGE_SIZE;
    return target.host + aperture % PAGE_SIZE;
}

uint8_t *emu_front_backing(struct emu *emu, int front, uint64_t offset, size_t *room) {
    *room = 0;
    if (front < 0 || front >= FRONT_MAX || offset >= 1ul << FRONT_SHIFT)
        return NULL;
    return access_backing(emu, APERTURE_BASE + ((uint64_t)front << FRONT_SHIFT) + offset, room);
}

void emu_on_outcome(struct emu *emu, emu_outcome_fn *outcome) {
    emu->outcome = outcome;
}

void emu_on_access(struct emu *emu, emu_access_fn *ask, void *context) {
    emu->ask = ask;
    emu->ask_context = context;
}
