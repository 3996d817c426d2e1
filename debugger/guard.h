/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Calls into shared objects that somebody else wrote: one that crashes or does not return is left, facet goes on.
 *
 * SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT belong to the guard while a machine runs that may call such code, and
 * around the rare other calls; outside of a guarded call they go to whoever had them before. What the code that is left
 * held at that moment stays as it was: locks, files, half of a change. It must not be called again.
 */
#ifndef DEBUGGER_GUARD_H
#define DEBUGGER_GUARD_H

#include "swap.h"

#define GUARD_GRACE 1 /* seconds that a call may still take when the user wants an end */

/* Between them guard_ask() may be called. They nest. */
void guard_enter(void);
void guard_leave(void);

/* Asks the handler, a struct attached. If it crashes or is overdue: handler_crashed(), and PASS. */
enum facet_verdict guard_ask(void *handler, const struct facet_access *access, struct facet_reply *reply);
/* Any other call; enters and leaves by itself. False: it crashed (*signal), or was overdue (*signal is 0). */
bool guard_call(void (*call)(void *context), void *context, int *signal);

/* The user wants an end: a call that does not return soon is overdue. Async-signal-safe. */
void guard_interrupt(void);

/* "crashed (SIGSEGV, Segmentation fault)", "did not return" */
void guard_cause(int signal, char *text, size_t size);

#endif
