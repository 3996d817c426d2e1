/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every access form, everywhere: the machine's results against the host processor's, the accesses reported against the
 * instruction's definition, swapped memory against plain memory, and every verdict at every access. `make test` takes a
 * part of the places, FACET_MATRIX=full all (make matrix-full); each test says how many cells it tried.
 */
#include "access_forms.h"
#include "access_run.h"

#include <criterion/criterion.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

static struct outcome plain, other; /* large */

/* ---- Failures are counted, so that one run shows them all. */

static unsigned failures;
static const struct form *last_failed; /* told once for each form */

static void check(const struct run *run, const struct place *place, const char *difference) {
    if (difference == NULL)
        return;
    failures++;
    if (run->form != last_failed)
        fprintf(stderr, "%s at %lx %lx %lx in window %d: %s\n", run->form->name, place->p, place->q, place->s,
                (int)run->window, difference);
    last_failed = run->form;
}

static void conclude(const char *what, unsigned cells, unsigned at_least) {
    printf("%s: %u cells of %u forms\n", what, cells, form_count);
    cr_assert_eq(failures, 0, "%u of %u cells differ", failures, cells);
    cr_assert_gt(cells, at_least);
}

/* ---- Tests */

Test(access, plain_memory_behaves_as_on_the_hosts_processor) {
    struct guest guest = forms_guest();
    unsigned cells = 0;
    if (!native_begin())
        cr_skip_test("0x%lx or 0x%lx is taken in this process", CODE, WINDOW(PLAIN));
    for (unsigned i = 0; i < form_count; i++)
        FOR_EACH_PLACE(i, 3, place) {
            struct run run = {.guest = &guest, .form = &forms[i], .outcome = &plain};
            run_execute(&run, &place);
            native_execute(&forms[i], &place, &other);
            check(&run, &place,
                  outcome_differs(&forms[i], &place, AGAINST_HOST, &other, WINDOW(PLAIN), &plain, WINDOW(PLAIN)));
            cells++;
        }
    native_end();
    guest_destroy(&guest);
    conclude("against the host's processor", cells, 1000);
}

Test(access, the_accesses_of_every_form_are_those_of_its_definition) {
    struct guest guest = forms_guest();
    unsigned cells = 0;
    for (unsigned i = 0; i < form_count; i++)
        FOR_EACH_PLACE(i, 5, place) {
            struct run run = {.guest = &guest, .form = &forms[i], .outcome = &plain};
            run_execute(&run, &place);
            for (run.window = FAST; run.window < WINDOWS; run.window++, cells++) {
                struct event expected[EVENTS_MAX];
                run.outcome = &other;
                run_execute(&run, &place);
                int count = form_events(&run, &place, expected);
                if (!events_equal(other.event, other.count, expected, count))
                    check(&run, &place, "other accesses");
                check(&run, &place,
                      outcome_differs(&forms[i], &place, AGAINST_WINDOW, &plain, WINDOW(PLAIN), &other,
                                      WINDOW(run.window)));
            }
        }
    guest_destroy(&guest);
    conclude("under PASS, against plain memory and the definitions", cells, 1000);
}

/* ---- Verdicts at random, several in one instruction */

/* Chances in percent of a STOP, a BLOCK and a STEP at each access that may have one. */
struct chances {
    unsigned stop, block, step;
};

static void same_as_pass(struct run *run, const struct place *place) {
    if (!events_equal(other.event, other.count, plain.event, plain.count))
        check(run, place, "other accesses than under PASS");
    check(run, place,
          outcome_differs(run->form, place, AGAINST_WINDOW, &plain, WINDOW(run->window), &other, WINDOW(run->window)));
}

/* Every form under these verdicts ends as under PASS alone, with the same accesses. */
static struct run against_pass(const struct chances *chances, unsigned chance_count, const char *what) {
    static struct run run, total; /* large */
    struct guest guest = forms_guest();
    unsigned cells = 0;
    for (unsigned i = 0; i < form_count; i++)
        FOR_EACH_PLACE(i, 17, place) {
            const struct chances *now = &chances[(border_ + delta_) % chance_count];
            for (enum window w = CAREFUL; w < WINDOWS; w++, cells++) {
                run = (struct run){.guest = &guest, .form = &forms[i], .outcome = &plain, .window = w};
                run_execute(&run, &place);
                run.outcome = &other;
                run.stop_percent = now->stop;
                run.block_percent = now->block;
                run.step_percent = now->step;
                run.seed = i * 1000 + border_ * 100 + delta_;
                run_execute(&run, &place);
                total.stops += run.stops;
                total.blocks += run.blocks;
                total.steps += run.steps;
                same_as_pass(&run, &place);
            }
        }
    guest_destroy(&guest);
    conclude(what, cells, 1000);
    return total;
}

Test(access, stops_change_neither_results_nor_the_list_of_accesses) {
    static const struct chances chances[] = {{.stop = 30}, {.stop = 60}};
    cr_assert_gt(against_pass(chances, 2, "STOP at random").stops, 1000);
}

Test(access, blocks_change_neither_results_nor_the_list_of_accesses) {
    static const struct chances chances[] = {{.block = 30}, {.block = 60}};
    cr_assert_gt(against_pass(chances, 2, "BLOCK at random").blocks, 1000);
}

