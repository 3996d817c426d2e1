/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the debugger's commands share. A command gets the rest of its line, prints data to stdout, and returns a status
 * with a text that cli.c prints.
 */
#ifndef DEBUGGER_CMD_H
#define DEBUGGER_CMD_H

#include "session.h"

struct cmd_breakpoint {
    int number;
    uint64_t va;
    bool temporary;
    unsigned hits;
};

struct cmd_examine { /* of `x`, remembered for the next one */
    char format, size;
    uint64_t next;
};

struct data;

struct cli {
    struct session *session;
    struct cmd_breakpoint *breakpoints;
    size_t breakpoint_count;
    int last_breakpoint;
    struct cmd_examine examine;
    int frame;  /* selected by up, down, frame: see frame.h */
    bool intel; /* syntax of disassembled instructions */
    bool interactive;
    bool quit;
    bool started;   /* the program has a machine */
    unsigned depth; /* of nested `source` */
    struct data *data; /* of expressions: value.h */
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

/* The tables of the cmd_*.c files, ended by a NULL name. */
extern const struct cmd cmd_run_table[];   /* cmd_run.c */
extern const struct cmd cmd_data_table[];  /* cmd_data.c */
extern const struct cmd cmd_space_table[]; /* cmd_space.c */
extern const struct cmd cli_table[];       /* cli.c */

/* The command that `word` names: its name, alias or a unique prefix of its name. */
enum facet_status cmd_find(const char *word, const struct cmd **found, struct facet_error *error);
enum facet_status cmd_execute(struct cli *cli, const char *line, struct facet_error *error);
/* "load" by default, "store", "fetch". */
enum facet_status cmd_info_handlers(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_info_registers(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_info_breakpoints(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_info_symbol(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_info_line(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_objects(struct cli *cli, const char *args, struct facet_error *error);

/* address.c: NUMBER, SYMBOL, &SYMBOL, $REGISTER, and sums and differences of them. */
enum facet_status cmd_address(struct cli *cli, const char *text, uint64_t *value, struct facet_error *error);
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
