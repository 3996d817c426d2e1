/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Running the program, and what the machine's stops mean to its user.
 */
#include "guard.h"
#include "kernel.h"
#include "report.h"
#include "session_internal.h"
#include "text.h"

void session_interrupt(struct session *session) {
    session->asked = 1;
    struct emu *emu = session->emu;
    if (emu)
        emu_interrupt(emu);
    guard_interrupt();
}

void session_forget_interrupt(struct session *session) {
    session->asked = 0;
}

bool session_at_home(const struct session *s) {
    return s->info->current == s->process_kernel;
}

static struct session_stop gone(struct session *s, enum session_event event, int code, const char *text) {
    struct session_stop stop = {.event = event, .code = code};
    snprintf(stop.text, sizeof stop.text, "%s", text);
    bool killed = event == SESSION_EXITED && s->signal && code == 128 + s->signal;
    if (event == SESSION_EXITED && !killed && !s->program->native)
        strace_end(&s->strace, code, 0);
    if (killed)
        snprintf(stop.text, sizeof stop.text, "terminated with signal %s, %s", session_signal_name(s->signal),
                 session_signal_text(s->signal));
    session_kill(s);
    return stop;
}

static struct session_stop faulted(struct session *s) {
    const struct debug_block *block = emu_debug_block(s->emu);
    struct session_stop stop = {.event = SESSION_FAULTED, .code = (int)block->event.arg[1]};
    s->signal = stop.code;
    if (!s->program->native)
        strace_fault(&s->strace, stop.code, (unsigned)block->event.arg[2], block->event.arg[3]);
    report_fault(block->event.arg, stop.text, sizeof stop.text);
    return stop;
}

/* Pages are still there when their region is told to be none. */
static void region_told(struct session *s, const unsigned long arg[4], const char text[256]) {
    char name[256];
    snprintf(name, sizeof name, "%.255s", text);
    if ((arg[3] & REGION_KIND) == REGION_NONE)
        swaps_pages_go(s->swaps, arg[1], arg[2]);
    regions_set(s->regions, arg[1], arg[2], (unsigned)arg[3], name);
    swaps_regions_changed(s->swaps);
}

static void endpoint_told(struct session *s, const struct debug_block *block) {
    char name[256];
    snprintf(name, sizeof name, "%.255s", block->text);
    swaps_endpoint(s->swaps, name, block->event.arg[0]);
}

bool session_event(struct session *s, uint64_t event) {
    const struct debug_block *block = emu_debug_block(s->emu);
    switch (event) {
    case DEBUG_EVENT_MESSAGE:
        fprintf(stderr, "facet: %.*s\n", (int)sizeof block->text, block->text);
        return true;
    case DEBUG_EVENT_REGION:
        region_told(s, block->event.arg, block->text);
        return true;
    case DEBUG_EVENT_PAGES:
        swaps_pages_came(s->swaps, block->event.arg[1], block->event.arg[2]);
        return true;
    case DEBUG_EVENT_ENDPOINT:
        endpoint_told(s, block);
        return true;
    case DEBUG_EVENT_FRONT_GONE:
        swaps_front_gone(s->swaps, (int)block->event.arg[0]);
        return true;
    case DEBUG_EVENT_SYSCALL:
        strace_call(&s->strace, s, block->event.arg);
        return true;
    default:
        return false;
    }
}

/* What a stop of the machine means to the user. False: nothing, run on. */
static bool translate(struct session *s, const struct emu_stop *from, struct session_stop *to) {
    *to = (struct session_stop){0};
    switch (from->reason) {
    case EMU_STOP_POWEROFF:
        *to = gone(s, SESSION_EXITED, (int)(from->code & 0xff), "");
        return true;
    case EMU_STOP_EVENT:
        if (session_event(s, from->code) || from->code == DEBUG_EVENT_STARTED)
            return false;
        if (from->code == DEBUG_EVENT_FAULTED)
            *to = faulted(s);
        else
            to->event = SESSION_DEADLOCK;
        return true;
    case EMU_STOP_ACCESS:
        to->event = SESSION_STOPPED;
        s->elsewhere = s->swaps->stopped.access.process > 1;
        report_access(&s->swaps->stopped, to->text, sizeof to->text);
        return true;
    case EMU_STOP_BREAKPOINT:
        to->event = SESSION_BREAKPOINT;
        return session_at_home(s); /* another process at the same address */
    case EMU_STOP_STEP:
        to->event = SESSION_STEPPED;
        return true;
    case EMU_STOP_INTERRUPT:
        to->event = s->moment ? SESSION_MOMENT : SESSION_INTERRUPTED;
        if (s->moment) {
            s->moment = false;
            return true;
        }
        if (!s->asked)
            return false;
        s->asked = 0;
        return true;
    case EMU_STOP_CLOCK:
        to->event = SESSION_MOMENT;
        return true;
    case EMU_STOP_DEAD:
        *to = gone(s, SESSION_FAILED, 125, from->text);
        return true;
    }
    facet_assert(false, "stop reason %d", from->reason);
}

