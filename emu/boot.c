/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Boot: the kernel file at its physical addresses, then, above it, start info and modules, each on a page of its own;
 * long mode with the low 4 GiB mapped one to one; rbx points at the start info (platform.h, "Entry").
 *
 *   0 … kernel … | start info, module list, memory map, command line | module 0 | module 1 | …          RAM
 */
#include "internal.h"

#include <elf.h>
#include <string.h>

#define CR0_PE 1ul
#define CR0_TS 8ul
#define CR0_EM 4ul
#define CR0_MP 2ul
#define CR0_PG (1ul << 31)
#define CR4_PAE 0x20ul
#define CR4_OSFXSR 0x200ul
#define CR4_OSXMMEXCPT 0x400ul
#define MSR_EFER 0xc0000080u
#define EFER_BOOT 0xd01 /* SCE, LME, LMA, NXE */
#define EFER_NXE 0x800ul
/* What a processor in long mode has and may have: CR0 also TS EM MP ET NE WP AM; CR4 VME … PCE, SMEP, SMAP … */
#define CR0_MUST (CR0_PG | CR0_PE)
#define CR0_MAY (CR0_PG | 0x5003ful)
#define CR4_MAY 0x3107fful

struct image {
    const uint8_t *data;
    size_t size;
    const Elf64_Ehdr *header;
};

static uint64_t page_up(uint64_t address) {
    return (address + PAGE_SIZE - 1) & PAGE_MASK;
}

static const char *image_check(struct image *image, struct emu_module file) {
    const Elf64_Ehdr *header = file.data;
    *image = (struct image){file.data, file.size, header};
    if (file.size < sizeof *header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return "not an ELF file";
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
        header->e_machine != EM_X86_64)
        return "not for x86-64";
    if (header->e_type != ET_EXEC || header->e_phentsize != sizeof(Elf64_Phdr))
        return "not an executable at fixed addresses";
    if (header->e_phoff > file.size || (uint64_t)header->e_phnum * sizeof(Elf64_Phdr) > file.size - header->e_phoff)
        return "truncated (program headers)";
    return NULL;
}

static Elf64_Phdr segment(const struct image *image, unsigned i) {
    Elf64_Phdr phdr;
    memcpy(&phdr, image->data + image->header->e_phoff + i * sizeof phdr, sizeof phdr);
    return phdr;
}

/* Copies the segments; *end: first free byte behind them. */
static const char *image_load(struct emu *emu, const struct image *image, uint64_t *end) {
    for (unsigned i = 0; i < image->header->e_phnum; i++) {
        Elf64_Phdr phdr = segment(image, i);
        if (phdr.p_type != PT_LOAD || !phdr.p_memsz)
            continue;
        if (phdr.p_filesz > phdr.p_memsz || phdr.p_offset > image->size || phdr.p_filesz > image->size - phdr.p_offset)
            return "truncated (segment contents)";
        uint8_t *to = ram_pointer(emu, phdr.p_paddr, phdr.p_memsz);
        if (!to)
            return "too large for the machine's memory";
        memcpy(to, image->data + phdr.p_offset, phdr.p_filesz); /* the rest is zero: fresh RAM */
        if (phdr.p_paddr + phdr.p_memsz > *end)
            *end = phdr.p_paddr + phdr.p_memsz;
    }
    return *end ? NULL : "without a loadable segment";
}

/* The entry point may be given as linked or as loaded. */
static const char *image_entry(const struct image *image, uint64_t *entry) {
    uint64_t given = image->header->e_entry;
    for (unsigned i = 0; i < image->header->e_phnum; i++) {
        Elf64_Phdr phdr = segment(image, i);
        if (phdr.p_type == PT_LOAD && given - phdr.p_vaddr < phdr.p_memsz)
            *entry = phdr.p_paddr + (given - phdr.p_vaddr);
        else if (phdr.p_type == PT_LOAD && given - phdr.p_paddr < phdr.p_memsz)
            *entry = given;
        else
            continue;
        return NULL;
    }
    return "without an entry point in its segments";
}

