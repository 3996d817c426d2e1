/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * flat PROGRAM [ARG]: runs a native program's code in the bare engine: no kernel, no paging, no ring 3, no hooks but
 * two that hardly ever run: one serves its system calls, which are those that wait for the next piece (bench.h) and its
 * exit; the other answers each page once. What facet adds to a computation is measured against it.
 */
#include <elf.h>
#include <facet/abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>
#include <unistd.h>

#define RAM (32ul << 20)
#define STACK_TOP (RAM - 4096)

static void check(uc_err error, const char *what) {
    if (error == UC_ERR_OK)
        return;
    fprintf(stderr, "flat: %s: %s\n", what, uc_strerror(error));
    exit(1);
}

static uint64_t load_program(uint8_t *ram, const char *path) {
    static uint8_t image[1 << 20];
    FILE *file = fopen(path, "rb");
    size_t size = file ? fread(image, 1, sizeof image, file) : 0;
    if (file)
        fclose(file);
    Elf64_Ehdr header;
    if (size < sizeof header || size == sizeof image) {
        fprintf(stderr, "flat: cannot read %s\n", path);
        exit(1);
    }
    memcpy(&header, image, sizeof header);
    for (int i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr segment;
        memcpy(&segment, image + header.e_phoff + (size_t)i * sizeof segment, sizeof segment);
        if (segment.p_type == PT_LOAD)
            memcpy(ram + segment.p_vaddr, image + segment.p_offset, segment.p_filesz);
    }
    return header.e_entry;
}

/* argc, argv[], NULL and one argument's text, as a native program finds them. */
static uint64_t make_stack(uint8_t *ram, const char *argument) {
    uint64_t text = STACK_TOP - 256, stack = text - 64;
    uint64_t words[] = {argument ? 2 : 1, text + 128, argument ? text : 0, 0};
    snprintf((char *)ram + text, 128, "%s", argument ? argument : "");
    memcpy(ram + text + 128, "flat", 5);
    memcpy(ram + stack, words, sizeof words);
    return stack;
}

/* Addresses are physical addresses. A page that were writable and executable at once would be slow for every store. */
static bool on_fill(uc_engine *uc, uint64_t va, uc_mem_type type, uc_tlb_entry *entry, void *data) {
    (void)uc;
    (void)data;
    entry->paddr = va;
    entry->perms = type == UC_MEM_FETCH ? UC_PROT_READ | UC_PROT_EXEC : UC_PROT_READ | UC_PROT_WRITE;
    return va < RAM;
}

static uint64_t get(uc_engine *uc, int reg) {
    uint64_t value = 0;
    uc_reg_read(uc, reg, &value);
    return value;
}

struct flat {
    uint8_t *ram;
    bool exited;
};

/* Of kernel/README.md's system call no more than guest.h's facet_read, facet_write and facet_exit need. */
static void on_syscall(uc_engine *uc, void *data) {
    struct flat *flat = data;
    uint64_t op = get(uc, UC_X86_REG_RAX), moved = 0, ok = RC_OK;
    if (op == OP_STREAM_READ) {
        moved = (uint64_t)read(0, flat->ram + get(uc, UC_X86_REG_R14), get(uc, UC_X86_REG_R15));
        uc_reg_write(uc, UC_X86_REG_R13, &moved);
    } else if (op == OP_STREAM_WRITE) {
        moved = (uint64_t)write(1, flat->ram + get(uc, UC_X86_REG_R12), get(uc, UC_X86_REG_R13));
        uc_reg_write(uc, UC_X86_REG_RDX, &moved);
    } else {
        flat->exited = op == OP_EXIT;
        uc_emu_stop(uc);
    }
    uc_reg_write(uc, UC_X86_REG_RAX, &ok);
}

int main(int argc, char **argv) {
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: flat PROGRAM [ARG]\n");
        return 2;
    }
    uc_engine *uc;
    check(uc_open(UC_ARCH_X86, UC_MODE_64, &uc), "uc_open");
    uint8_t *ram = aligned_alloc(4096, RAM);
    if (!ram)
        return 1;
    memset(ram, 0, RAM);
    check(uc_mem_map_ptr(uc, 0, RAM, UC_PROT_ALL, ram), "uc_mem_map_ptr");
    uint64_t entry = load_program(ram, argv[1]), stack = make_stack(ram, argc > 2 ? argv[2] : NULL);
    check(uc_reg_write(uc, UC_X86_REG_RSP, &stack), "uc_reg_write");
    struct flat flat = {.ram = ram};
    union {
        void (*syscall)(uc_engine *, void *);
        bool (*fill)(uc_engine *, uint64_t, uc_mem_type, uc_tlb_entry *, void *);
        void *pointer;
    } callback;
    uc_hook hook;
    callback.syscall = on_syscall;
    check(uc_hook_add(uc, &hook, UC_HOOK_INSN, callback.pointer, &flat, 1, 0, UC_X86_INS_SYSCALL), "uc_hook_add");
    check(uc_ctl_tlb_mode(uc, UC_TLB_VIRTUAL), "uc_ctl_tlb_mode");
    callback.fill = on_fill;
    check(uc_hook_add(uc, &hook, UC_HOOK_TLB_FILL, callback.pointer, NULL, 1, 0), "uc_hook_add");
    check(uc_emu_start(uc, entry, 0, 0, 0), "uc_emu_start");
    if (!flat.exited)
        fprintf(stderr, "flat: the program did not end by exiting\n");
    uc_close(uc);
    free(ram);
    return flat.exited ? 0 : 1;
}
