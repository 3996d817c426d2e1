/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * C expressions over the program's variables, registers and memory, in gdb's language: what `print` takes. Names are
 * looked up from the selected frame outward. Reading never asks a handler; an assignment in an expression writes.
 */
#ifndef DEBUGGER_EXPR_H
#define DEBUGGER_EXPR_H

#include "cmd.h"

struct type;  /* type.h */
struct value; /* value.h */

/* The caller frees *value with value_free. */
enum facet_status expr_eval(struct cli *cli, const char *text, struct value **value, struct facet_error *error);

/* What an expression names in memory, for `watch`. */
struct expr_object {
    uint64_t va, size; /* bytes; of a bit-field, the bytes that hold it */
    struct type *type;
    bool local;                  /* it names a variable of a function: gone when the function returns */
    uint64_t scope_lo, scope_hi; /* local: the code in which the name means this variable */
    uint64_t frame_cfa;          /* local: of the selected frame */
};
/* FACET_ERR_USAGE, too, for what has no address: a register, a constant, an optimized-out variable; `object` then has
 * all but the address, if it is a value at all. */
enum facet_status expr_object(struct cli *cli, const char *text, struct expr_object *object, struct facet_error *error);

/* The pieces of memory that finding out what it names reads: of `p->next->x` those of p and of p->next. The caller
 * frees *pieces; returns how many. */
struct expr_piece {
    uint64_t va, size;
};
size_t expr_reads(struct cli *cli, const char *text, struct expr_piece **pieces);

/* Is it different from zero? For conditions. */
enum facet_status expr_true(struct cli *cli, const char *text, bool *result, struct facet_error *error);
/* A number: of an integer or pointer its value, of a function or an array where it lies. */
enum facet_status expr_number(struct cli *cli, const char *text, uint64_t *number, struct facet_error *error);
/* The same, wanted as an address (`main`, `&table[3]`, `$sp+8`, `0x401136`): of a function, an array or a symbol
 * without debug information where it lies. cmd_address is this. */
enum facet_status expr_address(struct cli *cli, const char *text, uint64_t *va, struct facet_error *error);

/* A convenience variable, `$name` (without the $). */
void expr_variable_set(struct cli *cli, const char *name, uint64_t number);

/* The program's memory; before it runs, what its file says. Returns how many bytes from the start could be read. */
size_t expr_read(struct cli *cli, uint64_t va, void *bytes, size_t size);

/* Bytes as a value of that type, as print shows them: for "Old value = …". No type: hexadecimal and decimal. */
void expr_print_bytes(struct cli *cli, struct type *type, const void *bytes, uint64_t size, FILE *out);

/* "a=1, b=0x4020 \"x\"": the arguments of the function that a frame stands in; nothing without debug information. */
struct frame;
void expr_print_arguments(struct cli *cli, const struct frame *frame, FILE *out);

/* Each `display` of the user; after every stop. */
void cmd_show_displays(struct cli *cli);

/* Calls visit for each name that begins with `prefix` and means something in the selected frame: variables of the
 * function, of the file and of the program, functions, types. A name may come twice. */
void expr_complete(struct cli *cli, const char *prefix, void (*visit)(void *context, const char *name), void *context);

/* The same for the members of a structure, or of one that a pointer leads to: what `text` is. */
void expr_complete_member(struct cli *cli, const char *text, const char *prefix,
                          void (*visit)(void *context, const char *name), void *context);

/* Frees what expressions remember: history, convenience variables, displays. */
void expr_forget(struct cli *cli);

#endif
