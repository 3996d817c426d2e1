/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How a stop is told, and where the program stands. Wording as gdb's.
 */
#include "color.h"
#include "control.h"
#include "expr.h"
#include "inlined.h"
#include "source.h"
#include "stack.h"
#include "swap.h"
#include "watchpoint.h"

#include <inttypes.h>
#include <string.h>

/* ---- Places */

void stack_print_source_line(struct cli *cli, const struct line_place *place) {
    const struct source_file *file = source_find(place->path, place->directory);
    if (file && place->line <= file->count)
        color_print(COLOR_LINE, "%d", place->line), printf("\t%s\n", file->line[place->line - 1]);
    else
        printf("%d\tin %s\n", place->line, place->file);
    cli->list.path = place->path;
    cli->list.directory = place->directory;
    cli->list.line = place->line;
    cli->list.first = cli->list.last = 0;
}

void stack_print_frame(struct cli *cli, const struct frame *frame) {
    char name[SYMBOL_TEXT];
    struct line_place place;
    bool known = frame_place(cli, frame, &place);
    if (frame->signal) {
        printf("<signal handler called>\n");
        return;
    }
    if (!known || place.start != frame->pc || !place.statement)
        color_print(COLOR_ADDRESS, "0x%016" PRIx64, frame->pc), printf(" in ");
    color_print(COLOR_FUNCTION, "%s", frame_function(cli, frame, name));
    printf(" (");
    expr_print_arguments(cli, frame, stdout);
    printf(known ? ") at %s:%d\n" : ")\n", place.file, place.line);
}

void stack_print_here(struct cli *cli, const struct frame *frame) {
    struct line_place place;
    if (frame_place(cli, frame, &place))
        stack_print_source_line(cli, &place);
}

void cmd_print_location(struct cli *cli) {
    struct frame frame;
    frame_innermost(cli, &frame);
    stack_print_frame(cli, &frame);
    stack_print_here(cli, &frame);
}

/* The innermost inlined function around an address. */
static uint64_t inner(struct symbols *symbols, uint64_t va) {
    struct inlined around[INLINED_MAX];
    Dwarf_Die function;
    size_t count = inlined_at(symbols, va, around, &function);
    return count ? around[count - 1].die : 0;
}

/* After a step within a function: the line alone. */
static bool is_same_function(struct control *c, const struct frame *now) {
    struct symbols *symbols = session_symbols(c->cli->session);
    const struct symbol *function = symbols_at(symbols, now->pc);
    return c->stepped && !c->heard && function && inner(symbols, now->pc) == inner(symbols, c->before.pc) &&
           function == symbols_at(symbols, c->before.pc) && now->cfa == c->before.cfa;
}

static void tell_place(struct control *c) {
    struct frame now;
    struct line_place place;
    frame_innermost(c->cli, &now);
    bool known = lines_at(session_symbols(c->cli->session), now.pc, &place);
    if (!known || !is_same_function(c, &now)) {
        cmd_print_location(c->cli);
        return;
    }
    if (place.start != now.pc || !place.statement)
        color_print(COLOR_ADDRESS, "0x%016" PRIx64, now.pc), printf("\t");
    stack_print_source_line(c->cli, &place);
}

/* ---- Reasons */

static bool is_silent(const struct control *c) {
    for (size_t i = 0; i < c->hits.count; i++)
        if (c->hits.point[i]->silent)
            return true;
    return false;
}

/* Which one of several. */
static void tell_location(struct control *c, const struct point *p) {
    for (size_t i = 0; p->place_count > 1 && i < p->place_count; i++)
        if (p->places[i] == control_pc(c))
            color_print(COLOR_STOP, ".%zu", i + 1);
}

static void tell_hits(struct control *c) {
    for (size_t i = 0; i < c->hits.count; i++) {
        const struct point *p = c->hits.point[i];
        if (p->watch) {
            watch_tell(c->cli, p);
        } else {
            printf("\n");
            color_print(COLOR_STOP, "%s %d", point_name(p), p->number);
            tell_location(c, p);
            printf(", ");
            return;
        }
    }
}

static void tell_exit(struct cli *cli, int status, const char *signal) {
    expr_variable_set(cli, "_exitcode", (uint64_t)status);
    if (*signal)
        printf("\nProgram %s.\nThe program no longer exists.\n", signal);
    else if (status)
        printf("[Inferior 1 (process 1) exited with code %02o]\n", (unsigned)status);
    else
        printf("[Inferior 1 (process 1) exited normally]\n");
}

static void tell_text(const char *text) {
    if (*text)
        printf("%s%s", text, text[strlen(text) - 1] == '\n' ? "" : "\n");
}

/* False: the program is gone. */
static enum facet_status tell_reason(struct control *c, bool *gone, struct facet_error *error) {
    const struct session_stop *stop = &c->stop;
    *gone = stop->event == SESSION_EXITED || stop->event == SESSION_FAILED;
    switch (stop->event) {
    case SESSION_EXITED:
        tell_exit(c->cli, stop->code, stop->text);
        return FACET_OK;
    case SESSION_FAILED:
        return facet_fail(error, FACET_ERR_FAILED, "%.500s", stop->text);
    case SESSION_FAULTED:
        printf("\n");
        color_print(COLOR_STOP, "Program received signal %s, %s.\n", session_signal_name(stop->code),
                    session_signal_text(stop->code));
        break;
    case SESSION_INTERRUPTED:
        printf("\n");
        color_print(COLOR_STOP, "Program received signal SIGINT, Interrupt.\n");
        break;
    case SESSION_DEADLOCK:
        printf("\nEvery process waits for ever.\n");
        swaps_tell_blocked(session_swaps(c->cli->session), stdout);
        break;
    case SESSION_BROKEN:
    case SESSION_BREAKPOINT:
    case SESSION_STOPPED:
    case SESSION_MOMENT:
    case SESSION_STEPPED:
        break;
    }
    tell_text(stop->text);
    return FACET_OK;
}

/* ---- After it */

/* The lines belong to a breakpoint that they may delete. */
static enum facet_status execute_commands(struct control *c, struct facet_error *error) {
    enum facet_status status = FACET_OK;
    struct cli_lines copy = {0};
    for (size_t i = 0; i < c->hits.count; i++)
        for (size_t j = c->hits.point[i]->silent; j < c->hits.point[i]->commands.count; j++)
            cli_lines_add(&copy, c->hits.point[i]->commands.line[j]);
    control_end(c);
    if (copy.count)
        status = cli_execute_lines(c->cli, &copy, NULL, error);
    cli_lines_free(&copy);
    return status;
}

static void delete_temporary(struct control *c) {
    for (size_t i = 0; i < c->hits.count; i++)
        if (c->hits.point[i]->after == POINT_DELETE)
            points_delete(c->cli, c->hits.point[i]);
}

enum facet_status control_tell(struct control *c, struct facet_error *error) {
    bool gone = false, silent = is_silent(c);
    enum facet_status status = FACET_OK;
    cli_program_ends(c->cli);
    c->cli->last_hit = c->hits.count ? c->hits.point[0]->number : 0;
    if (!silent)
        tell_hits(c);
    if (c->hits.count == 0)
        status = tell_reason(c, &gone, error);
    if (gone) {
        c->cli->started = false;
        watch_forget(c->cli);
    } else if (!silent) {
        tell_place(c);
        cmd_show_displays(c->cli);
    }
    delete_temporary(c);
    fflush(stdout);
    if (status == FACET_OK)
        return execute_commands(c, error);
    control_end(c);
    return status;
}
