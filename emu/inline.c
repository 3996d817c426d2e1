/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The inline path: accesses to fast pages, one PROT event of the engine each, and to careful pages by instructions that
 * can be cut at each of their accesses. Everything that an event can't do exactly where it stands (a page border, a
 * page that must not be stored to yet, code) is refused and becomes a transaction; so is what a handler said beyond
 * PASS and DONE.
 *
 * This is the path whose speed counts: a slot tells everything, the instruction at pc is known from a cache.
 */
#include "access.h"

#include <string.h>

_Static_assert((int)DECODE_RMW == (int)FACET_RMW && (int)DECODE_ATOMIC == (int)FACET_ATOMIC, "flags are passed on");

/* ---- One page, the common case */

/* Moves of 1, 2, 4 or 8 bytes, without a call. */
static inline uint64_t word_read(const uint8_t *from, unsigned size) {
    uint16_t two;
    uint32_t four;
    uint64_t eight;
    switch (size) {
    case 1:
        return *from;
    case 2:
        memcpy(&two, from, 2);
        return two;
    case 4:
        memcpy(&four, from, 4);
        return four;
    default:
        memcpy(&eight, from, 8);
        return eight;
    }
}

static inline void word_write(uint8_t *to, uint64_t value, unsigned size) {
    switch (size) {
    case 1:
        memcpy(to, &value, 1);
        break;
    case 2:
        memcpy(to, &value, 2);
        break;
    case 4:
        memcpy(to, &value, 4);
        break;
    default:
        memcpy(to, &value, 8);
    }
}

static inline __attribute__((always_inline)) enum facet_verdict
ask_inline(struct access_state *state, const struct slot *slot, enum facet_kind kind, unsigned offset, unsigned size,
           uint64_t pc, unsigned flags, const uint8_t *attempted) {
    struct emu_access *access = &state->access;
    uint8_t *host = slot->target.host;
    access->kind = kind;
    access->flags = flags & FACET_FLAGS;
    access->size = size;
    access->va.v = slot->va + offset;
    access->pc.v = pc;
    access->part[0].front = slot->target.front;
    access->part[0].offset = slot->target.offset + offset;
    access->part[0].size = size;
    access->attempted = attempted;
    access->backing = host != NULL ? host + offset : NULL;
    access->replaced = false;
    access->nested = slot->target.nested;
    access->step = 0;
    state->emu->stats.fast_accesses++;
    return access_ask(state, access);
}

/* The same where nothing may be. */
static __attribute__((noinline)) enum facet_verdict ask_slow(struct access_state *state, const struct slot *slot,
                                                             enum facet_kind kind, unsigned offset, unsigned size,
                                                             uint64_t pc, unsigned flags, const uint8_t *attempted) {
    enum facet_verdict verdict = ask_inline(state, slot, kind, offset, size, pc, flags, attempted);
    return verdict_at_hole(&slot->target, verdict) ? VERDICT_HOLE : verdict;
}

/* The instruction may not go on here. */
static inline bool is_cut(struct access_state *state, const struct slot *slot, enum facet_verdict verdict) {
    if (__builtin_expect(verdict == FACET_PASS, 1))
        return false;
    if (verdict != FACET_DONE && !slot->target.careful)
        return access_verdict_lost(state, verdict, slot->target.front) != FACET_PASS;
    return verdict != FACET_DONE || state->access.step != 0;
}

/* ---- Two halves: operands of 16 bytes, joined when they lie in this page. The others are captured. */

/* Nothing of this instruction has happened yet, and its wide operand is here as a whole. */
static bool pair_begins(unsigned offset, const struct decoded *decoded) {
    return (decoded->flags & DECODE_PAIR) != 0 && offset + decoded->wide <= PAGE_SIZE;
}

static inline bool pair_goes_on(const struct access_state *state, uint64_t pc, uint64_t va, enum access kind) {
    return state->pair.va == va && state->pair.pc == pc && state->pair.kind == kind;
}

/* ---- Loads */

static const uint8_t nothing[4 * PIECE_MAX];

