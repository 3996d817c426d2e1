/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Commands about source files. Wording as gdb's.
 */
#include "color.h"
#include "expr.h"
#include "frame.h"
#include "point.h"
#include "source.h"
#include "stack.h"
#include "text.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/* ---- list */

/* Shows [first, last] of the default file. */
static enum facet_status show(struct cli *cli, int first, int last, struct facet_error *error) {
    struct cmd_list *l = &cli->list;
    const struct source_file *file = source_find(l->path, l->directory);
    first = first < 1 ? 1 : first;
    if (!file)
        return facet_fail(error, FACET_ERR_USAGE,
                          "%s: No such file or directory: tell `directory DIR` where the sources are.", l->path);
    if (first > file->count)
        return facet_fail(error, FACET_ERR_USAGE, "Line number %d out of range; %s has %d lines.", first,
                          text_basename(l->path), file->count);
    l->first = first;
    l->last = last < file->count ? last : file->count;
    for (int i = first; i <= l->last; i++)
        color_print(COLOR_LINE, "%d", i), printf("\t%s\n", file->line[i - 1]);
    l->line = l->last;
    return FACET_OK;
}

static int size(const struct cli *cli) {
    return cli->set.listsize && cli->set.listsize < INT32_MAX ? (int)cli->set.listsize
           : cli->set.listsize                                ? 1 << 20
                                                              : 10;
}

/* Around a line, as gdb does: five before it. */
static enum facet_status show_around(struct cli *cli, int line, struct facet_error *error) {
    int first = line - size(cli) / 2;
    first = first < 1 ? 1 : first;
    return show(cli, first, first + size(cli) - 1, error);
}

static enum facet_status list_on(struct cli *cli, struct facet_error *error) {
    struct cmd_list *l = &cli->list;
    const char *path, *directory;
    int line;
    if (!linespec_default(cli, &path, &directory, &line))
        return facet_fail(error, FACET_ERR_USAGE,
                          "No symbol table is loaded: the program has no line numbers; compile it with -g.");
    if (l->last)
        return show(cli, l->last + 1, l->last + size(cli), error);
    return show_around(cli, line, error);
}

static enum facet_status list_back(struct cli *cli, struct facet_error *error) {
    struct cmd_list *l = &cli->list;
    if (!l->last) {
        enum facet_status status = list_on(cli, error);
        if (status || !l->last)
            return status;
    }
    if (l->first <= 1)
        return facet_fail(error, FACET_ERR_USAGE, "Already at the start of %s.", l->path);
    int first = l->first - size(cli), last = l->first - 1;
    return show(cli, first, last, error);
}

/* One end of a list: sets the default file. */
static enum facet_status list_end(struct cli *cli, const char *text, int *line, struct facet_error *error) {
    struct linespec spec;
    const char *end, *path, *directory;
    uint64_t number;
    int at;
    if (text_number(text, &number)) { /* it need not have code */
        if (!linespec_default(cli, &path, &directory, &at))
            return facet_fail(error, FACET_ERR_USAGE, "No symbol table is loaded.");
        *line = number > 1000000 ? 1000000 : (int)number;
        return FACET_OK;
    }
    const char *colon = strrchr(text, ':');
    if (colon && text_number(colon + 1, &number)) {
        char *file = text_format("%.*s", (int)(colon - text), text);
        path = lines_file(session_symbols(cli->session), file, &directory);
        enum facet_status status =
            path ? FACET_OK : facet_fail(error, FACET_ERR_USAGE, "No source file named %s.", file);
        free(file);
        if (status)
            return status;
        spec = (struct linespec){.path = path, .directory = directory, .line = (int)(number & 0xfffff)};
    } else {
        enum facet_status status = linespec_parse(cli, text, &end, &spec, error);
        free(spec.places);
        if (status)
            return status;
    }
    if (!spec.path)
        return facet_fail(error, FACET_ERR_USAGE, "No line number known for %s.", text);
    cli->list.path = spec.path;
    cli->list.directory = spec.directory;
    *line = spec.line;
    return FACET_OK;
}

