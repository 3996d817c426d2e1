/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which handler is asked about what, and how answers about parts of an access are put together. Handlers and marks are
 * made by hand; no machine runs.
 */
#include "debugger/swap.h"
#include "debugger/text.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <string.h>

#define HANDLERS 6

static struct swaps *swaps;

/* What a scripted handler says, and what it was told last. */
struct script {
    enum facet_verdict verdict;
    uint8_t byte; /* DONE on a load: every byte of the answer */
    int asked, outcomes;
    struct facet_access last, outcome;
};

static enum facet_verdict scripted(void *state, const struct facet_access *access, struct facet_reply *reply) {
    struct script *s = state;
    for (uint32_t i = 0; i < access->size; i++)
        cr_assert_eq(reply->bytes[i], 0, "the reply is not clean");
    s->asked++;
    s->last = *access;
    memset(reply->bytes, s->byte, access->size);
    reply->fault = 7;
    strcpy(reply->text, "because");
    return s->verdict;
}

static void scripted_outcome(void *state, const struct facet_access *access) {
    struct script *s = state;
    s->outcomes++;
    s->outcome = *access;
}

static const struct facet_handler scripted_handler = {
    .abi = FACET_HANDLER_ABI, .name = "scripted", .access = scripted, .outcome = scripted_outcome};
static char nothing[] = "";

/* An object of `size` bytes at `low` of page `front`. */
static struct swapped *add_object(char *name, int front, uint32_t low, uint32_t size) {
    struct swapped *o = calloc(1, sizeof *o);
    *o = (struct swapped){.swaps = swaps, .name = {.text = name, .size = size}};
    page_mark(swaps, front, (struct mark){low, low + size, -(int64_t)low, o});
    return o;
}

static void add_handler(struct swapped *object, struct script *script) {
    struct attached *h = calloc(1, sizeof *h);
    *h = (struct attached){
        .ask = scripted,
        .asked = script,
        .code = {.handler = &scripted_handler, .text = nothing, .name = nothing, .args = nothing},
        .state = script,
        .verdicts = 0x3f,
        .serial = swaps->next_serial++,
        .on = object,
        .object = {.name = object->name.text},
    };
    object->chain = text_grow(object->chain, object->count + 1, sizeof h);
    memmove(object->chain + 1, object->chain, object->count++ * sizeof h);
    object->chain[0] = h;
}

static uint8_t memory[16], value[16], reply[16];

/* Access of `size` bytes at `offset` of page `front`, or crossing to page `next` (-1: ordinary memory). */
static struct emu_access make_access(enum facet_kind kind, int front, uint32_t offset, uint32_t size, int next) {
    uint32_t first = offset + size > 4096 ? 4096 - offset : size;
    memset(reply, 0xee, sizeof reply);
    for (int i = 0; i < 16; i++) {
        memory[i] = (uint8_t)(0x10 + i);
        value[i] = (uint8_t)(0xa0 + i);
    }
    return (struct emu_access){
        .kind = kind,
        .size = size,
        .va = {0x10000 + offset},
        .pc = {0x400000},
        .part = {{front, offset, 0, first}, {next, 0, first, size - first}},
        .parts = first < size ? 2 : 1,
        .attempted = kind == FACET_STORE ? value : NULL,
        .backing = memory,
        .reply = reply,
    };
}

static void new_swaps(void) {
    swaps = swaps_new(NULL, NULL);
}

TestSuite(dbg_dispatch, .init = new_swaps);

Test(dbg_dispatch, bytes_that_nobody_named_pass_silently) {
    struct script s = {.verdict = FACET_STOP};
    add_handler(add_object("a", 3, 16, 8), &s);
    struct emu_access before = make_access(FACET_LOAD, 3, 8, 8, -1), behind = make_access(FACET_STORE, 3, 24, 8, -1);
    struct emu_access elsewhere = make_access(FACET_LOAD, 4, 16, 8, -1);
    cr_assert_eq(dispatch_access(swaps, &before), FACET_PASS);
    cr_assert_eq(dispatch_access(swaps, &behind), FACET_PASS);
    cr_assert_eq(dispatch_access(swaps, &elsewhere), FACET_PASS);
    cr_assert_eq(s.asked, 0);
}

Test(dbg_dispatch, offsets_count_from_the_object_and_may_be_negative) {
    struct script s = {.verdict = FACET_PASS};
    add_handler(add_object("a", 3, 16, 8), &s);
    struct emu_access inside = make_access(FACET_LOAD, 3, 20, 4, -1), across = make_access(FACET_LOAD, 3, 13, 4, -1);
    cr_assert_eq(dispatch_access(swaps, &inside), FACET_PASS);
    cr_assert_eq(s.last.offset, 4);
    cr_assert_eq(s.last.sequence, 0u);
    cr_assert_eq(dispatch_access(swaps, &across), FACET_PASS);
    cr_assert_eq(s.last.offset, -3);
    cr_assert_eq(s.last.size, 4u);
    cr_assert_eq(s.last.va, 0x1000du);
    cr_assert_eq(s.last.sequence, 1u);
    cr_assert_eq(s.last.flags & FACET_PART, 0u, "the other bytes have no name");
}

