/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An access as Lua sees it, and what Lua answers. This runs for every access: the fields are looked up when they are
 * asked for, and nothing is allocated but for values of more than 8 bytes.
 */
#include "script_internal.h"
#include "text.h"

#include <string.h>

/* ---- Values */

void script_push_bytes(lua_State *lua, const uint8_t *bytes, size_t size) {
    uint64_t value = 0;
    if (!bytes) {
        lua_pushnil(lua);
    } else if (size > sizeof value) {
        lua_pushlstring(lua, (const char *)bytes, size);
    } else {
        memcpy(&value, bytes, size);
        lua_pushinteger(lua, (lua_Integer)value);
    }
}

static bool wrong(char why[SCRIPT_WHY], const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool wrong(char why[SCRIPT_WHY], const char *format, ...) {
    va_list list;
    va_start(list, format);
    vsnprintf(why, SCRIPT_WHY, format, list);
    va_end(list);
    return false;
}

static const char *plural(size_t count) {
    return count == 1 ? "" : "s";
}

const char *script_describe(lua_State *lua, int index, char text[SCRIPT_WHY]) {
    int type = lua_type(lua, index);
    if (type == LUA_TSTRING)
        snprintf(text, SCRIPT_WHY, "the string \"%.60s\"", lua_tostring(lua, index));
    else if (type == LUA_TNUMBER && lua_isinteger(lua, index))
        snprintf(text, SCRIPT_WHY, "%lld", lua_tointeger(lua, index));
    else if (type == LUA_TNUMBER)
        snprintf(text, SCRIPT_WHY, "%.14g", lua_tonumber(lua, index));
    else
        snprintf(text, SCRIPT_WHY, "%s%s", type <= LUA_TNIL ? "" : "a ", lua_typename(lua, type));
    return text;
}

static bool integer_bytes(lua_State *lua, int index, uint8_t *bytes, size_t size, char why[SCRIPT_WHY]) {
    int exact, bits = 8 * (int)size;
    lua_Integer value = lua_tointegerx(lua, index, &exact);
    if (!exact)
        return wrong(why, "%.14g is no integer", lua_tonumber(lua, index));
    if (size > sizeof value)
        return wrong(why, "%lld is no string: more than 8 bytes are one", value);
    if (bits < 64 && (value < -(1LL << (bits - 1)) || value >= 1LL << bits))
        return wrong(why, "%lld does not fit into %zu byte%s", value, size, plural(size));
    memcpy(bytes, &value, size);
    return true;
}

bool script_bytes(lua_State *lua, int index, uint8_t *bytes, size_t size, char why[SCRIPT_WHY]) {
    char text[SCRIPT_WHY];
    size_t length;
    if (lua_type(lua, index) == LUA_TNUMBER)
        return integer_bytes(lua, index, bytes, size, why);
    if (lua_type(lua, index) != LUA_TSTRING)
        return wrong(why, "%.100s is neither an integer nor a string", script_describe(lua, index, text));
    const char *string = lua_tolstring(lua, index, &length);
    if (length != size)
        return wrong(why, "a string of %zu byte%s is no value of %zu", length, plural(length), size);
    memcpy(bytes, string, size);
    return true;
}

/* ---- The access */

enum field {
    FIELD_KIND = 1,
    FIELD_OFFSET,
    FIELD_SIZE,
    FIELD_VALUE,
    FIELD_OLD,
    FIELD_NOW,
    FIELD_PC,
    FIELD_VA,
    FIELD_PROCESS,
    FIELD_BY,
    FIELD_RMW,
    FIELD_ATOMIC,
    FIELD_PART,
    FIELD_OBJECT,
    FIELD_SEQUENCE,
    FIELD_CLOCK,
};

static const char *const fields[] = {
    [FIELD_KIND] = "kind",   [FIELD_OFFSET] = "offset", [FIELD_SIZE] = "size",
    [FIELD_VALUE] = "value", [FIELD_OLD] = "old",       [FIELD_NOW] = "now",
    [FIELD_PC] = "pc",       [FIELD_VA] = "va",         [FIELD_PROCESS] = "process",
    [FIELD_BY] = "by",       [FIELD_RMW] = "rmw",       [FIELD_ATOMIC] = "atomic",
    [FIELD_PART] = "part",   [FIELD_OBJECT] = "object", [FIELD_SEQUENCE] = "sequence",
    [FIELD_CLOCK] = "clock",
};
#define FIELDS ((int)(sizeof fields / sizeof *fields))

/* Upvalues of access_index(): from a name to its enum field; the names of the kinds. */
enum { UP_FIELDS = 1, UP_KINDS, UPS = UP_KINDS + FACET_FETCH };

static void push_flag(lua_State *lua, uint32_t flags, uint32_t flag) {
    lua_pushboolean(lua, (flags & flag) != 0);
}

static void push_field(lua_State *lua, const struct script *s, const struct facet_access *a, lua_Integer field) {
    switch (field) {
    case FIELD_KIND:
        lua_pushvalue(lua, lua_upvalueindex(UP_KINDS + (int)a->kind));
        break;
    case FIELD_OFFSET:
        lua_pushinteger(lua, a->offset);
        break;
    case FIELD_SIZE:
        lua_pushinteger(lua, a->size);
        break;
    case FIELD_VALUE:
        script_push_bytes(lua, s->outcome || a->kind == FACET_STORE ? a->attempted : a->backing, a->size);
        break;
    case FIELD_OLD:
        script_push_bytes(lua, !s->outcome && a->kind == FACET_STORE ? a->backing : NULL, a->size);
        break;
    case FIELD_NOW:
        script_push_bytes(lua, a->backing, a->size);
        break;
    case FIELD_PC:
        lua_pushinteger(lua, (lua_Integer)a->pc);
        break;
    case FIELD_VA:
        lua_pushinteger(lua, (lua_Integer)a->va);
        break;
    case FIELD_PROCESS:
        lua_pushinteger(lua, (lua_Integer)a->process);
        break;
    case FIELD_BY:
        lua_pushstring(lua, a->flags & FACET_KERNEL ? "kernel" : "user");
        break;
    case FIELD_RMW:
        push_flag(lua, a->flags, FACET_RMW);
        break;
    case FIELD_ATOMIC:
        push_flag(lua, a->flags, FACET_ATOMIC);
        break;
    case FIELD_PART:
        push_flag(lua, a->flags, FACET_PART);
        break;
    case FIELD_OBJECT:
        lua_pushstring(lua, a->object);
        break;
    case FIELD_SEQUENCE:
        lua_pushinteger(lua, (lua_Integer)a->sequence);
        break;
    case FIELD_CLOCK:
        lua_pushinteger(lua, (lua_Integer)a->clock);
        break;
    default:
        luaL_error(lua, "an access has no field '%s'", luaL_tolstring(lua, 2, NULL));
    }
}

static int access_index(lua_State *lua) {
    struct script *s = script_of(lua);
    if (!s->access)
        return luaL_error(lua, "this access is over; copy what is needed of it later");
    lua_pushvalue(lua, 2);
    lua_rawget(lua, lua_upvalueindex(UP_FIELDS));
    push_field(lua, s, s->access, lua_tointeger(lua, -1));
    return 1;
}

static int access_newindex(lua_State *lua) {
    return luaL_error(lua, "an access cannot be changed; return DONE, or facet.write() and DONE");
}

void script_push_access(lua_State *lua) {
    lua_newuserdatauv(lua, 0, 0);
    lua_newtable(lua);
    lua_createtable(lua, 0, FIELDS);
    for (int i = 1; i < FIELDS; i++) {
        lua_pushinteger(lua, i);
        lua_setfield(lua, -2, fields[i]);
    }
    for (int kind = FACET_LOAD; kind <= FACET_FETCH; kind++)
        lua_pushstring(lua, handler_kind_name((enum facet_kind)kind));
    lua_pushcclosure(lua, access_index, UPS);
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, access_newindex);
    lua_setfield(lua, -2, "__newindex");
    lua_pushliteral(lua, "access");
    lua_setfield(lua, -2, "__name");
    lua_setmetatable(lua, -2);
}

