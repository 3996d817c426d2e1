/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Trees to values.
 */
#include "expr_parse.h"

#include <inttypes.h>
#include <string.h>

struct evaluator {
    struct data *d;
    bool typed; /* only the type is wanted: nothing is changed, no pointer is followed */
};

static struct value *any(struct evaluator *e, const struct node *n);

/* Symbols without debug information have an address and no type. */
static struct value *value_of(struct evaluator *e, const struct node *n) {
    struct value *value = any(e, n);
    if (value && value->type == type_basic(BASIC_NO_DEBUG_DATA))
        return data_fail(e->d, "'%s' has unknown type; cast it to its declared type", n->text ? n->text : "it");
    return value;
}

/* ---- Pointers. Of a type only, they are not followed. */

static struct value *follow(struct evaluator *e, struct value *value) {
    struct type *type = type_strip(&e->d->c, value->type);
    if (e->typed && type->kind == TYPE_POINTER && type_strip(&e->d->c, type->target)->kind != TYPE_VOID)
        return value_at(e->d, type->target, 0);
    return value_dereference(e->d, value);
}

static bool is_compound(struct data *d, struct value *value) {
    enum type_kind kind = type_strip(&d->c, value->type)->kind;
    return kind == TYPE_STRUCT || kind == TYPE_UNION;
}

static struct value *member(struct evaluator *e, const struct node *n) {
    struct value *value = value_of(e, n->left);
    if (!value)
        return NULL;
    if (type_strip(&e->d->c, value->type)->kind == TYPE_POINTER) {
        struct type *target = type_strip(&e->d->c, type_strip(&e->d->c, value->type)->target);
        if ((target->kind == TYPE_STRUCT || target->kind == TYPE_UNION) && !(value = follow(e, value)))
            return NULL;
    }
    if (!is_compound(e->d, value))
        return data_fail(e->d, "Attempt to extract a component of a value that is not a structure%s.",
                         n->op == T_ARROW ? " pointer" : "");
    return value_member(e->d, value, n->text);
}

static struct value *element(struct evaluator *e, const struct node *n) {
    struct value *array = value_of(e, n->left), *index = array ? value_of(e, n->right) : NULL;
    uint64_t i = 0;
    if (!index || (!e->typed && !value_number(e->d, index, &i)))
        return NULL;
    struct type *type = type_strip(&e->d->c, array->type);
    if (type->kind == TYPE_ARRAY)
        return value_element(e->d, array, (int64_t)i);
    if (type->kind != TYPE_POINTER) {
        char name[100] = "";
        FILE *out = fmemopen(name, sizeof name, "w");
        if (out) {
            type_print(&e->d->c, array->type, out);
            fclose(out);
        }
        return data_fail(e->d, "cannot subscript something of type `%s'", name);
    }
    struct value *pointer = op_binary(e->d, T_PLUS, array, index);
    return pointer ? follow(e, pointer) : NULL;
}

/* a@n: n of a's kind from where it lies */
static struct value *repeated(struct evaluator *e, const struct node *n) {
    struct value *first = value_of(e, n->left), *count = first ? value_of(e, n->right) : NULL;
    uint64_t times;
    if (!count || !value_number(e->d, count, &times))
        return NULL;
    if ((int64_t)times <= 0)
        return data_fail(e->d, "Invalid number %" PRId64 " of repetitions.", (int64_t)times);
    if (first->where != VALUE_MEMORY || first->bit_size)
        return data_fail(e->d, "Only values in memory can be extended with '@'.");
    return value_at(e->d, type_array(&e->d->c, first->type, (int64_t)times), first->address);
}

/* ---- Operators */

static struct value *address(struct evaluator *e, const struct node *n, struct value *value) {
    if (n->kind != NODE_NAME || value->where == VALUE_MEMORY)
        return value_address(e->d, value);
    if (value->where == VALUE_REGISTER)
        return data_fail(e->d, "Address requested for identifier \"%s\" which is in a register.", n->text);
    return data_fail(e->d, "Can't take address of \"%s\" which isn't an lvalue.", n->text);
}

static struct value *unary(struct evaluator *e, const struct node *n) {
    struct value *value = n->op == T_AND ? any(e, n->left) : value_of(e, n->left);
    if (!value)
        return NULL;
    switch (n->op) {
    case T_AND:
        return address(e, n->left, value);
    case T_STAR:
        return follow(e, value);
    default:
        return op_unary(e->d, n->op, value);
    }
}

static struct value *logic(struct evaluator *e, const struct node *n) {
    bool zero;
    struct value *left = value_of(e, n->left);
    if (!left || !value_is_zero(e->d, left, &zero))
        return NULL;
    if (zero != (n->op == T_AND_AND)) {
        struct value *right = value_of(e, n->right);
        if (!right || !value_is_zero(e->d, right, &zero))
            return NULL;
    }
    return value_of_int(e->d, type_basic(BASIC_INT), !zero);
}

