/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watchpoint.h"

#include "expr.h"
#include "frame.h"
#include "swap.h"
#include "text.h"
#include "value.h"

#include <string.h>

/* Bytes that are swapped for a watchpoint: the object itself, and those that say where it is (of p->x, p). */
struct part {
    struct watch *watch;
    char *name; /* of the swap */
    uint64_t va, size;
    bool is_object;
    const struct facet_services *services;
    struct part *next; /* in `all` */
};

struct watch {
    enum point_kind kind;
    bool every, location;
    bool computed; /* a value that lies nowhere, like a + b: only what it is made from is swapped */
    bool *disabled;
    char *text;
    int number;
    struct expr_object object;
    struct part **parts;
    size_t part_count;
    struct part *own;        /* the object's part; NULL: it lies where nothing is */
    unsigned made;           /* parts so far, for their names */
    uint8_t *before, *after; /* the object's bytes */
    bool have_before, have_after;
    bool touched; /* an access to it has been stopped, and not yet been told */
    bool moved;   /* … to what says where it is */
    bool loaded;  /* it was a load */
    bool kernel;  /* the kernel made it, in a system call */
    uint64_t scope_end;
};

/* A handler's arguments are a name: that of its part in this list. */
static struct part *all;

/* ---- The handler */

static uint32_t may(const char *args) {
    (void)args;
    return FACET_MAY(FACET_PASS) | FACET_MAY(FACET_STOP);
}

static void *begin(const struct facet_object *object, const char *args, struct facet_handler_error *error) {
    struct part *part = all;
    while (part && strcmp(part->name, args))
        part = part->next;
    if (part)
        part->services = object->services;
    else
        snprintf(error->text, sizeof error->text, "there is no %s", args);
    return part;
}

/* Does a store change a byte that is watched? */
static bool changes(const struct part *part, const struct facet_access *a) {
    if (!a->backing)
        return true;
    for (uint32_t i = 0; i < a->size; i++) {
        int64_t offset = a->offset + (int64_t)i;
        if (offset >= 0 && (uint64_t)offset < part->size && a->attempted[i] != a->backing[i])
            return true;
    }
    return false;
}

static bool concerns(const struct part *part, const struct facet_access *a) {
    const struct watch *w = part->watch;
    if (*w->disabled || a->kind == FACET_FETCH)
        return false;
    if (!part->is_object)
        return a->kind == FACET_STORE && changes(part, a);
    if (a->kind == FACET_LOAD)
        return w->kind != POINT_WRITE;
    return w->kind == POINT_ACCESS || (w->kind == POINT_WRITE && (w->every || changes(part, a)));
}

static void note_before(struct watch *w) {
    const struct facet_services *services = w->own ? w->own->services : NULL;
    if (w->computed) {
        memcpy(w->before, w->after, w->object.size);
        w->have_before = w->have_after;
    } else {
        w->have_before = services && services->read(services->facet, 0, w->before, w->object.size) == 0;
    }
}

