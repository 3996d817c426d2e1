/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Instruction fetches from fronts, one access for each instruction that ring 3 executes there. While any front watches
 * them the engine calls for every instruction of the machine, which is several times slower; otherwise it costs
 * nothing.
 *
 * The engine calls again when an instruction starts over (a refused fill, a transaction, a stop) and for each element
 * of a repeated string instruction; those are one execution.
 *
 * Where processes of the guest are asked, the instruction is a transaction: its log says that it has been fetched.
 */
#include "access.h"

#include <string.h>

/* What the page of an instruction is; remembered, since most instructions follow another in the same page. */
static const struct target *code_page(struct access_state *state, uint64_t va) {
    struct emu *emu = state->emu;
    uint64_t page_va = va & PAGE_MASK;
    struct mmu_page page;
    if (state->fetch.generation == emu->mmu.fetches && state->fetch.page == page_va)
        return &state->fetch.target;
    state->fetch.target = (struct target){.front = -1};
    if (mmu_walk(emu, reg_get(emu, UC_X86_REG_CR3), va, &page) == MMU_OK && in_aperture(page.gpa))
        page_resolve(emu, &page, &state->fetch.target);
    state->fetch.page = page_va;
    state->fetch.generation = emu->mmu.fetches;
    return &state->fetch.target;
}

static bool watched(const struct access_state *state, const struct target *target) {
    int front = target->front, depth = 0;
    uint64_t offset = target->offset;
    if (front < 0)
        return false;
    do
        if ((state->fetch.watched[front / 8] >> front % 8 & 1) != 0)
            return true;
    while (target->nested && ++depth < EMU_NESTING_MAX && emu_front_inner(state->emu, &front, &offset));
    return false;
}

static bool repeats(struct access_state *state, uint64_t pc) {
    bool same = state->fetch.told && state->fetch.pc == pc;
    bool over = same && (state->fetch.restarted || (access_decode(state, pc)->flags & DECODE_REP) != 0);
    state->fetch.restarted = false;
    return over;
}

static void make_transaction(struct access_state *state) {
    access_refuse(state, 0, ACCESS_FETCH, false);
    run_stop(state->emu, PENDING_TRANSACTION);
}

/* The outcome comes when the instruction has retired, which a transaction tells; of those that can't be one, now. */
static void step(struct access_state *state, const struct emu_access *access) {
    struct emu_access *kept = &state->fetch.access;
    *kept = *access;
    kept->attempted = kept->backing;
    if (kept->attempted != NULL)
        kept->attempted = kept->backing = memcpy(state->fetch.code, access->backing, access->size);
    state->fetch.step = access->step;
    if ((access_decode(state, access->pc.v)->flags & DECODE_SYSTEM) != 0) {
        fetch_outcome(state);
        return;
    }
    make_transaction(state);
}

static void act(struct access_state *state, enum facet_verdict verdict, const struct emu_access *access,
                const struct target *target) {
    bool careful = target[0].careful || (access->parts == 2 && target[1].careful);
    const struct emu_part *part = &access->part[access->refused != 0 ? access->refused - 1 : access->part[0].front < 0];
    if (!careful && verdict != FACET_PASS && verdict != FACET_DONE)
        verdict = access_verdict_lost(state, verdict, part->front);
    bool stopped = verdict == FACET_STOP || verdict == FACET_BLOCK, refused = stopped || verdict == FACET_FAULT;
    state->fetch.told = !stopped;
    state->fetch.stopped = stopped;
    state->fetch.step = 0;
    if (!refused) {
        if (access->step != 0)
            step(state, access);
    } else if (verdict == FACET_STOP) {
        run_stop(state->emu, PENDING_ACCESS_STOP);
    } else {
        access_trap(state, verdict == FACET_BLOCK ? FRONT_TRAP_BLOCK : FRONT_TRAP_FAULT, ACCESS_FETCH,
                    access->pc.v + part->start, part->front, part->offset, access->fault);
        run_stop(state->emu, (enum pending)PENDING_FRONT_TRAP);
    }
}

void fetch_outcome(struct access_state *state) {
    struct emu_access *access = &state->fetch.access;
    if (state->fetch.step == 0 || (state->tx.active && state->fetch.pc != state->tx.pc))
        return;
    state->fetch.step = 0;
    access_outcome(state, access);
}

/* The verdict of the host's handlers, if they see fetches there. */
static enum facet_verdict host_asked(struct access_state *state, struct emu_access *access,
                                     const struct target *target) {
    if (!watched(state, &target[0]) && (access->parts == 1 || !watched(state, &target[1])))
        return FACET_PASS;
    return access_ask(state, access);
}

/* All have let it pass: it runs, and with it the log ends. What can't be a transaction is over at once. */
static void served_begin(struct access_state *state, const struct emu_access *access) {
    struct answer_log *log = &state->tx.log;
    bool system = (access_decode(state, access->pc.v)->flags & DECODE_SYSTEM) != 0, retiring = log->retiring;
    if (system && !retiring)
        return;
    if (system)
        log->retiring = false;
    log->fetched = true;
    log_keep(state);
    if (!system) {
        make_transaction(state);
        return;
    }
    state->emu->debug->access.ticket = log->ticket;
    state->emu->debug->access.flags = 0;
    access_trap(state, FRONT_TRAP_RETIRED, ACCESS_FETCH, access->pc.v, access->part[0].front, access->part[0].offset,
                0);
    run_stop(state->emu, (enum pending)PENDING_FRONT_TRAP);
}

