/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One instruction, captured: exact for every form, every crossing and every verdict, because nothing of it happens
 * before every access has been answered.
 *
 *   begin    save the processor, see to it that the TLB has no page of its as ordinary memory, set TF; from now on each
 *            data fill of ring 3 answers a slot, which a front's page keeps and one of ordinary memory does not
 *   load     from this instruction's own stores over log, ring, handler or RAM
 *   store    checked for permission, buffered; asked for before the next load, or
 *   #DB      when the instruction has retired: then write the stores, tell outcomes, forget the log; the program goes
 *            on without leaving the engine, unless somebody waits for that
 *   abort    restore the processor: a fault, a FAULT, BLOCK or STOP verdict, an interrupt. The log keeps what was
 *            answered, so that the restarted instruction asks nothing twice.
 *   instead  of the inline path, which has asked and was told more than to go on: what it was told becomes the log
 *
 * So handlers are asked in program order, and before the first one it is known that the program may make the accesses
 * that go elsewhere.
 *
 * An operand that the engine moves in several pieces (SSE, x87 extended, CMPXCHG16B, FXSAVE, MASKMOV) is one access:
 * its load is asked for at the first piece, its store is put together until the instruction has retired.
 */
#include "access.h"

#include <string.h>

void transaction_begin(struct access_state *state) {
    struct emu *emu = state->emu;
    struct transaction *tx = &state->tx;
    if (tx->context == NULL)
        facet_assert(uc_context_alloc(emu->uc, &tx->context) == UC_ERR_OK, "no memory for a context");
    uc_context_save(emu->uc, tx->context);
    tx->pc = reg_rip(emu);
    tx->cr3 = reg_get(emu, UC_X86_REG_CR3);
    reach_begin(state);
    tx->slots = tx->stores = tx->asked = tx->steps = tx->answered = 0;
    tx->active = emu->transaction = true;
    access_special(state, SPECIAL_TRANSACTION, true);
    log_adopt(state);
    emu->stats.transactions++;
    tf_acquire(emu, TF_TRANSACTION);
}

static void transaction_leave(struct access_state *state) {
    struct emu *emu = state->emu;
    state->tx.active = emu->transaction = false;
    access_special(state, SPECIAL_TRANSACTION | SPECIAL_SWALLOW, false);
    tf_release(emu, TF_TRANSACTION);
}

void transaction_abort(struct access_state *state) {
    struct emu *emu = state->emu;
    emu->stats.aborts++;
    transaction_leave(state);
    uc_context_restore(emu->uc, state->tx.context);
    mmu_flush(emu);
    log_keep(state);
}

/* ---- Pages */

bool transaction_fill(struct access_state *state, uint64_t va, const struct target *target, uc_tlb_entry *entry) {
    struct transaction *tx = &state->tx;
    struct slot *slot = &state->slot[FAST_SLOTS];
    unsigned index = 0;
    while (index < tx->slots && slot[index].va != va)
        index++;
    facet_assert(index < TX_SLOTS, "the instruction at 0x%lx touches more than %u pages", tx->pc, TX_SLOTS);
    if (index == tx->slots)
        tx->slots++;
    slot[index].va = va;
    slot[index].target = *target;
    entry->paddr = SLOT_BASE + (uint64_t)(FAST_SLOTS + index) * PAGE_SIZE;
    entry->perms = (uc_prot)(UC_PROT_READ | (target->write ? UC_PROT_WRITE : 0));
    return true;
}

/* The one or two pages of an access. The first one's fill has been granted for `kind`; a read-modify-write needs the
 * right to store already for its load. */
static bool span(struct access_state *state, const struct slot *slot, uint64_t va, unsigned size, enum access kind,
                 struct target *target, int *parts) {
    bool rmw = (state->tx.flags & DECODE_RMW) != 0;
    uint64_t next = slot->va + PAGE_SIZE;
    *parts = va + size > next ? 2 : 1;
    target[0] = slot->target;
    if (rmw && kind == ACCESS_LOAD && !access_page(state, va, ACCESS_STORE, &target[0]))
        return false;
    return *parts == 1 || access_page(state, next, rmw ? ACCESS_STORE : kind, &target[1]);
}