static inline bool load_serve(struct access_state *state, uint64_t address, unsigned size, const uint8_t *from) {
    state->load.address = address;
    state->load.from = from;
    state->load.left = (address & (size - 1)) != 0 ? 2 * size : size;
    return true;
}

/* What a load gets. */
static inline const uint8_t *load_source(const struct access_state *state, enum facet_verdict verdict) {
    const struct emu_access *access = &state->access;
    if (__builtin_expect(verdict == FACET_DONE, 0))
        return access->reply;
    return access->backing != NULL ? access->backing : nothing + PIECE_MAX;
}

static __attribute__((noinline)) bool load_pair(struct access_state *state, const struct slot *slot, uint64_t address,
                                                unsigned size, uint64_t pc, const struct decoded *decoded) {
    unsigned offset = address % PAGE_SIZE;
    uint64_t va = slot->va + offset;
    if (pair_goes_on(state, pc, va, ACCESS_LOAD)) {
        state->pair.va = 0;
        return load_serve(state, address, size, state->pair.from);
    }
    if (!pair_begins(offset, decoded))
        return access_refuse(state, va, ACCESS_LOAD, false);
    enum facet_verdict verdict = ask_slow(state, slot, FACET_LOAD, offset, decoded->wide, pc, decoded->flags, NULL);
    const uint8_t *from = load_source(state, verdict);
    if (is_cut(state, slot, verdict))
        return transaction_instead(state, verdict, from);
    ring_note(state, pc, FACET_LOAD, va, decoded->wide, verdict, from);
    if (decoded->wide < PIECE_MAX) /* what the engine loads behind it is nothing */
        from = memcpy(memset(state->loaded + PIECE_MAX, 0, PIECE_MAX), from, decoded->wide);
    state->pair.pc = pc;
    state->pair.va = va + size;
    state->pair.kind = ACCESS_LOAD;
    state->pair.from = decoded->wide > PIECE_MAX ? from + PIECE_MAX : nothing + PIECE_MAX;
    return load_serve(state, address, size, from);
}

uint64_t access_store_value(struct emu *emu, unsigned flags, uint64_t value, unsigned size) {
    if ((flags & DECODE_SWAP) != 0)
        return __builtin_bswap64(value) >> (64 - 8 * size);
    if ((flags & DECODE_PUSHF) != 0 && tf_hidden_in_pushf(emu))
        return value & ~FLAG_TF;
    return value;
}

/* Performs a store that was passed. */
static inline void store_perform(struct access_state *state, const struct slot *slot, unsigned offset,
                                 const uint8_t *bytes, unsigned size) {
    if (slot->target.host == NULL)
        return;
    word_write(slot->target.host + offset, word_read(bytes, size), size);
    if (!slot->plain_store)
        coherence_host_store(state->emu, slot->target.gpa + offset, size);
}

static void swallow_bytes(struct access_state *state, unsigned count) {
    state->swallow = count;
    access_special(state, SPECIAL_SWALLOW, count != 0);
}

/* ---- Border pages: nobody is asked for what stays in them. */

static bool runs_over(struct access_state *state, const struct slot *slot, unsigned offset, unsigned size,
                      const struct decoded *decoded) {
    struct facet_regs regs = {0};
    unsigned reach = (decoded->flags & DECODE_PAIR) != 0 ? PAIR_MAX : decoded->wide;
    if (offset + size > PAGE_SIZE)
        return true;
    if (offset + reach <= PAGE_SIZE)
        return false;
    regs_get_some(state->emu, decoded->registers, &regs);
    return decoded_wide_address(decoded, &regs) + reach > slot->va + PAGE_SIZE;
}

static __attribute__((noinline)) bool load_border(struct access_state *state, const struct slot *slot, uint64_t address,
                                                  unsigned size, const struct decoded *decoded) {
    unsigned offset = address % PAGE_SIZE;
    bool rmw = (decoded->flags & DECODE_RMW) != 0 && !slot->plain_store;
    if (rmw || runs_over(state, slot, offset, size, decoded))
        return access_refuse(state, slot->va + offset, ACCESS_LOAD, false);
    return load_serve(state, address, size, slot->target.host + offset);
}

