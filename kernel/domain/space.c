/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The program's address space: a top GPT with slots of 2^44 bytes; in each slot that has something, behind a guard that
 * skips the empty levels, a tree of GPTs that resolve four bits each, down to pages.
 *
 *     R_TOP (l2v 44) slot 0 --guard--> l2v 24 -> l2v 20 -> l2v 16 -> l2v 12 -> pages of a program that ends below 256
 * MiB slot 7 --guard--> l2v 16 -> l2v 12 -> pages of the stack
 *
 * Pages are inserted in ascending order, so the GPTs of the last path are all that must be remembered.
 */
#include "init.h"

#define PAGE 4096ul
#define SLOT_BITS 4
#define SLOTS 16ul
#define WINDOW ((unsigned char *)((unsigned long)INIT_SLOT_FREE << INIT_SLOT_BITS))
#define STACK_WINDOW ((unsigned char *)((unsigned long)(INIT_SLOT_FREE + 1) << INIT_SLOT_BITS))
#define STACK_BITS 20 /* the stack lies in the last 1 << STACK_BITS bytes */

static unsigned top_l2v;               /* of the highest GPT below R_TOP's slot */
static unsigned long top_match;        /* and its guard: (rest >> (top_l2v + 4)) */
static unsigned long prefix[LEVELS];   /* address >> (l2v + 4) of the GPT in R_LEVEL + i, plus 1; 0: none */
static unsigned long page_in_hand = 1; /* address of the page in R_PAGE; 1: none */
static unsigned page_flags;            /* its segments' flags */
static unsigned long window_next;

static void alloc(enum cap_type type, unsigned long restrictions, unsigned to) {
    struct facet_message m = {.word = {type, restrictions}, .recv = {(unsigned char)to}};
    init_call(INIT_RANGE, OP_RANGE_ALLOC, &m);
}

static void set(unsigned cap, unsigned long op, unsigned long word, unsigned from) {
    struct facet_message m = {.word = {word}, .send = {(unsigned char)from}};
    init_call(cap, op, &m);
}

static void derive(unsigned cap, unsigned long op, unsigned long w0, unsigned long w1, unsigned to) {
    struct facet_message m = {.word = {w0, w1}, .recv = {(unsigned char)to}};
    init_call(cap, op, &m);
}

/* A slot of R_TOP is begun: its tree spans 1 << bits bytes. */
static void region_begin(unsigned bits, unsigned long match) {
    top_l2v = bits - SLOT_BITS;
    top_match = match;
    for (unsigned i = 0; i < LEVELS; i++)
        prefix[i] = 0;
}

/* Makes the GPT of a level for an address and hangs it into the one above. */
static void level_make(unsigned level, unsigned l2v, unsigned long address) {
    alloc(CAP_GPT, 0, R_LEVEL + level);
    set(R_LEVEL + level, OP_GPT_SET_L2V, l2v, CR_NULL);
    prefix[level] = (address >> (l2v + SLOT_BITS)) + 1;
    if (l2v < top_l2v) {
        set(R_LEVEL + level + 1, OP_GPT_SET, address >> (l2v + SLOT_BITS) & (SLOTS - 1), R_LEVEL + level);
    } else {
        derive(R_LEVEL + level, OP_MEM_GUARD, top_match, l2v + SLOT_BITS, R_GUARDED);
        set(R_TOP, OP_GPT_SET, address >> INIT_SLOT_BITS, R_GUARDED);
    }
}

static void insert(unsigned long address, unsigned page) {
    for (unsigned l2v = top_l2v; l2v >= 12; l2v -= SLOT_BITS) {
        unsigned level = (l2v - 12) / SLOT_BITS;
        if (prefix[level] != (address >> (l2v + SLOT_BITS)) + 1)
            level_make(level, l2v, address);
    }
    set(R_LEVEL, OP_GPT_SET, address >> 12 & (SLOTS - 1), page);
}

static unsigned long restrictions(unsigned flags) {
    return (flags & PF_W ? 0u : CAP_RO) | (flags & PF_X ? 0u : CAP_NX);
}

/* A fresh page, visible in the window. Returns where. */
static unsigned char *page_open(unsigned long address) {
    alloc(CAP_PAGE, 0, R_PAGE);
    page_in_hand = address;
    page_flags = 0;
    unsigned long slot = window_next++ % SLOTS;
    set(R_WINDOW, OP_GPT_SET, slot, R_PAGE);
    return WINDOW + slot * PAGE;
}

/* Brings the file's part of one page to the program. */
static void page_fill(const struct program *program, const Elf64_Phdr *segment, unsigned long page) {
    unsigned long file_end = segment->p_vaddr + segment->p_filesz;
    unsigned long from = page < segment->p_vaddr ? segment->p_vaddr : page;
    unsigned long to = file_end < page + PAGE ? file_end : page + PAGE;
    unsigned char *data = page_in_hand == page ? WINDOW + (window_next - 1) % SLOTS * PAGE : page_open(page);
    if (to > from)
        memcpy(data + (from - page), program->file + segment->p_offset + (from - segment->p_vaddr), to - from);
    page_flags |= segment->p_flags; /* a page that two segments share may do what either may */
    derive(R_PAGE, OP_MEM_REDUCE, restrictions(page_flags), 0, R_PAGE_REDUCED);
    insert(page, R_PAGE_REDUCED);
}