/* The same of the wide operand, whose first piece may come from anywhere in it. */
static bool wide_span(struct access_state *state, enum access kind, struct target *target, int *parts) {
    const struct wide *wide = &state->tx.wide;
    uint64_t last = wide->va + wide->size - 1;
    if ((state->tx.flags & DECODE_RMW) != 0)
        kind = ACCESS_STORE;
    *parts = wide->va / PAGE_SIZE != last / PAGE_SIZE ? 2 : 1;
    return access_page(state, wide->va, kind, &target[0]) &&
           (*parts == 1 || access_page(state, last & PAGE_MASK, kind, &target[1]));
}

static bool in_wide(const struct transaction *tx, uint64_t va) {
    unsigned reach = (tx->flags & DECODE_PAIR) != 0 ? PAIR_MAX : tx->wide.size;
    return tx->wide.size != 0 && va - tx->wide.va < reach;
}

static bool fronted(const struct target *target, int parts) {
    return target[0].front >= 0 || (parts == 2 && target[1].front >= 0);
}

static bool careful(const struct target *target, int parts) {
    return target[0].careful || (parts == 2 && target[1].careful);
}

/* Memory as this instruction sees it: with its first `stores` stores done. */
static bool read_through(struct access_state *state, const struct target *target, int parts, uint64_t va, unsigned size,
                         unsigned stores, uint8_t *bytes) {
    bool backed = target_read(target, parts, va, size, bytes);
    for (unsigned i = 0; i < stores; i++) {
        const struct pending_store *store = &state->tx.store[i];
        for (unsigned k = 0; k < store->size && !store->swallowed; k++)
            if (store->va + k - va < size)
                bytes[store->va + k - va] = store->bytes[k];
    }
    return backed;
}

/* ---- Verdicts */

static void trap_at(struct access_state *state, enum front_trap reason, const struct emu_access *access, int part) {
    access_trap(state, reason, access->kind == FACET_STORE ? ACCESS_STORE : ACCESS_LOAD,
                access->va.v + access->part[part].start, access->part[part].front, access->part[part].offset,
                access->fault);
}

/* FAULT, BLOCK and STOP: what is to happen once the processor is restored. */
static void give_up(struct access_state *state, enum facet_verdict verdict, const struct emu_access *access) {
    int part = access->refused != 0 ? access->refused - 1 : access->part[0].front >= 0 ? 0 : 1;
    if (verdict == VERDICT_TRAPPED)
        return;
    if (verdict == VERDICT_HOLE) {
        trap_at(state, FRONT_TRAP_HOLE, access, state->tx.hole);
        return;
    }
    if (access->refused != 0)
        log_reset(state); /* when it starts over, everybody is asked anew */
    state->tx.log.host = true;
    if (verdict == FACET_STOP) {
        state->tx.log.stopped = true;
        state->emu->pending = PENDING_ACCESS_STOP;
        access_special(state, SPECIAL_ENDING, true);
        return;
    }
    if (verdict == FACET_BLOCK)
        state->tx.log.stopped = state->tx.log.blocked = true;
    trap_at(state, verdict == FACET_BLOCK ? FRONT_TRAP_BLOCK : FRONT_TRAP_FAULT, access, part);
}

static enum facet_verdict ask(struct access_state *state, struct emu_access *access, const struct target *target) {
    struct answer_log *log = &state->tx.log;
    bool again = log->stopped && state->tx.answered == log->count;
    if (!reach_allowed(state))
        return VERDICT_TRAPPED;
    access->again = again && log->host;
    log->stopped = log->stopped && !again;
    access->reply = access_reply(state);
    if (careful(target, access->parts) && !message_ask(state, access))
        return VERDICT_TRAPPED;
    message_answers(state, access);
    enum facet_verdict verdict = access_ask(state, access);
    message_merge(access, &verdict);
    if (!verdict_refuses(verdict))
        message_forget(log);
    bool allowed = verdict == FACET_PASS || verdict == FACET_DONE ||
                   ((unsigned)verdict <= FACET_STOP && careful(target, access->parts));
    if (!allowed)
        return access_verdict_lost(state, verdict, access->part[0].front);
    for (int i = 0; i < access->parts && !access->filled; i++)
        if (verdict_at_hole(&target[i], verdict)) {
            state->tx.hole = i;
            return VERDICT_HOLE;
        }
    return verdict;
}

