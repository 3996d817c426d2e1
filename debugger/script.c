/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A handler in Lua, seen by the debugger as a handler like any other.
 */
#include "guard.h"
#include "script_internal.h"
#include "text.h"

#include <lualib.h>
#include <string.h>

#define MEMORY_MAX (256ul << 20) /* bytes that one handler may use */

/* The bottom of its state's stack is always: what makes a text of errors, the file's functions (nil: it has none), the
 * object that stands for the access. Nothing has to be looked up, which could fail. */
enum {
    AT_MESSAGE = 1,
    AT_FUNCTION,
    AT_OUTCOME,
    AT_REPORT,
    AT_DETACH,
    AT_SAVE,
    AT_RESUME,
    AT_ATTACH,
    AT_ACCESS,
    AT_TOP = AT_ACCESS
};

static const char *const functions[] = {
    [AT_FUNCTION] = "access", [AT_OUTCOME] = "outcome", [AT_REPORT] = "report", [AT_DETACH] = "detach",
    [AT_SAVE] = "save",       [AT_RESUME] = "resume",   [AT_ATTACH] = "attach",
};

static void *allocate(void *context, void *block, size_t old, size_t size) {
    struct script *s = context;
    size_t rest = s->memory - (block ? old : 0);
    if (size == 0) {
        free(block);
        s->memory = rest;
        return NULL;
    }
    void *new = size > MEMORY_MAX - rest ? NULL : realloc(block, size);
    if (new)
        s->memory = rest + size;
    return new;
}

/* What an error has to say, as a string. */
static int message(lua_State *lua) {
    if (lua_type(lua, 1) != LUA_TSTRING)
        luaL_tolstring(lua, 1, NULL);
    return 1;
}

/* ---- Calls */

/* Calls a function with `count` arguments, all on top of the stack; `results` as of lua_pcall. False: why. */
static bool call(struct script *s, int count, int results, char why[SCRIPT_WHY]) {
    if (lua_pcall(s->lua, count, results, AT_MESSAGE) == LUA_OK)
        return true;
    const char *text = lua_type(s->lua, -1) == LUA_TSTRING ? lua_tostring(s->lua, -1) : "an error without a text";
    snprintf(why, SCRIPT_WHY, "%.*s", (int)strcspn(text, "\n"), text);
    return false;
}

/* "facet: handler …: bad.lua:3: … at a load …"; it is not called again but for detach(). */
static void fail(struct script *s, const struct facet_access *access, const char *why) {
    s->access = NULL;
    services_broken(s->object->services, access, why, !s->hurried);
}

/* Calls one of the file's functions, if it has that, with the access if there is one. */
static void call_own(struct script *s, int function, const struct facet_access *access) {
    char why[SCRIPT_WHY], how[SCRIPT_WHY + 20];
    if (lua_isnil(s->lua, function))
        return;
    s->access = access;
    lua_pushvalue(s->lua, function);
    if (access)
        lua_pushvalue(s->lua, AT_ACCESS);
    if (!call(s, access != NULL, 0, why)) {
        snprintf(how, sizeof how, "%s in %s()", why, functions[function]);
        fail(s, access, how);
    }
    s->access = NULL;
    lua_settop(s->lua, AT_TOP);
}

/* Lua's debug hook, before the next of its instructions. */
static void end_now(lua_State *lua, lua_Debug *where) {
    (void)where;
    luaL_where(lua, 0);
    lua_pushfstring(lua, "did not return for %d second%s", GUARD_GRACE, GUARD_GRACE == 1 ? "" : "s");
    lua_concat(lua, 2);
    lua_error(lua);
}

/* Lua allows this of a signal. It reaches no coroutine: one is left as a shared object would be. */
bool script_hurry(void *state) {
    struct script *s = state;
    if (s->hurried)
        return false;
    s->hurried = true;
    lua_sethook(s->lua, end_now, LUA_MASKCOUNT, 1);
    return true;
}

/* It has returned after all, be it with that error. */
static void end_hurry(struct script *s) {
    lua_sethook(s->lua, NULL, 0, 0);
    s->hurried = false;
}

/* access() has given an answer that is none: no line is to blame but the function's first. */
static void refuse_answer(struct script *s, const struct facet_access *access, const char *why) {
    char how[SCRIPT_WHY + LUA_IDSIZE + 20];
    lua_Debug function;
    lua_pushvalue(s->lua, AT_FUNCTION);
    lua_getinfo(s->lua, ">S", &function);
    snprintf(how, sizeof how, "%s:%d: access() %s", function.short_src, function.linedefined, why);
    fail(s, access, how);
}

