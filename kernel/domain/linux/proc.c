/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Texts of /proc, made when they are opened.
 */
#include "files.h"
#include "internal.h"

static void put(struct file *file, const void *text, unsigned long size) {
    struct stat st;
    file_stat(file, &st);
    memory_write(file, (unsigned long)st.st_size, text, size);
}

static void put_text(struct file *file, const char *text) {
    put(file, text, text_length(text));
}

/* At least `digits` digits. */
static void put_number(struct file *file, unsigned long value, unsigned base, unsigned digits) {
    char text[24];
    unsigned at = sizeof text;
    do {
        text[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value || sizeof text - at < digits);
    put(file, text + at, sizeof text - at);
}

static void put_strings(struct file *file, const char *text, unsigned count) {
    const char *end = text;
    for (unsigned i = 0; i < count; i++)
        end += text_length(end) + 1;
    put(file, text, (unsigned long)(end - text));
}

static void put_region(struct file *file, const struct area *region) {
    enum { READ = 1, WRITE = 2, EXECUTE = 4 };
    const char *name = region->file >= 0                                ? file_map_name(region->file)
                       : (region->kind & REGION_KIND) == REGION_HEAP    ? "[heap]"
                       : (region->kind & REGION_KIND) == REGION_STACK   ? "[stack]"
                       : (region->kind & REGION_KIND) == REGION_PROGRAM ? boot.exe
                                                                        : "";
    const char rights[] = {' ',
                           region->prot & READ ? 'r' : '-',
                           region->prot & WRITE ? 'w' : '-',
                           region->prot & EXECUTE ? 'x' : '-',
                           region->kind & REGION_SHARED ? 's' : 'p',
                           ' '};
    put_number(file, region->start, 16, 8);
    put_text(file, "-");
    put_number(file, region->end, 16, 8);
    put(file, rights, sizeof rights);
    put_number(file, region->file >= 0 ? region->offset : 0, 16, 8);
    put_text(file, " 00:00 0");
    put_text(file, *name ? "                          " : "");
    put_text(file, name);
    put_text(file, "\n");
}

static void put_maps(struct file *file) {
    for (const struct area *region = region_at(0); region; region = region_at(region->end))
        put_region(file, region);
}

static void put_memory(struct file *file) {
    unsigned long all = boot.memory ? boot.memory / 1024 : 262144, used = stock_used();
    static const char *const lines[] = {"MemTotal:       ", "MemFree:        ", "MemAvailable:   "};
    for (unsigned i = 0; i < sizeof lines / sizeof *lines; i++) {
        put_text(file, lines[i]);
        put_number(file, i ? all - used / 1024 : all, 10, 1);
        put_text(file, " kB\n");
    }
    put_text(file, "SwapTotal:      0 kB\nSwapFree:       0 kB\n");
}

struct file *proc_open(enum node node, unsigned flags, const char *path) {
    struct file *file = memory_new(flags, path);
    if (!file)
        return 0;
    file->mode = S_IFREG | 0444;
    if (node == NODE_CMDLINE)
        put_strings(file, boot.argv, boot.argc);
    else if (node == NODE_ENVIRON)
        put_strings(file, boot.envp, boot.envc);
    else if (node == NODE_MAPS)
        put_maps(file);
    else if (node == NODE_MEMINFO)
        put_memory(file);
    else
        put_text(file, "processor\t: 0\nvendor_id\t: facet\nmodel name\t: facet\n\n");
    return file;
}