bool transaction_instead(struct access_state *state, enum facet_verdict verdict, const uint8_t *bytes) {
    const struct emu_access *access = &state->access;
    uint64_t va = access->va.v;
    const struct answer *load = ring_load(state);
    log_reset(state);
    state->tx.hole = 0;
    if (load != NULL)
        log_add(state, FACET_LOAD, load->va, load->size, (enum facet_verdict)load->verdict, load->bytes, 0);
    if (verdict_refuses(verdict)) {
        give_up(state, verdict, access);
    } else {
        log_add(state, access->kind, va, access->size, verdict, bytes, access->step);
        access_refuse(state, va, access->kind == FACET_STORE ? ACCESS_STORE : ACCESS_LOAD, false);
    }
    state->cut = true;
    return false;
}

/* ---- Outcomes */

/* The access that was answered last, by the log or anew: its outcome may have to be told at the end. */
static void step_note(struct access_state *state, const struct target *target, int parts) {
    struct transaction *tx = &state->tx;
    if (tx->log.answer[tx->answered - 1].step == 0)
        return;
    struct stepped *step = &tx->step[tx->steps++];
    step->answer = tx->answered - 1;
    step->parts = parts;
    memcpy(step->target, target, (size_t)parts * sizeof *target);
}

static void tell_outcomes(struct access_state *state) {
    struct transaction *tx = &state->tx;
    fetch_outcome(state);
    for (unsigned i = 0; i < tx->steps; i++) {
        const struct stepped *step = &tx->step[i];
        const struct answer *answer = &tx->log.answer[step->answer];
        struct emu_access access = {.attempted = answer_bytes(state, answer), .step = answer->step};
        access_describe(&access, (enum facet_kind)answer->kind, tx->flags & FACET_FLAGS, answer->va, answer->size,
                        tx->pc, step->target, step->parts);
        if (target_read(step->target, step->parts, answer->va, answer->size, state->backing))
            access.backing = state->backing;
        access_outcome(state, &access);
    }
}

/* ---- Loads */

static bool store_ask(struct access_state *state, unsigned index);

/* Asks for the stores that come before this point of the program; false: the transaction ends here. */
static bool stores_ask(struct access_state *state) {
    struct transaction *tx = &state->tx;
    for (; tx->asked < tx->stores; tx->asked++)
        if (!store_ask(state, tx->asked))
            return false;
    return true;
}

static bool load_ask(struct access_state *state, const struct target *target, int parts, uint64_t va, unsigned size,
                     uint8_t *bytes) {
    struct transaction *tx = &state->tx;
    struct emu_access access = {0};
    bool backed = read_through(state, target, parts, va, size, tx->stores, bytes);
    access_describe(&access, FACET_LOAD, tx->flags & FACET_FLAGS, va, size, tx->pc, target, parts);
    access.backing = backed ? bytes : NULL;
    access.partly = bytes;
    enum facet_verdict verdict = ask(state, &access, target);
    if (verdict_refuses(verdict)) {
        give_up(state, verdict, &access);
        return false;
    }
    if (verdict == FACET_DONE)
        memcpy(bytes, access_reply(state), size);
    else /* the handler may have written the backing */
        read_through(state, target, parts, va, size, tx->stores, bytes);
    log_add(state, FACET_LOAD, va, size, verdict, bytes, access.step);
    step_note(state, target, parts);
    return true;
}

