/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which handlers there are: built-in ones and shared objects. As the user names them:
 *
 *     NAME[:ARGS]       trace, count, watch, freeze, once, flip
 *     PATH.so[:ARGS]    exports `facet_handler`, see <facet/handler.h>
 */
#ifndef DEBUGGER_HANDLERS_H
#define DEBUGGER_HANDLERS_H

#include <facet/error.h>
#include <facet/handler.h>

struct handler_code {
    const struct facet_handler *handler;
    void *library; /* of dlopen; NULL: built in */
    char *text;    /* as the user wrote it */
    char *name;    /* the part before ARGS */
    char *args;    /* "" without any */
};

/* Finds and loads the code; nothing is attached yet. FACET_ERR_USAGE with one line of text. */
enum facet_status handler_load(const char *text, struct handler_code *code, struct facet_error *error);
void handler_unload(struct handler_code *code);

/* All built-in handlers, ended by NULL. */
extern const struct facet_handler *const handlers_builtin[];
extern const struct facet_handler handler_trace, handler_count, handler_watch, handler_freeze, handler_once,
    handler_flip;

/* "load", "store", "fetch"; "pass", "done", … as events and messages spell them; "STEP" with upper. */
const char *handler_kind_name(enum facet_kind kind);
const char *handler_verdict_name(unsigned verdict);

/* ---- What the built-in handlers share */

/* "insert+0x12 (table.c:41)", as far as known; else the address alone. Returns text. */
#define HANDLER_PLACE 340
const char *handler_place(const struct facet_services *services, uint64_t pc, char text[HANDLER_PLACE]);

#endif
