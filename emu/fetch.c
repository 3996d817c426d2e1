/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Instruction fetches from fronts, one access for each instruction that ring 3 executes there. While any front watches
 * them the engine calls for every instruction of the machine, which is several times slower; otherwise it costs
 * nothing.
 *
 * The engine calls again when an instruction starts over (a refused fill, a transaction, a stop) and for each element
 * of a repeated string instruction; those are one execution.
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
    int front = target->front;
    uint64_t offset = target->offset;
    if (front < 0)
        return false;
    do
        if ((state->fetch.watched[front / 8] >> front % 8 & 1) != 0)
            return true;
    while (target->nested && emu_front_inner(state->emu, &front, &offset));
    return false;
}

static bool repeats(struct access_state *state, uint64_t pc) {
    bool same = state->fetch.told && state->fetch.pc == pc;
    bool over = same && (state->fetch.restarted || (access_decode(state, pc)->flags & DECODE_REP) != 0);
    state->fetch.restarted = false;
    return over;
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
    access_refuse(state, 0, ACCESS_FETCH, false);
    run_stop(state->emu, PENDING_TRANSACTION);
}

static void act(struct access_state *state, enum facet_verdict verdict, const struct emu_access *access,
                const struct target *target) {
    bool stopped = verdict == FACET_STOP || verdict == FACET_BLOCK, refused = stopped || verdict == FACET_FAULT;
    bool careful = target[0].careful || (access->parts == 2 && target[1].careful);
    const struct emu_part *part = &access->part[access->part[0].front >= 0 ? 0 : 1];
    state->fetch.told = !stopped;
    state->fetch.stopped = stopped;
    state->fetch.step = 0;
    facet_assert(careful || verdict == FACET_PASS || verdict == FACET_DONE, "verdict %d for front %d", (int)verdict,
                 part->front);
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

static void on_instruction(uc_engine *uc, uint64_t pc, uint32_t size, void *user) {
    struct access_state *state = user;
    struct emu_access access = {0};
    struct target target[2];
    uint8_t code[DECODE_BYTES_MAX];
    (void)uc;
    if (state->tx.active || state->emu->delivery.active || reg_cpl(state->emu) != 3)
        return;
    int parts = (pc + size - 1) / PAGE_SIZE != pc / PAGE_SIZE ? 2 : 1;
    if (parts == 2) /* first, so that the page which most instructions are in is remembered */
        target[1] = *code_page(state, pc + size - 1);
    target[0] = *code_page(state, pc);
    if (repeats(state, pc)) {
        if (state->fetch.step != 0) { /* it was cut short */
            access_refuse(state, 0, ACCESS_FETCH, false);
            run_stop(state->emu, PENDING_TRANSACTION);
        }
        return;
    }
    if (!watched(state, &target[0]) && (parts == 1 || !watched(state, &target[1])))
        return;
    access_describe(&access, FACET_FETCH, 0, pc, size, pc, target, parts);
    if (size <= sizeof code && mmu_fetch(state->emu, pc, code, size) == size)
        access.backing = code;
    access.reply = access_reply(state);
    access.again = state->fetch.stopped && state->fetch.pc == pc;
    state->fetch.pc = pc;
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

void emu_front_watch_fetches(struct emu *emu, int front, bool on) {
    struct access_state *state = emu->access;
    facet_assert(front >= 0 && front < FRONT_MAX, "front %d", front);
    uint8_t *byte = &state->fetch.watched[front / 8], bit = (uint8_t)(1 << front % 8);
    if (((*byte & bit) != 0) == on)
        return;
    *byte ^= bit;
    state->fetch.count += on ? 1 : -1;
    if (on && state->fetch.count == 1) {
        uc_err err = uc_hook_add(emu->uc, &state->fetch.hook, UC_HOOK_CODE, (void *)on_instruction, state, 1, 0);
        facet_assert(err == UC_ERR_OK, "fetch hook: %s", uc_strerror(err));
    } else if (!on && state->fetch.count == 0) {
        engine_hook_remove(emu, state->fetch.hook);
    } else {
        return;
    }
    fetch_forget(state);
    run_want(emu, WANT_FLUSH_TB); /* cached blocks know nothing of the hook */
}
