/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame.h"

#include "frame_guess.h"
#include "inlined.h"
#include "lines.h"
#include "text.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <string.h>

#define WORDS (sizeof(struct facet_regs) / sizeof(unsigned long))
#define WORD(name) (offsetof(struct facet_regs, name) / sizeof(unsigned long))
#define ALL_KNOWN ((1u << WORDS) - 1)
#define RETURN_ADDRESS 16
#define STACK_MAX 32

int frame_register(unsigned dwarf) {
    static const unsigned char words[] = {
        WORD(rax), WORD(rdx), WORD(rcx), WORD(rbx), WORD(rsi), WORD(rdi), WORD(rbp), WORD(rsp), WORD(r8),
        WORD(r9),  WORD(r10), WORD(r11), WORD(r12), WORD(r13), WORD(r14), WORD(r15), WORD(rip),
    };
    return dwarf < sizeof words ? words[dwarf] : -1;
}

static unsigned long *register_of(struct frame *frame, unsigned dwarf) {
    return (unsigned long *)&frame->regs + frame_register(dwarf);
}

static bool read_word(struct cli *cli, uint64_t va, uint64_t *value) {
    return session_read(cli->session, va, value, sizeof *value) == sizeof *value;
}

/* ---- The few operations of DWARF's expressions that call frame information uses */

struct evaluation {
    struct cli *cli;
    const struct frame *frame;
    uint64_t cfa;
    uint64_t stack[STACK_MAX];
    unsigned depth;
    bool is_value; /* the result is the value itself, not its address */
    bool failed;
};

static void push(struct evaluation *e, uint64_t value) {
    if (e->depth == STACK_MAX)
        e->failed = true;
    else
        e->stack[e->depth++] = value;
}

static uint64_t pop(struct evaluation *e) {
    if (e->depth)
        return e->stack[--e->depth];
    e->failed = true;
    return 0;
}

static void push_register(struct evaluation *e, unsigned dwarf, uint64_t offset) {
    int word = frame_register(dwarf);
    if (word < 0 || !FRAME_KNOWS(e->frame, word))
        e->failed = true;
    else
        push(e, ((const unsigned long *)&e->frame->regs)[word] + offset);
}

static void binary(struct evaluation *e, uint8_t atom) {
    uint64_t b = pop(e), a = pop(e);
    switch (atom) {
    case DW_OP_plus:
        push(e, a + b);
        break;
    case DW_OP_minus:
        push(e, a - b);
        break;
    case DW_OP_and:
        push(e, a & b);
        break;
    case DW_OP_shl:
        push(e, b < 64 ? a << b : 0);
        break;
    case DW_OP_ge:
        push(e, (int64_t)a >= (int64_t)b);
        break;
    default:
        e->failed = true;
    }
}

static void operate(struct evaluation *e, const Dwarf_Op *op) {
    uint64_t value = 0;
    if (op->atom >= DW_OP_lit0 && op->atom <= DW_OP_lit31)
        push(e, op->atom - DW_OP_lit0);
    else if (op->atom >= DW_OP_breg0 && op->atom <= DW_OP_breg31)
        push_register(e, op->atom - DW_OP_breg0, op->number);
    else if (op->atom == DW_OP_bregx)
        push_register(e, (unsigned)op->number, op->number2);
    else if (op->atom >= DW_OP_const1u && op->atom <= DW_OP_consts)
        push(e, op->number);
    else if (op->atom == DW_OP_plus_uconst)
        push(e, pop(e) + op->number);
    else if (op->atom == DW_OP_call_frame_cfa)
        push(e, e->cfa);
    else if (op->atom == DW_OP_stack_value)
        e->is_value = true;
    else if (op->atom == DW_OP_deref && read_word(e->cli, pop(e), &value))
        push(e, value);
    else
        binary(e, op->atom);
}

static bool evaluate(struct evaluation *e, const Dwarf_Op *ops, size_t count, uint64_t *result) {
    e->depth = 0;
    e->is_value = e->failed = false;
    for (size_t i = 0; i < count && !e->failed; i++)
        operate(e, &ops[i]);
    *result = pop(e);
    return !e->failed;
}

/* ---- By call frame information */

static Dwarf_Frame *find_rules(struct cli *cli, uint64_t pc) {
    struct Dwfl_Module *module = symbols_module(session_symbols(cli->session));
    Dwarf_Addr bias = 0;
    Dwarf_Frame *rules;
    Dwarf_CFI *cfi = dwfl_module_eh_cfi(module, &bias);
    if (cfi && dwarf_cfi_addrframe(cfi, pc - bias, &rules) == 0)
        return rules;
    cfi = dwfl_module_dwarf_cfi(module, &bias);
    return cfi && dwarf_cfi_addrframe(cfi, pc - bias, &rules) == 0 ? rules : NULL;
}

