/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the user of the debugger has set, in a checkpoint: breakpoints and watchpoints with their numbers, conditions,
 * counts and commands, displays. To the session, and to who resumes it without the debugger, it is bytes.
 *
 * Commands are executed, and some reach out of the machine: they come back only with --trust.
 */
#ifndef DEBUGGER_KEEP_H
#define DEBUGGER_KEEP_H

#include "cmd.h"
#include "emu/archive.h"

/* Before a checkpoint is saved: the session has all that there is now. */
void keep_save(struct cli *cli);
/* After one was resumed: it is there again. What cannot be is told on standard error. */
void keep_load(struct cli *cli);

/* What is typed on a line, so that printing it does nothing else to a terminal. NULL: there is none. */
void keep_line_visit(struct archive *archive, char **line);
/* cmd_display.c */
void displays_visit(struct cli *cli, struct archive *archive);

#endif
