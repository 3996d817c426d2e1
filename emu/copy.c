/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The kernel's own copies into and out of fronted memory, on a program's behalf: one access each.
 */
#include "access.h"

#include <string.h>

/* As it was when the kernel made it: the pages that it is about may be those of the debug block. */
struct request {
    enum access kind;
    uint64_t va, pc, front, offset, size, buffer;
};

static struct request request_read(const struct debug_block *debug) {
    return (struct request){.kind = debug->copy.kind == ACCESS_STORE ? ACCESS_STORE : ACCESS_LOAD,
                            .va = debug->copy.va,
                            .pc = debug->copy.pc,
                            .front = debug->copy.front,
                            .offset = debug->copy.offset,
                            .size = debug->copy.size,
                            .buffer = debug->copy.buffer};
}

/* COPY_OK: the request is one that a sane kernel makes, and here are its target and buffer. */
static enum copy_status request_check(struct emu *emu, const struct request *r, struct target *target,
                                      uint8_t **buffer) {
    if (emu->debug->copy.kind > ACCESS_STORE || r->size == 0 || r->size > FACET_ACCESS_MAX || r->front >= FRONT_MAX ||
        r->offset >= 1ul << FRONT_SHIFT || r->offset % PAGE_SIZE + r->size > PAGE_SIZE)
        return COPY_FAULT;
    *buffer = ram_pointer(emu, r->buffer, r->size);
    uint64_t aperture = APERTURE_BASE + (r->front << FRONT_SHIFT) + r->offset;
    if (*buffer == NULL)
        return COPY_FAULT;
    if (front_resolve(emu, aperture, true, target) != FRONT_OK)
        return COPY_MISSING;
    return target->host != NULL || target->hole ? COPY_OK : COPY_FAULT;
}

/* The same copy stopped before, and its system call runs again? */
static bool asked_before(struct access_state *state, const struct request *r, uint64_t cr3) {
    bool same = state->copy.live && state->copy.cr3 == cr3 && state->copy.pc == r->pc &&
                state->copy.front == r->front && state->copy.offset == r->offset && state->copy.kind == r->kind;
    if (same)
        state->copy.live = false;
    return same;
}

static void note_stop(struct access_state *state, const struct request *r, uint64_t cr3) {
    state->copy.live = state->emu->access_stop = true;
    clock_undo(state->emu);
    state->copy.cr3 = cr3;
    state->copy.pc = r->pc;
    state->copy.front = r->front;
    state->copy.offset = r->offset;
    state->copy.kind = r->kind;
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

static void copy_perform(struct emu *emu, const struct request *r, enum facet_verdict verdict,
                         const struct target *target, uint8_t *buffer, const uint8_t *reply, const uint8_t *stored) {
    unsigned long start = r->offset % PAGE_SIZE;
    if (r->kind == ACCESS_LOAD) {
        memmove(buffer, verdict == FACET_DONE ? reply : target->host + start, r->size);
        coherence_host_store(emu, r->buffer, r->size);
    } else if (verdict != FACET_DONE) {
        target_write(emu, target, 1, start, (unsigned)r->size, stored);
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
    const struct request request = request_read(emu->debug);
    struct target target;
    struct emu_access access = {0};
    uint8_t *buffer = NULL;
    uint64_t cr3 = reg_get(emu, UC_X86_REG_CR3);
    enum copy_status status = request_check(emu, &request, &target, &buffer);
    emu->debug->copy.code = 0;
    emu->debug->copy.status = status == COPY_OK ? COPY_FAULT : status;
    if (status != COPY_OK)
        return;
    uint64_t start = request.offset % PAGE_SIZE;
    bool store = request.kind == ACCESS_STORE;
    access_describe(&access, store ? FACET_STORE : FACET_LOAD, FACET_KERNEL, start, (unsigned)request.size, request.pc,
                    &target, 1);
    access.va.v = request.va;
    access.attempted = store ? buffer : NULL;
    access.backing = target.hole ? NULL : target.host + start;
    access.reply = access_reply(state);
    access.again = asked_before(state, &request, cr3);
    answered(state, &access, buffer);
    enum facet_verdict verdict = access_ask(state, &access);
    message_merge(&access, &verdict);
    if (atomic_load(&emu->interrupted)) /* the handler wants something: once the program runs again, and not later */
        run_want(emu, WANT_RING3);
    if (verdict == FACET_STOP) {
        emu->debug->copy.status = COPY_STOP;
        note_stop(state, &request, cr3);
    } else if (verdict == FACET_BLOCK) {
        emu->debug->copy.status = COPY_BLOCK;
    } else if (verdict == FACET_FAULT) {
        emu->debug->copy.code = access.fault;
    } else if (target.hole && verdict != FACET_DONE) {
        emu->debug->copy.status = COPY_HOLE;
    } else {
        facet_assert((unsigned)verdict < FACET_FAULT || verdict == FACET_STEP, "verdict %d", (int)verdict);
        copy_perform(emu, &request, verdict, &target, buffer, access.reply, access_stored(&access));
        emu->debug->copy.status = COPY_OK;
        tell_outcome(state, &access, &target, store ? access_stored(&access) : buffer);
    }
}
