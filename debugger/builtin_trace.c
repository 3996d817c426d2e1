/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * trace[:FILE]   one line for each access, to standard error or to FILE
 */
#include "handlers.h"
#include "text.h"

#include <errno.h>
#include <string.h>

struct trace {
    const struct facet_object *object;
    FILE *out;
    char *path; /* NULL: standard error */
    uint64_t lines;
};

static uint32_t trace_verdicts(const char *args) {
    (void)args;
    return FACET_MAY(FACET_PASS);
}

static void *trace_attach(const struct facet_object *object, const char *args, struct facet_handler_error *error) {
    FILE *out = *args ? fopen(args, handlers_go_on ? "ae" : "we") : stderr;
    if (!out) {
        snprintf(error->text, sizeof error->text, "cannot write %s: %s", args, strerror(errno));
        return NULL;
    }
    struct trace *t = text_grow(NULL, 1, sizeof *t);
    *t = (struct trace){.object = object, .out = out, .path = *args ? text_copy(args) : NULL};
    return t;
}

static enum facet_verdict trace_access(void *state, const struct facet_access *a, struct facet_reply *reply) {
    struct trace *t = state;
    char value[2 * FACET_ACCESS_MAX + 3], place[HANDLER_PLACE];
    const uint8_t *bytes = a->kind == FACET_STORE ? a->attempted : a->backing;
    (void)reply;
    t->lines++;
    fprintf(t->out, "%s%+ld: %s%s %u byte%s", a->object, a->offset, a->flags & FACET_ATOMIC ? "atomic " : "",
            handler_kind_name(a->kind), a->size, a->size == 1 ? "" : "s");
    if (bytes) {
        text_bytes(value, bytes, a->size);
        fprintf(t->out, " %s", value);
    }
    if (a->kind == FACET_STORE && a->backing) {
        text_bytes(value, a->backing, a->size);
        fprintf(t->out, " (was %s)", value);
    }
    fprintf(t->out, " at 0x%lx", a->pc);
    const struct facet_services *services = t->object->services;
    if (*services->symbol(services->facet, a->pc))
        fprintf(t->out, " in %s", handler_place(services, a->pc, place));
    fprintf(t->out, "%s\n", a->flags & FACET_KERNEL ? " by the kernel" : "");
    return FACET_PASS;
}

static void trace_report(void *state, FILE *out) {
    struct trace *t = state;
    fflush(t->out);
    fprintf(out, "trace %s: %lu access%s\n", t->object->name, t->lines, t->lines == 1 ? "" : "es");
    if (ferror(t->out))
        fprintf(out, "trace %s: some lines could not be written\n", t->object->name);
}

static void trace_detach(void *state) {
    struct trace *t = state;
    if (t->path)
        fclose(t->out);
    free(t->path);
    free(t);
}

static void trace_visit(struct archive *a, void *state) {
    struct trace *t = state;
    archive_value(a, t->lines);
    if (!a->loading)
        fflush(t->out);
}

static void trace_save(void *state, FILE *out) {
    handler_save_by(trace_visit, state, out);
}

static int trace_load(void *state, FILE *in, struct facet_handler_error *error) {
    return handler_load_by(trace_visit, state, in, error);
}

const struct facet_handler handler_trace = {
    .abi = FACET_HANDLER_ABI,
    .name = "trace",
    .summary = "trace[:FILE]: prints a line for each access",
    .verdicts = trace_verdicts,
    .attach = trace_attach,
    .access = trace_access,
    .report = trace_report,
    .detach = trace_detach,
    .save = trace_save,
    .load = trace_load,
};