/* Puts bytes at *at, which moves on; NULL when RAM is full. */
static uint8_t *place(struct emu *emu, uint64_t *at, const void *data, size_t size) {
    uint8_t *to = ram_pointer(emu, *at, size);
    if (!to)
        return NULL;
    if (size)
        memcpy(to, data, size);
    *at += size;
    return to;
}

/* Start info and what hangs on it, from `at` on. Returns its address, 0: no room. */
static uint64_t start_info(struct emu *emu, const struct emu_config *config, uint64_t at) {
    const char *cmdline = config->cmdline ? config->cmdline : "";
    const char *timer = *cmdline ? " " CMDLINE_TIMER : CMDLINE_TIMER;
    struct pvh_memmap_entry map = {.addr = 0, .size = emu->ram_size, .type = 1};
    struct pvh_start_info info = {
        .magic = PVH_MAGIC, .version = 1, .nr_modules = (unsigned)config->module_count, .memmap_entries = 1};
    uint64_t start = at, body;

    at += sizeof info;
    info.memmap = at;
    if (!place(emu, &at, &map, sizeof map))
        return 0;
    info.modlist = config->module_count ? at : 0;
    uint64_t list = at;
    at += config->module_count * sizeof(struct pvh_module);
    info.cmdline = at;
    if (!place(emu, &at, cmdline, strlen(cmdline)) || !place(emu, &at, timer, strlen(timer) + 1))
        return 0;
    for (size_t i = 0; i < config->module_count; i++) {
        struct pvh_module module = {.paddr = body = page_up(at), .size = config->modules[i].size};
        if (!place(emu, &body, config->modules[i].data, config->modules[i].size) ||
            !place(emu, &list, &module, sizeof module))
            return 0;
        at = body;
    }
    at = start;
    return place(emu, &at, &info, sizeof info) ? start : 0;
}

/* Low 4 GiB one to one, in 1 GiB pages. */
static uint64_t boot_tables(struct emu *emu) {
    uint64_t *top = (uint64_t *)(emu->rom + ROM_TABLES), *next = top + 512;
    top[0] = (ROM_GPA + ROM_TABLES + PAGE_SIZE) | 3;
    for (uint64_t i = 0; i < 4; i++)
        next[i] = i << 30 | 0x83;
    return ROM_GPA + ROM_TABLES;
}

static void long_mode(struct emu *emu, uint64_t entry, uint64_t info) {
    uc_x86_msr efer = {.rid = MSR_EFER, .value = EFER_BOOT};

    reg_set(emu, UC_X86_REG_CR3, boot_tables(emu));
    reg_set(emu, UC_X86_REG_CR4, CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT);
    uc_reg_write(emu->uc, UC_X86_REG_MSR, &efer);
    uint64_t cr0 = reg_get(emu, UC_X86_REG_CR0);
    reg_set(emu, UC_X86_REG_CR0, (cr0 | CR0_PG | CR0_PE | CR0_MP) & ~(CR0_EM | CR0_TS));
    reg_set(emu, UC_X86_REG_EFLAGS, 2);
    reg_set(emu, UC_X86_REG_RBX, info);
    reg_set(emu, UC_X86_REG_RIP, entry);
}

bool boot_mode_possible(uint64_t cr0, uint64_t cr4, uint64_t efer) {
    uint64_t most = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_MAY;
    return (cr0 & CR0_MUST) == CR0_MUST && !(cr0 & ~CR0_MAY) && (cr4 & CR4_PAE) && !(cr4 & ~most) &&
           (efer & ~EFER_NXE) == (EFER_BOOT & ~EFER_NXE);
}

enum facet_status boot_load(struct emu *emu, const struct emu_config *config, struct facet_error *error) {
    struct image image;
    uint64_t end = 0, entry = 0;
    const char *wrong = image_check(&image, config->kernel);

    if (!wrong)
        wrong = image_load(emu, &image, &end);
    if (!wrong)
        wrong = image_entry(&image, &entry);
    if (wrong)
        return facet_fail(error, FACET_ERR_FAILED, "the kernel image is %s", wrong);
    uint64_t info = start_info(emu, config, page_up(end));
    if (!info)
        return facet_fail(error, FACET_ERR_FAILED, "%zu MiB of memory are too little for the kernel and its modules",
                          config->ram_size >> 20);
    long_mode(emu, entry, info);
    return FACET_OK;
}
