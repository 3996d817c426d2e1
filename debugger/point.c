/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "point.h"

#include "expr.h"
#include "text.h"
#include "watchpoint.h"

#include <string.h>

/* ---- The list */

struct point *points_add(struct cli *cli, enum point_kind kind, const char *what) {
    struct point *p = text_grow(NULL, 1, sizeof *p);
    *p = (struct point){.number = ++cli->last_point, .kind = kind, .what = text_copy(what)};
    cli->points = text_grow(cli->points, cli->point_count + 1, sizeof *cli->points);
    cli->points[cli->point_count++] = p;
    expr_variable_set(cli, "bpnum", (uint64_t)p->number);
    return p;
}

struct point *points_find(struct cli *cli, int number) {
    for (size_t i = 0; i < cli->point_count; i++)
        if (cli->points[i]->number == number && !cli->points[i]->dead)
            return cli->points[i];
    return NULL;
}

void points_delete(struct cli *cli, struct point *point) {
    point->dead = true;
    if (point->watch)
        watch_remove(cli, point);
}

static void free_point(struct point *p) {
    cli_lines_free(&p->commands);
    free(p->what);
    free(p->condition);
    free(p->places);
    free(p);
}

void points_bury(struct cli *cli) {
    size_t kept = 0;
    for (size_t i = 0; i < cli->point_count; i++)
        if (cli->points[i]->dead)
            free_point(cli->points[i]);
        else
            cli->points[kept++] = cli->points[i];
    cli->point_count = kept;
}

void points_free(struct cli *cli) {
    for (size_t i = 0; i < cli->point_count; i++)
        points_delete(cli, cli->points[i]);
    points_bury(cli);
    free(cli->points);
    free(cli->inserted);
}

void points_renew(struct cli *cli) {
    cli->inserted_count = 0;
    for (size_t i = 0; i < cli->point_count; i++)
        cli->points[i]->hits = 0;
    watch_renew(cli);
}

const char *point_name(const struct point *point) {
    switch (point->kind) {
    case POINT_BREAK:
        return point->after == POINT_DELETE ? "Temporary breakpoint" : "Breakpoint";
    case POINT_WRITE:
        return "Hardware watchpoint";
    case POINT_READ:
        return "Hardware read watchpoint";
    case POINT_ACCESS:
        return "Hardware access (read/write) watchpoint";
    }
    return "";
}

/* ---- The machine's breakpoints */

static bool has(const uint64_t *list, size_t count, uint64_t va) {
    for (size_t i = 0; i < count; i++)
        if (list[i] == va)
            return true;
    return false;
}

struct set {
    uint64_t *va;
    size_t count;
};

static void want(struct set *set, uint64_t va) {
    if (has(set->va, set->count, va))
        return;
    set->va = text_grow(set->va, set->count + 1, sizeof *set->va);
    set->va[set->count++] = va;
}

static struct set wanted(struct cli *cli, const uint64_t *more, size_t count) {
    struct set set = {0};
    for (size_t i = 0; i < cli->point_count; i++) {
        const struct point *p = cli->points[i];
        uint64_t end = p->watch ? watch_scope_end(p) : 0;
        if (p->dead)
            continue;
        for (size_t j = 0; j < p->place_count && !p->disabled; j++)
            want(&set, p->places[j]);
        if (end)
            want(&set, end);
    }
    for (size_t i = 0; i < count; i++)
        want(&set, more[i]);
    return set;
}

void points_insert(struct cli *cli, const uint64_t *more, size_t count) {
    struct set set = wanted(cli, more, count);
    for (size_t i = 0; i < cli->inserted_count; i++)
        if (!has(set.va, set.count, cli->inserted[i]))
            session_break(cli->session, cli->inserted[i], false);
    for (size_t i = 0; i < set.count; i++)
        if (!has(cli->inserted, cli->inserted_count, set.va[i]))
            session_break(cli->session, set.va[i], true);
    free(cli->inserted);
    cli->inserted = set.va;
    cli->inserted_count = set.count;
}

/* ---- Hits */

void hits_add(struct hits *hits, struct point *point) {
    for (size_t i = 0; i < hits->count; i++)
        if (hits->point[i] == point)
            return;
    hits->point = text_grow(hits->point, hits->count + 1, sizeof *hits->point);
    hits->point[hits->count++] = point;
}

void hits_clear(struct hits *hits) {
    free(hits->point);
    *hits = (struct hits){0};
}

/* An error in the condition stops the program, and is told. */
static bool condition_holds(struct cli *cli, const struct point *point) {
    struct facet_error why;
    bool holds;
    if (!point->condition)
        return true;
    int selected = cli->frame;
    cli->frame = 0;
    enum facet_status status = expr_true(cli, point->condition, &holds, &why);
    cli->frame = selected;
    if (status == FACET_OK)
        return holds;
    fflush(stdout);
    fprintf(stderr, "Error in testing condition for breakpoint %d:\n%s\n", point->number, why.text);
    return true;
}

void point_hit(struct cli *cli, struct point *point, struct hits *hits) {
    if (!condition_holds(cli, point))
        return;
    point->hits++;
    if (point->ignore) {
        point->ignore--;
        return;
    }
    if (point->after == POINT_DISABLE)
        point->disabled = true;
    hits_add(hits, point);
}

void points_hit_at(struct cli *cli, uint64_t va, struct hits *hits) {
    for (size_t i = 0; i < cli->point_count; i++) {
        struct point *p = cli->points[i];
        if (p->kind == POINT_BREAK && !p->ifunc && !p->disabled && !p->dead && has(p->places, p->place_count, va))
            point_hit(cli, p, hits);
    }
}
