/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init.h"

#define SEGMENT_LIMIT (7ul << INIT_SLOT_BITS) /* the stack's part of the space begins here */

static int same(const void *a, const void *b, unsigned long size) {
    return memcmp(a, b, size) == 0;
}

static int within(unsigned long offset, unsigned long size, unsigned long limit) {
    return offset <= limit && size <= limit - offset;
}

static const char *header_check(const Elf64_Ehdr *header, unsigned long size) {
    if (size < sizeof *header || !same(header->e_ident, ELFMAG, SELFMAG))
        return "not an ELF file";
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_machine != EM_X86_64)
        return "not an x86-64 program";
    if (header->e_type != ET_EXEC)
        return "not a static executable at fixed addresses";
    if (header->e_phentsize != sizeof(Elf64_Phdr) ||
        !within(header->e_phoff, header->e_phnum * sizeof(Elf64_Phdr), size) || header->e_phoff % 8)
        return "truncated: its program headers lie outside the file";
    return 0;
}

static const char *segment_check(const Elf64_Phdr *segment, unsigned long previous_end, unsigned long size) {
    if (!within(segment->p_offset, segment->p_filesz, size))
        return "truncated: a segment lies outside the file";
    if (segment->p_filesz > segment->p_memsz || !within(segment->p_vaddr, segment->p_memsz, SEGMENT_LIMIT))
        return "a segment's addresses are impossible";
    if (segment->p_vaddr < previous_end)
        return "its segments overlap or are not in order";
    return 0;
}

static unsigned long padded(unsigned long size) {
    return (size + 3) & ~3ul;
}

static int notes_have_native(const unsigned char *note, unsigned long left) {
    while (left >= sizeof(Elf64_Nhdr)) {
        const Elf64_Nhdr *header = (const Elf64_Nhdr *)(const void *)note;
        unsigned long name = padded(header->n_namesz), contents = padded(header->n_descsz);
        if (name > left - sizeof *header || contents > left - sizeof *header - name)
            return 0;
        const unsigned char *owner = note + sizeof *header;
        if (header->n_type == NATIVE_NOTE_TYPE && header->n_namesz == sizeof NATIVE_NOTE_NAME && contents >= 4 &&
            same(owner, NATIVE_NOTE_NAME, sizeof NATIVE_NOTE_NAME))
            return *(const unsigned *)(const void *)(owner + name) == ABI_VERSION;
        note = owner + name + contents;
        left -= sizeof *header + name + contents;
    }
    return 0;
}

int program_is_native(const void *file, unsigned long size) {
    const Elf64_Ehdr *header = file;
    if (header_check(header, size))
        return 0;
    const Elf64_Phdr *segment = (const void *)((const unsigned char *)file + header->e_phoff);
    for (unsigned i = 0; i < header->e_phnum; i++)
        if (segment[i].p_type == PT_NOTE && segment[i].p_offset % 4 == 0 &&
            within(segment[i].p_offset, segment[i].p_filesz, size) &&
            notes_have_native((const unsigned char *)file + segment[i].p_offset, segment[i].p_filesz))
            return 1;
    return 0;
}

const char *program_read(struct program *program, const void *file, unsigned long size) {
    const Elf64_Ehdr *header = file;
    const char *wrong = header_check(header, size);
    if (wrong)
        return wrong;
    *program = (struct program){file, size, (const void *)((const unsigned char *)file + header->e_phoff),
                                header->e_phnum, header->e_entry};
    unsigned long end = 0;
    for (unsigned i = 0; i < program->segments; i++) {
        const Elf64_Phdr *segment = &program->segment[i];
        if (segment->p_type == PT_LOAD) {
            wrong = segment_check(segment, end, size);
            if (wrong)
                return wrong;
            end = segment->p_vaddr + segment->p_memsz;
        }
    }
    return end == 0 ? "nothing in it is to be loaded" : 0;
}
