/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A machine that was saved and loaded goes on as the one that was never disturbed.
 */
#include "access_machine.h"
#include "emu/archive.h"
#include "ladder_boot.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- A saved machine, in memory */

struct saved {
    char *bytes;
    size_t size;
};

static struct saved save(struct emu *emu) {
    struct saved saved = {0};
    struct facet_error error = {""};
    struct archive to = {.file = open_memstream(&saved.bytes, &saved.size)};
    cr_assert(emu_save(emu, &to, &error) == FACET_OK, "%s", error.text);
    fclose(to.file);
    return saved;
}

static enum facet_status load(const struct saved *saved, size_t ram, int console, bool count, struct emu **emu,
                              struct facet_error *error) {
    const struct emu_config config = {
        .ram_size = ram, .stream_fd = {-1, -1, -1}, .console_fd = console, .count_instructions = count};
    struct archive from = {.file = fmemopen(saved->bytes, saved->size, "r"), .loading = true};
    enum facet_status status = emu_load(&config, &from, emu, error);
    if (status == FACET_OK)
        cr_expect_eq(fgetc(from.file), EOF, "something was not read");
    fclose(from.file);
    return status;
}

/* The machine ends, and what was saved of it goes on instead. */
static void replace(struct emu **emu, size_t ram, int console, bool count) {
    struct facet_error error = {""};
    struct saved saved = save(*emu);
    emu_destroy(*emu);
    cr_assert(load(&saved, ram, console, count, emu, &error) == FACET_OK, "%s", error.text);
    struct saved again = save(*emu);
    cr_assert(saved.size == again.size && memcmp(saved.bytes, again.bytes, saved.size) == 0,
              "what was loaded is not what was saved (%zu and %zu bytes)", saved.size, again.size);
    free(saved.bytes);
    free(again.bytes);
}

/* ---- The program of everything of the clock's tests, under a timer */

#define LADDER_RAM (64ul << 20)
#define TICKS_MAX 4096

struct ending {
    uint64_t clock, result, last, ticks, span, code;
    uint64_t log[TICKS_MAX][4];
    struct emu_stats stats;
};

static uint64_t *word(const struct ladder *ladder, const char *name) {
    return (uint64_t *)(void *)emu_ram(ladder->emu, (gpa_t){ladder_symbol(ladder, name)}, 8);
}

/* Saved and loaded after each of so many runs of random length; 0: never. */
static struct ending *play(unsigned times, uint64_t rounds, uint64_t period, unsigned seed) {
    struct ladder ladder = ladder_boot_clock("23_clock", true);
    struct ending *ending = calloc(1, sizeof *ending);
    *word(&ladder, "rounds") = rounds;
    *word(&ladder, "period") = period;
    *word(&ladder, "measure") = 1;
    for (unsigned i = 0; i < times; i++) {
        emu_clock_alarm(ladder.emu, emu_clock(ladder.emu) + (unsigned)rand_r(&seed) % 3000);
        struct emu_stop stop = emu_run(ladder.emu);
        cr_assert_eq(stop.reason, EMU_STOP_CLOCK, "stop %d: %s", (int)stop.reason, stop.text);
        replace(&ladder.emu, LADDER_RAM, ladder.console, false);
    }
    struct emu_stop stop = emu_run(ladder.emu);
    cr_assert_eq(stop.reason, EMU_STOP_POWEROFF, "stop %d: %s", (int)stop.reason, stop.text);
    ending->code = stop.code;
    ending->clock = emu_clock(ladder.emu);
    ending->result = *word(&ladder, "result");
    ending->last = *word(&ladder, "last");
    ending->span = *word(&ladder, "span");
    ending->ticks = *word(&ladder, "ticks");
    uint64_t noted = ending->ticks < TICKS_MAX ? ending->ticks : TICKS_MAX;
    memcpy(ending->log, word(&ladder, "tick_log"), noted * sizeof *ending->log);
    ending->stats = emu_stats(ladder.emu);
    ladder_end(&ladder);
    return ending;
}

Test(emu_checkpoint, a_program_of_everything_goes_on_as_if_nothing_had_been) {
    for (unsigned seed = 1; seed <= 3; seed++) {
        struct ending *straight = play(0, 60, 997, 0), *saved = play(40, 60, 997, seed);
        cr_expect_eq(straight->code, saved->code);
        cr_expect_eq(straight->clock, saved->clock, "clock %lu and %lu", straight->clock, saved->clock);
        cr_expect_eq(straight->result, saved->result);
        cr_expect_eq(straight->last, saved->last);
        cr_expect_eq(straight->ticks, saved->ticks, "%lu and %lu ticks", straight->ticks, saved->ticks);
        cr_expect_eq(straight->stats.syscalls, saved->stats.syscalls);
        cr_expect_eq(straight->stats.interrupts, saved->stats.interrupts);
        cr_expect(memcmp(straight->log, saved->log, sizeof straight->log) == 0, "the ticks came elsewhere");
        free(straight);
        free(saved);
    }
}

