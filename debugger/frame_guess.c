/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame_guess.h"

#include "disasm.h"

#include <string.h>

#define BYTES_MAX 65536 /* of a function that is read */

/* The register operand of push and pop: "push   %r12", "push   r12". -1: a number or memory. */
static int operand(const char *text) {
    const char *name = text + strcspn(text, " ");
    name += strspn(name, " %");
    return cmd_register(name, strlen(name));
}

/* The number in "sub    $0x18,%rsp", "sub    rsp,0x18". False: the instruction does not change rsp. */
static bool rsp_operand(const char *text, bool *constant, uint64_t *number) {
    const char *comma = strrchr(text, ','), *first = text + strcspn(text, " ");
    first += strspn(first, " ");
    if (!comma)
        return false;
    bool att = !strcmp(comma, ",%rsp"), intel = !strncmp(first, "rsp,", 4);
    const char *digits = att ? first + (*first == '$') : comma + 1;
    char *end;
    *number = strtoull(digits, &end, 0);
    *constant = end != digits && *end == (att ? ',' : 0);
    return att || intel;
}

static void pushed(struct frame_guess *g, int word) {
    g->depth += 8;
    for (unsigned i = 0; i < g->saved_count; i++)
        if (g->saved[i].word == word)
            return;
    if (word < 0 || g->saved_count == GUESS_SAVED_MAX)
        return;
    g->saved[g->saved_count].word = word;
    g->saved[g->saved_count++].below = g->depth + 8;
}

/* One instruction's effect on rsp. False: it cannot be told. */
static bool follow(struct frame_guess *g, const char *text, uint64_t *deepest) {
    bool constant;
    uint64_t number;
    if (!strncmp(text, "push", 4)) {
        pushed(g, operand(text));
    } else if (!strncmp(text, "pop", 3) && text[3] == ' ') {
        g->depth -= 8;
    } else if (!strncmp(text, "ret", 3) || !strncmp(text, "jmp", 3)) {
        g->depth = *deepest; /* what follows is reached from elsewhere in the body */
    } else if (!strncmp(text, "leave", 5)) {
        return false;
    } else if (rsp_operand(text, &constant, &number) && strncmp(text, "cmp", 3) && strncmp(text, "test", 4)) {
        if (!constant || (strncmp(text, "sub", 3) && strncmp(text, "add", 3)))
            return false;
        g->depth = *text == 's' ? g->depth + number : g->depth - number;
    }
    if (g->depth > *deepest)
        *deepest = g->depth;
    return g->depth < BYTES_MAX;
}

bool frame_guess(struct cli *cli, const struct frame *frame, struct frame_guess *guess) {
    const struct symbol *function = symbols_at(session_symbols(cli->session), frame->lookup_pc);
    uint64_t deepest = 0;
    *guess = (struct frame_guess){0};
    if (!function || frame->pc - function->va > BYTES_MAX)
        return false;
    for (uint64_t va = function->va; va < frame->pc;) {
        char text[200];
        unsigned size = disasm_one(cli, va, text, sizeof text);
        if (!size || !follow(guess, text, &deepest))
            return false;
        va += size;
    }
    while (guess->saved_count && guess->saved[guess->saved_count - 1].below > guess->depth + 8)
        guess->saved_count--; /* has been popped already */
    return true;
}
