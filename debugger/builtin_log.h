/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the handler `log` and the command `accesses` share.
 */
#ifndef DEBUGGER_BUILTIN_LOG_H
#define DEBUGGER_BUILTIN_LOG_H

#include "handlers.h"
#include "history.h"

/* Of a state of handler_log. */
struct history *log_history(const void *state);

#endif
