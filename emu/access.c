/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the core calls: fills of front pages, exceptions inside a transaction, and what to do when the engine came back.
 */
#include "access.h"

#include <stdlib.h>
#include <string.h>

/* ---- Refusals */

void access_special(struct access_state *state, unsigned bits, bool on) {
    state->special = on ? state->special | bits : state->special & ~bits;
}

enum facet_verdict access_verdict_lost(struct access_state *state, enum facet_verdict verdict, int front) {
    run_dead(state->emu, "the kernel let front %d forget that verdict %d may be given on it", front, (int)verdict);
    run_want(state->emu, 0);
    return FACET_PASS;
}

bool access_refuse(struct access_state *state, uint64_t va, enum access kind, bool page) {
    state->emu->pending = PENDING_TRANSACTION;
    state->tx.refused_va = va;
    state->tx.refused = kind;
    state->tx.refused_page = page;
    access_special(state, SPECIAL_ENDING, true);
    return false;
}

bool access_trap(struct access_state *state, enum front_trap reason, enum access kind, uint64_t va, int front,
                 uint64_t offset, uint64_t code) {
    state->trap.reason = reason;
    state->trap.kind = kind;
    state->trap.va = va;
    state->trap.front = (uint64_t)front;
    state->trap.offset = offset;
    state->trap.code = code;
    state->emu->pending = (enum pending)PENDING_FRONT_TRAP;
    access_special(state, SPECIAL_ENDING, true);
    return false;
}

static void trap_deliver(struct access_state *state) {
    struct emu *emu = state->emu;
    if (emu->debug != NULL) {
        emu->debug->trap.reason = (unsigned)state->trap.reason;
        emu->debug->trap.kind = (unsigned)state->trap.kind;
        emu->debug->trap.va = state->trap.va;
        emu->debug->trap.front = state->trap.front;
        emu->debug->trap.offset = state->trap.offset;
        emu->debug->trap.code = state->trap.code;
    }
    trap_raise(emu, VECTOR_FRONT, false, 0);
}

/* ---- Asking */

void access_time(struct emu *emu, struct emu_access *access) {
    bool kernel = (access->flags & FACET_KERNEL) != 0; /* its copies name a pc of ring 3 */
    access->clock = kernel ? clock_now(emu) : clock_at(emu, access->pc.v);
}

void access_describe(struct emu_access *access, enum facet_kind kind, unsigned flags, uint64_t va, unsigned size,
                     uint64_t pc, const struct target *target, int parts) {
    unsigned start = va % PAGE_SIZE, first = parts == 2 ? (unsigned)(PAGE_SIZE - start) : size;
    access->kind = kind;
    access->flags = flags;
    access->size = size;
    access->va.v = va;
    access->pc.v = pc;
    access->parts = parts;
    access->nested = target[0].nested || (parts == 2 && target[1].nested);
    uint64_t offset = target[0].front < 0 ? 0 : target[0].offset + start;
    access->part[0] = (struct emu_part){target[0].front, offset, 0, first, target[0].hole};
    if (parts == 2)
        access->part[1] = (struct emu_part){target[1].front, target[1].front < 0 ? 0 : target[1].offset, first,
                                            size - first, target[1].hole};
}

/* ---- Fills */

static struct slot *slot_find(struct access_state *state, uint64_t va) {
    unsigned index = (unsigned)(va / PAGE_SIZE) % FAST_SLOTS;
    for (;; index = (index + 1) % FAST_SLOTS) {
        struct slot *slot = &state->slot[index];
        if (slot->used && slot->va == va)
            return slot; /* its old TLB entry is replaced by this fill */
        if (!slot->used) {
            if (state->fast_used >= FAST_SLOTS * 3 / 4)
                return NULL;
            state->fast_used++;
            return slot;
        }
    }
}

void access_slots_reset(struct access_state *state) {
    for (unsigned i = 0; i < FAST_SLOTS; i++)
        state->slot[i].used = false;
    state->fast_used = 0;
}

static bool frame_holds_code(struct emu *emu, const struct target *target) {
    return target->host == NULL || (emu->mmu.frame[target->gpa / PAGE_SIZE] & ~FRAME_DIRTIED) != FRAME_DATA;
}

bool access_denied(struct access_state *state, uint64_t va, enum access kind) {
    state->emu->pending = PENDING_FAULT;
    state->emu->fault.va = va;
    state->emu->fault.access = kind;
    state->emu->fault.error = kind == ACCESS_STORE ? 7 : 5; /* present, user */
    access_special(state, SPECIAL_ENDING, true);
    return false;
}

