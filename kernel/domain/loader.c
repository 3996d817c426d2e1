/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The space has a root GPT with l2v 44. Everything that lies under one of its slots hangs on one node whose guard holds the
 * address bits that all of it shares, and below that on nodes of 16 slots each:
 *
 *     root ──slot 0, guard──> node l2v 20 ──> node l2v 16 ──> node l2v 12 ──> page
 */
#include "loader.h"

#include <elf.h>
#include <facet/guest.h>

#define PAGE 4096ul
#define SEGMENTS_MAX 16
#define LEVELS_MAX 8 /* of nodes below the root: l2v 40, 36, … 12 */
#define STACK_IMAGE 0x10000ul

/* A range of whole pages with one purpose; file bytes cover [data_va, data_va + data_size). */
struct segment {
    unsigned long start, end, data_va, data_size;
    const unsigned char *data;
    unsigned flags; /* PF_R, PF_W, PF_X */
};

static struct segment segments[SEGMENTS_MAX + 1];
static unsigned segment_count;

/* The path to the page that was inserted last; pages come in ascending order, so no node is entered twice. */
static struct {
    unsigned top_l2g;                 /* of the guard under the root */
    unsigned long prefix[LEVELS_MAX]; /* address >> (l2v + 4) of the node in register LOADER_NODE + level, ~0: none */
} path;

/* ---- Reading the image */

static const char *add_segment(const unsigned char *image, unsigned long size, const Elf64_Phdr *p) {
    if (p->p_offset > size || p->p_filesz > size - p->p_offset || p->p_filesz > p->p_memsz)
        return "a segment of the program lies outside its file";
    if (p->p_vaddr >= GUEST_STACK_TOP - GUEST_STACK_SIZE || p->p_memsz > GUEST_STACK_TOP - GUEST_STACK_SIZE - p->p_vaddr)
        return "a segment of the program lies outside the address space";
    if (segment_count == SEGMENTS_MAX)
        return "the program has too many segments";
    struct segment s = {
        .start = p->p_vaddr & ~(PAGE - 1),
        .end = (p->p_vaddr + p->p_memsz + PAGE - 1) & ~(PAGE - 1),
        .data_va = p->p_vaddr,
        .data_size = p->p_filesz,
        .data = image + p->p_offset,
        .flags = p->p_flags,
    };
    unsigned i = segment_count++;
    for (; i > 0 && segments[i - 1].start > s.start; i--)
        segments[i] = segments[i - 1];
    segments[i] = s;
    return 0;
}

static const char *read_image(const void *image, unsigned long size, unsigned long *entry) {
    const Elf64_Ehdr *e = image;
    if (size < sizeof *e || memcmp(e->e_ident, ELFMAG, SELFMAG) || e->e_ident[EI_CLASS] != ELFCLASS64 ||
        e->e_type != ET_EXEC || e->e_machine != EM_X86_64 || e->e_phentsize != sizeof(Elf64_Phdr))
        return "the program is no static x86-64 ELF file";
    if (e->e_phoff > size || e->e_phnum > (size - e->e_phoff) / sizeof(Elf64_Phdr) || e->e_phoff % 8)
        return "the program's file is truncated";
    const Elf64_Phdr *p = (const void *)((const char *)image + e->e_phoff);
    for (int i = 0; i < e->e_phnum; i++) {
        const char *why = p[i].p_type == PT_LOAD && p[i].p_memsz ? add_segment(image, size, &p[i]) : 0;
        if (why)
            return why;
    }
    *entry = e->e_entry;
    return 0;
}

/* ---- Building the tree */

static unsigned long set_l2v(unsigned node, unsigned l2v) {
    return facet_set(node, OP_GPT_SET_L2V, l2v, CR_NULL);
}

/* Makes the node for `address` at `level` (0: directly under the root) and hangs it into its parent. */
static unsigned long make_node(unsigned level, unsigned long address) {
    unsigned l2g = path.top_l2g - 4 * level, node = LOADER_NODE + level;
    unsigned long in_root = address & ((1ul << INIT_SPACE_L2V) - 1);
    unsigned long rc = facet_alloc(CAP_GPT, node);
    rc = rc ? rc : set_l2v(node, l2g - 4);
    rc = rc ? rc : facet_get(node, OP_MEM_GUARD, level ? 0 : in_root >> l2g, l2g, node);
    unsigned parent = level ? node - 1 : LOADER_ROOT;
    unsigned long slot = level ? address >> l2g & 15 : address >> INIT_SPACE_L2V;
    return rc ? rc : facet_set(parent, OP_GPT_SET, slot, node);
}

/* Hangs the page in LOADER_PAGE into the tree. */
static unsigned long insert_page(unsigned long address, unsigned restr) {
    unsigned last = (path.top_l2g - 16) / 4;
    for (unsigned level = 0; level <= last; level++) {
        unsigned long prefix = address >> (path.top_l2g - 4 * level);
        if (path.prefix[level] == prefix)
            continue;
        unsigned long rc = make_node(level, address);
        if (rc)
            return rc;
        path.prefix[level] = prefix;
        for (unsigned below = level + 1; below < LEVELS_MAX; below++)
            path.prefix[below] = ~0ul;
    }
    unsigned long rc = restr ? facet_get(LOADER_PAGE, OP_MEM_REDUCE, restr, 0, LOADER_PAGE) : RC_OK;
    return rc ? rc : facet_set(LOADER_NODE + last, OP_GPT_SET, address >> 12 & 15, LOADER_PAGE);
}

