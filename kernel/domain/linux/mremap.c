/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "calls.h"
#include <linux/mman.h>

struct remap {
    unsigned long old, old_size, new_size, flags, target;
};

/* What is moved must lie in one region. */
static long source_check(const struct remap *m, struct area *source) {
    struct area *region = region_at(m->old);
    if (!region || region->start > m->old)
        return -EFAULT;
    if (m->old_size == 0 && !(region->kind & REGION_SHARED))
        return -EINVAL;
    if (m->flags & MREMAP_DONTUNMAP && (region->file >= 0 || region->kind & REGION_SHARED))
        return -EINVAL;
    if (m->old_size > region->end - m->old)
        return -EFAULT;
    *source = *region;
    return 0;
}

static long grow_in_place(const struct remap *m, const struct area *source) {
    unsigned long end = m->old + m->old_size, more = m->new_size - m->old_size;
    if (source->end != end || more > SPACE_END - end || region_bytes(end, end + more))
        return -ENOMEM;
    struct area added = *source;
    added.start = end;
    added.end = end + more;
    added.offset += end - source->start;
    if (added.file >= 0)
        file_map_keep(added.file);
    region_grow(&added, m->old);
    return (long)m->old;
}

/* The pages go along as far as both sizes reach. */
static long move(const struct remap *m, const struct area *source, unsigned long to) {
    unsigned long moved = m->old_size < m->new_size ? m->old_size : m->new_size;
    struct area target = *source;
    target.start = to;
    target.end = to + m->new_size;
    target.offset += m->old - source->start;
    if ((target.kind & REGION_KIND) != REGION_FILE)
        target.kind = REGION_ANONYMOUS | (target.kind & REGION_SHARED);
    if (target.file >= 0)
        file_map_keep(target.file);
    if (!(m->flags & MREMAP_DONTUNMAP))
        region_gone(m->old, m->old + m->old_size);
    if (!space_move(m->old, to, moved))
        vm_exhausted();
    region_add(&target);
    if (!(m->flags & MREMAP_DONTUNMAP))
        memory_unmap(m->old, m->old + m->old_size);
    space_told(to, moved);
    return (long)to;
}

static int overlap(unsigned long a, unsigned long a_size, unsigned long b, unsigned long b_size) {
    return a < b + b_size && b < a + a_size;
}

static long to_target(struct remap *m) {
    struct area source;
    if (m->target & ~PAGE_MASK || m->new_size > SPACE_END || m->target > SPACE_END - m->new_size ||
        overlap(m->old, m->old_size, m->target, m->new_size))
        return -EINVAL;
    if (m->target < 0x10000)
        return -EPERM;
    unsigned long old_end = m->old + m->old_size;
    m->old_size = m->old_size < m->new_size ? m->old_size : m->new_size;
    long wrong = source_check(m, &source);
    if (wrong)
        return wrong;
    memory_unmap(m->old + m->old_size, old_end); /* whatever it is */
    memory_unmap(m->target, m->target + m->new_size);
    return move(m, &source, m->target);
}

static long remap(struct remap *m) {
    struct area source;
    if (m->flags & MREMAP_FIXED)
        return to_target(m);
    if (m->old_size >= m->new_size && !(m->flags & MREMAP_DONTUNMAP)) {
        struct area *region = region_at(m->old);
        if (!region || region->start > m->old)
            return -EFAULT;
        if (m->old_size > m->new_size)
            memory_unmap(m->old + m->new_size, m->old + m->old_size);
        return (long)m->old;
    }
    long result = source_check(m, &source);
    if (result < 0)
        return result;
    if (m->new_size > m->old_size && !memory_allowed(m->new_size - m->old_size, source.file < 0))
        return -ENOMEM;
    if (!(m->flags & MREMAP_DONTUNMAP)) {
        result = grow_in_place(m, &source);
        if (result > 0 || !(m->flags & MREMAP_MAYMOVE))
            return result;
    }
    unsigned long to = memory_place(0, m->new_size);
    return to ? move(m, &source, to) : -ENOMEM;
}

long call_mremap(const unsigned long arg[6]) {
    struct remap m = {arg[0], arg[1], arg[2], arg[3], arg[4]};
    if (m.flags & ~(unsigned long)(MREMAP_FIXED | MREMAP_MAYMOVE | MREMAP_DONTUNMAP) ||
        (m.flags & MREMAP_FIXED && !(m.flags & MREMAP_MAYMOVE)) ||
        (m.flags & MREMAP_DONTUNMAP && (!(m.flags & MREMAP_MAYMOVE) || m.old_size != m.new_size)) || m.old & ~PAGE_MASK)
        return -EINVAL;
    m.old_size = (m.old_size + PAGE_SIZE - 1) & PAGE_MASK;
    m.new_size = (m.new_size + PAGE_SIZE - 1) & PAGE_MASK;
    if (m.new_size == 0 || m.new_size > SPACE_END || m.old > SPACE_END || m.old_size > SPACE_END - m.old)
        return -EINVAL;
    return region_room(4) ? remap(&m) : -ENOMEM;
}
