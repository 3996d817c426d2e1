/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The system calls, from the rows of the dispatcher in kernel.elf: optable KERNEL.ELF markdown | rows
 *
 *     markdown   the table of kernel/README.md
 *     rows       initialisers for tests/guests/operations.c
 */
#include "kernel/invoke.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const unsigned char *image;

static _Noreturn void fail(const char *what) {
    fprintf(stderr, "optable: %s\n", what);
    exit(1);
}

static void image_open(const char *path) {
    struct stat stat;
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &stat) < 0)
        fail("cannot open the kernel");
    image = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (image == MAP_FAILED || memcmp(image, ELFMAG, SELFMAG) != 0)
        fail("no ELF file");
}

/* What lies at an address of the kernel's image. */
static const void *at(unsigned long address) {
    const Elf64_Ehdr *header = (const void *)image;
    const Elf64_Phdr *segment = (const void *)(image + header->e_phoff);
    for (unsigned i = 0; i < header->e_phnum; i++)
        if (segment[i].p_type == PT_LOAD && address - segment[i].p_vaddr < segment[i].p_filesz)
            return image + segment[i].p_offset + (address - segment[i].p_vaddr);
    fail("an address outside the kernel");
}

static const char *text(const char *kernel) {
    return kernel ? at((unsigned long)kernel) : NULL;
}

static const void *symbol(const char *name) {
    const Elf64_Ehdr *header = (const void *)image;
    const Elf64_Shdr *section = (const void *)(image + header->e_shoff);
    for (unsigned i = 0; i < header->e_shnum; i++) {
        if (section[i].sh_type != SHT_SYMTAB)
            continue;
        const Elf64_Sym *symbols = (const void *)(image + section[i].sh_offset);
        const char *names = (const char *)image + section[section[i].sh_link].sh_offset;
        for (size_t s = 0; s < section[i].sh_size / sizeof *symbols; s++)
            if (strcmp(names + symbols[s].st_name, name) == 0)
                return at(symbols[s].st_value);
    }
    fail("no operation_groups in the kernel");
}

/* ---- Markdown */

static void types_print(unsigned types) {
    static const char *const names[] = {"Null",  "Page",     "CapPage",     "GPT",       "Process", "Endpoint",
                                        "Entry", "Resume",   "Range",       "Stream",    "Console", "Debug",
                                        "Power", "Discrim",  "Schedule",    "Sleep",     "Window",  "LocalWindow",
                                        "Host",  "HostFile", "ProcessTool", "Forwarder", "Forward"};
    _Static_assert(sizeof names / sizeof *names == CAP_TYPES, "a name for each type");
    const char *between = "";
    if ((types & CAP_SET_KERNEL) == CAP_SET_KERNEL) {
        printf("any");
        return;
    }
    for (unsigned type = 0; type < CAP_TYPES; type++)
        if (types & CAP_SET(type)) {
            printf("%s%s", between, names[type]);
            between = ", ";
        }
}

static void restrictions_print(unsigned restrictions) {
    static const char *const names[] = {"RO", "NX", "WK", "OP", "NC"};
    const char *between = "";
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (restrictions & 1u << i) {
            printf("%s%s", between, names[i]);
            between = " ";
        }
}

static void takes_print(const struct operation *row) {
    const char *between = "";
    for (unsigned i = 0; i < OPERATION_WORDS && row->word[i].name; i++) {
        const struct operation_word *word = &row->word[i];
        printf("%sw%u %s", between, i, text(word->name));
        if (word->low > 0 || word->high != ~0ul)
            printf(" (%lu…%lu)", word->low, word->high);
        between = "; ";
    }
    for (unsigned i = 0; i < OPERATION_SENT && row->sent[i].name; i++) {
        printf("%ss%u %s (", between, i, text(row->sent[i].name));
        types_print(row->sent[i].types);
        printf(")");
        between = "; ";
    }
    if (row->string)
        printf("%sa string of %u bytes", between, row->string), between = "; ";
    if (row->room)
        printf("%sroom for %u bytes", between, row->room);
}

static void markdown(const struct operation *row) {
    printf("| `%s` | 0x%x | ", text(row->name), row->op);
    types_print(row->types);
    printf(" | ");
    restrictions_print(row->forbidden);
    printf(" | ");
    takes_print(row);
    printf(" | %s |\n", row->result ? text(row->result) : "");
}

/* ---- Rows */

static void initialiser(const struct operation *row) {
    printf("{%u, \"%s\", %u, %u, {", row->op, text(row->name), row->types & CAP_SET_ANY, row->forbidden);
    for (unsigned i = 0; i < OPERATION_WORDS; i++) /* a word that is ignored may be anything */
        printf("{%luu, %luu}, ", row->word[i].low, row->word[i].name ? row->word[i].high : ~0ul);
    printf("}, {");
    for (unsigned i = 0; i < OPERATION_SENT; i++)
        printf("%u, ", row->sent[i].name ? row->sent[i].types : CAP_SET_ANY);
    printf("}, %u, %u},\n", row->string, row->room);
}

int main(int argc, char **argv) {
    if (argc != 3)
        fail("usage: optable KERNEL.ELF markdown|rows");
    image_open(argv[1]);
    void (*print_row)(const struct operation *) = strcmp(argv[2], "rows") == 0 ? initialiser : markdown;
    if (print_row == markdown)
        printf("| Operation | Number | Capability | Not through | Takes | Gives |\n|---|---|---|---|---|---|\n");
    const struct operation_group *const *groups = symbol("operation_groups");
    for (unsigned g = 0; g < OPERATION_GROUPS; g++) {
        const struct operation_group *group = at((unsigned long)groups[g]);
        const struct operation *rows = at((unsigned long)group->rows);
        for (unsigned long i = 0; i < group->count; i++)
            if (rows[i].name)
                print_row(&rows[i]);
    }
    return 0;
}
