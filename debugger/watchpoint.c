/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watchpoint.h"

#include "expr.h"
#include "frame.h"
#include "swap.h"
#include "text.h"

#include <string.h>

struct watch {
    enum point_kind kind;
    bool every, location;
    bool *disabled;
    struct expr_object object;
    char *name;              /* of the swap */
    uint8_t *before, *after; /* the object's bytes; NULL until there was an access */
    bool have_before;
    bool touched; /* an access has been stopped, and not yet been told */
    bool loaded;  /* it was a load */
    bool kernel;  /* the kernel made it, in a system call */
    uint64_t scope_end;
    const struct facet_services *services;
    struct watch *next;
};

/* The handler's arguments are a name: that of its watch in this list. */
static struct watch *all;

/* ---- The handler */

static uint32_t may(const char *args) {
    (void)args;
    return FACET_MAY(FACET_PASS) | FACET_MAY(FACET_STOP);
}

static void *begin(const struct facet_object *object, const char *args, struct facet_handler_error *error) {
    struct watch *w = all;
    while (w && strcmp(w->name, args))
        w = w->next;
    if (w)
        w->services = object->services;
    else
        snprintf(error->text, sizeof error->text, "there is no %s", args);
    return w;
}

/* Does a store change a byte that is watched? */
static bool changes(const struct watch *w, const struct facet_access *a) {
    if (!a->backing)
        return true;
    for (uint32_t i = 0; i < a->size; i++) {
        int64_t offset = a->offset + (int64_t)i;
        if (offset >= 0 && (uint64_t)offset < w->object.size && a->attempted[i] != a->backing[i])
            return true;
    }
    return false;
}

static bool concerns(const struct watch *w, const struct facet_access *a) {
    if (*w->disabled || a->kind == FACET_FETCH)
        return false;
    if (a->kind == FACET_LOAD)
        return w->kind != POINT_WRITE;
    return w->kind == POINT_ACCESS || (w->kind == POINT_WRITE && (w->every || changes(w, a)));
}

static enum facet_verdict see(void *state, const struct facet_access *access, struct facet_reply *reply) {
    struct watch *w = state;
    (void)reply;
    if (!concerns(w, access))
        return FACET_PASS;
    if (!w->touched) {
        w->loaded = true;
        w->have_before = w->services->read(w->services->facet, 0, w->before, w->object.size) == 0;
        w->kernel = access->flags & FACET_KERNEL;
    }
    w->loaded = w->loaded && access->kind == FACET_LOAD;
    w->touched = true;
    return FACET_STOP;
}

static const struct facet_handler handler = {
    .abi = FACET_HANDLER_ABI,
    .name = "watchpoint",
    .summary = "stops for the debugger's watchpoints",
    .verdicts = may,
    .attach = begin,
    .access = see,
};

/* ---- Making and removing */

static void set_scope(struct cli *cli, struct watch *w) {
    struct frame frame, caller;
    if (!w->object.local || w->location || frame_selected(cli, &frame, NULL) != FACET_OK)
        return;
    if (frame_caller(cli, &frame, &caller))
        w->scope_end = caller.pc;
}

static void free_watch(struct watch *w) {
    struct watch **link = &all;
    while (*link != w)
        link = &(*link)->next;
    *link = w->next;
    free(w->name);
    free(w->before);
    free(w->after);
    free(w);
}

enum facet_status watch_add(struct cli *cli, enum point_kind kind, const char *text, struct watch_options options,
                            struct point **point, struct facet_error *error) {
    struct expr_object object;
    enum facet_status status = expr_object(cli, text, &object, error);
    if (status)
        return status;
    if (!object.size)
        return facet_fail(error, FACET_ERR_USAGE, "Cannot watch %s: it has no size; cast it to a type.", text);
    struct watch *w = text_grow(NULL, 1, sizeof *w);
    *w = (struct watch){.kind = kind, .every = options.every, .location = options.location, .object = object};
    w->name = text_format("watchpoint %d", cli->last_point + 1);
    w->before = text_grow(NULL, object.size, 1);
    w->after = text_grow(NULL, object.size, 1);
    bool never = false;
    w->disabled = &never;
    w->next = all;
    all = w;
    set_scope(cli, w);
    status = swaps_add_hidden(session_swaps(cli->session), w->name, object.va, object.size, &handler, error);
    if (status) {
        free_watch(w);
        return status;
    }
    char *what = options.location ? text_format("-location %s", text) : text_copy(text);
    *point = points_add(cli, kind, what);
    free(what);
    (*point)->watch = w;
    w->disabled = &(*point)->disabled;
    return FACET_OK;
}

void watch_remove(struct cli *cli, struct point *point) {
    swaps_remove(session_swaps(cli->session), point->watch->name, NULL, NULL);
    free_watch(point->watch);
    point->watch = NULL;
}

uint64_t watch_scope_end(const struct point *point) {
    return point->watch->scope_end;
}

/* ---- Stops */

bool watch_waits(struct cli *cli) {
    (void)cli;
    for (const struct watch *w = all; w; w = w->next)
        if (w->touched)
            return true;
    return false;
}

/* Is what has happened to it what the user wants to hear? */
static bool is_news(const struct watch *w) {
    bool changed = !w->have_before || memcmp(w->before, w->after, w->object.size);
    return w->kind != POINT_WRITE || w->every || changed;
}

void watch_check(struct cli *cli, struct hits *hits) {
    for (size_t i = 0; i < cli->point_count; i++) {
        struct point *p = cli->points[i];
        struct watch *w = p->watch;
        if (!w || !w->touched)
            continue;
        w->touched = false;
        session_read(cli->session, w->object.va, w->after, w->object.size);
        if (is_news(w))
            point_hit(cli, p, hits);
    }
}

bool watch_leave_scopes(struct cli *cli, uint64_t pc) {
    struct facet_regs regs;
    bool left = false;
    session_regs(cli->session, &regs);
    for (size_t i = 0; i < cli->point_count; i++) {
        struct point *p = cli->points[i];
        if (p->dead || !p->watch || p->watch->scope_end != pc || regs.rsp < p->watch->object.frame_cfa)
            continue;
        printf("\nWatchpoint %d deleted because the program has left the block in\n"
               "which its expression is valid.\n",
               p->number);
        points_delete(cli, p);
        left = true;
    }
    return left;
}

static void tell_value(struct cli *cli, const struct watch *w, const char *what, const uint8_t *bytes) {
    printf("%s = ", what);
    expr_print_bytes(cli, w->object.type, bytes, w->object.size, stdout);
    printf("\n");
}

void watch_tell(struct cli *cli, const struct point *point) {
    const struct watch *w = point->watch;
    bool changed = w->have_before && memcmp(w->before, w->after, w->object.size);
    printf("\n%s %d: %s\n\n", point_name(point), point->number, point->what);
    if (w->kind == POINT_WRITE || (w->kind == POINT_ACCESS && changed)) {
        if (w->have_before)
            tell_value(cli, w, "Old value", w->before);
        tell_value(cli, w, "New value", w->after);
    } else {
        tell_value(cli, w, "Value", w->after);
    }
    if (w->kernel)
        printf("%s by the kernel, in a system call\n", w->loaded ? "Read" : "Written");
}

void watch_forget(struct cli *cli) {
    for (size_t i = 0; i < cli->point_count; i++) {
        struct point *p = cli->points[i];
        if (p->watch)
            p->watch->touched = false;
        if (p->watch && p->watch->scope_end)
            points_delete(cli, p);
    }
    points_bury(cli);
}
