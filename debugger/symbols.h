/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Names, functions and source lines of the user's program, by libdw.
 */
#ifndef DEBUGGER_SYMBOLS_H
#define DEBUGGER_SYMBOLS_H

#include <facet/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbol {
    const char *name;
    uint64_t va, size; /* bytes; 0: the file does not say */
    uint64_t limit;    /* end of its section */
    bool function;     /* else data */
    bool ifunc;        /* its code only says which function it is */
    bool global;
};

struct symbols;

/* Reads the symbol table of an ELF file that runs at its addresses + bias. A file without one has no symbols; that is
 * no error. */
enum facet_status symbols_open(const char *path, uint64_t bias, struct symbols **symbols, struct facet_error *error);
void symbols_close(struct symbols *symbols);
/* libdw's view of the program: debugging information, call frame information. */
struct Dwfl_Module;
struct Dwfl_Module *symbols_module(const struct symbols *symbols);

/* All functions and objects, by address. */
const struct symbol *symbols_all(const struct symbols *symbols, size_t *count);
/* FACET_ERR_USAGE: there is none (the text offers near misses), or several local ones. */
enum facet_status symbols_find(const struct symbols *symbols, const char *name, const struct symbol **found,
                               struct facet_error *error);
/* A symbol whose name is like this one; NULL: none is. */
const char *symbols_near(const struct symbols *symbols, const char *name);
/* The function or object that covers the address; one without a size covers everything up to the next. NULL: none. */
const struct symbol *symbols_at(const struct symbols *symbols, uint64_t va);

#define SYMBOL_TEXT 160
/* The same as gdb writes it: "insert+18". */
const char *symbols_gdb_name(const struct symbols *symbols, uint64_t va, char text[SYMBOL_TEXT]);
/* "insert+0x12", or "" if unknown. Returns text. */
const char *symbols_name(const struct symbols *symbols, uint64_t va, char text[SYMBOL_TEXT]);

struct source_line {
    char file[SYMBOL_TEXT]; /* its name without folders */
    const char *path;       /* as the compiler recorded it; NULL: unknown. Lives as long as the symbols */
    int line;
    uint64_t start; /* address of the first instruction of this line's row */
};
bool symbols_line(struct symbols *symbols, uint64_t va, struct source_line *line);
/* "table.c:41", or "" if unknown. Returns text. */
const char *symbols_source(struct symbols *symbols, uint64_t va, char text[SYMBOL_TEXT]);
/* The first address behind the function's prologue, as gdb places breakpoints: where its second line starts. */
uint64_t symbols_behind_prologue(struct symbols *symbols, const struct symbol *function);

#endif
