/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The kernel as a whole, by its guests: they check themselves and end with status 0; what they cost and what they leave
 * behind is the difference between two runs of the same guest with different counts.
 */
#include "emu/emu.h"
#include <facet/object.h>

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define ALL_GRANTS ((2 * GRANT_POWER) - 1)

struct file {
    void *data;
    size_t size;
};

static struct file file_read(const char *path) {
    FILE *in = fopen(path, "rb");
    cr_assert(in, "cannot open %s", path);
    struct file file = {0};
    fseek(in, 0, SEEK_END);
    file.size = (size_t)ftell(in);
    rewind(in);
    file.data = malloc(file.size);
    cr_assert(file.data && fread(file.data, 1, file.size, in) == file.size);
    fclose(in);
    return file;
}

/* A boot argument block: the words of `line` are the arguments. */
static size_t args_make(const char *line, char *block, size_t room) {
    struct boot_args args = {.magic = BOOT_ARGS_MAGIC, .argc = 1, .grants = ALL_GRANTS};
    char *text = block + sizeof args;
    cr_assert(sizeof args + strlen(line) + 1 < room);
    strcpy(text, line);
    for (char *c = text; *c; c++)
        if (*c == ' ') {
            *c = 0;
            args.argc++;
        }
    args.bytes = (unsigned)(sizeof args + strlen(line) + 1);
    memcpy(block, &args, sizeof args);
    return args.bytes;
}

struct outcome {
    struct emu_stop stop;
    struct kernel_info info;
    struct emu_stats stats;
};

/* Runs "GUEST ARGUMENTS…" to its end. */
static struct outcome run(const char *line, bool count) {
    char path[200], block[256];
    snprintf(path, sizeof path, "%s/tests/guests/%.*s", BUILD_DIR, (int)strcspn(line, " "), line);
    struct file kernel = file_read(BUILD_DIR "/kernel.elf"), guest = file_read(path);
    struct emu_module modules[] = {{guest.data, guest.size}, {block, args_make(line, block, sizeof block)}};
    struct emu_config config = {.ram_size = 64 << 20,
                                .kernel = {kernel.data, kernel.size},
                                .modules = modules,
                                .module_count = 2,
                                .cmdline = CMDLINE_FACET,
                                .stream_fd = {-1, 1, 2},
                                .console_fd = 2,
                                .count_instructions = count};
    struct facet_error error = {0};
    struct emu *emu;
    cr_assert_eq(emu_create(&config, &emu, &error), FACET_OK, "%s", error.text);
    struct outcome out;
    do
        out.stop = emu_run(emu);
    while (out.stop.reason == EMU_STOP_EVENT && out.stop.code == DEBUG_EVENT_STARTED);
    const struct kernel_info *info = (void *)emu_ram(emu, (gpa_t){emu_debug_block(emu)->kernel_info}, sizeof *info);
    out.info = *info;
    out.stats = emu_stats(emu);
    cr_expect_eq(out.stop.reason, EMU_STOP_POWEROFF, "%s: stopped for reason %d, code %lu: %s", line, out.stop.reason,
                 out.stop.code, out.stop.text);
    cr_expect_eq(out.stop.code, 0, "%s: exit status %lu", line, out.stop.code);
    emu_destroy(emu);
    free(kernel.data);
    free(guest.data);
    return out;
}

/* What each further round of `what` adds to a counter, seen over the rounds between two runs. */
#define EACH(what, from, to, field, count)                                                                             \
    (((double)run("paths " what " " #to, count).field - (double)run("paths " what " " #from, count).field) /           \
     (to - from))

#define PASSES(name, line)                                                                                             \
    Test(kernel, name, .timeout = 120) {                                                                               \
        run(line, false);                                                                                              \
    }
PASSES(messages_go_both_ways_and_resume_capabilities_answer_once, "ipc")
PASSES(messages_under_way_are_revoked_with_what_they_need, "messages")
PASSES(strings_go_on_where_a_missing_page_stopped_them, "strings")
PASSES(priorities_sleep_closed_waits_and_payload_match_and_equals_take_turns, "schedule timer")
PASSES(a_process_is_stepped_and_its_fpu_state_changed, "singlestep")
PASSES(keepers_repair_change_and_decline, "keeper")
PASSES(what_is_revoked_is_unreachable_at_once, "revoke")
PASSES(changed_code_is_executed_as_changed, "code")
PASSES(random_system_calls_leave_the_kernel_standing, "fuzz 10000 1")
PASSES(traversal_page_tables_and_accesses_agree_in_100000_random_cases, "trees 100000 1")

Test(kernel, a_null_call_takes_at_most_150_instructions, .timeout = 60) {
    double each = EACH("null", 100, 1100, stats.instructions_cpl0, true);
    cr_expect(each > 50 && each <= 150, "%g", each);
}

Test(kernel, a_message_and_its_answer_take_at_most_800_instructions, .timeout = 60) {
    double each = EACH("oneway", 100, 1100, stats.instructions_cpl0, true);
    cr_expect(each > 100 && each <= 800, "%g", each);
}

Test(kernel, a_fault_that_its_keeper_resumes_takes_at_most_1500_instructions, .timeout = 60) {
    double each = EACH("fault", 100, 1100, stats.instructions_cpl0, true);
    cr_expect(each > 100 && each <= 1500, "%g", each);
}

Test(kernel, overwriting_a_slot_removes_exactly_the_entries_made_from_it, .timeout = 60) {
    cr_expect_eq(EACH("overwrite", 10, 110, info.entries_removed, false), 2); /* two views, neighbours untouched */
    cr_expect_eq(EACH("overwrite", 10, 110, info.entries_built, false), 2);
    cr_expect_eq(EACH("overwrite", 10, 110, info.tables_built, false), 0);
    cr_expect_eq(EACH("map", 10, 110, info.entries_removed, false), 1); /* only one view was used again */
}

Test(kernel, rescinding_a_page_removes_exactly_its_mappings, .timeout = 60) {
    cr_expect_eq(EACH("rescind", 10, 110, info.entries_removed, false), 2);
    cr_expect_eq(EACH("rescind", 10, 110, info.depend_live, false), 0);
    cr_expect_eq(EACH("rescind", 10, 110, info.tables_built, false), 0);
}

Test(kernel, processes_that_share_a_space_share_its_page_tables, .timeout = 60) {
    cr_expect_eq(EACH("share", 10, 110, info.tables_built, false), 0);
    cr_expect_eq(EACH("share", 10, 110, info.entries_built, false), 0);
    cr_expect_eq(EACH("share", 10, 110, info.tables_live, false), 0);
}