static bool fill_slot(struct access_state *state, struct slot *slot, uint64_t va, enum access access,
                      const struct mmu_page *page, const struct target *target, uc_tlb_entry *entry) {
    bool write = access == ACCESS_STORE || (page->dirty && target->write);
    slot->va = va;
    slot->target = *target;
    slot->used = true;
    slot->plain_store = target->write && (target->hole || !frame_holds_code(state->emu, target));
    slot->captured = (uint16_t)((slot->plain_store ? 0 : DECODE_RMW) | (target->careful ? DECODE_CAPTURE : 0) |
                                (target->message ? DECODE_ANY : 0));
    bool slow = target->front < 0 || target->hole || target->message;
    slot->slow_load = slow ? DECODE_ANY : DECODE_MULTI;
    slot->slow_store = slow || !slot->plain_store ? DECODE_ANY : DECODE_MULTI | DECODE_SWAP | DECODE_PUSHF;
    entry->paddr = SLOT_BASE + (uint64_t)(slot - state->slot) * PAGE_SIZE;
    entry->perms = (uc_prot)(UC_PROT_READ | (write ? UC_PROT_WRITE : 0));
    return true;
}

static bool is_fronted(struct emu *emu, uint64_t va) {
    struct mmu_page page;
    return mmu_walk(emu, reg_get(emu, UC_X86_REG_CR3), va, &page) == MMU_OK && in_aperture(page.gpa);
}

bool access_border(struct emu *emu, uint64_t va) {
    struct access_state *state = emu->access;
    va &= PAGE_MASK;
    if (!state->fronts_seen)
        return false;
    if (is_fronted(emu, va + PAGE_SIZE))
        return true;
    uint32_t epoch = emu->mmu.epoch;
    unsigned at = (unsigned)(va / PAGE_SIZE % PLAIN);
    if (state->plain[at].epoch == epoch && state->plain[at].va != va)
        state->plain_lost = epoch;
    state->plain[at].va = va;
    state->plain[at].epoch = epoch;
    return false;
}

bool access_plain(const struct access_state *state, uint64_t va) {
    uint32_t epoch = state->emu->mmu.epoch;
    unsigned at = (unsigned)(va / PAGE_SIZE % PLAIN);
    return !state->fronts_seen || state->plain_lost == epoch ||
           (state->plain[at].va == (va & PAGE_MASK) && state->plain[at].epoch == epoch);
}

/* The page before this one of a front is, or may be, in the TLB as ordinary memory. */
static bool border_missed(struct access_state *state, uint64_t va) {
    bool missed = access_plain(state, va - PAGE_SIZE);
    state->fronts_seen = true;
    return missed;
}

bool access_fill(struct emu *emu, uint64_t va, enum access access, const struct mmu_page *page, uc_tlb_entry *entry) {
    struct access_state *state = emu->access;
    struct target target;
    va &= PAGE_MASK;
    if (page_resolve(emu, page, &target) != FRONT_OK)
        return access_trap(state, FRONT_TRAP_MISSING, access, va, target.front, target.offset, 0);
    if (access == ACCESS_FETCH && target.host == NULL)
        return access_denied(state, va, access);
    if (access == ACCESS_FETCH && target.fetches && state->fetch.count == 0) {
        emu->pending = (enum pending)PENDING_FETCHES;
        return false;
    }
    if (access == ACCESS_FETCH) {
        entry->paddr = target.gpa;
        return true;
    }
    if (access == ACCESS_STORE && !target.write)
        return access_denied(state, va, access);
    struct slot *slot = NULL;
    if (emu->transaction) {
        bool stays = target.front >= 0 ? !border_missed(state, va) : is_fronted(emu, va + PAGE_SIZE);
        if (!stays || (slot = slot_find(state, va)) == NULL)
            return transaction_fill(state, va, &target, entry);
        return fill_slot(state, slot, va, access, page, &target, entry);
    }
    if (target.front >= 0 && border_missed(state, va)) {
        emu->pending = PENDING_FLUSH;
        return false;
    }
    if (target.message || (target.careful && (access_decode(state, reg_rip(emu))->flags & DECODE_CAPTURE) != 0))
        return access_refuse(state, va, access, true);
    if (emu->stats.fast_accesses >= state->blocks_due) {
        emu->pending = (enum pending)PENDING_BLOCKS;
        return false;
    }
    slot = slot_find(state, va);
    if (slot == NULL) {
        emu->pending = (enum pending)PENDING_SLOTS;
        return false;
    }
    return fill_slot(state, slot, va, access, page, &target, entry);
}

