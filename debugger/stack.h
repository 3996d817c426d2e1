/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How frames are shown.
 */
#ifndef DEBUGGER_STACK_H
#define DEBUGGER_STACK_H

#include "frame.h"
#include "lines.h"

/* "main () at ledger.c:12", with the address in front when the program is in the middle of a line. */
void stack_print_frame(struct cli *cli, const struct frame *frame);
/* The source line that it stands in, if one is known; `list` goes on from there. */
void stack_print_here(struct cli *cli, const struct frame *frame);
void stack_print_source_line(struct cli *cli, const struct line_place *place);
#endif
