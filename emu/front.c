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

/* The entry under the front's root for an offset: of a frame or an inner aperture page, not present, or PTE_HOLE.
 * *write is what all on the way allow. */
static uint64_t root_walk(struct emu *emu, const struct front *front, uint64_t offset, bool *write) {
    uint64_t entry = front->root, table_gpa = entry; /* which may begin within a table */
    if (front->levels > 4 || (front->levels > 0 && entry == 0))
        return 0;
    for (unsigned level = front->levels; level > 0; level--) {
        const uint8_t *table = ram_pointer(emu, table_gpa + (offset >> (3 + 9 * level) & 511) * 8, 8);
        if (table == NULL)
            return 0;
        memcpy(&entry, table, sizeof entry);
        *write = *write && (entry & ENTRY_WRITE) != 0;
        if ((entry & ENTRY_PRESENT) == 0)
            return entry == PTE_HOLE ? PTE_HOLE : 0;
        if (level > 1 && (entry & ENTRY_LARGE) != 0)
            return entry + (offset & ((1ul << (3 + 9 * level)) - 1) & PAGE_MASK);
        table_gpa = entry & ENTRY_ADDRESS;
    }
    *write = *write && (entry & ENTRY_WRITE) != 0;
    return entry;
}

enum front_result front_resolve(struct emu *emu, uint64_t aperture, bool write, struct target *target) {
    uint64_t page = aperture & PAGE_MASK;
    *target = (struct target){.front = -1, .write = write};
    for (int depth = 0; depth < EMU_NESTING_MAX && in_aperture(page); depth++) {
        int index;
        uint64_t offset = page & ((1ul << FRONT_SHIFT) - 1);
        bool allowed = target->write;
        struct front *front = front_at(emu, page, &index);
        uint64_t entry = front != NULL ? root_walk(emu, front, offset, &allowed) : 0;
        if (target->front < 0) {
            target->front = index;
            target->offset = offset;
        }
        target->nested = depth > 0;
        target->message = target->message || (front != NULL && (front->flags & FRONT_MESSAGE) != 0);
        target->fetches = target->fetches || (front != NULL && (front->flags & FRONT_FETCHES) != 0);
        if (entry == PTE_HOLE) { /* only who can end the instruction anywhere can let it pass */
            target->hole = target->careful = true;
            return FRONT_OK;
        }
        if ((entry & ENTRY_PRESENT) == 0) {
            target->front = index; /* the one whose entry is missing */
            target->offset = offset;
            return FRONT_HOLE;
        }
        target->write = allowed;
        target->careful = target->careful || (front->flags & FRONT_CAREFUL) != 0;
        page = entry & ENTRY_ADDRESS;
    }
    if (in_aperture(page))
        return FRONT_HOLE; /* a cycle */
    target->gpa = page;
    target->host = ram_pointer(emu, page, PAGE_SIZE);
    return FRONT_OK;
}

bool emu_front_inner(struct emu *emu, int *front, uint64_t *offset) {
    int index;
    bool write = true;
    uint64_t page = APERTURE_BASE + ((uint64_t)*front << FRONT_SHIFT) + (*offset & PAGE_MASK);
    const struct front *outer = front_at(emu, page, &index);
    uint64_t entry = outer != NULL ? root_walk(emu, outer, *offset & PAGE_MASK, &write) : 0;
    if ((entry & ENTRY_PRESENT) == 0 || !in_aperture(entry & ENTRY_ADDRESS))
        return false;
    page = entry & ENTRY_ADDRESS;
    *front = (int)((page - APERTURE_BASE) >> FRONT_SHIFT);
    *offset = (page & ((1ul << FRONT_SHIFT) - 1)) + *offset % PAGE_SIZE;
    return *front < FRONT_MAX;
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
    memmove(target->host + start, bytes, size); /* a kernel copy may be one to where it comes from */
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
