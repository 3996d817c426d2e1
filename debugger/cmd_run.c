/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Commands that start, continue and end the program.
 */
#include "control.h"
#include "expr.h"
#include "text.h"
#include "watchpoint.h"

#include <string.h>

void cmd_kill(struct cli *cli) {
    if (cli->started) {
        session_kill(cli->session);
        watch_forget(cli);
    }
    cli->started = false;
    cli->frame = 0;
}

static enum facet_status no_arguments(const char *command, const char *args, struct facet_error *error) {
    if (!*args)
        return FACET_OK;
    return facet_fail(error, FACET_ERR_USAGE, "%s takes no arguments.", command);
}

static enum facet_status resume(struct cli *cli, struct facet_error *error) {
    struct control c;
    control_begin(&c, cli);
    control_run(&c, NULL, 0);
    return control_tell(&c, error);
}

static enum facet_status cmd_run(struct cli *cli, const char *args, struct facet_error *error) {
    enum facet_status status = cli_prepare_run(cli, args, error);
    if (status == FACET_OK)
        status = control_start(cli, error);
    return status ? status : resume(cli, error);
}

/* To the program's first instruction. */
static enum facet_status cmd_starti(struct cli *cli, const char *args, struct facet_error *error) {
    enum facet_status status = cli_prepare_run(cli, args, error);
    if (status == FACET_OK)
        status = control_start(cli, error);
    if (status)
        return status;
    printf("Program stopped before its first instruction.\n");
    cmd_print_location(cli);
    cmd_show_displays(cli);
    return FACET_OK;
}

static enum facet_status cmd_start(struct cli *cli, const char *args, struct facet_error *error) {
    enum facet_status status = cli_prepare_run(cli, args, error);
    if (status == FACET_OK)
        status = cmd_execute(cli, "tbreak main", error);
    if (status == FACET_OK)
        status = control_start(cli, error);
    return status ? status : resume(cli, error);
}

/* The breakpoint that stopped the program last is to be passed so many times. */
static enum facet_status ignore_last(struct cli *cli, const char *args, struct facet_error *error) {
    uint64_t count;
    struct point *p = points_find(cli, cli->last_hit);
    enum facet_status status = expr_number(cli, args, &count, error);
    if (status)
        return status;
    if (!p) {
        printf("Not stopped at any breakpoint; argument ignored.\n");
        return FACET_OK;
    }
    p->ignore = count ? count - 1 : 0;
    if (p->ignore == 1)
        printf("Will ignore next crossing of breakpoint %d.  ", p->number);
    else
        printf("Will ignore next %lu crossings of breakpoint %d.  ", p->ignore, p->number);
    return FACET_OK;
}

static enum facet_status cmd_continue(struct cli *cli, const char *args, struct facet_error *error) {
    enum facet_status status = cmd_need_started(cli, error);
    if (status == FACET_OK && *args)
        status = ignore_last(cli, args, error);
    if (status)
        return status;
    printf("Continuing.\n");
    return resume(cli, error);
}

static enum facet_status cmd_kill_program(struct cli *cli, const char *args, struct facet_error *error) {
    enum facet_status status = no_arguments("kill", args, error);
    if (status == FACET_OK)
        status = cmd_need_started(cli, error);
    if (status)
        return status;
    cmd_kill(cli);
    printf("[Inferior 1 (process 1) killed]\n");
    return FACET_OK;
}

const struct cmd cmd_run_table[] = {
    {"run", "r", cmd_run, "run [ARGUMENTS] [<FILE] [>FILE]", "start the program, from the beginning", false},
    {"start", NULL, cmd_start, "start [ARGUMENTS]", "run to the beginning of main", false},
    {"starti", NULL, cmd_starti, "starti [ARGUMENTS]", "start, and stop before the first instruction", false},
    {"continue", "c", cmd_continue, "continue [N]",
     "go on; after a handler's stop, its access happens without asking it again; N: pass this breakpoint N-1 times",
     true},
    {"kill", "k", cmd_kill_program, "kill", "end the program", false},
    {"checkpoint", NULL, cmd_checkpoint, "checkpoint FILE",
     "save all of it, for `facet resume FILE` to go on from here", false},
    {0},
};