Test(dbg_dispatch, the_newest_handler_is_asked_first_and_pass_asks_the_next) {
    struct script old = {.verdict = FACET_DONE, .byte = 0x55}, new = {.verdict = FACET_PASS};
    struct swapped *o = add_object("a", 3, 16, 8);
    add_handler(o, &old);
    add_handler(o, &new);
    struct emu_access access = make_access(FACET_LOAD, 3, 16, 8, -1);
    cr_assert_eq(dispatch_access(swaps, &access), FACET_DONE);
    cr_assert(new.asked == 1 && old.asked == 1);
    cr_assert_eq(reply[0], 0x55);
    new.verdict = FACET_DONE;
    new.byte = 0x66;
    access = make_access(FACET_LOAD, 3, 16, 8, -1);
    cr_assert_eq(dispatch_access(swaps, &access), FACET_DONE);
    cr_assert(new.asked == 2 && old.asked == 1, "an answered access is not asked again");
    cr_assert_eq(reply[7], 0x66);
}

Test(dbg_dispatch, an_answer_covers_only_the_named_bytes_of_a_load) {
    struct script s = {.verdict = FACET_DONE, .byte = 0x55};
    add_handler(add_object("a", 3, 16, 8), &s);
    struct emu_access access = make_access(FACET_LOAD, 3, 12, 8, -1);
    static const uint8_t wanted[] = {0x10, 0x11, 0x12, 0x13, 0x55, 0x55, 0x55, 0x55};
    cr_assert_eq(dispatch_access(swaps, &access), FACET_DONE);
    cr_assert_arr_eq(reply, wanted, 8);
}

Test(dbg_dispatch, a_swallowed_store_still_stores_the_unnamed_bytes) {
    struct script s = {.verdict = FACET_DONE};
    add_handler(add_object("a", 3, 16, 8), &s);
    struct emu_access access = make_access(FACET_STORE, 3, 20, 8, -1);
    static const uint8_t wanted[] = {0x10, 0x11, 0x12, 0x13, 0xa4, 0xa5, 0xa6, 0xa7};
    cr_assert_eq(dispatch_access(swaps, &access), FACET_PASS);
    cr_assert(access.replaced);
    cr_assert_arr_eq(reply, wanted, 8);
    access = make_access(FACET_STORE, 3, 16, 8, -1);
    cr_assert_eq(dispatch_access(swaps, &access), FACET_DONE, "all of it is swallowed");
}

Test(dbg_dispatch, a_page_crossing_into_ordinary_memory_keeps_its_bytes) {
    struct script s = {.verdict = FACET_DONE};
    add_handler(add_object("a", 3, 4088, 8), &s);
    struct emu_access access = make_access(FACET_STORE, 3, 4092, 8, -1);
    static const uint8_t wanted[] = {0x10, 0x11, 0x12, 0x13, 0xa4, 0xa5, 0xa6, 0xa7};
    cr_assert_eq(dispatch_access(swaps, &access), FACET_PASS);
    cr_assert(access.replaced);
    cr_assert_arr_eq(reply, wanted, 8);
}

Test(dbg_dispatch, an_access_across_two_objects_tells_both_and_marks_them_as_parts) {
    struct script a = {.verdict = FACET_PASS}, b = {.verdict = FACET_PASS};
    add_handler(add_object("a", 3, 16, 8), &a);
    add_handler(add_object("b", 3, 24, 8), &b);
    struct emu_access access = make_access(FACET_STORE, 3, 20, 8, -1);
    cr_assert_eq(dispatch_access(swaps, &access), FACET_PASS);
    cr_assert(a.asked == 1 && b.asked == 1 && !access.replaced);
    cr_assert_eq(a.last.offset, 4);
    cr_assert_eq(b.last.offset, -4);
    cr_assert(a.last.flags & b.last.flags & FACET_PART);
}

Test(dbg_dispatch, an_object_on_two_pages_is_told_once) {
    struct script s = {.verdict = FACET_PASS};
    struct swapped *o = add_object("a", 3, 4000, 96);
    page_mark(swaps, 4, (struct mark){0, 100, 96, o});
    add_handler(o, &s);
    struct emu_access access = make_access(FACET_LOAD, 3, 4092, 8, 4);
    cr_assert_eq(dispatch_access(swaps, &access), FACET_PASS);
    cr_assert_eq(s.asked, 1);
    cr_assert_eq(s.last.offset, 92);
    cr_assert_eq(s.last.flags & FACET_PART, 0u);
}

