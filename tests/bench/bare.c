/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bare ACCESSES: the engine's bare mechanism for seeing each load and store of a page, and nothing else: an aperture
 * without permissions, its PROT hook, MMIO callbacks on a buffer, the virtual TLB. Half loads, half stores, of 8 bytes.
 * Prints the nanoseconds of processor time of one. What tests/bench/access.c measures is held against it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unicorn/unicorn.h>

#define RAM (64ul << 20)
#define APERTURE 0x100000000ul
#define APERTURE_BYTES (1ul << 20)
#define CODE 0x400000ul
#define PAGE 0x600000ul

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

static uc_engine *engine(void) {
    uc_engine *uc;
    uc_hook hook;
    uint8_t *ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
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

int main(int argc, char **argv) {
    uint64_t count = argc > 1 ? strtoul(argv[1], NULL, 10) / 2 : 0, page = PAGE;
    struct timespec begin, end;
    uc_engine *uc = engine();
    if (count == 0)
        return 0;
    uc_reg_write(uc, UC_X86_REG_RCX, &count);
    uc_reg_write(uc, UC_X86_REG_RBX, &count);
    uc_reg_write(uc, UC_X86_REG_RDX, &page);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
    check(uc_emu_start(uc, CODE, 0, 0, 0));
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    if (seen != 2 * count) {
        fprintf(stderr, "bare: %lu accesses, %lu seen\n", 2 * count, seen);
        return 1;
    }
    printf("%.1f\n",
           ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) / (double)seen);
    return 0;
}