/* What a load gets: from memory, an earlier answer, or the handler. */
static bool load_answer(struct access_state *state, const struct target *target, int parts, uint64_t va, unsigned size,
                        uint8_t *bytes) {
    const struct answer *known;
    if (!stores_ask(state))
        return false;
    ring_pass(state, ACCESS_LOAD, va, size);
    if (!fronted(target, parts)) {
        read_through(state, target, parts, va, size, state->tx.stores, bytes);
    } else if ((known = log_next(state, FACET_LOAD, va, size)) != NULL) {
        memcpy(bytes, answer_bytes(state, known), size);
        step_note(state, target, parts);
    } else if ((known = ring_take(state, FACET_LOAD, va, size)) != NULL) {
        memcpy(bytes, known->bytes, size);
        log_add(state, FACET_LOAD, va, size, (enum facet_verdict)known->verdict, known->bytes, 0);
    } else {
        return load_ask(state, target, parts, va, size, bytes);
    }
    return true;
}

/* A piece of the wide operand. What the engine reads behind it is nothing. */
static bool load_wide(struct access_state *state, uint64_t address, unsigned size) {
    struct wide *wide = &state->tx.wide;
    struct target target[2];
    int parts;
    if (!wide->loaded && (!wide_span(state, ACCESS_LOAD, target, &parts) ||
                          !load_answer(state, target, parts, wide->va, wide->size, wide->load)))
        return false;
    wide->loaded = true;
    state->load.address = address;
    state->load.va = wide->va;
    state->load.size = wide->size;
    state->load.from = wide->load;
    state->load.left = 2 * size;
    return true;
}

bool transaction_load(struct access_state *state, struct slot *slot, uint64_t address, unsigned size) {
    uint8_t *bytes = state->loaded + PIECE_MAX;
    uint64_t va = slot->va + address % PAGE_SIZE;
    struct target target[2];
    int parts;
    if (in_wide(&state->tx, va))
        return load_wide(state, address, size);
    if (!span(state, slot, va, size, ACCESS_LOAD, target, &parts) ||
        !load_answer(state, target, parts, va, size, bytes))
        return false;
    state->load.address = address;
    state->load.va = va;
    state->load.size = size;
    state->load.from = bytes;
    state->load.left = 2 * size;
    return true;
}

/* ---- Stores */

/* Its place and pages are known: was it answered before? */
static void store_add(struct access_state *state, struct pending_store *store) {
    ring_pass(state, ACCESS_STORE, store->va, store->size);
    const struct answer *known =
        fronted(store->target, store->parts) ? ring_take(state, FACET_STORE, store->va, store->size) : NULL;
    store->answered = store->replaced = known != NULL;
    store->swallowed = known != NULL && known->verdict == FACET_DONE;
    if (known != NULL)
        memcpy(store->bytes, known->bytes, store->size);
    state->tx.stores++;
}

static bool store_wide(struct access_state *state, struct pending_store *store, uint64_t va, unsigned size,
                       uint64_t value) {
    struct wide *wide = &state->tx.wide;
    if (wide->store < 0) {
        store->va = wide->va;
        store->size = wide->size;
        store->bytes = wide->bytes;
        if (!wide_span(state, ACCESS_STORE, store->target, &store->parts))
            return false;
        memset(wide->stored, 0, sizeof wide->stored);
        read_through(state, store->target, store->parts, wide->va, wide->size, state->tx.stores, wide->bytes);
        wide->store = (int)state->tx.stores;
        store_add(state, store);
    }
    for (unsigned k = 0; k < size && !state->tx.store[wide->store].answered; k++)
        if (va + k - wide->va < wide->size) {
            wide->bytes[va + k - wide->va] = (uint8_t)(value >> 8 * k);
            wide->stored[va + k - wide->va] = true;
        }
    return true;
}

static bool store_piece(struct access_state *state, struct pending_store *store, const struct slot *slot, uint64_t va,
                        unsigned size, uint64_t value) {
    store->va = va;
    store->size = size;
    store->bytes = store->piece;
    if (!span(state, slot, va, size, ACCESS_STORE, store->target, &store->parts))
        return false;
    memcpy(store->piece, &value, PIECE_MAX);
    store_add(state, store);
    return true;
}