Test(dbg_dispatch, an_object_within_another_is_told_to_both_without_parts) {
    struct script outer = {.verdict = FACET_PASS}, inner = {.verdict = FACET_PASS};
    add_handler(add_object("outer", 3, 0, 4096), &outer);
    add_handler(add_object("inner", 3, 16, 8), &inner);
    struct emu_access access = make_access(FACET_LOAD, 3, 16, 4, -1);
    dispatch_access(swaps, &access);
    cr_assert(outer.asked == 1 && inner.asked == 1);
    cr_assert_eq((outer.last.flags | inner.last.flags) & FACET_PART, 0u);
    cr_assert_eq(outer.last.offset, 16);
}

Test(dbg_dispatch, fault_carries_the_handlers_code) {
    struct script s = {.verdict = FACET_FAULT};
    add_handler(add_object("a", 3, 16, 8), &s);
    struct emu_access access = make_access(FACET_LOAD, 3, 16, 8, -1);
    cr_assert_eq(dispatch_access(swaps, &access), FACET_FAULT);
    cr_assert_eq(access.fault, 7u);
}

Test(dbg_dispatch, after_a_stop_neither_the_stopper_nor_those_before_it_are_asked_again) {
    struct script oldest = {.verdict = FACET_PASS}, stopper = {.verdict = FACET_STOP}, newest = {.verdict = FACET_PASS};
    struct swapped *o = add_object("a", 3, 16, 8);
    add_handler(o, &oldest);
    add_handler(o, &stopper);
    add_handler(o, &newest);
    struct emu_access access = make_access(FACET_STORE, 3, 16, 4, -1);
    cr_assert_eq(dispatch_access(swaps, &access), FACET_STOP);
    cr_assert(newest.asked == 1 && stopper.asked == 1 && oldest.asked == 0);
    cr_assert_str_eq(swaps->stopped.text, "because");
    cr_assert_arr_eq(swaps->stopped.access.backing, memory, 4);
    cr_assert_arr_eq(swaps->stopped.access.attempted, value, 4);
    struct script late = {.verdict = FACET_PASS};
    add_handler(o, &late); /* swapped while the program stood */
    access = make_access(FACET_STORE, 3, 16, 4, -1);
    access.again = true;
    cr_assert_eq(dispatch_access(swaps, &access), FACET_PASS);
    cr_assert(newest.asked == 1 && stopper.asked == 1 && oldest.asked == 1 && late.asked == 1);
    access = make_access(FACET_STORE, 3, 16, 4, -1);
    cr_assert_eq(dispatch_access(swaps, &access), FACET_STOP, "the next access stops as ever");
}

Test(dbg_dispatch, answers_given_before_a_stop_survive_it) {
    struct script stopper = {.verdict = FACET_STOP}, newer = {.verdict = FACET_DONE, .byte = 0x77};
    add_handler(add_object("a", 3, 16, 8), &stopper);
    add_handler(add_object("b", 3, 24, 8), &newer);
    struct emu_access access = make_access(FACET_LOAD, 3, 20, 8, -1);
    cr_assert_eq(dispatch_access(swaps, &access), FACET_STOP);
    access = make_access(FACET_LOAD, 3, 20, 8, -1);
    access.again = true;
    static const uint8_t wanted[] = {0x10, 0x11, 0x12, 0x13, 0x77, 0x77, 0x77, 0x77};
    cr_assert_eq(dispatch_access(swaps, &access), FACET_DONE);
    cr_assert(newer.asked == 1 && stopper.asked == 1);
    cr_assert_arr_eq(reply, wanted, 8);
}

Test(dbg_dispatch, an_undeclared_verdict_is_an_error_and_the_handler_is_not_asked_again) {
    static const enum facet_verdict wrong[] = {FACET_STEP, FACET_BLOCK, FACET_DONE, (enum facet_verdict)42};
    cr_redirect_stderr();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct script s = {.verdict = wrong[i]};
        int front = 10 + (int)i;
        struct swapped *o = add_object("a", front, 16, 8);
        add_handler(o, &s);
        o->chain[0]->verdicts = FACET_MAY(FACET_PASS);
        swaps->failed = false;
        struct emu_access access = make_access(FACET_LOAD, front, 16, 8, -1), next = access;
        cr_assert_eq(dispatch_access(swaps, &access), FACET_PASS);
        cr_assert_eq(dispatch_access(swaps, &next), FACET_PASS);
        cr_assert(swaps->failed && s.asked == 1);
    }
}