/* Copies what segment s has for the page at `address` to the window. */
static void copy_data(const struct segment *s, unsigned long address) {
    unsigned long from = s->data_va > address ? s->data_va : address;
    unsigned long to = s->data_va + s->data_size < address + PAGE ? s->data_va + s->data_size : address + PAGE;
    if (from < to)
        memcpy((void *)(INIT_WINDOW + (from - address)), s->data + (from - s->data_va), to - from);
}

/* One page, from all segments that touch it. */
static unsigned long make_page(unsigned long address) {
    unsigned flags = 0;
    int filled = 0;
    unsigned long rc = facet_alloc(CAP_PAGE, LOADER_PAGE);
    for (unsigned i = 0; i < segment_count && !rc; i++) {
        const struct segment *s = &segments[i];
        if (address < s->start || address >= s->end)
            continue;
        flags |= s->flags;
        if (address >= s->data_va + s->data_size || address + PAGE <= s->data_va)
            continue;
        if (!filled++)
            rc = facet_set(INIT_SPACE, OP_GPT_SET, INIT_WINDOW >> INIT_SPACE_L2V, LOADER_PAGE);
        if (!rc)
            copy_data(s, address);
    }
    unsigned restr = (flags & PF_W ? 0 : CAP_RO) | (flags & PF_X ? 0 : CAP_NX);
    return rc ? rc : insert_page(address, restr);
}

/* Smallest guard that all pages under the root slot of `start` share: 16, 20, … 44 bits below it. */
static unsigned shared_l2g(unsigned first) {
    unsigned long slot = segments[first].start >> INIT_SPACE_L2V, start = segments[first].start, end = start;
    for (unsigned i = first; i < segment_count && segments[i].start >> INIT_SPACE_L2V == slot; i++)
        if (segments[i].end > end)
            end = segments[i].end;
    unsigned l2g = 16;
    while (l2g < INIT_SPACE_L2V && start >> l2g != (end - 1) >> l2g)
        l2g += 4;
    return l2g;
}

static const char *build_tree(void) {
    unsigned long next = 0, slot = ~0ul;
    for (unsigned i = 0; i < segment_count; i++) {
        if (segments[i].start >> INIT_SPACE_L2V != (segments[i].end - 1) >> INIT_SPACE_L2V)
            return "a segment of the program crosses a border of 16 TiB";
        if (segments[i].start >> INIT_SPACE_L2V != slot) {
            slot = segments[i].start >> INIT_SPACE_L2V;
            path.top_l2g = shared_l2g(i);
            for (unsigned level = 0; level < LEVELS_MAX; level++)
                path.prefix[level] = ~0ul;
        }
        for (unsigned long a = segments[i].start > next ? segments[i].start : next; a < segments[i].end; a += PAGE)
            if (make_page(a) != RC_OK)
                return "not enough memory for the program: give more with --memory";
        if (segments[i].end > next)
            next = segments[i].end;
    }
    return 0;
}

/* ---- The stack: argc, argv[], NULL, a NULL environment, then the strings. */

static unsigned char stack_image[STACK_IMAGE];

static const char *make_stack(const struct boot_args *args, unsigned long *stack) {
    const char *strings = (const char *)(args + 1);
    unsigned long bytes = args->bytes - sizeof *args, words = args->argc + 3ul;
    if (args->argc > STACK_IMAGE / 16 || bytes > STACK_IMAGE / 2 || (args->argc && !bytes) || (bytes && strings[bytes - 1]))
        return "the program's arguments are too long";
    unsigned long strings_at = GUEST_STACK_TOP - bytes;
    unsigned long sp = (strings_at - words * 8) & ~15ul, base = GUEST_STACK_TOP - STACK_IMAGE;
    unsigned long *vector = (unsigned long *)(stack_image + (sp - base));
    memcpy(stack_image + (strings_at - base), strings, bytes);
    *vector++ = args->argc;
    for (unsigned long i = 0, at = 0; i < args->argc; i++) {
        if (at >= bytes)
            return "the argument block is damaged";
        *vector++ = strings_at + at;
        while (strings[at++])
            ;
    }
    segments[segment_count++] = (struct segment){
        .start = GUEST_STACK_TOP - GUEST_STACK_SIZE,
        .end = GUEST_STACK_TOP,
        .data_va = sp & ~(PAGE - 1),
        .data_size = GUEST_STACK_TOP - (sp & ~(PAGE - 1)),
        .data = stack_image + ((sp & ~(PAGE - 1)) - base),
        .flags = PF_R | PF_W,
    };
    *stack = sp;
    return 0;
}

const char *loader_load(const void *image, unsigned long size, const struct boot_args *args, struct loaded *loaded) {
    const char *why = read_image(image, size, &loaded->entry);
    if (!why)
        why = make_stack(args, &loaded->stack);
    if (why)
        return why;
    if (facet_alloc(CAP_GPT, LOADER_ROOT) != RC_OK || set_l2v(LOADER_ROOT, INIT_SPACE_L2V) != RC_OK)
        return "no node left for the root";
    return build_tree();
}