static enum facet_verdict script_access(void *state, const struct facet_access *access, struct facet_reply *reply) {
    struct script *s = state;
    enum facet_verdict verdict = FACET_PASS;
    char why[SCRIPT_WHY];
    s->access = access;
    s->asked++;
    lua_pushvalue(s->lua, AT_FUNCTION);
    lua_pushvalue(s->lua, AT_ACCESS);
    if (!call(s, 1, LUA_MULTRET, why)) {
        fail(s, access, why);
    } else if (!script_answer(s, lua_gettop(s->lua) - AT_TOP, reply, &verdict, why)) {
        refuse_answer(s, access, why);
        verdict = FACET_PASS;
    }
    if (__builtin_expect(s->hurried, 0))
        end_hurry(s);
    s->access = NULL;
    lua_settop(s->lua, AT_TOP);
    return verdict;
}

static void script_outcome(void *state, const struct facet_access *access) {
    struct script *s = state;
    s->outcome = true;
    call_own(s, AT_OUTCOME, access);
    s->outcome = false;
}

static void script_report(void *state, FILE *out) {
    struct script *s = state;
    s->out = out;
    if (lua_isnil(s->lua, AT_REPORT))
        fprintf(out, "%s %s: %lu access%s\n", s->path, s->object->name, s->asked, s->asked == 1 ? "" : "es");
    call_own(s, AT_REPORT, NULL);
    s->out = stderr;
}

/* ---- Checkpoints: the file's save() returns a string, its resume(text) gets that */

#define SAVED_MAX (64ul << 20)

/* The string is on top of Lua's stack; nil: it has no save(). */
static void push_saved(struct script *s) {
    char why[SCRIPT_WHY], how[SCRIPT_WHY + 20];
    lua_pushvalue(s->lua, AT_SAVE);
    if (lua_isnil(s->lua, AT_SAVE))
        return;
    snprintf(why, sizeof why, "it returned no string");
    if (call(s, 0, 1, why) && lua_isstring(s->lua, -1))
        return;
    snprintf(how, sizeof how, "%s in save()", why);
    fail(s, NULL, how);
    lua_settop(s->lua, AT_TOP);
    lua_pushnil(s->lua);
}

static void script_save(void *state, FILE *out) {
    struct script *s = state;
    struct archive a = {.file = out};
    size_t size = 0;
    push_saved(s);
    const char *text = lua_tolstring(s->lua, -1, &size);
    bool any = text != NULL;
    archive_value(&a, s->asked);
    archive_flag(&a, &any);
    archive_number(&a, size, SAVED_MAX);
    archive_bytes(&a, (char *)(uintptr_t)text, any ? size : 0);
    lua_settop(s->lua, AT_TOP);
}

static int give_saved(struct script *s, const char *text, size_t size, struct facet_handler_error *error) {
    char why[SCRIPT_WHY];
    lua_pushvalue(s->lua, AT_RESUME);
    lua_pushlstring(s->lua, text, size);
    bool good = call(s, 1, 0, why);
    if (!good)
        snprintf(error->text, sizeof error->text, "%s in resume()", why);
    lua_settop(s->lua, AT_TOP);
    return good ? 0 : -1;
}

static int script_load(void *state, FILE *in, struct facet_handler_error *error) {
    struct script *s = state;
    struct archive a = {.file = in, .loading = true};
    bool any;
    int result = 0;
    archive_value(&a, s->asked);
    archive_flag(&a, &any);
    uint64_t size = archive_number(&a, 0, SAVED_MAX);
    char *text = text_grow(NULL, size + 1, 1);
    archive_bytes(&a, text, size);
    if (!any || lua_isnil(s->lua, AT_RESUME))
        fprintf(stderr, "facet: %s on %s begins afresh: the file has no save() and resume()\n", s->path,
                s->object->name);
    else
        result = give_saved(s, text, size, error);
    free(text);
    return a.bad ? -1 : result;
}

/* ---- Attaching */

/* The folder of the file is searched first by require(). */
static void extend_path(lua_State *lua, const char *path) {
    const char *slash = strrchr(path, '/');
    lua_getglobal(lua, LUA_LOADLIBNAME);
    lua_getfield(lua, -1, "path");
    lua_pushlstring(lua, path, slash ? (size_t)(slash + 1 - path) : 0);
    lua_pushfstring(lua, "%s?.lua;%s", lua_tostring(lua, -1), lua_tostring(lua, -2));
    lua_setfield(lua, -4, "path");
    lua_pop(lua, 3);
}

/* Chance starts where --seed says, not where Lua thinks. */
static void seed_chance(lua_State *lua, uint64_t seed) {
    lua_getglobal(lua, "math");
    lua_getfield(lua, -1, "randomseed");
    lua_pushinteger(lua, (lua_Integer)seed);
    lua_call(lua, 1, 0);
    lua_pop(lua, 1);
}

extern const char device_lua[]; /* device.lua, which a zero ends */

struct setup {
    const char *args;
    bool device;
};

/* Runs the text that has been loaded. */
static void run_text(lua_State *lua, int status, const struct setup *setup, int results) {
    if (status != LUA_OK)
        lua_error(lua);
    lua_pushstring(lua, setup->args);
    lua_call(lua, 1, results);
}

