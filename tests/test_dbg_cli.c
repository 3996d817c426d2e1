/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The command line of the debugger below its commands: completion, the arguments of user-defined commands and of the
 * program.
 */
#include "debugger/cli_internal.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct session *session;
static struct facet_error error;
static struct cli cli;

static void open_sample(void) {
    static char name[] = "ledger";
    static char *argv[] = {name, NULL};
    static const struct grants grants = {.flags = GRANT_STDOUT};
    static const struct cli_options options = {.argc = 1};
    const struct session_config config = {.program = BUILD_DIR "/guests/ledger",
                                          .argv = argv,
                                          .argc = 1,
                                          .memory = 32 << 20,
                                          .grants = &grants,
                                          .stream_fd = {-1, -1, -1}};
    cr_assert_eq(session_open(&config, &session, &error), FACET_OK, "%s", error.text);
    cli = (struct cli){.session = session, .options = &options, .redirected = {-1, -1, -1}};
}

static void close_sample(void) {
    cli_user_free(&cli);
    free(cli.set.args);
    session_close(session);
}

TestSuite(dbg_cli, .init = open_sample, .fini = close_sample);

/* ---- Completion */

static void becomes(const char *line, const char *only) {
    struct completions found;
    cli_complete(&cli, line, strlen(line), &found);
    cr_assert_eq(found.count, 1, "\"%s\" has %zu completions", line, found.count);
    cr_assert_str_eq(found.text[0], only, "\"%s\"", line);
    completions_free(&found);
}

static bool offers(const char *line, const char *text) {
    struct completions found;
    bool offered = false;
    cli_complete(&cli, line, strlen(line), &found);
    for (size_t i = 0; i < found.count; i++)
        offered |= !strcmp(found.text[i], text);
    completions_free(&found);
    return offered;
}

Test(dbg_cli, completes_each_word_by_what_may_stand_there) {
    becomes("trav", "traverse");
    becomes("info brea", "breakpoints");
    becomes("show hist", "history");
    becomes("show hist sa", "save");
    becomes("set history siz", "size");
    becomes("set conf", "confirm");
    becomes("break remember", "remember_payment");
    becomes("x/8xb &ledg", "ledger");
    becomes("x/8xb $eflag", "$eflags");
    becomes("print ledger[0].own", "owner");
    becomes("print 1 + ledger->bal", "balance");
    becomes("swap sym:ledg", "sym:ledger");
    becomes("swap seg:st", "seg:stack");
    becomes("swap seg:stack wat", "watch");
    becomes("restore sym:ledg", "sym:ledger");
    becomes("swap sym:ledger watch:store,val", "watch:store,value=");
    becomes("run a <LICEN", "LICENSE");
    becomes("traverse sym:ledg", "sym:ledger");
    becomes("traverse &ledg", "ledger");
    becomes("source LICEN", "LICENSE");
    becomes("swap seg:stack ./tes", "./tests/");
    becomes("swap seg:stack ./samples/handlers/stuckbit.l", "./samples/handlers/stuckbit.lua");
    becomes("swap seg:stack device:samples/handlers/ua", "samples/handlers/uart.lua");
    becomes("help trav", "traverse");
    cr_assert(offers("", "break"));
    cr_assert(offers("s", "swap"));
    cr_assert(offers("swap ", "sym:"));
    cr_assert_not(offers("break ", "ledger"), "a variable is no place for a breakpoint");
}

Test(dbg_cli, completes_names_of_processes_once_there_are_any) {
    cr_assert_not(offers("tree ", "init"));
    cr_assert_eq(session_start(session, &error), FACET_OK, "%s", error.text);
    cli.started = true;
    becomes("tree in", "init");
    becomes("caps ledg", "ledger");
    cr_assert(offers("holders in", "init"));
    becomes("who sym:ledg", "sym:ledger");
    becomes("holders sym:ledg", "sym:ledger");
    becomes("info proc", "processes");
}

Test(dbg_cli, completes_any_line_whatever_it_holds) {
    static const char letters[] = " \t/$&*:.~'\"()-+#!xbsi0\200";
    unsigned state = 1;
    for (int i = 0; i < 20000; i++) {
        char line[24];
        size_t length = (state >> 8) % sizeof line;
        for (size_t j = 0; j < length; j++)
            line[j] = letters[(state = state * 1103515245u + 12345u) >> 16 & 15];
        state = state * 1103515245u + 12345u;
        struct completions found;
        line[length ? length - 1 : 0] = 0;
        cli_complete(&cli, line, strlen(line), &found);
        cr_assert_leq(found.start, strlen(line));
        completions_free(&found);
    }
}

/* ---- Arguments of user-defined commands */

static void replaced(const char *line, const char *arguments, const char *want) {
    char *got = cli_replace_arguments(line, arguments);
    cr_assert_str_eq(got, want);
    free(got);
}

Test(dbg_cli, arguments_are_words_or_what_stands_in_quotes) {
    replaced("echo $arg0,$arg1;$argc", "one \"two words\"", "echo one,\"two words\";2");
    replaced("$arg1$arg0", "  a   'b c'  ", "'b c'a");
    replaced("$argc", "", "0");
    replaced("$arg2 $argument $arg $arg10", "a b", "$arg2 $argument $arg $arg10");
    replaced("x $", "a", "x $");
}

/* ---- Arguments of the program */

static void prepared(const char *args) {
    cr_assert_eq(cli_prepare_run(&cli, args, &error), FACET_OK, "%s: %s", args, error.text);
}

static void refused(const char *args, const char *why) {
    cr_assert_eq(cli_prepare_run(&cli, args, &error), FACET_ERR_USAGE, "%s", args);
    cr_assert(strstr(error.text, why), "%s", error.text);
}

Test(dbg_cli, redirections_open_files_and_wrong_ones_change_nothing) {
    char path[] = "/tmp/facet-test-XXXXXX", *line;
    struct stat before, after;
    close(mkstemp(path));
    cr_assert_geq(asprintf(&line, "a 'b c' > %s 2>&1", path), 0);
    prepared(line);
    cr_assert_eq(fstat(cli.redirected[1], &before), 0);
    cr_assert_eq(fstat(cli.redirected[2], &after), 0);
    cr_assert_eq(before.st_ino, after.st_ino);
    cr_assert_str_eq(cli.set.args, line);
    refused("a | b", "No shell");
    refused("'a", "has no end");
    refused("< /nowhere/x", "/nowhere/x: ");
    refused(">", "wants the name");
    cr_assert_str_eq(cli.set.args, line);
    cr_assert_geq(cli.redirected[1], 0);
    prepared("plain");
    cr_assert_eq(cli.redirected[1], -1);
    unlink(path);
    free(line);
}

Test(dbg_cli, quoted_arguments_are_read_as_they_were) {
    char one[] = "", two[] = "a b", three[] = "it's \"$HOME\" \\ <x> #~{}[]*?|&;()`!";
    char *words[] = {one, two, three};
    char *line = cli_quote_arguments(3, words);
    prepared(line);
    free(line);
}