/* ---- Registers that the ladder does not use */

Test(emu_checkpoint, floating_point_and_vector_registers_are_the_same) {
    static const uint8_t code[] = {
        0xd9, 0xeb, 0xd9, 0xe8, 0xd9, 0xee, /* fldpi; fld1; fldz */
        0xd8, 0xf9,                         /* fdivr st, st(1): 1 / 0 leaves an exception's flag … */
        0x0f, 0x6e, 0xc8,                   /* movd mm1, eax: … and the tags of MMX */
        0xcd, 0x30,                         /* int 0x30 */
    };
    struct guest guest = guest_create(code, sizeof code);
    struct guest_fpu before = {.control = 0x0b7f, .mxcsr = 0x7fa0}, after;
    for (int i = 0; i < 16; i++)
        for (int k = 0; k < 16; k++)
            before.xmm[i][k] = (uint8_t)(16 * i + k + 1);
    guest_fpu_set(&guest, &before);
    for (int i = 0; i < 6; i++) {
        emu_step(guest.emu);
        guest_fpu_get(&guest, &before);
        replace(&guest.emu, 32ul << 20, -1, false);
        guest_fpu_get(&guest, &after);
        cr_expect(memcmp(&before, &after, sizeof before) == 0, "after %d instructions", i);
    }
    cr_expect_neq(after.control, 0x037f);
    cr_expect_neq(after.tags, 0);
    guest_destroy(&guest);
}

/* ---- What was answered is not asked again */

struct asked {
    unsigned loads, stores;
    bool stop; /* at stores */
};

static enum facet_verdict ask(void *context, struct emu_access *access) {
    struct asked *asked = context;
    if (access->kind == FACET_LOAD) {
        asked->loads++;
        memcpy(access->reply, &(uint64_t){100 + asked->loads}, access->size);
        return FACET_DONE;
    }
    if (asked->stop && !access->again)
        return FACET_STOP;
    asked->stores++;
    return FACET_PASS;
}

Test(emu_checkpoint, an_instruction_that_stopped_in_its_middle_goes_on_there) {
    static const uint8_t code[] = {
        0x48, 0x83, 0x00, 0x05, /* add qword [rax], 5 */
        0xcd, 0x30,             /* int 0x30 */
    };
    struct guest guest = guest_create(code, sizeof code);
    struct asked asked = {.stop = true};
    struct facet_regs regs;
    uint64_t value;
    emu_on_access(guest.emu, ask, &asked);
    emu_regs_get(guest.emu, &regs);
    regs.rax = WINDOW(CAREFUL) + PAGE + 8;
    emu_regs_set(guest.emu, &regs);
    cr_assert_eq(emu_run(guest.emu).reason, EMU_STOP_ACCESS);
    cr_assert_eq(asked.loads, 1);
    replace(&guest.emu, 32ul << 20, -1, false);
    emu_on_access(guest.emu, ask, &asked);
    emu_run(guest.emu);
    memcpy(&value, guest_frame(&guest, CAREFUL, 1) + 8, sizeof value);
    cr_expect_eq(asked.loads, 1, "the load was asked for again");
    cr_expect_eq(asked.stores, 1);
    cr_expect_eq(value, 106);
    guest_destroy(&guest);
}

/* ---- Nothing that is read makes a machine that cannot be, or ends the host */

Test(emu_checkpoint, what_is_cut_short_or_damaged_is_refused_or_runs) {
    struct ladder ladder = ladder_boot_clock("23_clock", true);
    struct facet_error error;
    unsigned seed = 5, refused = 0;
    *word(&ladder, "rounds") = 5;
    emu_clock_alarm(ladder.emu, 2000);
    cr_assert_eq(emu_run(ladder.emu).reason, EMU_STOP_CLOCK);
    struct saved saved = save(ladder.emu);
    for (unsigned i = 0; i < 60; i++) {
        struct saved cut = {saved.bytes, 1 + (size_t)rand_r(&seed) % (saved.size - 1)};
        struct emu *emu;
        cr_expect(load(&cut, LADDER_RAM, -1, false, &emu, &error) != FACET_OK && !emu, "cut to %zu bytes", cut.size);
    }
    for (unsigned i = 0; i < 200; i++) {
        size_t at = saved.size - 1 - (size_t)rand_r(&seed) % (i % 2 ? saved.size : 26000);
        char was = saved.bytes[at];
        struct emu *emu;
        saved.bytes[at] = (char)(was ^ 1 << rand_r(&seed) % 8);
        if (load(&saved, LADDER_RAM, -1, false, &emu, &error) == FACET_OK) {
            emu_interrupt(emu);
            emu_run(emu);
            emu_destroy(emu);
        } else {
            refused++;
        }
        saved.bytes[at] = was;
    }
    cr_expect_gt(refused, 50, "%u refused", refused);
    free(saved.bytes);
    ladder_end(&ladder);
}
