/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Values of expressions: a type, bytes, and where they came from. What lies in memory is read when it is needed, so
 * that &p->x reads nothing and an array may be larger than anyone would print.
 *
 * Functions that can fail return NULL or false and have put the reason into the data's error.
 */
#ifndef DEBUGGER_VALUE_H
#define DEBUGGER_VALUE_H

#include "cmd.h"
#include "frame.h"
#include "type.h"

#define VALUE_BYTES_MAX 65536 /* of a value that is read, gdb's max-value-size */

enum value_where { VALUE_NOWHERE, VALUE_MEMORY, VALUE_REGISTER, VALUE_VARIABLE };

struct value {
    struct type *type;
    enum value_where where;
    uint64_t address;              /* memory: its va. Register, variable: bytes from its start */
    unsigned word;                 /* register: of struct facet_regs */
    struct variable *variable;     /* convenience variable */
    unsigned bit_offset, bit_size; /* of a bit-field, from the address; size 0: is none */
    bool lazy;                     /* its bytes have not been read */
    bool optimized_out;            /* it has no bytes in the program as it stands */
    uint64_t size;                 /* of `bytes` */
    uint8_t *bytes;
    uint8_t *missing; /* for each byte, is it optimized out? NULL: none is */
    struct value *next;
};

struct variable { /* $name */
    char *name;
    struct value *value; /* NULL: void */
    struct variable *next;
};

struct display {
    int number;
    bool enabled;
    char *text;
    char format, size;
    int64_t count;
    uint64_t scope_lo, scope_hi; /* shown only there; hi 0: everywhere */
    struct display *next;
};

/* What expressions remember in one session of the debugger. */
struct data {
    struct cli *cli;
    struct catalogue c;
    struct facet_error *error; /* where a failure goes; NULL: nobody wants to know */
    struct value *values;      /* made since data_begin */
    struct value **history;    /* $1 is the first */
    size_t history_count;
    struct variable *variables;
    struct display *displays;
    int last_display;
    struct frame frame; /* of the evaluation that runs, if data_frame */
    bool frame_known, has_frame;
    unsigned nested;             /* evaluations */
    uint64_t scope_lo, scope_hi; /* the innermost scope from which the last expression parsed took a name */
};

struct data *data_of(struct cli *cli);
/* A new evaluation: its frame is the selected one (nested: the outer's), its failures go to `error`. Values that are
 * made until data_end belong to it. */