static void segment_load(const struct program *program, const Elf64_Phdr *segment) {
    unsigned long end = segment->p_vaddr + segment->p_memsz, file_end = segment->p_vaddr + segment->p_filesz;
    for (unsigned long page = segment->p_vaddr & ~(PAGE - 1); page < end; page += PAGE) {
        if (page < file_end || page == page_in_hand) {
            page_fill(program, segment, page);
        } else { /* all zero, as fresh pages are */
            alloc(CAP_PAGE, restrictions(segment->p_flags), R_PAGE_REDUCED);
            insert(page, R_PAGE_REDUCED);
            page_in_hand = 1;
        }
    }
}

/* How many bits of address the tree for the 2^44 bytes that begin at `base` must resolve. */
static unsigned region_bits(const struct program *program, unsigned long base) {
    unsigned long highest = 0, limit = 1ul << INIT_SLOT_BITS;
    for (unsigned i = 0; i < program->segments; i++) {
        const Elf64_Phdr *segment = &program->segment[i];
        unsigned long end = segment->p_vaddr + segment->p_memsz;
        if (segment->p_type == PT_LOAD && end > base && segment->p_vaddr < base + limit)
            highest = end - base > limit ? limit : end - base > highest ? end - base : highest;
    }
    unsigned bits = 16;
    while (bits < INIT_SLOT_BITS && highest > 1ul << bits)
        bits += SLOT_BITS;
    return bits;
}

void space_load(const struct program *program) {
    page_in_hand = 1;
    alloc(CAP_GPT, 0, R_TOP);
    set(R_TOP, OP_GPT_SET_L2V, INIT_SLOT_BITS, CR_NULL);
    alloc(CAP_GPT, 0, R_WINDOW);
    derive(R_WINDOW, OP_MEM_GUARD, 0, 16, R_GUARDED);
    set(INIT_SPACE, OP_GPT_SET, INIT_SLOT_FREE, R_GUARDED);
    unsigned long region = ~0ul;
    for (unsigned i = 0; i < program->segments; i++) {
        const Elf64_Phdr *segment = &program->segment[i];
        if (segment->p_type != PT_LOAD || segment->p_memsz == 0)
            continue;
        if ((segment->p_vaddr + segment->p_memsz - 1) >> INIT_SLOT_BITS != segment->p_vaddr >> INIT_SLOT_BITS)
            init_fail(126, "a segment crosses a border of 16 TiB");
        if (region != segment->p_vaddr >> INIT_SLOT_BITS) {
            region = segment->p_vaddr >> INIT_SLOT_BITS;
            region_begin(region_bits(program, region << INIT_SLOT_BITS), 0);
        }
        segment_load(program, segment);
    }
    set(INIT_SPACE, OP_GPT_SET, INIT_SLOT_FREE, CR_NULL);
}

static void stack_map(void) {
    region_begin(STACK_BITS, (GUEST_STACK_TOP - 1) % (1ul << INIT_SLOT_BITS) >> STACK_BITS);
    for (unsigned long page = GUEST_STACK_TOP - GUEST_STACK_SIZE; page < GUEST_STACK_TOP; page += PAGE) {
        alloc(CAP_PAGE, CAP_NX, R_PAGE_REDUCED);
        insert(page, R_PAGE_REDUCED);
    }
    derive(R_LEVEL + 1, OP_MEM_GUARD, 0, STACK_BITS, R_GUARDED); /* init sees it too, for a moment */
    set(INIT_SPACE, OP_GPT_SET, INIT_SLOT_FREE + 1, R_GUARDED);
}

/* Where init sees an address of the stack. */
static unsigned char *stack_view(unsigned long address) {
    return STACK_WINDOW + address % (1ul << STACK_BITS);
}

unsigned long space_stack(unsigned argc, const char *arguments, unsigned long size) {
    unsigned long strings = (GUEST_STACK_TOP - size) & ~15ul;
    unsigned long rsp = (strings - (argc + 2ul) * sizeof(long)) & ~15ul;
    if (size + argc * sizeof(long) > GUEST_STACK_SIZE / 2)
        init_fail(125, "the arguments do not fit on the stack");
    stack_map();
    memcpy(stack_view(strings), arguments, size);
    unsigned long *word = (unsigned long *)(void *)stack_view(rsp);
    *word++ = argc;
    for (unsigned i = 0; i < argc; i++) {
        *word++ = strings;
        while (*stack_view(strings++))
            ;
    }
    *word = 0;
    set(INIT_SPACE, OP_GPT_SET, INIT_SLOT_FREE + 1, CR_NULL);
    return rsp;
}
