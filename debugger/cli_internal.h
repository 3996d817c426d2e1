/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the cli_*.c files share: sources of lines, the terminal, the tables of commands.
 */
#ifndef DEBUGGER_CLI_INTERNAL_H
#define DEBUGGER_CLI_INTERNAL_H

#include "cli.h"
#include "cmd.h"

/* ---- Sources of lines (cli_input.c) */

#define SOURCE_DEPTH_MAX 100

enum source_kind {
    SOURCE_STANDARD, /* the terminal, or standard input */
    SOURCE_OPTIONS,  /* -ex, one after the other */
    SOURCE_FILE,     /* -x, source */
    SOURCE_LINES,    /* the body of a loop, a definition, a breakpoint's commands */
};

/* The innermost one gives the next line. */
struct line_source {
    enum source_kind kind;
    struct line_source *outer;
    FILE *file;                    /* FILE */
    const struct cli_lines *lines; /* LINES */
    size_t next;                   /* LINES, OPTIONS: which one */
    const char *arguments;         /* LINES: what $arg0… stand for; NULL: those of the outer source */
    int number;                    /* FILE: of the line read last, from 1 */
};

/* FACET_ERR_USAGE: too deep. The caller pops it. */
enum facet_status cli_source_push(struct cli *cli, struct line_source *source, struct facet_error *error);
void cli_source_pop(struct cli *cli);
/* Words so quoted that `run` makes the same of them (cli_arguments.c). The caller frees it. */
char *cli_quote_arguments(int argc, char *const *argv);
/* Does this line begin a block that has an `end` of its own? */
bool cli_opens_block(struct cli *cli, const char *line);
/* It is this word and nothing else. */
bool cli_is_word(const char *line, const char *word);
/* ~/ replaced. The caller frees it. */
char *cli_user_path(const char *path);
/* $VARIABLE/facet/FILE, or $HOME/BELOW_HOME/facet/FILE; NULL: neither is set. The caller frees it. */
char *cli_xdg_path(const char *variable, const char *below_home, const char *file);
/* Commands of the innermost source until it ends or one fails. */
enum facet_status cli_source_play(struct cli *cli, struct facet_error *error);
enum facet_status cli_source_file(struct cli *cli, const char *path, struct facet_error *error);
/* What $arg0 … stand for now, as typed; NULL: no user-defined command is at work. */
const char *cli_arguments(const struct cli *cli);
/* A line with $argc and the $argN that were given replaced (cli_script.c). The caller frees it. */
char *cli_replace_arguments(const char *line, const char *arguments);
/* FACET_ERR_USAGE if the line still has one: it was not given. */
enum facet_status cli_missing_argument(const struct cli *cli, const char *line, struct facet_error *error);

/* ---- The terminal (cli_terminal.c) */

struct terminal;

/* NULL: standard input is none. `cli` is asked for completions. */
struct terminal *terminal_open(struct cli *cli);
void terminal_close(struct terminal *terminal);
/* NULL: end of input, or Ctrl-C (cli_interrupted). The caller frees it. */
char *terminal_read(struct terminal *terminal, const char *prompt);
/* Into the history and its file, unless it is empty. */
void terminal_remember(struct terminal *terminal, const char *line);
/* Ctrl-C interrupts this session's program from now on; NULL: it does what it does by default. */
void terminal_catch_signals(struct session *session);
void terminal_forget_interrupt(void);

/* ---- Completion (cli_complete.c): what the word before the cursor may become. */
struct completions {
    char **text;
    size_t count;
    size_t common; /* characters that all of them begin with, those not listed among them */
    size_t start;  /* where the word begins in the line */
    bool more;     /* there are others, not listed */
    char append;   /* behind a single one: ' ', or 0 */
};
void cli_complete(struct cli *cli, const char *line, size_t length, struct completions *found);
void completions_free(struct completions *found);

/* ---- Tables (cli.c) */

struct cmd_class {
    const char *name;
    const char *summary;
    const struct cmd *table;
};
extern const struct cmd_class cli_classes[]; /* ended by a NULL name */

/* Further names that gdb's users type. */
struct cmd_alias {
    const char *name, *command;
};
extern const struct cmd_alias cli_aliases[]; /* ended by a NULL name */

/* The row of `table` that `word` begins or is; `what` for messages: "info command". */
enum facet_status cli_find_in(const struct cmd *table, const char *what, const char *word, const struct cmd **found,
                              struct facet_error *error);
/* Copies the name at the start of a line; returns what follows it. */
const char *cli_split(const char *line, char *word, size_t size);

extern const struct cmd cli_info_table[]; /* cli_info.c */
/* What may follow `set`, or `show` (cli_settings.c). */
const struct cmd *cli_set_table(bool show);
/* The setting that a text begins with, its words shortened: "history size". False: none, or several. */
bool cli_set_name(const char *text, const char **name);

/* More about a command; NULL: its summary says all (cli_help_text.c). */
const char *cli_help_text(const char *command);

/* ---- Definitions (cli_script.c) */
struct user_command {
    struct cmd cmd; /* name and summary are its own */
    struct cli_lines body;
    char *text; /* of `document` */
    bool alias; /* its one line is a command that gets the arguments */
};
struct user_command *cli_user_find(const struct cli *cli, const char *name);
void cli_user_free(struct cli *cli);
enum facet_status cli_user_run(struct cli *cli, const struct cmd *command, const char *args, struct facet_error *error);

extern const struct cmd cli_script_table[];
extern const struct cmd cli_help_table[];
extern const struct cmd cli_settings_table[];

#endif
