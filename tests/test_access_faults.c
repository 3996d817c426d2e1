/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every access form where a page on its way is missing or read-only: the page fault is that of plain memory, nothing of
 * the instruction has happened, and no handler has been asked about any of its accesses.
 */
#include "access_forms.h"
#include "access_run.h"

#include <criterion/criterion.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

static struct outcome other, before[STEPS_MAX]; /* large */
static unsigned cells, failures;

static void fail(const struct run *run, const struct place *place, const char *difference) {
    if (failures++ < 60)
        fprintf(stderr, "%s at %lx %lx %lx in window %d: %s\n", run->form->name, place->p, place->q, place->s,
                (int)run->window, difference);
}

/* Page 2 of every window. */
static void set_page(struct guest *guest, bool present, bool writable) {
    for (enum window w = PLAIN; w < WINDOWS; w++) {
        uint64_t *entry = (uint64_t *)(void *)emu_ram(guest->emu, (gpa_t){guest_entry(w, 2)}, 8);
        *entry = (*entry & ~3ul) | (present ? 1 : 0) | (writable ? 2 : 0);
    }
}

/* Runs to the fault. False: there is none. */
static bool faults(struct run *run, const struct place *place, struct guest_trap *trap) {
    run->outcome = &other;
    guest_traps(run->guest)->count = 0;
    run_prepare(run, place);
    struct emu_stop stop = emu_run(run->guest->emu);
    cr_assert_eq(stop.reason, EMU_STOP_EVENT, "%s: %s", run->form->name, stop.text);
    if (stop.code == DEBUG_EVENT_MESSAGE)
        return false;
    run_keep(run, &other);
    *trap = guest_traps(run->guest)->trap[0];
    other.regs.rip = trap->rip;
    return true;
}

/* How many of the accesses that were asked about are the faulting instruction's. */
static int asked(uint64_t rip) {
    int count = 0;
    for (int i = 0; i < other.count; i++)
        count += other.event[i].pc == rip;
    return count;
}

/* Elements of a repeated instruction that were completed, each with at most two accesses. */
static int completed(const struct run *run, int steps) {
    int count = 0;
    (void)run;
    while (count < steps - 1 && before[steps - 2 - count].regs.rip == before[steps - 1].regs.rip)
        count++;
    return count;
}

static void try_window(struct run *run, const struct place *place, int steps, const struct guest_trap *expected) {
    struct form all = *run->form; /* an instruction that has not begun has left no flag undefined */
    struct guest_trap trap;
    /* A read-modify-write asks to write at once, as processors do; the engine in plain memory loads first. */
    bool modifies = strchr(run->form->accesses, 'm') != NULL;
    uint64_t either = modifies ? 2 : 0;
    all.flags = F_ALL;
    cells++;
    if (!faults(run, place, &trap)) {
        fail(run, place, "no fault");
        return;
    }
    if (trap.vector != expected->vector || (trap.error | either) != (expected->error | either) ||
        trap.rip != expected->rip || trap.cr2 - WINDOW(run->window) != expected->cr2 - WINDOW(PLAIN)) {
        fprintf(stderr, "vector %lu error %lu rip 0x%lx cr2 0x%lx, not %lu %lu 0x%lx 0x%lx\n", trap.vector, trap.error,
                trap.rip, trap.cr2 - WINDOW(run->window), expected->vector, expected->error, expected->rip,
                expected->cr2 - WINDOW(PLAIN));
        fail(run, place, "another fault");
    }
    const char *difference =
        outcome_differs(&all, place, AGAINST_WINDOW, &before[steps - 1], WINDOW(PLAIN), &other, WINDOW(run->window));
    if (difference)
        fail(run, place, difference);
    if (asked(trap.rip) > 2 * completed(run, steps))
        fail(run, place, "asked about an instruction that faults");
}

/* Of the engine, in plain memory too: these load more than their operand, which may reach a page that they don't, or
 * have cleared the x87 tags by then. */
static bool faults_imprecisely(const struct form *form) {
    static const char *const names[] = {"cvtdq2pd_*", "cvtps2pd_*", "rounds?_*", "cvt*2pi_*",
                                        "cvtpi2*",    "*_mm",       "*_mmx",     "movq2"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (fnmatch(names[i], form->name, 0) == 0)
            return true;
    return false;
}

static void try_place(struct guest *guest, const struct form *form, const struct place *place) {
    static struct run run; /* large */
    struct guest_trap expected;
    run = (struct run){.guest = guest, .form = form};
    if (!form_applicable(form, place) || faults_imprecisely(form) || !faults(&run, place, &expected))
        return;
    run.outcome = &other;
    int steps = run_steps(&run, place, before);
    for (run.window = FAST; run.window < WINDOWS; run.window++)
        try_window(&run, place, steps, &expected);
}

/* One operand about the borders of page 2, the others in page 1. */
static struct place place_of(const struct form *form, unsigned role, unsigned number) {
    unsigned long at = place_at(form, number < DELTAS ? 2 : 3, number % DELTAS).p;
    struct place place = {role == 0 ? at : 0x1403, role == 1 ? at : 0x1805, role == 2 ? at : 0x1c01};
    return place;
}

static void try_all(unsigned one_of, const char *what, bool present, bool writable) {
    struct guest guest = forms_guest();
    set_page(&guest, present, writable);
    for (unsigned i = 0; i < form_count; i++)
        for (unsigned role = 0; role < 3; role++)
            for (unsigned number = 0; number < 2 * DELTAS; number++) {
                struct place place = place_of(&forms[i], role, number);
                bool always = strncmp(forms[i].name, "enter_", 6) == 0; /* few places show what it does last */
                if (always || place_chosen(i, role, number, one_of))
                    try_place(&guest, &forms[i], &place);
            }
    guest_destroy(&guest);
    printf("page faults, %s: %u cells of %u forms\n", what, cells, form_count);
    cr_assert_eq(failures, 0, "%u of %u cells differ", failures, cells);
    cr_assert_gt(cells, 1000);
}

Test(access_faults, of_a_missing_page_are_those_of_plain_memory_and_nobody_is_asked) {
    try_all(11, "missing", false, false);
}

Test(access_faults, of_a_read_only_page_are_those_of_plain_memory_and_nobody_is_asked) {
    try_all(11, "read-only", true, false);
}
