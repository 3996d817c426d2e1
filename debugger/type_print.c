/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Types as C writes them. A declaration is read inside out: what stands left of the name (the innermost target, stars),
 * then what stands right of it (bounds, parameters).
 */
#include "type.h"

#include <string.h>

#define DEPTH_MAX 50 /* of nested declarators: debug information may be damaged */

struct printing {
    struct catalogue *c;
    FILE *out;
    bool resolve; /* typedefs, too */
    unsigned depth;
};

static void declaration(struct printing *p, struct type *type, const char *name, int show, int indent);

/* Through pointers, arrays, functions, down to what has a name. */
static struct type *innermost(struct printing *p, struct type *type, struct type **qualified) {
    *qualified = NULL;
    for (unsigned i = 0; i < DEPTH_MAX; i++) {
        if (type->kind == TYPE_QUALIFIED) {
            if (!*qualified)
                *qualified = type;
            type = type->target;
        } else if (type->kind == TYPE_POINTER || type->kind == TYPE_ARRAY || type->kind == TYPE_FUNCTION) {
            *qualified = NULL;
            type = type->target;
        } else if (type->kind == TYPE_TYPEDEF && p->resolve) {
            type = type->target;
        } else
            break;
    }
    return type;
}

/* ---- Bodies */

static void enumerators(struct printing *p, struct type *type) {
    int64_t expected = 0;
    type_read_fields(p->c, type);
    fprintf(p->out, "{");
    for (size_t i = 0; i < type->field_count; i++) {
        fprintf(p->out, i ? ", %s" : "%s", type->fields[i].name);
        if (type->fields[i].value != expected)
            fprintf(p->out, " = %ld", type->fields[i].value);
        expected = type->fields[i].value + 1;
    }
    fprintf(p->out, "}");
}

static void members(struct printing *p, struct type *type, int show, int indent) {
    type_read_fields(p->c, type);
    fprintf(p->out, "{\n");
    if (type->incomplete || !type->field_count)
        fprintf(p->out, "%*s%s\n", indent + 4, "", type->incomplete ? "<incomplete type>" : "<no data fields>");
    bool resolve = p->resolve;
    p->resolve = false;
    for (size_t i = 0; i < type->field_count; i++) {
        const struct type_field *field = &type->fields[i];
        fprintf(p->out, "%*s", indent + 4, "");
        declaration(p, field->type, field->name ? field->name : "", show - 1, indent + 4);
        if (field->bit_size)
            fprintf(p->out, " : %u", field->bit_size);
        fprintf(p->out, ";\n");
    }
    p->resolve = resolve;
    fprintf(p->out, "%*s}", indent, "");
}

/* show: 1: with its members; 0: only if it has no name; less: "{...}". */
static void compound(struct printing *p, struct type *type, int show, int indent) {
    const char *word = type->kind == TYPE_STRUCT ? "struct" : type->kind == TYPE_UNION ? "union" : "enum";
    fprintf(p->out, type->name ? "%s %s" : "%s ", word, type->name);
    if (show <= 0 && type->name)
        return;
    if (type->name)
        fputc(' ', p->out);
    if (show < 0)
        fprintf(p->out, "{...}");
    else if (type->kind == TYPE_ENUM)
        enumerators(p, type);
    else
        members(p, type, show, indent);
}

static void base(struct printing *p, struct type *type, int show, int indent) {
    struct type *qualified;
    type = innermost(p, type, &qualified);
    static const char *const order[] = {"const", "volatile", "_Atomic", "restrict"};
    for (size_t i = 0; qualified && i < sizeof order / sizeof *order; i++)
        for (struct type *q = qualified; q->kind == TYPE_QUALIFIED; q = q->target)
            if (!strcmp(q->qualifier, order[i])) {
                fprintf(p->out, "%s ", order[i]);
                break;
            }
    if (type->kind == TYPE_STRUCT || type->kind == TYPE_UNION || type->kind == TYPE_ENUM)
        compound(p, show > 0 ? type_strip(p->c, type) : type, show, indent);
    else
        fputs(type->name ? type->name : "void", p->out);
}

/* ---- Declarators */

