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

/* Such a front on the way of a part: its number and the offset in it. */
static const struct front *message_front(struct emu *emu, const struct emu_part *part, struct emu_part *at) {
    *at = *part;
    if (part->front < 0)
        return NULL;
    do {
        int index;
        const struct front *front = front_at(emu, APERTURE_BASE + ((uint64_t)at->front << FRONT_SHIFT), &index);
        if (front != NULL && (front->flags & FRONT_MESSAGE) != 0)
            return at->offset < front->high && at->offset + at->size > front->low ? front : NULL;
    } while (emu_front_inner(emu, &at->front, &at->offset));
    return NULL;
}

/* Which bytes of the access its handler serves: [from, to). The others of that part pass. */
struct served {
    uint32_t from, to;
};
static struct served served(const struct front *front, const struct emu_part *at) {
    uint64_t low = at->offset > front->low ? at->offset : front->low, end = at->offset + at->size;
    uint64_t high = end < front->high ? end : front->high;
    return (struct served){(uint32_t)(low - at->offset) + at->start, (uint32_t)(high - at->offset) + at->start};
}

static bool trap(struct access_state *state, enum front_trap reason, const struct emu_access *access,
                 const struct emu_part *at) {
    struct answer_log *log = &state->tx.log;
    if (log->ticket == 0)
        log->ticket = ++state->last_ticket;
    log->host = false;
    log->stopped = log->blocked = true; /* the same access comes again, and the log is not another process's */
    state->emu->debug->access.ticket = log->ticket;
    access_trap(state, reason, access->kind == FACET_STORE ? ACCESS_STORE : ACCESS_LOAD, access->va.v + at->start,
                at->front, at->offset, 0);
    return false;
}

static bool tell(struct access_state *state, const struct emu_access *access, const struct emu_part *at) {
    struct debug_block *debug = state->emu->debug;
    const uint8_t *bytes = access->kind == FACET_STORE ? access->attempted : access->backing;
    debug->access.flags = access->flags | (access->parts == 2 ? FACET_PART : 0u);
    debug->access.size = at->size;
    memset(debug->access.bytes, 0, sizeof debug->access.bytes);
    if (bytes != NULL)
        memcpy(debug->access.bytes, bytes + at->start, at->size);
    return trap(state, FRONT_TRAP_ACCESS, access, at);
}

/* Answers are in the order of the parts that have such a front. */
bool message_ask(struct access_state *state, const struct emu_access *access) {
    struct answer_log *log = &state->tx.log;
    unsigned answered = 0;
    for (int i = 0; i < access->parts; i++) {
        struct emu_part at;
        const struct front *front = message_front(state->emu, &access->part[i], &at);
        if (front == NULL)
            continue;
        if (answered < log->parts && log->part[answered].verdict == FACET_FAULT)
            return true;
        if (front->held != 0 && front->held != log->ticket)
            return trap(state, FRONT_TRAP_WAIT, access, &at);
        if (answered++ == log->parts)
            return tell(state, access, &at);
    }
    return true;
}

void message_answers(struct access_state *state, struct emu_access *access) {
    const struct answer_log *log = &state->tx.log;
    unsigned answered = 0;
    struct emu_part at;
    access->answers = access->refused = 0;
    for (int i = 0; i < access->parts && answered < log->parts; i++) {
        const struct front *front = message_front(state->emu, &access->part[i], &at);
        if (front == NULL)
            continue;
        if (log->part[answered].verdict == FACET_FAULT) {
            access->refused = (uint8_t)(i + 1);
            access->fault = log->part[answered].code;
        }
        if (log->part[answered++].verdict != FACET_DONE)
            continue;
        struct served to = served(front, &at);
        const uint8_t *bytes = log->part[answered - 1].bytes + (to.from - at.start);
        if (access->kind != FACET_STORE)
            memcpy(access->reply + to.from, bytes, to.to - to.from);
        else if (access->backing != NULL) /* as if it were stored again */
            memcpy(access->reply + to.from, access->backing + to.from, to.to - to.from);
        access->answered[access->answers].from = to.from;
        access->answered[access->answers++].to = to.to;
    }
}

static bool is_answered(const struct emu_access *access, uint32_t byte) {
    for (unsigned i = 0; i < access->answers; i++)
        if (byte >= access->answered[i].from && byte < access->answered[i].to)
            return true;
    return false;
}

void message_merge(struct emu_access *access, enum facet_verdict *verdict) {
    bool store = access->kind == FACET_STORE, passes = *verdict != FACET_DONE && !access->replaced, all = true;
    if (access->refused != 0)
        *verdict = FACET_FAULT;
    if (access->answers == 0 || verdict_refuses(*verdict))
        return;
    for (uint32_t i = 0; i < access->size; i++) {
        bool answered = is_answered(access, i);
        all = all && answered;
        if (!answered && access->backing == NULL)
            return; /* what passes there faults */
        if (!answered && passes)
            access->reply[i] = store ? access->attempted[i] : access->backing[i];
    }
    if (store && !all && *verdict != FACET_DONE)
        access->replaced = true;
    else
        *verdict = FACET_DONE;
}

void access_answer(struct emu *emu) {
    struct access_state *state = emu->access;
    const struct debug_block *debug = emu->debug;
    for (unsigned i = 0; i < LOGS; i++) {
        struct answer_log *log = &state->logs[i];
        if (!log->live || log->ticket == 0 || log->ticket != debug->answer.ticket)
            continue;
        if (debug->answer.verdict == FACET_BLOCK) {
            log->live = false;
        } else if (log->parts < 2) {
            log->part[log->parts].verdict = (uint8_t)debug->answer.verdict;
            log->part[log->parts].code = debug->answer.code;
            memcpy(log->part[log->parts++].bytes, debug->answer.bytes, FACET_ACCESS_MAX);
            log->retiring = log->retiring || debug->answer.verdict == FACET_STEP;
        }
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
