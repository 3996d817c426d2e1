/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Running, stepping, stopping and asking: what emu/emu.h promises.
 */
#include "ladder_boot.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

/* 20_debug.S repeats these for the assembler. */
_Static_assert(offsetof(struct debug_block, request.status) == 36 && offsetof(struct debug_block, request.arg) == 40 &&
                   offsetof(struct debug_block, request.result) == 88 &&
                   offsetof(struct debug_block, event.kind) == 248 && offsetof(struct debug_block, text) == 344,
               "debug block");
_Static_assert(DEBUG_PORT_ATTACH == 1 && DEBUG_PORT_DONE == 2 && DEBUG_PORT_EVENT == 3 && DEBUG_PORT_PANIC == 5 &&
                   DEBUG_EVENT_MESSAGE == 4 && DEBUG_MAGIC == 0x31677562746361 && DEBUG_OK == 0,
               "debug ports");

static struct facet_regs regs(const struct ladder *ladder) {
    struct facet_regs now;
    emu_regs_get(ladder->emu, &now);
    return now;
}

static void *interrupt_soon(void *emu) {
    usleep(20000);
    emu_interrupt(emu);
    return NULL;
}

/* Runs the rung until it is in ring 3 and somebody interrupts it. */
static void run_a_while(const struct ladder *ladder) {
    pthread_t thread;
    pthread_create(&thread, NULL, interrupt_soon, ladder->emu);
    struct emu_stop stop = emu_run(ladder->emu);
    pthread_join(thread, NULL);
    cr_assert_eq(stop.reason, EMU_STOP_INTERRUPT, "stop %d: %s", (int)stop.reason, stop.text);
    cr_assert_eq(emu_cpl(ladder->emu), 3);
}

/* ---- Steps */

static void step_to(const struct ladder *ladder, const char *label) {
    struct emu_stop stop = emu_step(ladder->emu);
    cr_expect_eq(stop.reason, EMU_STOP_STEP, "to %s: stop %d: %s", label, (int)stop.reason, stop.text);
    cr_expect_eq(regs(ladder).rip, ladder_user_symbol(ladder, label), "to %s: rip 0x%lx", label, regs(ladder).rip);
}

Test(emu_run, a_step_is_one_instruction_of_ring_3_whatever_it_does) {
    static const char *const path[] = {"s1", "s2", "s3", "s4", "s5",  "s6",  "s7",
                                       "s8", "s9", "s9", "s9", "s10", "s11", "s12"};
    struct ladder ladder = ladder_boot("22_steps", -1, false);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < sizeof path / sizeof *path; i++) {
            step_to(&ladder, path[i]);
            cr_expect_eq(regs(&ladder).rflags & 0x100, 0, "TF shows at %s", path[i]);
        }
        cr_expect_eq(regs(&ladder).rbx & 0x100, 0, "PUSHF shows TF");
        cr_expect_eq(regs(&ladder).r14 & 0x100, 0, "SYSCALL shows TF");
        step_to(&ladder, "s13"); /* INT3 */
        step_to(&ladder, "s15"); /* UD2 does not retire: its handler skips it, then CALL does */
        step_to(&ladder, "s16");
        step_to(&ladder, "s0");
    }
    cr_expect_eq(ladder_word(&ladder, ladder_symbol(&ladder, "flags_seen")) & 0x100, 0, "a frame shows TF");
    ladder_end(&ladder);
}

/* ---- Breakpoints */

Test(emu_run, a_breakpoint_stops_before_its_instruction_each_time) {
    struct ladder ladder = ladder_boot("21_loop", -1, false);
    gva_t top = {ladder_user_symbol(&ladder, "top")};
    emu_breakpoint_add(ladder.emu, top);
    for (uint64_t i = 0; i < 100; i++) {
        struct emu_stop stop = emu_run(ladder.emu);
        cr_assert_eq(stop.reason, EMU_STOP_BREAKPOINT, "stop %d: %s", (int)stop.reason, stop.text);
        cr_expect_eq(regs(&ladder).rip, top.v);
        cr_expect_eq(regs(&ladder).r12, i);
        cr_expect_eq(ladder_word(&ladder, LADDER_PAGE + 0x1000), i);
    }
    emu_breakpoint_remove(ladder.emu, top);
    run_a_while(&ladder);
    cr_expect_gt(regs(&ladder).r12, 1000);
    ladder_end(&ladder);
}

