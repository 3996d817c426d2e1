/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The engine behind the machine: which Unicorn will do, how it is set up, and the one thing that has to be reached
 * around its interface: the exception fields of the processor.
 */
#include "internal.h"

#include <string.h>

#define VERSION(major, minor, patch) ((unsigned)(major) << 24 | (unsigned)(minor) << 16 | (unsigned)(patch) << 8)
#define VERSION_MIN VERSION(2, 1, 4)
#define CODE_BUFFER_BYTES (64u << 20)

/* Distances in the processor's state from dr[0], as struct CPUX86State lays them out. */
#define FROM_DR_ERROR_CODE (-16)
#define FROM_DR_IS_INT (-12)
#define FROM_DR_NEXT_EIP (-8)
#define FROM_DR_OLD_EXCEPTION 96

static size_t dr_offset; /* of dr[0] in a saved context; the same for every engine of one library */

const char *emu_engine_version(void) {
    static char text[32];
    unsigned version = uc_version(NULL, NULL);
    snprintf(text, sizeof text, "Unicorn %u.%u.%u", version >> 24, version >> 16 & 255, version >> 8 & 255);
    return text;
}

enum facet_status engine_check_version(unsigned version, struct facet_error *error) {
    if (version >= VERSION_MIN)
        return FACET_OK;
    return facet_fail(
        error, FACET_ERR_FAILED,
        "Unicorn %u.%u.%u is too old: its memory hooks show a wrong state; need 2.1.4 or newer (make deps)",
        version >> 24, version >> 16 & 255, version >> 8 & 255);
}

uc_engine *engine_open(struct facet_error *error) {
    uc_engine *uc;
    uc_err err = uc_open(UC_ARCH_X86, UC_MODE_64, &uc);
    if (err != UC_ERR_OK) {
        facet_fail(error, FACET_ERR_FAILED, "cannot open Unicorn: %s", uc_strerror(err));
        return NULL;
    }
    /* Model and buffer first: nothing else may touch the engine before. */
    if ((err = uc_ctl_set_cpu_model(uc, UC_CPU_X86_SKYLAKE_SERVER)) != UC_ERR_OK ||
        (err = uc_ctl_set_tcg_buffer_size(uc, CODE_BUFFER_BYTES)) != UC_ERR_OK ||
        (err = uc_ctl_tlb_mode(uc, UC_TLB_VIRTUAL)) != UC_ERR_OK || (err = uc_ctl_exits_enable(uc)) != UC_ERR_OK) {
        facet_fail(error, FACET_ERR_FAILED, "cannot set up Unicorn: %s", uc_strerror(err));
        uc_close(uc);
        return NULL;
    }
    return uc;
}

/* Writes patterns to DR0…3 and looks for them in the saved context. */
static size_t find_dr(uc_engine *uc, uc_context *context) {
    static const uint64_t pattern[4] = {0x1122334455667788, 0x99aabbccddeeff01, 0x0f1e2d3c4b5a6978, 0x8796a5b4c3d2e1f0};
    uint64_t saved[4];
    size_t found = 0, matches = 0, size = uc_context_size(uc);

    for (int i = 0; i < 4; i++) {
        uc_reg_read(uc, UC_X86_REG_DR0 + i, &saved[i]);
        uc_reg_write(uc, UC_X86_REG_DR0 + i, &pattern[i]);
    }
    uc_context_save(uc, context);
    for (size_t at = 16; at + FROM_DR_OLD_EXCEPTION + 4 <= size; at += 4)
        if (memcmp((uint8_t *)context + at, pattern, sizeof pattern) == 0) {
            found = at;
            matches++;
        }
    for (int i = 0; i < 4; i++)
        uc_reg_write(uc, UC_X86_REG_DR0 + i, &saved[i]);
    return matches == 1 ? found : 0;
}

static int32_t *context_field(uc_context *context, int from_dr) {
    return (int32_t *)((uint8_t *)context + dr_offset + (size_t)(ptrdiff_t)from_dr);
}

static struct engine_exception exception_take(uc_engine *uc, uc_context *context) {
    struct engine_exception taken;
    int32_t *old = NULL;

    uc_context_save(uc, context);
    taken.error = (uint32_t)*context_field(context, FROM_DR_ERROR_CODE);
    taken.software = *context_field(context, FROM_DR_IS_INT) != 0;
    memcpy(&taken.next_rip, context_field(context, FROM_DR_NEXT_EIP), sizeof taken.next_rip);
    old = context_field(context, FROM_DR_OLD_EXCEPTION);
    if (*old != -1) { /* a left-over would turn the next exception into a double fault, the one after into a stop */
        *old = -1;
        uc_context_restore(uc, context);
    }
    return taken;
}