/* One register of the caller. False: it can't be known. */
static bool restore(struct evaluation *e, Dwarf_Frame *rules, unsigned dwarf, uint64_t *value) {
    Dwarf_Op memory[3], *ops;
    size_t count;
    int word = frame_register(dwarf);
    if (dwarf_frame_register(rules, (int)dwarf, memory, &ops, &count) != 0)
        return false;
    /* No rule: the register is as it was, as gdb has it. Compilers know which registers a function of theirs leaves
     * alone, and say so in the locations of variables. */
    if (!count && dwarf != RETURN_ADDRESS)
        ops = NULL;
    if (!count && ops == memory)
        return false;
    if (!count) { /* unchanged */
        *value = ((const unsigned long *)&e->frame->regs)[word];
        return FRAME_KNOWS(e->frame, word);
    }
    return evaluate(e, ops, count, value) && (e->is_value || read_word(e->cli, *value, value));
}

static bool find_cfa(struct cli *cli, const struct frame *frame, Dwarf_Frame *rules, uint64_t *cfa) {
    Dwarf_Op *ops;
    size_t count;
    struct evaluation e = {.cli = cli, .frame = frame};
    return dwarf_frame_cfa(rules, &ops, &count) == 0 && evaluate(&e, ops, count, cfa);
}

static bool caller_by_rules(struct cli *cli, const struct frame *frame, Dwarf_Frame *rules, struct frame *caller) {
    struct evaluation e = {.cli = cli, .frame = frame, .cfa = frame->cfa};
    caller->known = 1u << WORD(rip) | 1u << WORD(rsp) | 1u << WORD(fs_base) | 1u << WORD(gs_base) |
                    (frame->known & 1u << WORD(rflags));
    if (!frame->cfa)
        return false;
    for (unsigned dwarf = 0; dwarf <= RETURN_ADDRESS; dwarf++) {
        uint64_t value;
        if (restore(&e, rules, dwarf, &value)) {
            *register_of(caller, dwarf) = value;
            caller->known |= 1u << frame_register(dwarf);
        } else if (dwarf == RETURN_ADDRESS) {
            return false; /* as _start says of itself */
        }
    }
    return true;
}

static bool saved_by_rules(struct cli *cli, const struct frame *frame, Dwarf_Frame *rules, int word, uint64_t *va) {
    struct evaluation e = {.cli = cli, .frame = frame, .cfa = frame->cfa};
    Dwarf_Op memory[3], *ops;
    size_t count;
    unsigned dwarf = 0;
    while (dwarf < RETURN_ADDRESS && frame_register(dwarf) != word)
        dwarf++;
    return frame_register(dwarf) == word && dwarf_frame_register(rules, (int)dwarf, memory, &ops, &count) == 0 &&
           count && evaluate(&e, ops, count, va) && !e.is_value;
}

/* ---- Without it: a function's usual first instructions tell where the return address is */

/* CFA minus that register's value, and which. */
struct guess {
    bool frame_pointer;
    uint64_t offset;
    struct frame_guess read; /* no frame pointer: from the instructions */
};

/* A function that sets up no frame pointer. */
static struct guess guess_by_reading(struct cli *cli, const struct frame *frame) {
    struct guess guess = {.frame_pointer = !frame_guess(cli, frame, &guess.read)};
    guess.offset = guess.frame_pointer ? 16 : guess.read.depth + 8;
    if (guess.frame_pointer)
        guess.read.saved_count = 0;
    return guess;
}

static struct guess guess_cfa(struct cli *cli, const struct frame *frame) {
    static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa}, push_rbp = 0x55;
    static const uint8_t moves[2][3] = {{0x48, 0x89, 0xe5}, {0x48, 0x8b, 0xec}}; /* rsp to rbp */
    const struct symbol *function = symbols_at(session_symbols(cli->session), frame->lookup_pc);
    uint8_t code[8] = {0};
    uint64_t at = function ? frame->pc - function->va : 0;
    if (!session_read(cli->session, frame->pc, code, 1)) /* a call of nothing */
        return (struct guess){.offset = 8};
    if (!function || session_read(cli->session, function->va, code, sizeof code) != sizeof code)
        return (struct guess){.frame_pointer = true, .offset = 16};
    unsigned first = memcmp(code, endbr64, 4) ? 0 : 4;
    if (at <= first)
        return (struct guess){.offset = 8};
    bool usual = code[first] == push_rbp && first + 4 <= sizeof code &&
                 (!memcmp(code + first + 1, moves[0], 3) || !memcmp(code + first + 1, moves[1], 3));
    if (!usual)
        return guess_by_reading(cli, frame);
    if (at == first + 1)
        return (struct guess){.offset = 16, .read = {.saved_count = 1, .saved = {{WORD(rbp), 16}}}};
    return (struct guess){.frame_pointer = true, .offset = 16};
}