static bool needs_parentheses(struct type *target) {
    target = type_unqualified(target);
    return target->kind == TYPE_ARRAY || target->kind == TYPE_FUNCTION;
}

static bool ends_in_star(struct type *type) {
    return type->kind == TYPE_POINTER;
}

static struct type *look_through(struct printing *p, struct type *type) {
    for (unsigned i = 0; p->resolve && type->kind == TYPE_TYPEDEF && i < DEPTH_MAX; i++)
        type = type->target;
    return type;
}

static void left(struct printing *p, struct type *type, unsigned depth) {
    type = look_through(p, type);
    if (depth > DEPTH_MAX)
        return;
    switch (type->kind) {
    case TYPE_POINTER:
        left(p, type->target, depth + 1);
        fprintf(p->out, needs_parentheses(look_through(p, type->target)) ? "(*" : "*");
        break;
    case TYPE_QUALIFIED: {
        struct type *target = look_through(p, type_unqualified(type));
        left(p, type->target, depth + 1);
        if (ends_in_star(target))
            fprintf(p->out, " %s", type->qualifier);
        break;
    }
    case TYPE_ARRAY:
    case TYPE_FUNCTION:
        left(p, type->target, depth + 1);
        break;
    default:
        break;
    }
}

static void parameters(struct printing *p, struct type *type) {
    type_read_fields(p->c, type);
    fputc('(', p->out);
    if (++p->depth < DEPTH_MAX / 10)
        for (size_t i = 0; i < type->field_count; i++) {
            if (i)
                fprintf(p->out, ", ");
            declaration(p, type->fields[i].type, "", -1, 0);
        }
    p->depth--;
    if (type->variadic)
        fprintf(p->out, type->field_count ? ", ..." : "...");
    else if (!type->field_count && type->prototyped)
        fprintf(p->out, "void");
    fputc(')', p->out);
}

static void right(struct printing *p, struct type *type, unsigned depth) {
    type = type_unqualified(look_through(p, type));
    type = type_unqualified(look_through(p, type));
    if (depth > DEPTH_MAX)
        return;
    switch (type->kind) {
    case TYPE_POINTER:
        if (needs_parentheses(look_through(p, type->target)))
            fputc(')', p->out);
        right(p, type->target, depth + 1);
        break;
    case TYPE_ARRAY:
        fprintf(p->out, type->vector ? "__attribute__ ((vector_size(" : "[");
        if (type->count >= 0)
            fprintf(p->out, "%ld", type->count);
        fprintf(p->out, type->vector ? ")))" : "]");
        right(p, type->target, depth + 1);
        break;
    case TYPE_FUNCTION:
        parameters(p, type);
        right(p, type->target, depth + 1);
        break;
    default:
        break;
    }
}

/* Is there anything between the base and its name's place that needs a space in front? */
static bool has_declarator(struct printing *p, struct type *type, const char *name) {
    type = look_through(p, type);
    struct type *plain = look_through(p, type_unqualified(type));
    return *name || plain->kind == TYPE_POINTER || plain->kind == TYPE_ARRAY || plain->kind == TYPE_FUNCTION;
}

static void declaration(struct printing *p, struct type *type, const char *name, int show, int indent) {
    base(p, type, show, indent);
    if (has_declarator(p, type, name))
        fputc(' ', p->out);
    left(p, type, 0);
    struct type *plain = look_through(p, type_unqualified(look_through(p, type)));
    if (*name && type->kind == TYPE_QUALIFIED && plain->kind == TYPE_POINTER)
        fputc(' ', p->out);
    fputs(name, p->out);
    right(p, type, 0);
}

void type_print(struct catalogue *c, struct type *type, FILE *out) {
    struct printing p = {.c = c, .out = out};
    declaration(&p, type, "", -1, 0);
}

void type_print_declaration(struct catalogue *c, struct type *type, const char *name, FILE *out) {
    struct printing p = {.c = c, .out = out};
    declaration(&p, type, name, -1, 0);
}

void type_print_whole(struct catalogue *c, struct type *type, FILE *out) {
    struct printing p = {.c = c, .out = out, .resolve = true};
    declaration(&p, type, "", 1, 0);
}
