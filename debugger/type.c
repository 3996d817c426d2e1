/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "type.h"

#include <string.h>

#define STRIP_MAX 100 /* typedefs of typedefs; debug information may be damaged */

struct type *type_basic(enum type_basic which) {
    static struct type basics[BASIC_COUNT] = {
        [BASIC_VOID] = {.kind = TYPE_VOID, .name = "void", .size = 1},
        [BASIC_BOOL] = {.kind = TYPE_BOOL, .name = "_Bool", .size = 1, .is_unsigned = true},
        [BASIC_CHAR] = {.kind = TYPE_CHAR, .name = "char", .size = 1},
        [BASIC_SCHAR] = {.kind = TYPE_CHAR, .name = "signed char", .size = 1},
        [BASIC_UCHAR] = {.kind = TYPE_CHAR, .name = "unsigned char", .size = 1, .is_unsigned = true},
        [BASIC_SHORT] = {.kind = TYPE_INT, .name = "short", .size = 2},
        [BASIC_USHORT] = {.kind = TYPE_INT, .name = "unsigned short", .size = 2, .is_unsigned = true},
        [BASIC_INT] = {.kind = TYPE_INT, .name = "int", .size = 4},
        [BASIC_UINT] = {.kind = TYPE_INT, .name = "unsigned int", .size = 4, .is_unsigned = true},
        [BASIC_LONG] = {.kind = TYPE_INT, .name = "long", .size = 8},
        [BASIC_ULONG] = {.kind = TYPE_INT, .name = "unsigned long", .size = 8, .is_unsigned = true},
        [BASIC_LLONG] = {.kind = TYPE_INT, .name = "long long", .size = 8},
        [BASIC_ULLONG] = {.kind = TYPE_INT, .name = "unsigned long long", .size = 8, .is_unsigned = true},
        [BASIC_INT128] = {.kind = TYPE_INT, .name = "__int128", .size = 16},
        [BASIC_UINT128] = {.kind = TYPE_INT, .name = "__int128 unsigned", .size = 16, .is_unsigned = true},
        [BASIC_FLOAT] = {.kind = TYPE_FLOAT, .name = "float", .size = 4},
        [BASIC_DOUBLE] = {.kind = TYPE_FLOAT, .name = "double", .size = 8},
        [BASIC_LDOUBLE] = {.kind = TYPE_FLOAT, .name = "long double", .size = 16},
        [BASIC_INT8] = {.kind = TYPE_INT, .name = "int8_t", .size = 1},
        [BASIC_UINT8] = {.kind = TYPE_INT, .name = "uint8_t", .size = 1, .is_unsigned = true},
        [BASIC_INT16] = {.kind = TYPE_INT, .name = "int16_t", .size = 2},
        [BASIC_INT32] = {.kind = TYPE_INT, .name = "int32_t", .size = 4},
        [BASIC_INT64] = {.kind = TYPE_INT, .name = "int64_t", .size = 8},
        [BASIC_FLAGS] = {.kind = TYPE_FLAGS, .name = "i386_eflags", .size = 4, .is_unsigned = true},
        [BASIC_NO_DEBUG_DATA] = {.kind = TYPE_NO_DEBUG, .name = "<data variable, no debug info>"},
        [BASIC_NO_DEBUG_TEXT] = {.kind = TYPE_NO_DEBUG,
                                 .name = "<text variable, no debug info>",
                                 .size = 1,
                                 .count = 1},
        [BASIC_CODE] = {.kind = TYPE_FUNCTION, .target = &basics[BASIC_VOID], .size = 1, .fields_read = true},
    };
    return &basics[which];
}

struct type *type_pointer(struct catalogue *c, struct type *target) {
    const struct type *first = type_basic(BASIC_VOID);
    bool basic =
        target >= first && target < first + BASIC_COUNT; /* they outlive the catalogue, their pointers do not */
    struct type **known = basic ? &c->basic_pointers[target - first] : &target->pointer;
    if (!*known) {
        *known = catalogue_alloc(c, sizeof **known);
        **known = (struct type){.kind = TYPE_POINTER, .size = 8, .is_unsigned = true, .target = target};
    }
    return *known;
}

struct type *type_array(struct catalogue *c, struct type *element, int64_t count) {
    struct type *type = catalogue_alloc(c, sizeof *type);
    *type = (struct type){.kind = TYPE_ARRAY, .target = element, .count = count};
    if (count > 0 && __builtin_mul_overflow(type_size(c, element), (uint64_t)count, &type->size))
        type->size = UINT64_MAX;
    return type;
}

struct type *type_qualified(struct catalogue *c, struct type *target, const char *qualifier) {
    struct type *type = catalogue_alloc(c, sizeof *type);
    *type = (struct type){.kind = TYPE_QUALIFIED, .target = target, .qualifier = qualifier, .size = target->size};
    return type;
}

struct type *type_function(struct catalogue *c, struct type *result) {
    struct type *type = catalogue_alloc(c, sizeof *type);
    *type = (struct type){.kind = TYPE_FUNCTION, .target = result, .size = 1, .fields_read = true};
    return type;
}

struct type *type_unqualified(struct type *type) {
    for (int i = 0; i < STRIP_MAX && type->kind == TYPE_QUALIFIED; i++)
        type = type->target;
    return type;
}

static struct type *definition(struct catalogue *c, struct type *type) {
    if (!type->incomplete || !type->name)
        return type;
    struct type *found = type_tagged(c,
                                     type->kind == TYPE_STRUCT  ? NAME_STRUCT
                                     : type->kind == TYPE_UNION ? NAME_UNION
                                                                : NAME_ENUM,
                                     type->name);
    return found ? found : type;
}

struct type *type_strip(struct catalogue *c, struct type *type) {
    for (int i = 0; i < STRIP_MAX && (type->kind == TYPE_QUALIFIED || type->kind == TYPE_TYPEDEF); i++)
        type = type->target;
    return type->incomplete ? definition(c, type) : type;
}

bool type_is_integer(const struct type *stripped) {
    switch (stripped->kind) {
    case TYPE_INT:
    case TYPE_CHAR:
    case TYPE_BOOL:
    case TYPE_ENUM:
    case TYPE_FLAGS:
        return true;
    default:
        return false;
    }
}

bool type_is_scalar(const struct type *stripped) {
    return type_is_integer(stripped) || stripped->kind == TYPE_FLOAT || stripped->kind == TYPE_POINTER;
}

bool type_is_character(struct catalogue *c, struct type *type) {
    type = type_strip(c, type);
    return type->kind == TYPE_CHAR && type->size == 1;
}

bool type_same(struct catalogue *c, struct type *a, struct type *b) {
    a = type_strip(c, a);
    b = type_strip(c, b);
    if (a == b)
        return true;
    if (a->kind != b->kind || a->size != b->size)
        return false;
    if (a->kind == TYPE_ARRAY)
        return type_same(c, a->target, b->target);
    return a->name && b->name && !strcmp(a->name, b->name);
}

uint64_t type_size(struct catalogue *c, struct type *type) {
    return type_strip(c, type)->size;
}
