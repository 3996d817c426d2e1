/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Calls that tell or ask about pages: madvise, mincore, mlock.
 */
#include "calls.h"
#include <asm/mman.h>
#include <linux/mman.h>

/* Whether regions cover it all. */
static int covered(unsigned long start, unsigned long end) {
    return region_bytes(start, end) == end - start;
}

static int range_valid(unsigned long start, unsigned long size) {
    return !(start & ~PAGE_MASK) && size <= SPACE_END && start <= SPACE_END - size;
}

/* ---- madvise */

/* Pages go; what is touched next is fresh, or read from the file again. */
static void drop(unsigned long start, unsigned long end) {
    memory_sync(start, end);
    for (struct area *region = region_at(start); region && region->start < end; region = region_at(region->end)) {
        unsigned long from = region->start > start ? region->start : start;
        if (region->shared)
            continue; /* it stays in what is shared */
        space_remove(from, region->end < end ? region->end : end);
    }
}

static int advice_known(unsigned long advice) {
    return advice <= MADV_DONTNEED || advice == MADV_FREE || (advice >= MADV_DONTFORK && advice <= MADV_DOFORK) ||
           (advice >= MADV_MERGEABLE && advice <= MADV_KEEPONFORK) || advice == MADV_COLD || advice == MADV_PAGEOUT ||
           advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE;
}

long call_madvise(const unsigned long arg[6]) {
    unsigned long start = arg[0], size = (arg[1] + PAGE_SIZE - 1) & PAGE_MASK, advice = arg[2];
    if (!advice_known(advice) || start & ~PAGE_MASK || (arg[1] && !size) || start + size < start)
        return -EINVAL;
    if (size == 0)
        return 0;
    unsigned long end = start + size;
    if (advice == MADV_DONTNEED)
        drop(start, end < SPACE_END ? end : SPACE_END);
    if (advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE)
        return !covered(start, end)                                           ? -ENOMEM
               : vm_bring(start, size, advice == MADV_POPULATE_WRITE) == size ? 0
                                                                              : -EFAULT;
    return covered(start, end) ? 0 : -ENOMEM;
}

/* ---- mincore */

struct residence {
    unsigned long start;
    unsigned char page[1024];
};

static void residence_note(void *context, unsigned long address, unsigned char *state) {
    (void)state;
    struct residence *r = context;
    r->page[(address - r->start) / PAGE_SIZE] = 1;
}

long call_mincore(const unsigned long arg[6]) {
    static struct residence r;
    unsigned long start = arg[0], size = (arg[1] + PAGE_SIZE - 1) & PAGE_MASK, to = arg[2];
    if (start & ~PAGE_MASK)
        return -EINVAL;
    if (start > SPACE_END || size > SPACE_END - start || (arg[1] && !size))
        return -ENOMEM;
    if (to > SPACE_END || size / PAGE_SIZE > SPACE_END - to)
        return -EFAULT;
    while (size > 0) {
        unsigned long pages = size / PAGE_SIZE < sizeof r.page ? size / PAGE_SIZE : sizeof r.page;
        if (!covered(start, start + pages * PAGE_SIZE))
            return -ENOMEM;
        memset(r.page, 0, sizeof r.page);
        r.start = start;
        space_each(start, start + pages * PAGE_SIZE, residence_note, &r);
        if (user_write(to, r.page, pages) != 0)
            return -EFAULT;
        start += pages * PAGE_SIZE;
        size -= pages * PAGE_SIZE;
        to += pages;
    }
    return 0;
}

/* ---- mlock: nothing is ever swapped out */

long call_mlock(const unsigned long arg[6]) {
    unsigned long start = arg[0] & PAGE_MASK, size = (arg[1] + (arg[0] & ~PAGE_MASK) + PAGE_SIZE - 1) & PAGE_MASK;
    if (start + size < start)
        return -EINVAL;
    if (!range_valid(start, size) || !covered(start, start + size))
        return -ENOMEM;
    return 0;
}

long call_mlockall(const unsigned long arg[6]) {
    return arg[0] == 0 || arg[0] & ~7ul || arg[0] == 4 ? -EINVAL : 0;
}
