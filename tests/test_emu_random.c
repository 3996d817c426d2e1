/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whatever ring 3 executes, the host neither crashes nor hangs, and ring 0 goes on: random bytes as code.
 */
#include "ladder_boot.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define SLOTS (LADDER_PAGE + 0x10000)
#define SLOTS_BYTES (256 * 64)

static uint64_t state;

static uint64_t next_random(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* Prefixes and opcodes that matter come more often than by chance. */
static uint8_t random_byte(void) {
    static const uint8_t likely[] = {0x0f, 0x66, 0xf2, 0xf3, 0xf0, 0x48, 0xc4, 0xc5, 0x62, 0xcd, 0xcc,
                                     0xf1, 0xf4, 0xe6, 0xec, 0x6c, 0x9d, 0xcf, 0x05, 0x07, 0x01, 0xae,
                                     0xc7, 0x8e, 0xff, 0xdb, 0x38, 0x3a, 0xd9, 0x9c, 0xeb, 0xfe};
    uint64_t value = next_random();
    return value % 3 ? (uint8_t)(value >> 8) : likely[(value >> 8) % sizeof likely];
}

static atomic_bool finished;

static void *watchdog(void *emu) {
    while (!atomic_load(&finished)) {
        usleep(20000);
        emu_interrupt(emu);
    }
    return NULL;
}

/* A snippet that loops for ever is sent on. */
static void run_to_end(const struct ladder *ladder, uint64_t seed) {
    for (int stops = 0; stops < 2000; stops++) {
        struct emu_stop stop = emu_run(ladder->emu);
        if (stop.reason != EMU_STOP_INTERRUPT) {
            cr_assert_eq(stop.reason, EMU_STOP_POWEROFF, "seed %lu slot %lu: stop %d: %s", seed,
                         ladder_word(ladder, ladder_symbol(ladder, "slot")), (int)stop.reason, stop.text);
            cr_assert_eq(stop.code, 0, "seed %lu slot %lu: a trap in ring 0: %s", seed,
                         ladder_word(ladder, ladder_symbol(ladder, "slot")), ladder_output(ladder));
            return;
        }
        struct facet_regs regs;
        cr_assert_eq(emu_cpl(ladder->emu), 3);
        emu_regs_get(ladder->emu, &regs);
        regs.rip = LADDER_PAGE;
        regs.rflags = 0x202;
        memcpy(emu_ram(ladder->emu, (gpa_t){LADDER_PAGE}, 4), "\xcd\x80\xeb\xfc",
               4); /* should it have been overwritten */
        emu_regs_set(ladder->emu, &regs);
    }
    cr_assert_fail("seed %lu: no end", seed);
}

static void round_of(uint64_t seed) {
    pthread_t thread;
    struct ladder ladder = ladder_boot("40_random", -1, false);
    uint8_t *slots = emu_ram(ladder.emu, (gpa_t){SLOTS}, SLOTS_BYTES);
    state = seed * 0x9e3779b97f4a7c15ul + 1;
    for (size_t i = 0; i < SLOTS_BYTES; i++)
        slots[i] = random_byte();
    atomic_store(&finished, false);
    pthread_create(&thread, NULL, watchdog, ladder.emu);
    run_to_end(&ladder, seed);
    atomic_store(&finished, true);
    pthread_join(thread, NULL);
    ladder_end(&ladder);
}

Test(emu_random, random_code_in_ring_3_harms_nobody, .timeout = 300) {
    const char *rounds = getenv("ROUNDS"), *first = getenv("SEED");
    uint64_t seed = first ? strtoul(first, NULL, 0) : 1;
    for (uint64_t end = seed + (rounds ? strtoul(rounds, NULL, 0) : 20); seed < end; seed++)
        round_of(seed);
}

Test(emu_random, code_that_the_engine_aborts_on_is_an_illegal_instruction) {
    char expected[128];
    struct ladder ladder = ladder_boot("41_abort", -1, false);
    uint64_t culprit = ladder_user_symbol(&ladder, "culprit");
    struct emu_stop stop = emu_run(ladder.emu);
    char *output = ladder_output(&ladder);
    snprintf(expected, sizeof expected, " vector 6 error 0 rip %lx cs 23\n vector 6 error 0 rip %lx cs 23\n", culprit,
             culprit + 7);
    cr_expect_eq(stop.reason, EMU_STOP_POWEROFF, "stop %d: %s", (int)stop.reason, stop.text);
    cr_expect_eq(stop.code, 5);
    cr_expect_str_eq(output, expected);
    free(output);
    ladder_end(&ladder);
}
