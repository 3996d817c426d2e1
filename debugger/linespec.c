/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Locations in the program's code, as break, tbreak, until, advance, list and info line take them.
 */
#include "expr.h"
#include "frame.h"
#include "ifunc.h"
#include "inlined.h"
#include "point.h"
#include "text.h"
#include "value.h"

#include <ctype.h>
#include <string.h>

bool linespec_default(struct cli *cli, const char **path, const char **directory, int *line) {
    struct symbols *symbols = session_symbols(cli->session);
    const struct symbol *main_function;
    struct line_place place;
    if (!cli->list.path && symbols_find(symbols, "main", &main_function, NULL) == FACET_OK &&
        lines_at(symbols, lines_behind_prologue(symbols, main_function), &place)) {
        int before = (int)(cli->set.listsize < 1000 ? cli->set.listsize : 1000) - 1;
        cli->list.path = place.path;
        cli->list.directory = place.directory;
        cli->list.line = place.line > before ? place.line - before : 1; /* `list` shows what is around it, as in gdb */
    }
    *path = cli->list.path;
    *directory = cli->list.directory;
    *line = cli->list.line;
    return *path;
}

/* ---- Kinds of locations */

static void one_place(struct linespec *spec, uint64_t va) {
    spec->places = text_grow(NULL, 1, sizeof *spec->places);
    spec->places[0] = va;
    spec->place_count = 1;
}

static void set_line_at(struct cli *cli, struct linespec *spec, uint64_t va) {
    struct line_place place;
    if (!lines_at(session_symbols(cli->session), va, &place))
        return;
    spec->path = place.path;
    spec->directory = place.directory;
    spec->line = place.line;
}

static enum facet_status at_address(struct cli *cli, const char *text, struct linespec *spec,
                                    struct facet_error *error) {
    uint64_t va;
    enum facet_status status = expr_address(cli, text, &va, error);
    if (status)
        return status;
    if (!program_executable(session_program(cli->session), va))
        return facet_fail(error, FACET_ERR_USAGE, "No code at 0x%lx: a location in the program's text is wanted.", va);
    spec->exact = true;
    one_place(spec, va);
    set_line_at(cli, spec, va);
    return FACET_OK;
}

static enum facet_status at_line(struct cli *cli, const char *path, const char *directory, int line, bool named,
                                 struct linespec *spec, struct facet_error *error) {
    int found;
    spec->path = path;
    spec->directory = directory;
    spec->line = line;
    spec->place_count = lines_places(session_symbols(cli->session), path, line, &spec->places, &found);
    if (spec->place_count)
        return FACET_OK;
    if (!named)
        return facet_fail(error, FACET_ERR_USAGE, "No line %d in the current file.", line);
    return facet_fail(error, FACET_ERR_USAGE, "No line %d in file \"%s\".", line, text_basename(path));
}

static enum facet_status at_frame(struct cli *cli, struct linespec *spec, struct facet_error *error) {
    struct frame frame;
    enum facet_status status = frame_selected(cli, &frame, NULL);
    if (status && cli->list.path)
        return at_line(cli, cli->list.path, cli->list.directory, cli->list.line, false, spec, error);
    if (status)
        return facet_fail(error, FACET_ERR_USAGE, "No default breakpoint location: the program is not being run.");
    one_place(spec, frame.pc);
    set_line_at(cli, spec, frame.lookup_pc);
    return FACET_OK;
}

static enum facet_status no_function(struct symbols *symbols, const char *name, struct facet_error *error) {
    const struct symbol *symbol;
    struct facet_error why = {""};
    size_t count;
    symbols_all(symbols, &count);
    if (!count)
        return facet_fail(error, FACET_ERR_USAGE,
                          "Function \"%.200s\" not defined: the program was stripped.  Use *ADDRESS (`starti` stops at "
                          "its first instruction), or build it with -g and do not strip it.",
                          name);
    if (symbols_find(symbols, name, &symbol, &why) == FACET_OK)
        return facet_fail(error, FACET_ERR_USAGE, "\"%s\" is not a function", name);
    const char *hint = strstr(why.text, "; did you mean");
    return facet_fail(error, FACET_ERR_USAGE, "Function \"%.200s\" not defined.%s%s", name, hint ? "  Did you" : "",
                      hint ? hint + strlen("; did you") : "");
}

/* Of a function without lines: behind `push %rbp; mov %rsp,%rbp`, if it begins so. */
static uint64_t behind_frame_setup(struct cli *cli, uint64_t va) {
    static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
    static const uint8_t setups[2][4] = {{0x55, 0x48, 0x89, 0xe5}, {0x55, 0x48, 0x8b, 0xec}};
    uint8_t code[8] = {0};
    data_read_some(data_of(cli), va, code, sizeof code);
    unsigned first = memcmp(code, endbr64, sizeof endbr64) ? 0 : 4;
    for (unsigned i = 0; i < 2; i++)
        if (!memcmp(code + first, setups[i], 4))
            return va + first + 4;
    return va;
}

static uint64_t place_in(struct cli *cli, const struct symbol *function) {
    struct symbols *symbols = session_symbols(cli->session);
    uint64_t chosen = function->ifunc ? ifunc_chosen(cli, function) : 0;
    if (function->ifunc)
        return chosen ? chosen : function->va;
    struct line_place place;
    return lines_at(symbols, function->va, &place) ? lines_behind_prologue(symbols, function)
                                                   : behind_frame_setup(cli, function->va);
}

