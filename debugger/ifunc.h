/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Functions of which the C library chooses one of several when the program starts: strlen, memcpy. Their symbol is that
 * of the resolver, which returns the chosen one; a breakpoint belongs there.
 */
#ifndef DEBUGGER_IFUNC_H
#define DEBUGGER_IFUNC_H

#include "point.h"

/* The chosen one, when the program runs and has chosen; else 0. */
uint64_t ifunc_chosen(struct cli *cli, const struct symbol *resolver);
/* The program stands at a breakpoint. If that is a resolver, lets it return, and moves the breakpoints on it to what it
 * has chosen; the machine's breakpoints are then to be inserted anew. *stop: what has happened instead. */
enum ifunc_outcome { IFUNC_NONE, IFUNC_RESOLVED, IFUNC_STOPPED };
enum ifunc_outcome ifunc_resolve(struct cli *cli, struct session_stop *stop);

#endif
