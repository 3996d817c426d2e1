/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lines.h"

#include "text.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <string.h>

/* All rows of one program: there is one program. */
struct table {
    struct symbols *of;
    struct line_row *rows;
    size_t count;
};
static struct table table;

/* ---- Reading */

/* gdb's rule: a line with discriminators is one row as long as no other line comes, so that stepping does not stop at
 * each piece of a loop's head. */
struct reading {
    const char *path;
    int line, last; /* of the row before; of the last one that was taken */
    bool discriminated;
};

static bool is_continued(struct reading *r, const struct line_row *row, unsigned discriminator) {
    r->discriminated = discriminator != 0 || (r->discriminated && row->line == r->line);
    r->line = row->line;
    return row->line == r->last && row->path == r->path && r->discriminated;
}

static void take_row(struct table *t, struct reading *r, Dwarf_Line *from, struct line_row row) {
    bool end = false;
    Dwarf_Addr va = 0;
    unsigned discriminator = 0;
    dwarf_lineaddr(from, &va);
    dwarf_lineendsequence(from, &end);
    dwarf_lineno(from, &row.line);
    dwarf_linebeginstatement(from, &row.statement);
    dwarf_linediscriminator(from, &discriminator);
    row.va += va; /* the bias is there */
    if (end)
        row.line = 0;
    else if (!row.line || !row.path || is_continued(r, &row, discriminator))
        return;
    *r = (struct reading){row.path, row.line, row.line, r->discriminated};
    t->rows[t->count++] = row;
}

static void take_rows(struct table *t, Dwarf_Die *unit, Dwarf_Addr bias) {
    Dwarf_Lines *lines;
    Dwarf_Attribute attribute;
    struct reading reading = {0};
    size_t count;
    if (dwarf_getsrclines(unit, &lines, &count) != 0)
        return;
    const char *directory = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
    t->rows = text_grow(t->rows, t->count + count, sizeof *t->rows);
    for (size_t i = 0; i < count; i++) {
        Dwarf_Line *from = dwarf_onesrcline(lines, i);
        take_row(t, &reading, from,
                 (struct line_row){
                     .va = bias, .path = dwarf_linesrc(from, NULL, NULL), .directory = directory ? directory : ""});
    }
}

/* Rows of one address keep their order, except that the end of something comes before the beginning of something. */
struct ordered {
    struct line_row row;
    size_t index;
};

static int by_address(const void *a, const void *b) {
    const struct ordered *x = a, *y = b;
    if (x->row.va != y->row.va)
        return x->row.va < y->row.va ? -1 : 1;
    if (!x->row.line != !y->row.line)
        return !x->row.line ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

static void sort(struct table *t) {
    struct ordered *all = text_grow(NULL, t->count + 1, sizeof *all);
    for (size_t i = 0; i < t->count; i++)
        all[i] = (struct ordered){t->rows[i], i};
    qsort(all, t->count, sizeof *all, by_address);
    for (size_t i = 0; i < t->count; i++)
        t->rows[i] = all[i].row;
    free(all);
}

const struct line_row *lines_all(struct symbols *symbols, size_t *count) {
    if (table.of != symbols) {
        Dwarf_Die *unit = NULL;
        Dwarf_Addr bias = 0;
        free(table.rows);
        table = (struct table){.of = symbols};
        while ((unit = dwfl_module_nextcu(symbols_module(symbols), unit, &bias)))
            take_rows(&table, unit, bias);
        sort(&table);
    }
    *count = table.count;
    return table.rows;
}

/* ---- Looking up */

/* Index of the first row above va. */
static size_t above(const struct line_row *rows, size_t count, uint64_t va) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rows[middle].va <= va)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool lines_at(struct symbols *symbols, uint64_t va, struct line_place *place) {
    size_t count;
    const struct line_row *rows = lines_all(symbols, &count);
    size_t next = above(rows, count, va);
    if (!next || !rows[next - 1].line)
        return false;
    size_t best = next - 1;
    for (size_t i = best; !rows[best].statement && rows[i].va == rows[best].va && rows[i].line; i--) {
        if (rows[i].statement)
            best = i;
        if (!i)
            break;
    }
    *place = (struct line_place){
        .path = rows[best].path,
        .directory = rows[best].directory,
        .line = rows[best].line,
        .start = rows[best].va,
        .end = next < count ? rows[next].va : ~0ul,
        .statement = rows[best].statement,
    };
    snprintf(place->file, sizeof place->file, "%s", text_basename(place->path));
    return true;
}

