/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot.h"
#include "paging.h"

struct boot_info boot_info;
extern char kernel_text[], kernel_end[];

/* Physical ranges in which something lies that must survive. */
struct range {
    unsigned long start, end;
};
static struct range used[BOOT_MODULES_MAX + 6];
static unsigned used_count;

static void add_used(unsigned long start, unsigned long size) {
    if (size > 0)
        used[used_count++] =
            (struct range){start & ~(PAGE_SIZE - 1), (start + size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1)};
}

static unsigned long text_length(const char *text) {
    unsigned long length = 0;
    while (text[length])
        length++;
    return length;
}

static bool has_token(const char *line, const char *token) {
    unsigned long length = text_length(token);
    for (unsigned long i = 0; line[i]; i++) {
        unsigned long n = 0;
        while (n < length && line[i + n] == token[n])
            n++;
        if (n == length && (i == 0 || line[i - 1] == ' ') && (line[i + n] == 0 || line[i + n] == ' '))
            return true;
    }
    return false;
}

/* Takes [start, end) if it is the largest free stretch yet. */
static void consider(unsigned long start, unsigned long end) {
    if (end > start && end - start > boot_info.free_end - boot_info.free_start) {
        boot_info.free_start = start;
        boot_info.free_end = end;
    }
}

/* Looks at the gaps between used ranges in one stretch of RAM. */
static void consider_ram(unsigned long start, unsigned long end) {
    while (start < end) {
        const struct range *next = NULL; /* the first used range that ends after start */
        for (unsigned i = 0; i < used_count; i++)
            if (used[i].end > start && (!next || used[i].start < next->start))
                next = &used[i];
        consider(start, next && next->start < end ? next->start : end);
        start = next ? next->end : end;
    }
}

void boot_read(unsigned long start_info) {
    const struct pvh_start_info *info = direct(start_info);
    kassert(info->magic == PVH_MAGIC && info->version >= 1 && info->memmap_entries > 0, info->magic, info->version);
    const char *cmdline = info->cmdline ? direct(info->cmdline) : "";
    boot_info.facet = has_token(cmdline, CMDLINE_FACET);
    boot_info.timer = has_token(cmdline, CMDLINE_TIMER);

    add_used(0, 1ul << 20);
    add_used(physical(kernel_text), physical(kernel_end) - physical(kernel_text));
    add_used(start_info, sizeof *info);
    add_used(info->memmap, info->memmap_entries * sizeof(struct pvh_memmap_entry));
    const struct pvh_module *module = direct(info->modlist);
    for (unsigned i = 0; i < info->nr_modules && i < BOOT_MODULES_MAX; i++) {
        add_used(module[i].paddr, module[i].size);
        boot_info.module[boot_info.module_count++] = (struct boot_module){module[i].paddr, module[i].size};
    }
    const struct pvh_memmap_entry *map = direct(info->memmap);
    for (unsigned i = 0; i < info->memmap_entries; i++) {
        unsigned long start = (map[i].addr + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
        unsigned long end = (map[i].addr + map[i].size) & ~(PAGE_SIZE - 1);
        if (map[i].type != 1 || start >= PAGING_RAM_MAX)
            continue;
        end = end < PAGING_RAM_MAX ? end : PAGING_RAM_MAX;
        boot_info.ram_end = end > boot_info.ram_end ? end : boot_info.ram_end;
        consider_ram(start, end);
    }
    kassert(boot_info.free_end - boot_info.free_start >= 8ul << 20, boot_info.free_start, boot_info.free_end);
}
