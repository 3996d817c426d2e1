/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The clock and the timer: the same time and the same ticks, wherever a run is cut, stepped or watched.
 */
#include "access_machine.h"
#include "ladder_boot.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TICKS_MAX 4096

/* ---- A program of everything (ladder/23_clock.S) under four patterns of cuts */

enum cuts { CUT_NEVER, CUT_INTERRUPTS, CUT_STEPS, CUT_MIXED };

struct ending {
    uint64_t clock, result, last, ticks, span, interrupts, fills;
    uint64_t log[TICKS_MAX][4]; /* rip, rsp, rflags, sum of all other registers */
    unsigned cuts;
};

static uint64_t *word(const struct ladder *ladder, const char *name) {
    return (uint64_t *)(void *)emu_ram(ladder->emu, (gpa_t){ladder_symbol(ladder, name)}, 8);
}

static atomic_bool finished;

static void *interrupter(void *emu) {
    unsigned seed = 7;
    while (!atomic_load(&finished)) {
        usleep((unsigned)rand_r(&seed) % 100);
        emu_interrupt(emu);
    }
    return NULL;
}

/* Up to the next cut; false: the machine is off. */
static bool go_on(const struct ladder *ladder, enum cuts cuts, unsigned *seed, struct ending *ending) {
    bool step = cuts == CUT_STEPS;
    gva_t loop = {LADDER_PAGE + (unsigned)rand_r(seed) % 0x100};
    if (cuts == CUT_MIXED)
        step = rand_r(seed) % 8 != 0;
    bool stop_there = cuts == CUT_MIXED && !step && rand_r(seed) % 4 == 0;
    if (stop_there)
        emu_breakpoint_add(ladder->emu, loop);
    struct emu_stop stop = step ? emu_step(ladder->emu) : emu_run(ladder->emu);
    if (stop_there)
        emu_breakpoint_remove(ladder->emu, loop);
    if (stop.reason == EMU_STOP_POWEROFF) {
        cr_assert_eq(stop.code, 0, "%s", ladder_output(ladder));
        return false;
    }
    cr_assert(stop.reason == EMU_STOP_INTERRUPT || stop.reason == EMU_STOP_STEP || stop.reason == EMU_STOP_BREAKPOINT,
              "stop %d: %s", (int)stop.reason, stop.text);
    ending->cuts++;
    return true;
}

static struct ending *play(enum cuts cuts, bool armed, uint64_t rounds, uint64_t period) {
    struct ladder ladder = ladder_boot_clock("23_clock", armed);
    struct ending *ending = calloc(1, sizeof *ending);
    bool interrupted = cuts == CUT_INTERRUPTS || cuts == CUT_MIXED;
    unsigned seed = 1;
    pthread_t thread;
    *word(&ladder, "rounds") = rounds;
    *word(&ladder, "period") = period;
    *word(&ladder, "measure") = armed ? 1 : 0;
    atomic_store(&finished, false);
    if (interrupted)
        cr_assert_eq(pthread_create(&thread, NULL, interrupter, ladder.emu), 0);
    while (go_on(&ladder, cuts, &seed, ending))
        ;
    atomic_store(&finished, true);
    if (interrupted)
        pthread_join(thread, NULL);
    ending->clock = emu_clock(ladder.emu);
    ending->result = *word(&ladder, "result");
    ending->last = *word(&ladder, "last");
    ending->span = *word(&ladder, "span");
    ending->ticks = *word(&ladder, "ticks");
    ending->interrupts = emu_stats(ladder.emu).interrupts;
    uint64_t noted = ending->ticks < TICKS_MAX ? ending->ticks : TICKS_MAX;
    memcpy(ending->log, word(&ladder, "tick_log"), noted * sizeof *ending->log);
    ladder_end(&ladder);
    return ending;
}

static void same_ticks(const struct ending *a, const struct ending *b, const char *how) {
    for (unsigned i = 0; i < TICKS_MAX && i < a->ticks && i < b->ticks; i++)
        for (int k = 0; k < 4; k++)
            cr_assert_eq(a->log[i][k], b->log[i][k], "%s: tick %u of %lu: rip 0x%lx and 0x%lx, word %d 0x%lx and 0x%lx",
                         how, i, a->ticks, a->log[i][0], b->log[i][0], k, a->log[i][k], b->log[i][k]);
    cr_assert_eq(a->ticks, b->ticks, "%s: %lu and %lu ticks", how, a->ticks, b->ticks);
}

