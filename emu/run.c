/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The run loop: starts the engine, deals with why it came back, and hands over to the host only when the machine stands
 * between two instructions of ring 3, or is idle.
 *
 * Stops that don't come from the instruction at hand (events, interrupts, answers to requests) wait for such a moment:
 * the TLB is flushed and the next fetch of ring 3 refused.
 */
#include "internal.h"

#include <stdarg.h>

/* ---- What hooks ask for */

void run_want(struct emu *emu, unsigned wants) {
    emu->wants |= wants;
    if (atomic_load(&emu->in_engine))
        kick_stop(emu);
}

void run_stop(struct emu *emu, enum pending why) {
    emu->pending = why;
    run_want(emu, 0);
}

void run_dead(struct emu *emu, const char *format, ...) {
    va_list args;
    emu->pending = PENDING_DEAD;
    if (emu->dead)
        return;
    emu->dead = true;
    emu->stop = (struct emu_stop){.reason = EMU_STOP_DEAD};
    va_start(args, format);
    vsnprintf(emu->stop.text, sizeof emu->stop.text, format, args);
    va_end(args);
}

/* ---- Stopping */

static struct emu_stop stop_make(enum emu_stop_reason reason, uint64_t code) {
    return (struct emu_stop){.reason = reason, .code = code};
}

/* Between two instructions of ring 3: not in the microcode that leaves it, not in a transaction. */
static bool in_ring3(struct emu *emu) {
    return !emu->delivery.active && !emu->transaction && reg_cpl(emu) == 3;
}

bool run_stands(struct emu *emu) {
    return in_ring3(emu);
}

/* Somebody waits for ring 3 or idleness. */
static bool boundary_wanted(struct emu *emu) {
    if (emu->requesting)
        return true;
    return emu->access_stop || emu->event || emu->stepping || emu->clock.alarm_near || atomic_load(&emu->interrupted);
}

/* The machine stands at such a boundary: is that a stop? */
static bool boundary_stop(struct emu *emu, struct emu_stop *stop) {
    if (emu->requesting) {
        *stop = stop_make(EMU_STOP_EVENT, 0);
        return true;
    }
    if (emu->access_stop) {
        *stop = stop_make(EMU_STOP_ACCESS, 0);
        emu->access_stop = false;
    } else if (emu->event) {
        *stop = stop_make(EMU_STOP_EVENT, emu->event);
        emu->event = 0;
    } else if (emu->step_retired) {
        *stop = stop_make(EMU_STOP_STEP, 0);
    } else if (clock_alarm(emu)) {
        *stop = stop_make(EMU_STOP_CLOCK, 0);
    } else if (atomic_load(&emu->interrupted)) {
        kick_acknowledge(emu);
        *stop = stop_make(EMU_STOP_INTERRUPT, 0);
    } else if (emu->halted && emu->clock.deadline == CLOCK_NEVER) {
        *stop = stop_make(EMU_STOP_EVENT, DEBUG_EVENT_DEADLOCK); /* nothing can ever wake it */
    } else {
        return false;
    }
    return true;
}

/* ---- What the engine came back with */

/* It gave no reason: HLT, a stop that was asked for, or a triple fault inside. */
static void exit_quiet(struct emu *emu, unsigned stops_before) {
    uint8_t last = 0;
    if (atomic_load(&emu->stops) != stops_before)
        return; /* if it was HLT all the same, the guest sees a spurious wake-up, which HLT allows */
    if (reg_cpl(emu) != 0 || mmu_fetch(emu, reg_rip(emu) - 1, &last, 1) != 1 || last != 0xf4)
        run_dead(emu, "the engine stopped for no reason at rip 0x%lx (triple fault)", reg_rip(emu));
    else if (reg_get(emu, UC_X86_REG_EFLAGS) & FLAG_IF)
        emu->halted = true;
    else
        run_dead(emu, "the processor was halted with interrupts off (rip 0x%lx)", reg_rip(emu));
}

static void exit_error(struct emu *emu, uc_err err, unsigned stops_before) {
    if (err == UC_ERR_OK)
        exit_quiet(emu, stops_before);
    else if (err == UC_ERR_INSN_INVALID)
        trap_raise(emu, VECTOR_UD, false, 0);
    else
        run_dead(emu, "the engine failed: %s (rip 0x%lx)", uc_strerror(err), reg_rip(emu));
}

