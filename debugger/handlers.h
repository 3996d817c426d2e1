/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which handlers there are: built-in ones, shared objects and files in Lua. As the user names them:
 *
 *     NAME[:ARGS]       trace, count, watch, freeze, once, flip, poison, log
 *     PATH.so[:ARGS]    exports `facet_handler`, see <facet/handler.h>
 *     PATH.lua[:ARGS]   see script.h; device:PATH.lua[:ARGS], too
 *     endpoint:NAME     a process of the guest (facet/abi.h, OP_ACCESS); here nothing is asked
 */
#ifndef DEBUGGER_HANDLERS_H
#define DEBUGGER_HANDLERS_H

#include "emu/archive.h"

#include <facet/error.h>
#include <facet/handler.h>
#include <stdbool.h>

struct handler_code {
    const struct facet_handler *handler;
    void *library; /* of dlopen; else NULL */
    bool foreign;  /* somebody else's code: it may crash, or not return */
    /* What verdicts it may give when that is known only once it is attached; NULL: handler->verdicts() says so. */
    uint32_t (*declared)(const void *state);
    /* Its access() takes too long, and is to end with what it says about that; from a signal. False: it was told so
     * before. NULL: it cannot. */
    bool (*hurry)(void *state);
    bool endpoint; /* a process of the guest answers; args: the endpoint's name */
    char *text;    /* as the user wrote it */
    char *name;    /* the part before ARGS */
    char *args;    /* "" without any */
};

/* Finds and loads the code; nothing is attached yet. FACET_ERR_USAGE with one line of text. */
enum facet_status handler_load(const char *text, struct handler_code *code, struct facet_error *error);
void handler_unload(struct handler_code *code);

/* Length of the path in PATH.so[:ARGS] for the suffix ".so", 0 if there is no such ending. */
size_t handler_path_length(const char *text, const char *suffix);

/* All built-in handlers, ended by NULL. */
extern const struct facet_handler *const handlers_builtin[];
extern const struct facet_handler handler_trace, handler_count, handler_watch, handler_freeze, handler_once,
    handler_flip, handler_poison, handler_log;

/* "load", "store", "fetch"; "pass", "done", … as events and messages spell them; "STEP" with upper. */
const char *handler_kind_name(enum facet_kind kind);
const char *handler_verdict_name(unsigned verdict);

/* Its state can go into a checkpoint. */
bool handler_saves(const struct facet_handler *handler);
/* Files that handlers write are to go on instead of beginning anew: set while a checkpoint is loaded. */
extern bool handlers_go_on;

/* ---- What the built-in handlers share */

/* save() and load() by one description of the state. */
typedef void handler_visit(struct archive *archive, void *state);
void handler_save_by(handler_visit *visit, void *state, FILE *out);
int handler_load_by(handler_visit *visit, void *state, FILE *in, struct facet_handler_error *error);

/* "insert+0x12 (table.c:41)", as far as known; else the address alone. Returns text. */
#define HANDLER_PLACE 340
const char *handler_place(const struct facet_services *services, uint64_t pc, char text[HANDLER_PLACE]);
/* Something could not be written, which was said: facet ends with status 125. */
void services_failed(const struct facet_services *services);
/* The handler is not to be asked again: what it did, and at which access (NULL: at none), is said as of one that broke
 * its contract. Not `to_blame`: only because the user wanted an end. */
void services_broken(const struct facet_services *services, const struct facet_access *access, const char *what,
                     bool to_blame);

#endif
