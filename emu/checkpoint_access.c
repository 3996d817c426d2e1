/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is remembered of accesses to fronts when the machine stands: the answers to instructions that have not retired,
 * of processes that wait and of the one at hand.
 */
#include "access.h"

#include <string.h>

static void regs_visit(struct archive *a, struct facet_regs *regs) {
    archive_bytes(a, regs, sizeof *regs); /* words */
}

static uint8_t byte_visit(struct archive *a, uint8_t byte, unsigned most) {
    return (uint8_t)archive_number(a, byte, most);
}

/* room: bytes that there are for it. */
static void answer_visit(struct archive *a, struct answer *answer, unsigned room) {
    archive_value(a, answer->va);
    answer->size = (uint16_t)archive_number(a, answer->size, room);
    answer->kind = byte_visit(a, answer->kind, FACET_FETCH);
    answer->verdict = byte_visit(a, answer->verdict, FACET_STOP);
    archive_value(a, answer->step);
    archive_value(a, answer->bytes);
}

static void log_visit(struct archive *a, struct answer_log *log) {
    archive_flag(a, &log->stopped);
    archive_flag(a, &log->blocked);
    archive_flag(a, &log->retiring);
    archive_flag(a, &log->host);
    archive_value(a, log->ticket);
    archive_value(a, log->stamp);
    archive_value(a, log->cr3);
    regs_visit(a, &log->regs);
    archive_flag(a, &log->fetched);
    log->asking = (unsigned)archive_number(a, log->asking, 1);
    for (unsigned i = 0; i < 2; i++) {
        archive_flag(a, &log->part[i].answered);
        log->part[i].verdict = byte_visit(a, log->part[i].verdict, FACET_STEP);
        archive_value(a, log->part[i].code);
        archive_value(a, log->part[i].done);
        archive_value(a, log->part[i].bytes);
    }
    archive_value(a, log->wide);
    log->count = (unsigned)archive_number(a, log->count, ANSWERS_MAX);
    for (unsigned i = 0; i < log->count; i++)
        answer_visit(a, &log->answer[i], FACET_ACCESS_MAX);
}

static void logs_visit(struct access_state *state, struct archive *a) {
    archive_value(a, state->stamp);
    archive_value(a, state->last_ticket);
    for (unsigned i = 0; i < LOGS; i++) {
        archive_flag(a, &state->logs[i].live);
        if (!state->logs[i].live)
            continue;
        log_visit(a, &state->logs[i]);
        access_special(state, SPECIAL_LOG, true);
    }
}

/* An instruction of the inline path that was cut, and is to go on as a transaction. */
static void cut_visit(struct access_state *state, struct archive *a) {
    struct transaction *tx = &state->tx;
    archive_flag(a, &tx->wanted);
    archive_value(a, tx->wanted_pc);
    archive_value(a, tx->refused_va);
    tx->refused = (enum access)archive_number(a, tx->refused, ACCESS_FETCH);
    archive_flag(a, &tx->refused_page);
    archive_value(a, state->ring_end);
    state->ring_count = (unsigned)archive_number(a, state->ring_count, RING_SIZE);
    for (unsigned i = 1; i <= state->ring_count; i++) {
        struct ring_entry *entry = &state->ring[(state->ring_end - i) % RING_SIZE];
        archive_value(a, entry->pc);
        answer_visit(a, &entry->answer, PAIR_MAX);
    }
    archive_value(a, state->apart.end);
    regs_visit(a, &state->apart.regs);
}

static void copy_visit(struct access_state *state, struct archive *a) {
    archive_flag(a, &state->copy.live);
    archive_value(a, state->copy.cr3);
    archive_value(a, state->copy.pc);
    archive_value(a, state->copy.front);
    archive_value(a, state->copy.offset);
    state->copy.kind = (enum access)archive_number(a, state->copy.kind, ACCESS_FETCH);
}

/* ---- Fetches */

static void part_visit(struct archive *a, struct emu_part *part) {
    part->front = (int)archive_number(a, (uint64_t)part->front + 1, FRONT_MAX) - 1;
    part->offset = archive_number(a, part->offset, (1ul << FRONT_SHIFT) - 1);
    part->start = (uint32_t)archive_number(a, part->start, DECODE_BYTES_MAX);
    part->size = (uint32_t)archive_number(a, part->size, DECODE_BYTES_MAX);
    archive_flag(a, &part->hole);
}

/* The instruction is to run as a transaction, and then its fetch's outcome is told. */
static void step_visit(struct access_state *state, struct archive *a) {
    struct emu_access *access = &state->fetch.access;
    bool code = access->attempted != NULL;
    archive_value(a, state->fetch.step);
    archive_value(a, access->step);
    access->size = (uint32_t)archive_number(a, access->size, DECODE_BYTES_MAX);
    archive_value(a, access->va);
    archive_value(a, access->pc);
    archive_value(a, access->clock);
    access->parts = (int)archive_number(a, (uint64_t)access->parts, 2);
    archive_flag(a, &access->nested);
    part_visit(a, &access->part[0]);
    part_visit(a, &access->part[1]);
    archive_flag(a, &code);
    archive_value(a, state->fetch.code);
    access->kind = FACET_FETCH;
    access->attempted = access->backing = code ? state->fetch.code : NULL;
}

static void fetch_visit(struct access_state *state, struct archive *a) {
    bool any = state->fetch.count != 0;
    archive_flag(a, &any);
    for (unsigned i = 0; i < FRONT_MAX / 8 && any; i++) {
        uint8_t watched = a->loading ? 0 : state->fetch.watched[i];
        archive_value(a, watched);
        for (int bit = 0; bit < 8 && a->loading; bit++)
            if ((watched >> bit & 1) != 0)
                emu_front_watch_fetches(state->emu, (int)(8 * i) + bit, true);
    }
    archive_value(a, state->fetch.pc);
    archive_flag(a, &state->fetch.told);
    archive_flag(a, &state->fetch.stopped);
    archive_flag(a, &state->fetch.restarted);
    bool stepped = state->fetch.step != 0;
    archive_flag(a, &stepped);
    if (stepped)
        step_visit(state, a);
}

void access_visit(struct emu *emu, struct archive *a) {
    struct access_state *state = emu->access;
    logs_visit(state, a);
    cut_visit(state, a);
    copy_visit(state, a);
    fetch_visit(state, a);
}
