/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * mmap, munmap, mprotect, brk. Errors are looked for in the order in which Linux does.
 */
#include "calls.h"
#include <asm/mman.h>
#include <linux/mman.h>
#include <linux/resource.h>

#define MMAP_TOP 0x7ffff7fff000ul /* mappings go downward from here */
#define LOWEST 0x10000ul          /* vm.mmap_min_addr */
#define LOW_START 0x40000000ul    /* of MAP_32BIT */
#define LOW_END 0x80000000ul
#define PROT_ALL (PROT_READ | PROT_WRITE | PROT_EXEC)

static unsigned long brk_start, brk_end; /* the program's break, which need not be at a page's border */

void memory_start(const struct image *image) {
    brk_start = brk_end = image->end;
}

unsigned long memory_round(unsigned long size) {
    return size > SPACE_END ? 0 : (size + PAGE_SIZE - 1) & PAGE_MASK;
}

int memory_allowed(unsigned long size, int reserve) {
    unsigned long limit = limit_of(RLIMIT_AS);
    if (region_total > limit || size > limit - region_total)
        return 0;
    return !reserve || boot.memory == 0 || size <= boot.memory;
}

/* A hint counts if there is room; else the highest gap below the stack, or if need be above. */
unsigned long memory_place(unsigned long hint, unsigned long size) {
    hint = hint > SPACE_END ? 0 : (hint + PAGE_SIZE - 1) & PAGE_MASK;
    if (hint >= LOWEST && hint <= SPACE_END - size && !region_bytes(hint, hint + size))
        return hint;
    unsigned long found = region_gap(size, LOWEST, MMAP_TOP);
    return found ? found : region_gap(size, LOWEST, SPACE_END);
}

void memory_unmap(unsigned long start, unsigned long end) {
    struct area piece;
    memory_sync(start, end);
    region_gone(start, end);
    space_remove(start, end);
    while (region_take(start, end, &piece))
        if (piece.file >= 0)
            file_map_drop(piece.file);
}

/* ---- mmap */

struct mapping {
    unsigned long start, size, prot, flags, fd, offset;
};

static long mapping_place(struct mapping *m) {
    if (m->flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
        if (m->start & ~PAGE_MASK)
            return -EINVAL;
        if (m->start > SPACE_END || m->size > SPACE_END - m->start)
            return -ENOMEM;
        if (m->start < LOWEST)
            return -EPERM;
        if (m->flags & MAP_FIXED_NOREPLACE && region_bytes(m->start, m->start + m->size))
            return -EEXIST;
        return 0;
    }
    if (m->flags & MAP_32BIT)
        m->start = region_gap(m->size, LOW_START, LOW_END);
    else
        m->start = memory_place(m->start, m->size);
    return m->start ? 0 : -ENOMEM;
}

/* Opens the file, if there is one, for the region. */
static long mapping_file(const struct mapping *m, struct area *region) {
    unsigned long type = m->flags & MAP_TYPE;
    if (m->flags & MAP_ANONYMOUS)
        return type == MAP_PRIVATE || type == MAP_SHARED ? 0 : -EINVAL;
    region->file = file_map_open(m->fd, type != MAP_PRIVATE && m->prot & PROT_WRITE);
    if (region->file < 0)
        return region->file;
    file_map_identity(region->file, region->identity);
    region->kind = REGION_FILE;
    region->offset = m->offset;
    long wrong = type == MAP_PRIVATE || type == MAP_SHARED ? 0 : type != MAP_SHARED_VALIDATE ? -EINVAL : 0;
    if (wrong)
        file_map_drop(region->file);
    return wrong;
}

static long map(struct mapping *m) {
    struct area region = {.prot = (unsigned)m->prot & PROT_ALL, .kind = REGION_ANONYMOUS, .file = -1};
    if (m->size == 0)
        return -EINVAL;
    m->size = memory_round(m->size);
    if (m->size == 0 || !region_room(3) || m->flags & MAP_HUGETLB) /* none of those pages is set aside */
        return -ENOMEM;
    if (!(m->flags & MAP_ANONYMOUS) && m->offset + m->size < m->offset)
        return -EOVERFLOW;
    long wrong = mapping_place(m);
    if (!wrong)
        wrong = mapping_file(m, &region);
    if (wrong)
        return wrong;
    int writable = m->prot & PROT_WRITE || (m->flags & MAP_TYPE) != MAP_PRIVATE;
    if (!memory_allowed(m->size, writable && !(m->flags & MAP_NORESERVE) && region.file < 0)) {
        if (region.file >= 0)
            file_map_drop(region.file);
        return -ENOMEM;
    }
    if (m->flags & MAP_FIXED)
        memory_unmap(m->start, m->start + m->size);
    region.kind |= (m->flags & MAP_TYPE) == MAP_PRIVATE ? 0u : (unsigned)REGION_SHARED;
    if (region.kind == (REGION_ANONYMOUS | REGION_SHARED)) {
        static unsigned long pieces;
        region.shared = ++pieces;
        region.shared_size = m->size;
    }
    region.start = m->start;
    region.end = m->start + m->size;
    region_add(&region);
    return (long)m->start;
}