/* Stands soon after an access whose handler is no more. */
static bool translate_broken(struct session *s, const struct emu_stop *from, struct session_stop *to) {
    struct swaps *swaps = s->swaps;
    bool stands = from->reason == EMU_STOP_INTERRUPT || from->reason == EMU_STOP_STEP;
    bool wanted = swaps->broken[0] && swaps->stop_broken && stands && !s->asked && !s->moment;
    if (wanted) {
        *to = (struct session_stop){.event = SESSION_BROKEN};
        snprintf(to->text, sizeof to->text, "\nThe program was stopped: %s.\n", swaps->broken);
    }
    swaps->broken[0] = '\0';
    return wanted;
}

/* Runs the machine, with crashes of handlers caught. */
static struct emu_stop go_guarded(struct session *s, struct emu_stop (*go)(struct emu *)) {
    bool guarded = swaps_guarded(s->swaps);
    if (guarded)
        guard_enter();
    struct emu_stop stop = go(s->emu);
    if (guarded)
        guard_leave();
    return stop;
}

static struct session_stop drive(struct session *s, struct emu_stop (*go)(struct emu *)) {
    struct session_stop stop;
    struct emu_stop from;
    do {
        s->elsewhere = false;
        swaps_settle(s->swaps);
        if (s->asked)
            emu_interrupt(s->emu);
        from = go_guarded(s, go);
    } while (!translate_broken(s, &from, &stop) && !translate(s, &from, &stop));
    if (s->emu)
        swaps_settle(s->swaps);
    if (s->events)
        events_flush(s->events);
    return stop;
}

static void event_came(void *context) {
    struct session *s = context;
    s->moment = true;
    if (s->emu)
        emu_interrupt(s->emu);
}

void session_alarm(struct session *s, bool event, uint64_t at) {
    if (!event)
        emu_clock_alarm(s->emu, at);
    else if (s->events)
        events_alarm(s->events, at, event_came, s);
}

struct session_stop session_continue(struct session *session) {
    return drive(session, emu_run);
}

static bool has_break(const struct session *s, uint64_t va) {
    for (size_t i = 0; i < s->break_count; i++)
        if (s->breaks[i] == va)
            return true;
    return false;
}

void session_break(struct session *session, uint64_t va, bool on) {
    size_t kept = 0;
    for (size_t i = 0; i < session->break_count; i++)
        if (session->breaks[i] != va)
            session->breaks[kept++] = session->breaks[i];
    session->break_count = kept;
    emu_breakpoint_remove(session->emu, (gva_t){va});
    if (!on)
        return;
    session->breaks = text_grow(session->breaks, kept + 1, sizeof *session->breaks);
    session->breaks[session->break_count++] = va;
    emu_breakpoint_add(session->emu, (gva_t){va});
}

/* Runs the other processes until the program is about to execute its next instruction. Where that is only a native
 * program's keepers leave alone: a Linux program may go on in a signal handler. */
static struct session_stop go_home(struct session *s) {
    struct session_stop stop = {.event = SESSION_STEPPED};
    while (stop.event == SESSION_STEPPED && !session_at_home(s)) {
        if (!s->program->native) {
            stop = drive(s, emu_step);
            continue;
        }
        gva_t next = {s->process_at->regs.rip};
        emu_breakpoint_add(s->emu, next);
        stop = drive(s, emu_run);
        if (s->emu && !has_break(s, next.v))
            emu_breakpoint_remove(s->emu, next);
        if (stop.event == SESSION_BREAKPOINT)
            stop.event = SESSION_STEPPED;
    }
    return stop;
}

/* The program's keeper is about to repair a fault of the instruction, which then begins again. */
static bool only_faulted(const struct session *s) {
    const struct process *p = s->process_at;
    return !session_at_home(s) && p->state == PROCESS_FAULTED && p->fault != FAULT_SYSCALL && p->fault != FAULT_STEP;
}

struct session_stop session_step(struct session *session) {
    struct session_stop stop = go_home(session);
    bool again = true;
    while (stop.event == SESSION_STEPPED && again) {
        struct facet_regs before;
        session_regs(session, &before);
        stop = drive(session, emu_step);
        again = stop.event == SESSION_STEPPED && only_faulted(session) && session->process_at->regs.rip == before.rip;
        if (stop.event == SESSION_STEPPED)
            stop = go_home(session);
    }
    return stop;
}
