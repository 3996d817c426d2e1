/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Line tables of the program, with gdb's rules about which row an address belongs to and where a line can be stopped
 * at.
 */
#ifndef DEBUGGER_LINES_H
#define DEBUGGER_LINES_H

#include "symbols.h"

struct line_row {
    uint64_t va;
    const char *path;      /* as the compiler recorded it */
    const char *directory; /* the compilation's; "" if unknown */
    int line;              /* 0: from here on no line is known */
    bool statement;        /* a place to stop at */
};

/* The row that covers an address, and where the next one begins. */
struct line_place {
    const char *path, *directory;
    char file[SYMBOL_TEXT]; /* path without folders */
    int line;
    uint64_t start, end;
    bool statement;
};
/* False: no line is known there. */
bool lines_at(struct symbols *symbols, uint64_t va, struct line_place *place);

/* All rows, by address. */
const struct line_row *lines_all(struct symbols *symbols, size_t *count);

/* A source file by what the user calls it: the end of its path, whole folders. NULL: none. */
const char *lines_file(struct symbols *symbols, const char *name, const char **directory);

/* Addresses to stop at for a line: one for each function that has code of it; without code, of the next line that has.
 * At a function's first line behind its prologue. *found is the line taken. The caller frees *places; returns how many.
 */
size_t lines_places(struct symbols *symbols, const char *path, int line, uint64_t **places, int *found);

/* Where a breakpoint at a function goes: behind its prologue, unless it was optimized. */
uint64_t lines_behind_prologue(struct symbols *symbols, const struct symbol *function);

/* The line that a function's code begins with. */
bool lines_function(struct symbols *symbols, const struct symbol *function, struct line_place *place);

#endif
