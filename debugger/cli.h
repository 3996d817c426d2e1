/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * `facet debug`: commands from scripts, the command line and the terminal.
 */
#ifndef DEBUGGER_CLI_H
#define DEBUGGER_CLI_H

#include "session.h"

/* One -x FILE or -ex COMMAND, in the order given. */
struct cli_input {
    bool is_file;
    const char *text;
};

struct cli_options {
    const struct cli_input *inputs;
    size_t input_count;
    bool batch; /* end after the inputs */
    bool quiet; /* no greeting */
    int argc;   /* of the program, its name among them */
    char *const *argv;
    bool init; /* first the commands in $XDG_CONFIG_HOME/facet/init */
};

/* Runs the inputs, then (unless batch) what is typed, until `quit` or end of input. Returns the exit status: 0, or 1 if
 * a command of the inputs failed in batch mode. */
int cli_run(struct session *session, const struct cli_options *options);

#endif