static __attribute__((noinline)) bool store_border(struct access_state *state, const struct slot *slot, unsigned offset,
                                                   unsigned size, uint64_t value, const struct decoded *decoded) {
    bool careful = !slot->plain_store && (decoded->flags & DECODE_HELPER) == 0;
    if (careful || runs_over(state, slot, offset, size, decoded))
        return access_refuse(state, slot->va + offset, ACCESS_STORE, false);
    value = access_store_value(state->emu, decoded->flags, value, size);
    store_perform(state, slot, offset, (const uint8_t *)&value, size);
    if ((offset & (size - 1)) != 0)
        swallow_bytes(state, size);
    return true;
}

/* ---- Instructions that access two places: nobody is asked about the first if the second is not allowed. */

/* What a page allows is remembered until the host changes something (and flushes), or ring 0 has been entered. */
static bool apart_page(struct access_state *state, uint64_t va, enum decode_apart kind) {
    struct emu *emu = state->emu;
    struct mmu_page page;
    struct target target;
    uint64_t entries = emu->stats.exceptions + emu->stats.syscalls;
    va &= PAGE_MASK;
    if (state->apart.va == va && state->apart.kind == kind && state->apart.epoch == emu->mmu.epoch &&
        state->apart.entries == entries)
        return true;
    bool store = kind == DECODE_APART_STORE;
    if (mmu_walk(emu, reg_get(emu, UC_X86_REG_CR3), va, &page) != MMU_OK || !page.user || (store && !page.write))
        return false;
    if (in_aperture(page.gpa) && (page_resolve(emu, &page, &target) != FRONT_OK || (store && !target.write)))
        return false;
    state->apart.va = va;
    state->apart.kind = kind;
    state->apart.epoch = emu->mmu.epoch;
    state->apart.entries = entries;
    return true;
}

static bool apart_allowed(struct access_state *state, const struct decoded *decoded) {
    struct facet_regs regs = {0};
    uint64_t va, last;
    regs_get_some(state->emu, decoded->registers, &regs);
    if (!decoded_apart_address(decoded, &regs, &va))
        return true;
    last = va + decoded->store_size - 1;
    enum decode_apart kind = (enum decode_apart)decoded->apart;
    return apart_page(state, va, kind) && (last / PAGE_SIZE == va / PAGE_SIZE || apart_page(state, last, kind));
}

/* The load has been answered, and the store may be refused: ring_load(). */
static void apart_begins(struct access_state *state) {
    emu_regs_get(state->emu, &state->apart.regs);
    state->apart.end = state->ring_end;
}

/* A load that was answered on a fast page may be this execution's or not: nothing tells. */
static bool apart_goes_on(struct access_state *state, uint64_t pc) {
    return !ring_ends_with_load(state, pc) || state->apart.end == state->ring_end;
}

/* All that is not one access by an instruction that makes no other. */
static __attribute__((noinline)) bool load_slow(struct access_state *state, const struct slot *slot, uint64_t address,
                                                unsigned size, uint64_t pc, const struct decoded *decoded) {
    unsigned offset = address % PAGE_SIZE;
    if (slot->target.front < 0)
        return load_border(state, slot, address, size, decoded);
    if ((decoded->flags & slot->captured) != 0)
        return access_refuse(state, slot->va + offset, ACCESS_LOAD, false);
    if (decoded->wide != 0)
        return load_pair(state, slot, address, size, pc, decoded);
    bool apart = decoded->apart != DECODE_APART_NONE;
    if (offset + size > PAGE_SIZE || (apart && !apart_allowed(state, decoded)))
        return access_refuse(state, slot->va + offset, ACCESS_LOAD, false);
    enum facet_verdict verdict = ask_slow(state, slot, FACET_LOAD, offset, size, pc, decoded->flags, NULL);
    const uint8_t *from = load_source(state, verdict);
    if (is_cut(state, slot, verdict))
        return transaction_instead(state, verdict, from);
    ring_note(state, pc, FACET_LOAD, slot->va + offset, size, verdict, from);
    if (apart && slot->target.careful)
        apart_begins(state);
    return load_serve(state, address, size, from);
}