static void add_function(struct cli *cli, const struct symbol *function, struct linespec *spec) {
    struct symbols *symbols = session_symbols(cli->session);
    for (size_t i = 0; i < spec->place_count; i++)
        if (symbols_at(symbols, spec->places[i]) == symbols_at(symbols, function->va))
            return; /* another name of it */
    spec->places = text_grow(spec->places, spec->place_count + 1, sizeof *spec->places);
    spec->places[spec->place_count++] = place_in(cli, function);
    spec->function = function;
}

static int by_address(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Where it was put into other functions. */
static void add_inlined(struct symbols *symbols, const char *name, struct linespec *spec) {
    uint64_t *more;
    size_t count = inlined_places(symbols, name, &more);
    if (!count)
        return;
    spec->places = text_grow(spec->places, spec->place_count + count, sizeof *spec->places);
    memcpy(spec->places + spec->place_count, more, count * sizeof *more);
    spec->place_count += count;
    qsort(spec->places, spec->place_count, sizeof *spec->places, by_address);
    free(more);
}

/* All functions of that name; of one file only if there is a path. */
static enum facet_status at_function(struct cli *cli, const char *name, const char *path, struct linespec *spec,
                                     struct facet_error *error) {
    struct symbols *symbols = session_symbols(cli->session);
    struct line_place place;
    size_t count;
    const struct symbol *all = symbols_all(symbols, &count);
    for (size_t i = 0; i < count; i++)
        if (all[i].function && !strcmp(all[i].name, name) &&
            (!path || (lines_at(symbols, all[i].va, &place) && !strcmp(place.path, path))))
            add_function(cli, &all[i], spec);
    spec->ifunc = spec->place_count == 1 && spec->function->ifunc && spec->places[0] == spec->function->va;
    if (!path)
        add_inlined(symbols, name, spec);
    if (!spec->place_count)
        return no_function(symbols, name, error);
    set_line_at(cli, spec, spec->function ? spec->function->va : spec->places[0]);
    return FACET_OK;
}

static enum facet_status no_table(struct facet_error *error) {
    return facet_fail(error, FACET_ERR_USAGE,
                      "No symbol table is loaded: the program has no line numbers; compile it with -g, or use "
                      "a function or *ADDRESS.");
}

/* LINE, +N, -N in the default file. */
static enum facet_status at_number(struct cli *cli, const char *text, struct linespec *spec,
                                   struct facet_error *error) {
    const char *path, *directory;
    int line;
    uint64_t number;
    if (!text_number(text + (*text == '+' || *text == '-'), &number) || number > 1000000)
        return facet_fail(error, FACET_ERR_USAGE, "malformed linespec error: unexpected string, \"%s\".", text);
    if (!linespec_default(cli, &path, &directory, &line))
        return no_table(error);
    struct frame frame;
    struct linespec here = {0};
    if (!isdigit((unsigned char)*text) && frame_selected(cli, &frame, NULL) == FACET_OK) {
        set_line_at(cli, &here, frame.lookup_pc);
        line = here.path == path ? here.line : line;
    }
    line = *text == '+' ? line + (int)number : *text == '-' ? line - (int)number : (int)number;
    return at_line(cli, path, directory, line, false, spec, error);
}

static enum facet_status in_file(struct cli *cli, const char *file, const char *rest, struct linespec *spec,
                                 struct facet_error *error) {
    const char *directory, *path = lines_file(session_symbols(cli->session), file, &directory);
    uint64_t line;
    if (!path)
        return facet_fail(error, FACET_ERR_USAGE, "No source file named %s.", file);
    if (!text_number(rest, &line))
        return at_function(cli, rest, path, spec, error);
    return at_line(cli, path, directory, line > 1000000 ? 1000000 : (int)line, true, spec, error);
}

/* ---- The whole */

/* Where the location ends: at " if ", or at the end. */
static size_t location_length(const char *text) {
    size_t length = strlen(text);
    for (const char *p = text; (p = strstr(p, "if")); p++)
        if ((p == text || isspace((unsigned char)p[-1])) && (isspace((unsigned char)p[2]) || p[2] == '(')) {
            length = (size_t)(p - text);
            break;
        }
    while (length && isspace((unsigned char)text[length - 1]))
        length--;
    return length;
}

static enum facet_status parse(struct cli *cli, char *text, struct linespec *spec, struct facet_error *error) {
    char *colon = strrchr(text, ':');
    if (!*text)
        return at_frame(cli, spec, error);
    if (*text == '*')
        return at_address(cli, text + 1, spec, error);
    if (isdigit((unsigned char)*text) && !strncmp(text, "0x", 2))
        return at_address(cli, text, spec, error);
    if (isdigit((unsigned char)*text) || *text == '+' || *text == '-')
        return at_number(cli, text, spec, error);
    if (!colon)
        return at_function(cli, text, NULL, spec, error);
    *colon = 0;
    return in_file(cli, text, colon + 1, spec, error);
}

enum facet_status linespec_parse(struct cli *cli, const char *text, const char **end, struct linespec *spec,
                                 struct facet_error *error) {
    *spec = (struct linespec){0};
    text += strspn(text, " \t");
    size_t length = location_length(text);
    char *copy = text_format("%.*s", (int)length, text);
    enum facet_status status = parse(cli, copy, spec, error);
    free(copy);
    *end = text + length;
    *end += strspn(*end, " \t");
    if (status) {
        free(spec->places);
        spec->places = NULL;
        spec->place_count = 0;
    }
    return status;
}
