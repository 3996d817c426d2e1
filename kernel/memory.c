/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "memory.h"
#include "boot.h"
#include "debug.h"
#include "front.h"
#include "table.h"

static unsigned long next; /* physical; everything before it is taken */

static unsigned long clamp(unsigned long value, unsigned long low, unsigned long high) {
    return value < low ? low : value > high ? high : value;
}

/* Zeroed storage for an array, aligned to cache lines. */
static void *take(unsigned long count, unsigned long size) {
    next = (next + 63) & ~63ul;
    void *array = direct(next);
    next += count * size;
    kassert(next < boot_info.free_end, count, size);
    memset(array, 0, count * size);
    return array;
}

static void take_fronts(unsigned long frames) {
    unsigned long count = boot_info.facet ? clamp(frames / 2, 1024, FRONT_MAX) : 0;
    next = (next + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    struct front *table = take(count, sizeof(struct front));
    struct page **owners = take(count, sizeof(struct page *));
    kernel_info.front_parts = take(count, sizeof(struct front_part));
    kernel_info.front_handlers = take(count, sizeof(struct front_handler));
    kernel_info.front_services = take(count, sizeof(struct front_service));
    front_parts_init(kernel_info.front_parts);
    front_services_init(kernel_info.front_services, count);
    front_init(table, owners, kernel_info.front_handlers, count);
    debug_set_fronts(table, count);
}

static void take_objects(unsigned long frames) {
    kernel_info.gpt_count = clamp(frames / 8, 512, 65536);
    kernel_info.gpt_stride = sizeof(struct gpt);
    kernel_info.gpts = take(kernel_info.gpt_count, sizeof(struct gpt));
    kernel_info.process_count = clamp(frames / 128, 16, 1024);
    kernel_info.process_stride = sizeof(struct process);
    kernel_info.processes = take(kernel_info.process_count, sizeof(struct process));
    kernel_info.endpoint_count = clamp(frames / 64, 64, 4096);
    kernel_info.endpoint_stride = sizeof(struct endpoint);
    kernel_info.endpoints = take(kernel_info.endpoint_count, sizeof(struct endpoint));
    kernel_info.forwarder_count = clamp(frames / 128, 32, 1024);
    kernel_info.forwarder_stride = sizeof(struct forwarder);
    kernel_info.forwarders = take(kernel_info.forwarder_count, sizeof(struct forwarder));
    for (unsigned long i = kernel_info.gpt_count; i-- > 0;)
        object_add_free(&kernel_info.gpts[i].header, CAP_GPT);
    for (unsigned long i = kernel_info.process_count; i-- > 0;)
        object_add_free(&kernel_info.processes[i].header, CAP_PROCESS);
    for (unsigned long i = kernel_info.endpoint_count; i-- > 0;)
        object_add_free(&kernel_info.endpoints[i].header, CAP_ENDPOINT);
    for (unsigned long i = kernel_info.forwarder_count; i-- > 0;)
        object_add_free(&kernel_info.forwarders[i].header, CAP_FORWARDER);
}

static unsigned long module_pages(const struct boot_module *module) {
    return (module->start % PAGE_SIZE + module->size + PAGE_SIZE - 1) / PAGE_SIZE;
}

/* Headers of the modules' pages, behind those of the pool. */
static void take_modules(unsigned long first) {
    for (unsigned i = 0; i < boot_info.module_count; i++) {
        const struct boot_module *module = &boot_info.module[i];
        object_add_frames(module->start & ~(PAGE_SIZE - 1), first, module_pages(module));
        first += module_pages(module);
    }
}

/* Page headers and all that is left as frames. */
static void take_pages(struct table *tables, unsigned long table_count) {
    unsigned long modules = 0;
    for (unsigned i = 0; i < boot_info.module_count; i++)
        modules += module_pages(&boot_info.module[i]);
    unsigned long left =
        boot_info.free_end - next - table_count * PAGE_SIZE - modules * sizeof(struct page) - 2 * PAGE_SIZE;
    unsigned long count = left / (PAGE_SIZE + sizeof(struct page));
    kernel_info.page_stride = sizeof(struct page);
    kernel_info.page_count = count + modules;
    kernel_info.pages = take(count + modules, sizeof(struct page));
    next = (next + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    table_init(tables, table_count, next);
    next += table_count * PAGE_SIZE;
    object_add_frames(next, 0, count);
    for (unsigned long i = count; i-- > 0;)
        object_add_free(&kernel_info.pages[i].header, CAP_PAGE);
    next += count * PAGE_SIZE;
    kassert(next <= boot_info.free_end, next, boot_info.free_end);
    take_modules(count);
}

void memory_init(void) {
    kernel_info.magic = KERNEL_INFO_MAGIC;
    kernel_info.size = sizeof kernel_info;
    next = boot_info.free_start;
    unsigned long frames = (boot_info.free_end - boot_info.free_start) / PAGE_SIZE;
    take_fronts(frames);
#ifdef FACET_DEBUG
    unsigned long table_count = 40, depend_count = 600; /* few enough that reclaiming is no rare event */
#else
    unsigned long table_count = clamp(frames / 32, 96, 4096), depend_count = clamp(2 * frames, 1024, 1ul << 20);
#endif
    struct table *tables = take(table_count, sizeof(struct table));
    depend_init(take(depend_count, sizeof(struct depend)), depend_count);
    take_objects(frames);
    take_pages(tables, table_count);
}
