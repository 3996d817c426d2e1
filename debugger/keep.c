/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep.h"

#include "expr.h"
#include "text.h"
#include "watchpoint.h"

#include <ctype.h>
#include <string.h>

#define POINTS_MAX 4096u
#define PLACES_MAX 65536u
#define LINES_MAX 65536u

/* ---- Pieces of a point */

void keep_line_visit(struct archive *a, char **line) {
    archive_text(a, line);
    for (const char *c = *line ? *line : ""; *c; c++)
        if (iscntrl((unsigned char)*c) && *c != '\t')
            archive_fail(a);
}

/* One that must be there. */
static void word_visit(struct archive *a, char **word) {
    keep_line_visit(a, word);
    if (!*word) {
        archive_fail(a);
        *word = text_copy("");
    }
}

static void lines_visit(struct archive *a, struct cli_lines *lines) {
    uint64_t count = archive_number(a, lines->count, LINES_MAX);
    for (uint64_t i = 0; i < count && !a->bad; i++) {
        char *line = a->loading ? NULL : lines->line[i];
        word_visit(a, &line);
        if (!a->loading)
            continue;
        cli_lines_add(lines, line);
        free(line);
    }
}

static void places_visit(struct archive *a, struct point *p) {
    uint64_t count = archive_number(a, p->place_count, PLACES_MAX);
    if (a->loading && archive_take(a, count * sizeof *p->places)) {
        p->places = text_grow(NULL, count, sizeof *p->places);
        p->place_count = count;
    }
    archive_bytes(a, p->places, p->place_count * sizeof *p->places);
}

/* What a watchpoint is made of again. */
struct watched {
    char *expression;
    struct watch_options options;
    uint64_t level; /* of the frame in which it means the same */
};

static void watched_visit(struct archive *a, struct watched *w) {
    word_visit(a, &w->expression);
    archive_flag(a, &w->options.every);
    archive_flag(a, &w->options.location);
    w->level = archive_number(a, w->level, INT32_MAX);
}

static void point_visit(struct archive *a, struct point *p, struct watched *w) {
    p->number = (int)archive_number(a, (uint64_t)p->number, INT32_MAX - 1);
    p->kind = (enum point_kind)archive_number(a, p->kind, POINT_ACCESS);
    p->after = (enum point_after)archive_number(a, p->after, POINT_DISABLE);
    archive_flag(a, &p->disabled);
    word_visit(a, &p->what);
    keep_line_visit(a, &p->condition);
    archive_value(a, p->hits);
    archive_value(a, p->ignore);
    lines_visit(a, &p->commands);
    archive_flag(a, &p->silent);
    if (p->kind != POINT_BREAK) {
        watched_visit(a, w);
        return;
    }
    archive_flag(a, &p->ifunc);
    places_visit(a, p);
    if (p->place_count == 0)
        archive_fail(a);
}

/* ---- Saving */

static bool describe(struct cli *cli, const struct point *p, struct watched *w) {
    int level;
    *w = (struct watched){0};
    if (p->dead || !p->watch)
        return !p->dead;
    w->expression = watch_expression(cli, p, &w->options, &level);
    w->level = (uint64_t)level;
    return w->expression != NULL;
}

static void points_save(struct cli *cli, struct archive *a) {
    uint64_t count = 0, last = (uint64_t)cli->last_point;
    struct watched w;
    for (int saving = 0; saving < 2; saving++) {
        for (size_t i = 0; i < cli->point_count; i++) {
            bool there = describe(cli, cli->points[i], &w);
            count += there && !saving;
            if (there && saving)
                point_visit(a, cli->points[i], &w);
            free(w.expression);
        }
        if (!saving)
            archive_number(a, count, POINTS_MAX);
    }
    archive_number(a, last, INT32_MAX - 1);
}

void keep_save(struct cli *cli) {
    char *bytes = NULL;
    size_t size = 0;
    struct archive to = {.file = open_memstream(&bytes, &size)};
    facet_assert(to.file, "out of memory");
    points_save(cli, &to);
    displays_visit(cli, &to);
    fclose(to.file);
    session_keep(cli->session, bytes, size);
}

/* ---- Loading */

static enum facet_status remake(struct cli *cli, const struct point *from, const struct watched *w, struct point **made,
                                struct facet_error *error) {
    int selected = cli->frame;
    if (from->kind == POINT_BREAK) {
        *made = points_add(cli, POINT_BREAK, from->what);
        return FACET_OK;
    }
    cli->frame = (int)w->level;
    enum facet_status status = watch_add(cli, from->kind, w->expression, w->options, made, error);
    cli->frame = selected;
    return status;
}

/* All but its number, and what remake() gave it. Takes what `from` has. */
static void take_over(struct point *to, struct point *from) {
    free(to->what);
    to->what = from->what;
    to->after = from->after;
    to->disabled = from->disabled;
    to->condition = from->condition;
    to->hits = from->hits;
    to->ignore = from->ignore;
    to->commands = from->commands;
    to->silent = from->silent;
    to->ifunc = from->ifunc;
    to->places = from->places;
    to->place_count = from->place_count;
    *from = (struct point){0};
}

static void drop(struct point *p) {
    cli_lines_free(&p->commands);
    free(p->what);
    free(p->condition);
    free(p->places);
}

static void point_load(struct cli *cli, struct archive *a, bool trusted) {
    struct point p = {0}, *made;
    struct watched w = {0};
    struct facet_error error;
    point_visit(a, &p, &w);
    if (p.number <= cli->last_point)
        archive_fail(a);
    if (!a->bad && p.commands.count > 0 && !trusted) {
        fprintf(stderr,
                "facet: the commands of breakpoint %d are left out: they would be executed; if you know who "
                "wrote them: --trust\n",
                p.number);
        cli_lines_free(&p.commands);
        p.commands = (struct cli_lines){0};
        p.silent = false;
    }
    if (!a->bad) {
        cli->last_point = p.number - 1;
        if (remake(cli, &p, &w, &made, &error) == FACET_OK)
            take_over(made, &p);
        else
            fprintf(stderr, "facet: watchpoint %d, %s, is no more: %s\n", p.number, p.what, error.text);
    }
    drop(&p);
    free(w.expression);
}

void keep_load(struct cli *cli) {
    size_t size;
    bool trusted;
    const char *bytes = session_kept(cli->session, &size, &trusted);
    FILE *in = size ? fmemopen((char *)(uintptr_t)bytes, size, "r") : NULL;
    struct archive from = {.file = in, .loading = true};
    if (!in)
        return;
    uint64_t count = archive_number(&from, 0, POINTS_MAX);
    for (uint64_t i = 0; i < count && !from.bad; i++)
        point_load(cli, &from, trusted);
    uint64_t last = archive_number(&from, 0, INT32_MAX - 1);
    if (last > (uint64_t)cli->last_point)
        cli->last_point = (int)last;
    displays_visit(cli, &from);
    if (from.bad)
        fprintf(stderr, "facet: the breakpoints and displays of the checkpoint make no sense\n");
    fclose(in);
}
