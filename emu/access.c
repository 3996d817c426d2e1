/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The inline path: accesses to fast pages, one PROT event of the engine each, and what the core calls. Everything that an
 * event can't do exactly where it stands (a page border, a page that must not be stored to yet, code) is refused and
 * becomes a transaction.
 */
#include "access.h"

#include <stdlib.h>
#include <string.h>

_Static_assert((int)DECODE_RMW == (int)FACET_RMW && (int)DECODE_ATOMIC == (int)FACET_ATOMIC, "flags are passed on");

/* ---- What stands at pc */

static bool same_code(const struct decoded *decoded) {
    uint64_t old[2], now[2];
    unsigned size = decoded->size;
    uint64_t low = size >= 8 ? ~0ul : (1ul << 8 * size) - 1;
    uint64_t high = size >= 8 ? (1ul << 8 * (size - 8)) - 1 : 0;
    memcpy(old, decoded->bytes, 16);
    memcpy(now, decoded->code, 16);
    return (((old[0] ^ now[0]) & low) | ((old[1] ^ now[1]) & high)) == 0;
}

static const struct decoded *decode_again(struct access_state *state, struct decoded *decoded, uint64_t pc) {
    struct emu *emu = state->emu;
    struct mmu_page page;
    struct target target;
    unsigned room = (unsigned)(PAGE_SIZE - pc % PAGE_SIZE);
    const uint8_t *code = NULL;
    if (mmu_walk(emu, reg_get(emu, UC_X86_REG_CR3), pc, &page) == MMU_OK && page_resolve(emu, &page, &target) == FRONT_OK &&
        target.host != NULL && target.gpa + pc % PAGE_SIZE + 16 <= emu->ram_size)
        code = target.host + pc % PAGE_SIZE;
    if (code != NULL && decoded->pc == pc && decoded->size != 0 && decoded->size <= room) {
        decoded->code = code;
        decoded->generation = emu->stats.fills;
        if (same_code(decoded))
            return decoded;
    }
    if (code != NULL)
        decoder_fill(state->decoder, decoded, pc, code, room);
    decoded->code = code;
    decoded->generation = emu->stats.fills;
    if (code == NULL || decoded->size == 0) { /* crosses into the next page: never taken from the cache */
        uint8_t bytes[DECODE_BYTES_MAX];
        decoder_fill(state->decoder, decoded, pc, bytes, (unsigned)mmu_fetch(emu, pc, bytes, sizeof bytes));
        decoded->generation = 0;
    }
    return decoded;
}

const struct decoded *access_decode(struct access_state *state, uint64_t pc) {
    struct decoded *decoded = decoder_slot(state->decoder, pc);
    /* A page of code can't be mapped anew without a fill, and its bytes are compared. */
    if (decoded->pc == pc && decoded->generation == state->emu->stats.fills && same_code(decoded))
        return decoded;
    return decode_again(state, decoded, pc);
}

/* ---- Refusals */

