/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Letting the program run until its user is to hear of it. What does not concern him is dealt with here: breakpoints
 * whose condition does not hold, watchpoints that nothing changed, places that a command has set for itself.
 */
#ifndef DEBUGGER_CONTROL_H
#define DEBUGGER_CONTROL_H

#include "frame.h"
#include "point.h"

struct control {
    struct cli *cli;
    struct session_stop stop; /* of the machine, the last one */
    struct hits hits;         /* breakpoints and watchpoints that stopped it */
    bool heard;               /* the user is to hear of `stop`; the command is over */
    bool left;                /* a watchpoint has gone with its function: it was said */
    uint64_t own[64]; /* where it has set breakpoints for itself: they stay, to set one costs more than to pass it */
    size_t own_count;
    struct frame before; /* where it stood */
    bool stepped;        /* by the line or the instruction: a stop in the same function shows the line alone */
};

/* Before the program runs. control_end after it has been told. */
void control_begin(struct control *c, struct cli *cli);
void control_end(struct control *c);

/* The program comes to `va` with its stack pointer at or above `above`: the frame that waits for it is back. */
struct place {
    uint64_t va, above;
};
/* Runs until the program comes to one of the places, or somebody is to hear of it (heard). Place 0 is none. */
void control_run(struct control *c, const struct place *places, size_t count);
/* The same until a function returns to `va` with that stack pointer, or longjmp has left it. */
void control_return(struct control *c, uint64_t va, uint64_t sp);
/* One instruction. */
void control_step(struct control *c);
uint64_t control_pc(struct control *c);

/* Prints why and where it stands now, and executes what the breakpoints' commands say. */
enum facet_status control_tell(struct control *c, struct facet_error *error);

/* A machine has started: breakpoints are inserted. */
enum facet_status control_start(struct cli *cli, struct facet_error *error);

/* ---- step.c: gdb's rules of stepping by source lines */
enum step_kind { STEP_INTO, STEP_OVER, STEP_FORWARD }; /* step, next, until */
/* False: it is not known where the function ends. */
bool step_line(struct control *c, enum step_kind kind, struct facet_error *error);
void step_over_instruction(struct control *c);

#endif
