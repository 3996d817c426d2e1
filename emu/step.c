/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The trap flag behind the guest's back, single steps, breakpoints.
 *
 * While somebody uses TF the guest's own value is kept aside. It would show in four places: what PUSHF stores
 * (patched), R11 after SYSCALL and the frame of a trap (made from reg_rflags), DR6.BS (cleared). POPF and IRET set it:
 * #DB comes once more with the new value in RFLAGS, which is then the guest's.
 */
#include "internal.h"

#define DR6_BS 0x4000ul
#define OPCODE_PUSHF 0x9c
#define OPCODE_POPF 0x9d
#define OPCODE_IRET 0xcf

static void flag_set(struct emu *emu, bool on) {
    uint64_t flags = reg_get(emu, UC_X86_REG_EFLAGS);
    reg_set(emu, UC_X86_REG_EFLAGS, on ? flags | FLAG_TF : flags & ~FLAG_TF);
}

uint64_t reg_rflags(struct emu *emu) {
    uint64_t flags = reg_get(emu, UC_X86_REG_EFLAGS);
    return emu->tf.users ? (flags & ~FLAG_TF) | (emu->tf.guest ? FLAG_TF : 0) : flags;
}

void tf_acquire(struct emu *emu, enum tf_user user) {
    if (!emu->tf.users)
        emu->tf.guest = reg_get(emu, UC_X86_REG_EFLAGS) & FLAG_TF;
    emu->tf.users |= user;
    emu->tf.rip = reg_rip(emu);
    flag_set(emu, true);
}

void tf_release(struct emu *emu, enum tf_user user) {
    if (!(emu->tf.users & user))
        return;
    emu->tf.users &= ~(unsigned)user;
    flag_set(emu, emu->tf.users || emu->tf.guest);
}

void tf_drop(struct emu *emu) {
    emu->tf.users = 0;
}

/* First byte of the instruction at va behind its prefixes, 0 if unreadable. */
static uint8_t opcode_at(struct emu *emu, uint64_t va) {
    uint8_t code[15];
    size_t size = mmu_fetch(emu, va, code, sizeof code);
    for (size_t i = 0; i < size; i++)
        if (!(code[i] == 0x66 || code[i] == 0x67 || code[i] == 0xf2 || code[i] == 0xf3 || code[i] == 0x2e ||
              code[i] == 0x36 || code[i] == 0x3e || code[i] == 0x26 || code[i] == 0x64 || code[i] == 0x65 ||
              (code[i] & 0xf0) == 0x40))
            return code[i];
    return 0;
}

bool tf_hidden_in_pushf(struct emu *emu) {
    return emu->tf.users && !emu->tf.guest && opcode_at(emu, emu->tf.rip) == OPCODE_PUSHF;
}

/* TF is bit 0 of the second byte that PUSHF stored. A page of a front never holds it: transaction.c and access.c mask
 * it. */
static void pushf_patch(struct emu *emu) {
    struct mmu_page page;
    uint64_t at = reg_get(emu, UC_X86_REG_RSP) + 1;
    if (mmu_access(emu, at, ACCESS_STORE, reg_cpl(emu), &page) != MMU_OK || in_aperture(page.gpa))
        return;
    emu->ram[page.gpa + (at & ~PAGE_MASK)] &= (uint8_t) ~(FLAG_TF >> 8);
}

void tf_retired(struct emu *emu) {
    if (!emu->tf.users)
        return;
    uint8_t opcode = opcode_at(emu, emu->tf.rip);
    if (opcode == OPCODE_PUSHF && !emu->tf.guest)
        pushf_patch(emu);
    tf_settle(emu, opcode == OPCODE_POPF || opcode == OPCODE_IRET);
}

void tf_settle(struct emu *emu, bool loaded) {
    emu->tf.due = emu->tf.guest;
    if (loaded)
        emu->tf.guest = reg_get(emu, UC_X86_REG_EFLAGS) & FLAG_TF;
    emu->tf.rip = reg_rip(emu);
    reg_set(emu, UC_X86_REG_DR6, reg_get(emu, UC_X86_REG_DR6) & ~DR6_BS);
    flag_set(emu, true);
}

/* The guest single-steps itself: its #DB is due as well. */
static void guest_debug_exception(struct emu *emu) {
    reg_set(emu, UC_X86_REG_DR6, reg_get(emu, UC_X86_REG_DR6) | DR6_BS);
    trap_raise(emu, VECTOR_DB, false, 0);
}