bool transaction_store(struct access_state *state, struct slot *slot, unsigned offset, unsigned size, uint64_t value) {
    struct transaction *tx = &state->tx;
    struct pending_store *store = &tx->store[tx->stores];
    uint64_t va = slot->va + offset;
    facet_assert(tx->stores < STORES_MAX, "the instruction at 0x%lx makes more than %d stores", tx->pc, STORES_MAX);
    value = access_store_value(state->emu, tx->flags, value, size);
    if (in_wide(tx, va) ? !store_wide(state, store, va, size, value)
                        : !store_piece(state, store, slot, va, size, value))
        return false;
    if ((offset & (size - 1)) != 0) {
        state->swallow = size;
        access_special(state, SPECIAL_SWALLOW, true);
    }
    return true;
}

/* Asks for one store; false: the transaction ends here. */
static bool store_ask(struct access_state *state, unsigned index) {
    struct transaction *tx = &state->tx;
    struct pending_store *store = &tx->store[index];
    struct emu_access access = {.attempted = store->bytes};
    const struct answer *known;
    if (!fronted(store->target, store->parts))
        return true;
    if (!store->answered && (known = log_next(state, FACET_STORE, store->va, store->size)) != NULL) {
        store->swallowed = known->verdict == FACET_DONE;
        store->replaced = true;
        memcpy(store->bytes, answer_bytes(state, known), store->size);
        step_note(state, store->target, store->parts);
        return true;
    }
    enum facet_verdict verdict = store->swallowed ? FACET_DONE : FACET_PASS;
    if (!store->answered) {
        access_describe(&access, FACET_STORE, tx->flags & FACET_FLAGS, store->va, store->size, tx->pc, store->target,
                        store->parts);
        access.partly = state->backing;
        if (read_through(state, store->target, store->parts, store->va, store->size, index, state->backing))
            access.backing = state->backing;
        verdict = ask(state, &access, store->target);
        if (verdict_refuses(verdict)) {
            give_up(state, verdict, &access);
            return false;
        }
        store->swallowed = verdict == FACET_DONE;
        store->replaced = access.replaced;
        memmove(store->bytes, access_stored(&access), store->size);
    }
    log_add(state, FACET_STORE, store->va, store->size, verdict, store->bytes, access.step);
    step_note(state, store->target, store->parts);
    return true;
}

/* The bytes that the instruction leaves alone are what they are by now. */
static void wide_fill(struct access_state *state, const struct pending_store *store) {
    const struct wide *wide = &state->tx.wide;
    target_read(store->target, store->parts, store->va, store->size, state->backing);
    for (unsigned i = 0; i < wide->size; i++)
        if (!wide->stored[i])
            store->bytes[i] = state->backing[i];
}

bool transaction_commit(struct access_state *state) {
    struct transaction *tx = &state->tx;
    if (!stores_ask(state))
        return false;
    for (unsigned i = 0; i < tx->stores; i++) {
        const struct pending_store *store = &tx->store[i];
        if (store->bytes == tx->wide.bytes && !store->replaced)
            wide_fill(state, store);
        if (!store->swallowed)
            target_write(state->emu, store->target, store->parts, store->va, store->size, store->bytes);
    }
    tell_outcomes(state);
    return true;
}

bool transaction_goes_on(struct access_state *state) {
    struct emu *emu = state->emu;
    bool watched = emu->clock.armed || state->fetch.count != 0 || emu->breakpoint_count != 0;
    if (state->tx.slots != 0 || state->tx.log.retiring || emu->tf.users != TF_TRANSACTION || emu->tf.due || watched ||
        emu->wants != 0 || emu->event != 0 || atomic_load(&emu->interrupted))
        return false;
    state->ring_count = 0;
    state->load.left = 0;
    transaction_leave(state);
    return true;
}

void transaction_committed(struct access_state *state) {
    state->ring_count = 0;
    transaction_leave(state);
    if (state->tx.slots != 0)
        mmu_flush(state->emu);
    message_retired(state);
    step_commit(state->emu);
}
