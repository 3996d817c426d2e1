/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Damages an ELF file by a seed: bytes of its headers, fields of them, its end. usage: elfs FILE SEED > DAMAGED
 */
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;
static union {
    unsigned char bytes[4 << 20];
    Elf64_Ehdr header;
} file;

static uint64_t below(uint64_t limit) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (state * 0x2545f4914f6cdd1d >> 16) % limit;
}

static uint64_t wild(uint64_t old) {
    static const uint64_t values[] = {
        0,          1,         7,         0xff,      0xfff,          0x1000,      0x10000,   0xffff,
        0x7fffffff, 1ul << 32, 1ul << 46, 1ul << 47, 0x7ffffffff000, ~0ul - 4095, 1ul << 63, ~0ul};
    uint64_t value = values[below(sizeof values / sizeof *values)];
    switch (below(4)) {
    case 0:
        return old + value;
    case 1:
        return old ^ 1ul << below(64);
    case 2:
        return old + below(16) * 4096;
    default:
        return value;
    }
}

static void change(void *field, size_t size) {
    uint64_t value = 0;
    memcpy(&value, field, size);
    value = wild(value);
    memcpy(field, &value, size);
}

static void change_segment(Elf64_Phdr *p) {
    struct {
        void *field;
        size_t size;
    } fields[] = {{&p->p_type, 4},   {&p->p_flags, 4}, {&p->p_offset, 8}, {&p->p_vaddr, 8},
                  {&p->p_filesz, 8}, {&p->p_memsz, 8}, {&p->p_align, 8},  {&p->p_vaddr, 8}};
    unsigned i = (unsigned)below(8);
    change(fields[i].field, fields[i].size);
}

int main(int argc, char **argv) {
    FILE *from = argc == 3 ? fopen(argv[1], "rb") : NULL;
    if (!from)
        return 2;
    size_t size = fread(file.bytes, 1, sizeof file.bytes, from);
    state = strtoul(argv[2], 0, 0) * 0x9e3779b97f4a7c15 + 1;
    Elf64_Phdr *segments = (void *)(file.bytes + file.header.e_phoff);
    unsigned count = file.header.e_phnum;
    size_t headers = file.header.e_phoff + count * sizeof *segments;
    for (uint64_t i = 1 + below(3); i; i--) {
        uint64_t what = below(16);
        if (what < 5)
            file.bytes[below(headers)] = (unsigned char)below(256);
        else if (what < 13)
            change_segment(&segments[below(count)]);
        else if (what == 13)
            change(&file.header.e_entry, 8);
        else if (what == 14)
            change(&file.header.e_phoff, 8);
        else
            change(&file.header.e_phnum, 2);
    }
    if (below(16) == 0)
        size = below(size);
    return fwrite(file.bytes, 1, size, stdout) == size ? 0 : 1;
}