bool step_debug_exception(struct emu *emu) {
    uint64_t rip = reg_rip(emu);
    if (!emu->tf.users)
        return false;
    reg_set(emu, UC_X86_REG_RIP, rip); /* the hook must always write it */
    if ((emu->tf.users & TF_FETCH) && (rip & PAGE_MASK) != emu->tf.fetch_page)
        tf_release(emu, TF_FETCH);
    if (emu->tf.users & TF_STEP) {
        tf_release(emu, TF_STEP);
        emu->step_retired = true;
        run_want(emu, WANT_RING3);
    }
    if (emu->tf.due)
        guest_debug_exception(emu);
    return true;
}

void step_commit(struct emu *emu) {
    if (emu->tf.users & TF_STEP) {
        tf_release(emu, TF_STEP);
        emu->step_retired = true;
    }
    if (emu->tf.due)
        guest_debug_exception(emu);
}

void step_begin(struct emu *emu) {
    if (!(emu->tf.users & TF_STEP))
        tf_acquire(emu, TF_STEP);
}

void step_in_page(struct emu *emu) {
    tf_acquire(emu, TF_FETCH);
    emu->tf.fetch_page = reg_rip(emu) & PAGE_MASK;
}

/* A block that runs on into a page that is not there shows RIP at its start and has not begun. Under TF every block is
 * one instruction, so the fault comes again with the right RIP after the instructions before it have been executed. */
bool step_to_page_border(struct emu *emu) {
    uint64_t rip = reg_rip(emu);
    if (emu->fault.access != ACCESS_FETCH || reg_cpl(emu) != 3 || (rip & PAGE_MASK) == (emu->fault.va & PAGE_MASK) ||
        (reg_get(emu, UC_X86_REG_EFLAGS) & FLAG_TF))
        return false;
    step_in_page(emu);
    return true;
}

/* ---- Breakpoints: one bounded code hook each, so that nothing else gets slower */

static void on_breakpoint(uc_engine *uc, uint64_t address, uint32_t size, void *data) {
    struct emu *emu = data;
    (void)uc, (void)size;
    if (reg_cpl(emu) != 3)
        return;
    if (emu->breakpoint_skip_armed && emu->breakpoint_skip == address) {
        emu->breakpoint_skip_armed = false;
        return;
    }
    emu->breakpoint_skip = ~0ul;
    run_stop(emu, PENDING_BREAKPOINT);
}

void breakpoint_resume(struct emu *emu) {
    emu->breakpoint_skip = reg_rip(emu);
    emu->breakpoint_skip_armed = true;
}

void breakpoint_again(struct emu *emu) {
    if (emu->breakpoint_count && reg_cpl(emu) == 3 && reg_rip(emu) == emu->breakpoint_skip)
        emu->breakpoint_skip_armed = true;
}

void breakpoint_passed(struct emu *emu) {
    if (!emu->breakpoint_skip_armed)
        emu->breakpoint_skip = ~0ul;
}

void emu_breakpoint_add(struct emu *emu, gva_t pc) {
    for (size_t i = 0; i < emu->breakpoint_count; i++)
        if (emu->breakpoints[i].pc == pc.v)
            return;
    struct breakpoint *grown = realloc(emu->breakpoints, (emu->breakpoint_count + 1) * sizeof *grown);
    facet_assert(grown, "out of memory for breakpoint %zu", emu->breakpoint_count);
    emu->breakpoints = grown;
    grown[emu->breakpoint_count].pc = pc.v;
    uc_err err =
        uc_hook_add(emu->uc, &grown[emu->breakpoint_count].hook, UC_HOOK_CODE, (void *)on_breakpoint, emu, pc.v, pc.v);
    facet_assert(err == UC_ERR_OK, "breakpoint hook: %s", uc_strerror(err));
    emu->breakpoint_count++;
    run_want(emu, WANT_FLUSH_TB); /* cached blocks know nothing of the hook */
}

void emu_breakpoint_remove(struct emu *emu, gva_t pc) {
    for (size_t i = 0; i < emu->breakpoint_count; i++) {
        if (emu->breakpoints[i].pc != pc.v)
            continue;
        engine_hook_remove(emu, emu->breakpoints[i].hook);
        emu->breakpoints[i] = emu->breakpoints[--emu->breakpoint_count];
        run_want(emu, WANT_FLUSH_TB);
        return;
    }
}