static void set_cfa(struct cli *cli, struct frame *frame, Dwarf_Frame *rules) {
    if (rules && find_cfa(cli, frame, rules, &frame->cfa))
        return;
    struct guess guess = guess_cfa(cli, frame);
    frame->cfa = guess.frame_pointer ? frame->regs.rbp : frame->regs.rsp;
    if (guess.frame_pointer && (!frame->cfa || !FRAME_KNOWS(frame, WORD(rbp))))
        frame->cfa = 0;
    else
        frame->cfa += guess.offset;
}

static bool caller_by_guess(struct cli *cli, const struct frame *frame, struct frame *caller) {
    uint64_t pc, old_rbp;
    struct guess guess = guess_cfa(cli, frame);
    caller->known = frame->known & ~(1u << WORD(rax) | 1u << WORD(rcx) | 1u << WORD(rdx));
    if (!frame->cfa || !read_word(cli, frame->cfa - 8, &pc) || !program_executable(session_program(cli->session), pc))
        return false;
    if (guess.frame_pointer && read_word(cli, frame->cfa - 16, &old_rbp))
        caller->regs.rbp = old_rbp;
    for (unsigned i = 0; i < guess.read.saved_count; i++)
        read_word(cli, frame->cfa - guess.read.saved[i].below, (uint64_t *)&caller->regs + guess.read.saved[i].word);
    caller->regs.rip = pc;
    caller->regs.rsp = frame->cfa;
    return true;
}

/* ---- Signals: what their handler returns to calls rt_sigreturn, and above it lie the registers as they were */

#define CONTEXT_REGISTERS 40 /* bytes from the stack pointer to them: struct ucontext of Linux */

static bool is_signal_return(struct cli *cli, uint64_t pc) {
    static const uint8_t code[] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05}; /* mov $15,%rax; syscall */
    uint8_t there[sizeof code];
    return session_read(cli->session, pc, there, sizeof there) == sizeof there && !memcmp(there, code, sizeof code);
}

static bool caller_by_context(struct cli *cli, const struct frame *frame, struct frame *caller) {
    static const unsigned char words[] = {
        WORD(r8),  WORD(r9),  WORD(r10), WORD(r11), WORD(r12), WORD(r13), WORD(r14), WORD(r15), WORD(rdi),
        WORD(rsi), WORD(rbp), WORD(rbx), WORD(rdx), WORD(rax), WORD(rcx), WORD(rsp), WORD(rip), WORD(rflags),
    };
    caller->known = ALL_KNOWN;
    for (size_t i = 0; i < sizeof words; i++)
        if (!read_word(cli, frame->regs.rsp + CONTEXT_REGISTERS + 8 * i, (uint64_t *)&caller->regs + words[i]))
            return false;
    return true;
}

/* ---- Frames */

static bool is_named(struct cli *cli, uint64_t pc, const char *name) {
    const struct symbol *function = symbols_at(session_symbols(cli->session), pc);
    return function && !strcmp(function->name, name);
}

void frame_innermost(struct cli *cli, struct frame *frame) {
    *frame = (struct frame){.known = ALL_KNOWN};
    session_regs(cli->session, &frame->regs);
    frame->pc = frame->lookup_pc = frame->regs.rip;
    Dwarf_Frame *rules = find_rules(cli, frame->lookup_pc);
    set_cfa(cli, frame, rules);
    if (rules)
        dwarf_frame_info(rules, NULL, NULL, &frame->signal);
    else
        frame->signal = is_signal_return(cli, frame->pc);
    free(rules);
}