struct engine_exception engine_exception_take(struct emu *emu) {
    return exception_take(emu->uc, emu->exception.context);
}

bool engine_init(struct emu *emu) {
    return uc_context_alloc(emu->uc, &emu->exception.context) == UC_ERR_OK;
}

/* ---- Self-test, on a small engine of its own: three divisions by zero in a row, then eight bytes across a page. */

struct probe {
    uc_context *context;
    int vectors[4];
    int count;
};

static bool probe_fill(uc_engine *uc, uint64_t va, uc_mem_type type, uc_tlb_entry *entry, void *data) {
    (void)uc, (void)data;
    entry->paddr = va & PAGE_MASK;
    entry->perms = type == UC_MEM_FETCH ? UC_PROT_READ | UC_PROT_EXEC : UC_PROT_READ | UC_PROT_WRITE;
    return va < 4 * PAGE_SIZE;
}

static void probe_interrupt(uc_engine *uc, uint32_t vector, void *data) {
    struct probe *probe = data;
    uint64_t rip = 0;
    exception_take(uc, probe->context);
    if (probe->count < 4)
        probe->vectors[probe->count++] = (int)vector;
    uc_reg_read(uc, UC_X86_REG_RIP, &rip);
    rip += 2; /* over div ecx */
    uc_reg_write(uc, UC_X86_REG_RIP, &rip);
}

static const char *probe_run(uc_engine *uc) {
    static const uint8_t code[] = {0xf7, 0xf1, 0xf7, 0xf1, 0xf7,
                                   0xf1, 0x48, 0x8b, 0x03, 0xf4}; /* div ecx × 3; mov rax,[rbx]; hlt */
    uint64_t zero = 0, rbx = 2 * PAGE_SIZE - 3, value = 0x0123456789abcdef, rax = 0;
    struct probe probe = {0};
    uc_hook hook;

    if (uc_mem_map(uc, 0, 4 * PAGE_SIZE, UC_PROT_ALL) || uc_mem_write(uc, 0, code, sizeof code) ||
        uc_mem_write(uc, rbx, &value, 8) || uc_hook_add(uc, &hook, UC_HOOK_TLB_FILL, (void *)probe_fill, NULL, 1, 0) ||
        uc_hook_add(uc, &hook, UC_HOOK_INTR, (void *)probe_interrupt, &probe, 1, 0) ||
        uc_context_alloc(uc, &probe.context))
        return "it cannot be set up";
    dr_offset = find_dr(uc, probe.context);
    if (!dr_offset) {
        uc_context_free(probe.context);
        return "its saved context is not laid out as expected";
    }
    uc_reg_write(uc, UC_X86_REG_RCX, &zero);
    uc_reg_write(uc, UC_X86_REG_RBX, &rbx);
    uc_err err = uc_emu_start(uc, 0, 0, 0, 0);
    uc_reg_read(uc, UC_X86_REG_RAX, &rax);
    uc_context_free(probe.context);
    if (err != UC_ERR_OK || probe.count != 3 || probe.vectors[0] || probe.vectors[1] || probe.vectors[2])
        return "three exceptions in a row are not delivered";
    return rax == value ? NULL : "a load across a page gives a wrong value";
}

enum facet_status engine_self_test(struct facet_error *error) {
    static bool passed;
    const char *wrong;
    if (passed)
        return FACET_OK;
    enum facet_status status = engine_check_version(uc_version(NULL, NULL), error);
    if (status != FACET_OK)
        return status;
    uc_engine *uc = engine_open(error);
    if (!uc)
        return FACET_ERR_FAILED;
    wrong = probe_run(uc);
    uc_close(uc);
    if (wrong)
        return facet_fail(error, FACET_ERR_FAILED, "%s failed its self-test: %s; facet cannot run on it",
                          emu_engine_version(), wrong);
    passed = true;
    return FACET_OK;
}

/* The engine drops the blocks that call the hook, and asks where they are: also where nothing is mapped any more. */
void engine_hook_remove(struct emu *emu, uc_hook hook) {
    enum pending pending = emu->pending;
    emu->mmu.probing = true;
    uc_hook_del(emu->uc, hook);
    emu->mmu.probing = false;
    emu->pending = pending;
}

/* A refused fetch leaves the engine by longjmp from wherever it is. Asking for a translation of an address that nothing
 * can be at brings one about. */
_Noreturn void engine_abort(struct emu *emu, enum pending why) {
    uc_tb block;
    emu->pending = why;
    emu->mmu.aborting = true;
    uc_ctl_request_cache(emu->uc, 0xffffffffffe00000ul, &block);
    facet_assert(false, "a refused fetch came back");
    abort();
}