/* ---- Verdicts */

static const char *const verdicts[] = {"PASS", "DONE", "FAULT", "STEP", "BLOCK", "STOP"};
#define VERDICTS ((int)(sizeof verdicts / sizeof *verdicts))

void script_define_verdicts(lua_State *lua) {
    for (int i = 0; i < VERDICTS; i++) {
        lua_pushinteger(lua, i);
        lua_setglobal(lua, verdicts[i]);
    }
}

/* False: it is none. */
static bool verdict_at(lua_State *lua, int index, enum facet_verdict *verdict) {
    int exact = 0;
    lua_Integer value = lua_type(lua, index) == LUA_TNUMBER ? lua_tointegerx(lua, index, &exact) : 0;
    *verdict = (enum facet_verdict)value;
    return exact && value >= 0 && value < VERDICTS;
}

static const char *name_set(uint32_t set, char text[64]) {
    char *at = text;
    for (int i = 0; i < VERDICTS; i++)
        if (set & FACET_MAY(i))
            at += sprintf(at, "%s%s", at == text ? "" : ", ", verdicts[i]);
    return text;
}

static bool take_fault(lua_State *lua, int index, struct facet_reply *reply, char why[SCRIPT_WHY]) {
    char text[SCRIPT_WHY];
    int exact = 0;
    lua_Integer code = lua_type(lua, index) == LUA_TNUMBER ? lua_tointegerx(lua, index, &exact) : 0;
    if (!exact || code < 0 || code > UINT32_MAX)
        return wrong(why, "answered FAULT with %.100s, which is no code of 32 bits", script_describe(lua, index, text));
    reply->fault = (uint32_t)code;
    return true;
}