/* Processes are asked before the host's handlers. */
static void served(struct access_state *state, struct emu_access *access, const struct target *target) {
    struct answer_log *log = &state->tx.log;
    state->tx.pc = access->pc.v;
    state->tx.cr3 = reg_get(state->emu, UC_X86_REG_CR3);
    log_adopt(state);
    if (!log->fetched && !message_ask(state, access)) {
        state->fetch.told = state->fetch.stopped = false;
        log_keep(state);
        run_stop(state->emu, (enum pending)PENDING_FRONT_TRAP);
        return;
    }
    if (!log->fetched) {
        message_answers(state, access);
        enum facet_verdict verdict = access->refused != 0 ? FACET_FAULT : FACET_PASS, host;
        host = host_asked(state, access, target);
        verdict = verdict == FACET_PASS ? host : verdict;
        if (verdict == FACET_STOP || verdict == FACET_BLOCK)
            log_keep(state);
        act(state, verdict, access, target);
        if (verdict_refuses(verdict))
            return;
        message_forget(log);
    }
    served_begin(state, access);
}

/* What raises #UD has no size, as the engine sees it. */
static uint32_t size_of(struct access_state *state, uint64_t pc, uint32_t size) {
    uint8_t code[DECODE_BYTES_MAX];
    if (size <= sizeof code)
        return size;
    size_t there = mmu_fetch(state->emu, pc, code, sizeof code);
    size = (uint32_t)operand_instruction_size(state->emu, code, there, pc);
    return size != 0 && size <= there ? size : 1;
}

static void on_instruction(uc_engine *uc, uint64_t pc, uint32_t size, void *user) {
    struct access_state *state = user;
    struct emu_access access = {0};
    struct target target[2];
    uint8_t code[DECODE_BYTES_MAX];
    (void)uc;
    if (state->tx.active || state->emu->delivery.active || reg_cpl(state->emu) != 3)
        return;
    size = size_of(state, pc, size);
    int parts = (pc + size - 1) / PAGE_SIZE != pc / PAGE_SIZE ? 2 : 1;
    if (parts == 2) /* first, so that the page which most instructions are in is remembered */
        target[1] = *code_page(state, pc + size - 1);
    target[0] = *code_page(state, pc);
    bool over = repeats(state, pc);
    if (target[0].front < 0 && (parts == 1 || target[1].front < 0))
        return;
    access_describe(&access, FACET_FETCH, 0, pc, size, pc, target, parts);
    bool asked = message_serves(state->emu, &access);
    if (over && (!asked || (access_decode(state, pc)->flags & DECODE_REP) != 0)) {
        if (state->fetch.step != 0) /* it was cut short */
            make_transaction(state);
        return;
    }
    if (!asked && !watched(state, &target[0]) && (parts == 1 || !watched(state, &target[1])))
        return;
    if (size <= sizeof code && mmu_fetch(state->emu, pc, code, size) == size)
        access.backing = code;
    access.reply = access_reply(state);
    access.again = state->fetch.stopped && state->fetch.pc == pc;
    state->fetch.pc = pc;
    if (asked)
        served(state, &access, target);
    else
        act(state, access_ask(state, &access), &access, target);
}

void fetch_exit(struct access_state *state) {
    /* Until the next instruction of ring 3: the kernel may repair a page fault in between. */
    if (state->fetch.told && reg_rip(state->emu) == state->fetch.pc)
        state->fetch.restarted = true;
}

void fetch_forget(struct access_state *state) {
    state->fetch.told = state->fetch.stopped = false;
    state->fetch.step = 0;
}

/* One reason more or less to look at every instruction. */
static void count(struct access_state *state, int change) {
    struct emu *emu = state->emu;
    state->fetch.count += change;
    if (change > 0 && state->fetch.count == 1) {
        uc_err err = uc_hook_add(emu->uc, &state->fetch.hook, UC_HOOK_CODE, (void *)on_instruction, state, 1, 0);
        facet_assert(err == UC_ERR_OK, "fetch hook: %s", uc_strerror(err));
    } else if (change < 0 && state->fetch.count == 0) {
        engine_hook_remove(emu, state->fetch.hook);
    } else {
        return;
    }
    fetch_forget(state);
    run_want(emu, WANT_FLUSH_TB); /* cached blocks know nothing of the hook */
}

void fetch_serve(struct access_state *state) {
    if (!state->fetch.served)
        count(state, 1);
    state->fetch.served = true;
}

void emu_front_watch_fetches(struct emu *emu, int front, bool on) {
    struct access_state *state = emu->access;
    facet_assert(front >= 0 && front < FRONT_MAX, "front %d", front);
    uint8_t *byte = &state->fetch.watched[front / 8], bit = (uint8_t)(1 << front % 8);
    if (((*byte & bit) != 0) == on)
        return;
    *byte ^= bit;
    count(state, on ? 1 : -1);
}
