/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * All that a machine is, saved and loaded again. It stands between two instructions of ring 3, or is idle, so nothing
 * is half done; what is known of memory but not in it (translations, TLB, frame states, slots) is found anew.
 *
 *     processor    registers; the privilege level is loaded by an IRET of the processor's own (trap.c)
 *     machine      clock and timer, serial line, what waits to be told
 *     accesses     checkpoint_access.c
 *     files        host_save.c
 *     memory       pages that are not all zeros
 */
#include "internal.h"

#include <string.h>

#define PAGES_END (~0u)

/* ---- Processor */

#define MSR_STAR 0xc0000081u
#define MSR_LSTAR 0xc0000082u
#define MSR_CSTAR 0xc0000083u
#define MSR_FMASK 0xc0000084u
#define MSR_KERNEL_GS_BASE 0xc0000102u
#define MSR_TSC_AUX 0xc0000103u
#define MSR_EFER 0xc0000080u

/* In the order in which they are loaded: CR3 after CR2, bases after selectors. Up to 16 bytes each. */
static const struct {
    int engine;
    unsigned size;
} registers[] = {
    {UC_X86_REG_CR2, 8},      {UC_X86_REG_DR0, 8},      {UC_X86_REG_DR1, 8},      {UC_X86_REG_DR2, 8},
    {UC_X86_REG_DR3, 8},      {UC_X86_REG_DR6, 8},      {UC_X86_REG_DR7, 8},      {UC_X86_REG_RAX, 8},
    {UC_X86_REG_RBX, 8},      {UC_X86_REG_RCX, 8},      {UC_X86_REG_RDX, 8},      {UC_X86_REG_RSI, 8},
    {UC_X86_REG_RDI, 8},      {UC_X86_REG_RBP, 8},      {UC_X86_REG_R8, 8},       {UC_X86_REG_R9, 8},
    {UC_X86_REG_R10, 8},      {UC_X86_REG_R11, 8},      {UC_X86_REG_R12, 8},      {UC_X86_REG_R13, 8},
    {UC_X86_REG_R14, 8},      {UC_X86_REG_R15, 8},      {UC_X86_REG_DS, 2},       {UC_X86_REG_ES, 2},
    {UC_X86_REG_FS, 2},       {UC_X86_REG_GS, 2},       {UC_X86_REG_FS_BASE, 8},  {UC_X86_REG_GS_BASE, 8},
    {UC_X86_REG_FPCW, 2},     {UC_X86_REG_FPSW, 2},     {UC_X86_REG_FPTAG, 2},    {UC_X86_REG_FP0, 10},
    {UC_X86_REG_FP0 + 1, 10}, {UC_X86_REG_FP0 + 2, 10}, {UC_X86_REG_FP0 + 3, 10}, {UC_X86_REG_FP0 + 4, 10},
    {UC_X86_REG_FP0 + 5, 10}, {UC_X86_REG_FP0 + 6, 10}, {UC_X86_REG_FP0 + 7, 10}, {UC_X86_REG_FOP, 2},
    {UC_X86_REG_FIP, 8},      {UC_X86_REG_FDP, 8},      {UC_X86_REG_MXCSR, 4},
};
#define REGISTERS (sizeof registers / sizeof *registers)
static const uint32_t msrs[] = {MSR_STAR, MSR_LSTAR, MSR_CSTAR, MSR_FMASK, MSR_KERNEL_GS_BASE, MSR_TSC_AUX};
#define MSRS (sizeof msrs / sizeof *msrs)
#define VECTORS 16

/* What decides how the rest is understood: loaded first, before the processor goes to its place. */
struct mode {
    uint64_t cr0, cr3, cr4, efer;
    uc_x86_mmr gdtr, idtr, ldtr, tr;
    struct arrival at;
};

static void mmr_visit(struct archive *a, uc_x86_mmr *mmr) {
    archive_value(a, mmr->selector);
    archive_value(a, mmr->base);
    archive_value(a, mmr->limit);
    archive_value(a, mmr->flags);
}

