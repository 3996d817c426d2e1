/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Commands that set breakpoints and change what has been set. Wording as gdb's.
 */
#include "expr.h"
#include "point.h"
#include "stack.h"
#include "text.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/* ---- break, tbreak */

/* "if CONDITION" or nothing. */
static enum facet_status take_condition(const char *text, char **condition, struct facet_error *error) {
    *condition = NULL;
    if (!*text)
        return FACET_OK;
    if (strncmp(text, "if", 2) || (text[2] && !isspace((unsigned char)text[2]) && text[2] != '('))
        return facet_fail(error, FACET_ERR_USAGE, "Junk at end of arguments: \"%s\".", text);
    text += 2 + strspn(text + 2, " \t");
    if (!*text)
        return facet_fail(error, FACET_ERR_USAGE, "A condition is missing behind `if`.");
    *condition = text_copy(text);
    return FACET_OK;
}

static void tell_new(struct cli *cli, const struct point *p) {
    struct line_place place;
    printf("%s %d at %s0x%" PRIx64, point_name(p), p->number, p->ifunc ? "gnu-indirect-function resolver at " : "",
           p->places[0]);
    bool known = lines_at(session_symbols(cli->session), p->places[0], &place);
    if (p->place_count > 1)
        printf(": %s. (%zu locations)", p->what, p->place_count);
    else if (known)
        printf(": file %s, line %d.", place.file, place.line);
    printf("\n");
}

static enum facet_status set_breakpoint(struct cli *cli, const char *args, enum point_after after,
                                        struct facet_error *error) {
    struct linespec spec;
    const char *end;
    char *condition = NULL;
    enum facet_status status = linespec_parse(cli, args, &end, &spec, error);
    if (status == FACET_OK)
        status = take_condition(end, &condition, error);
    if (status) {
        free(spec.places);
        return status;
    }
    int length = (int)(end - args);
    while (length && isspace((unsigned char)args[length - 1]))
        length--;
    char *what = text_format("%.*s", length, args);
    struct point *p = points_add(cli, POINT_BREAK, what);
    free(what);
    p->after = after;
    p->condition = condition;
    p->places = spec.places;
    p->place_count = spec.place_count;
    p->ifunc = spec.ifunc;
    tell_new(cli, p);
    return FACET_OK;
}

static enum facet_status cmd_break(struct cli *cli, const char *args, struct facet_error *error) {
    return set_breakpoint(cli, args, POINT_KEEP, error);
}

static enum facet_status cmd_tbreak(struct cli *cli, const char *args, struct facet_error *error) {
    return set_breakpoint(cli, args, POINT_DELETE, error);
}

/* ---- Lists of numbers: "1 3 5-7" */

typedef void each_fn(struct cli *cli, struct point *point);

static enum facet_status no_such(const char *word, struct facet_error *error) {
    return facet_fail(error, FACET_ERR_USAGE, "No breakpoint number %s.", word);
}

static enum facet_status each_number(struct cli *cli, const char *word, each_fn *act, struct facet_error *error) {
    const char *dash = strchr(word, '-');
    uint64_t first, last;
    if (*word == '$' && expr_number(cli, word, &first, error))
        return FACET_ERR_USAGE;
    if (*word == '$')
        last = first;
    else if (!text_number_part(word, dash ? (size_t)(dash - word) : strlen(word), &first) ||
             !text_number(dash ? dash + 1 : word, &last) || last > INT32_MAX)
        return facet_fail(error, FACET_ERR_USAGE, "Bad breakpoint number '%s'", word);
    if (first == last && !points_find(cli, (int)first))
        return no_such(word, error);
    for (uint64_t n = first; n <= last && n <= (uint64_t)cli->last_point; n++) {
        struct point *p = points_find(cli, (int)n);
        if (p)
            act(cli, p);
    }
    return FACET_OK;
}

/* All of them without a number. */
static enum facet_status each_point(struct cli *cli, const char *args, each_fn *act, struct facet_error *error) {
    char word[32];
    enum facet_status status = FACET_OK;
    for (size_t i = 0; !*args && i < cli->point_count; i++)
        if (!cli->points[i]->dead)
            act(cli, cli->points[i]);
    while (*args && status == FACET_OK) {
        cmd_word(&args, word, sizeof word);
        status = each_number(cli, word, act, error);
    }
    return status;
}

/* ---- delete, clear, enable, disable */

