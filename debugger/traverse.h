/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What `traverse` and its steps share.
 */
#ifndef DEBUGGER_TRAVERSE_H
#define DEBUGGER_TRAVERSE_H

#include "cmd.h"

/* Whose access is asked about. */
struct access_asked {
    uint64_t process; /* object id */
    uint64_t va;
    enum access access;
};

void traverse_print_head(struct cli *cli, const struct access_asked *asked);
void traverse_print_step(int number, const struct traverse_step *step);
void traverse_print_end(struct cli *cli, const struct access_asked *asked, const struct session_traversal *t);
/* The handlers of what the program has there, NULL: it is not swapped, or no address of the program. */
const char *traverse_swapped(struct cli *cli, const struct access_asked *asked);
enum facet_status traverse_ask(struct cli *cli, const struct access_asked *asked, struct session_traversal *answer,
                               struct facet_error *error);
/* Reads down, up, slots, why and other commands, until `end`. */
enum facet_status traverse_steps(struct cli *cli, const struct access_asked *asked, struct facet_error *error);

#endif