struct evaluation {
    struct value *outer;
    struct facet_error *error;
};
struct evaluation data_begin(struct data *d, struct facet_error *error);
/* Is there a frame? It is then in d->frame. */
bool data_frame(struct data *d);
/* Frees the evaluation's values but `keep` (NULL: none), which then belongs to the caller. */
void data_end(struct data *d, struct evaluation evaluation, struct value *keep);
/* Writes the reason and returns NULL, false. */
void *data_fail(struct data *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Memory of the program, or of its file before it runs. False: it cannot be read; says where. */
bool data_read(struct data *d, uint64_t va, void *bytes, size_t size);
size_t data_read_some(struct data *d, uint64_t va, void *bytes, size_t size);
bool data_write(struct data *d, uint64_t va, const void *bytes, size_t size);

/* ---- Making values. They belong to the evaluation. */
struct value *value_new(struct data *d, struct type *type);
struct value *value_of_int(struct data *d, struct type *type, uint64_t number);
struct value *value_of_float(struct data *d, struct type *type, long double number);
struct value *value_at(struct data *d, struct type *type, uint64_t va); /* lazy */
struct value *value_of_register(struct data *d, struct type *type, unsigned word, unsigned offset);
struct value *value_of_vector(struct data *d, struct type *type, unsigned index); /* xmm register */
struct value *value_of_bytes(struct data *d, struct type *type, const void *bytes, size_t size);
struct value *value_optimized_out(struct data *d, struct type *type);
struct value *value_copy(struct data *d, const struct value *value);
void value_free(struct value *value);

/* ---- Looking into them */
/* Reads the bytes if that has not happened. */
bool value_fetch(struct data *d, struct value *value);
/* The same, and none of it may be optimized out. */
bool value_need(struct data *d, struct value *value);
/* Integers, bit-fields and pointers, extended to 64 bits by their type's sign; floating numbers truncated; arrays and
 * functions: where they lie. False: it has no number. */
bool value_number(struct data *d, struct value *value, uint64_t *number);
bool value_float(struct data *d, struct value *value, long double *number);
/* Raw bytes as a number: `type` is an integer, a pointer or a floating type. */
uint64_t value_unpack(const struct type *stripped, const uint8_t *bytes);
long double value_unpack_float(const struct type *stripped, const uint8_t *bytes);
bool value_is_zero(struct data *d, struct value *value, bool *zero);

/* ---- Parts and conversions */
struct value *value_field(struct data *d, struct value *value, const struct type_field *field);
struct value *value_member(struct data *d, struct value *value, const char *name);
struct value *value_element(struct data *d, struct value *value, int64_t index);
struct value *value_dereference(struct data *d, struct value *value);
struct value *value_address(struct data *d, struct value *value);
/* An array as a pointer to its first element, a function as a pointer to it; others stay. */
struct value *value_decay(struct data *d, struct value *value);
struct value *value_cast(struct data *d, struct type *type, struct value *value);
struct value *value_assign(struct data *d, struct value *to, struct value *from);

/* ---- Text: value_print.c */
struct value_format {
    char letter; /* 0: as its type says */
    char size;   /* b h w g, 0: the type's */
    int64_t count;
    bool raw;
};
/* As print shows it at the top ("(int *) 0x4020"), and inside others. */
void value_print(struct data *d, struct value *value, const struct value_format *format, FILE *out);
void value_print_inner(struct data *d, struct value *value, const struct value_format *format, unsigned depth,
                       FILE *out);
/* One scalar under /FORMAT. False: that cannot be; says why. */
bool value_print_scalar(struct data *d, struct type *stripped, const uint8_t *bytes, uint64_t size,
                        const struct value_format *format, FILE *out);
void value_print_address(struct data *d, uint64_t va, FILE *out); /* "0x401136 <main+4>" */
void value_print_float(const struct type *stripped, const uint8_t *bytes, FILE *out);
/* `set print elements` */
uint64_t value_limit(const struct data *d);
/* Characters in gdb's manner: "abc", '\000' <repeats 12 times>. `more`: they go on. */
void value_print_string(struct data *d, const uint8_t *bytes, uint64_t length, unsigned width, bool more, FILE *out);
void value_print_string_at(struct data *d, uint64_t va, FILE *out);
void value_print_character(int64_t c, unsigned width, const char *prefix, FILE *out); /* 'a' */

/* ---- Names: scope.c. Innermost first from the evaluation's frame. */
enum found_kind {
    FOUND_NOTHING,
    FOUND_VARIABLE,
    FOUND_FUNCTION,
    FOUND_ENUMERATOR,
    FOUND_TYPE,
    FOUND_SYMBOL,
    FOUND_THREAD
};
struct found {
    enum found_kind kind;
    Dwarf_Die die, function; /* function: in which a variable lies; addr NULL: none */
    uint64_t parent;         /* of an enumerator: its enum's DIE */
    const struct symbol *symbol;
    uint64_t offset; /* THREAD: a thread-local symbol without debug information */
    bool local;      /* its scope is a block of a function: lo … hi */
    uint64_t lo, hi;
};
bool scope_find(struct data *d, const char *name, struct found *found);
/* `where`: a function or a source file. */
bool scope_find_in(struct data *d, const char *where, const char *name, struct found *found);
struct type *scope_type(struct data *d, const struct found *found);
/* "struct TAG", "union TAG", "enum TAG". NULL: there is none; nothing is said. */
struct type *scope_tagged(struct data *d, enum name_kind kind, const char *tag);
struct value *scope_value(struct data *d, const struct found *found, const char *name);
/* The variables of the function around the evaluation's frame, innermost block first. */
typedef void scope_visit(void *context, Dwarf_Die *die, Dwarf_Die *function);
bool scope_variables(struct data *d, bool arguments, scope_visit *visit, void *context);

/* Where a function's code begins, also if it is in several places. */
bool scope_entry(Dwarf_Die *function, Dwarf_Addr *start);
/* The function (not inlined) that an address lies in. */
bool scope_function(struct data *d, uint64_t pc, Dwarf_Die *function);

/* ---- Where a variable lies: location.c. Never NULL but on failure. */
struct value *location_value(struct data *d, Dwarf_Die *variable, Dwarf_Die *function, struct type *type);
/* What an argument passed in a register was when the function was entered. False: nobody knows. */
bool location_at_entry(struct data *d, Dwarf_Die *variable, Dwarf_Die *function, uint64_t *value);

#endif