static long call_mmap(const unsigned long arg[6]) {
    struct mapping m = {arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]};
    if (m.offset & ~PAGE_MASK)
        return -EINVAL;
    long start = map(&m);
    if (start > 0 && m.flags & (MAP_POPULATE | MAP_LOCKED) && m.prot & (PROT_READ | PROT_WRITE))
        vm_bring(m.start, m.size, m.prot & PROT_WRITE && (m.flags & MAP_TYPE) == MAP_PRIVATE);
    return start;
}

static long call_munmap(const unsigned long arg[6]) {
    unsigned long start = arg[0], size = memory_round(arg[1]);
    if (start & ~PAGE_MASK || start > SPACE_END || arg[1] > SPACE_END - start || size == 0)
        return -EINVAL;
    if (!region_room_to_cut(start, start + size, 0))
        return -ENOMEM;
    memory_unmap(start, start + size);
    return 0;
}

/* ---- mprotect */

static long protect(unsigned long start, unsigned long end, unsigned prot) {
    struct area *first = region_at(start), piece;
    if (!first || first->start > start)
        return -ENOMEM;
    while (start < end && region_take(start, end, &piece)) {
        int hole = piece.start > start;
        long wrong = hole ? -ENOMEM : 0;
        if (!wrong && piece.file >= 0 && piece.kind & REGION_SHARED && prot & PROT_WRITE && !(piece.prot & PROT_WRITE))
            wrong = file_map_writable(piece.file) ? 0 : -EACCES;
        if (!wrong)
            piece.prot = prot;
        region_add(&piece);
        if (wrong)
            return wrong;
        unsigned state = vm_state(prot);
        if (piece.file >= 0 && piece.kind & REGION_SHARED)
            state &= ~(unsigned)PAGE_W; /* until it is stored to */
        space_protect(piece.start, piece.end, state);
        start = piece.end;
    }
    return start < end ? -ENOMEM : 0;
}

static long call_mprotect(const unsigned long arg[6]) {
    unsigned long start = arg[0], size = (arg[1] + PAGE_SIZE - 1) & PAGE_MASK, prot = arg[2];
    unsigned long grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP);
    prot &= ~(unsigned long)(PROT_GROWSDOWN | PROT_GROWSUP);
    if (grows == (PROT_GROWSDOWN | PROT_GROWSUP) || start & ~PAGE_MASK)
        return -EINVAL;
    if (arg[1] == 0)
        return 0;
    if (size == 0 || start + size <= start)
        return -ENOMEM;
    if (prot & ~(unsigned long)(PROT_ALL | PROT_SEM))
        return -EINVAL;
    if (grows == PROT_GROWSUP)
        return -EINVAL;
    if (grows) {
        struct area *region = region_at(start);
        if (region && region->start <= start && (region->kind & REGION_KIND) == REGION_STACK) {
            size += start - region->start;
            start = region->start;
        } else {
            return -EINVAL;
        }
    }
    if (!region_room_to_cut(start, start + size, 1))
        return -ENOMEM;
    return protect(start, start + size, (unsigned)prot & PROT_ALL);
}

/* ---- brk: returns the break, the old one if it cannot be moved */

static int heap_grow(unsigned long from, unsigned long to) {
    if (to > SPACE_END || region_bytes(from, to + PAGE_SIZE) || to - brk_start > limit_of(RLIMIT_DATA) ||
        !memory_allowed(to - from, 1) || !region_room(1))
        return 0;
    region_add(
        &(struct area){.start = from, .end = to, .prot = PROT_READ | PROT_WRITE, .kind = REGION_HEAP, .file = -1});
    return 1;
}

static long call_brk(const unsigned long arg[6]) {
    unsigned long wanted = arg[0], old_page = (brk_end + PAGE_SIZE - 1) & PAGE_MASK, new_page = memory_round(wanted);
    if (wanted < brk_start || wanted > SPACE_END)
        return (long)brk_end;
    if (new_page > old_page && !heap_grow(old_page, new_page))
        return (long)brk_end;
    if (new_page < old_page) {
        if (!region_room_to_cut(new_page, old_page, 0))
            return (long)brk_end;
        memory_unmap(new_page, old_page);
    }
    return (long)(brk_end = wanted);
}

const struct call memory_calls[] = {
    {__NR_mmap, 6, call_mmap},          {__NR_munmap, 2, call_munmap},
    {__NR_mprotect, 3, call_mprotect},  {__NR_brk, 1, call_brk},
    {__NR_mremap, 5, call_mremap},      {__NR_madvise, 3, call_madvise},
    {__NR_mincore, 3, call_mincore},    {__NR_msync, 3, call_msync},
    {__NR_mlock, 2, call_mlock},        {__NR_mlock2, 3, call_mlock},
    {__NR_munlock, 2, call_mlock},      {__NR_mlockall, 1, call_mlockall},
    {__NR_munlockall, 0, call_nothing}, {0, 0, 0},
};
