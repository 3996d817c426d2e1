/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Shared mappings of files: each page is read when it is touched, and written back, if it was stored to, at msync, when
 * it is unmapped and at the end. Until then neither read and write nor another mapping of the file see the stores.
 */
#include "calls.h"
#include <asm/mman.h>

struct writing {
    struct area region;
    unsigned long file_size;
    long result;
};

static void write_back(void *context, unsigned long address, unsigned char *state) {
    static unsigned char contents[PAGE_SIZE];
    struct writing *w = context;
    unsigned long offset = w->region.offset + (address - w->region.start);
    if (!(*state & PAGE_DIRTY))
        return;
    space_read(address, contents);
    unsigned long size = offset >= w->file_size              ? 0
                         : w->file_size - offset < PAGE_SIZE ? w->file_size - offset
                                                             : PAGE_SIZE;
    long done = size ? file_map_write(w->region.file, offset, contents, size) : 0;
    if (done < 0)
        w->result = done;
    *state &= (unsigned char)~(PAGE_DIRTY | PAGE_W);
}

long memory_sync(unsigned long start, unsigned long end) {
    long result = 0;
    for (struct area *region = region_at(start); region && region->start < end; region = region_at(region->end)) {
        struct writing w = {.region = *region};
        if (region->file < 0 || !(region->kind & REGION_SHARED))
            continue;
        long size = file_map_size(region->file);
        w.file_size = size < 0 ? 0 : (unsigned long)size;
        space_each(region->start > start ? region->start : start, region->end < end ? region->end : end, write_back,
                   &w);
        result = w.result ? w.result : result;
    }
    return result;
}

long call_msync(const unsigned long arg[6]) {
    unsigned long start = arg[0], size = (arg[1] + PAGE_SIZE - 1) & PAGE_MASK, flags = arg[2];
    if (flags & ~(unsigned long)(MS_ASYNC | MS_INVALIDATE | MS_SYNC) || start & ~PAGE_MASK ||
        (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC))
        return -EINVAL;
    if (start + size < start)
        return -ENOMEM;
    long result = memory_sync(start, start + size);
    if (result == 0 && region_bytes(start, start + size) != size)
        result = -ENOMEM;
    return result;
}