Test(dbg_dispatch, a_step_asks_the_older_handlers_and_has_its_outcome_told) {
    struct script old = {.verdict = FACET_PASS}, middle = {.verdict = FACET_STEP}, new = {.verdict = FACET_STEP};
    struct swapped *o = add_object("a", 3, 16, 8);
    add_handler(o, &old);
    add_handler(o, &middle);
    add_handler(o, &new);
    for (int size = 8; size <= 12; size += 4) { /* within the object, and beyond it */
        struct emu_access access = make_access(FACET_STORE, 3, 16, (uint32_t)size, -1), other = access;
        cr_assert_eq(dispatch_access(swaps, &access), FACET_STEP);
        cr_assert_neq(access.step, 0u);
        cr_assert(old.asked == new.asked &&new.asked == middle.asked &&new.outcomes == new.asked - 1);
        other.step = access.step + 100;
        hold_outcome(swaps, &other);
        cr_assert_eq(new.outcomes, new.asked - 1, "that of another access");
        access.attempted = reply;
        hold_outcome(swaps, &access);
        hold_outcome(swaps, &access);
        cr_assert(new.outcomes == new.asked &&middle.outcomes == new.asked &&old.outcomes == 0, "once");
        cr_assert_eq(new.outcome.attempted, reply);
        cr_assert_eq(new.outcome.sequence, new.last.sequence);
    }
    old.verdict = FACET_DONE;
    struct emu_access access = make_access(FACET_LOAD, 3, 16, 8, -1);
    cr_assert_eq(dispatch_access(swaps, &access), FACET_DONE);
    cr_assert_neq(access.step, 0u, "what was delivered interests the newer handler all the same");
    old.verdict = FACET_FAULT;
    access = make_access(FACET_LOAD, 3, 16, 8, -1);
    cr_assert_eq(dispatch_access(swaps, &access), FACET_FAULT);
    cr_assert_eq(swaps->stepped_count, 2, "those of the access before it");
}

Test(dbg_dispatch, after_a_block_only_the_blocker_and_the_older_ones_are_asked_again) {
    struct script oldest = {.verdict = FACET_PASS}, blocker = {.verdict = FACET_BLOCK},
                  newest = {.verdict = FACET_STEP};
    struct swapped *o = add_object("a", 3, 16, 8);
    add_handler(o, &oldest);
    add_handler(o, &blocker);
    add_handler(o, &newest);
    struct emu_access access = make_access(FACET_STORE, 3, 16, 4, -1), other = make_access(FACET_STORE, 3, 20, 4, -1);
    cr_assert_eq(dispatch_access(swaps, &access), FACET_BLOCK);
    cr_assert(newest.asked == 1 && blocker.asked == 1 && oldest.asked == 0);
    for (int i = 0; i < 2; i++) { /* woken too early */
        access = make_access(FACET_STORE, 3, 16, 4, -1);
        access.again = true;
        cr_assert_eq(dispatch_access(swaps, &access), FACET_BLOCK);
        cr_assert(newest.asked == 1 && blocker.asked == 2 + i && oldest.asked == 0);
    }
    blocker.verdict = FACET_PASS;
    access = make_access(FACET_STORE, 3, 16, 4, -1);
    access.again = true;
    cr_assert_eq(dispatch_access(swaps, &access), FACET_STEP);
    cr_assert(newest.asked == 1 && blocker.asked == 4 && oldest.asked == 1);
    hold_outcome(swaps, &access);
    cr_assert_eq(newest.outcomes, 1);
    cr_assert_eq(swaps->blocked_count, 0);
    blocker.verdict = FACET_BLOCK;
    access = make_access(FACET_STORE, 3, 16, 4, -1);
    cr_assert_eq(dispatch_access(swaps, &access), FACET_BLOCK);
    blocker.verdict = FACET_PASS;
    cr_assert_eq(dispatch_access(swaps, &other), FACET_STEP, "it makes another access instead");
    cr_assert(newest.asked == 3 && swaps->blocked_count == 0 && swaps->stepped_count == 1);
}

Test(dbg_dispatch, a_stop_after_a_block_asks_nobody_twice) {
    struct script stopper = {.verdict = FACET_STOP}, blocker = {.verdict = FACET_BLOCK};
    struct swapped *o = add_object("a", 3, 16, 8);
    add_handler(o, &stopper);
    add_handler(o, &blocker);
    struct emu_access access = make_access(FACET_LOAD, 3, 16, 4, -1);
    cr_assert_eq(dispatch_access(swaps, &access), FACET_BLOCK);
    blocker.verdict = FACET_PASS;
    access.again = true;
    cr_assert_eq(dispatch_access(swaps, &access), FACET_STOP);
    cr_assert_arr_eq(swaps->stopped.access.backing, memory, 4);
    cr_assert_eq(swaps->stopped.access.backing, swaps->stopped.backing);
    cr_assert_eq(dispatch_access(swaps, &access), FACET_PASS);
    cr_assert(stopper.asked == 1 && blocker.asked == 2 && swaps->blocked_count == 0);
}