Test(emu_run, a_breakpoint_on_a_faulting_instruction_stops_once) {
    struct ladder ladder = ladder_boot("22_steps", -1, false);
    emu_breakpoint_add(ladder.emu, (gva_t){ladder_user_symbol(&ladder, "s3")}); /* the page comes on demand */
    emu_breakpoint_add(ladder.emu, (gva_t){ladder_user_symbol(&ladder, "s4")});
    for (int i = 0; i < 6; i++) {
        struct emu_stop stop = emu_run(ladder.emu);
        cr_assert_eq(stop.reason, EMU_STOP_BREAKPOINT);
        cr_expect_eq(regs(&ladder).rip, ladder_user_symbol(&ladder, i % 2 ? "s4" : "s3"), "round %d", i);
    }
    step_to(&ladder, "s5"); /* a step from a breakpoint executes it */
    ladder_end(&ladder);
}

/* ---- Interrupts */

static atomic_bool enough;

/* On a busy machine several interrupts may become one. */
static void *interrupt_often(void *data) {
    struct emu *emu = data;
    for (int i = 0; !enough; i++) {
        usleep((useconds_t)(100 + i * 37 % 900));
        emu_interrupt(emu);
    }
    return NULL;
}

Test(emu_run, interrupts_never_split_an_instruction, .timeout = 120) {
    struct ladder ladder = ladder_boot("21_loop", -1, false);
    gva_t top = {ladder_user_symbol(&ladder, "top")};
    pthread_t thread;
    pthread_create(&thread, NULL, interrupt_often, ladder.emu);
    for (int i = 0; i < 100; i++) {
        struct emu_stop stop = emu_run(ladder.emu);
        cr_assert_eq(stop.reason, EMU_STOP_INTERRUPT, "stop %d: %s", (int)stop.reason, stop.text);
        for (int k = 0; k < 20 && regs(&ladder).rip != top.v; k++)
            cr_assert_eq(emu_step(ladder.emu).reason == EMU_STOP_DEAD, 0);
        for (uint64_t counter = 0; regs(&ladder).rip == top.v && counter < 4; counter++)
            cr_assert_eq(ladder_word(&ladder, LADDER_PAGE + 0x1000 + 8 * counter), regs(&ladder).r12,
                         "interrupt %d: counter %lu is %lu, not %lu", i, counter,
                         ladder_word(&ladder, LADDER_PAGE + 0x1000 + 8 * counter), regs(&ladder).r12);
    }
    enough = true;
    pthread_join(thread, NULL);
    ladder_end(&ladder);
}

Test(emu_run, an_interrupt_before_the_run_is_not_lost) {
    struct ladder ladder = ladder_boot("21_loop", -1, false);
    emu_interrupt(ladder.emu);
    cr_expect_eq(emu_run(ladder.emu).reason, EMU_STOP_INTERRUPT);
    cr_expect_eq(emu_cpl(ladder.emu), 3, "the machine stands in ring 3");
    emu_interrupt(ladder.emu);
    cr_expect_eq(emu_step(ladder.emu).reason, EMU_STOP_INTERRUPT);
    ladder_end(&ladder);
}

Test(emu_run, a_kernel_that_never_returns_can_be_interrupted, .timeout = 60) {
    struct ladder ladder = ladder_boot("34_stuck", -1, false);
    emu_interrupt(ladder.emu);
    struct emu_stop stop = emu_run(ladder.emu);
    cr_expect_eq(stop.reason, EMU_STOP_DEAD);
    cr_expect_not_null(strstr(stop.text, "does not come back to ring 3"), "%s", stop.text);
    ladder_end(&ladder);
}

/* ---- Debug device (20_debug.S: rdi is taken from this word, see there) */

#define COMMAND (LADDER_PAGE + 0x1000)

static void command(const struct ladder *ladder, uint64_t what) {
    memcpy(emu_ram(ladder->emu, (gpa_t){COMMAND}, 8), &what, 8);
}

static void request(const struct ladder *ladder, uint64_t argument) {
    struct facet_error error = {""};
    struct debug_block *block = emu_debug_block(ladder->emu);
    block->request.arg[0] = argument;
    cr_assert_eq(emu_request(ladder->emu, &error), FACET_OK, "%s", error.text);
    cr_expect_eq(block->request.result[0], argument + 1);
}

