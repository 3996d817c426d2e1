/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What `traverse` and its steps share.
 */
#ifndef DEBUGGER_TRAVERSE_H
#define DEBUGGER_TRAVERSE_H

#include "cmd.h"

void traverse_print_head(struct cli *cli, uint64_t va, enum access access);
void traverse_print_step(int number, const struct traverse_step *step);
void traverse_print_end(struct cli *cli, uint64_t va, const struct session_traversal *t);
/* Reads down, up, slots, why and other commands, until `end`. */
enum facet_status traverse_steps(struct cli *cli, uint64_t va, enum access access, struct facet_error *error);

#endif
