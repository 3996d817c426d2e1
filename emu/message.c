/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fronts whose handler is a process of the guest (FRONT_MESSAGE): each part of an access goes to the kernel first,
 * which sends it on and answers. The answers wait in the log of the instruction, under a ticket, until it runs again.
 *
 *     ask ──FRONT_TRAP_ACCESS──> kernel … DEBUG_PORT_ANSWER ──> log.part[] ──(the instruction again)──> ask: answered
 *
 * Between an answer STEP and the kernel's word that the outcome has been told, front.held lets no other instruction in.
 */
#include "access.h"

#include <string.h>

/* A part on its way through its fronts. */
struct way {
    bool served;             /* somebody is asked about bytes of it */
    bool held;               /* another instruction holds one of those fronts: … */
    struct emu_part held_at; /* … there */
};

static struct way way_of(struct emu *emu, const struct emu_part *part, enum facet_kind kind, uint64_t ticket) {
    struct way way = {.held_at = *part};
    struct emu_part at = *part;
    unsigned wanted = kind == FACET_FETCH ? FRONT_FETCHES : FRONT_MESSAGE, depth = 0;
    if (part->front < 0)
        return way;
    do {
        int index;
        const struct front *front = front_at(emu, APERTURE_BASE + ((uint64_t)at.front << FRONT_SHIFT), &index);
        if (front == NULL || (front->flags & wanted) == 0 || at.offset >= front->high ||
            at.offset + at.size <= front->low)
            continue;
        way.served = true;
        if (front->held != 0 && front->held != ticket && !way.held) {
            way.held = true;
            way.held_at = at;
        }
    } while (++depth < EMU_NESTING_MAX && emu_front_inner(emu, &at.front, &at.offset));
    return way;
}

bool message_serves(struct emu *emu, const struct emu_access *access) {
    bool served = false;
    for (int i = 0; i < access->parts && !served; i++)
        served = way_of(emu, &access->part[i], access->kind, 0).served;
    return served;
}

static bool trap(struct access_state *state, enum front_trap reason, const struct emu_access *access,
                 const struct emu_part *at) {
    struct answer_log *log = &state->tx.log;
    if (log->ticket == 0)
        log->ticket = ++state->last_ticket;
    log->host = false;
    log->stopped = log->blocked = true; /* the same access comes again, and the log is not another process's */
    state->emu->debug->access.ticket = log->ticket;
    access_trap(state, reason, (enum access)access->kind, access->va.v + at->start, at->front, at->offset, 0);
    return false;
}

static bool tell(struct access_state *state, const struct emu_access *access, int part) {
    const struct emu_part *at = &access->part[part];
    struct debug_block *debug = state->emu->debug;
    const uint8_t *bytes = access->kind == FACET_STORE ? access->attempted
                           : access->backing != NULL   ? access->backing
                                                       : access->partly;
    debug->access.flags =
        access->flags | (access->parts == 2 ? FACET_PART : 0u) | (at->hole ? (unsigned)ACCESS_NO_MEMORY : 0u);
    debug->access.size = at->size;
    memset(debug->access.bytes, 0, sizeof debug->access.bytes);
    if (bytes != NULL)
        memcpy(debug->access.bytes, bytes + at->start, at->size);
    return trap(state, FRONT_TRAP_ACCESS, access, at);
}

bool message_ask(struct access_state *state, const struct emu_access *access) {
    struct answer_log *log = &state->tx.log;
    for (int i = 0; i < access->parts; i++) {
        struct way way = way_of(state->emu, &access->part[i], access->kind, log->ticket);
        if (log->part[i].answered && log->part[i].verdict == FACET_FAULT)
            return true;
        log->asking = (unsigned)i;
        if (way.held)
            return trap(state, FRONT_TRAP_WAIT, access, &way.held_at);
        if (way.served && !log->part[i].answered)
            return tell(state, access, i);
    }
    return true;
}

