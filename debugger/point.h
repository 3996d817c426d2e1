/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Breakpoints and watchpoints: what the user has set, numbered together. They outlive the program's runs; point.c
 * brings into a machine what of them must be there.
 */
#ifndef DEBUGGER_POINT_H
#define DEBUGGER_POINT_H

#include "cmd.h"
#include "lines.h"

enum point_kind { POINT_BREAK, POINT_WRITE, POINT_READ, POINT_ACCESS };
enum point_after { POINT_KEEP, POINT_DELETE, POINT_DISABLE }; /* what happens to it when it has stopped the program */

struct watch; /* watchpoint.h */

struct point {
    int number;
    enum point_kind kind;
    enum point_after after;
    bool disabled;
    bool dead;       /* deleted while it is in use; goes away by points_bury */
    char *what;      /* as the user wrote it: a location, an expression */
    char *condition; /* NULL: none */
    uint64_t hits;   /* in this run */
    uint64_t ignore; /* so many next ones */
    struct cli_lines commands;
    bool silent; /* the first of commands is `silent` */

    bool ifunc;       /* its only place is a resolver: see ifunc.h */
    uint64_t *places; /* POINT_BREAK */
    size_t place_count;
    struct watch *watch; /* the others */
};

/* Adds one with the next number. `what` is copied. */
struct point *points_add(struct cli *cli, enum point_kind kind, const char *what);
struct point *points_find(struct cli *cli, int number);
void points_delete(struct cli *cli, struct point *point);
/* Frees what was deleted. */
void points_bury(struct cli *cli);
void points_free(struct cli *cli);
/* A machine has started. */
void points_renew(struct cli *cli);
/* "Breakpoint", "Temporary breakpoint", "Hardware watchpoint" … */
const char *point_name(const struct point *point);

/* Makes the machine's breakpoints those of the enabled points, of watched locals' ends, and `more`. */
void points_insert(struct cli *cli, const uint64_t *more, size_t count);

/* Those that stop the program, in the order of their numbers. */
struct hits {
    struct point **point;
    size_t count;
};
void hits_add(struct hits *hits, struct point *point);
void hits_clear(struct hits *hits);

/* The program has come to an enabled point, or a watchpoint has triggered: does it stop? Evaluates the condition,
 * counts down `ignore`, and carries out what is to happen after a stop. */
void point_hit(struct cli *cli, struct point *point, struct hits *hits);
/* The breakpoints at an address. */
void points_hit_at(struct cli *cli, uint64_t va, struct hits *hits);

/* ---- linespec.c: FUNCTION, LINE, FILE:LINE, FILE:FUNCTION, +N, -N, *EXPRESSION; nothing: where the selected frame
 * stands. *end is behind what was read: at ` if `, or the end. */
struct linespec {
    uint64_t *places; /* to stop at; the caller frees them */
    size_t place_count;
    const char *path, *directory;  /* of the line; NULL: none is known */
    int line;                      /* as asked for */
    const struct symbol *function; /* when one was named */
    bool ifunc;                    /* the only place is a resolver, which has not run yet */
    bool exact;                    /* *EXPRESSION: there, and nowhere else */
};
enum facet_status linespec_parse(struct cli *cli, const char *text, const char **end, struct linespec *spec,
                                 struct facet_error *error);
/* The file and line around which LINE, +N and `list` without arguments go: those listed last, of the selected frame
 * after a stop, of main in the beginning. False: no debugging information. */
bool linespec_default(struct cli *cli, const char **path, const char **directory, int *line);

#endif
