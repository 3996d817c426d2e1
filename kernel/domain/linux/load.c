/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The program's ELF file, a module of the machine, becomes regions and pages. Its pages are brought at once, and of the
 * bss as much as makes no difference to the start; the rest comes when it is touched.
 */
#include "internal.h"
#include <asm/mman.h>
#include <elf.h>

#define PIE_BASE 0x555555554000ul
#define LOWEST 0x10000ul         /* vm.mmap_min_addr */
#define HIGHEST 0x7fff00000000ul /* the mappings and the stack lie above */
#define BSS_AT_ONCE (8ul << 20)

static const unsigned char *file;
static unsigned long size;

static _Noreturn void refuse(const char *why) {
    say("facet: %s: %s", boot.exe, why);
    linux_exit(126);
}

static int inside(unsigned long offset, unsigned long length) {
    return offset <= size && length <= size - offset;
}

static const Elf64_Ehdr *header_check(void) {
    const Elf64_Ehdr *header = (const void *)file;
    if (size < sizeof *header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        refuse("not a program: it is no ELF file");
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_machine != EM_X86_64)
        refuse("not a program for x86-64");
    if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
        refuse("not an executable file");
    if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phoff % 8 != 0 ||
        !inside(header->e_phoff, header->e_phnum * sizeof(Elf64_Phdr)))
        refuse("truncated: its program headers lie outside the file");
    return header;
}

static void segment_check(const Elf64_Phdr *segment, unsigned long bias) {
    unsigned long start = segment->p_vaddr + bias;
    if (segment->p_type == PT_INTERP)
        refuse("dynamically linked programs are not supported: link with -static");
    if (segment->p_type != PT_LOAD)
        return;
    if (!inside(segment->p_offset, segment->p_filesz))
        refuse("truncated: a segment lies outside the file");
    if (segment->p_vaddr > HIGHEST || start < LOWEST || start > HIGHEST || segment->p_memsz > HIGHEST - start ||
        segment->p_filesz > segment->p_memsz)
        refuse("malformed: a segment's addresses are impossible");
    if (segment->p_filesz && (segment->p_vaddr - segment->p_offset) % PAGE_SIZE)
        refuse("malformed: a segment's address does not fit its place in the file");
}

/* Behind what is loaded, and where a position-independent program goes: as aligned as its segments ask for. */
static unsigned long bias_of(const Elf64_Ehdr *header, const Elf64_Phdr *segment) {
    unsigned long alignment = PAGE_SIZE;
    if (header->e_type != ET_DYN)
        return 0;
    for (unsigned i = 0; i < header->e_phnum; i++)
        if (segment[i].p_type == PT_LOAD && segment[i].p_align > alignment && segment[i].p_align <= 1ul << 30 &&
            (segment[i].p_align & (segment[i].p_align - 1)) == 0)
            alignment = segment[i].p_align;
    return PIE_BASE & ~(alignment - 1);
}

/* One page of the file, the part that is bss cleared. */
static void page_load(const Elf64_Phdr *segment, unsigned long bias, unsigned long page, unsigned state) {
    static unsigned char contents[PAGE_SIZE];
    unsigned long start = segment->p_vaddr + bias, file_end = start + segment->p_filesz;
    unsigned long offset = segment->p_offset - start % PAGE_SIZE + (page - (start & PAGE_MASK));
    unsigned long there = offset < size ? size - offset : 0;
    there = there < PAGE_SIZE ? there : PAGE_SIZE;
    if (segment->p_memsz > segment->p_filesz && file_end < page + there)
        there = file_end - page;
    const void *from = file + offset;
    if (there < PAGE_SIZE) {
        memcpy(contents, from, there);
        memset(contents + there, 0, PAGE_SIZE - there);
        from = contents;
    }
    if (!space_add(page, state, from))
        linux_fail("there is too little memory for the program (--memory, --grant bank:SIZE)");
}

static void segment_pages(const Elf64_Phdr *segment, unsigned long bias, unsigned prot) {
    unsigned long start = segment->p_vaddr + bias, file_end = start + segment->p_filesz;
    unsigned long end = start + segment->p_memsz;
    for (unsigned long page = start & PAGE_MASK; page < end; page += PAGE_SIZE) {
        if (segment->p_filesz && page < file_end)
            page_load(segment, bias, page, vm_state(prot));
        else if (page - (file_end & PAGE_MASK) > BSS_AT_ONCE || !space_add(page, vm_state(prot), 0))
            break; /* later */
    }
}

/* A later segment takes over a page that it shares with an earlier one. */
static void segment_load(const Elf64_Phdr *segment, unsigned long bias) {
    unsigned long start = (segment->p_vaddr + bias) & PAGE_MASK;
    unsigned long end = (segment->p_vaddr + bias + segment->p_memsz + PAGE_SIZE - 1) & PAGE_MASK;
    unsigned prot = (segment->p_flags & PF_R ? PROT_READ : 0u) | (segment->p_flags & PF_W ? PROT_WRITE : 0u) |
                    (segment->p_flags & PF_X ? PROT_EXEC : 0u);
    struct area covered;
    if (start == end)
        return;
    if (!region_room(2))
        linux_fail("there is too little memory for the program (--memory, --grant bank:SIZE)");
    space_remove(start, end);
    while (region_take(start, end, &covered))
        ;
    region_add(&(struct area){.start = start, .end = end, .prot = prot, .kind = REGION_PROGRAM, .file = -1});
    segment_pages(segment, bias, prot);
    space_told(start, end - start);
}

static unsigned long headers_address(const Elf64_Ehdr *header, const Elf64_Phdr *segment, unsigned long bias) {
    for (unsigned i = 0; i < header->e_phnum; i++)
        if (segment[i].p_type == PT_LOAD && header->e_phoff >= segment[i].p_offset &&
            header->e_phoff - segment[i].p_offset < segment[i].p_filesz)
            return header->e_phoff - segment[i].p_offset + segment[i].p_vaddr + bias;
    return 0;
}

void load_program(const unsigned char *bytes, unsigned long length, unsigned long *entry, unsigned long *stack) {
    file = bytes;
    size = length;
    const Elf64_Ehdr *header = header_check();
    const Elf64_Phdr *segment = (const void *)(file + header->e_phoff);
    unsigned long bias = bias_of(header, segment);
    struct image image = {.entry = header->e_entry + bias,
                          .headers = headers_address(header, segment, bias),
                          .header_count = header->e_phnum};
    for (unsigned i = 0; i < header->e_phnum; i++)
        segment_check(&segment[i], bias);
    for (unsigned i = 0; i < header->e_phnum; i++) {
        if (segment[i].p_type == PT_GNU_STACK)
            image.stack_executable = segment[i].p_flags & PF_X;
        if (segment[i].p_type != PT_LOAD)
            continue;
        segment_load(&segment[i], bias);
        unsigned long end = segment[i].p_vaddr + bias + segment[i].p_memsz;
        image.end = end > image.end ? end : image.end;
    }
    if (image.end == 0)
        refuse("malformed: it has nothing to load");
    image.end = (image.end + PAGE_SIZE - 1) & PAGE_MASK;
    memory_start(&image);
    *stack = stack_make(&image);
    *entry = image.entry;
}