bool access_page(struct access_state *state, uint64_t va, enum access kind, struct target *target) {
    struct emu *emu = state->emu;
    struct mmu_page page;
    enum mmu_result result = mmu_access(emu, va, kind, 3, &page);
    if (result == MMU_GP) {
        emu->trap.vector = VECTOR_GP;
        emu->trap.has_error = true;
        emu->trap.error = 0;
        emu->pending = PENDING_TRAP;
    } else if (result == MMU_BUS) {
        run_dead(emu, "bus error: the page tables send address 0x%lx outside of RAM", va);
    } else if (result == MMU_FAULT) {
        access_denied(state, va, kind);
        emu->fault.error = page.error;
    } else if (page_resolve(emu, &page, target) != FRONT_OK) {
        return access_trap(state, FRONT_TRAP_MISSING, kind, va, target->front, target->offset + va % PAGE_SIZE, 0);
    } else if (kind == ACCESS_STORE && !target->write) {
        return access_denied(state, va, kind);
    } else {
        return true;
    }
    access_special(state, SPECIAL_ENDING, true);
    return false;
}

bool access_capture(struct emu *emu, uint64_t va, enum access kind) {
    if (access_decode(emu->access, reg_rip(emu))->flags & DECODE_SYSTEM)
        return false;
    access_refuse(emu->access, va, kind, true);
    return true;
}

void access_pieces(struct emu *emu, uint64_t pc) {
    struct access_state *state = emu->access;
    const struct decoded *decoded;
    struct facet_regs regs = {0};
    uint64_t va;
    if (state->tx.active || emu->delivery.active || emu->pending != PENDING_NONE)
        return;
    decoded = access_decode(state, pc);
    regs_get_some(emu, decoded->registers, &regs);
    unsigned size = decoded->wide != 0 ? decoded->wide : PIECE_MAX;
    if (decoded->wide != 0)
        va = decoded_wide_address(decoded, &regs);
    else if (!decoded_store_address(decoded, &regs, &va))
        return;
    bool pushes = decoded->store == DECODE_STORE_PUSH; /* ENTER, far CALL: who knows where all of them go */
    if (!pushes && !is_fronted(emu, va) && !is_fronted(emu, va + size - 1))
        return;
    state->ring_count = 0; /* nothing has been asked yet */
    access_refuse(state, va, ACCESS_FETCH, false);
    run_stop(emu, PENDING_TRANSACTION);
}

/* ---- What the core calls */

bool access_init(struct emu *emu) {
    struct access_state *state = calloc(1, sizeof *state);
    uc_hook hook;
    size_t size = SLOT_COUNT * PAGE_SIZE;
    if (state == NULL)
        return false;
    state->emu = emu;
    state->access.parts = 1;
    state->access.reply = access_reply(state);
    emu->access = state;
    state->decoder = decoder_create();
    return state->decoder != NULL &&
           uc_mmio_map(emu->uc, SLOT_BASE, size, access_on_piece, state, NULL, NULL) == UC_ERR_OK &&
           uc_mem_protect(emu->uc, SLOT_BASE, size, UC_PROT_NONE) == UC_ERR_OK &&
           uc_hook_add(emu->uc, &hook, UC_HOOK_MEM_READ_PROT | UC_HOOK_MEM_WRITE_PROT, (void *)access_on_event, state,
                       SLOT_BASE, SLOT_BASE + size - 1) == UC_ERR_OK;
}

void access_destroy(struct emu *emu) {
    struct access_state *state = emu->access;
    if (state == NULL)
        return;
    decoder_destroy(state->decoder);
    if (state->tx.context != NULL)
        uc_context_free(state->tx.context);
    free(state);
    emu->access = NULL;
}

void access_intr(struct emu *emu, uint32_t vector) {
    struct access_state *state = emu->access;
    if (emu->pending != PENDING_NONE) {
        run_stop(emu, emu->pending);  /* a helper store was refused and ran on */
    } else if (vector == VECTOR_DB) { /* not of INT: that is no transaction */
        tf_settle(emu, (state->tx.flags & DECODE_POPF) != 0);
        bool done = transaction_commit(state);
        if (done)
            clock_retired(emu);
        if (!done || !transaction_goes_on(state))
            run_stop(emu, done ? PENDING_COMMIT : emu->pending);
    } else {
        emu->trap.vector = (int)vector;
        emu->trap.error = engine_exception_take(emu).error;
        emu->trap.has_error = vector == VECTOR_DF || (vector >= 10 && vector <= VECTOR_PF) || vector == 17;
        run_stop(emu, PENDING_TRAP);
    }
}

static void transaction_want(struct access_state *state) {
    state->tx.wanted = true;
    state->tx.wanted_pc = reg_rip(state->emu);
}