/* Does a path end with the name, at a folder's border? */
static bool path_matches(const char *path, const char *name) {
    size_t length = strlen(path), wanted = strlen(name);
    return wanted <= length && !strcmp(path + length - wanted, name) &&
           (wanted == length || *name == '/' || path[length - wanted - 1] == '/');
}

const char *lines_file(struct symbols *symbols, const char *name, const char **directory) {
    size_t count;
    const struct line_row *rows = lines_all(symbols, &count);
    const char *last = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!rows[i].path || rows[i].path == last)
            continue;
        last = rows[i].path;
        if (path_matches(last, name)) {
            *directory = rows[i].directory;
            return last;
        }
    }
    return NULL;
}

bool lines_function(struct symbols *symbols, const struct symbol *function, struct line_place *place) {
    return lines_at(symbols, function->va, place);
}

/* ---- Where to stop */

/* An optimizing compiler says at each address where the variables are, so no prologue need be skipped. */
static bool is_optimized(struct symbols *symbols, uint64_t va) {
    Dwarf_Addr bias;
    Dwarf_Attribute attribute;
    Dwarf_Die *unit = dwfl_module_addrdie(symbols_module(symbols), va, &bias);
    const char *producer = unit ? dwarf_formstring(dwarf_attr(unit, DW_AT_producer, &attribute)) : NULL;
    const char *option = NULL; /* the last one counts */
    for (const char *p = producer; p && (p = strstr(p, " -O")); p++)
        option = p;
    return option && option[3] != '0' && option[3] != ' ' && option[3];
}

uint64_t lines_behind_prologue(struct symbols *symbols, const struct symbol *function) {
    struct line_place first;
    if (!lines_at(symbols, function->va, &first))
        return function->va;
    if (is_optimized(symbols, function->va))
        return function->va;
    bool inside = !function->size || first.end < function->va + function->size;
    struct line_place second;
    return inside && lines_at(symbols, first.end, &second) ? first.end : function->va;
}

/* The smallest line from `line` on that has code. */
static int line_with_code(const struct line_row *rows, size_t count, const char *path, int line) {
    int best = 0;
    for (size_t i = 0; i < count; i++)
        if (rows[i].line >= line && rows[i].statement && (!best || rows[i].line < best) && !strcmp(rows[i].path, path))
            best = rows[i].line;
    return best;
}

static void add_place(struct symbols *symbols, uint64_t va, uint64_t **places, size_t *count) {
    const struct symbol *function = symbols_at(symbols, va);
    for (size_t i = 0; i < *count; i++)
        if (symbols_at(symbols, (*places)[i]) == function)
            return;
    *places = text_grow(*places, *count + 1, sizeof **places);
    (*places)[(*count)++] = function && function->va == va ? lines_behind_prologue(symbols, function) : va;
}

size_t lines_places(struct symbols *symbols, const char *path, int line, uint64_t **places, int *found) {
    size_t row_count, count = 0;
    const struct line_row *rows = lines_all(symbols, &row_count);
    *places = NULL;
    *found = line_with_code(rows, row_count, path, line);
    for (size_t i = 0; *found && i < row_count; i++)
        if (rows[i].line == *found && rows[i].statement && !strcmp(rows[i].path, path))
            add_place(symbols, rows[i].va, places, &count);
    return count;
}
