/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Shared mappings of files: each page is read when it is touched, and written back, if it was stored to, before any
 * file is read or written, at msync, when it is unmapped and at the end. Two mappings of one file do not see each
 * other's stores before that.
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

unsigned vm_shared_files FREQUENT_DATA;
int memory_dirty;

void vm_files_sync(void) {
    if (memory_dirty)
        memory_sync(0, SPACE_END);
    memory_dirty = 0;
}

void vm_file_changed(unsigned long device, unsigned long inode) {
    for (struct area *region = region_at(0); region; region = region_at(region->end))
        if (region->file >= 0 && region->kind & REGION_SHARED &&
            (!inode || (region->identity[0] == device && region->identity[1] == inode)))
            space_remove(region->start, region->end);
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
    unsigned long start = arg[0], size = (arg[1] + PAGE_SIZE - 1) & PAGE_MASK, flags = (unsigned)arg[2];
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
