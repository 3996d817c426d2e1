/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Watchpoints, and the list of all that stops the program. Wording as gdb's.
 */
#include "stack.h"
#include "text.h"
#include "watchpoint.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/* ---- watch, rwatch, awatch */

/* Takes -l, -location, -w and -every-write away. */
static enum facet_status take_options(struct cli *cli, const char **args, struct watch_options *options,
                                      struct facet_error *error) {
    *options = (struct watch_options){.every = cli->set.every_write};
    while (**args == '-' && isalpha((unsigned char)(*args)[1])) {
        char word[32];
        const char *rest = *args;
        cmd_word(&rest, word, sizeof word);
        if (!strcmp(word, "-l") || !strcmp(word, "-location"))
            options->location = true;
        else if (!strcmp(word, "-w") || !strcmp(word, "-every-write"))
            options->every = true;
        else
            return FACET_OK; /* an expression: -x */
        *args = rest;
    }
    return **args ? FACET_OK : facet_fail(error, FACET_ERR_USAGE, "Argument required (expression to compute).");
}

/* Where " if " begins; the end if there is none. */
static size_t expression_length(const char *text, const char **condition) {
    *condition = NULL;
    for (const char *p = text; (p = strstr(p, "if")); p++)
        if (p > text && isspace((unsigned char)p[-1]) && (isspace((unsigned char)p[2]) || p[2] == '(')) {
            *condition = p + 2 + strspn(p + 2, " \t");
            while (p > text && isspace((unsigned char)p[-1]))
                p--;
            return (size_t)(p - text);
        }
    return strlen(text);
}

static enum facet_status set_watchpoint(struct cli *cli, const char *args, enum point_kind kind,
                                        struct facet_error *error) {
    struct watch_options options;
    struct point *p;
    const char *condition;
    enum facet_status status = take_options(cli, &args, &options, error);
    if (status)
        return status;
    char *text = text_format("%.*s", (int)expression_length(args, &condition), args);
    status = watch_add(cli, kind, text, options, &p, error);
    free(text);
    if (status)
        return status;
    p->condition = condition ? text_copy(condition) : NULL;
    printf("%s %d: %s\n", point_name(p), p->number, p->what);
    return FACET_OK;
}

static enum facet_status cmd_watch(struct cli *cli, const char *args, struct facet_error *error) {
    return set_watchpoint(cli, args, POINT_WRITE, error);
}

static enum facet_status cmd_rwatch(struct cli *cli, const char *args, struct facet_error *error) {
    return set_watchpoint(cli, args, POINT_READ, error);
}

static enum facet_status cmd_awatch(struct cli *cli, const char *args, struct facet_error *error) {
    return set_watchpoint(cli, args, POINT_ACCESS, error);
}

/* ---- info breakpoints */

static const char *type_name(const struct point *p) {
    static const char *const names[] = {"breakpoint", "hw watchpoint", "read watchpoint", "acc watchpoint"};
    return p->ifunc ? "STT_GNU_IFUNC resolver" : names[p->kind];
}

struct widths {
    int type, address;
};

static void print_where(struct cli *cli, uint64_t va) {
    char name[SYMBOL_TEXT];
    struct line_place place;
    printf("0x%016" PRIx64 " ", va);
    const struct frame there = {.pc = va, .lookup_pc = va};
    if (lines_at(session_symbols(cli->session), va, &place)) {
        printf("in %s at %s:%d\n", frame_function(cli, &there, name), place.file, place.line);
    } else {
        symbols_gdb_name(session_symbols(cli->session), va, name);
        printf(*name ? "<%s>\n" : "%s\n", name);
    }
}

static void print_places(struct cli *cli, const struct point *p) {
    if (p->watch) {
        printf("%s\n", p->what);
    } else if (p->place_count == 1) {
        print_where(cli, p->places[0]);
    } else {
        printf("<MULTIPLE>         \n");
    }
}

static void print_more_places(struct cli *cli, const struct point *p, const struct widths *widths) {
    for (size_t i = 0; p->place_count > 1 && i < p->place_count; i++) {
        char number[32];
        snprintf(number, sizeof number, "%d.%zu", p->number, i + 1);
        printf("%-7s %-*s %-4s %c   ", number, widths->type, "", "", 'y');
        print_where(cli, p->places[i]);
    }
}

static void print_details(const struct point *p) {
    if (p->condition)
        printf("\tstop only if %s\n", p->condition);
    if (p->hits)
        printf("\tbreakpoint already hit %" PRIu64 " time%s\n", p->hits, p->hits == 1 ? "" : "s");
    if (p->ignore)
        printf("\tignore next %" PRIu64 " hits\n", p->ignore);
    for (size_t i = 0; i < p->commands.count; i++)
        printf("        %s\n", p->commands.line[i] + strspn(p->commands.line[i], " \t"));
}

static void print_point(struct cli *cli, const struct point *p, const struct widths *widths) {
    static const char *const after[] = {"keep", "del", "dis"};
    printf("%-7d %-*s %-4s %c   ", p->number, widths->type, type_name(p), after[p->after], p->disabled ? 'n' : 'y');
    if (p->watch)
        printf("%-*s ", widths->address, "");
    print_places(cli, p);
    print_details(p);
    print_more_places(cli, p, widths);
}

static enum facet_status list_points(struct cli *cli, bool watchpoints_only, const char *args,
                                     struct facet_error *error) {
    struct widths widths = {14, 10};
    uint64_t only = 0;
    size_t count = 0;
    if (*args && !text_number(args, &only))
        return facet_fail(error, FACET_ERR_USAGE, "Bad breakpoint number '%s'", args);
    for (size_t i = 0; i < cli->point_count; i++) {
        const struct point *p = cli->points[i];
        if ((watchpoints_only && !p->watch) || (only && only != (uint64_t)p->number))
            continue;
        count++;
        if (widths.type < (int)strlen(type_name(p)))
            widths.type = (int)strlen(type_name(p));
        if (!p->watch || cli->started)
            widths.address = 18;
    }
    if (!count && only)
        printf("No breakpoint or watchpoint matching '%s'.\n", args);
    else if (!count)
        printf(watchpoints_only ? "No watchpoints.\n" : "No breakpoints or watchpoints.\n");
    else
        printf("%-7s %-*s Disp Enb %-*s What\n", "Num", widths.type, "Type", widths.address, "Address");
    for (size_t i = 0; i < cli->point_count; i++)
        if ((!watchpoints_only || cli->points[i]->watch) && (!only || only == (uint64_t)cli->points[i]->number))
            print_point(cli, cli->points[i], &widths);
    return FACET_OK;
}

enum facet_status cmd_info_breakpoints(struct cli *cli, const char *args, struct facet_error *error) {
    return list_points(cli, false, args, error);
}

enum facet_status cmd_info_watchpoints(struct cli *cli, const char *args, struct facet_error *error) {
    return list_points(cli, true, args, error);
}

const struct cmd cmd_watch_table[] = {
    {"watch", NULL, cmd_watch, "watch [-l] [-w] EXPRESSION [if CONDITION]",
     "stop after its bytes have changed; -l: those where it is now; -w: also after stores that change nothing", false},
    {"rwatch", "rw", cmd_rwatch, "rwatch [-l] EXPRESSION [if CONDITION]", "stop after they have been read", false},
    {"awatch", "aw", cmd_awatch, "awatch [-l] EXPRESSION [if CONDITION]", "stop after they have been read or written",
     false},
    {0},
};