bool frame_caller(struct cli *cli, const struct frame *frame, struct frame *caller) {
    if (is_named(cli, frame->lookup_pc, "_start"))
        return false;
    *caller = (struct frame){.level = frame->level + 1, .regs = frame->regs}; /* inlined: the innermost there */
    Dwarf_Frame *rules = find_rules(cli, frame->lookup_pc);
    bool found = rules           ? caller_by_rules(cli, frame, rules, caller)
                 : frame->signal ? caller_by_context(cli, frame, caller)
                                 : caller_by_guess(cli, frame, caller);
    free(rules);
    if (!found || !caller->regs.rip || (!frame->signal && caller->regs.rsp <= frame->regs.rsp))
        return false;
    caller->pc = caller->regs.rip;
    caller->lookup_pc = caller->pc - !frame->signal;
    rules = find_rules(cli, caller->lookup_pc);
    if (rules)
        dwarf_frame_info(rules, NULL, NULL, &caller->signal);
    else if (is_signal_return(cli, caller->pc)) {
        caller->signal = true;
        caller->lookup_pc = caller->pc;
    }
    set_cfa(cli, caller, rules);
    free(rules);
    return true;
}

bool frame_saved(struct cli *cli, const struct frame *frame, int word, uint64_t *va) {
    Dwarf_Frame *rules = find_rules(cli, frame->lookup_pc);
    struct guess guess = guess_cfa(cli, frame);
    bool known = false;
    *va = frame->cfa - (word == WORD(rip) ? 8 : 16);
    for (unsigned i = 0; !rules && i < guess.read.saved_count; i++)
        if (guess.read.saved[i].word == word) {
            *va = frame->cfa - guess.read.saved[i].below;
            known = true;
        }
    if (rules)
        known = saved_by_rules(cli, frame, rules, word, va);
    else if (frame->cfa)
        known |= word == WORD(rip) || (word == WORD(rbp) && guess.frame_pointer);
    free(rules);
    return known;
}

bool frame_shown_caller(struct cli *cli, const struct frame *frame, struct frame *caller) {
    struct inlined around[INLINED_MAX];
    Dwarf_Die function;
    if (frame->inlined < inlined_at(session_symbols(cli->session), frame->lookup_pc, around, &function)) {
        *caller = *frame;
        caller->inlined++;
        caller->level++;
        return true;
    }
    return !is_named(cli, frame->lookup_pc, "main") && frame_caller(cli, frame, caller);
}

const char *frame_function(struct cli *cli, const struct frame *frame, char name[SYMBOL_TEXT]) {
    struct symbols *symbols = session_symbols(cli->session);
    struct inlined around[INLINED_MAX];
    struct line_place place;
    Dwarf_Die die;
    size_t count = inlined_at(symbols, frame->lookup_pc, around, &die);
    const struct symbol *function = symbols_at(symbols, frame->lookup_pc);
    if (count > frame->inlined && around[count - frame->inlined - 1].function) {
        snprintf(name, SYMBOL_TEXT, "%s", around[count - frame->inlined - 1].function);
        return name;
    }
    snprintf(name, SYMBOL_TEXT, "%s", function ? function->name : "??");
    char *clone = strchr(name + 1, '.'), *last = strrchr(name + 1, '.'); /* f.isra.0 is f; without lines, f.isra */
    if (function && clone && lines_at(symbols, frame->lookup_pc, &place))
        *clone = 0;
    else if (*name != '_' && last && last[1] && !last[1 + strspn(last + 1, "0123456789")])
        *last = 0;
    return name;
}

bool frame_place(struct cli *cli, const struct frame *frame, struct line_place *place) {
    struct symbols *symbols = session_symbols(cli->session);
    struct inlined around[INLINED_MAX];
    Dwarf_Die die;
    if (!lines_at(symbols, frame->lookup_pc, place))
        return false;
    size_t count = frame->inlined ? inlined_at(symbols, frame->lookup_pc, around, &die) : 0;
    if (!frame->inlined || frame->inlined > count)
        return true;
    const struct inlined *call = &around[count - frame->inlined];
    place->path = call->path ? call->path : place->path;
    place->line = call->line;
    place->start = frame->pc;
    place->statement = true;
    snprintf(place->file, sizeof place->file, "%s", text_basename(place->path));
    return call->line > 0;
}

enum facet_status frame_at(struct cli *cli, int level, struct frame *frame, struct facet_error *error) {
    enum facet_status status = cmd_need_started(cli, error);
    if (status)
        return facet_fail(error, FACET_ERR_USAGE, "No stack.");
    frame_innermost(cli, frame);
    while (frame->level < level) {
        struct frame inner = *frame;
        if (!frame_shown_caller(cli, &inner, frame))
            return facet_fail(error, FACET_ERR_USAGE, "No frame at level %d.", level);
    }
    return FACET_OK;
}

enum facet_status frame_selected(struct cli *cli, struct frame *frame, struct facet_error *error) {
    return frame_at(cli, cli->frame, frame, error);
}
