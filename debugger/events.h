/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * --events: one JSON object a line for each access of each swapped object.
 */
#ifndef DEBUGGER_EVENTS_H
#define DEBUGGER_EVENTS_H

#include <facet/error.h>
#include <facet/handler.h>
#include <stdbool.h>

struct events;

/* path "-": standard output. */
enum facet_status events_open(const char *path, struct events **events, struct facet_error *error);
/* value: `size` bytes delivered or attempted, NULL: nothing backs a load. The number of the event is given here; the
 * access's own sequence is not used. */
void events_write(struct events *events, const struct facet_access *access, const uint8_t *value,
                  enum facet_verdict verdict);
void events_flush(struct events *events);
/* Calls once so many have been written. */
void events_alarm(struct events *events, uint64_t count, void (*call)(void *context), void *context);
/* So many were written elsewhere. */
void events_continue(struct events *events, uint64_t count);
uint64_t events_count(const struct events *events);
/* False: something could not be written; it was said on standard error when it happened. */
bool events_close(struct events *events);

#endif