/* "delete breakpoints 1" is "delete 1". */
static const char *behind_word(const char *args) {
    size_t length = strcspn(args, " \t");
    if (!length || strncmp(args, "breakpoints", length))
        return args;
    return args + length + strspn(args + length, " \t");
}

static enum facet_status cmd_delete(struct cli *cli, const char *args, struct facet_error *error) {
    args = behind_word(args);
    if (!*args && cli->point_count && !cli_confirm(cli, "Delete all breakpoints? "))
        return FACET_OK;
    enum facet_status status = each_point(cli, args, points_delete, error);
    points_bury(cli);
    return status;
}

static enum facet_status cmd_clear(struct cli *cli, const char *args, struct facet_error *error) {
    struct linespec spec;
    const char *end;
    char list[400] = "";
    size_t count = 0, used = 0;
    enum facet_status status = linespec_parse(cli, args, &end, &spec, error);
    if (status)
        return status;
    for (size_t i = 0; i < cli->point_count; i++) {
        struct point *p = cli->points[i];
        bool there = false;
        for (size_t j = 0; j < p->place_count && !p->dead; j++)
            for (size_t k = 0; k < spec.place_count; k++)
                there = there || p->places[j] == spec.places[k];
        if (!there)
            continue;
        points_delete(cli, p);
        count++;
        used += (size_t)snprintf(list + used, used < sizeof list ? sizeof list - used : 0, "%d ", p->number);
    }
    free(spec.places);
    points_bury(cli);
    if (!count)
        return facet_fail(error, FACET_ERR_USAGE, "No breakpoint at %s.", *args ? args : "this line");
    printf("Deleted breakpoint%s %s\n", count == 1 ? "" : "s", list);
    return FACET_OK;
}

static void enable(struct cli *cli, struct point *p) {
    (void)cli;
    p->disabled = false;
}

static void enable_once(struct cli *cli, struct point *p) {
    enable(cli, p);
    p->after = POINT_DISABLE;
}

static void enable_delete(struct cli *cli, struct point *p) {
    enable(cli, p);
    p->after = POINT_DELETE;
}

static void disable(struct cli *cli, struct point *p) {
    (void)cli;
    p->disabled = true;
}

static enum facet_status cmd_enable(struct cli *cli, const char *args, struct facet_error *error) {
    const char *rest = args = behind_word(args);
    char word[32];
    cmd_word(&rest, word, sizeof word);
    if (!strcmp(word, "once"))
        return each_point(cli, rest, enable_once, error);
    if (*word && !strncmp(word, "delete", strlen(word)))
        return each_point(cli, rest, enable_delete, error);
    return each_point(cli, args, enable, error);
}

static enum facet_status cmd_disable(struct cli *cli, const char *args, struct facet_error *error) {
    return each_point(cli, behind_word(args), disable, error);
}

/* ---- condition, ignore, commands */

/* The point whose number comes first in *args. */
static enum facet_status take_point(struct cli *cli, const char **args, const char *missing, struct point **point,
                                    struct facet_error *error) {
    char word[32];
    uint64_t number;
    cmd_word(args, word, sizeof word);
    if (!*word)
        return facet_fail(error, FACET_ERR_USAGE, "%s", missing);
    enum facet_status status = expr_number(cli, word, &number, error);
    if (status)
        return status;
    *point = number <= INT32_MAX ? points_find(cli, (int)number) : NULL;
    return *point ? FACET_OK : no_such(word, error);
}

static enum facet_status cmd_condition(struct cli *cli, const char *args, struct facet_error *error) {
    struct point *p;
    enum facet_status status = take_point(cli, &args, "Argument required (breakpoint number).", &p, error);
    if (status)
        return status;
    free(p->condition);
    p->condition = *args ? text_copy(args) : NULL;
    if (!*args)
        printf("Breakpoint %d now unconditional.\n", p->number);
    return FACET_OK;
}

static enum facet_status cmd_ignore(struct cli *cli, const char *args, struct facet_error *error) {
    struct point *p;
    uint64_t count;
    enum facet_status status = take_point(cli, &args, "Argument required (a breakpoint number).", &p, error);
    if (status == FACET_OK && !*args)
        status = facet_fail(error, FACET_ERR_USAGE, "Second argument (specified ignore-count) is missing.");
    if (status == FACET_OK)
        status = expr_number(cli, args, &count, error);
    if (status)
        return status;
    p->ignore = (int64_t)count < 0 ? 0 : count;
    if (!p->ignore)
        printf("Will stop next time breakpoint %d is reached.\n", p->number);
    else if (p->ignore == 1)
        printf("Will ignore next crossing of breakpoint %d.\n", p->number);
    else
        printf("Will ignore next %" PRIu64 " crossings of breakpoint %d.\n", p->ignore, p->number);
    return FACET_OK;
}

