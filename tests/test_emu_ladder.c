/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The ladder: each rung prints the same and ends alike under emu/ and under qemu-system-x86_64, an implementation of
 * the processor that shares nothing with emu/.
 */
#include "ladder_boot.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const rungs[] = {
    "01_halt",    "02_console",    "03_paging",    "04_page_fault",  "05_ring3",    "06_syscall",
    "07_int_dpl", "08_privileged", "09_rewrite",   "10_frame_reuse", "11_pressure", "12_exceptions",
    "13_nested",  "14_border",     "15_microcode", "16_trap_flag",   "17_odd",
};
#define RUNGS (sizeof rungs / sizeof *rungs)

/* isa-debug-exit ends QEMU with status << 1 | 1. */
static int qemu_run(const char *path, char *output, size_t room) {
    char command[1024];
    snprintf(command, sizeof command,
             "timeout 60 qemu-system-x86_64 -kernel %s -cpu max -m 64 -display none -serial stdio -no-reboot "
             "-device isa-debug-exit,iobase=0xf4,iosize=4 </dev/null 2>/dev/null",
             path);
    FILE *pipe = popen(command, "r");
    cr_assert_not_null(pipe);
    output[fread(output, 1, room - 1, pipe)] = 0;
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void compare(const char *rung) {
    static char expected[65536];
    struct ladder ladder = ladder_boot(rung, -1, false);
    struct emu_stop stop = emu_run(ladder.emu);
    char *output = ladder_output(&ladder);

    cr_expect_eq(stop.reason, EMU_STOP_POWEROFF, "%s: stop %d: %s\n%s", rung, (int)stop.reason, stop.text, output);
    if (access("/usr/bin/qemu-system-x86_64", X_OK) != 0) {
        fprintf(stderr, "%s: qemu-system-x86_64 is not installed: output not compared\n", rung);
    } else {
        int status = qemu_run(ladder.path, expected, sizeof expected);
        cr_expect_eq(status, (int)(stop.code << 1 | 1) & 255, "%s: exit %lu here, QEMU ended with %d", rung, stop.code,
                     status);
        cr_expect_str_eq(output, expected, "%s\n---- here\n%s---- QEMU\n%s", rung, output, expected);
    }
    free(output);
    ladder_end(&ladder);
}

Test(emu_ladder, every_rung_prints_what_qemu_prints) {
    for (size_t i = 0; i < RUNGS; i++)
        compare(rungs[i]);
}

Test(emu_ladder, a_rung_prints_what_its_text_says) { /* needs no QEMU */
    struct ladder ladder = ladder_boot("02_console", -1, false);
    struct emu_stop stop = emu_run(ladder.emu);
    char *output = ladder_output(&ladder);
    cr_expect_eq(stop.reason, EMU_STOP_POWEROFF);
    cr_expect_eq(stop.code, 3);
    cr_expect_str_eq(output, "hello from ring 0\n0\n123456789abcdef0\n");
    free(output);
    ladder_end(&ladder);
}

Test(emu_ladder, rewritten_code_runs_in_its_newest_form) { /* 200 + 199 + … + 1 in each of four ways */
    struct ladder ladder = ladder_boot("09_rewrite", -1, false);
    emu_run(ladder.emu);
    char *output = ladder_output(&ladder);
    cr_expect_str_eq(output, "4e84 4e84 4e84 4e84\n");
    free(output);
    ladder_end(&ladder);
}

Test(emu_ladder, random_access_to_16_mib_needs_few_fills) {
    struct ladder ladder = ladder_boot("11_pressure", -1, false);
    emu_run(ladder.emu);
    struct emu_stats stats = emu_stats(ladder.emu);
    uint64_t accesses = 2 * 1000000 + (16ul << 20) / 8;
    cr_expect_leq((double)stats.fills / (double)accesses, 0.05, "%lu fills for %lu accesses", stats.fills, accesses);
    ladder_end(&ladder);
}

Test(emu_ladder, a_second_run_is_the_same_bit_for_bit) {
    struct emu_stats stats[2];
    char *output[2];
    for (int i = 0; i < 2; i++) {
        struct ladder ladder = ladder_boot("12_exceptions", -1, true);
        emu_run(ladder.emu);
        stats[i] = emu_stats(ladder.emu);
        output[i] = ladder_output(&ladder);
        ladder_end(&ladder);
    }
    cr_expect_str_eq(output[0], output[1]);
    cr_expect_eq(stats[0].instructions_cpl3, stats[1].instructions_cpl3);
    cr_expect_eq(stats[0].instructions_cpl0, stats[1].instructions_cpl0);
    cr_expect_gt(stats[0].instructions_cpl3, 15000);
    cr_expect_gt(stats[0].instructions_cpl0, 5000 * 40);
    free(output[0]);
    free(output[1]);
}

static void dies(const char *rung, const char *why) {
    struct ladder ladder = ladder_boot(rung, -1, false);
    struct emu_stop stop = emu_run(ladder.emu);
    cr_expect_eq(stop.reason, EMU_STOP_DEAD, "%s: %d", rung, (int)stop.reason);
    cr_expect_not_null(strstr(stop.text, why), "%s: %s", rung, stop.text);
    stop = emu_run(ladder.emu);
    cr_expect_eq(stop.reason, EMU_STOP_DEAD, "%s ran again", rung);
    ladder_end(&ladder);
}

Test(emu_ladder, a_triple_fault_ends_the_machine) {
    dies("30_triple", "triple fault");
}

Test(emu_ladder, page_tables_that_leave_ram_end_the_machine) {
    dies("31_bus", "bus error");
    dies("33_cr3", "bus error");
}

Test(emu_ladder, halting_with_interrupts_off_ends_the_machine) {
    dies("32_halted", "halted with interrupts off");
}
