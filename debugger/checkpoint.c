/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "checkpoint.h"

#include "checkpoint_plan.h"
#include "kernel.h"
#include "pack.h"
#include "session_internal.h"
#include "text.h"

#include <string.h>

#define UNKNOWN_MAX 4096u
#define KEPT_MAX (1ul << 20)
#define SWAP_COST 16384u /* bytes that an attached handler takes, about */

/* ---- What the session knows of the machine */

static void strace_visit(struct strace *strace, struct archive *a) {
    uint64_t count = archive_number(a, strace->unknown_count, UNKNOWN_MAX);
    if (a->loading)
        strace->unknown = text_grow(strace->unknown, count + 1, sizeof *strace->unknown);
    for (uint64_t i = 0; i < count; i++) {
        archive_value(a, strace->unknown[i].name);
        archive_value(a, strace->unknown[i].count);
        strace->unknown[i].name[sizeof strace->unknown[i].name - 1] = '\0';
    }
    strace->unknown_count = count;
}

static void kept_visit(struct session *s, struct archive *a) {
    s->kept_size = archive_number(a, s->kept ? s->kept_size : 0, KEPT_MAX);
    if (a->loading && archive_take(a, s->kept_size))
        s->kept = text_grow(NULL, s->kept_size, 1);
    if (s->kept)
        archive_bytes(a, s->kept, s->kept_size);
}

static void session_visit(struct session *s, struct archive *a, struct facet_error *error) {
    archive_value(a, s->process);
    s->signal = (int)archive_number(a, (uint64_t)s->signal, 64);
    archive_flag(a, &s->elsewhere);
    regions_visit(s->regions, a);
    strace_visit(&s->strace, a);
    if (a->loading && !a->bad && session_find_process(s, error) != FACET_OK)
        archive_fail(a);
    if (a->loading && !a->bad)
        swaps_join(s->swaps, s->emu, s->process);
    if (!a->bad)
        swaps_visit(s->swaps, a, error);
    if (!a->bad)
        kept_visit(s, a);
}

/* ---- Saving */

enum facet_status checkpoint_save(struct session *s, const char *path, struct facet_error *error) {
    struct pack *pack;
    struct archive to = {0};
    if (!s->emu)
        return facet_fail(error, FACET_ERR_USAGE, "the program is not running: there is nothing to save");
    if (s->events)
        events_flush(s->events);
    enum facet_status status = pack_create(path, &pack, &to.file, error);
    if (status != FACET_OK)
        return status;
    struct plan *plan = plan_make(s);
    plan_visit(plan, &to);
    plan_free(plan);
    status = emu_save(s->emu, &to, error);
    if (status == FACET_OK)
        session_visit(s, &to, error);
    bool keep = status == FACET_OK || to.bad; /* if it could not be written, the pack says why */
    enum facet_status end = pack_finish(pack, keep, keep ? error : NULL);
    return keep ? end : status;
}

enum facet_status checkpoint_place(const char *path, struct facet_error *error) {
    struct pack *pack;
    FILE *stream;
    enum facet_status status = pack_create(path, &pack, &stream, error);
    if (status == FACET_OK)
        pack_finish(pack, false, NULL);
    return status;
}

/* ---- Loading */

static enum facet_status impossible(const char *path, struct facet_error *error) {
    return facet_fail(error, FACET_ERR_USAGE, "%s holds no state in which a program ever was", path);
}

static enum facet_status open_planned(struct plan *p, const struct checkpoint_options *options,
                                      struct session **session, struct facet_error *error) {
    const struct session_config config = {
        .program = p->program.path,
        .argv = p->argv,
        .argc = (int)p->argc,
        .memory = p->memory,
        .further = p->names,
        .further_count = p->further_count,
        .grants = &p->grants,
        .seed = p->seed,
        .strace = p->strace,
        .kernel = options->kernel,
        .events = options->events,
        .stream_fd = {options->stream_fd[0], options->stream_fd[1], options->stream_fd[2]},
        .clock = p->clock,
        .count_instructions = p->instructions,
    };
    return session_open(&config, session, error);
}

static enum facet_status attach_planned(struct session *s, const struct plan *p, struct facet_error *error) {
    enum facet_status status = FACET_OK;
    handlers_go_on = true;
    for (size_t i = 0; i < p->swap_count && status == FACET_OK; i++)
        status = session_swap(s, p->swaps[i].object, p->swaps[i].handler, error);
    handlers_go_on = false;
    return status;
}

/* Handlers may be others than they were, and say other things. */
static enum facet_status sync_fronts(struct session *s, struct facet_error *error) {
    enum facet_status status = FACET_OK;
    for (size_t i = 0; i < s->swaps->count && status == FACET_OK; i++)
        status = fronts_sync(s->swaps->objects[i], error);
    return status;
}

static enum facet_status load(struct session *s, const struct plan *p, struct archive *from, const char *path,
                              struct facet_error *error) {
    enum facet_status status = plan_check_files(p, s, error);
    if (status == FACET_OK && !archive_take(from, p->swap_count * SWAP_COST))
        status = impossible(path, error);
    if (status == FACET_OK)
        status = attach_planned(s, p, error);
    if (status == FACET_OK)
        status = session_load_machine(s, from, error);
    if (status != FACET_OK)
        return status;
    error->text[0] = '\0';
    session_visit(s, from, error);
    if (from->bad)
        return error->text[0] ? FACET_ERR_USAGE : impossible(path, error);
    s->ran = true;
    s->events_before = p->events;
    if (s->events)
        events_continue(s->events, p->events);
    return sync_fronts(s, error);
}

static enum facet_status read_plan(const char *path, struct plan **plan, struct archive *from,
                                   struct facet_error *error) {
    enum facet_status status = pack_open(path, &from->file, error);
    if (status != FACET_OK)
        return status;
    from->loading = true;
    *plan = calloc(1, sizeof **plan);
    facet_assert(*plan, "out of memory");
    plan_visit(*plan, from);
    if (!from->bad)
        return FACET_OK;
    plan_free(*plan);
    fclose(from->file);
    return impossible(path, error);
}

enum facet_status checkpoint_resume(const char *path, const struct checkpoint_options *options,
                                    struct session **session, struct facet_error *error) {
    struct plan *plan;
    struct archive from = {0};
    *session = NULL;
    enum facet_status status = read_plan(path, &plan, &from, error);
    if (status != FACET_OK)
        return status;
    if (!options->trust)
        status = plan_check_trust(plan, path, error);
    if (status == FACET_OK)
        status = plan_check_places(plan, error);
    if (status == FACET_OK)
        status = plan_grant(plan, error);
    if (status == FACET_OK)
        status = open_planned(plan, options, session, error);
    if (status == FACET_OK) {
        (*session)->trusted = options->trust;
        (*session)->plan = plan; /* which the session's configuration points into */
        status = load(*session, plan, &from, path, error);
    } else {
        plan_free(plan);
    }
    fclose(from.file);
    if (status != FACET_OK && *session) {
        session_close(*session);
        *session = NULL;
    }
    return status;
}

enum facet_status checkpoint_describe(const char *path, FILE *out, struct facet_error *error) {
    struct plan *plan;
    struct archive from = {0};
    enum facet_status status = read_plan(path, &plan, &from, error);
    if (status != FACET_OK)
        return status;
    plan_describe(plan, out);
    plan_free(plan);
    fclose(from.file);
    return FACET_OK;
}