static bool is_silence(const struct cli_lines *lines) {
    const char *first = lines->count ? lines->line[0] : "";
    first += strspn(first, " \t");
    return !strncmp(first, "silent", 6) && !first[6 + strspn(first + 6, " \t")];
}

/* Those that `commands` names, gathered by each_number. */
static struct hits named;

static void gather(struct cli *cli, struct point *point) {
    (void)cli;
    hits_add(&named, point);
}

static enum facet_status gather_named(struct cli *cli, const char *args, struct facet_error *error) {
    struct point *last = points_find(cli, cli->last_point);
    hits_clear(&named);
    if (*args)
        return each_point(cli, args, gather, error);
    if (!last)
        return facet_fail(error, FACET_ERR_USAGE, "No breakpoints specified.");
    hits_add(&named, last);
    return FACET_OK;
}

static void give_commands(struct point *p, const struct cli_lines *lines) {
    cli_lines_free(&p->commands);
    p->commands = (struct cli_lines){0};
    for (size_t i = 0; i < lines->count; i++)
        cli_lines_add(&p->commands, lines->line[i]);
    p->silent = is_silence(lines);
}

static enum facet_status cmd_commands(struct cli *cli, const char *args, struct facet_error *error) {
    struct cli_lines lines = {0};
    enum facet_status status = gather_named(cli, args, error);
    if (status == FACET_OK && cli_interactive(cli))
        printf("Type commands for breakpoint(s) %s, one per line.\nEnd with a line saying just \"end\".\n",
               *args ? args : "set last");
    if (status == FACET_OK)
        status = cli_read_body(cli, "commands", &lines, error);
    for (size_t i = 0; status == FACET_OK && i < named.count; i++)
        give_commands(named.point[i], &lines);
    cli_lines_free(&lines);
    hits_clear(&named);
    return status;
}

/* ---- handle: for gdb's scripts. Signals that the program handles are its own affair here. */

static enum facet_status cmd_handle(struct cli *cli, const char *args, struct facet_error *error) {
    char word[32];
    (void)cli;
    if (!*args)
        return facet_fail(error, FACET_ERR_USAGE, "Argument required (signal to handle).");
    while (*args) {
        cmd_word(&args, word, sizeof word);
        if (!strcmp(word, "stop") || !strcmp(word, "print") || !strcmp(word, "nopass") || !strcmp(word, "ignore"))
            return facet_fail(
                error, FACET_ERR_USAGE,
                "handle %s: facet stops at signals that would end the program, and at no others; break at "
                "the handler instead.",
                word);
    }
    return FACET_OK;
}

const struct cmd cmd_break_table[] = {
    {"break", "b", cmd_break, "break [LOCATION] [if CONDITION]",
     "stop before that code: FUNCTION, LINE, FILE:LINE, +N, -N, *ADDRESS", false},
    {"tbreak", "tb", cmd_tbreak, "tbreak [LOCATION] [if CONDITION]", "the same, once", false},
    {"delete", "d", cmd_delete, "delete [NUMBER…]", "delete breakpoints and watchpoints; all of them without a number",
     false},
    {"clear", "cl", cmd_clear, "clear [LOCATION]", "delete the breakpoints at a location", false},
    {"enable", "en", cmd_enable, "enable [once|delete] [NUMBER…]", "let breakpoints stop the program again", false},
    {"disable", "dis", cmd_disable, "disable [NUMBER…]", "keep breakpoints, but let them not stop the program", false},
    {"condition", NULL, cmd_condition, "condition NUMBER [EXPRESSION]", "stop only if it is not zero; or always",
     false},
    {"ignore", NULL, cmd_ignore, "ignore NUMBER COUNT", "pass a breakpoint so many times", false},
    {"handle", NULL, cmd_handle, "handle SIGNAL nostop|noprint|pass",
     "accepted for gdb's scripts: facet stops at signals that would end the program", false},
    {"commands", NULL, cmd_commands, "commands [NUMBER…]",
     "the lines up to `end` are executed whenever it stops; `silent` first: without a word", false},
    {0},
};