static inline bool load_inline(struct access_state *state, const struct slot *slot, uint64_t address, unsigned size,
                               uint64_t pc) {
    const struct decoded *decoded = access_decode(state, pc);
    unsigned offset = address % PAGE_SIZE;
    if (__builtin_expect((decoded->flags & slot->slow_load) != 0 || offset + size > PAGE_SIZE, 0))
        return load_slow(state, slot, address, size, pc, decoded);
    if (__builtin_expect(state->emu->stats.fast_accesses >= state->blocks_due, 0)) {
        access_special(state, SPECIAL_ENDING, true);
        state->emu->pending = (enum pending)PENDING_BLOCKS;
        return false;
    }
    enum facet_verdict verdict = ask_inline(state, slot, FACET_LOAD, offset, size, pc, 0, NULL);
    const uint8_t *from = load_source(state, verdict);
    if (is_cut(state, slot, verdict))
        return transaction_instead(state, verdict, from);
    return load_serve(state, address, size, from);
}

/* ---- Stores */

/* The lower half is kept until the upper one comes. */
static __attribute__((noinline)) bool store_pair(struct access_state *state, const struct slot *slot, unsigned offset,
                                                 unsigned size, uint64_t value, uint64_t pc,
                                                 const struct decoded *decoded) {
    uint64_t va = slot->va + offset;
    bool upper = pair_goes_on(state, pc, va, ACCESS_STORE);
    if (!upper && (size != PIECE_MAX || !slot->plain_store || !pair_begins(offset, decoded)))
        return access_refuse(state, va, ACCESS_STORE, false);
    memcpy(state->pair.bytes + (upper ? PIECE_MAX : 0), &value, PIECE_MAX);
    if (!upper) {
        state->pair.pc = pc;
        state->pair.va = va + PIECE_MAX;
        state->pair.kind = ACCESS_STORE;
    } else {
        offset -= PIECE_MAX;
        state->pair.va = 0;
        enum facet_verdict verdict =
            ask_slow(state, slot, FACET_STORE, offset, PAIR_MAX, pc, decoded->flags, state->pair.bytes);
        const uint8_t *stored = access_stored(&state->access);
        if (is_cut(state, slot, verdict))
            return transaction_instead(state, verdict, stored);
        if (verdict == FACET_PASS && slot->target.host != NULL)
            memcpy(slot->target.host + offset, stored, PAIR_MAX);
        ring_note(state, pc, FACET_STORE, slot->va + offset, PAIR_MAX, verdict, stored);
    }
    if ((va & (PIECE_MAX - 1)) != 0)
        swallow_bytes(state, PIECE_MAX);
    return true;
}

/* A helper of the engine goes on after a store that was refused; it is left as from a refused fill. */
static __attribute__((noinline)) bool store_captured(struct access_state *state, uint64_t va,
                                                     const struct decoded *decoded) {
    access_refuse(state, va, ACCESS_STORE, false);
    if ((decoded->flags & DECODE_HELPER) != 0)
        engine_abort(state->emu, PENDING_TRANSACTION);
    return false;
}

static __attribute__((noinline)) bool store_slow(struct access_state *state, const struct slot *slot, unsigned offset,
                                                 unsigned size, uint64_t value, uint64_t pc,
                                                 const struct decoded *decoded) {
    if (slot->target.front < 0)
        return store_border(state, slot, offset, size, value, decoded);
    if ((decoded->flags & slot->captured) != 0)
        return store_captured(state, slot->va + offset, decoded);
    if ((decoded->flags & DECODE_PAIR) != 0)
        return store_pair(state, slot, offset, size, value, pc, decoded);
    bool apart = decoded->apart != DECODE_APART_NONE && slot->target.careful;
    if (offset + size > PAGE_SIZE || !slot->plain_store || (apart && !apart_goes_on(state, pc)))
        return access_refuse(state, slot->va + offset, ACCESS_STORE, false);
    value = access_store_value(state->emu, decoded->flags, value, size);
    enum facet_verdict verdict =
        ask_slow(state, slot, FACET_STORE, offset, size, pc, decoded->flags, (const uint8_t *)&value);
    const uint8_t *stored = access_stored(&state->access);
    if (is_cut(state, slot, verdict))
        return transaction_instead(state, verdict, stored);
    if (verdict == FACET_PASS)
        store_perform(state, slot, offset, stored, size);
    ring_note(state, pc, FACET_STORE, slot->va + offset, size, verdict, stored);
    if ((offset & (size - 1)) != 0)
        swallow_bytes(state, size);
    return true;
}

