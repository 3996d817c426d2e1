/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * once[:stop|fault|ignore]   write-once memory: the first store to each byte passes, a later one does not
 */
#include "byteset.h"
#include "handlers.h"
#include "text.h"

#include <string.h>

struct once {
    const struct facet_object *object;
    enum facet_verdict verdict;        /* of a second store */
    struct byteset bytes;              /* that have been stored to */
    uint64_t passed, refused, written; /* stores, stores, bytes */
};

static bool parse(const char *args, enum facet_verdict *verdict) {
    static const struct {
        const char *word;
        enum facet_verdict verdict;
    } words[] = {{"", FACET_STOP}, {"stop", FACET_STOP}, {"fault", FACET_FAULT}, {"ignore", FACET_DONE}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(args, words[i].word) == 0) {
            *verdict = words[i].verdict;
            return true;
        }
    return false;
}

static uint32_t once_verdicts(const char *args) {
    enum facet_verdict verdict = FACET_STOP;
    parse(args, &verdict);
    return FACET_MAY(FACET_PASS) | FACET_MAY(verdict);
}

static void *once_attach(const struct facet_object *object, const char *args, struct facet_handler_error *error) {
    struct once o = {.object = object};
    if (!parse(args, &o.verdict)) {
        snprintf(error->text, sizeof error->text, "once[:stop|fault|ignore], not \"%.60s\"", args);
        return NULL;
    }
    struct once *state = text_grow(NULL, 1, sizeof *state);
    *state = o;
    return state;
}

static enum facet_verdict once_access(void *state, const struct facet_access *access, struct facet_reply *reply) {
    struct once *o = state;
    if (access->kind != FACET_STORE)
        return FACET_PASS;
    int64_t end = access->offset + (int64_t)access->size;
    uint64_t from = access->offset < 0 ? 0 : (uint64_t)access->offset;
    uint64_t to = (uint64_t)end < o->object->size ? (uint64_t)end : o->object->size;
    uint64_t again = byteset_find(&o->bytes, from, to, true);
    if (again >= to) {
        byteset_add(&o->bytes, from, to);
        o->written += to > from ? to - from : 0;
        o->passed++;
        return FACET_PASS;
    }
    o->refused++;
    snprintf(reply->text, sizeof reply->text, "byte %lu was stored to before", again);
    return o->verdict;
}

static void once_report(void *state, FILE *out) {
    const struct once *o = state;
    fprintf(out, "once %s: %lu stores passed and wrote %lu bytes; %lu came a second time%s\n", o->object->name,
            o->passed, o->written, o->refused,
            !o->refused                 ? ""
            : o->verdict == FACET_DONE  ? " and were swallowed"
            : o->verdict == FACET_FAULT ? " and were refused"
                                        : " and stopped the program");
}

static void once_detach(void *state) {
    struct once *o = state;
    byteset_free(&o->bytes);
    free(o);
}

static void once_visit(struct archive *a, void *state) {
    struct once *o = state;
    archive_value(a, o->passed);
    archive_value(a, o->refused);
    archive_value(a, o->written);
    byteset_visit(a, &o->bytes, o->object->size);
}

static void once_save(void *state, FILE *out) {
    handler_save_by(once_visit, state, out);
}

static int once_load(void *state, FILE *in, struct facet_handler_error *error) {
    return handler_load_by(once_visit, state, in, error);
}

const struct facet_handler handler_once = {
    .abi = FACET_HANDLER_ABI,
    .name = "once",
    .summary =
        "once[:stop|fault|ignore]: write-once memory: stops before a second store to a byte, refuses or swallows it",
    .verdicts = once_verdicts,
    .attach = once_attach,
    .access = once_access,
    .report = once_report,
    .detach = once_detach,
    .save = once_save,
    .load = once_load,
};
