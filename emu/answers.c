/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What has been answered already, so that no access is asked twice when its instruction starts again.
 *
 *   ring   the latest accesses of the inline path by instructions that may make more than one. When such an instruction
 * is cut in the middle (a refused fill, a page border), the transaction that completes it takes from the ring's end
 *          what came before the cut: those accesses are the newest entries, in order, and none comes after the cut.
 *   log    what a transaction was told. It outlives an aborted transaction and serves the next one that starts at the
 * same instruction, in the same address space, with the same registers: STOP, page faults, interrupts.
 */
#include "access.h"

#include <string.h>

/* ---- Ring */

void ring_note(struct access_state *state, uint64_t pc, enum facet_kind kind, uint64_t va, unsigned size,
               enum facet_verdict verdict, const uint8_t *bytes) {
    struct ring_entry *entry = &state->ring[state->ring_end++ % RING_SIZE];
    entry->pc = pc;
    entry->answer.va = va;
    entry->answer.kind = (uint8_t)kind;
    entry->answer.size = (uint16_t)size;
    entry->answer.verdict = (uint8_t)verdict;
    memcpy(entry->answer.bytes, bytes, size);
    if (state->ring_count < RING_SIZE)
        state->ring_count++;
}

static struct ring_entry *ring_back(struct access_state *state, unsigned distance) {
    return &state->ring[(state->ring_end - distance) % RING_SIZE];
}

bool ring_ends_at(struct access_state *state, uint64_t pc) {
    return state->ring_count > 0 && ring_back(state, 1)->pc == pc;
}

bool ring_ends_with_load(struct access_state *state, uint64_t pc) {
    return ring_ends_at(state, pc) && ring_back(state, 1)->answer.kind == FACET_LOAD;
}

/* Once the access that was refused comes, nothing more can have been answered before. */
void ring_pass(struct access_state *state, enum access kind, uint64_t va, unsigned size) {
    struct transaction *tx = &state->tx;
    uint64_t page = tx->refused_va / PAGE_SIZE;
    if (kind != tx->refused)
        return;
    if (tx->refused_page ? va / PAGE_SIZE == page || (va + size - 1) / PAGE_SIZE == page : va == tx->refused_va)
        tx->ring_left = 0;
}

static bool same_access(const struct answer *answer, enum facet_kind kind, uint64_t va, unsigned size) {
    return answer->va == va && answer->kind == (uint8_t)kind && answer->size == size;
}

/* An earlier execution of the same instruction may have left the newest entry. */
const struct answer *ring_load(struct access_state *state) {
    const struct emu_access *store = &state->access;
    const struct answer *newest = &ring_back(state, 1)->answer;
    struct facet_regs regs;
    if (store->kind != FACET_STORE || !ring_ends_with_load(state, store->pc.v))
        return NULL;
    if ((store->flags & FACET_RMW) != 0)
        return same_access(newest, FACET_LOAD, store->va.v, store->size) ? newest : NULL;
    if (state->apart.end != state->ring_end)
        return NULL;
    emu_regs_get(state->emu, &regs);
    return memcmp(&regs, &state->apart.regs, sizeof regs) == 0 ? newest : NULL;
}

/* ring_left entries may still match: the newest one that does is the first access before the cut, then they are taken
 * in order. */
const struct answer *ring_take(struct access_state *state, enum facet_kind kind, uint64_t va, unsigned size) {
    struct transaction *tx = &state->tx;
    unsigned distance = tx->ring_started ? tx->ring_left : 1;
    for (; distance > 0 && distance <= tx->ring_left; distance++) {
        const struct ring_entry *entry = ring_back(state, distance);
        if (entry->pc == tx->pc && same_access(&entry->answer, kind, va, size)) {
            tx->ring_started = true;
            tx->ring_left = distance - 1;
            return &entry->answer;
        }
        if (tx->ring_started || entry->pc != tx->pc)
            break;
    }
    tx->ring_left = 0;
    return NULL;
}

/* ---- Log */

static void log_flag(struct access_state *state) {
    bool any = false;
    for (unsigned i = 0; i < LOGS; i++)
        any = any || state->logs[i].live;
    access_special(state, SPECIAL_LOG, any);
}

