/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * log[:FILE]   every access into an SQLite database; the debugger's `accesses` asks it
 */
#include "builtin_log.h"
#include "text.h"

struct log {
    const struct facet_object *object;
    char *path; /* "": temporary */
    struct history *history;
};

static uint32_t log_verdicts(const char *args) {
    (void)args;
    return FACET_MAY(FACET_PASS);
}

static void *log_attach(const struct facet_object *object, const char *args, struct facet_handler_error *error) {
    struct facet_error why;
    struct history *history;
    if (history_open(args, object->name, &history, &why) != FACET_OK) {
        snprintf(error->text, sizeof error->text, "%.250s", why.text);
        return NULL;
    }
    struct log *l = text_grow(NULL, 1, sizeof *l);
    *l = (struct log){object, text_copy(args), history};
    return l;
}

static void complain(const struct log *l, const struct facet_error *why) {
    fprintf(stderr, "facet: %s; the run goes on without it\n", why->text);
    services_failed(l->object->services);
}

static enum facet_verdict log_access(void *state, const struct facet_access *access, struct facet_reply *reply) {
    struct log *l = state;
    struct facet_error why;
    (void)reply;
    if (!history_write(l->history, access, &why))
        complain(l, &why);
    return FACET_PASS;
}

static void log_report(void *state, FILE *out) {
    struct log *l = state;
    struct facet_error why;
    if (!history_commit(l->history, &why))
        complain(l, &why);
    uint64_t count = history_count(l->history, l->object->name);
    fprintf(out, "log %s: %lu access%s%s%s\n", l->object->name, count, count == 1 ? "" : "es", *l->path ? " in " : "",
            l->path);
}

static void log_detach(void *state) {
    struct log *l = state;
    struct facet_error why;
    if (!history_close(l->history, &why))
        complain(l, &why);
    free(l->path);
    free(l);
}

/* Rows that are only in memory stay there. */
static void log_visit(struct archive *a, void *state) {
    struct log *l = state;
    struct facet_error why;
    uint64_t next = history_next(l->history);
    if (!a->loading && !history_commit(l->history, &why))
        complain(l, &why);
    archive_value(a, next);
    if (a->loading && !history_go_on(l->history, next, &why))
        complain(l, &why);
}

static void log_save(void *state, FILE *out) {
    handler_save_by(log_visit, state, out);
}

static int log_load(void *state, FILE *in, struct facet_handler_error *error) {
    return handler_load_by(log_visit, state, in, error);
}

struct history *log_history(const void *state) {
    return ((const struct log *)state)->history;
}

const struct facet_handler handler_log = {
    .abi = FACET_HANDLER_ABI,
    .name = "log",
    .summary = "log[:FILE]: puts each access into an SQLite database, which `accesses` asks",
    .verdicts = log_verdicts,
    .attach = log_attach,
    .access = log_access,
    .report = log_report,
    .detach = log_detach,
    .save = log_save,
    .load = log_load,
};
