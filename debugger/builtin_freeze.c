/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * freeze   stores are swallowed, loads see what was there when the object was swapped
 */
#include "handlers.h"
#include "text.h"

struct freeze {
    const struct facet_object *object;
    uint64_t loads, stores;
};

static uint32_t freeze_verdicts(const char *args) {
    (void)args;
    return FACET_MAY(FACET_PASS) | FACET_MAY(FACET_DONE);
}

static void *freeze_attach(const struct facet_object *object, const char *args, struct facet_handler_error *error) {
    if (*args) {
        snprintf(error->text, sizeof error->text, "freeze takes no arguments");
        return NULL;
    }
    struct freeze *f = text_grow(NULL, 1, sizeof *f);
    *f = (struct freeze){.object = object};
    return f;
}

static enum facet_verdict freeze_access(void *state, const struct facet_access *access, struct facet_reply *reply) {
    struct freeze *f = state;
    (void)reply;
    if (access->kind != FACET_STORE) {
        f->loads++;
        return FACET_PASS;
    }
    f->stores++;
    return FACET_DONE;
}

static void freeze_report(void *state, FILE *out) {
    struct freeze *f = state;
    fprintf(out, "freeze %s: %lu stores swallowed, %lu loads passed\n", f->object->name, f->stores, f->loads);
}

static void freeze_visit(struct archive *a, void *state) {
    struct freeze *f = state;
    archive_value(a, f->loads);
    archive_value(a, f->stores);
}

static void freeze_save(void *state, FILE *out) {
    handler_save_by(freeze_visit, state, out);
}

static int freeze_load(void *state, FILE *in, struct facet_handler_error *error) {
    return handler_load_by(freeze_visit, state, in, error);
}

const struct facet_handler handler_freeze = {
    .abi = FACET_HANDLER_ABI,
    .name = "freeze",
    .summary = "freeze: swallows stores, so that the object keeps its contents",
    .verdicts = freeze_verdicts,
    .attach = freeze_attach,
    .access = freeze_access,
    .report = freeze_report,
    .detach = free,
    .save = freeze_save,
    .load = freeze_load,
};
