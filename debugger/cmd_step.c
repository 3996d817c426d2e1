/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Commands that let the program run a little: step, next, stepi, nexti, finish, until, advance.
 */
#include "control.h"
#include "expr.h"
#include "inlined.h"
#include "returned.h"
#include "stack.h"
#include "text.h"

#include <string.h>

static enum facet_status repetitions(struct cli *cli, const char *args, uint64_t *count, struct facet_error *error) {
    enum facet_status status = cmd_need_started(cli, error);
    *count = 1;
    if (status == FACET_OK && *args)
        status = expr_number(cli, args, count, error);
    return status;
}

/* ---- By lines */

static enum facet_status by_lines(struct cli *cli, const char *args, enum step_kind kind, struct facet_error *error) {
    struct control c;
    uint64_t count;
    enum facet_status status = repetitions(cli, args, &count, error);
    if (status || !count)
        return status;
    control_begin(&c, cli);
    for (; count && !c.heard; count--) {
        frame_innermost(cli, &c.before);
        if (!step_line(&c, kind, error)) {
            cli_program_ends(cli);
            control_end(&c);
            return FACET_ERR_USAGE;
        }
    }
    return control_tell(&c, error);
}

static enum facet_status cmd_step(struct cli *cli, const char *args, struct facet_error *error) {
    return by_lines(cli, args, STEP_INTO, error);
}

static enum facet_status cmd_next(struct cli *cli, const char *args, struct facet_error *error) {
    return by_lines(cli, args, STEP_OVER, error);
}

/* ---- By instructions */

static enum facet_status by_instructions(struct cli *cli, const char *args, bool over, struct facet_error *error) {
    struct control c;
    uint64_t count;
    enum facet_status status = repetitions(cli, args, &count, error);
    if (status || !count)
        return status;
    control_begin(&c, cli);
    for (; count && !c.heard; count--) {
        if (count == 1)
            frame_innermost(cli, &c.before);
        if (over)
            step_over_instruction(&c);
        else
            control_step(&c);
    }
    c.stepped = true;
    return control_tell(&c, error);
}

static enum facet_status cmd_stepi(struct cli *cli, const char *args, struct facet_error *error) {
    return by_instructions(cli, args, false, error);
}

static enum facet_status cmd_nexti(struct cli *cli, const char *args, struct facet_error *error) {
    return by_instructions(cli, args, true, error);
}

/* ---- To the end of a function */

/* The code of the inlined function in which the frame stands is left when no instruction of it is next. */
static void leave_inlined(struct control *c, const struct frame *frame) {
    struct symbols *symbols = session_symbols(c->cli->session);
    struct inlined around[INLINED_MAX];
    Dwarf_Die function;
    size_t count = inlined_at(symbols, frame->lookup_pc, around, &function);
    if (control_pc(c) != frame->pc)
        control_return(c, frame->pc, frame->regs.rsp);
    do
        step_over_instruction(c);
    while (!c->heard && inlined_covers(symbols, around[count - frame->inlined - 1].die, control_pc(c)));
}

static enum facet_status cmd_finish(struct cli *cli, const char *args, struct facet_error *error) {
    struct control c;
    struct frame frame, caller;
    enum facet_status status = cmd_need_started(cli, error);
    if (status == FACET_OK && *args)
        status = facet_fail(error, FACET_ERR_USAGE, "The \"finish\" command does not take any arguments.");
    if (status == FACET_OK)
        status = frame_selected(cli, &frame, error);
    if (status)
        return status;
    if (!frame_shown_caller(cli, &frame, &caller))
        return facet_fail(error, FACET_ERR_USAGE, "\"finish\" not meaningful in the outermost frame.");
    printf("Run till exit from #%-2d ", frame.level);
    stack_print_frame(cli, &frame);
    control_begin(&c, cli);
    if (caller.inlined > frame.inlined && caller.cfa == frame.cfa)
        leave_inlined(&c, &frame);
    else
        control_return(&c, caller.pc, frame.cfa);
    bool returned = caller.cfa != frame.cfa && !c.heard && control_pc(&c) == caller.pc;
    status = control_tell(&c, error);
    if (status == FACET_OK && returned)
        returned_print(cli, frame.lookup_pc);
    return status;
}

/* ---- To a location */

/* `until` wants the same frame, or its end; `advance` any frame, or this one's end. */
static enum facet_status to_location(struct cli *cli, const char *args, bool same_frame, struct facet_error *error) {
    struct control c;
    struct linespec spec;
    struct frame frame, caller;
    struct place places[8];
    size_t count = 0;
    const char *end;
    enum facet_status status = frame_selected(cli, &frame, error);
    if (status == FACET_OK)
        status = linespec_parse(cli, args, &end, &spec, error);
    if (status)
        return status;
    if (*end) {
        free(spec.places);
        return facet_fail(error, FACET_ERR_USAGE, "Junk at end of arguments.");
    }
    /* Inside of the function the stack pointer lies below the frame; in a recursive call below all of it. */
    uint64_t above = same_frame ? frame.regs.rsp : 0;
    bool has_caller = frame_caller(cli, &frame, &caller);
    if (has_caller)
        places[count++] = (struct place){caller.pc, frame.cfa};
    for (size_t i = 0; i < spec.place_count && count < sizeof places / sizeof *places; i++)
        places[count++] = (struct place){spec.places[i], above};
    free(spec.places);
    control_begin(&c, cli);
    control_run(&c, places, count);
    return control_tell(&c, error);
}

static enum facet_status cmd_until(struct cli *cli, const char *args, struct facet_error *error) {
    enum facet_status status = cmd_need_started(cli, error);
    if (status)
        return status;
    return *args ? to_location(cli, args, true, error) : by_lines(cli, "", STEP_FORWARD, error);
}

static enum facet_status cmd_advance(struct cli *cli, const char *args, struct facet_error *error) {
    enum facet_status status = cmd_need_started(cli, error);
    if (status == FACET_OK && !*args)
        status = facet_fail(error, FACET_ERR_USAGE, "Argument required (a location).");
    return status ? status : to_location(cli, args, false, error);
}

const struct cmd cmd_step_table[] = {
    {"step", "s", cmd_step, "step [N]", "run to another source line; enters functions that have lines", true},
    {"next", "n", cmd_next, "next [N]", "run to the function's next source line", true},
    {"stepi", "si", cmd_stepi, "stepi [N]", "execute one or N instructions; a system call is one", true},
    {"nexti", "ni", cmd_nexti, "nexti [N]", "the same; a call is one with all it does", true},
    {"finish", "fin", cmd_finish, "finish", "run until the selected frame returns; show what it returns", true},
    {"until", "u", cmd_until, "until [LOCATION]", "next, but not backward; or run to a location in this frame", true},
    {"advance", NULL, cmd_advance, "advance LOCATION", "run to a location, or to the end of this function", true},
    {0},
};