static enum facet_verdict see(void *state, const struct facet_access *access, struct facet_reply *reply) {
    struct part *part = state;
    struct watch *w = part->watch;
    (void)reply;
    if (!concerns(part, access))
        return FACET_PASS;
    if (!w->touched && !w->moved) {
        note_before(w);
        w->loaded = true;
        w->kernel = access->flags & FACET_KERNEL;
    }
    w->loaded = w->loaded && access->kind == FACET_LOAD;
    w->touched = w->touched || part->is_object;
    w->moved = w->moved || !part->is_object;
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

/* ---- Parts */

static void remove_part(struct cli *cli, struct watch *w, size_t index) {
    struct part *part = w->parts[index], **link = &all;
    swaps_remove(session_swaps(cli->session), part->name, NULL, NULL);
    while (*link != part)
        link = &(*link)->next;
    *link = part->next;
    if (w->own == part)
        w->own = NULL;
    free(part->name);
    free(part);
    memmove(w->parts + index, w->parts + index + 1, (--w->part_count - index) * sizeof *w->parts);
}

static enum facet_status add_part(struct cli *cli, struct watch *w, struct expr_piece piece, bool is_object,
                                  struct facet_error *error) {
    struct part *part = text_grow(NULL, 1, sizeof *part);
    *part = (struct part){.watch = w, .va = piece.va, .size = piece.size, .is_object = is_object, .next = all};
    part->name = text_format("watchpoint %d.%u", w->number, ++w->made);
    all = part;
    w->parts = text_grow(w->parts, w->part_count + 1, sizeof *w->parts);
    w->parts[w->part_count++] = part;
    enum facet_status status =
        swaps_add_hidden(session_swaps(cli->session), part->name, part->va, part->size, &handler, error);
    if (status) { /* nothing is attached */
        all = part->next;
        free(part->name);
        free(part);
        w->part_count--;
    } else if (is_object) {
        w->own = part;
    }
    return status;
}

/* Makes the parts those of the object and of what it depends on now. */
static enum facet_status place_parts(struct cli *cli, struct watch *w, struct facet_error *error) {
    struct expr_piece *pieces = NULL;
    size_t count = w->location ? 0 : expr_reads(cli, w->text, &pieces);
    while (w->part_count)
        remove_part(cli, w, w->part_count - 1);
    w->before = text_grow(w->before, w->object.size, 1);
    w->after = text_grow(w->after, w->object.size, 1);
    enum facet_status status = FACET_OK;
    if (!w->computed)
        status = add_part(cli, w, (struct expr_piece){w->object.va, w->object.size}, true, error);
    for (size_t i = 0; i < count; i++)
        if (w->computed || pieces[i].va < w->object.va || pieces[i].va + pieces[i].size > w->object.va + w->object.size)
            add_part(cli, w, pieces[i], false, NULL);
    free(pieces);
    return status;
}

/* The value of a + b. */
static void compute(struct cli *cli, struct watch *w) {
    struct value *value;
    w->have_after = expr_eval(cli, w->text, &value, NULL) == FACET_OK;
    if (!w->have_after)
        return;
    w->have_after = value->size == w->object.size;
    if (w->have_after)
        memcpy(w->after, value->bytes, value->size);
    value_free(value);
}

/* ---- Making and removing */

static void set_scope(struct cli *cli, struct watch *w) {
    struct frame frame, caller;
    if (!w->object.local || w->location || frame_selected(cli, &frame, NULL) != FACET_OK)
        return;
    if (frame_caller(cli, &frame, &caller))
        w->scope_end = caller.pc;
}

static void free_watch(struct cli *cli, struct watch *w) {
    while (w->part_count)
        remove_part(cli, w, w->part_count - 1);
    free(w->parts);
    free(w->text);
    free(w->before);
    free(w->after);
    free(w);
}

enum facet_status watch_add(struct cli *cli, enum point_kind kind, const char *text, struct watch_options options,
                            struct point **point, struct facet_error *error) {
    struct expr_object object;
    struct expr_piece *pieces;
    enum facet_status status = expr_object(cli, text, &object, error);
    bool computed = status && object.size && kind == POINT_WRITE && expr_reads(cli, text, &pieces) > 0;
    if (status && object.size && !computed && !strchr(text, '$'))
        return facet_fail(error, FACET_ERR_USAGE, "Cannot watch constant value `%s'.", text);
    if (status && !computed)
        return status;
    if (computed)
        free(pieces);
    if (!object.size)
        return facet_fail(error, FACET_ERR_USAGE, "Cannot watch %s: it has no size; cast it to a type.", text);
    struct watch *w = text_grow(NULL, 1, sizeof *w);
    bool never = false;
    *w = (struct watch){.kind = kind, .every = options.every, .location = options.location, .computed = computed};
    w->object = object;
    w->text = text_copy(text);
    w->number = cli->last_point + 1;
    w->disabled = &never;
    set_scope(cli, w);
    status = place_parts(cli, w, error);
    if (computed)
        compute(cli, w);
    if (status) {
        free_watch(cli, w);
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
    free_watch(cli, point->watch);
    point->watch = NULL;
}

uint64_t watch_scope_end(const struct point *point) {
    return point->watch->scope_end;
}

/* ---- Stops */

bool watch_waits(struct cli *cli) {
    (void)cli;
    for (const struct part *part = all; part; part = part->next)
        if (part->watch->touched || part->watch->moved)
            return true;
    return false;
}

/* Is what has happened to it what the user wants to hear? */
static bool is_news(const struct watch *w) {
    bool changed = w->have_before != w->have_after || (w->have_after && memcmp(w->before, w->after, w->object.size));
    if (w->kind == POINT_READ)
        return w->touched;
    return changed || (w->touched && (w->every || w->kind == POINT_ACCESS));
}

/* The level of the frame whose variables it names; 0 if it names none. -1: that frame is not on the stack. */
static int own_level(struct cli *cli, const struct watch *w) {
    struct frame frame, caller;
    if (!w->object.local)
        return 0;
    frame_innermost(cli, &frame);
    while (frame.cfa != w->object.frame_cfa)
        if (!frame_caller(cli, &frame, &caller))
            return -1;
        else
            frame = caller;
    return frame.level;
}

char *watch_expression(struct cli *cli, const struct point *point, struct watch_options *options, int *level) {
    const struct watch *w = point->watch;
    char *text = NULL;
    size_t size = 0;
    *options = (struct watch_options){.every = w->every, .location = w->location};
    *level = w->location ? 0 : own_level(cli, w);
    if (*level < 0)
        return NULL;
    if (!w->location)
        return text_copy(w->text);
    struct catalogue *c = &data_of(cli)->c;
    FILE *out = open_memstream(&text, &size);
    facet_assert(out, "out of memory");
    fputs("*(", out);
    type_print(c, type_pointer(c, w->object.type), out);
    fprintf(out, ") 0x%lx", w->object.va);
    fclose(out);
    return text;
}

/* What says where the object is has changed: it is somewhere else now, or nowhere. */
static void follow(struct cli *cli, struct watch *w) {
    struct expr_object object;
    int selected = cli->frame, level = own_level(cli, w);
    if (level < 0)
        return;
    cli->frame = level;
    if (w->computed) {
        compute(cli, w);
        place_parts(cli, w, NULL);
    } else if (expr_object(cli, w->text, &object, NULL) == FACET_OK && object.size == w->object.size) {
        w->object.va = object.va;
        place_parts(cli, w, NULL); /* where nothing is, what leads there is watched all the same */
    }
    cli->frame = selected;
}

void watch_check(struct cli *cli, struct hits *hits) {
    for (size_t i = 0; i < cli->point_count; i++) {
        struct point *p = cli->points[i];
        struct watch *w = p->watch;
        if (!w || !(w->touched || w->moved))
            continue;
        if (w->moved)
            follow(cli, w);
        if (!w->computed)
            w->have_after = session_read(cli->session, w->object.va, w->after, w->object.size) == w->object.size;
        bool news = is_news(w);
        w->touched = w->moved = false;
        if (news)
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

static void tell_value(struct cli *cli, const struct watch *w, const char *what, const uint8_t *bytes, bool known) {
    printf("%s = ", what);
    if (known)
        expr_print_bytes(cli, w->object.type, bytes, w->object.size, stdout);
    else
        printf("<unreadable>");
    printf("\n");
}

void watch_tell(struct cli *cli, const struct point *point) {
    const struct watch *w = point->watch;
    bool changed = w->have_before && memcmp(w->before, w->after, w->object.size);
    printf("\n%s %d: %s\n\n", point_name(point), point->number, point->what);
    if (w->kind == POINT_WRITE || (w->kind == POINT_ACCESS && changed)) {
        tell_value(cli, w, "Old value", w->before, w->have_before);
        tell_value(cli, w, "New value", w->after, w->have_after);
    } else {
        tell_value(cli, w, "Value", w->after, w->have_after);
    }
    if (w->kernel)
        printf("%s by the kernel, in a system call\n", w->loaded ? "Read" : "Written");
}

void watch_renew(struct cli *cli) {
    for (size_t i = 0; i < cli->point_count; i++)
        if (cli->points[i]->watch && (cli->points[i]->watch->part_count > 1 || cli->points[i]->watch->computed))
            follow(cli, cli->points[i]->watch);
}

void watch_forget(struct cli *cli) {
    for (size_t i = 0; i < cli->point_count; i++) {
        struct point *p = cli->points[i];
        if (p->watch)
            p->watch->touched = p->watch->moved = false;
        if (p->watch && p->watch->scope_end)
            points_delete(cli, p);
    }
    points_bury(cli);
}