static void mode_visit(struct archive *a, struct mode *mode) {
    archive_value(a, mode->cr0);
    archive_value(a, mode->cr3);
    archive_value(a, mode->cr4);
    archive_value(a, mode->efer);
    mmr_visit(a, &mode->gdtr);
    mmr_visit(a, &mode->idtr);
    mmr_visit(a, &mode->ldtr);
    mmr_visit(a, &mode->tr);
    archive_value(a, mode->at.cs);
    archive_value(a, mode->at.ss);
    archive_value(a, mode->at.rip);
    archive_value(a, mode->at.rsp);
    archive_value(a, mode->at.rflags);
}

static void mode_get(struct emu *emu, struct mode *mode) {
    uc_x86_msr efer = {.rid = MSR_EFER};
    uc_reg_read(emu->uc, UC_X86_REG_MSR, &efer);
    mode->cr0 = reg_get(emu, UC_X86_REG_CR0);
    mode->cr3 = reg_get(emu, UC_X86_REG_CR3);
    mode->cr4 = reg_get(emu, UC_X86_REG_CR4);
    mode->efer = efer.value;
    uc_reg_read(emu->uc, UC_X86_REG_GDTR, &mode->gdtr);
    uc_reg_read(emu->uc, UC_X86_REG_IDTR, &mode->idtr);
    uc_reg_read(emu->uc, UC_X86_REG_LDTR, &mode->ldtr);
    uc_reg_read(emu->uc, UC_X86_REG_TR, &mode->tr);
    mode->at = (struct arrival){.cs = reg_get(emu, UC_X86_REG_CS),
                                .ss = reg_get(emu, UC_X86_REG_SS),
                                .rip = reg_rip(emu),
                                .rsp = reg_get(emu, UC_X86_REG_RSP),
                                .rflags = reg_rflags(emu)};
}

/* False: no processor of this kind stands so. */
static bool mode_set(struct emu *emu, const struct mode *mode) {
    uc_x86_msr efer = {.rid = MSR_EFER, .value = mode->efer};
    if (!boot_mode_possible(mode->cr0, mode->cr4, mode->efer))
        return false;
    reg_set(emu, UC_X86_REG_CR3, mode->cr3);
    reg_set(emu, UC_X86_REG_CR4, mode->cr4);
    uc_reg_write(emu->uc, UC_X86_REG_MSR, &efer);
    reg_set(emu, UC_X86_REG_CR0, mode->cr0);
    uc_reg_write(emu->uc, UC_X86_REG_GDTR, &mode->gdtr);
    uc_reg_write(emu->uc, UC_X86_REG_IDTR, &mode->idtr);
    uc_reg_write(emu->uc, UC_X86_REG_LDTR, &mode->ldtr);
    uc_reg_write(emu->uc, UC_X86_REG_TR, &mode->tr);
    return trap_arrive(emu, &mode->at);
}

static void register_visit(struct emu *emu, struct archive *a, int engine, unsigned size) {
    uint8_t value[16] = {0};
    if (!a->loading)
        uc_reg_read(emu->uc, engine, value);
    archive_bytes(a, value, size);
    if (a->loading)
        uc_reg_write(emu->uc, engine, value);
}

static void msr_visit(struct emu *emu, struct archive *a, uint32_t id) {
    uc_x86_msr msr = {.rid = id};
    if (!a->loading)
        uc_reg_read(emu->uc, UC_X86_REG_MSR, &msr);
    archive_value(a, msr.value);
    if (a->loading)
        uc_reg_write(emu->uc, UC_X86_REG_MSR, &msr);
}

/* Loading: memory is there already, the IRET reads it. */
static void processor_visit(struct emu *emu, struct archive *a) {
    struct mode mode = {0};
    if (!a->loading)
        mode_get(emu, &mode);
    mode_visit(a, &mode);
    if (a->loading && (a->bad || !mode_set(emu, &mode))) {
        archive_fail(a);
        return;
    }
    for (size_t i = 0; i < REGISTERS; i++)
        register_visit(emu, a, registers[i].engine, registers[i].size);
    for (int i = 0; i < VECTORS; i++)
        register_visit(emu, a, UC_X86_REG_XMM0 + i, 16);
    for (size_t i = 0; i < MSRS; i++)
        msr_visit(emu, a, msrs[i]);
}

/* ---- Machine */

