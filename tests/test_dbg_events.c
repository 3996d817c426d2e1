/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debugger/events.h"
#include "debugger/handlers.h"
#include "debugger/text.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/facet-events-XXXXXX";

static void read_back(char *text, size_t size) {
    FILE *file = fopen(path, "r");
    cr_assert(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
    unlink(path);
}

Test(dbg_events, a_store_is_written_as_the_format_says) {
    struct events *events;
    char text[2000];
    const uint8_t attempted[] = {0x02, 0x01}, old[] = {0xff, 0x00};
    close(mkstemp(path));
    cr_assert_eq(events_open(path, &events, NULL), FACET_OK);
    struct facet_access access = {
        .kind = FACET_STORE,
        .flags = FACET_RMW | FACET_ATOMIC | FACET_PART,
        .process = 1,
        .pc = 0x401000,
        .va = 0x404fff,
        .object = "sym:table",
        .offset = -1,
        .size = 2,
        .attempted = attempted,
        .backing = old,
    };
    events_write(events, &access, attempted, FACET_DONE);
    access = (struct facet_access){
        .kind = FACET_LOAD,
        .flags = FACET_KERNEL,
        .process = 2,
        .pc = 0,
        .va = 0x1000,
        .object = "va:\"x\\",
        .offset = 8,
        .size = 1,
        .backing = old,
    };
    events_write(events, &access, old, FACET_PASS);
    cr_assert_eq(events_count(events), 2u);
    cr_assert(events_close(events));
    read_back(text, sizeof text);
    cr_assert_str_eq(
        text,
        "{\"v\":1,\"ev\":\"store\",\"n\":0,\"proc\":1,\"pc\":\"0x401000\",\"va\":\"0x404fff\","
        "\"obj\":\"sym:table\",\"off\":-1,\"size\":2,\"value\":\"0x0102\",\"old\":\"0x00ff\",\"verdict\":\"done\","
        "\"by\":\"user\",\"rmw\":true,\"atomic\":true,\"part\":true}\n"
        "{\"v\":1,\"ev\":\"load\",\"n\":1,\"proc\":2,\"pc\":\"0x0\",\"va\":\"0x1000\",\"obj\":\"va:\\\"x\\\\\","
        "\"off\":8,\"size\":1,\"value\":\"0xff\",\"verdict\":\"pass\",\"by\":\"kernel\"}\n");
}

Test(dbg_events, a_full_disk_is_reported_and_makes_close_fail) {
    struct events *events;
    const uint8_t bytes[FACET_ACCESS_MAX] = {0};
    cr_redirect_stderr();
    cr_assert_eq(events_open("/dev/full", &events, NULL), FACET_OK);
    struct facet_access access = {.kind = FACET_LOAD, .object = "a", .size = FACET_ACCESS_MAX};
    for (int i = 0; i < 1000; i++)
        events_write(events, &access, bytes, FACET_PASS);
    cr_assert_not(events_close(events));
}

Test(dbg_events, an_unwritable_file_is_refused) {
    struct events *events;
    struct facet_error error;
    cr_assert_eq(events_open("/nowhere/events", &events, &error), FACET_ERR_FAILED);
    cr_assert(strstr(error.text, "/nowhere/events"));
}

/* ---- Handlers by name */

static void assert_no_handler(const char *text, const char *why) {
    struct handler_code code;
    struct facet_error error = {""};
    cr_assert_eq(handler_load(text, &code, &error), FACET_ERR_USAGE, "%s", text);
    cr_assert(strstr(error.text, why), "%s: \"%s\" does not say \"%s\"", text, error.text, why);
}

Test(dbg_handlers, builtin_names_take_arguments_behind_a_colon) {
    struct handler_code code;
    cr_assert_eq(handler_load("watch:store,off=3", &code, NULL), FACET_OK);
    cr_assert(code.handler == &handler_watch && !code.library);
    cr_assert_str_eq(code.name, "watch");
    cr_assert_str_eq(code.args, "store,off=3");
    handler_unload(&code);
    cr_assert_eq(handler_load("count", &code, NULL), FACET_OK);
    cr_assert_str_eq(code.args, "");
    handler_unload(&code);
}

Test(dbg_handlers, shared_objects_are_loaded_with_or_without_a_slash) {
    struct handler_code code;
    struct facet_error error = {""};
    cr_assert_eq(handler_load(BUILD_DIR "/handlers/tracer.so:3", &code, &error), FACET_OK, "%s", error.text);
    cr_assert(code.library);
    cr_assert_str_eq(code.args, "3");
    handler_unload(&code);
    cr_assert_eq(chdir(BUILD_DIR "/handlers"), 0);
    cr_assert_eq(handler_load("tracer.so", &code, &error), FACET_OK, "%s", error.text);
    handler_unload(&code);
}

Test(dbg_handlers, what_cannot_be_a_handler_is_refused_by_name) {
    assert_no_handler("wach", "did you mean \"watch\"");
    assert_no_handler("nonsense", "no handler \"nonsense\"");
    assert_no_handler("missing.so", "no such file");
    assert_no_handler("./a.lua.txt", "in Lua (NAME.lua)");
    assert_no_handler("endpoint:", "which endpoint");
    assert_no_handler("", "no handler");
}

Test(dbg_handlers, a_shared_object_without_the_symbol_is_refused) {
    assert_no_handler("/lib/x86_64-linux-gnu/libm.so.6", "no handler"); /* does not end in .so */
    cr_assert_eq(system("cc -shared -o /tmp/facet-empty.so -x c /dev/null"), 0);
    assert_no_handler("/tmp/facet-empty.so", "does not export `facet_handler`");
    unlink("/tmp/facet-empty.so");
}

/* ---- Text */

Test(dbg_text, numbers_are_decimal_or_hexadecimal_and_nothing_else) {
    uint64_t n;
    cr_assert(text_number("18446744073709551615", &n) && n == UINT64_MAX);
    cr_assert(text_number("0x10", &n) && n == 16);
    static const char *const bad[] = {"", "-1", "+1", " 1", "1 ", "0x", "x", "1e3", "18446744073709551616", "010x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_not(text_number(bad[i], &n), "\"%s\"", bad[i]);
}

Test(dbg_text, sizes_have_units) {
    uint64_t n;
    cr_assert(text_size("64M", &n) && n == 64ull << 20);
    cr_assert(text_size("2g", &n) && n == 2ull << 30);
    cr_assert(text_size("16384K", &n) && n == 16ull << 20);
    cr_assert(text_size("4096", &n) && n == 4096);
    cr_assert_not(text_size("M", &n));
    cr_assert_not(text_size("99999999999G", &n));
}

Test(dbg_text, distance_counts_edits) {
    cr_assert_eq(text_distance("table", "table"), 0u);
    cr_assert_eq(text_distance("tabel", "table"), 1u); /* neighbours swapped */
    cr_assert_eq(text_distance("kitten", "sitting"), 3u);
    cr_assert_eq(text_distance("", "abc"), 3u);
}
