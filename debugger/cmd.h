/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the debugger's commands share. A command gets the rest of its line, prints data to stdout, and returns a status
 * with a text that cli.c prints.
 */
#ifndef DEBUGGER_CMD_H
#define DEBUGGER_CMD_H

#include "session.h"

struct cmd_examine { /* of `x`, remembered for the next one */
    char format, size;
    int64_t count;
    uint64_t next, last; /* addresses: of what comes next, of what was shown last */
};

struct cmd_list {                 /* of `list`, and what LINE is relative to */
    const char *path, *directory; /* NULL: nothing yet */
    int line;                     /* where the program stands, or what was asked for */
    int first, last;              /* shown last; 0: nothing since the program has stopped */
};

struct data;

/* Lines of commands: the body of a loop, of a definition, of a breakpoint's `commands`. */
struct cli_lines {
    char **line;
    size_t count;
};

/* loop_break and loop_continue: how far the execution of lines is to be left. */
enum cli_leave { LEAVE_NOTHING, LEAVE_ROUND, LEAVE_LOOP };

/* What `set` changes. */
struct cli_settings {
    bool confirm;
    bool pagination;        /* accepted for gdb's scripts … */
    uint64_t height, width; /* … these, too */
    bool history_save;
    uint64_t history_size; /* lines */
    uint64_t listsize;     /* lines that `list` shows */
    bool print_pretty;     /* a member a line */
    uint64_t print_elements,
        print_repeats; /* of arrays and strings: how many, and from how many equal ones on a count */
    bool intel;        /* syntax of disassembled instructions */
    bool every_write;  /* watch stops at stores that change nothing, too */
    char *args;        /* of the next `run`, as typed; NULL: none */
};

struct cli {
    struct session *session;
    const struct cli_options *options;
    struct cli_settings set;
    struct terminal *terminal;   /* NULL: standard input is none */
    struct line_source *source;  /* the innermost */
    struct user_command **users; /* made by `define` */
    size_t user_count;
    int redirected[3]; /* files of `run < FILE`; -1: none */
    unsigned loops;    /* `while` in `while` */
    enum cli_leave leave;
    bool located;          /* the last error names its file and line */
    struct point **points; /* breakpoints and watchpoints: point.h */
    size_t point_count;
    int last_point;     /* the number given last */
    int last_hit;       /* of the one that stopped the program last; 0: none did */
    uint64_t *inserted; /* the machine's breakpoints */
    size_t inserted_count;
    struct cmd_list list;
    struct cmd_examine examine;
    int frame; /* selected by up, down, frame: see frame.h */
    bool quit;
    int exit_status;   /* that `quit` was given */
    bool started;      /* the program has a machine */
    struct data *data; /* of expressions: value.h; NULL: none yet */
};

typedef enum facet_status cmd_fn(struct cli *cli, const char *args, struct facet_error *error);

struct cmd {
    const char *name;
    const char *alias; /* "c" for continue; NULL: none */
    cmd_fn *run;
    const char *usage;   /* "x[/FMT] ADDRESS" */
    const char *summary; /* one line */
    bool repeats;        /* an empty line does it again */
};

/* The tables of the cmd_*.c files, ended by a NULL name. They are listed in cli.c, with their class for `help`. */
extern const struct cmd cmd_run_table[];         /* cmd_run.c */
extern const struct cmd cmd_step_table[];        /* cmd_step.c */
extern const struct cmd cmd_break_table[];       /* cmd_break.c */
extern const struct cmd cmd_watch_table[];       /* cmd_watch.c */
extern const struct cmd cmd_stack_table[];       /* cmd_stack.c */
extern const struct cmd cmd_list_table[];        /* cmd_list.c */
extern const struct cmd cmd_disassemble_table[]; /* cmd_disassemble.c */
extern const struct cmd cmd_data_table[];        /* cmd_data.c */
extern const struct cmd cmd_space_table[];       /* cmd_space.c */

