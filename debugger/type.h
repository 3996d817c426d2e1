/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Types of the program's variables, from its debug information, and those of C itself. They live in an arena of the
 * catalogue, as long as it does; a struct's members are read when somebody asks for them.
 */
#ifndef DEBUGGER_TYPE_H
#define DEBUGGER_TYPE_H

#include "symbols.h"

#include <elfutils/libdw.h>
#include <stdio.h>

enum type_kind {
    TYPE_VOID,
    TYPE_INT,
    TYPE_CHAR, /* an integer of one byte that is shown as a character, too; wchar_t and its like */
    TYPE_BOOL,
    TYPE_FLOAT,
    TYPE_COMPLEX,
    TYPE_ENUM,
    TYPE_POINTER,
    TYPE_ARRAY,
    TYPE_STRUCT,
    TYPE_UNION,
    TYPE_FUNCTION,
    TYPE_TYPEDEF,
    TYPE_QUALIFIED, /* const, volatile or restrict in front of another */
    TYPE_FLAGS,     /* eflags */
    TYPE_NO_DEBUG,  /* of a symbol without debug information; count 1: of a function */
};

struct type_field {                /* member, enumerator or parameter */
    const char *name;              /* NULL: none */
    struct type *type;             /* of members and parameters */
    uint64_t offset;               /* bytes */
    unsigned bit_offset, bit_size; /* of a bit-field: from `offset`, least significant bit first; size 0: none */
    int64_t value;                 /* of enumerators */
};

struct type {
    enum type_kind kind;
    const char *name; /* "unsigned int", a tag, a typedef's; NULL: none */
    uint64_t size;    /* bytes */
    bool is_unsigned;
    bool incomplete; /* declared only */
    bool flags;      /* of an enum: its values are bits to be combined */
    bool variadic, prototyped;
    bool building; /* its description is being read */
    bool vector;
    bool dynamic;          /* an array with bounds that the program computes: type_resolve */
    const char *qualifier; /* "const", "volatile", "restrict" */
    struct type *target;   /* pointer, array, function (its result), typedef, qualified */
    int64_t count;         /* of an array; -1: not said */
    struct type_field *fields;
    size_t field_count;
    bool fields_read;
    Dwarf_Die die;        /* its description; addr NULL: none */
    struct type *pointer; /* the pointer to it, once somebody wanted one */
    struct type *next;    /* in the catalogue's bucket */
};

/* C's own. */
enum type_basic {
    BASIC_VOID,
    BASIC_BOOL,
    BASIC_CHAR,
    BASIC_SCHAR,
    BASIC_UCHAR,
    BASIC_SHORT,
    BASIC_USHORT,
    BASIC_INT,
    BASIC_UINT,
    BASIC_LONG,
    BASIC_ULONG,
    BASIC_LLONG,
    BASIC_ULLONG,
    BASIC_INT128,
    BASIC_UINT128,
    BASIC_FLOAT,
    BASIC_DOUBLE,
    BASIC_LDOUBLE,
    BASIC_INT8, /* those of registers and of `x`: never shown as characters */
    BASIC_UINT8,
    BASIC_INT16,
    BASIC_INT32,
    BASIC_INT64,
    BASIC_FLAGS,
    BASIC_NO_DEBUG_DATA,
    BASIC_NO_DEBUG_TEXT,
    BASIC_CODE, /* void () */
    BASIC_COUNT
};

#define TYPE_BUCKETS 1024

/* The debug information of one program: types by DIE, names by hash. */
struct name;
struct catalogue {
    struct symbols *symbols;
    Dwarf *dwarf;         /* NULL: the program has none */
    uint64_t bias;        /* of addresses in memory to those of the debug information */
    struct block *blocks; /* the arena */
    struct type *types[TYPE_BUCKETS];
    struct type *basic_pointers[BASIC_COUNT]; /* made so far */
    struct scope *scope;                      /* of the address looked up last: scope.c */
    uint64_t scope_pc;
    struct name **names; /* the index: catalogue.c */
    size_t name_room;
    bool indexed;
    unsigned depth; /* of types of types that are being read */
};

void catalogue_open(struct catalogue *c, struct symbols *symbols);
void catalogue_close(struct catalogue *c);
/* Zeroed; freed with the catalogue. */
void *catalogue_alloc(struct catalogue *c, size_t size);
const char *catalogue_text(struct catalogue *c, const char *text, size_t length);

enum name_kind { NAME_VARIABLE, NAME_FUNCTION, NAME_TYPEDEF, NAME_STRUCT, NAME_UNION, NAME_ENUM, NAME_ENUMERATOR };
struct name { /* at the outermost level of a compilation unit */
    const char *text;
    enum name_kind kind;
    bool external, declaration;
    uint64_t die, unit, parent; /* offsets, for catalogue_die; parent: of an enumerator, its enum */
    struct name *next;
};
/* All of the program's that are called so, in the order of the file; NULL: none. Follow with name_next. */
const struct name *catalogue_find(struct catalogue *c, const char *text);
const struct name *name_next(const struct name *name);
/* Calls visit for each name. */
void catalogue_each(struct catalogue *c, void (*visit)(void *context, const struct name *name), void *context);
bool catalogue_die(struct catalogue *c, uint64_t offset, Dwarf_Die *die);

/* A constant, by the sign of its form: DW_FORM_data1 200 is 200, whatever libdw's signed reading says. */
bool type_constant(Dwarf_Attribute *attr, int64_t *value);
/* The type that a DIE describes, or that its DW_AT_type names (void without one). Never NULL. */
struct type *type_of_die(struct catalogue *c, Dwarf_Die *die);
struct type *type_of_attribute(struct catalogue *c, Dwarf_Die *die);
/* Reads members, enumerators or parameters if that has not happened. Of a declared struct: those of its definition. */
void type_read_fields(struct catalogue *c, struct type *type);
/* "struct point", …: kind and tag. NULL: there is none in the program. */
struct type *type_tagged(struct catalogue *c, enum name_kind kind, const char *tag);

/* ---- C's own */
struct type *type_basic(enum type_basic which);
struct type *type_pointer(struct catalogue *c, struct type *target);
struct type *type_array(struct catalogue *c, struct type *element, int64_t count);
struct type *type_qualified(struct catalogue *c, struct type *target, const char *qualifier);
struct type *type_function(struct catalogue *c, struct type *result);

/* Without typedefs and qualifiers; a declared struct becomes its definition if the program has one. */
struct type *type_strip(struct catalogue *c, struct type *type);
/* Without the outermost qualifiers. */
struct type *type_unqualified(struct type *type);
bool type_is_integer(const struct type *stripped);              /* int, char, bool, enum, flags */
bool type_is_scalar(const struct type *stripped);               /* or floating or a pointer */
bool type_is_character(struct catalogue *c, struct type *type); /* of one byte */
/* Do values of both look the same in memory? */
bool type_same(struct catalogue *c, struct type *a, struct type *b);
uint64_t type_size(struct catalogue *c, struct type *type);

/* As a cast would write it: "struct point *", "int (*)[3]". Anonymous: "struct {...}". */
void type_print(struct catalogue *c, struct type *type, FILE *out);
/* As its declaration: "struct point *next", without the semicolon. */
void type_print_declaration(struct catalogue *c, struct type *type, const char *name, FILE *out);
/* `ptype`: typedefs resolved, members shown. */
void type_print_whole(struct catalogue *c, struct type *type, FILE *out);

#endif