void access_special(struct access_state *state, unsigned bits, bool on) {
    state->special = on ? state->special | bits : state->special & ~bits;
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

uint8_t *access_reply(struct access_state *state) {
    return state->reply_room + FACET_ACCESS_MAX;
}

enum facet_verdict access_ask(struct access_state *state, struct emu_access *access) {
    struct emu *emu = state->emu;
    emu->stats.accesses++;
    return emu->ask != NULL ? emu->ask(emu->ask_context, access) : FACET_PASS;
}

static enum facet_verdict ask_inline(struct access_state *state, const struct slot *slot, enum facet_kind kind,
                                     unsigned offset, unsigned size, uint64_t pc, unsigned flags,
                                     const uint8_t *attempted) {
    struct emu_access *access = &state->access;
    uint8_t *host = slot->target.host;
    access->kind = kind;
    access->flags = flags & (FACET_RMW | FACET_ATOMIC);
    access->size = size;
    access->va.v = slot->va + offset;
    access->pc.v = pc;
    access->part[0].front = slot->target.front;
    access->part[0].offset = slot->target.offset + offset;
    access->part[0].start = 0;
    access->part[0].size = size;
    access->parts = 1;
    access->attempted = attempted;
    access->backing = host != NULL ? host + offset : NULL;
    access->reply = access_reply(state);
    access->replaced = false;
    state->emu->stats.fast_accesses++;
    enum facet_verdict verdict = access_ask(state, access);
    facet_assert(verdict == FACET_PASS || verdict == FACET_DONE, "verdict %d on a front that is not careful (front %d)",
                 (int)verdict, slot->target.front);
    return verdict;
}

void access_describe(struct emu_access *access, enum facet_kind kind, unsigned flags, uint64_t va, unsigned size,
                     uint64_t pc, const struct target *target, int parts) {
    unsigned start = va % PAGE_SIZE, first = parts == 2 ? (unsigned)(PAGE_SIZE - start) : size;
    access->kind = kind;
    access->flags = flags & (FACET_RMW | FACET_ATOMIC | FACET_KERNEL);
    access->size = size;
    access->va.v = va;
    access->pc.v = pc;
    access->parts = parts;
    access->part[0] = (struct emu_part){target[0].front, target[0].front < 0 ? 0 : target[0].offset + start, 0, first};
    if (parts == 2)
        access->part[1] = (struct emu_part){target[1].front, target[1].front < 0 ? 0 : target[1].offset, first,
                                            size - first};
}

/* ---- Loads */

static const uint8_t nothing[3 * PIECE_MAX];

static bool load_inline(struct access_state *state, const struct slot *slot, uint64_t address, unsigned size,
                        uint64_t pc) {
    const struct decoded *decoded = access_decode(state, pc);
    unsigned offset = address % PAGE_SIZE;
    if (offset + size > PAGE_SIZE || ((decoded->flags & DECODE_RMW) != 0 && !slot->plain_store))
        return access_refuse(state, slot->va + offset, ACCESS_LOAD, false);
    enum facet_verdict verdict = ask_inline(state, slot, FACET_LOAD, offset, size, pc, decoded->flags, NULL);
    const uint8_t *from = nothing + PIECE_MAX;
    if (verdict == FACET_DONE)
        from = access_reply(state);
    else if (slot->target.host != NULL)
        from = slot->target.host + offset;
    state->load.address = address;
    state->load.from = from;
    state->load.left = (address & (size - 1)) != 0 ? 2 * size : size;
    if ((decoded->flags & DECODE_MULTI) != 0)
        ring_note(state, pc, FACET_LOAD, slot->va + offset, size, verdict, from);
    return true;
}

/* ---- Stores */

/* The bytes that the store will leave in memory. */
static void store_bytes(uint8_t *bytes, unsigned size, uint64_t value, unsigned flags) {
    if ((flags & DECODE_SWAP) != 0)
        value = __builtin_bswap64(value) >> (64 - 8 * size);
    memcpy(bytes, &value, 8);
}

/* Performs a store that was passed, when its frame is nobody's code. */
static void store_perform(struct access_state *state, const struct target *target, unsigned offset, const uint8_t *bytes,
                          unsigned size, bool code) {
    if (target->host == NULL)
        return;
    memcpy(target->host + offset, bytes, size);
    if (code)
        coherence_host_store(state->emu, target->gpa + offset, size);
}

/* One or two pages, inline: what began before this page or runs on into the next one. */
static void store_wide(struct access_state *state, const struct target *target, uint64_t va, unsigned size, uint64_t pc,
                       unsigned flags, const uint8_t *bytes) {
    struct emu_access access = {.attempted = bytes, .reply = access_reply(state)};
    access_describe(&access, FACET_STORE, flags, va, size, pc, target, 2);
    if (target_read(target, 2, va, size, state->backing))
        access.backing = state->backing;
    state->emu->stats.fast_accesses++;
    enum facet_verdict verdict = access_ask(state, &access);
    facet_assert(verdict == FACET_PASS || verdict == FACET_DONE, "verdict %d on a front that is not careful",
                 (int)verdict);
    if (verdict == FACET_PASS)
        target_write(state->emu, target, 2, va, size, access_stored(&access));
}

static bool page_at(struct access_state *state, uint64_t va, struct target *target) {
    struct mmu_page page;
    return mmu_walk(state->emu, reg_get(state->emu, UC_X86_REG_CR3), va, &page) == MMU_OK &&
           page_resolve(state->emu, &page, target) == FRONT_OK;
}

/* A byte store at a page's start may be the first byte here of a store that began in the page before, which is ordinary
 * memory: the engine has stored those bytes already and reports the rest one by one. The whole is one access, asked at
 * its last byte. Its backing shows the ordinary bytes as they are now, and DONE can't take them back. */
static bool tail_begins(struct access_state *state, const struct slot *slot, const struct decoded *decoded) {
    struct facet_regs regs;
    uint64_t va;
    if (decoded->store_size <= 1 || decoded->store_size > PIECE_MAX)
        return false;
    emu_regs_get(state->emu, &regs);
    if (!decoded_store_address(decoded, &regs, &va) || va >= slot->va || va + decoded->store_size <= slot->va)
        return false;
    state->tail.va = va;
    state->tail.size = decoded->store_size;
    state->tail.got = (unsigned)(slot->va - va);
    access_special(state, SPECIAL_TAIL, true);
    return true;
}

static bool tail_byte(struct access_state *state, const struct slot *slot, uint64_t value, uint64_t pc) {
    unsigned before = (unsigned)(slot->va - state->tail.va);
    struct target target[2];
    state->tail.bytes[state->tail.got++] = (uint8_t)value;
    if (state->tail.got < state->tail.size)
        return true;
    access_special(state, SPECIAL_TAIL, false);
    if (page_at(state, state->tail.va, &target[0]) && target[0].host != NULL)
        memcpy(state->tail.bytes, target[0].host + state->tail.va % PAGE_SIZE, before);
    target[1] = slot->target;
    store_wide(state, target, state->tail.va, state->tail.size, pc, access_decode(state, pc)->flags, state->tail.bytes);
    return true;
}

static void swallow_bytes(struct access_state *state, unsigned count) {
    state->swallow = count;
    access_special(state, SPECIAL_SWALLOW, count != 0);
}

static bool store_inline(struct access_state *state, const struct slot *slot, unsigned offset, unsigned size,
                         uint64_t value, uint64_t pc) {
    const struct decoded *decoded = access_decode(state, pc);
    bool crosses = offset + size > PAGE_SIZE, helper = (decoded->flags & DECODE_HELPER) != 0;
    struct target target[2] = {slot->target};
    uint8_t bytes[PIECE_MAX];
    if ((crosses || !slot->plain_store) && !helper)
        return access_refuse(state, slot->va + offset, ACCESS_STORE, false);
    if (size == 1 && offset == 0 && tail_begins(state, slot, decoded))
        return tail_byte(state, slot, value, pc);
    store_bytes(bytes, size, value, decoded->flags);
    if ((offset & (size - 1)) != 0)
        swallow_bytes(state, size);
    if (crosses && page_at(state, slot->va + PAGE_SIZE, &target[1])) {
        store_wide(state, target, slot->va + offset, size, pc, decoded->flags, bytes);
        return true;
    }
    enum facet_verdict verdict = ask_inline(state, slot, FACET_STORE, offset, size, pc, decoded->flags, bytes);
    if (verdict == FACET_PASS)
        store_perform(state, &slot->target, offset, access_stored(&state->access), size, !slot->plain_store);
    if ((decoded->flags & DECODE_MULTI) != 0)
        ring_note(state, pc, FACET_STORE, slot->va + offset, size, verdict, access_stored(&state->access));
    return true;
}

/* ---- The engine's hooks */

static bool on_special(struct access_state *state, struct slot *slot, enum access kind, uint64_t address, unsigned size,
                       uint64_t value, bool *answer) {
    *answer = true;
    if ((state->special & SPECIAL_ENDING) != 0)
        return true; /* a helper goes on regardless; nothing of it counts */
    if ((state->special & SPECIAL_SWALLOW) != 0 && kind == ACCESS_STORE) {
        swallow_bytes(state, state->swallow - 1);
        return true;
    }
    if ((state->special & SPECIAL_TRANSACTION) != 0) {
        *answer = kind == ACCESS_LOAD ? transaction_load(state, slot, address, size)
                                      : transaction_store(state, slot, address % PAGE_SIZE, size, value);
        return true;
    }
    if ((state->special & SPECIAL_TAIL) != 0) {
        *answer = tail_byte(state, slot, value, reg_rip(state->emu));
        return true;
    }
    if ((state->special & SPECIAL_LOG) != 0 && log_waits(state, reg_rip(state->emu))) {
        *answer = access_refuse(state, slot->va + address % PAGE_SIZE, kind, false);
        return true;
    }
    return false;
}

/* One architectural access, before any byte has moved. */
static bool on_access(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value, void *user) {
    struct access_state *state = user;
    struct slot *slot = &state->slot[(address - SLOT_BASE) / PAGE_SIZE];
    enum access kind = type == UC_MEM_READ_PROT ? ACCESS_LOAD : ACCESS_STORE;
    bool answer;
    uint64_t pc;
    if (state->special != 0 && on_special(state, slot, kind, address, (unsigned)size, (uint64_t)value, &answer))
        return answer;
    uc_reg_read(uc, UC_X86_REG_RIP, &pc);
    if (kind == ACCESS_LOAD)
        return load_inline(state, slot, address, (unsigned)size, pc);
    return store_inline(state, slot, address % PAGE_SIZE, (unsigned)size, (uint64_t)value, pc);
}

/* The same in a transaction, where a load may go on in another slot. */
static uint64_t piece_captured(const struct access_state *state, const struct slot *slot, uint64_t offset,
                               unsigned size) {
    uint64_t value = 0, from = slot->va + offset - state->load.va;
    for (unsigned i = 0; i < size; i++)
        if (from + i < state->load.size)
            value |= (uint64_t)state->load.from[from + i] << 8 * i;
    return value;
}

/* The engine fetches a load in pieces, aligned words that may reach beyond it on both sides. */
static uint64_t on_piece(uc_engine *uc, uint64_t offset, unsigned size, void *user) {
    struct access_state *state = user;
    uint64_t value = 0;
    (void)uc;
    if ((state->special & SPECIAL_TRANSACTION) != 0)
        return piece_captured(state, &state->slot[offset / PAGE_SIZE], offset % PAGE_SIZE, size);
    if (state->load.left < size) {
        /* A load that began in the page before, ordinary memory, has no event of its own. Nothing has happened yet. */
        struct slot *slot = &state->slot[offset / PAGE_SIZE];
        state->load.left = 0;
        if (state->emu->pending == PENDING_NONE) {
            access_refuse(state, slot->va + offset % PAGE_SIZE, ACCESS_LOAD, true);
            run_stop(state->emu, PENDING_TRANSACTION);
        }
        return 0;
    }
    state->load.left -= size;
    memcpy(&value, state->load.from + (int64_t)(SLOT_BASE + offset - state->load.address), size);
    return value;
}

static void on_piece_store(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *user) {
    (void)uc, (void)offset, (void)size, (void)value, (void)user; /* performed at its event, or swallowed */
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
    slot->plain_store = target->write && !frame_holds_code(state->emu, target);
    entry->paddr = SLOT_BASE + (uint64_t)(slot - state->slot) * PAGE_SIZE;
    entry->perms = (uc_prot)(UC_PROT_READ | (write ? UC_PROT_WRITE : 0));
    return true;
}

bool access_fill(struct emu *emu, uint64_t va, enum access access, const struct mmu_page *page, uc_tlb_entry *entry) {
    struct access_state *state = emu->access;
    struct target target;
    va &= PAGE_MASK;
    if (page_resolve(emu, page, &target) != FRONT_OK)
        return access_trap(state, FRONT_TRAP_MISSING, access, va, target.front, target.offset, 0);
    if (access == ACCESS_FETCH) {
        entry->paddr = target.gpa;
        return true;
    }
    if (access == ACCESS_STORE && !target.write)
        return access_denied(state, va, access);
    if (emu->transaction)
        return transaction_fill(state, va, &target, entry);
    if (target.careful)
        return access_refuse(state, va, access, true);
    struct slot *slot = slot_find(state, va);
    if (slot == NULL) {
        emu->pending = (enum pending)PENDING_SLOTS;
        return false;
    }
    return fill_slot(state, slot, va, access, page, &target, entry);
}

/* ---- What the core calls */

bool access_init(struct emu *emu) {
    struct access_state *state = calloc(1, sizeof *state);
    uc_hook hook;
    size_t size = SLOT_COUNT * PAGE_SIZE;
    if (state == NULL)
        return false;
    state->emu = emu;
    emu->access = state;
    state->decoder = decoder_create();
    return state->decoder != NULL &&
           uc_mmio_map(emu->uc, SLOT_BASE, size, on_piece, state, on_piece_store, state) == UC_ERR_OK &&
           uc_mem_protect(emu->uc, SLOT_BASE, size, UC_PROT_NONE) == UC_ERR_OK &&
           uc_hook_add(emu->uc, &hook, UC_HOOK_MEM_READ_PROT | UC_HOOK_MEM_WRITE_PROT, (void *)on_access, state, SLOT_BASE,
                       SLOT_BASE + size - 1) == UC_ERR_OK;
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

bool access_intr(struct emu *emu, uint32_t vector) {
    struct access_state *state = emu->access;
    if (!state->tx.active)
        return false;
    if (emu->pending == PENDING_NONE && vector == VECTOR_DB) {
        run_stop(emu, transaction_commit(state) ? PENDING_COMMIT : emu->pending);
    } else if (emu->pending == PENDING_NONE) {
        emu->trap.vector = (int)vector;
        emu->trap.error = engine_exception_take(emu).error;
        emu->trap.has_error = vector == VECTOR_DF || (vector >= 10 && vector <= VECTOR_PF) || vector == 17;
        run_stop(emu, PENDING_TRAP);
    } else {
        run_stop(emu, emu->pending); /* a helper store was refused and ran on */
    }
    return true;
}

void access_enter(struct emu *emu) {
    struct access_state *state = emu->access;
    if (!state->tx.wanted)
        return;
    state->tx.wanted = false;
    if (!emu->delivery.active && reg_cpl(emu) == 3)
        transaction_begin(state);
}

/* An instruction that the inline path began, and that a refused fill has cut: if it may have asked already, it must not
 * start over. */
static bool cut_short(struct access_state *state, uc_err err) {
    struct emu *emu = state->emu;
    if (err != UC_ERR_EXCEPTION || emu->mmu.refused == ACCESS_FETCH || emu->pending == PENDING_TRANSACTION)
        return false;
    if (!ring_ends_at(state, reg_rip(emu)) || reg_cpl(emu) != 3)
        return false;
    return !access_refuse(state, emu->mmu.refused_va, emu->mmu.refused, true);
}

static enum exit_action exit_claimed(struct access_state *state) {
    struct emu *emu = state->emu;
    int pending = (int)emu->pending;
    emu->pending = PENDING_NONE;
    switch (pending) {
    case PENDING_TRANSACTION:
        state->tx.wanted = true;
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
    access_special(state, SPECIAL_ENDING | SPECIAL_SWALLOW | SPECIAL_TAIL, false);
    state->load.left = 0;
    if (state->tx.active && emu->pending != PENDING_COMMIT)
        transaction_abort(state);
    else if (!state->tx.active)
        cut_short(state, err);
    access_special(state, SPECIAL_ENDING, false);
    return exit_claimed(state);
}

void access_forget(struct emu *emu) {
    struct access_state *state = emu->access;
    facet_assert(!state->tx.active, "the machine stands within the instruction at 0x%lx", state->tx.pc);
    state->tx.wanted = false;
    state->copy.live = false;
    log_clear(state);
    state->ring_count = 0;
}