static void same_under(enum cuts cuts, uint64_t rounds, uint64_t period, unsigned cuts_min, const char *how) {
    struct ending *straight = play(CUT_NEVER, true, rounds, period), *cut = play(cuts, true, rounds, period);
    cr_expect_geq(cut->cuts, cuts_min, "%s: only %u cuts", how, cut->cuts);
    same_ticks(straight, cut, how);
    cr_assert_eq(straight->result, cut->result, "%s", how);
    cr_assert_eq(straight->last, cut->last, "%s: the clock that the guest reads: %lu and %lu", how, straight->last,
                 cut->last);
    cr_assert_eq(straight->clock, cut->clock, "%s: the clock at the end: %lu and %lu", how, straight->clock,
                 cut->clock);
    if (period)
        cr_expect_gt(straight->ticks, rounds, "%lu ticks", straight->ticks);
    free(straight);
    free(cut);
}

Test(emu_clock, is_the_same_however_the_run_is_interrupted) {
    same_under(CUT_INTERRUPTS, 2000, 0, 50, "interrupts");
}
Test(emu_clock, is_the_same_when_every_instruction_is_stepped) {
    same_under(CUT_STEPS, 30, 0, 10000, "steps");
}
Test(emu_clock, is_the_same_under_steps_runs_and_breakpoints) {
    same_under(CUT_MIXED, 100, 0, 1000, "mixed");
}
Test(emu_timer, ticks_come_at_the_same_instruction_however_the_run_is_interrupted) {
    same_under(CUT_INTERRUPTS, 1000, 1999, 50, "interrupts");
}
Test(emu_timer, ticks_come_at_the_same_instruction_when_every_instruction_is_stepped) {
    same_under(CUT_STEPS, 30, 613, 10000, "steps");
}
Test(emu_timer, ticks_come_at_the_same_instruction_under_steps_runs_and_breakpoints) {
    same_under(CUT_MIXED, 100, 997, 1000, "mixed");
}

Test(emu_timer, a_timer_arms_the_clock_and_ticks_as_if_it_had_been_armed) {
    struct ending *host = play(CUT_NEVER, true, 100, 1500), *guest = play(CUT_NEVER, false, 100, 1500);
    same_ticks(host, guest, "armed by the guest");
    cr_assert_eq(host->result, guest->result);
    cr_assert_gt(guest->clock, 0);
    free(host);
    free(guest);
}

Test(emu_timer, a_tick_does_not_come_between_sti_and_hlt) {
    struct ladder ladder = ladder_boot_clock("23_clock", false);
    *word(&ladder, "measure") = 2;
    struct emu_stop stop = emu_run(ladder.emu);
    cr_assert(stop.reason == EMU_STOP_POWEROFF && stop.code == 0, "stop %d %lu %s", (int)stop.reason, stop.code,
              stop.text);
    cr_assert_eq(*word(&ladder, "ticks"), 1);
    ladder_end(&ladder);
}

Test(emu_clock, counts_the_bytes_of_the_instructions) {
    struct ending *ending = play(CUT_NEVER, true, 1, 0);
    cr_assert_eq(ending->span, 11, "in, mov, five nop and jmp are 11 bytes, not %lu", ending->span);
    free(ending);
}

Test(emu_clock, stands_still_while_nobody_needs_it) {
    struct ladder ladder = ladder_boot("05_ring3", -1, false);
    cr_assert_eq(emu_run(ladder.emu).reason, EMU_STOP_POWEROFF);
    cr_assert_eq(emu_clock(ladder.emu), 0);
    ladder_end(&ladder);
}

/* ---- Accesses to fronts (access_machine.h): plain memory, fast pages, careful pages that stop or not */

