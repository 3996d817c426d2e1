/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The memory objects that have names, as a list: what can be swapped.
 */
#ifndef DEBUGGER_OBJECTS_H
#define DEBUGGER_OBJECTS_H

#include "session.h"

/* A line for each segment, mapping and variable whose name has `part` in it (NULL: all): name, address, bytes, and what
 * is to be said beside. FACET_ERR_USAGE: there is none; the text offers near misses. */
enum facet_status objects_list(struct session *session, const char *part, FILE *out, struct facet_error *error);

/* `facet objects PROGRAM [NAME]`: the same without running it. Returns facet's exit status. */
int objects_main(int argc, char **argv);

#endif