/* The command that `word` names: its name, alias or a unique prefix of its name. */
enum facet_status cmd_find(struct cli *cli, const char *word, const struct cmd **found, struct facet_error *error);
enum facet_status cmd_execute(struct cli *cli, const char *line, struct facet_error *error);

/* ---- For commands of several lines, and questions (cli_input.c) */

/* The next line of whatever gives lines now: the terminal (after the prompt), standard input, a file, the next -ex.
 * NULL: it has ended, or Ctrl-C (cli_interrupted). The caller frees it. */
char *cli_read_line(struct cli *cli, const char *prompt);
/* Lines up to the `end` that belongs to `what` ("define"), without it; blocks inside are kept whole. The caller frees
 * them, also after a failure. */
enum facet_status cli_read_body(struct cli *cli, const char *what, struct cli_lines *body, struct facet_error *error);
void cli_lines_free(struct cli_lines *lines);
void cli_lines_add(struct cli_lines *lines, const char *line);
/* Executes them, until one fails, Ctrl-C, or `quit`. arguments: what $arg0… stand for; NULL: nothing new. */
enum facet_status cli_execute_lines(struct cli *cli, const struct cli_lines *lines, const char *arguments,
                                    struct facet_error *error);
/* Commands come from a terminal: there is somebody to ask and to tell. */
bool cli_interactive(const struct cli *cli);
/* "… (y or n) "; true without asking unless cli_interactive and `set confirm on`. */
bool cli_confirm(struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Ctrl-C since the last prompt. */
bool cli_interrupted(void);
/* For `run`, `start`, `starti`, before session_start: ends the program that runs, and takes the next one's arguments
 * and redirections from `args`, or from the last time (`set args`). */
enum facet_status cli_prepare_run(struct cli *cli, const char *args, struct facet_error *error);
/* Around everything that lets the program run: the terminal is the program's, with the modes it gave it. */
void cli_program_begins(struct cli *cli);
void cli_program_ends(struct cli *cli);

enum facet_status cmd_info_handlers(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_info_processes(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_info_registers(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_info_breakpoints(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_info_watchpoints(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_info_frame(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_info_source(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_set_disassembly(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_set_substitute_path(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_info_symbol(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_info_line(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_info_locals(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_info_args(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_info_display(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_info_functions(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_info_variables(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_info_types(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_info_address(struct cli *cli, const char *args, struct facet_error *error);
/* `set var EXPRESSION` */
enum facet_status cmd_set_variable(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_show_values(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_show_convenience(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_show_version(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_echo(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_printf(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_traverse(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_checkpoint(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_caps(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_flow(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_holders(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_who(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_tree(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_accesses(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_objects(struct cli *cli, const char *args, struct facet_error *error);

/* An address by an expression: expr_address. */
enum facet_status cmd_address(struct cli *cli, const char *text, uint64_t *value, struct facet_error *error);
/* The same, or an object (object.h) with addresses: where it begins now, and its bytes; 0 of an expression. */
enum facet_status cmd_place(struct cli *cli, const char *text, uint64_t *va, uint64_t *size, struct facet_error *error);
/* Offset of a register in struct facet_regs in words, by gdb's name ("rax", "pc", "sp", "eflags"); -1: none. */
int cmd_register(const char *name, size_t length);
/* FACET_ERR_USAGE unless the program has a machine. */
enum facet_status cmd_need_started(const struct cli *cli, struct facet_error *error);
/* "0x401136 <main+4>", or without the name if there is none. */
void cmd_print_address(struct cli *cli, uint64_t va);
/* Where the program stands: "main () at ledger.c:12" and the source line. */
void cmd_print_location(struct cli *cli);
/* Ends the program, if there is one, and forgets what belonged to its machine. */
void cmd_kill(struct cli *cli);

/* The first word of *text, copied (at most size - 1 bytes); *text then points behind it and the white space. */
void cmd_word(const char **text, char *word, size_t size);

#endif
