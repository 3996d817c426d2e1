/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Code coherence. The engine notices a store into translated code only when it goes through a TLB entry that is both
 * writable and executable, and such entries make every store slow. So each RAM frame is in one of three states, and
 * since every fill passes here, no frame is ever writable and executable at once, but for mixed ones:
 *
 *             fetch: flush TLB, drop stale translations
 *      DATA ------------------------------------------> CODE
 *        ^  <------------------------------------------  |
 *        |    store, or the host writes: flush TLB       | a store by code in this very frame
 *        |                                               v
 *        +--------------------------------------------- MIXED   read, write, execute: the engine watches it
 *             store through a mapping that is not executable; the host writes
 */
#include "internal.h"

static void frame_want(struct emu *emu, uint64_t va, uint64_t gpa, int state) {
    emu->mmu.frame_wanted = gpa / PAGE_SIZE;
    emu->mmu.frame_va = va & PAGE_MASK;
    emu->mmu.frame_state = state;
    emu->pending = PENDING_FRAME;
}

/* The instruction that runs lies in this frame? Then changing the state back and forth would never end. */
static bool runs_in(struct emu *emu, uint64_t gpa) {
    struct mmu_page page;
    return mmu_walk(emu, reg_get(emu, UC_X86_REG_CR3), reg_rip(emu), &page) == MMU_OK && page.gpa == gpa;
}

bool coherence_fill(struct emu *emu, uint64_t va, enum access access, bool write, bool execute, uc_tlb_entry *entry) {
    uint64_t gpa = entry->paddr & PAGE_MASK;
    int state = emu->mmu.frame[gpa / PAGE_SIZE] & ~FRAME_DIRTIED;
    unsigned perms = UC_PROT_READ;

    if (access == ACCESS_FETCH) {
        if (state == FRAME_DATA) {
            frame_want(emu, va, gpa, FRAME_CODE);
            return false;
        }
        perms |= UC_PROT_EXEC | (state == FRAME_MIXED && write ? UC_PROT_WRITE : 0);
    } else if (access == ACCESS_STORE && state == FRAME_CODE) {
        if (execute && emu->clock.armed && reg_cpl(emu) == 3 && runs_in(emu, gpa) && access_capture(emu, va, access))
            return false;
        frame_want(emu, va, gpa, execute && runs_in(emu, gpa) ? FRAME_MIXED : FRAME_DATA);
        return false;
    } else if (access == ACCESS_STORE && state == FRAME_MIXED && !execute) {
        frame_want(emu, va, gpa, FRAME_DATA);
        return false;
    } else if (state == FRAME_DATA || (state == FRAME_MIXED && execute)) {
        perms |= (write ? UC_PROT_WRITE : 0) | (state == FRAME_MIXED ? UC_PROT_EXEC : 0);
    }
    entry->perms = (uc_prot)perms;
    return true;
}

/* Drops what was translated from a frame before it was written. The engine takes a virtual address for that, which must
 * be executable right now: it is, the fetch that brought us here is the next thing to happen. */
static void frame_drop_code(struct emu *emu, uint64_t va, uint64_t gpa) {
    struct mmu_page page;
    if (mmu_walk(emu, reg_get(emu, UC_X86_REG_CR3), va, &page) == MMU_OK && page.gpa == gpa) {
        emu->mmu.probing = true;
        uc_ctl_remove_cache(emu->uc, va, va + PAGE_SIZE);
        emu->mmu.probing = false;
        if (emu->pending == PENDING_NONE)
            return;
        emu->pending = PENDING_NONE;
    }
    uc_ctl_flush_tb(emu->uc);
}

void coherence_forbid_mixed(struct emu *emu) {
    for (uint64_t frame = 0; frame < emu->ram_size / PAGE_SIZE; frame++)
        if (emu->mmu.frame[frame] == FRAME_MIXED)
            emu->mmu.frame[frame] = FRAME_DATA | FRAME_DIRTIED;
}

void coherence_exit(struct emu *emu) {
    uint64_t frame = emu->mmu.frame_wanted;
    uint8_t old = emu->mmu.frame[frame];

    emu->pending = PENDING_NONE;
    emu->mmu.frame[frame] = (uint8_t)emu->mmu.frame_state;
    mmu_flush(emu);
    if (emu->mmu.frame_state == FRAME_DATA)
        emu->mmu.frame[frame] |= FRAME_DIRTIED;
    else if (emu->mmu.frame_state == FRAME_CODE && (old & FRAME_DIRTIED))
        frame_drop_code(emu, emu->mmu.frame_va, frame * PAGE_SIZE);
}

void coherence_host_store(struct emu *emu, uint64_t gpa, uint64_t size) {
    if (!size || !ram_pointer(emu, gpa, size))
        return;
    for (uint64_t frame = gpa / PAGE_SIZE; frame <= (gpa + size - 1) / PAGE_SIZE; frame++) {
        if ((emu->mmu.frame[frame] & ~FRAME_DIRTIED) == FRAME_DATA)
            continue;
        emu->mmu.frame[frame] = FRAME_DATA | FRAME_DIRTIED;
        run_want(emu, WANT_FLUSH_TLB);
    }
}
