/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Accesses that are not over when their handler has been asked: those whose outcome it wants to be told (STEP), and
 * those that wait until it wakes their process (BLOCK).
 */
#include "kernel.h"
#include "swap.h"
#include "text.h"

#include <string.h>

#define STEPS_MAX 65536 /* of instructions that were never made; the older half is forgotten then */

/* ---- STEP */

void hold_step(struct attached *h, const struct facet_access *access, uint64_t *step) {
    struct swaps *s = h->on->swaps;
    if (*step == 0)
        *step = ++s->last_step;
    if (s->stepped_count == STEPS_MAX) {
        s->stepped_count /= 2;
        memmove(s->stepped, s->stepped + s->stepped_count, s->stepped_count * sizeof *s->stepped);
    }
    s->stepped = text_grow(s->stepped, s->stepped_count + 1, sizeof *s->stepped);
    s->stepped[s->stepped_count++] = (struct stepped){*step, h, *access};
}

/* Takes out those of an access, and of a handler. */
static void steps_filter(struct swaps *s, uint64_t step, const struct attached *by) {
    size_t kept = 0;
    for (size_t i = 0; i < s->stepped_count; i++)
        if (s->stepped[i].step != step && s->stepped[i].by != by)
            s->stepped[kept++] = s->stepped[i];
    s->stepped_count = kept;
}

void hold_drop_step(struct swaps *swaps, uint64_t step) {
    if (step)
        steps_filter(swaps, step, NULL);
}

void hold_outcome(void *context, const struct emu_access *a) {
    struct swaps *s = context;
    for (size_t i = 0; i < s->stepped_count; i++) {
        struct stepped *stepped = &s->stepped[i];
        if (stepped->step != a->step || stepped->access.size != a->size)
            continue;
        struct facet_access access = stepped->access;
        access.attempted = a->attempted;
        access.backing = a->backing;
        handler_outcome(stepped->by, &access);
    }
    hold_drop_step(s, a->step);
}

/* ---- BLOCK */

void hold_copy(struct stopped_access *to, const struct stopped_access *from) {
    *to = *from;
    to->access.object = to->object;
    to->access.attempted = from->access.attempted ? to->attempted : NULL;
    to->access.backing = from->access.backing ? to->backing : NULL;
}

void hold_block(struct attached *h, struct process *process, const struct stopped_access *at) {
    struct swaps *s = h->on->swaps;
    struct blocked *b = calloc(1, sizeof *b);
    facet_assert(b, "out of memory");
    b->process = process;
    b->by = h;
    hold_copy(&b->at, at);
    s->blocked = text_grow(s->blocked, s->blocked_count + 1, sizeof(struct blocked *));
    s->blocked[s->blocked_count++] = b;
}

void hold_end(struct swaps *s, struct blocked *b) {
    size_t i = 0;
    while (s->blocked[i] != b)
        i++;
    s->blocked[i] = s->blocked[--s->blocked_count];
    free(b);
}

/* It was never made: its event says so. */
static void give_up(struct swaps *s, struct blocked *b) {
    const struct facet_access *access = &b->at.access;
    if (s->events && !b->at.hidden && !b->at.written)
        events_write(s->events, access, access->kind == FACET_STORE ? access->attempted : access->backing, FACET_BLOCK);
    hold_drop_step(s, b->at.step);
    hold_end(s, b);
}

struct blocked *hold_resumed(struct swaps *s, struct process *process, const struct emu_access *a) {
    for (size_t i = s->blocked_count; i-- > 0;) {
        struct blocked *b = s->blocked[i];
        const struct facet_access *was = &b->at.access;
        if (b->process != process || ((was->flags ^ a->flags) & FACET_KERNEL))
            continue;
        if (was->pc == a->pc.v && was->va == a->va.v && was->kind == (uint32_t)a->kind && was->size == a->size)
            return b;
        if (!(a->flags & FACET_KERNEL)) /* copies are made on behalf of several */
            give_up(s, b);
    }
    return NULL;
}

void hold_forget_all(struct swaps *s) {
    while (s->blocked_count > 0)
        give_up(s, s->blocked[0]);
    s->stepped_count = s->wake_count = 0;
}

/* ---- Waking */

/* How many processes wait over an access to this one's memory. */
static size_t waiting(const struct swaps *s, const struct process *process) {
    const struct kernel_info *k = s->emu ? kernel_info_get(s->emu) : NULL;
    const char *all =
        k ? kernel_array(s->emu, k->processes, k->process_count, k->process_stride, struct process) : NULL;
    size_t count = 0;
    for (size_t i = 0; all && i < k->process_count; i++) {
        const struct process *p = (const void *)(all + i * k->process_stride);
        count += p->header.type == CAP_PROCESS && p->state == PROCESS_BLOCKED && p->blocked_over == process;
    }
    return count;
}

static void wake(struct swaps *s, struct process *process) {
    struct debug_block *block = emu_debug_block(s->emu);
    for (size_t i = 0; i < s->wake_count; i++)
        if (s->wakes[i] == process)
            return;
    s->wakes = text_grow(s->wakes, s->wake_count + 1, sizeof(struct process *));
    s->wakes[s->wake_count++] = process;
    s->unsettled = true;
    if (block)
        block->want |= DEBUG_WANT_TURN;
    emu_interrupt(s->emu);
}

bool swaps_wake(struct swaps *s, uint64_t number) {
    for (size_t i = 0; s->emu && i < s->known_count; i++) {
        struct process *process = s->known[i].process;
        if (s->known[i].number != number)
            continue;
        if (process == s->last_process || waiting(s, process)) /* or it is just about to */
            wake(s, process);
        return true;
    }
    return false;
}

void hold_forget(struct attached *h) {
    struct swaps *s = h->on->swaps;
    steps_filter(s, 0, h);
    for (size_t i = 0; i < s->blocked_count; i++) {
        struct blocked *b = s->blocked[i];
        if (b->by != h)
            continue;
        b->by = NULL;
        if (s->emu)
            wake(s, b->process);
    }
}

void hold_settle(struct swaps *s) {
    struct debug_block *block = emu_debug_block(s->emu);
    if (block)
        block->want &= ~(unsigned)DEBUG_WANT_TURN;
    for (size_t i = 0; i < s->wake_count; i++)
        kernel_wake(s->emu, (uint64_t)(uintptr_t)s->wakes[i], NULL); /* it may be gone, which is no failure */
    s->wake_count = 0;
}

void swaps_tell_blocked(const struct swaps *s, FILE *out) {
    for (size_t i = 0; i < s->blocked_count; i++) {
        const struct blocked *b = s->blocked[i];
        const struct facet_access *a = &b->at.access;
        if (b->by && waiting(s, b->process))
            fprintf(out, "  handler %s blocks process %lu%s: %s of %u bytes at %s+%ld (0x%lx), pc 0x%lx\n",
                    b->by->code.text, a->process, a->flags & FACET_KERNEL ? " in a system call" : "",
                    handler_kind_name((enum facet_kind)a->kind), a->size, a->object, a->offset, a->va, a->pc);
    }
}