static bool take_text(lua_State *lua, int index, struct facet_reply *reply, char why[SCRIPT_WHY]) {
    char text[SCRIPT_WHY];
    if (lua_type(lua, index) != LUA_TSTRING)
        return wrong(why, "answered STOP with %.100s, which is no string", script_describe(lua, index, text));
    snprintf(reply->text, sizeof reply->text, "%s", lua_tostring(lua, index));
    return true;
}

static bool take_value(struct script *s, int index, struct facet_reply *reply, char why[SCRIPT_WHY]) {
    const char *kind = handler_kind_name((enum facet_kind)s->access->kind);
    char text[SCRIPT_WHY];
    return script_bytes(s->lua, index, reply->bytes, s->access->size, text) ||
           wrong(why, "answered DONE to a %s of %u byte%s, but %.100s", kind, s->access->size, plural(s->access->size),
                 text);
}

/* The second value that goes with a verdict. */
static bool take_more(struct script *s, int index, enum facet_verdict verdict, struct facet_reply *reply,
                      char why[SCRIPT_WHY]) {
    char text[SCRIPT_WHY];
    if (verdict == FACET_DONE && s->access->kind != FACET_STORE)
        return take_value(s, index, reply, why);
    if (lua_isnoneornil(s->lua, index))
        return true;
    if (verdict == FACET_FAULT)
        return take_fault(s->lua, index, reply, why);
    if (verdict == FACET_STOP)
        return take_text(s->lua, index, reply, why);
    return wrong(why, "answered %s to a %s with %.100s; only DONE to a load, FAULT and STOP have a second value",
                 verdicts[verdict], handler_kind_name((enum facet_kind)s->access->kind),
                 script_describe(s->lua, index, text));
}

bool script_answer(struct script *s, int count, struct facet_reply *reply, enum facet_verdict *verdict,
                   char why[SCRIPT_WHY]) {
    int first = lua_gettop(s->lua) - count + 1;
    char text[SCRIPT_WHY];
    *verdict = FACET_PASS;
    if (count == 0)
        return true;
    if (!verdict_at(s->lua, first, verdict))
        return wrong(why, "returned %.100s, which is no verdict", script_describe(s->lua, first, text));
    if (!(s->verdicts & FACET_MAY(*verdict)))
        return wrong(why, "gave verdict %s, which it did not declare (verdicts = {%s} would)", verdicts[*verdict],
                     name_set(s->verdicts | FACET_MAY(*verdict), text));
    return (*verdict == FACET_PASS && count == 1) || take_more(s, first + 1, *verdict, reply, why);
}

/* The list on top of the stack. */
static bool take_declared(struct script *s, char why[SCRIPT_WHY]) {
    char text[SCRIPT_WHY];
    enum facet_verdict verdict;
    lua_Integer count = (lua_Integer)lua_rawlen(s->lua, -1);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(s->lua, -1, i);
        if (!verdict_at(s->lua, -1, &verdict))
            return wrong(why, "element %lld of `verdicts` is %.100s, no verdict", i, script_describe(s->lua, -1, text));
        s->verdicts |= FACET_MAY(verdict);
        lua_pop(s->lua, 1);
    }
    return s->verdicts || wrong(why, "`verdicts` is an empty list");
}

bool script_declaration(struct script *s, char why[SCRIPT_WHY]) {
    char text[SCRIPT_WHY];
    s->verdicts = 0;
    if (lua_type(s->lua, -1) == LUA_TTABLE)
        return take_declared(s, why);
    if (lua_type(s->lua, -1) != LUA_TNIL)
        return wrong(why, "`verdicts` is %.100s, no list such as {PASS, STOP}", script_describe(s->lua, -1, text));
    s->verdicts = FACET_MAY(FACET_PASS) | FACET_MAY(FACET_DONE);
    return true;
}
