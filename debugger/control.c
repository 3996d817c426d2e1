/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control.h"

#include "ifunc.h"
#include "swap.h"
#include "watchpoint.h"

#include <string.h>

/* ---- Single moves. The machine has stopped: what does that mean? */

uint64_t control_pc(struct control *c) {
    struct facet_regs regs;
    session_regs(c->cli->session, &regs);
    return regs.rip;
}

static bool is_own_stop(struct control *c) {
    return c->stop.event == SESSION_STOPPED && session_swaps(c->cli->session)->stopped.hidden;
}

/* An access to watched bytes is about to happen: lets its instruction happen, and nothing else. False: something else
 * stopped it. */
static bool complete_access(struct control *c) {
    do
        c->stop = session_step(c->cli->session);
    while (is_own_stop(c));
    if (c->stop.event != SESSION_STEPPED)
        return false;
    watch_check(c->cli, &c->hits);
    return true;
}

/* The program stands behind an instruction, or at a breakpoint. */
static void look_around(struct control *c) {
    enum ifunc_outcome outcome = ifunc_resolve(c->cli, &c->stop);
    if (outcome == IFUNC_STOPPED) {
        c->heard = true;
        return;
    }
    if (outcome == IFUNC_RESOLVED)
        points_insert(c->cli, c->own, c->own_count);
    uint64_t pc = control_pc(c);
    points_hit_at(c->cli, pc, &c->hits);
    c->left = watch_leave_scopes(c->cli, pc);
    c->heard = c->hits.count || c->left;
}

/* An access that was stopped by another handler since may still wait. */
static void move(struct control *c, struct session_stop (*go)(struct session *)) {
    bool waits = watch_waits(c->cli);
    if (waits)
        c->stop = (struct session_stop){.event = SESSION_STOPPED};
    else
        c->stop = go(c->cli->session);
    if ((waits || is_own_stop(c)) && !complete_access(c))
        c->heard = true;
    else if (c->stop.event == SESSION_STEPPED || c->stop.event == SESSION_BREAKPOINT)
        look_around(c);
    else
        c->heard = true;
    if (!session_emu(c->cli->session))
        c->cli->started = false;
}

/* ---- Commands' moves */

void control_begin(struct control *c, struct cli *cli) {
    *c = (struct control){.cli = cli};
    frame_innermost(cli, &c->before);
    fflush(stdout);
    session_forget_interrupt(cli->session);
    cli->frame = 0;
    points_insert(cli, NULL, 0);
    cli_program_begins(cli);
}

void control_end(struct control *c) {
    hits_clear(&c->hits);
    points_bury(c->cli);
}

static bool is_reached(struct control *c, const struct place *places, size_t count) {
    struct facet_regs regs;
    session_regs(c->cli->session, &regs);
    for (size_t i = 0; i < count; i++)
        if (places[i].va && regs.rip == places[i].va && regs.rsp >= places[i].above)
            return true;
    return false;
}

static void remember_place(struct control *c, uint64_t va) {
    for (size_t i = 0; i < c->own_count; i++)
        if (c->own[i] == va)
            return;
    c->own[c->own_count++] = va;
}

void control_run(struct control *c, const struct place *places, size_t count) {
    if (c->own_count + count > sizeof c->own / sizeof *c->own)
        c->own_count = 0;
    for (size_t i = 0; i < count; i++)
        if (places[i].va)
            remember_place(c, places[i].va);
    points_insert(c->cli, c->own, c->own_count);
    do
        move(c, session_continue);
    while (!c->heard && !is_reached(c, places, count));
}

/* The function that restores the registers: its last instruction jumps. 0: the program has none. */
static uint64_t longjmp_address(struct cli *cli) {
    static const char *const names[] = {"__longjmp", "longjmp", "_longjmp"};
    const struct symbol *symbol;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (symbols_find(session_symbols(cli->session), names[i], &symbol, NULL) == FACET_OK && symbol->function)
            return symbol->va;
    return 0;
}

/* Steps to where longjmp goes; returns the stack pointer there. */
static uint64_t follow_longjmp(struct control *c) {
    struct symbols *symbols = session_symbols(c->cli->session);
    const struct symbol *function = symbols_at(symbols, control_pc(c));
    struct facet_regs regs = {0};
    while (!c->heard && symbols_at(symbols, control_pc(c)) == function)
        control_step(c);
    if (!c->heard)
        session_regs(c->cli->session, &regs);
    return regs.rsp;
}

void control_return(struct control *c, uint64_t va, uint64_t sp) {
    const struct place places[] = {{va, sp}, {longjmp_address(c->cli), 0}};
    do
        control_run(c, places, 2);
    while (!c->heard && control_pc(c) == places[1].va && follow_longjmp(c) < sp);
}

void control_step(struct control *c) {
    move(c, session_step);
}

enum facet_status control_start(struct cli *cli, struct facet_error *error) {
    cmd_kill(cli);
    enum facet_status status = session_start(cli->session, error);
    if (status)
        return status;
    cli->started = true;
    cli->frame = 0;
    points_renew(cli);
    return FACET_OK;
}
