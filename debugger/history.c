/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "history.h"

#include "handlers.h"
#include "text.h"

#include <sqlite3.h>
#include <string.h>

#define APPLICATION 0x66616374 /* "fact": ours, to be overwritten */
#define BATCH 20000            /* rows of a transaction */

struct history {
    struct history *next;
    char *path;
    unsigned users;
    sqlite3 *base;
    sqlite3_stmt *insert;
    uint64_t next_n;
    unsigned pending; /* rows of the transaction */
    bool indexed, failed;
};

static struct history *all;

static const char schema[] =
    "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;"
    "%s CREATE TABLE IF NOT EXISTS accesses (n INTEGER PRIMARY KEY, ev TEXT, proc INTEGER, pc INTEGER, va INTEGER, obj "
    "TEXT,"
    " off INTEGER, size INTEGER, value, old, by TEXT, rmw INTEGER, atomic INTEGER, part INTEGER, clock INTEGER);"
    "PRAGMA application_id = %d";

static bool run(struct history *h, const char *sql) {
    return sqlite3_exec(h->base, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static int64_t ask(struct history *h, const char *sql) {
    sqlite3_stmt *statement;
    int64_t answer = -1;
    if (sqlite3_prepare_v2(h->base, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
        answer = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return answer;
}

/* ---- Opening and closing */

static void forget(struct history *h) {
    struct history **at = &all;
    while (*at && *at != h)
        at = &(*at)->next;
    if (*at)
        *at = h->next;
    sqlite3_finalize(h->insert);
    sqlite3_close(h->base);
    free(h->path);
    free(h);
}

static enum facet_status create(const char *path, struct history **history, struct facet_error *error) {
    struct history *h = text_grow(NULL, 1, sizeof *h);
    *h = (struct history){.path = text_copy(path)};
    bool good = sqlite3_open_v2(path, &h->base, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) == SQLITE_OK;
    sqlite3_busy_timeout(h->base, 2000);
    int64_t tables = good ? ask(h, "SELECT count(*) FROM sqlite_master") : -1;
    bool foreign = tables > 0 && ask(h, "PRAGMA application_id") != APPLICATION;
    char *sql = text_format(schema, handlers_go_on ? "" : "DROP TABLE IF EXISTS accesses;", APPLICATION);
    good = tables >= 0 && !foreign && run(h, sql) &&
           sqlite3_prepare_v2(h->base, "INSERT INTO accesses VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", -1, &h->insert,
                              NULL) == SQLITE_OK;
    free(sql);
    if (!good) {
        facet_fail(error, FACET_ERR_USAGE, "cannot log to %s: %s", path,
                   foreign ? "it is a database of something else" : sqlite3_errmsg(h->base));
        forget(h);
        return FACET_ERR_USAGE;
    }
    h->next = all;
    *history = all = h;
    return FACET_OK;
}

static void delete_object(struct history *h, const char *object) {
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(h->base, "DELETE FROM accesses WHERE obj = ?", -1, &statement, NULL) == SQLITE_OK) {
        sqlite3_bind_text(statement, 1, object, -1, SQLITE_STATIC);
        sqlite3_step(statement);
    }
    sqlite3_finalize(statement);
    if (ask(h, "SELECT count(*) FROM (SELECT 1 FROM accesses LIMIT 1)") == 0)
        h->next_n = 0;
}

enum facet_status history_open(const char *path, const char *object, struct history **history,
                               struct facet_error *error) {
    struct history *h = all;
    while (h && strcmp(h->path, path) != 0)
        h = h->next;
    if (h && !handlers_go_on)
        delete_object(h, object);
    else if (!h && create(path, &h, error) != FACET_OK)
        return FACET_ERR_USAGE;
    h->users++;
    *history = h;
    return FACET_OK;
}

static bool fail(struct history *h, struct facet_error *why) {
    facet_fail(why, FACET_ERR_FAILED, "cannot write the log%s%s: %s", *h->path ? " " : "", h->path,
               sqlite3_errmsg(h->base));
    h->failed = true;
    return false;
}

bool history_commit(struct history *h, struct facet_error *why) {
    bool pending = h->pending > 0 && !h->failed;
    h->pending = 0;
    return !pending || run(h, "COMMIT") || fail(h, why);
}

static void make_index(struct history *h) {
    h->indexed = h->indexed || run(h, "CREATE INDEX IF NOT EXISTS accesses_place ON accesses (obj, off)");
}

bool history_close(struct history *h, struct facet_error *why) {
    bool good = history_commit(h, why);
    if (--h->users > 0)
        return good;
    if (*h->path && !h->failed && good) {
        make_index(h);
        good = h->indexed || fail(h, why);
    }
    forget(h);
    return good;
}

uint64_t history_next(const struct history *h) {
    return h->next_n;
}

bool history_go_on(struct history *h, uint64_t n, struct facet_error *why) {
    char *sql = text_format("DELETE FROM accesses WHERE n >= %ld", (int64_t)n);
    bool good = run(h, sql);
    free(sql);
    h->next_n = n;
    return good || fail(h, why);
}

/* ---- Writing */

static void bind_value(sqlite3_stmt *to, int column, const uint8_t *bytes, uint32_t size) {
    char text[2 * FACET_ACCESS_MAX + 3];
    uint64_t number = 0;
    if (!bytes) {
        sqlite3_bind_null(to, column);
    } else if (size <= 8) {
        memcpy(&number, bytes, size);
        sqlite3_bind_int64(to, column, (int64_t)number);
    } else {
        sqlite3_bind_text(to, column, text, (int)text_bytes(text, bytes, size), SQLITE_TRANSIENT);
    }
}

bool history_write(struct history *h, const struct facet_access *a, struct facet_error *why) {
    sqlite3_stmt *to = h->insert;
    if (h->failed)
        return true;
    if (h->pending == 0 && !run(h, "BEGIN"))
        return fail(h, why);
    const int64_t numbers[] = {(int64_t)a->process, (int64_t)a->pc, (int64_t)a->va};
    const int flags[] = {FACET_RMW, FACET_ATOMIC, FACET_PART};
    sqlite3_bind_int64(to, 1, (int64_t)h->next_n++);
    sqlite3_bind_text(to, 2, handler_kind_name((enum facet_kind)a->kind), -1, SQLITE_STATIC);
    for (int i = 0; i < 3; i++) {
        sqlite3_bind_int64(to, 3 + i, numbers[i]);
        sqlite3_bind_int(to, 12 + i, (a->flags & (unsigned)flags[i]) != 0);
    }
    sqlite3_bind_text(to, 6, a->object, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(to, 7, a->offset);
    sqlite3_bind_int(to, 8, (int)a->size);
    bind_value(to, 9, a->kind == FACET_STORE ? a->attempted : a->backing, a->size);
    bind_value(to, 10, a->kind == FACET_STORE ? a->backing : NULL, a->size);
    sqlite3_bind_text(to, 11, a->flags & FACET_KERNEL ? "kernel" : "user", -1, SQLITE_STATIC);
    sqlite3_bind_int64(to, 15, (int64_t)a->clock);
    h->pending++;
    sqlite3_step(to);
    if (sqlite3_reset(to) != SQLITE_OK)
        return fail(h, why);
    return h->pending < BATCH || history_commit(h, why);
}

/* ---- Reading */

uint64_t history_count(const struct history *h, const char *object) {
    sqlite3_stmt *statement;
    uint64_t count = 0;
    if (sqlite3_prepare_v2(h->base, "SELECT count(*) FROM accesses WHERE obj = ?", -1, &statement, NULL) == SQLITE_OK) {
        sqlite3_bind_text(statement, 1, object, -1, SQLITE_STATIC);
        if (sqlite3_step(statement) == SQLITE_ROW)
            count = (uint64_t)sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    return count;
}

static const char *value(sqlite3_stmt *row, int column, int size, char text[2 * FACET_ACCESS_MAX + 3]) {
    *text = '\0';
    if (sqlite3_column_type(row, column) == SQLITE_INTEGER)
        snprintf(text, 20, "0x%0*lx", 2 * size, (uint64_t)sqlite3_column_int64(row, column));
    else if (sqlite3_column_type(row, column) == SQLITE_TEXT)
        snprintf(text, 2 * FACET_ACCESS_MAX + 3, "%s", (const char *)sqlite3_column_text(row, column));
    return text;
}

static void give(sqlite3_stmt *from, history_fn *call, void *context) {
    char now[2 * FACET_ACCESS_MAX + 3], old[2 * FACET_ACCESS_MAX + 3];
    struct history_row row = {
        .n = (uint64_t)sqlite3_column_int64(from, 0),
        .kind = (const char *)sqlite3_column_text(from, 1),
        .offset = sqlite3_column_int64(from, 2),
        .size = sqlite3_column_int(from, 3),
        .pc = (uint64_t)sqlite3_column_int64(from, 6),
    };
    row.value = value(from, 4, row.size, now);
    row.old = value(from, 5, row.size, old);
    call(context, &row);
}

enum facet_status history_query(struct history *h, const char *object, const char *where, bool newest, uint64_t limit,
                                history_fn *call, void *context, bool *more, struct facet_error *error) {
    const char *rest;
    sqlite3_stmt *query;
    int step;
    make_index(h);
    char *sql = text_format("SELECT n, ev, off, size, value, old, pc FROM accesses WHERE obj = ?1 AND (%s\n)"
                            " ORDER BY n %s",
                            *where ? where : "1", newest ? "DESC" : "ASC");
    bool good = sqlite3_prepare_v2(h->base, sql, -1, &query, &rest) == SQLITE_OK;
    if (good && (*rest || !sqlite3_stmt_readonly(query) || sqlite3_bind_parameter_count(query) != 1)) {
        sqlite3_finalize(query);
        free(sql);
        return facet_fail(error, FACET_ERR_USAGE, "An SQL expression is expected, not \"%.200s\".", where);
    }
    if (good)
        sqlite3_bind_text(query, 1, object, -1, SQLITE_STATIC);
    uint64_t count = 0;
    while (good && (step = sqlite3_step(query)) == SQLITE_ROW && count++ < limit)
        give(query, call, context);
    *more = good && count > limit;
    good = good && (step == SQLITE_ROW || step == SQLITE_DONE);
    enum facet_status status =
        good ? FACET_OK
             : facet_fail(error, FACET_ERR_USAGE,
                          "%.300s (columns: n ev proc pc va off size value old by rmw atomic part clock)",
                          sqlite3_errmsg(h->base));
    sqlite3_finalize(query);
    free(sql);
    return status;
}