/* Several processes may wait at one instruction. regs NULL: of any of them; of one with other registers, else. */
static struct answer_log *log_find(struct access_state *state, uint64_t cr3, uint64_t pc,
                                   const struct facet_regs *regs) {
    struct answer_log *found = NULL;
    for (unsigned i = 0; i < LOGS; i++) {
        struct answer_log *log = &state->logs[i];
        if (!log->live || log->cr3 != cr3 || log->regs.rip != pc)
            continue;
        found = log;
        if (regs == NULL || memcmp(regs, &log->regs, sizeof *regs) == 0)
            return found;
    }
    return found;
}

static void log_copy(struct answer_log *to, const struct answer_log *from) {
    memcpy(to, from, offsetof(struct answer_log, answer) + from->count * sizeof from->answer[0]);
}

void log_reset(struct access_state *state) {
    struct answer_log *log = &state->tx.log;
    log->stopped = log->blocked = log->retiring = log->host = log->fetched = false;
    log->count = state->tx.answered = 0;
    message_forget(log);
    log->ticket = 0;
}

void log_adopt(struct access_state *state) {
    struct transaction *tx = &state->tx;
    struct facet_regs regs;
    struct answer_log *kept = NULL;
    log_reset(state);
    tx->ring_started = false;
    tx->ring_left = state->ring_count;
    if ((state->special & SPECIAL_LOG) == 0)
        return;
    emu_regs_get(state->emu, &regs);
    kept = log_find(state, tx->cr3, tx->pc, &regs);
    if (kept == NULL)
        return;
    if (memcmp(&regs, &kept->regs, sizeof regs) == 0) {
        log_copy(&tx->log, kept);
        tx->log.blocked = false;
        tx->ring_left = 0; /* with a log waiting, the inline path asks nothing */
    } else if (kept->blocked) {
        return; /* of another process, which still waits */
    }
    kept->live = false;
    log_flag(state);
}

void log_keep(struct access_state *state) {
    struct transaction *tx = &state->tx;
    struct answer_log *place = &state->logs[0];
    if (tx->log.count == 0 && !tx->log.stopped && tx->log.ticket == 0)
        return;
    for (unsigned i = 0; i < LOGS && place->live; i++)
        if (!state->logs[i].live || state->logs[i].stamp < place->stamp)
            place = &state->logs[i];
    log_copy(place, &tx->log);
    place->live = true;
    place->stamp = ++state->stamp;
    place->cr3 = tx->cr3;
    emu_regs_get(state->emu, &place->regs);
    log_flag(state);
}

bool log_waits(struct access_state *state, uint64_t pc) {
    return log_find(state, reg_get(state->emu, UC_X86_REG_CR3), pc, NULL) != NULL;
}

void log_clear(struct access_state *state) {
    for (unsigned i = 0; i < LOGS; i++)
        state->logs[i].live = false;
    log_flag(state);
}

const struct answer *log_next(struct access_state *state, enum facet_kind kind, uint64_t va, unsigned size) {
    struct transaction *tx = &state->tx;
    if (tx->answered >= tx->log.count)
        return NULL;
    const struct answer *answer = &tx->log.answer[tx->answered];
    if (!same_access(answer, kind, va, size)) { /* the instruction does something else now: ask from here on */
        message_forget(&tx->log);
        tx->log.count = tx->answered;
        tx->log.stopped = false;
        return NULL;
    }
    tx->answered++;
    return answer;
}

const uint8_t *answer_bytes(const struct access_state *state, const struct answer *answer) {
    return answer->size > PAIR_MAX ? state->tx.log.wide[answer->kind == FACET_STORE] : answer->bytes;
}

void log_add(struct access_state *state, enum facet_kind kind, uint64_t va, unsigned size, enum facet_verdict verdict,
             const uint8_t *bytes, uint64_t step) {
    struct answer_log *log = &state->tx.log;
    facet_assert(log->count < ANSWERS_MAX, "the instruction at 0x%lx makes more than %d accesses", state->tx.pc,
                 ANSWERS_MAX);
    struct answer *answer = &log->answer[log->count++];
    *answer = (struct answer){
        .va = va, .kind = (uint8_t)kind, .size = (uint16_t)size, .verdict = (uint8_t)verdict, .step = step};
    memcpy(size > PAIR_MAX ? log->wide[kind == FACET_STORE] : answer->bytes, bytes, size);
    state->tx.answered = log->count;
}
