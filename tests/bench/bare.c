/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bare ACCESSES [BLOCKS]: the engine's bare mechanism for seeing each load and store of a page, and nothing else: an
 * aperture without permissions, its PROT hook, MMIO callbacks on a buffer, the virtual TLB. In each piece of work
 * (bench.h) so many accesses, half loads, half stores, of 8 bytes. The kernel's and the machine's (access.c) are held
 * against it.
 *
 * BLOCKS: so many other blocks of code have been run before. For the program counter of an access the engine searches
 * all that it has translated, in a tree.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unicorn/unicorn.h>

#define RAM (64ul << 20)
#define APERTURE 0x100000000ul
#define APERTURE_BYTES (1ul << 20)
#define CODE 0x400000ul
#define PAGE 0x600000ul
#define OTHER_CODE 0x1000000ul
#define BLOCK_BYTES 16ul

extern const char bare_code[], bare_code_end[];
__asm__(".pushsection .rodata\n"
        "bare_code: mov 8(%rdx),%rax\n"
        "   dec %rcx\n"
        "   jnz bare_code\n"
        "1: mov %rax,8(%rdx)\n"
        "   dec %rbx\n"
        "   jnz 1b\n"
        "   hlt\n"
        "bare_code_end:\n"
        ".popsection\n");

static uint8_t memory[APERTURE_BYTES];
static unsigned long seen;

static void check(uc_err error) {
    if (error == UC_ERR_OK)
        return;
    fprintf(stderr, "bare: %s\n", uc_strerror(error));
    exit(1);
}

static bool on_fill(uc_engine *uc, uint64_t va, uc_mem_type type, uc_tlb_entry *entry, void *data) {
    (void)uc, (void)data;
    entry->paddr = va - PAGE < APERTURE_BYTES ? APERTURE + (va - PAGE) : va;
    entry->perms = type == UC_MEM_FETCH ? UC_PROT_READ | UC_PROT_EXEC : UC_PROT_READ | UC_PROT_WRITE;
    return va < RAM;
}

static bool on_access(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value, void *data) {
    (void)uc, (void)type, (void)address, (void)size, (void)value, (void)data;
    seen++;
    return true;
}

static uint64_t on_read(uc_engine *uc, uint64_t offset, unsigned size, void *data) {
    uint64_t value = 0;
    (void)uc, (void)data;
    memcpy(&value, memory + offset, size);
    return value;
}

static void on_write(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *data) {
    (void)uc, (void)data;
    memcpy(memory + offset, &value, size);
}

static uint8_t *ram;

static uc_engine *engine(void) {
    uc_engine *uc;
    uc_hook hook;
    ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (ram == MAP_FAILED)
        exit(1);
    check(uc_open(UC_ARCH_X86, UC_MODE_64, &uc));
    check(uc_ctl_tlb_mode(uc, UC_TLB_VIRTUAL));
    check(uc_ctl_exits_enable(uc));
    check(uc_mem_map_ptr(uc, 0, RAM, UC_PROT_ALL, ram));
    check(uc_mmio_map(uc, APERTURE, APERTURE_BYTES, on_read, NULL, on_write, NULL));
    check(uc_mem_protect(uc, APERTURE, APERTURE_BYTES, UC_PROT_NONE));
    memcpy(ram + CODE, bare_code, (size_t)(bare_code_end - bare_code));
    check(uc_hook_add(uc, &hook, UC_HOOK_TLB_FILL, (void *)on_fill, NULL, 1, 0));
    check(uc_hook_add(uc, &hook, UC_HOOK_MEM_READ_PROT | UC_HOOK_MEM_WRITE_PROT, (void *)on_access, NULL, APERTURE,
                      APERTURE + APERTURE_BYTES - 1));
    return uc;
}

static void piece(uc_engine *uc, uint64_t half) {
    uint64_t page = PAGE;
    uc_reg_write(uc, UC_X86_REG_RCX, &half);
    uc_reg_write(uc, UC_X86_REG_RBX, &half);
    uc_reg_write(uc, UC_X86_REG_RDX, &page);
    seen = 0;
    check(uc_emu_start(uc, CODE, 0, 0, 0));
    if (seen != 2 * half) {
        fprintf(stderr, "bare: %lu accesses, %lu seen\n", 2 * half, seen);
        exit(1);
    }
}

/* Jumps from each to the next, then a halt. */
static void other_blocks(uc_engine *uc, unsigned long count) {
    if (count >= (RAM - OTHER_CODE) / BLOCK_BYTES)
        exit(2);
    for (unsigned long i = 0; i < count; i++)
        memcpy(ram + OTHER_CODE + i * BLOCK_BYTES, "\xeb\x0e", 2);
    ram[OTHER_CODE + count * BLOCK_BYTES] = 0xf4;
    check(uc_emu_start(uc, OTHER_CODE, 0, 0, 0));
}

int main(int argc, char **argv) {
    unsigned long half = bench_number(argc, argv, 200000) / 2;
    uc_engine *uc = engine();
    other_blocks(uc, argc > 2 ? bench_number(argc - 1, argv + 1, 0) : 0);
    while (bench_next())
        piece(uc, half);
    return 0;
}