static inline bool store_inline(struct access_state *state, const struct slot *slot, unsigned offset, unsigned size,
                                uint64_t value, uint64_t pc) {
    const struct decoded *decoded = access_decode(state, pc);
    if (__builtin_expect((decoded->flags & slot->slow_store) != 0 || offset + size > PAGE_SIZE, 0))
        return store_slow(state, slot, offset, size, value, pc, decoded);
    enum facet_verdict verdict = ask_inline(state, slot, FACET_STORE, offset, size, pc, 0, (const uint8_t *)&value);
    if (is_cut(state, slot, verdict))
        return transaction_instead(state, verdict, access_stored(&state->access));
    if (verdict == FACET_PASS)
        store_perform(state, slot, offset, access_stored(&state->access), size);
    if ((offset & (size - 1)) != 0)
        swallow_bytes(state, size);
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
    if ((state->special & SPECIAL_LOG) != 0 && log_waits(state, reg_rip(state->emu))) {
        *answer = access_refuse(state, slot->va + address % PAGE_SIZE, kind, false);
        return true;
    }
    /* The program may do nothing but access fronts: then an interrupt from outside is seen here. Whatever this
     * instruction has asked before, the transaction that completes it later knows. */
    if (atomic_load(&state->emu->interrupted) &&
        (kind == ACCESS_LOAD || (access_decode(state, reg_rip(state->emu))->flags & DECODE_HELPER) == 0)) {
        *answer = access_refuse(state, slot->va + address % PAGE_SIZE, kind, false);
        return true;
    }
    return false;
}

/* One architectural access, before any byte has moved. */
bool access_on_event(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value, void *user) {
    struct access_state *state = user;
    struct slot *slot = &state->slot[(address - SLOT_BASE) / PAGE_SIZE];
    enum access kind = type == UC_MEM_READ_PROT ? ACCESS_LOAD : ACCESS_STORE;
    bool answer;
    uint64_t pc;
    if ((state->special != 0 || atomic_load_explicit(&state->emu->interrupted, memory_order_relaxed)) &&
        on_special(state, slot, kind, address, (unsigned)size, (uint64_t)value, &answer))
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

/* A load that began in a page of ordinary memory would have no event of its own. Such a page is a border page, with an
 * event for the whole; were it not, the load could only be stopped and captured. */
static uint64_t piece_unannounced(struct access_state *state, const struct slot *slot, uint64_t offset, unsigned size) {
    if (state->emu->pending == PENDING_NONE) {
        access_refuse(state, slot->va, ACCESS_LOAD, true);
        access_special(state, SPECIAL_ENDING, false);
        run_stop(state->emu, PENDING_TRANSACTION);
    }
    return slot->target.host != NULL ? word_read(slot->target.host + offset, size) : 0;
}

/* The engine fetches a load in pieces, aligned words that may reach beyond it on both sides. */
uint64_t access_on_piece(uc_engine *uc, uint64_t offset, unsigned size, void *user) {
    struct access_state *state = user;
    (void)uc;
    if ((state->special & SPECIAL_TRANSACTION) != 0)
        return piece_captured(state, &state->slot[offset / PAGE_SIZE], offset % PAGE_SIZE, size);
    if (state->load.left < size)
        return piece_unannounced(state, &state->slot[offset / PAGE_SIZE], offset % PAGE_SIZE, size);
    state->load.left -= size;
    return word_read(state->load.from + (int64_t)(SLOT_BASE + offset - state->load.address), size);
}