/* "A,B", "A,", ",B" */
static enum facet_status list_range(struct cli *cli, char *args, char *comma, struct facet_error *error) {
    int first = 0, last = 0;
    enum facet_status status = FACET_OK;
    *comma = 0;
    for (char *end = comma; end > args && isspace((unsigned char)end[-1]);)
        *--end = 0;
    const char *behind = comma + 1 + strspn(comma + 1, " \t");
    if (*args)
        status = list_end(cli, args, &first, error);
    if (status == FACET_OK && *behind)
        status = list_end(cli, behind, &last, error);
    if (status)
        return status;
    if (!*args)
        first = last - size(cli) + 1;
    if (!*behind)
        last = first + size(cli) - 1;
    return show(cli, first, last, error);
}

static enum facet_status cmd_list(struct cli *cli, const char *args, struct facet_error *error) {
    int line;
    if (!*args || !strcmp(args, "+"))
        return list_on(cli, error);
    if (!strcmp(args, "-"))
        return list_back(cli, error);
    char *copy = text_copy(args), *comma = strchr(copy, ',');
    enum facet_status status;
    if (comma) {
        status = list_range(cli, copy, comma, error);
    } else {
        status = list_end(cli, copy, &line, error);
        if (status == FACET_OK)
            status = show_around(cli, line, error);
    }
    free(copy);
    return status;
}

/* ---- Where sources are */

static enum facet_status cmd_directory(struct cli *cli, const char *args, struct facet_error *error) {
    (void)cli, (void)error;
    if (!*args)
        source_reset_directories();
    else
        source_add_directory(args);
    printf("Source directories searched: ");
    for (size_t i = 0; source_directory(i); i++)
        printf("%s:", source_directory(i));
    printf("$cdir:$cwd\n");
    return FACET_OK;
}

enum facet_status cmd_set_substitute_path(struct cli *cli, const char *args, struct facet_error *error) {
    char from[512], to[512];
    (void)cli;
    cmd_word(&args, from, sizeof from);
    cmd_word(&args, to, sizeof to);
    if (!*from || !*to || *args)
        return facet_fail(error, FACET_ERR_USAGE, "set substitute-path wants two directories: FROM TO.");
    source_substitute(from, to);
    return FACET_OK;
}

/* ---- info source, info line */

enum facet_status cmd_info_source(struct cli *cli, const char *args, struct facet_error *error) {
    const struct cmd_list *l = &cli->list;
    (void)args, (void)error;
    if (!l->path) {
        printf("No current source file.\n");
        return FACET_OK;
    }
    const struct source_file *file = source_find(l->path, l->directory);
    printf("Current source file is %s\nCompilation directory is %s\n", l->path, l->directory);
    if (file)
        printf("Located in %s\nContains %d lines.\n", file->path, file->count);
    return FACET_OK;
}

static void print_code(struct cli *cli, const struct line_place *place, uint64_t asked) {
    char name[SYMBOL_TEXT];
    struct symbols *symbols = session_symbols(cli->session);
    bool inside = asked && asked != place->start;
    printf("Line %d of \"%s\" starts at address 0x%" PRIx64, place->line, place->file, place->start);
    if (*symbols_gdb_name(symbols, place->start, name))
        printf(" <%s>", name);
    printf(" and ends at 0x%" PRIx64, place->end);
    if (*symbols_gdb_name(symbols, place->end, name))
        printf(" <%s>", name);
    (void)inside;
    printf(".\n");
}

enum facet_status cmd_info_line(struct cli *cli, const char *args, struct facet_error *error) {
    struct linespec spec;
    struct line_place place;
    const char *end;
    char shown[32] = "";
    if (!*args && cli->list.path) /* the line that was shown last */
        snprintf(shown, sizeof shown, "%d", cli->list.line);
    enum facet_status status = linespec_parse(cli, *args ? args : shown, &end, &spec, error);
    if (status)
        return status;
    for (size_t i = 0; i < spec.place_count; i++) {
        uint64_t va = spec.function ? spec.function->va : spec.places[i];
        if (lines_at(session_symbols(cli->session), va, &place))
            print_code(cli, &place, spec.exact ? va : 0);
        else
            printf("No line number information available for address "), cmd_print_address(cli, va), printf("\n");
    }
    free(spec.places);
    return FACET_OK;
}

const struct cmd cmd_list_table[] = {
    {"list", "l", cmd_list, "list [LOCATION|FIRST,LAST|-]", "show source lines: around a place, a range, before; or on",
     true},
    {"directory", "dir", cmd_directory, "directory [DIR]", "look for source files there; without DIR nowhere else",
     false},
    {0},
};