static void clock_visit(struct emu *emu, struct archive *a) {
    archive_value(a, emu->clock.count);
    archive_value(a, emu->clock.deadline);
    archive_value(a, emu->clock.since);
    archive_value(a, emu->clock.entry);
    archive_value(a, emu->clock.device);
    archive_value(a, emu->clock.device_rip);
    archive_flag(a, &emu->clock.undone);
    archive_flag(a, &emu->clock.used);
    emu->clock.users = (unsigned)archive_number(a, emu->clock.users, CLOCK_HOST | CLOCK_TIMER | CLOCK_READER);
    bool armed = emu->clock.armed;
    archive_flag(a, &armed);
    if (a->loading && armed)
        clock_rearm(emu);
}

static void stats_visit(struct emu *emu, struct archive *a) {
    archive_value(a, emu->stats); /* numbers of one size */
}

static void machine_visit(struct emu *emu, struct archive *a) {
    archive_value(a, emu->uart); /* bytes */
    archive_value(a, emu->tsc);
    archive_flag(a, &emu->halted);
    archive_flag(a, &emu->access_stop);
    archive_value(a, emu->event);
    archive_value(a, emu->moved);
    uint64_t debug = emu->debug ? (uint64_t)((uint8_t *)emu->debug - emu->ram) : CLOCK_NEVER;
    archive_value(a, debug);
    if (a->loading && debug != CLOCK_NEVER) {
        emu->debug = (struct debug_block *)ram_pointer(emu, debug, sizeof *emu->debug);
        if (!emu->debug || debug % PAGE_SIZE || emu->debug->magic != DEBUG_MAGIC)
            archive_fail(a);
    }
}

/* ---- Memory */

static bool is_zero(const uint8_t *page) {
    return page[0] == 0 && memcmp(page, page + 1, PAGE_SIZE - 1) == 0;
}

static void memory_save(struct emu *emu, struct archive *a) {
    uint32_t number = 0, end = PAGES_END;
    for (; number < emu->ram_size / PAGE_SIZE; number++) {
        uint8_t *page = emu->ram + number * PAGE_SIZE;
        if (is_zero(page))
            continue;
        archive_value(a, number);
        archive_bytes(a, page, PAGE_SIZE);
    }
    archive_value(a, end);
}

/* Pages come in their order, so no file makes this long. */
static void memory_load(struct emu *emu, struct archive *a) {
    uint32_t number, next = 0;
    for (;;) {
        archive_value(a, number);
        if (a->bad || number == PAGES_END)
            return;
        if (number < next || number >= emu->ram_size / PAGE_SIZE)
            break;
        archive_bytes(a, emu->ram + number * PAGE_SIZE, PAGE_SIZE);
        next = number + 1;
    }
    archive_fail(a);
}

/* ---- All of it */

static void visit(struct emu *emu, struct archive *a) {
    if (a->loading)
        memory_load(emu, a);
    else
        memory_save(emu, a);
    processor_visit(emu, a);
    machine_visit(emu, a);
    access_visit(emu, a);
    clock_visit(emu, a);
    stats_visit(emu, a);
}

enum facet_status emu_save(struct emu *emu, struct archive *to, struct facet_error *error) {
    if (emu->dead)
        return facet_fail(error, FACET_ERR_FAILED, "the machine has stopped: %s", emu->stop.text);
    if (!emu->halted && !run_stands(emu))
        return facet_fail(error, FACET_ERR_FAILED, "the machine does not stand between two instructions of a program");
    visit(emu, to);
    if (!to->bad)
        host_save(emu, to);
    return to->bad ? facet_fail(error, FACET_ERR_FAILED, "the machine's state could not be written") : FACET_OK;
}

enum facet_status emu_load(const struct emu_config *config, struct archive *from, struct emu **emu,
                           struct facet_error *error) {
    enum facet_status status = machine_create(config, emu, error);
    if (status != FACET_OK)
        return status;
    visit(*emu, from);
    if (!from->bad)
        status = host_load(*emu, from, error);
    if (status == FACET_OK && (from->bad || (*emu)->dead))
        status = facet_fail(error, FACET_ERR_USAGE, "no machine was ever in that state");
    if (status != FACET_OK) {
        emu_destroy(*emu);
        *emu = NULL;
    }
    return status;
}
