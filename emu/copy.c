/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The kernel's own copies into and out of fronted memory, on a program's behalf: one access each.
 */
#include "access.h"

#include <string.h>

/* COPY_OK: the request is one that a sane kernel makes, and here are its target and buffer. */
static enum copy_status request_check(struct emu *emu, struct target *target, uint8_t **buffer) {
    unsigned long front = emu->debug->copy.front, offset = emu->debug->copy.offset, size = emu->debug->copy.size;
    if (emu->debug->copy.kind > ACCESS_STORE || size == 0 || size > FACET_ACCESS_MAX || front >= FRONT_MAX ||
        offset >= 1ul << FRONT_SHIFT || offset % PAGE_SIZE + size > PAGE_SIZE)
        return COPY_FAULT;
    *buffer = ram_pointer(emu, emu->debug->copy.buffer, size);
    uint64_t aperture = APERTURE_BASE + (front << FRONT_SHIFT) + offset;
    if (*buffer == NULL)
        return COPY_FAULT;
    if (front_resolve(emu, aperture, true, target) != FRONT_OK)
        return COPY_MISSING;
    return target->host != NULL || target->hole ? COPY_OK : COPY_FAULT;
}

/* The same copy stopped before, and its system call runs again? */
static bool asked_before(struct access_state *state, uint64_t cr3) {
    struct debug_block *debug = state->emu->debug;
    bool same = state->copy.live && state->copy.cr3 == cr3 && state->copy.pc == debug->copy.pc &&
                state->copy.front == debug->copy.front && state->copy.offset == debug->copy.offset &&
                state->copy.kind == (enum access)debug->copy.kind;
    if (same)
        state->copy.live = false;
    return same;
}

static void note_stop(struct access_state *state, uint64_t cr3) {
    struct debug_block *debug = state->emu->debug;
    state->copy.live = state->emu->access_stop = true;
    clock_undo(state->emu);
    state->copy.cr3 = cr3;
    state->copy.pc = debug->copy.pc;
    state->copy.front = debug->copy.front;
    state->copy.offset = debug->copy.offset;
    state->copy.kind = (enum access)debug->copy.kind;
    run_want(state->emu, WANT_RING3);
}

/* The piece was moved under STEP: `moved` is what was delivered or stored. */
static void tell_outcome(struct access_state *state, struct emu_access *access, const struct target *target,
                         const uint8_t *moved) {
    uint8_t bytes[FACET_ACCESS_MAX];
    if (access->step == 0 || target->hole)
        return;
    access->attempted = memcpy(bytes, moved, access->size);
    access->backing = target->host + access->part[0].offset % PAGE_SIZE;
    access_outcome(state, access);
}

static void copy_perform(struct emu *emu, enum facet_verdict verdict, const struct target *target, uint8_t *buffer,
                         const uint8_t *reply, const uint8_t *stored) {
    unsigned long size = emu->debug->copy.size, start = emu->debug->copy.offset % PAGE_SIZE;
    if (emu->debug->copy.kind == ACCESS_LOAD) {
        memcpy(buffer, verdict == FACET_DONE ? reply : target->host + start, size);
        coherence_host_store(emu, emu->debug->copy.buffer, size);
    } else if (verdict != FACET_DONE) {
        target_write(emu, target, 1, start, (unsigned)size, stored);
    }
}

/* What processes of the guest have said of it. */
static void answered(struct access_state *state, struct emu_access *access, const uint8_t *buffer) {
    const struct debug_block *debug = state->emu->debug;
    access->refused = debug->answered.refused != 0;
    if (access->refused != 0)
        access->fault = debug->answered.code;
    if (debug->answered.any != 0)
        message_done(state, access, 0, access->size, debug->answered.done, buffer);
}

void access_kernel_copy(struct emu *emu) {
    struct access_state *state = emu->access;
    struct target target;
    struct emu_access access = {0};
    uint8_t *buffer = NULL;
    uint64_t cr3 = reg_get(emu, UC_X86_REG_CR3);
    emu->debug->copy.status = request_check(emu, &target, &buffer);
    emu->debug->copy.code = 0;
    if (emu->debug->copy.status != COPY_OK)
        return;
    emu->debug->copy.status = COPY_FAULT;
    uint64_t start = emu->debug->copy.offset % PAGE_SIZE;
    bool store = emu->debug->copy.kind == ACCESS_STORE;
    access_describe(&access, store ? FACET_STORE : FACET_LOAD, FACET_KERNEL, start, (unsigned)emu->debug->copy.size,
                    emu->debug->copy.pc, &target, 1);
    access.va.v = emu->debug->copy.va;
    access.attempted = store ? buffer : NULL;
    access.backing = target.hole ? NULL : target.host + start;
    access.reply = access_reply(state);
    access.again = asked_before(state, cr3);
    answered(state, &access, buffer);
    enum facet_verdict verdict = access_ask(state, &access);
    message_merge(&access, &verdict);
    if (atomic_load(&emu->interrupted)) /* the handler wants something: once the program runs again, and not later */
        run_want(emu, WANT_RING3);
    if (verdict == FACET_STOP) {
        emu->debug->copy.status = COPY_STOP;
        note_stop(state, cr3);
    } else if (verdict == FACET_BLOCK) {
        emu->debug->copy.status = COPY_BLOCK;
    } else if (verdict == FACET_FAULT) {
        emu->debug->copy.code = access.fault;
    } else if (target.hole && verdict != FACET_DONE) {
        emu->debug->copy.status = COPY_HOLE;
    } else {
        facet_assert((unsigned)verdict < FACET_FAULT || verdict == FACET_STEP, "verdict %d", (int)verdict);
        copy_perform(emu, verdict, &target, buffer, access.reply, access_stored(&access));
        emu->debug->copy.status = COPY_OK;
        tell_outcome(state, &access, &target, store ? access_stored(&access) : buffer);
    }
}
