/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handlers.h"

#include "script.h"
#include "text.h"

#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

#define REFUSE(...) facet_fail(error, FACET_ERR_USAGE, __VA_ARGS__)

const struct facet_handler *const handlers_builtin[] = {
    &handler_trace, &handler_count, &handler_watch,  &handler_freeze, &handler_once,
    &handler_flip,  &handler_log,   &handler_device, &handler_poison, NULL};

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

size_t handler_path_length(const char *text, const char *suffix) {
    size_t length = strlen(suffix);
    for (const char *at = text; (at = strstr(at, suffix)); at++)
        if (at[length] == '\0' || at[length] == ':')
            return (size_t)(at - text) + length;
    return 0;
}

bool handlers_go_on;

static const struct facet_handler *find_builtin(const char *name) {
    for (size_t i = 0; handlers_builtin[i]; i++)
        if (strcmp(handlers_builtin[i]->name, name) == 0)
            return handlers_builtin[i];
    return NULL;
}

static enum facet_status check_interface(const struct handler_code *code, struct facet_error *error) {
    const struct facet_handler *h = code->handler;
    if (h->abi < 1 || h->abi > FACET_HANDLER_ABI)
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
            "no handler \"%s\": one of your own is a shared object, whose name ends in .so (cc -shared -fPIC -o "
            "NAME.so NAME.c), or in Lua (NAME.lua)",
            name);
    return REFUSE(
        "no handler \"%s\": use trace, count, watch, freeze, once, flip, log, device, poison, PATH.so, PATH.lua or "
        "endpoint:NAME",
        name);
}

#define ENDPOINT_PREFIX "endpoint:"
#define ENDPOINT_LENGTH (sizeof ENDPOINT_PREFIX - 1)

/* The kernel has asked already when a handler of the host is, so this one lets everything pass. */
static uint32_t endpoint_verdicts(const char *args) {
    (void)args;
    return FACET_MAY(FACET_PASS) | FACET_MAY(FACET_FAULT);
}

static enum facet_verdict endpoint_access(void *state, const struct facet_access *access, struct facet_reply *reply) {
    (void)state, (void)access, (void)reply;
    return FACET_PASS;
}

static const struct facet_handler handler_endpoint = {
    .abi = FACET_HANDLER_ABI,
    .name = "endpoint",
    .summary = "endpoint:NAME: a process of the guest",
    .verdicts = endpoint_verdicts,
    .access = endpoint_access,
};

/* Takes the user's text: a name of `length` characters, and what stands behind its colon. */
static void take_text(struct handler_code *code, const char *text, size_t length) {
    code->text = text_copy(text);
    code->name = text_copy(text);
    code->name[length] = '\0';
    code->args = text_copy(text[length] == ':' ? text + length + 1 : "");
}

/* Its file is read when it is attached, and is an argument for that. */
static void take_script(struct handler_code *code) {
    free(code->args);
    code->args = text_copy(code->text);
    code->handler = &handler_script;
}

static enum facet_status load_endpoint(struct handler_code *code, const char *text, struct facet_error *error) {
    if (!text[ENDPOINT_LENGTH])
        return REFUSE("which endpoint? endpoint:NAME, where --program NAME=ELF or a program has given the name");
    code->text = text_copy(text);
    code->name = text_copy(text);
    code->args = text_copy(text + ENDPOINT_LENGTH);
    code->handler = &handler_endpoint;
    code->endpoint = true;
    return FACET_OK;
}

enum facet_status handler_load(const char *text, struct handler_code *code, struct facet_error *error) {
    *code = (struct handler_code){0};
    if (strncmp(text, ENDPOINT_PREFIX, ENDPOINT_LENGTH) == 0)
        return load_endpoint(code, text, error);
    size_t so = handler_path_length(text, ".so"), lua = handler_path_length(text, ".lua"), word = strcspn(text, ":");
    enum facet_status status = FACET_OK;
    take_text(code, text, word);
    code->handler = find_builtin(code->name);
    if (!code->handler && (so || lua)) {
        bool script = lua && (!so || lua < so);
        handler_unload(code);
        take_text(code, text, script ? lua : so);
        if (script)
            take_script(code);
        else
            status = load_library(code, error);
    } else if (!code->handler) {
        status = refuse_unknown(code->name, error);
    }
    if (code->handler == &handler_script || code->handler == &handler_device) {
        code->declared = script_verdicts;
        code->hurry = script_hurry;
    }
    code->foreign = code->library || code->declared;
    if (status != FACET_OK)
        handler_unload(code);
    return status;
}

bool handler_saves(const struct facet_handler *handler) {
    return handler->abi >= 2 && handler->save && handler->load;
}

void handler_save_by(handler_visit *visit, void *state, FILE *out) {
    struct archive archive = {.file = out};
    visit(&archive, state);
}

int handler_load_by(handler_visit *visit, void *state, FILE *in, struct facet_handler_error *error) {
    struct archive archive = {.file = in, .loading = true};
    visit(&archive, state);
    if (archive.bad)
        snprintf(error->text, sizeof error->text, "its state in the checkpoint makes no sense");
    return archive.bad ? -1 : 0;
}

void handler_unload(struct handler_code *code) {
    if (code->library)
        dlclose(code->library);
    free(code->text);
    free(code->name);
    free(code->args);
    *code = (struct handler_code){0};
}
