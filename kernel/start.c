/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "start.h"
#include "boot.h"
#include "process.h"

#include <facet/init.h>

#define L2_SLOTS 4 /* log2(GPT_SLOTS) */

/* As much of the ELF format (System V gABI, chapter 4) as the build's own init.elf needs. */
#define ELF_X86_64 62
#define SEGMENT_LOAD 1
enum segment_flag { SEGMENT_X = 1, SEGMENT_W = 2 };
struct elf_header {
    unsigned char identification[16];
    unsigned short type, machine;
    unsigned version;
    unsigned long entry, segments, sections;
    unsigned flags;
    unsigned short header_size, segment_size, segment_count, section_size, section_count, names;
};
struct elf_segment {
    unsigned type, flags;
    unsigned long offset, address, physical, file_size, size, alignment;
};

extern const char init_image[]; /* the build puts init.elf there */

/* Puts a page capability at an address below a GPT, making the GPTs between: each level resolves four bits. */
static void space_insert(struct gpt *gpt, unsigned long address, struct cap page) {
    for (;;) {
        struct cap *slot = &gpt->slot[address >> gpt->l2v & (GPT_SLOTS - 1)];
        if (gpt->l2v == PAGE_SHIFT) {
            *slot = page;
            return;
        }
        if (slot->type == CAP_NULL) {
            struct gpt *lower = object_alloc(CAP_GPT);
            kassert(lower, address);
            lower->l2v = (unsigned char)(gpt->l2v - L2_SLOTS);
            *slot = cap_make(CAP_GPT, lower);
        }
        gpt = (struct gpt *)slot->object;
    }
}

static struct cap fresh_page(unsigned restr, unsigned char **data) {
    struct page *page = object_alloc(CAP_PAGE);
    kassert(page, restr);
    *data = page_data(page);
    struct cap cap = cap_make(CAP_PAGE, page);
    cap.restr = (unsigned char)restr;
    return cap;
}

/* One segment of init's ELF file, which the build has made: segments do not share pages. */
static void load_segment(struct gpt *space, const struct elf_segment *segment) {
    unsigned restr = (segment->flags & SEGMENT_W ? 0u : CAP_RO) | (segment->flags & SEGMENT_X ? 0u : CAP_NX);
    unsigned long start = segment->address & ~(PAGE_SIZE - 1), file_end = segment->address + segment->file_size;
    for (unsigned long page = start; page < segment->address + segment->size; page += PAGE_SIZE) {
        unsigned char *data;
        struct cap cap = fresh_page(restr, &data);
        unsigned long from = page < segment->address ? segment->address : page;
        unsigned long to = file_end < page + PAGE_SIZE ? file_end : page + PAGE_SIZE;
        if (to > from)
            memcpy(data + (from - page), init_image + segment->offset + (from - segment->address), to - from);
        space_insert(space, page, cap);
    }
}

static unsigned long load_image(struct gpt *space) {
    const struct elf_header *header = (const struct elf_header *)(const void *)init_image;
    const struct elf_segment *segment = (const struct elf_segment *)(const void *)(init_image + header->segments);
    kassert(header->machine == ELF_X86_64, header->machine);
    for (unsigned i = 0; i < header->segment_count; i++)
        if (segment[i].type == SEGMENT_LOAD)
            load_segment(space, &segment[i]);
    return header->entry;
}

/* Modules one behind the other, and in front of them a page that tells where each is. Returns that page's address. */
static unsigned long map_modules(struct gpt *space) {
    unsigned char *data;
    unsigned long list = (unsigned long)INIT_SLOT_MODULES << INIT_SLOT_BITS, next = list + PAGE_SIZE;
    space_insert(space, list, fresh_page(CAP_RO | CAP_NX, &data));
    struct init_module *module = (struct init_module *)(void *)data;
    for (unsigned i = 0; i < boot_info.module_count; i++) {
        unsigned long start = boot_info.module[i].start, size = boot_info.module[i].size;
        module[i] = (struct init_module){next + start % PAGE_SIZE, size};
        for (unsigned long frame = start & ~(PAGE_SIZE - 1); frame < start + size; frame += PAGE_SIZE) {
            struct page *page = page_of_frame(frame);
            object_adopt_page(page);
            struct cap cap = cap_make(CAP_PAGE, page);
            cap.restr = CAP_RO | CAP_NX;
            space_insert(space, next, cap);
            next += PAGE_SIZE;
        }
    }
    return list;
}

static void map_stack(struct gpt *space) {
    unsigned char *data;
    for (unsigned long page = INIT_STACK_TOP - INIT_STACK_SIZE; page < INIT_STACK_TOP; page += PAGE_SIZE)
        space_insert(space, page, fresh_page(CAP_NX, &data));
}

static void grant(struct process *init, struct gpt *space) {
    struct cap *reg = init->reg;
    reg[INIT_RANGE] = cap_make(CAP_RANGE, NULL);
    reg[INIT_SPACE] = cap_make(CAP_GPT, space);
    reg[INIT_SELF] = cap_make(CAP_PROCESS, init);
    reg[INIT_CONSOLE] = cap_make(CAP_CONSOLE, NULL);
    reg[INIT_DEBUG] = cap_make(CAP_DEBUG, NULL);
    reg[INIT_POWER] = cap_make(CAP_POWER, NULL);
    reg[INIT_DISCRIM] = cap_make(CAP_DISCRIM, NULL);
    reg[INIT_SCHEDULE] = cap_make(CAP_SCHEDULE, NULL);
    reg[INIT_SCHEDULE].payload = PRIORITY_MAX;
    reg[INIT_SLEEP] = cap_make(CAP_SLEEP, NULL);
    reg[INIT_HOST] = cap_make(CAP_HOST, NULL);
    reg[INIT_PROCESS_TOOL] = cap_make(CAP_PROCESS_TOOL, NULL);
    for (unsigned stream = 0; stream < 3; stream++) {
        reg[INIT_STDIN + stream] = cap_make(CAP_STREAM, NULL);
        reg[INIT_STDIN + stream].payload = stream;
    }
}

void start_init(void) {
    struct gpt *space = object_alloc(CAP_GPT);
    struct process *init = object_alloc(CAP_PROCESS);
    kassert(space && init, 0);
    space->l2v = INIT_SLOT_BITS;
    init->space = cap_make(CAP_GPT, space);
    init->regs.rip = load_image(space);
    init->regs.rsp = INIT_STACK_TOP;
    init->regs.rdi = boot_info.module_count;
    init->regs.rsi = map_modules(space);
    map_stack(space);
    grant(init, space);
    init->schedule = init->reg[INIT_SCHEDULE];
    init->priority = PRIORITY_MAX; /* it shares the processor with nobody: a single program needs no timer */
    process_ready(init);
}