Test(access, steps_change_no_result_and_each_has_one_outcome) {
    static const struct chances chances[] = {{.step = 100}, {.step = 50}};
    cr_assert_gt(against_pass(chances, 2, "STEP at random").steps, 1000);
}

Test(access, steps_have_one_outcome_however_often_their_instruction_starts_again) {
    static const struct chances chances[] = {{30, 30, 50}, {0, 50, 100}, {20, 0, 60}};
    struct run total = against_pass(chances, 3, "STOP, BLOCK and STEP at random");
    cr_assert_gt(total.stops, 500);
    cr_assert_gt(total.blocks, 500);
    cr_assert_gt(total.steps, 500);
}

/* ---- DONE */

/* The bytes that these do not store are attempted as they are behind the handler, which it can't tell. */
static bool leaves_bytes_alone(const struct form *form) {
    return fnmatch("maskmov*_some", form->name, 0) == 0 || fnmatch("fxsave*", form->name, 0) == 0;
}

Test(access, a_handler_that_keeps_the_bytes_itself_makes_no_difference) {
    static struct run run; /* large */
    struct guest guest = forms_guest();
    unsigned cells = 0;
    for (unsigned i = 0; i < form_count; i++)
        FOR_EACH_PLACE(i, 13, place) {
            if (leaves_bytes_alone(&forms[i]))
                continue;
            run = (struct run){.guest = &guest, .form = &forms[i], .outcome = &plain};
            run_execute(&run, &place);
            for (run.window = FAST; run.window < WINDOWS; run.window++, cells++) {
                run.outcome = &other;
                run.serves = true;
                run_execute(&run, &place);
                check(&run, &place,
                      outcome_differs(&forms[i], &place, AGAINST_WINDOW, &plain, WINDOW(PLAIN), &other,
                                      WINDOW(run.window)));
            }
        }
    guest_destroy(&guest);
    conclude("DONE", cells, 1000);
}

/* ---- Each verdict at each access. What the program looks like at a STOP or FAULT is what it looks like in plain
 * memory before the same instruction, which single steps show. */

static struct outcome before[STEPS_MAX];

static bool was_so(const struct run *run, const struct place *place, int steps) {
    struct form form = *run->form;
    form.flags = F_ALL; /* an instruction that has not begun has left none undefined */
    for (int i = 0; i < steps; i++)
        if (before[i].regs.rip == other.regs.rip && outcome_differs(&form, place, AGAINST_WINDOW, &before[i],
                                                                    WINDOW(PLAIN), &other, WINDOW(run->window)) == NULL)
            return true;
    return false;
}

/* The access stops, and when it goes on, faults. False: it may do neither. */
static bool refuse(struct run *run, const struct place *place, int steps) {
    run->refused_stopped = false;
    guest_traps(run->guest)->count = 0;
    run_prepare(run, place);
    struct emu_stop stop = emu_run(run->guest->emu);
    if (stop.reason == EMU_STOP_EVENT && stop.code == DEBUG_EVENT_MESSAGE)
        return false;
    for (int fault = 0; fault < 2; fault++) {
        run_keep(run, &other);
        if (fault) {
            cr_assert_eq(stop.code, DEBUG_EVENT_FAULTED, "%s", run->form->name);
            cr_assert_eq(guest_traps(run->guest)->trap[0].vector, VECTOR_FRONT);
            other.regs.rip = guest_traps(run->guest)->trap[0].rip;
        }
        if (!was_so(run, place, steps))
            check(run, place,
                  fault ? "not the state of before, when it faults" : "not the state of before, when stopped");
        if (!fault)
            stop = emu_run(run->guest->emu);
    }
    return true;
}

/* At access `k`, which may have verdicts: one at a time, and the rest passes. */
static void each_verdict(struct run *run, const struct place *place, int k) {
    static const enum facet_verdict verdicts[] = {FACET_STOP, FACET_BLOCK, FACET_STEP};
    for (unsigned i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
        run->stops = run->blocks = run->steps = 0;
        run->verdict_at = k;
        run->verdict = verdicts[i];
        run_execute(run, place);
        cr_assert_eq(run->stops, verdicts[i] == FACET_STOP);
        cr_assert_eq(run->blocks, verdicts[i] == FACET_BLOCK);
        cr_assert_eq(run->steps, verdicts[i] == FACET_STEP);
        same_as_pass(run, place);
        run->verdict_at = 0;
    }
}

Test(access, every_verdict_at_every_access_leaves_the_state_that_it_should) {
    static struct run run; /* large */
    struct guest guest = forms_guest();
    unsigned cells = 0;
    for (unsigned i = 0; i < form_count; i++)
        FOR_EACH_PLACE(i, 19, place) {
            run = (struct run){.guest = &guest, .form = &forms[i], .outcome = &plain};
            int steps = run_steps(&run, &place, before);
            for (run.window = CAREFUL; run.window < WINDOWS; run.window++) {
                run.outcome = &plain;
                run_execute(&run, &place);
                run.outcome = &other;
                for (int k = 1; k <= plain.count; k++) {
                    run.refused_at = k;
                    bool may = refuse(&run, &place, steps);
                    run.refused_at = 0;
                    if (may)
                        each_verdict(&run, &place, k);
                    cells += may ? 4 : 0;
                }
            }
        }
    guest_destroy(&guest);
    conclude("FAULT, STOP, STEP and BLOCK, one at each access", cells, 10000);
}
