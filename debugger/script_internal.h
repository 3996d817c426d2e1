/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the parts of script.h share. Functions that take a lua_State may raise Lua errors; those that take a struct
 * script never do.
 */
#ifndef DEBUGGER_SCRIPT_INTERNAL_H
#define DEBUGGER_SCRIPT_INTERNAL_H

#include "script.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>

#define SCRIPT_WHY 200

struct script {
    lua_State *lua;
    const struct facet_object *object;
    char *path;                        /* of its file */
    const struct facet_access *access; /* while access() or outcome() runs; else NULL */
    bool outcome;                      /* it is outcome() */
    volatile bool hurried;             /* access() took too long and was told to end */
    uint32_t verdicts;                 /* declared, as FACET_MAY */
    uint64_t asked;                    /* accesses */
    size_t memory;                     /* bytes that the state has now */
    FILE *out;                         /* of print() */
};

/* Lua keeps room for one pointer in front of a state and of each of its coroutines. */
static inline struct script *script_of(lua_State *lua) {
    return *(struct script **)lua_getextraspace(lua);
}

/* ---- script_access.c */
/* Pushes the object that stands for the access of the moment: access(a), outcome(a). There is one in a state. */
void script_push_access(lua_State *lua);
/* Defines PASS, DONE, FAULT, STEP, BLOCK and STOP. */
void script_define_verdicts(lua_State *lua);
/* Turns what access() returned, `count` values on top of the stack, into a verdict; false: it is none, and why. */
bool script_answer(struct script *script, int count, struct facet_reply *reply, enum facet_verdict *verdict,
                   char why[SCRIPT_WHY]);
/* Takes the value of `verdicts`, on top of the stack; false: it is no declaration, and why. */
bool script_declaration(struct script *script, char why[SCRIPT_WHY]);

/* Memory as Lua has it: up to 8 bytes are a little-endian integer, more are a string. NULL is nil. */
void script_push_bytes(lua_State *lua, const uint8_t *bytes, size_t size);
/* The value at an index as `size` bytes; false: it cannot be that, and why. */
bool script_bytes(lua_State *lua, int index, uint8_t *bytes, size_t size, char why[SCRIPT_WHY]);
/* "nil", "7", "the string "pass"", for messages. Returns text. */
const char *script_describe(lua_State *lua, int index, char text[SCRIPT_WHY]);

/* ---- script_services.c: defines print and the table `facet` */
void script_define_services(lua_State *lua);

#endif
