/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Frames of the program's stack: who called whom, with which registers. Unwound by the program's call frame information
 * (.eh_frame, .debug_frame); without it by the frame pointer. Reading only, no handler is asked.
 */
#ifndef DEBUGGER_FRAME_H
#define DEBUGGER_FRAME_H

#include "cmd.h"

struct frame {
    struct facet_regs regs; /* as they will be when control comes back to it; rip and rsp always are right */
    uint32_t known;         /* bit i: word i of regs is; the callee may have overwritten the others */
    uint64_t pc;
    uint64_t lookup_pc; /* in the instruction that is executing: pc, for callers pc - 1 */
    uint64_t cfa;       /* DWARF's: rsp in the caller after the return; 0: unknown */
    int level;          /* 0: innermost */
    unsigned inlined;   /* functions inlined around lookup_pc that this frame calls: 0, it is the innermost there */
    bool signal;        /* was called by a signal: its caller's pc is not behind a call */
};

/* Word of struct facet_regs that holds a register of DWARF's numbering (0 … 16, 16: the return address); -1: none. */
int frame_register(unsigned dwarf);
#define FRAME_KNOWS(frame, word) ((frame)->known >> (word)&1)

/* Where the program stands. Needs a started session. */
void frame_innermost(struct cli *cli, struct frame *frame);
/* Who called it and gets its return; false: nobody that is known. Goes on beyond main; what was inlined is no caller.
 */
bool frame_caller(struct cli *cli, const struct frame *frame, struct frame *caller);
/* The one that backtrace shows next: the function into which it was inlined, or its caller; main is the last one. */
bool frame_shown_caller(struct cli *cli, const struct frame *frame, struct frame *caller);

/* Where this frame has saved its caller's register (a word of struct facet_regs). False: nowhere. */
bool frame_saved(struct cli *cli, const struct frame *frame, int word, uint64_t *va);

/* The frame's function as its source calls it, "??" if unknown. Returns name. */
const char *frame_function(struct cli *cli, const struct frame *frame, char name[SYMBOL_TEXT]);
/* The line in which it stands: of an outer one the call's. place->start is its pc if it begins there. */
struct line_place;
bool frame_place(struct cli *cli, const struct frame *frame, struct line_place *place);

/* FACET_ERR_USAGE: the program is not being run, or its stack has no such frame. */
enum facet_status frame_at(struct cli *cli, int level, struct frame *frame, struct facet_error *error);
/* The one that the user has selected by up, down or frame; the innermost after each stop. */
enum facet_status frame_selected(struct cli *cli, struct frame *frame, struct facet_error *error);

#endif
