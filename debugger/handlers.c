/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handlers.h"

#include "text.h"

#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

#define REFUSE(...) facet_fail(error, FACET_ERR_USAGE, __VA_ARGS__)

const struct facet_handler *const handlers_builtin[] = {
    &handler_trace, &handler_count, &handler_watch, &handler_freeze, &handler_once, &handler_flip, NULL};

const char *handler_kind_name(enum facet_kind kind) {
    static const char *const names[] = {"load", "store", "fetch"};
    return names[kind];
}

const char *handler_verdict_name(unsigned verdict) {
    static const char *const names[] = {"pass", "done", "fault", "step", "block", "stop"};
    return verdict < sizeof names / sizeof *names ? names[verdict] : "unknown";
}

const char *handler_place(const struct facet_services *services, uint64_t pc, char text[HANDLER_PLACE]) {
    const char *name = services->symbol(services->facet, pc), *line = services->line(services->facet, pc);
    if (*name)
        snprintf(text, HANDLER_PLACE, *line ? "%s (%s)" : "%s", name, line);
    else
        snprintf(text, HANDLER_PLACE, "0x%lx", pc);
    return text;
}

/* Length of the path in PATH.so[:ARGS], 0 if there is no such ending. */
static size_t path_length(const char *text, const char *suffix) {
    size_t length = strlen(suffix);
    for (const char *at = text; (at = strstr(at, suffix)); at++)
        if (at[length] == '\0' || at[length] == ':')
            return (size_t)(at - text) + length;
    return 0;
}

static const struct facet_handler *find_builtin(const char *name) {
    for (size_t i = 0; handlers_builtin[i]; i++)
        if (strcmp(handlers_builtin[i]->name, name) == 0)
            return handlers_builtin[i];
    return NULL;
}

static enum facet_status check_interface(const struct handler_code *code, struct facet_error *error) {
    const struct facet_handler *h = code->handler;
    if (h->abi != FACET_HANDLER_ABI)
        return REFUSE(
            "handler %s was built for version %u of the handler interface, this facet has version %u: compile it "
            "again",
            code->name, h->abi, FACET_HANDLER_ABI);
    if (!h->name || !h->verdicts || !h->access)
        return REFUSE("handler %s lacks %s in its facet_handler", code->name,
                      !h->name       ? "name"
                      : !h->verdicts ? "verdicts()"
                                     : "access()");
    return FACET_OK;
}

static enum facet_status load_library(struct handler_code *code, struct facet_error *error) {
    char *path = strchr(code->name, '/') ? text_copy(code->name) : text_format("./%s", code->name);
    if (access(path, F_OK) != 0) {
        enum facet_status status =
            REFUSE("cannot load handler %s: there is no such file%s", code->name,
                   path[0] == '.' && path[1] == '/' ? " (paths start at the working folder)" : "");
        free(path);
        return status;
    }
    code->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    free(path);
    if (!code->library)
        return REFUSE("cannot load handler %s: %s; a handler is built by cc -shared -fPIC -o NAME.so NAME.c",
                      code->name, dlerror());
    code->handler = dlsym(code->library, "facet_handler");
    if (!code->handler)
        return REFUSE("%s is no handler: it does not export `facet_handler` (see <facet/handler.h>)", code->name);
    return check_interface(code, error);
}

static enum facet_status refuse_unknown(const char *name, struct facet_error *error) {
    for (size_t i = 0; handlers_builtin[i]; i++)
        if (text_near(name, handlers_builtin[i]->name))
            return REFUSE("no handler \"%s\"; did you mean \"%s\"?", name, handlers_builtin[i]->name);
    if (strpbrk(name, "/."))
        return REFUSE(
            "no handler \"%s\": one of your own is a shared object, and its name ends in .so (cc -shared -fPIC -o "
            "NAME.so NAME.c)",
            name);
    return REFUSE("no handler \"%s\": use trace, count, watch, freeze, once, flip or PATH.so", name);
}

enum facet_status handler_load(const char *text, struct handler_code *code, struct facet_error *error) {
    *code = (struct handler_code){0};
    if (strncmp(text, "endpoint:", 9) == 0)
        return REFUSE("handlers that are guest processes (%s) are not there yet", text);
    size_t so = path_length(text, ".so"), lua = path_length(text, ".lua");
    if (lua && !so)
        return REFUSE("handlers in Lua (%.*s) are not there yet", (int)lua, text);
    size_t length = so ? so : strcspn(text, ":");
    code->text = text_copy(text);
    code->name = text_copy(text);
    code->name[length] = '\0';
    code->args = text_copy(text[length] == ':' ? text + length + 1 : "");
    enum facet_status status = FACET_OK;
    if (so)
        status = load_library(code, error);
    else if (!(code->handler = find_builtin(code->name)))
        status = refuse_unknown(code->name, error);
    if (status != FACET_OK)
        handler_unload(code);
    return status;
}

void handler_unload(struct handler_code *code) {
    if (code->library)
        dlclose(code->library);
    free(code->text);
    free(code->name);
    free(code->args);
    *code = (struct handler_code){0};
}