/* True: *stop is what the run ends with. */
static bool exit_serve(struct emu *emu, uc_err err, unsigned stops_before, struct emu_stop *stop) {
    enum exit_action action = access_exit(emu, err);
    enum pending pending = emu->pending;

    emu->pending = PENDING_NONE;
    if (action == EXIT_STOP)
        *stop = emu->stop;
    if (action != EXIT_UNCLAIMED)
        return action == EXIT_STOP;
    switch (pending) {
    case PENDING_NONE:
        exit_error(emu, err, stops_before);
        break;
    case PENDING_FAULT:
        if (!step_to_page_border(emu))
            trap_page_fault(emu);
        break;
    case PENDING_TRAP:
        trap_raise(emu, emu->trap.vector, emu->trap.has_error, emu->trap.error);
        break;
    case PENDING_FLUSH:
        breakpoint_again(emu);
        mmu_flush(emu);
        break;
    case PENDING_FRAME:
        breakpoint_again(emu);
        coherence_exit(emu);
        break;
    case PENDING_SUSPECT:
        refuse_exit(emu);
        break;
    case PENDING_BROKEN:
        survive_exit(emu);
        break;
    case PENDING_RING3:
        emu->ring3_armed = false;
        break;
    case PENDING_BREAKPOINT:
        *stop = stop_make(EMU_STOP_BREAKPOINT, 0);
        return true;
    case PENDING_CLOCK:
        clock_serve(emu);
        break;
    case PENDING_DEAD:
        break;
    default:
        facet_assert(false, "nobody dealt with pending %d", (int)pending);
    }
    return false;
}

static void wants_serve(struct emu *emu) {
    unsigned wants = emu->wants;
    emu->wants = 0;
    if (wants & WANT_FLUSH_TB)
        uc_ctl_flush_tb(emu->uc);
    if (wants & (WANT_FLUSH_TLB | WANT_FLUSH_TB))
        mmu_flush(emu);
}

/* ---- The loop */

static struct emu_stop run(struct emu *emu) {
    struct emu_stop stop;
    for (;;) {
        wants_serve(emu);
        if (emu->dead)
            return emu->stop;
        atomic_store(&emu->noticed, true);
        bool ring3 = in_ring3(emu);
        if (ring3)
            clock_ring3(emu);
        if ((ring3 || emu->halted) && boundary_stop(emu, &stop))
            return stop;
        if (clock_boundary(emu))
            ring3 = false;
        if (atomic_load(&emu->stuck) && reg_cpl(emu) == 0) {
            run_dead(emu, "the kernel does not come back to ring 3 (rip 0x%lx)", reg_rip(emu));
            continue;
        }
        if (ring3 && emu->stepping)
            step_begin(emu);
        if (!ring3 && !emu->ring3_armed && boundary_wanted(emu)) {
            emu->ring3_armed = true;
            mmu_flush(emu);
        }
        access_enter(emu);
        clock_enter(emu);
        unsigned stops = atomic_load(&emu->stops);
        atomic_store(&emu->in_engine, true);
        uc_err err = survive_start(emu);
        atomic_store(&emu->in_engine, false);
        kick_engine_left(emu);
        clock_exit(emu);
        if (exit_serve(emu, err, stops, &stop))
            return stop;
    }
}

static struct emu_stop run_public(struct emu *emu, bool step) {
    if (emu->dead)
        return emu->stop;
    emu->runner = pthread_self();
    emu->stepping = step;
    emu->step_retired = false;
    if (in_ring3(emu))
        breakpoint_resume(emu);
    struct emu_stop stop = run(emu);
    emu->stepping = emu->step_retired = false;
    tf_release(emu, TF_STEP);
    tf_release(emu, TF_FETCH);
    tf_release(emu, TF_TIMER);
    tf_release(emu, TF_ALARM);
    emu->ring3_armed = false;
    return stop;
}

struct emu_stop emu_run(struct emu *emu) {
    return run_public(emu, false);
}

struct emu_stop emu_step(struct emu *emu) {
    return run_public(emu, true);
}

enum facet_status emu_request(struct emu *emu, struct facet_error *error) {
    if (emu->dead)
        return facet_fail(error, FACET_ERR_FAILED, "the machine has stopped: %s", emu->stop.text);
    if (!emu->debug)
        return facet_fail(error, FACET_ERR_FAILED, "the kernel has not attached its debug block yet");
    if (!(reg_get(emu, UC_X86_REG_EFLAGS) & FLAG_IF) || (!emu->halted && !in_ring3(emu)))
        return facet_fail(error, FACET_ERR_FAILED, "the kernel cannot be interrupted now");
    emu->halted = false;
    emu->requesting = true;
    emu->request_done = false;
    emu->stats.interrupts++;
    trap_raise(emu, VECTOR_DEBUG, false, 0);
    struct emu_stop stop = run(emu);
    emu->requesting = false;
    emu->ring3_armed = false;
    if (stop.reason == EMU_STOP_DEAD)
        return facet_fail(error, FACET_ERR_FAILED, "the kernel died of a request: %s", stop.text);
    if (!emu->request_done)
        return facet_fail(error, FACET_ERR_FAILED, "the kernel returned without answering a request");
    return FACET_OK;
}
