/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * C's arithmetic on values: promotions, signs, scaled pointers.
 */
#include "expr_parse.h"

#include <inttypes.h>
#include <math.h>

/* ---- Types of results */

/* As C's usual arithmetic conversions. */
static struct type *common_type(const struct type *a, const struct type *b) {
    if (a->kind == TYPE_FLOAT || b->kind == TYPE_FLOAT) {
        uint64_t size = 0;
        if (a->kind == TYPE_FLOAT)
            size = a->size;
        if (b->kind == TYPE_FLOAT && b->size > size)
            size = b->size;
        return type_basic(size <= 4 ? BASIC_FLOAT : size == 8 ? BASIC_DOUBLE : BASIC_LDOUBLE);
    }
    uint64_t size = a->size > b->size ? a->size : b->size;
    if (size < 4)
        return type_basic(BASIC_INT);
    bool is_unsigned = (a->size == size && a->is_unsigned) || (b->size == size && b->is_unsigned);
    if (size == 4)
        return type_basic(is_unsigned ? BASIC_UINT : BASIC_INT);
    return type_basic(is_unsigned ? BASIC_ULONG : BASIC_LONG);
}

static bool is_compound(const struct type *type) {
    return type->kind == TYPE_STRUCT || type->kind == TYPE_UNION;
}

static void *not_a_number(struct data *d) {
    return data_fail(d, "Argument to arithmetic operation not a number or boolean.");
}

/* ---- Numbers */

static struct value *truth(struct data *d, bool value) {
    return value_of_int(d, type_basic(BASIC_INT), value);
}

static bool is_comparison(enum token op) {
    return op == T_EQUAL || op == T_UNEQUAL || op == T_LESS || op == T_MORE || op == T_LESS_EQUAL || op == T_MORE_EQUAL;
}

/* order: negative, 0, positive, as of subtraction */
static struct value *compare(struct data *d, enum token op, int order) {
    switch (op) {
    case T_EQUAL:
        return truth(d, order == 0);
    case T_UNEQUAL:
        return truth(d, order != 0);
    case T_LESS:
        return truth(d, order < 0);
    case T_MORE:
        return truth(d, order > 0);
    case T_LESS_EQUAL:
        return truth(d, order <= 0);
    default:
        return truth(d, order >= 0);
    }
}

static struct value *floats(struct data *d, enum token op, struct type *type, struct value *left, struct value *right) {
    long double a, b;
    if (!value_float(d, left, &a) || !value_float(d, right, &b))
        return NULL;
    if (is_comparison(op) && (isnan(a) || isnan(b)))
        return truth(d, op == T_UNEQUAL);
    if (is_comparison(op))
        return compare(d, op, (a > b) - (a < b));
    switch (op) {
    case T_PLUS:
        return value_of_float(d, type, a + b);
    case T_MINUS:
        return value_of_float(d, type, a - b);
    case T_STAR:
        return value_of_float(d, type, a * b);
    case T_SLASH:
        return value_of_float(d, type, a / b);
    default:
        return data_fail(d, "Integer-only operation %s on a floating number.", token_text(op));
    }
}

static struct value *divide(struct data *d, enum token op, struct type *type, uint64_t a, uint64_t b) {
    if (b == 0)
        return data_fail(d, "Division by zero");
    if (type->is_unsigned)
        return value_of_int(d, type, op == T_SLASH ? a / b : a % b);
    if ((int64_t)b == -1) /* the one quotient that overflows */
        return value_of_int(d, type, op == T_SLASH ? -a : 0);
    int64_t x = (int64_t)a, y = (int64_t)b;
    return value_of_int(d, type, (uint64_t)(op == T_SLASH ? x / y : x % y));
}

/* gdb defines what C does not: everything is shifted out. */
static struct value *shift(struct data *d, enum token op, struct type *type, uint64_t a, uint64_t b) {
    uint64_t bits = 8 * type->size;
    if (b >= bits)
        return value_of_int(d, type, op == T_RIGHT && !type->is_unsigned && (int64_t)a < 0 ? ~0ul : 0);
    if (op == T_LEFT)
        return value_of_int(d, type, a << b);
    return value_of_int(d, type, type->is_unsigned ? a >> b : (uint64_t)((int64_t)a >> b));
}