Test(emu_run, a_request_is_answered_and_leaves_no_trace) {
    struct ladder ladder = ladder_boot("20_debug", -1, false);
    run_a_while(&ladder);
    for (uint64_t i = 0; i < 50; i++) {
        struct facet_regs before = regs(&ladder), after;
        request(&ladder, i * 1000);
        after = regs(&ladder);
        cr_expect_eq(memcmp(&before, &after, sizeof before), 0, "registers changed in request %lu", i);
        cr_expect_eq(emu_cpl(ladder.emu), 3);
        cr_expect_eq(emu_step(ladder.emu).reason, EMU_STOP_STEP);
    }
    ladder_end(&ladder);
}

Test(emu_run, an_event_is_told_in_ring_3) {
    struct ladder ladder = ladder_boot("20_debug", -1, false);
    run_a_while(&ladder);
    command(&ladder, 1);
    struct emu_stop stop = emu_run(ladder.emu);
    cr_expect_eq(stop.reason, EMU_STOP_EVENT);
    cr_expect_eq(stop.code, DEBUG_EVENT_MESSAGE);
    cr_expect_eq(emu_cpl(ladder.emu), 3);
    cr_expect_eq(regs(&ladder).rip, ladder_user_symbol(&ladder, "looped"));
    command(&ladder, 2);
    stop = emu_run(ladder.emu);
    cr_expect_eq(stop.reason, EMU_STOP_POWEROFF);
    cr_expect_eq(stop.code, 9);
    ladder_end(&ladder);
}

Test(emu_run, an_idle_machine_says_so_and_takes_requests) {
    struct ladder ladder = ladder_boot("20_debug", -1, false);
    run_a_while(&ladder);
    command(&ladder, 3);
    struct emu_stop stop = emu_run(ladder.emu);
    cr_expect_eq(stop.reason, EMU_STOP_EVENT, "stop %d: %s", (int)stop.reason, stop.text);
    cr_expect_eq(stop.code, DEBUG_EVENT_DEADLOCK);
    request(&ladder, 5); /* wakes it: this rung's HLT just ends */
    cr_expect_eq(regs(&ladder).rip, ladder_user_symbol(&ladder, "looped"));
    ladder_end(&ladder);
}

Test(emu_run, a_panic_ends_the_machine_with_its_text) {
    struct ladder ladder = ladder_boot("20_debug", -1, false);
    run_a_while(&ladder);
    command(&ladder, 4);
    struct emu_stop stop = emu_run(ladder.emu);
    cr_expect_eq(stop.reason, EMU_STOP_DEAD);
    cr_expect_str_eq(stop.text, "kernel panic: oops!");
    ladder_end(&ladder);
}

Test(emu_run, a_blocked_read_can_be_interrupted, .timeout = 20) {
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    struct ladder ladder = ladder_boot("20_debug", ends[0], false);
    run_a_while(&ladder);
    command(&ladder, 5);
    run_a_while(&ladder); /* nothing is in the pipe: only the interrupt ends the read */
    cr_expect_eq((long)regs(&ladder).r14, -4, "EINTR");
    cr_assert_eq(write(ends[1], "x", 1), 1);
    command(&ladder, 5);
    run_a_while(&ladder);
    cr_expect_eq(regs(&ladder).r14, 1);
    cr_expect_eq(regs(&ladder).r15, 'x');
    ladder_end(&ladder);
}

Test(emu_run, registers_can_be_set) {
    struct ladder ladder = ladder_boot("21_loop", -1, false);
    run_a_while(&ladder);
    struct facet_regs set = regs(&ladder), got;
    set.rax = 0x1111;
    set.r15 = 0x2222;
    set.fs_base = 0x3333;
    set.rflags = (set.rflags | 1) & ~0x40ul; /* CF on, ZF off */
    set.rflags |= 0x3000;                    /* IOPL stays what it is */
    emu_regs_set(ladder.emu, &set);
    set.rflags &= ~0x3000ul;
    got = regs(&ladder);
    cr_expect_eq(memcmp(&set, &got, sizeof set), 0);
    ladder_end(&ladder);
}