void message_done(struct access_state *state, struct emu_access *access, uint32_t start, uint32_t size,
                  const uint64_t *done, const uint8_t *bytes) {
    if (access->answered == NULL)
        memset(state->answered, 0, access->size);
    access->answered = state->answered;
    for (uint32_t i = 0; i < size; i++) {
        if ((done[i / 64] >> i % 64 & 1) == 0)
            continue;
        state->answered[start + i] = true;
        if (access->kind != FACET_STORE)
            access->reply[start + i] = bytes[i];
        else if (access->backing != NULL) /* as if it were stored again */
            access->reply[start + i] = access->backing[start + i];
    }
}

void message_answers(struct access_state *state, struct emu_access *access) {
    const struct answer_log *log = &state->tx.log;
    access->answered = NULL;
    access->refused = 0;
    for (int i = 0; i < access->parts; i++) {
        if (!log->part[i].answered)
            continue;
        if (log->part[i].verdict == FACET_FAULT) {
            access->refused = (uint8_t)(i + 1);
            access->fault = log->part[i].code;
        } else if (log->part[i].verdict == FACET_DONE) {
            message_done(state, access, access->part[i].start, access->part[i].size, log->part[i].done,
                         log->part[i].bytes);
        }
    }
}

/* Some byte that nobody has answered passes to where nothing is. */
static bool falls_through(const struct emu_access *access) {
    for (int p = 0; p < access->parts; p++)
        for (uint32_t i = 0; i < access->part[p].size && access->part[p].hole; i++)
            if (!access->answered[access->part[p].start + i])
                return true;
    return false;
}

void message_merge(struct emu_access *access, enum facet_verdict *verdict) {
    bool store = access->kind == FACET_STORE, passes = *verdict != FACET_DONE && !access->replaced, all = true;
    if (access->refused != 0)
        *verdict = FACET_FAULT;
    if (access->answered == NULL || verdict_refuses(*verdict) ||
        (*verdict != FACET_DONE && !access->filled && falls_through(access)))
        return;
    const uint8_t *now = access->backing != NULL ? access->backing : access->partly;
    for (uint32_t i = 0; i < access->size; i++) {
        all = all && access->answered[i];
        if (passes && !access->answered[i])
            access->reply[i] = store || now == NULL ? access->attempted[i] : now[i];
        else if (passes && store && now != NULL)
            access->reply[i] = now[i];
    }
    access->filled = true;
    if (store && !all && *verdict != FACET_DONE)
        access->replaced = true;
    else
        *verdict = FACET_DONE;
}

/* The kernel's answer to the part that it was told of. */
static void take_answer(struct answer_log *log, const struct debug_block *debug) {
    bool any = debug->answer.any != 0;
    memcpy(log->part[log->asking].done, debug->answer.done, sizeof debug->answer.done);
    log->part[log->asking].answered = true;
    log->part[log->asking].verdict = debug->answer.verdict == FACET_FAULT ? FACET_FAULT : any ? FACET_DONE : FACET_PASS;
    log->part[log->asking].code = debug->answer.code;
    memcpy(log->part[log->asking].bytes, debug->answer.bytes, FACET_ACCESS_MAX);
    log->retiring = log->retiring || debug->answer.verdict == FACET_STEP;
}

void access_answer(struct emu *emu) {
    struct access_state *state = emu->access;
    const struct debug_block *debug = emu->debug;
    for (unsigned i = 0; i < LOGS; i++) {
        struct answer_log *log = &state->logs[i];
        if (!log->live || log->ticket == 0 || log->ticket != debug->answer.ticket)
            continue;
        if (debug->answer.verdict == FACET_BLOCK)
            log->live = false;
        else if (!log->part[log->asking].answered || debug->answer.verdict == FACET_FAULT)
            take_answer(log, debug);
    }
}

void message_retired(struct access_state *state) {
    struct emu *emu = state->emu;
    if (!state->tx.log.retiring)
        return;
    emu->debug->access.ticket = state->tx.log.ticket;
    emu->debug->access.flags = emu->tf.due; /* the single step of the guest's own is over, too */
    emu->tf.due = false;
    emu->debug->trap.reason = FRONT_TRAP_RETIRED;
    trap_raise(emu, VECTOR_FRONT, false, 0);
}
