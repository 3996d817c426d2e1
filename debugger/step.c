/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Stepping by source lines. The program is stepped instruction by instruction inside of the line; functions that are
 * not to be entered run at full speed to their return, which is told from a recursive one by the stack pointer.
 */
#include "control.h"

#include "inlined.h"

#include <string.h>

/* What is being stepped through. */
struct stepping {
    struct control *c;
    struct symbols *symbols;
    enum step_kind kind;
    uint64_t start, end; /* of the line's code */
    const char *path;
    int line;
    uint64_t inner; /* the inlined function in which it began; 0: in none */
    size_t depth;   /* inlined functions around there */
};

static void set_range(struct stepping *s, const struct line_place *place) {
    s->start = place->start;
    s->end = place->end;
    s->path = place->path;
    s->line = place->line;
}

static bool in_range(const struct stepping *s, uint64_t pc) {
    return pc >= s->start && pc < s->end;
}

/* ---- What the next instruction does */

enum flow { FLOW_ON, FLOW_CALL, FLOW_RETURN };

/* *size: of a call. Opcodes behind prefixes: e8, ff /2, ff /3; c2, c3. */
static enum flow next_flow(struct cli *cli, uint64_t pc, unsigned *size) {
    uint8_t code[16];
    size_t got = session_read(cli->session, pc, code, sizeof code - 1), i = 0;
    memset(code + got, 0, sizeof code - got);
    while (i < got && (code[i] == 0x66 || code[i] == 0x67 || code[i] == 0x3e || code[i] == 0xf2 || code[i] == 0xf3 ||
                       (code[i] & 0xf0) == 0x40))
        i++;
    if (code[i] == 0xc3 || code[i] == 0xc2)
        return FLOW_RETURN;
    unsigned reg = code[i + 1] >> 3 & 7, mod = code[i + 1] >> 6, rm = code[i + 1] & 7;
    if (code[i] != 0xe8 && !(code[i] == 0xff && (reg == 2 || reg == 3)))
        return FLOW_ON;
    *size = (unsigned)i + 5;
    if (code[i] == 0xff) {
        bool sib = mod != 3 && rm == 4;
        unsigned offset = mod == 1 ? 1 : mod == 2 || (mod == 0 && (rm == 5 || (sib && (code[i + 2] & 7) == 5))) ? 4 : 0;
        *size = (unsigned)i + 2 + sib + offset;
    }
    return FLOW_CALL;
}

/* ---- One instruction, or a call and all that it does */

static bool can_enter(struct stepping *s, uint64_t pc) {
    struct line_place place;
    return s->kind == STEP_INTO && lines_at(s->symbols, pc, &place);
}

static void enter(struct stepping *s, uint64_t pc) {
    const struct symbol *function = symbols_at(s->symbols, pc);
    uint64_t behind = function && function->va == pc ? lines_behind_prologue(s->symbols, function) : pc;
    if (behind != pc)
        control_run(s->c, &(struct place){behind, 0}, 1);
}

/* True: stepping ends here. */
static bool advance(struct stepping *s, uint64_t *pc) {
    struct control *c = s->c;
    struct facet_regs before, now;
    unsigned size = 0;
    session_regs(c->cli->session, &before);
    enum flow flow = next_flow(c->cli, before.rip, &size);
    control_step(c);
    if (c->heard)
        return true;
    session_regs(c->cli->session, &now);
    *pc = now.rip;
    if (flow != FLOW_CALL || now.rsp >= before.rsp || now.rip == before.rip + size)
        return false;
    if (can_enter(s, now.rip)) {
        enter(s, now.rip);
        return true;
    }
    control_return(c, before.rip + size, before.rsp);
    *pc = c->heard ? 0 : control_pc(c);
    return c->heard;
}

/* A function without lines that was jumped to, as the last thing that this one does: runs to its end. */
static bool finish_tail_call(struct stepping *s, uint64_t *pc) {
    const struct symbol *function = symbols_at(s->symbols, *pc);
    struct line_place place;
    struct frame frame, caller;
    if (!function || function->va != *pc || lines_at(s->symbols, *pc, &place))
        return false;
    frame_innermost(s->c->cli, &frame);
    if (!frame_caller(s->c->cli, &frame, &caller))
        return false;
    control_return(s->c, caller.pc, frame.cfa);
    *pc = s->c->heard ? 0 : control_pc(s->c);
    return s->c->heard;
}

/* ---- Lines */

/* In a function inlined into the one that is being stepped: it is a call. */
static bool in_inlined_call(const struct stepping *s, uint64_t pc) {
    struct inlined around[INLINED_MAX];
    Dwarf_Die function;
    size_t count = inlined_at(s->symbols, pc, around, &function);
    return s->kind != STEP_INTO && count > s->depth && (!s->depth || around[s->depth - 1].die == s->inner);
}

/* Where is the program after leaving the range? True: stepping ends. */
static bool is_at_new_line(struct stepping *s, uint64_t pc) {
    struct line_place place;
    if (!lines_at(s->symbols, pc, &place))
        return true;
    bool other = place.line != s->line || strcmp(place.path, s->path);
    if (other && in_inlined_call(s, pc))
        return false;
    if (pc == place.start && other && place.statement)
        return true;
    set_range(s, &place); /* in the middle of a line: on to the next one */
    return false;
}

static void step_out_of(struct stepping *s, const struct symbol *function) {
    printf("Single stepping until exit from function %s,\nwhich has no line number information.\n", function->name);
    fflush(stdout);
    s->start = function->va;
    s->end = function->va + (function->size ? function->size : 1);
    s->path = "";
}

static bool begin(struct stepping *s, uint64_t pc, struct facet_error *error) {
    struct line_place place;
    const struct symbol *function = symbols_at(s->symbols, pc);
    struct inlined around[INLINED_MAX];
    Dwarf_Die die;
    s->depth = inlined_at(s->symbols, pc, around, &die);
    s->inner = s->depth ? around[s->depth - 1].die : 0;
    if (lines_at(s->symbols, pc, &place)) {
        set_range(s, &place);
        if (s->kind == STEP_FORWARD && function)
            s->start = function->va;
        return true;
    }
    if (function)
        step_out_of(s, function);
    else
        facet_fail(error, FACET_ERR_USAGE, "Cannot find bounds of current function");
    return function;
}

bool step_line(struct control *c, enum step_kind kind, struct facet_error *error) {
    struct stepping s = {.c = c, .symbols = session_symbols(c->cli->session), .kind = kind};
    uint64_t pc = control_pc(c);
    if (!begin(&s, pc, error))
        return false;
    c->stepped = true;
    do
        if (advance(&s, &pc) || finish_tail_call(&s, &pc))
            return true;
    while (in_range(&s, pc) || !is_at_new_line(&s, pc));
    return true;
}

void step_over_instruction(struct control *c) {
    struct stepping s = {.c = c, .symbols = session_symbols(c->cli->session), .kind = STEP_OVER};
    uint64_t pc;
    advance(&s, &pc);
}
