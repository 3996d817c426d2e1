/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Accesses in an SQLite database: one table, `accesses`, with the columns of events (n, ev, proc, pc, va, obj, off,
 * size, value, old, by, rmw, atomic, part, clock). Addresses are integers, and so are values of up to 8 bytes; longer
 * ones are text ("0x…").
 */
#ifndef DEBUGGER_HISTORY_H
#define DEBUGGER_HISTORY_H

#include <facet/error.h>
#include <facet/handler.h>
#include <stdbool.h>

struct history;

/* path "": a temporary one, gone when the last object is. Objects with the same path share a database. What it held of
 * this object is deleted, and all else if nobody has it open; a database or file of somebody else is left alone. */
enum facet_status history_open(const char *path, const char *object, struct history **history,
                               struct facet_error *error);
/* False: it could not be written, once; afterwards nothing is. `why` gets the reason. */
bool history_write(struct history *history, const struct facet_access *access, struct facet_error *why);
bool history_commit(struct history *history, struct facet_error *why);
bool history_close(struct history *history, struct facet_error *why);
/* The number of the next access. To go on from that one: what a file has of later ones is deleted. */
uint64_t history_next(const struct history *history);
bool history_go_on(struct history *history, uint64_t n, struct facet_error *why);
uint64_t history_count(const struct history *history, const char *object);

struct history_row {
    uint64_t n, pc;
    const char *kind;
    int64_t offset;
    int size;
    const char *value, *old; /* "0x…", "": none */
};
typedef void history_fn(void *context, const struct history_row *row);
/* Calls for each access of the object for which the SQL expression `where` ("": all) holds, in order or the newest
 * first, at most `limit`. *more: there are others. */
enum facet_status history_query(struct history *history, const char *object, const char *where, bool newest,
                                uint64_t limit, history_fn *call, void *context, bool *more, struct facet_error *error);

#endif
