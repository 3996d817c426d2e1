/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * `facet run`: one run to its end, and what is said about it.
 */
#ifndef DEBUGGER_RUN_H
#define DEBUGGER_RUN_H

#include "options.h"
#include "session.h"

/* Returns facet's exit status, before failures of --events are known. */
int run_program(struct session *session, const struct options *options);

/* Until then: loading a checkpoint has that time, too, or ends facet as a run is ended. */
void run_limit_load(double timeout);

#endif
