/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What facet does for a handler in Lua: the table `facet`, whose functions are those of struct facet_services, and
 * print().
 */
#include "script_internal.h"

#include <string.h>

static const struct facet_services *services(lua_State *lua) {
    return script_of(lua)->object->services;
}

/* print(...): to standard error, where it is not mistaken for the program's output. In report(): to the report. */
static int say(lua_State *lua) {
    FILE *out = script_of(lua)->out;
    int count = lua_gettop(lua);
    for (int i = 1; i <= count; i++) {
        fprintf(out, "%s%s", i == 1 ? "" : "\t", luaL_tolstring(lua, i, NULL));
        lua_pop(lua, 1);
    }
    fputc('\n', out);
    return 0;
}

/* read(offset, size): nil if the range leaves the object or nothing backs it */
static int read_backing(lua_State *lua) {
    lua_Integer offset = luaL_checkinteger(lua, 1), size = luaL_checkinteger(lua, 2);
    luaL_Buffer buffer;
    luaL_argcheck(lua, size > 0, 2, "a size is greater than 0");
    char *bytes = luaL_buffinitsize(lua, &buffer, (size_t)size);
    if (services(lua)->read(services(lua)->facet, offset, bytes, (size_t)size) != 0)
        return 0;
    if (size <= 8)
        script_push_bytes(lua, (const uint8_t *)bytes, (size_t)size);
    else
        luaL_pushresultsize(&buffer, (size_t)size);
    return 1;
}

/* write(offset, integer, size), write(offset, string): false as read()'s nil */
static int write_backing(lua_State *lua) {
    lua_Integer offset = luaL_checkinteger(lua, 1);
    uint8_t bytes[8];
    const char *from = (const char *)bytes;
    size_t size;
    char why[SCRIPT_WHY];
    if (lua_type(lua, 2) == LUA_TSTRING) {
        from = lua_tolstring(lua, 2, &size);
    } else {
        lua_Integer wanted = luaL_checkinteger(lua, 3);
        luaL_argcheck(lua, wanted >= 1 && wanted <= 8, 3, "an integer is written as 1 to 8 bytes");
        size = (size_t)wanted;
        if (!script_bytes(lua, 2, bytes, size, why))
            return luaL_argerror(lua, 2, why);
    }
    lua_pushboolean(lua, services(lua)->write(services(lua)->facet, offset, from, size) == 0);
    return 1;
}

/* symbol(address): "insert+0x12"; line(address): "table.c:41"; "" if unknown */
static int symbol(lua_State *lua) {
    lua_pushstring(lua, services(lua)->symbol(services(lua)->facet, (uint64_t)luaL_checkinteger(lua, 1)));
    return 1;
}

static int line(lua_State *lua) {
    lua_pushstring(lua, services(lua)->line(services(lua)->facet, (uint64_t)luaL_checkinteger(lua, 1)));
    return 1;
}

/* lookup(name): address, size; nothing if there is none */
static int lookup(lua_State *lua) {
    uint64_t size = 0, va = services(lua)->lookup(services(lua)->facet, luaL_checkstring(lua, 1), &size);
    lua_pushinteger(lua, (lua_Integer)va);
    lua_pushinteger(lua, (lua_Integer)size);
    return va ? 2 : 0;
}

static int swap(lua_State *lua) {
    const char *object = luaL_checkstring(lua, 1), *handler = luaL_checkstring(lua, 2);
    lua_pushboolean(lua, services(lua)->swap(services(lua)->facet, object, handler) == 0);
    return 1;
}

static int restore(lua_State *lua) {
    lua_pushboolean(lua, services(lua)->restore(services(lua)->facet, luaL_checkstring(lua, 1)) == 0);
    return 1;
}

static int wake(lua_State *lua) {
    lua_pushboolean(lua, services(lua)->wake(services(lua)->facet, (uint64_t)luaL_checkinteger(lua, 1)) == 0);
    return 1;
}

/* facet.object, va, size: where the object is now, which may change; facet.seed */
static int about(lua_State *lua) {
    const struct facet_object *object = script_of(lua)->object;
    const char *name = luaL_checkstring(lua, 2);
    if (strcmp(name, "object") == 0)
        lua_pushstring(lua, object->name);
    else if (strcmp(name, "va") == 0)
        lua_pushinteger(lua, (lua_Integer)object->va);
    else if (strcmp(name, "size") == 0)
        lua_pushinteger(lua, (lua_Integer)object->size);
    else if (strcmp(name, "seed") == 0)
        lua_pushinteger(lua, (lua_Integer)object->services->seed);
    else
        return luaL_error(lua, "there is no facet.%s", name);
    return 1;
}

void script_define_services(lua_State *lua) {
    static const luaL_Reg functions[] = {
        {"read", read_backing}, {"write", write_backing}, {"symbol", symbol}, {"line", line}, {"lookup", lookup},
        {"swap", swap},         {"restore", restore},     {"wake", wake},     {NULL, NULL},
    };
    luaL_newlib(lua, functions);
    lua_createtable(lua, 0, 1);
    lua_pushcfunction(lua, about);
    lua_setfield(lua, -2, "__index");
    lua_setmetatable(lua, -2);
    lua_setglobal(lua, "facet");
    lua_register(lua, "print", say);
}
