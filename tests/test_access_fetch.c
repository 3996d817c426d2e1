/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every access form executed from swapped pages whose fetches are watched, its code across every border: one fetch for
 * each instruction that is executed, of its length, before its accesses, and the results of plain memory. Which
 * instructions are executed single steps in plain memory show; how long they are Capstone does.
 */
#include "access_run.h"

#include <capstone/capstone.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct outcome plain, other, before[STEPS_MAX]; /* large */
static unsigned cells, failures;
static csh capstone;

static void fail(const struct run *run, const char *difference) {
    if (failures++ < 20)
        fprintf(stderr, "%s from %x in window %d: %s\n", run->form->name, run->code_at, (int)run->window, difference);
}

static unsigned length_at(const struct form *form, uint64_t offset) {
    cs_insn *insn;
    size_t count =
        cs_disasm(capstone, (const uint8_t *)form->code + offset, form_code_size(form) - offset, 0, 1, &insn);
    cr_assert_eq(count, 1, "%s: no instruction at %lu", form->name, offset);
    unsigned size = insn->size;
    cs_free(insn, count);
    return size;
}

/* The fetches that touch a front. A repeated instruction is fetched once. */
static int expected_fetches(const struct run *run, int steps, struct event *events) {
    int count = 0;
    for (int i = 0; i < steps; i++) {
        uint64_t offset = before[i].regs.rip - WINDOW(PLAIN) - run->code_at;
        if (offset >= form_code_size(run->form) || (i > 0 && before[i - 1].regs.rip == before[i].regs.rip))
            continue;
        uint64_t va = WINDOW(run->window) + run->code_at + offset;
        unsigned size = length_at(run->form, offset);
        if (window_is_front(run->window, va) || window_is_front(run->window, va + size - 1))
            events[count++] = (struct event){.kind = FACET_FETCH, .size = size, .va = va};
    }
    return count;
}

/* Takes the fetches out of the outcome's events; false: an access came before its instruction's fetch. */
static bool take_fetches(struct outcome *outcome, struct event *fetches, int *fetch_count, bool all_fronted) {
    int left = 0;
    bool in_order = true;
    *fetch_count = 0;
    for (int i = 0; i < outcome->count; i++)
        if (outcome->event[i].kind == FACET_FETCH)
            fetches[(*fetch_count)++] = outcome->event[i];
        else {
            in_order = in_order &&
                       (!all_fronted || (*fetch_count > 0 && fetches[*fetch_count - 1].va == outcome->event[i].pc));
            outcome->event[left++] = outcome->event[i];
        }
    outcome->count = left;
    return in_order;
}

static void compare(struct run *run, const struct place *place, int steps) {
    struct event fetches[EVENTS_MAX], expected[EVENTS_MAX];
    int count;
    uint64_t first = WINDOW(run->window) + run->code_at, last = first + form_code_size(run->form) - 1;
    bool all_fronted = window_is_front(run->window, first) && window_is_front(run->window, last);
    if (!take_fetches(&other, fetches, &count, all_fronted))
        fail(run, "an access before its fetch");
    if (!events_equal(fetches, count, expected, expected_fetches(run, steps, expected)))
        fail(run, "other fetches");
    if (!events_equal(other.event, other.count, expected, form_events(run, place, expected)))
        fail(run, "other accesses");
    const char *difference =
        outcome_differs(run->form, place, AGAINST_WINDOW, &plain, WINDOW(PLAIN), &other, WINDOW(run->window));
    if (difference)
        fail(run, difference);
    cells++;
}

/* Under PASS, then with STOP, BLOCK and STEP, of fetches too, where they may be. */
static void try_window(struct run *run, const struct place *place, int steps) {
    run->outcome = &other;
    run_execute(run, place);
    compare(run, place, steps);
    if (run->window == FAST)
        return;
    run->stop_percent = run->block_percent = 20;
    run->step_percent = 50;
    run->seed = run->code_at;
    run_execute(run, place);
    compare(run, place, steps);
    run->stop_percent = run->block_percent = run->step_percent = 0;
}

static void watch(struct guest *guest, bool on) {
    for (enum window w = FAST; w < WINDOWS; w++) {
        emu_front_watch_fetches(guest->emu, FRONT_A(w), on);
        emu_front_watch_fetches(guest->emu, FRONT_B(w), on);
    }
}

/* The operands lie away from the code. */
static struct place place_away(unsigned code_at) {
    return code_at < 0x2800 ? (struct place){0x3103, 0x3605, 0x3a01} : (struct place){0x1103, 0x1605, 0x1a01};
}

static const unsigned borders[] = {0x1000, 0x1400, 0x2000, 0x3000, 0x4000};

static void try_form(struct guest *guest, const struct form *form, unsigned at) {
    static struct run run; /* large */
    struct place place = place_away(at);
    run = (struct run){.guest = guest, .form = form, .outcome = &plain, .code_at = at};
    int steps = run_steps(&run, &place, before);
    run_execute(&run, &place);
    for (run.window = FAST; run.window < WINDOWS; run.window++)
        try_window(&run, &place, steps);
}

Test(access_fetch, every_executed_instruction_is_fetched_once, .timeout = 3600) {
    struct guest guest = forms_guest();
    const char *matrix = getenv("FACET_MATRIX");
    bool full = matrix != NULL && strcmp(matrix, "full") == 0;
    cr_assert_eq(cs_open(CS_ARCH_X86, CS_MODE_64, &capstone), CS_ERR_OK);
    watch(&guest, true);
    for (unsigned i = 0; i < form_count; i++)
        for (unsigned b = 0; b < sizeof borders / sizeof *borders; b++)
            for (unsigned back = 0; back <= form_code_size(&forms[i]); back++)
                if (full || (i + b + back) % 29 == 0)
                    try_form(&guest, &forms[i], borders[b] - back);
    guest_destroy(&guest);
    cs_close(&capstone);
    printf("fetches from swapped pages: %u cells of %u forms\n", cells, form_count);
    cr_assert_eq(failures, 0, "%u of %u cells differ", failures, cells);
    cr_assert_gt(cells, 1000);
}
