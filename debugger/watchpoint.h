/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Watchpoints are swaps of exactly the watched bytes, with a handler that facet attaches itself: of any size, any
 * number. The handler notes what the bytes were and stops the program before the access; control.c lets that one
 * instruction happen, and then watch_check sees what has become of them.
 */
#ifndef DEBUGGER_WATCHPOINT_H
#define DEBUGGER_WATCHPOINT_H

#include "point.h"

struct type;

struct watch_options {
    bool every;    /* stores that change nothing stop, too */
    bool location; /* -location: the object where it is now, whatever becomes of the names */
};

/* Makes a point of an expression. */
enum facet_status watch_add(struct cli *cli, enum point_kind kind, const char *text, struct watch_options options,
                            struct point **point, struct facet_error *error);
/* An expression by which watch_add makes the same again when the machine stands as now, in the frame of that level; the
 * caller frees it. NULL: none does, its function has returned. */
char *watch_expression(struct cli *cli, const struct point *point, struct watch_options *options, int *level);
/* Takes the handler away. */
void watch_remove(struct cli *cli, struct point *point);
/* Where its scope is left: the return address of the function whose variable it watches; 0: it has no end here. */
uint64_t watch_scope_end(const struct point *point);

/* Has a handler stopped the program for a watchpoint: is its instruction still to be executed? */
bool watch_waits(struct cli *cli);
/* That instruction is over: those that were touched become hits, if they stop the program. */
void watch_check(struct cli *cli, struct hits *hits);
/* The program is at `pc`: deletes those whose scope it has left, and says so. True: there was one. */
bool watch_leave_scopes(struct cli *cli, uint64_t pc);
/* "Hardware watchpoint 2: x", the old value and the new. */
void watch_tell(struct cli *cli, const struct point *point);
/* A machine has started: what they watch may be elsewhere. */
void watch_renew(struct cli *cli);
/* The machine is gone: nothing waits. Those of variables of functions end with it. */
void watch_forget(struct cli *cli);

#endif