void access_enter(struct emu *emu) {
    struct access_state *state = emu->access;
    if (!state->tx.wanted || emu->delivery.active || reg_cpl(emu) != 3)
        return; /* a request of the host may come in between */
    uint64_t pc = reg_rip(emu);
    state->tx.wanted = false;
    if (pc == state->tx.wanted_pc && (access_decode(state, pc)->flags & DECODE_SYSTEM) == 0)
        transaction_begin(state);
}

/* An instruction that the inline path began and that was cut, by a refused fill or a stop between two of its accesses:
 * what it has asked must not be asked again. A stop leaves it open whether the instruction has retired and come round
 * again; then its first access is another one, but for a loop that changes nothing. */
static void cut_short(struct access_state *state, uc_err err) {
    struct emu *emu = state->emu;
    bool stopped = err == UC_ERR_OK && emu->pending == PENDING_NONE;
    bool refused = err == UC_ERR_EXCEPTION && emu->mmu.refused != ACCESS_FETCH && emu->pending != PENDING_TRANSACTION;
    if ((!stopped && !refused) || !ring_ends_at(state, reg_rip(emu)) || emu->delivery.active || reg_cpl(emu) != 3)
        return;
    if (refused) {
        access_refuse(state, emu->mmu.refused_va, emu->mmu.refused, true);
        return;
    }
    access_refuse(state, 0, ACCESS_FETCH, false); /* no data access ends what the ring may serve */
    emu->pending = PENDING_NONE;
    transaction_want(state);
}

/* The inline path refused an access that it had asked for. */
static void cut_keep(struct access_state *state) {
    state->cut = false;
    state->ring_count = 0; /* the log has it */
    state->tx.pc = reg_rip(state->emu);
    state->tx.cr3 = reg_get(state->emu, UC_X86_REG_CR3);
    log_keep(state);
}

static enum exit_action exit_claimed(struct access_state *state) {
    struct emu *emu = state->emu;
    int pending = (int)emu->pending;
    emu->pending = PENDING_NONE;
    switch (pending) {
    case PENDING_TRANSACTION:
        transaction_want(state);
        return EXIT_RESUME;
    case PENDING_COMMIT:
        transaction_committed(state);
        return EXIT_RESUME;
    case PENDING_FRONT_TRAP:
        trap_deliver(state);
        return EXIT_RESUME;
    case PENDING_SLOTS:
        mmu_flush(emu);
        access_slots_reset(state);
        return EXIT_RESUME;
    case PENDING_BLOCKS:
        state->blocks_due = state->blocks_due == 0 ? BLOCKS_FIRST : 4 * state->blocks_due;
        uc_ctl_flush_tb(emu->uc);
        return EXIT_RESUME;
    case PENDING_FETCHES:
        fetch_serve(state);
        return EXIT_RESUME;
    case PENDING_ACCESS_STOP:
        emu->stop = (struct emu_stop){.reason = EMU_STOP_ACCESS};
        return EXIT_STOP;
    default:
        emu->pending = (enum pending)pending;
        return EXIT_UNCLAIMED;
    }
}

enum exit_action access_exit(struct emu *emu, uc_err err) {
    struct access_state *state = emu->access;
    access_special(state, SPECIAL_ENDING | SPECIAL_SWALLOW, false);
    state->load.left = 0;
    state->pair.va = 0;
    if (state->fetch.count != 0 && emu->pending != PENDING_CLOCK) /* then no instruction starts over */
        fetch_exit(state);
    if (state->tx.active && emu->pending != PENDING_COMMIT)
        transaction_abort(state);
    else if (state->cut)
        cut_keep(state);
    else if (!state->tx.active)
        cut_short(state, err);
    access_special(state, SPECIAL_ENDING, false);
    /* Behind a commit RIP is at another instruction, whose breakpoint counts (the last one that was skipped may have
     * been another process's, at the same address); unless it is the next round of a REP. */
    bool same = emu->pending != PENDING_COMMIT || reg_rip(emu) == state->tx.pc;
    if (same &&
        (emu->pending == PENDING_TRANSACTION || emu->pending == PENDING_COMMIT || (int)emu->pending == PENDING_SLOTS ||
         (int)emu->pending == PENDING_BLOCKS || (int)emu->pending == PENDING_FETCHES))
        breakpoint_again(emu);
    return exit_claimed(state);
}

void access_forget(struct emu *emu) {
    struct access_state *state = emu->access;
    facet_assert(!state->tx.active, "the machine stands within the instruction at 0x%lx", state->tx.pc);
    state->tx.wanted = false;
    state->copy.live = false;
    fetch_forget(state);
    log_clear(state);
    state->ring_count = 0;
}