extern const char fronts_begin[], fronts_end[];
__asm__(".pushsection .text\n"
        "fronts_begin: int $0x30\n" /* rbx: window */
        "   mov $40, %r12d\n"
        "1: mov 0x1008(%rbx), %rax\n"
        "   add %r12, 0x1010(%rbx)\n"
        "   mov %rax, 0x2ffd(%rbx)\n" /* from one page into the next */
        "   mov 0xffd(%rbx), %rdx\n"
        "   mov %rdx, 0x1ffb(%rbx)\n"
        "   lock xadd %rdx, 0x3020(%rbx)\n"
        "   lea 0x1000(%rbx), %rsi\n"
        "   lea 0x2fe0(%rbx), %rdi\n"
        "   mov $0x35, %ecx\n"
        "   rep movsb\n"
        "   lea 0x1000(%rbx), %rdi\n"
        "   lea 0x1000(%rbx), %rsi\n"
        "   mov %r12d, %ecx\n"
        "   repe cmpsb\n"
        "   xor %ecx, %ecx\n"
        "   rep stosb\n"
        "   movups 0x1100(%rbx), %xmm0\n"
        "   movups %xmm0, 0x1ff9(%rbx)\n"
        "   push 0x1018(%rbx)\n"
        "   pop 0x2018(%rbx)\n"
        "   mov 0x8(%rbx), %rax\n"
        "   mov %rax, 0x4008(%rbx)\n"
        "   dec %r12d\n"
        "   jnz 1b\n"
        "   int $0x30\n"
        "fronts_end:\n"
        ".popsection\n");

#define CLOCKS_MAX 32768
struct seen {
    unsigned count, asked, stops, seed, stop_percent;
    uint64_t start, clock[CLOCKS_MAX];
    struct emu *emu;
};

static enum facet_verdict see(void *context, struct emu_access *access) {
    struct seen *seen = context;
    bool stop = !access->again && seen->stop_percent && (unsigned)rand_r(&seen->seed) % 100 < seen->stop_percent;
    seen->stops += stop;
    if (stop)
        return FACET_STOP;
    if (seen->count < CLOCKS_MAX)
        seen->clock[seen->count] = access->clock - seen->start;
    seen->count++;
    return FACET_PASS;
}

static uint64_t time_of(enum window window, bool step, unsigned stop_percent, struct seen *seen) {
    struct guest guest = guest_create_clock(fronts_begin, (size_t)(fronts_end - fronts_begin));
    struct facet_regs regs;
    struct emu_stop stop;
    *seen = (struct seen){.seed = 3, .stop_percent = stop_percent, .emu = guest.emu};
    emu_on_access(guest.emu, see, seen);
    emu_regs_get(guest.emu, &regs);
    regs.rbx = WINDOW(window);
    emu_regs_set(guest.emu, &regs);
    cr_assert_eq(emu_run(guest.emu).reason, EMU_STOP_EVENT);
    seen->start = emu_clock(guest.emu);
    do
        stop = step ? emu_step(guest.emu) : emu_run(guest.emu);
    while (stop.reason == EMU_STOP_STEP || stop.reason == EMU_STOP_ACCESS);
    cr_assert(stop.reason == EMU_STOP_EVENT && stop.code == DEBUG_EVENT_MESSAGE, "stop %d %lu", (int)stop.reason,
              stop.code);
    uint64_t time = emu_clock(guest.emu) - seen->start;
    guest_destroy(&guest);
    return time;
}

Test(emu_clock, is_the_same_on_plain_fast_and_careful_pages) {
    static struct seen seen, fast;
    uint64_t plain = time_of(PLAIN, false, 0, &seen);
    cr_assert_eq(time_of(FAST, false, 0, &fast), plain);
    cr_assert_eq(time_of(FAST, true, 0, &seen), plain);
    for (enum window w = CAREFUL; w <= MIXED; w++) {
        cr_expect_eq(time_of(w, false, 0, &seen), plain, "window %d", (int)w);
        cr_expect_eq(time_of(w, true, 0, &seen), plain, "window %d, stepped", (int)w);
        cr_expect_eq(time_of(w, false, w == CAREFUL ? 30 : 0, &seen), plain, "window %d, stopped", (int)w);
        cr_expect(w != CAREFUL || seen.stops > 100, "only %u stops", seen.stops);
    }
}

Test(emu_clock, of_each_access_is_the_same_on_fast_and_careful_pages) {
    static struct seen fast, other;
    time_of(FAST, false, 0, &fast);
    cr_assert(fast.count > 1000 && fast.count < CLOCKS_MAX, "%u accesses", fast.count);
    for (int how = 0; how < 3; how++) {
        time_of(how == 0 ? FAST : CAREFUL, how != 2, how == 2 ? 30 : 0, &other);
        cr_assert_eq(other.count, fast.count, "%d: %u and %u accesses", how, other.count, fast.count);
        for (unsigned i = 0; i < fast.count; i++)
            cr_assert_eq(other.clock[i], fast.clock[i], "%d: access %u at %lu and %lu", how, i, other.clock[i],
                         fast.clock[i]);
    }
}