static struct value *conditional(struct evaluator *e, const struct node *n) {
    bool zero;
    struct value *condition = value_of(e, n->left);
    if (!condition || !value_is_zero(e->d, condition, &zero))
        return NULL;
    return value_of(e, zero ? n->third : n->right);
}

static struct value *binary(struct evaluator *e, const struct node *n) {
    struct value *left = value_of(e, n->left), *right = left ? value_of(e, n->right) : NULL;
    return right ? op_binary(e->d, n->op, left, right) : NULL;
}

static struct value *cast(struct evaluator *e, const struct node *n) {
    struct value *value = any(e, n->left);
    return value ? value_cast(e->d, n->right->type, value) : NULL;
}

static struct value *at_type(struct evaluator *e, const struct node *n) {
    struct value *address = value_of(e, n->left);
    uint64_t va;
    if (!address || !value_number(e->d, address, &va))
        return NULL;
    return value_at(e->d, n->right->type, va);
}

static struct value *size_of(struct evaluator *e, const struct node *n) {
    struct evaluator typed = {.d = e->d, .typed = true};
    struct type *type = n->left->type;
    if (n->left->kind != NODE_TYPE) {
        struct value *value = value_of(&typed, n->left);
        if (!value)
            return NULL;
        type = value->type;
    }
    return value_of_int(e->d, type_basic(BASIC_ULONG), type_size(&e->d->c, type));
}

/* ---- Assignment */

static struct value *store(struct evaluator *e, const struct node *target, struct value *to, struct value *from) {
    struct variable *variable = target->kind == NODE_DOLLAR ? variable_to_set(e->d, target->text) : NULL;
    if (e->typed)
        return to;
    if (!variable)
        return value_assign(e->d, to, from);
    from = value_decay(e->d, from);
    if (!value_fetch(e->d, from))
        return NULL;
    variable_put(e->d, variable, from);
    return variable_get(e->d, target->text, false);
}

static struct value *assign(struct evaluator *e, const struct node *n) {
    struct value *to = any(e, n->left), *from = to ? value_of(e, n->right) : NULL;
    if (from && n->op != T_END) {
        if (!(to = value_of(e, n->left)))
            return NULL;
        from = op_binary(e->d, n->op, to, from);
    }
    if (from && to->type == type_basic(BASIC_NO_DEBUG_DATA))
        return data_fail(e->d, "'%s' has unknown type; cast it to its declared type", n->left->text);
    return from ? store(e, n->left, to, from) : NULL;
}

/* ++ and -- */
static struct value *step(struct evaluator *e, const struct node *n) {
    struct value *old = value_of(e, n->left);
    if (!old)
        return NULL;
    struct value *one = value_of_int(e->d, type_basic(BASIC_INT), 1);
    struct value *before = value_copy(e->d, old);
    if (!value_fetch(e->d, before))
        return NULL;
    struct value *sum = op_binary(e->d, n->op == T_INC ? T_PLUS : T_MINUS, before, one);
    struct value *now = sum ? store(e, n->left, old, sum) : NULL;
    if (!now || !n->number)
        return now;
    before->where = VALUE_NOWHERE;
    return before;
}

/* ---- */

static struct value *any(struct evaluator *e, const struct node *n) {
    switch (n->kind) {
    case NODE_LITERAL:
        return n->value;
    case NODE_NAME:
        return scope_value(e->d, &n->found, n->text);
    case NODE_DOLLAR:
        return variable_get(e->d, n->text, e->typed);
    case NODE_TYPE:
        return data_fail(e->d, "Attempt to use a type name as an expression");
    case NODE_SIZEOF:
        return size_of(e, n);
    case NODE_CAST:
        return cast(e, n);
    case NODE_AT_TYPE:
        return at_type(e, n);
    case NODE_UNARY:
        return unary(e, n);
    case NODE_BINARY:
        return binary(e, n);
    case NODE_LOGIC:
        return logic(e, n);
    case NODE_CONDITION:
        return conditional(e, n);
    case NODE_COMMA:
        return value_of(e, n->left) ? value_of(e, n->right) : NULL;
    case NODE_ASSIGN:
        return assign(e, n);
    case NODE_STEP:
        return step(e, n);
    case NODE_MEMBER:
        return member(e, n);
    case NODE_INDEX:
        return element(e, n);
    case NODE_REPEAT:
        return repeated(e, n);
    case NODE_CALL:
        break;
    }
    return data_fail(e->d, "facet does not call functions of the program.");
}

struct value *tree_evaluate(struct data *d, const struct tree *tree, bool typed) {
    struct evaluator e = {.d = d, .typed = typed};
    return value_of(&e, tree->root);
}

struct value *tree_evaluate_any(struct data *d, const struct tree *tree, bool typed) {
    struct evaluator e = {.d = d, .typed = typed};
    return any(&e, tree->root);
}
