/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Create and destroy a machine; its registers and memory as the host sees them.
 */
#include "internal.h"

#include <stddef.h>
#include <sys/mman.h>

#define RAM_MIN (16ul << 20)
#define RAM_MAX (3ul << 30)
#define RAM_UNIT (2ul << 20)

/* What a debugger may change in RFLAGS: CF PF AF ZF SF TF DF OF, NT AC ID. */
#define FLAGS_SETTABLE 0x244dd5ul

static enum facet_status config_check(const struct emu_config *config, struct facet_error *error) {
    if (config->ram_size < RAM_MIN || config->ram_size > RAM_MAX || config->ram_size % RAM_UNIT)
        return facet_fail(error, FACET_ERR_USAGE, "memory size must be 16 MiB to 3 GiB, a multiple of 2 MiB");
    return FACET_OK;
}

static bool ram_init(struct emu *emu) {
    emu->ram = mmap(NULL, emu->ram_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (emu->ram == MAP_FAILED) {
        emu->ram = NULL;
        return false;
    }
    return uc_mem_map_ptr(emu->uc, 0, emu->ram_size, UC_PROT_ALL, emu->ram) == UC_ERR_OK;
}

/* Every privilege level is counted by looking at each instruction. */
static void on_instruction(uc_engine *uc, uint64_t address, uint32_t size, void *data) {
    struct emu *emu = data;
    (void)uc, (void)address, (void)size;
    if (reg_cpl(emu) == 3)
        emu->stats.instructions_cpl3++;
    else
        emu->stats.instructions_cpl0++;
}

static bool count_init(struct emu *emu, bool wanted) {
    uc_hook hook;
    return !wanted || uc_hook_add(emu->uc, &hook, UC_HOOK_CODE, (void *)on_instruction, emu, 1, 0) == UC_ERR_OK;
}

static enum facet_status machine_init(struct emu *emu, const struct emu_config *config, struct facet_error *error) {
    emu->wake_fd = -1;
    emu->ram_size = config->ram_size;
    emu->console_fd = config->console_fd;
    for (int i = 0; i < 3; i++)
        emu->stream_fd[i] = config->stream_fd[i];
    emu->breakpoint_skip = ~0ul;
    emu->uc = engine_open(error);
    if (!emu->uc)
        return FACET_ERR_FAILED;
    if (!engine_init(emu) || !ram_init(emu) || !mmu_init(emu) || !trap_init(emu) || !device_init(emu) ||
        !instruction_init(emu) || !refuse_init(emu) || !count_init(emu, config->count_instructions) ||
        !access_init(emu) || !kick_init(emu) || !clock_init(emu, config->clock))
        return facet_fail(error, FACET_ERR_FAILED, "cannot set up a machine with %zu MiB of memory",
                          config->ram_size >> 20);
    return host_init(emu, config, error);
}

enum facet_status machine_create(const struct emu_config *config, struct emu **emu, struct facet_error *error) {
    *emu = NULL;
    enum facet_status status = config_check(config, error);
    if (status == FACET_OK)
        status = engine_self_test(error);
    if (status != FACET_OK)
        return status;
    survive_init();
    struct emu *made = calloc(1, sizeof *made);
    if (!made)
        return facet_fail(error, FACET_ERR_FAILED, "out of memory");
    status = machine_init(made, config, error);
    if (status != FACET_OK) {
        emu_destroy(made);
        return status;
    }
    *emu = made;
    return FACET_OK;
}

enum facet_status emu_create(const struct emu_config *config, struct emu **emu, struct facet_error *error) {
    enum facet_status status = machine_create(config, emu, error);
    if (status == FACET_OK)
        status = boot_load(*emu, config, error);
    if (status != FACET_OK) {
        emu_destroy(*emu);
        *emu = NULL;
    }
    return status;
}

void emu_destroy(struct emu *emu) {
    if (!emu)
        return;
    kick_destroy(emu);
    access_destroy(emu);
    operand_destroy(emu);
    host_destroy(emu);
    if (emu->exception.context)
        uc_context_free(emu->exception.context);
    if (emu->uc)
        uc_close(emu->uc);
    if (emu->ram)
        munmap(emu->ram, emu->ram_size);
    if (emu->rom)
        munmap(emu->rom, ROM_BYTES);
    free(emu->mmu.frame);
    free(emu->mmu.touched);
    free(emu->breakpoints);
    free(emu->suspect.at);
    free(emu);
}

/* ---- Registers, in the order of struct facet_regs */

static const struct {
    int engine;
    size_t at;
} registers[] = {
    {UC_X86_REG_RAX, offsetof(struct facet_regs, rax)},
    {UC_X86_REG_RBX, offsetof(struct facet_regs, rbx)},
    {UC_X86_REG_RCX, offsetof(struct facet_regs, rcx)},
    {UC_X86_REG_RDX, offsetof(struct facet_regs, rdx)},
    {UC_X86_REG_RSI, offsetof(struct facet_regs, rsi)},
    {UC_X86_REG_RDI, offsetof(struct facet_regs, rdi)},
    {UC_X86_REG_RBP, offsetof(struct facet_regs, rbp)},
    {UC_X86_REG_RSP, offsetof(struct facet_regs, rsp)},
    {UC_X86_REG_R8, offsetof(struct facet_regs, r8)},
    {UC_X86_REG_R9, offsetof(struct facet_regs, r9)},
    {UC_X86_REG_R10, offsetof(struct facet_regs, r10)},
    {UC_X86_REG_R11, offsetof(struct facet_regs, r11)},
    {UC_X86_REG_R12, offsetof(struct facet_regs, r12)},
    {UC_X86_REG_R13, offsetof(struct facet_regs, r13)},
    {UC_X86_REG_R14, offsetof(struct facet_regs, r14)},
    {UC_X86_REG_R15, offsetof(struct facet_regs, r15)},
    {UC_X86_REG_RIP, offsetof(struct facet_regs, rip)},
    {UC_X86_REG_FS_BASE, offsetof(struct facet_regs, fs_base)},
    {UC_X86_REG_GS_BASE, offsetof(struct facet_regs, gs_base)},
};
#define REGISTERS (sizeof registers / sizeof *registers)

void emu_regs_get(struct emu *emu, struct facet_regs *regs) {
    int engine[REGISTERS];
    void *value[REGISTERS];
    for (size_t i = 0; i < REGISTERS; i++) {
        engine[i] = registers[i].engine;
        value[i] = (uint8_t *)regs + registers[i].at;
    }
    uc_reg_read_batch(emu->uc, engine, value, REGISTERS);
    regs->rflags = reg_rflags(emu);
}

void regs_get_some(struct emu *emu, uint32_t words, struct facet_regs *regs) {
    for (size_t i = 0; i < REGISTERS && words != 0; i++) {
        uint32_t word = 1u << registers[i].at / 8;
        if ((words & word) != 0)
            *(uint64_t *)((uint8_t *)regs + registers[i].at) = reg_get(emu, registers[i].engine);
        words &= ~word;
    }
}

void emu_regs_set(struct emu *emu, const struct facet_regs *regs) {
    uint64_t flags = reg_rflags(emu);
    for (size_t i = 0; i < REGISTERS; i++)
        reg_set(emu, registers[i].engine, *(const uint64_t *)((const uint8_t *)regs + registers[i].at));
    reg_set(emu, UC_X86_REG_EFLAGS, (flags & ~FLAGS_SETTABLE) | (regs->rflags & FLAGS_SETTABLE));
    access_forget(emu);
}

void emu_xmm_get(struct emu *emu, unsigned index, uint8_t bytes[16]) {
    uc_reg_read(emu->uc, UC_X86_REG_XMM0 + (int)index, bytes);
}

int emu_cpl(struct emu *emu) {
    return reg_cpl(emu);
}

uint8_t *emu_ram(struct emu *emu, gpa_t address, size_t size) {
    return ram_pointer(emu, address.v, size);
}

void emu_ram_changed(struct emu *emu, const void *at, size_t size) {
    coherence_host_store(emu, (uint64_t)((const uint8_t *)at - emu->ram), size);
}

struct debug_block *emu_debug_block(struct emu *emu) {
    return emu->debug;
}

uint64_t emu_moved(struct emu *emu, unsigned stream) {
    return emu->moved[stream];
}

struct emu_stats emu_stats(struct emu *emu) {
    return emu->stats;
}
