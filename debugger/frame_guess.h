/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a function without call frame information has pushed, by reading its instructions from its start.
 */
#ifndef DEBUGGER_FRAME_GUESS_H
#define DEBUGGER_FRAME_GUESS_H

#include "frame.h"

#define GUESS_SAVED_MAX 8

struct frame_guess {
    uint64_t depth; /* bytes below the return address: CFA is rsp + depth + 8 */
    unsigned saved_count;
    struct {
        int word;       /* of struct facet_regs */
        uint64_t below; /* it lies at CFA - below */
    } saved[GUESS_SAVED_MAX];
};

/* False: there is no symbol, or it moves rsp in a way that cannot be followed. */
bool frame_guess(struct cli *cli, const struct frame *frame, struct frame_guess *guess);

#endif
