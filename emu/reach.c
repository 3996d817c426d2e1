/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where the instruction of a transaction will access memory: whether the engine would do some of it unseen, and whether
 * the program may do all of it.
 */
#include "access.h"

/* No page that the instruction may touch is in the TLB as ordinary memory. */
static bool all_seen(const struct access_state *state, const struct decoded *decoded, const struct facet_regs *regs) {
    struct decoded_range range[DECODE_RANGES];
    unsigned count = decoded_reach(decoded, regs, range);
    for (unsigned i = 0; i < count; i++)
        if (access_plain(state, range[i].va) || access_plain(state, range[i].va + range[i].size - 1))
            return false;
    return count > 0;
}

void reach_begin(struct access_state *state) {
    struct transaction *tx = &state->tx;
    const struct decoded *decoded = access_decode(state, tx->pc);
    struct facet_regs regs = {0};
    regs_get_some(state->emu, decoded->registers, &regs);
    if (!all_seen(state, decoded, &regs))
        mmu_flush(state->emu);
    tx->flags = decoded->flags;
    tx->apart = (enum decode_apart)decoded->apart;
    tx->wide.size = decoded->wide;
    tx->wide.loaded = false;
    tx->wide.store = -1;
    if (decoded->wide != 0)
        tx->wide.va = decoded_wide_address(decoded, &regs);
    if (!decoded_apart_address(decoded, &regs, &tx->apart_va))
        tx->apart = DECODE_APART_NONE;
    tx->apart_size = decoded->store_size;
    tx->frame.level = decoded->level;
    tx->frame.rsp = regs.rsp;
    tx->frame.rbp = regs.rbp;
}

static bool range_allowed(struct access_state *state, uint64_t va, unsigned size, enum access kind) {
    struct target target;
    uint64_t last = va + size - 1;
    return access_page(state, va, kind, &target) &&
           (last / PAGE_SIZE == va / PAGE_SIZE || access_page(state, last & PAGE_MASK, kind, &target));
}

/* ENTER pushes rbp, then what lies below rbp, pointer by pointer, then the new frame's address. */
static bool frames_allowed(struct access_state *state) {
    struct transaction *tx = &state->tx;
    unsigned size = tx->apart_size;
    for (unsigned i = 0; i <= tx->frame.level; i++)
        if ((i != 0 && i < tx->frame.level && !range_allowed(state, tx->frame.rbp - i * size, size, ACCESS_LOAD)) ||
            !range_allowed(state, tx->frame.rsp - (i + 1) * size, size, ACCESS_STORE))
            return false;
    return true;
}

bool reach_allowed(struct access_state *state) {
    struct transaction *tx = &state->tx;
    enum decode_apart apart = tx->apart;
    tx->apart = DECODE_APART_NONE;
    if (apart == DECODE_APART_NONE)
        return true;
    if (tx->frame.level != 0)
        return frames_allowed(state);
    return range_allowed(state, tx->apart_va, tx->apart_size, apart == DECODE_APART_LOAD ? ACCESS_LOAD : ACCESS_STORE);
}