/* The file; of a device between what device.lua does and returns. */
static void run_file(lua_State *lua, const struct setup *setup) {
    if (setup->device)
        run_text(lua, luaL_loadbufferx(lua, device_lua, strlen(device_lua), "=device", "t"), setup, 1);
    run_text(lua, luaL_loadfilex(lua, script_of(lua)->path, "t"), setup, 0);
    if (setup->device)
        lua_call(lua, 0, 0);
}

/* A global function of the file, or nil. */
static void push_function(lua_State *lua, const char *name) {
    lua_pushglobaltable(lua);
    lua_pushstring(lua, name);
    if (lua_rawget(lua, -2) != LUA_TNIL && !lua_isfunction(lua, -1))
        luaL_error(lua, "%s: `%s` is a %s, no function", script_of(lua)->path, name, luaL_typename(lua, -1));
    lua_remove(lua, -2);
}

/* Fills the state, protected from errors. Returns what is to stand at AT_FUNCTION and above, and `verdicts`. */
static int set_up(lua_State *lua) {
    struct script *s = script_of(lua);
    const struct setup *setup = lua_touserdata(lua, 1);
    luaL_openlibs(lua);
    extend_path(lua, s->path);
    seed_chance(lua, s->object->services->seed);
    script_define_verdicts(lua);
    script_define_services(lua);
    run_file(lua, setup);
    lua_settop(lua, 0);
    for (int i = AT_FUNCTION; i <= AT_ATTACH; i++)
        push_function(lua, functions[i]);
    if (lua_isnil(lua, 1))
        return luaL_error(lua, "%s has no function access(a)", s->path);
    lua_pushvalue(lua, -1);
    lua_pushstring(lua, setup->args);
    lua_isnil(lua, -2) ? lua_pop(lua, 2) : lua_call(lua, 1, 0);
    script_push_access(lua);
    lua_pushglobaltable(lua);
    lua_pushliteral(lua, "verdicts");
    lua_rawget(lua, -2);
    lua_remove(lua, -2);
    return lua_gettop(lua);
}

static bool start(struct script *s, const struct setup *setup, char why[SCRIPT_WHY]) {
    lua_pushcfunction(s->lua, message);
    lua_pushcfunction(s->lua, set_up);
    lua_pushlightuserdata(s->lua, (void *)setup);
    if (!call(s, 1, LUA_MULTRET, why) || !script_declaration(s, why))
        return false;
    lua_settop(s->lua, AT_TOP);
    return true;
}

static void discard(struct script *s) {
    if (s->lua)
        lua_close(s->lua);
    free(s->path);
    free(s);
}

static struct script *attach(const struct facet_object *object, const char *args, bool device,
                             struct facet_handler_error *error) {
    size_t length = handler_path_length(args, ".lua");
    struct script *s = text_grow(NULL, 1, sizeof *s);
    const struct setup setup = {args[length] ? args + length + 1 : "", device};
    char why[SCRIPT_WHY] = "out of memory";
    *s = (struct script){.object = object, .path = text_copy(args), .out = stderr};
    s->path[length] = '\0';
    s->lua = lua_newstate(allocate, s);
    if (s->lua)
        *(struct script **)lua_getextraspace(s->lua) = s;
    if (s->lua && start(s, &setup, why))
        return s;
    snprintf(error->text, sizeof error->text, "%s", why);
    discard(s);
    return NULL;
}

static void *script_attach(const struct facet_object *object, const char *args, struct facet_handler_error *error) {
    return attach(object, args, false, error);
}

static void *device_attach(const struct facet_object *object, const char *args, struct facet_handler_error *error) {
    if (handler_path_length(args, ".lua"))
        return attach(object, args, true, error);
    snprintf(error->text, sizeof error->text, "device:PATH.lua[:ARGS] is wanted, not \"%.100s\"", args);
    return NULL;
}

static void script_detach(void *state) {
    call_own(state, AT_DETACH, NULL);
    discard(state);
}

uint32_t script_verdicts(const void *state) {
    return ((const struct script *)state)->verdicts;
}

static uint32_t not_known_yet(const char *args) {
    (void)args;
    return 0;
}

const struct facet_handler handler_script = {
    .abi = FACET_HANDLER_ABI,
    .name = "script",
    .summary = "PATH.lua[:ARGS]: your own, in Lua",
    .verdicts = not_known_yet,
    .attach = script_attach,
    .access = script_access,
    .outcome = script_outcome,
    .report = script_report,
    .detach = script_detach,
    .save = script_save,
    .load = script_load,
};

const struct facet_handler handler_device = {
    .abi = FACET_HANDLER_ABI,
    .name = "device",
    .summary = "device:PATH.lua[:ARGS]: registers of a device, which the file describes",
    .verdicts = not_known_yet,
    .attach = device_attach,
    .access = script_access,
    .outcome = script_outcome,
    .report = script_report,
    .detach = script_detach,
    .save = script_save,
    .load = script_load,
};
