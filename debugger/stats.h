/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * --stats: one JSON object about a run.
 */
#ifndef DEBUGGER_STATS_H
#define DEBUGGER_STATS_H

#include "session.h"

struct stats_run {
    const char *path;  /* "-": standard output */
    const char *end;   /* why the run ended: "exited", "faulted", … */
    int exit;          /* facet's exit status */
    double seconds;    /* of the host, machine running; 0: not measured */
    bool instructions; /* were counted */
};

/* False: it could not be written, which was said on standard error. */
bool stats_write(const struct session *session, const struct stats_run *run);

#endif