static struct value *integers(struct data *d, enum token op, struct type *type, uint64_t a, uint64_t b) {
    if (is_comparison(op))
        return compare(d, op,
                       type->is_unsigned ? (a > b) - (a < b) : ((int64_t)a > (int64_t)b) - ((int64_t)a < (int64_t)b));
    switch (op) {
    case T_PLUS:
        return value_of_int(d, type, a + b);
    case T_MINUS:
        return value_of_int(d, type, a - b);
    case T_STAR:
        return value_of_int(d, type, a * b);
    case T_SLASH:
    case T_PERCENT:
        return divide(d, op, type, a, b);
    case T_LEFT:
    case T_RIGHT:
        return shift(d, op, type, a, b);
    case T_AND:
        return value_of_int(d, type, a & b);
    case T_XOR:
        return value_of_int(d, type, a ^ b);
    case T_OR:
        return value_of_int(d, type, a | b);
    default:
        return not_a_number(d);
    }
}

/* ---- Pointers */

static uint64_t step_of(struct data *d, const struct type *pointer) {
    uint64_t size = type_size(&d->c, pointer->target);
    return size ? size : 1;
}

static struct value *pointers(struct data *d, enum token op, struct value *left, struct value *right) {
    struct type *a = type_strip(&d->c, left->type), *b = type_strip(&d->c, right->type);
    uint64_t x, y;
    if (!value_number(d, left, &x) || !value_number(d, right, &y))
        return NULL;
    if (is_comparison(op))
        return compare(d, op, (x > y) - (x < y));
    if (op == T_MINUS && a->kind == TYPE_POINTER && b->kind == TYPE_POINTER) {
        if (step_of(d, a) != step_of(d, b))
            return data_fail(d, "First argument of `-' is a pointer and second argument is neither\n"
                                "an integer nor a pointer of the same type.");
        return value_of_int(d, type_basic(BASIC_LONG), (uint64_t)((int64_t)(x - y) / (int64_t)step_of(d, a)));
    }
    if (op == T_PLUS && a->kind == TYPE_POINTER && type_is_integer(b))
        return value_of_int(d, left->type, x + y * step_of(d, a));
    if (op == T_MINUS && a->kind == TYPE_POINTER && type_is_integer(b))
        return value_of_int(d, left->type, x - y * step_of(d, a));
    if (op == T_PLUS && type_is_integer(a))
        return value_of_int(d, right->type, y + x * step_of(d, b));
    if (type_is_scalar(a) && type_is_scalar(b)) /* as numbers */
        return integers(d, op, type_basic(BASIC_LONG), x, y);
    return not_a_number(d);
}

struct value *op_binary(struct data *d, enum token op, struct value *left, struct value *right) {
    uint64_t x, y;
    left = value_decay(d, left);
    right = value_decay(d, right);
    struct type *a = type_strip(&d->c, left->type), *b = type_strip(&d->c, right->type);
    if (is_compound(a) || is_compound(b))
        return data_fail(d, "Structure has no component named operator%s.", token_text(op));
    if (!type_is_scalar(a) || !type_is_scalar(b))
        return not_a_number(d);
    if (a->kind == TYPE_POINTER || b->kind == TYPE_POINTER)
        return pointers(d, op, left, right);
    struct type *type = common_type(a, b);
    if (type->kind == TYPE_FLOAT)
        return floats(d, op, type, left, right);
    if (!value_number(d, left, &x) || !value_number(d, right, &y))
        return NULL;
    /* an operand of the other sign takes part as the common type has it: -1 < 1u is false */
    if (type->is_unsigned && type->size == 4)
        x = (uint32_t)x, y = (uint32_t)y;
    return integers(d, op, type, x, y);
}

struct value *op_unary(struct data *d, enum token op, struct value *value) {
    uint64_t number;
    long double real;
    bool zero;
    value = value_decay(d, value);
    struct type *type = type_strip(&d->c, value->type);
    if (is_compound(type))
        return data_fail(d, "Structure has no component named operator%s.", token_text(op));
    if (op == T_NOT)
        return value_is_zero(d, value, &zero) ? truth(d, zero) : NULL;
    if (type->kind == TYPE_FLOAT && op != T_COMPLEMENT) {
        if (!value_float(d, value, &real))
            return NULL;
        return value_of_float(d, value->type, op == T_MINUS ? -real : real);
    }
    if (!type_is_integer(type))
        return not_a_number(d);
    if (!value_number(d, value, &number))
        return NULL;
    number = op == T_MINUS ? -number : op == T_COMPLEMENT ? ~number : number;
    return value_of_int(d, common_type(type, type), number);
}
