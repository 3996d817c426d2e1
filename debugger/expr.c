/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "expr.h"

#include "expr_parse.h"
#include "text.h"

#include <dwarf.h>
#include <string.h>

/* ---- Evaluating a text */

static struct value *evaluate(struct data *d, const char *text, struct tree *tree, bool any) {
    if (!text[strspn(text, " \t")])
        return data_fail(d, "Argument required (expression to compute).");
    if (!tree_parse(d, text, tree))
        return NULL;
    return any ? tree_evaluate_any(d, tree, false) : tree_evaluate(d, tree, false);
}

enum facet_status expr_eval(struct cli *cli, const char *text, struct value **value, struct facet_error *error) {
    struct data *d = data_of(cli);
    struct evaluation evaluation = data_begin(d, error);
    struct tree tree = {0};
    *value = evaluate(d, text, &tree, false);
    if (*value && !value_fetch(d, *value))
        *value = NULL;
    if (*value) /* a literal or an intermediate may be shared with nobody outside */
        *value = value_copy(d, *value);
    tree_free(&tree);
    data_end(d, evaluation, *value);
    return *value ? FACET_OK : FACET_ERR_USAGE;
}

enum facet_status expr_object(struct cli *cli, const char *text, struct expr_object *object,
                              struct facet_error *error) {
    struct data *d = data_of(cli);
    struct evaluation evaluation = data_begin(d, error);
    struct tree tree = {0};
    struct value *value = evaluate(d, text, &tree, true);
    enum facet_status status = value ? FACET_OK : FACET_ERR_USAGE;
    *object = (struct expr_object){0};
    if (value)
        *object = (struct expr_object){
            .va = value->where == VALUE_MEMORY ? value->address : 0,
            .size = value->bit_size ? (value->bit_offset + value->bit_size + 7) / 8 : type_size(&d->c, value->type),
            .type = value->bit_size ? NULL : value->type,
            .local = tree.local,
            .scope_lo = tree.scope_lo,
            .scope_hi = tree.scope_hi,
            .frame_cfa = data_frame(d) ? d->frame.cfa : 0,
        };
    if (value && value->optimized_out)
        status = facet_fail(error, FACET_ERR_USAGE, "\"%s\" has been optimized out here: it lies nowhere.", text);
    else if (value && value->where != VALUE_MEMORY)
        status = facet_fail(error, FACET_ERR_USAGE, "\"%s\" does not lie in memory.", text);
    tree_free(&tree);
    data_end(d, evaluation, NULL);
    return status;
}

size_t expr_reads(struct cli *cli, const char *text, struct expr_piece **pieces) {
    struct data *d = data_of(cli);
    struct evaluation evaluation = data_begin(d, NULL);
    struct tree tree = {0};
    size_t count = 0;
    *pieces = NULL;
    struct value *result = evaluate(d, text, &tree, true);
    for (const struct value *v = result ? d->values : NULL; v; v = v->next) {
        if (v->where != VALUE_MEMORY || v->lazy || v == result || !v->size)
            continue;
        *pieces = text_grow(*pieces, count + 1, sizeof **pieces);
        (*pieces)[count++] = (struct expr_piece){v->address, v->size};
    }
    tree_free(&tree);
    data_end(d, evaluation, NULL);
    return count;
}

/* Of what may have no type, a number all the same. */
static bool number_of(struct data *d, struct value *value, bool address, uint64_t *number) {
    enum type_kind kind = type_strip(&d->c, value->type)->kind;
    bool place = kind == TYPE_NO_DEBUG || (address && (kind == TYPE_STRUCT || kind == TYPE_UNION));
    if (!place || value->where != VALUE_MEMORY)
        return value_number(d, value, number);
    *number = value->address;
    return true;
}

static enum facet_status number(struct cli *cli, const char *text, bool address, uint64_t *result,
                                struct facet_error *error) {
    struct data *d = data_of(cli);
    struct evaluation evaluation = data_begin(d, error);
    struct tree tree = {0};
    struct value *value = evaluate(d, text, &tree, address);
    bool good = value && number_of(d, value, address, result);
    tree_free(&tree);
    data_end(d, evaluation, NULL);
    return good ? FACET_OK : FACET_ERR_USAGE;
}

enum facet_status expr_number(struct cli *cli, const char *text, uint64_t *result, struct facet_error *error) {
    return number(cli, text, false, result, error);
}

enum facet_status expr_address(struct cli *cli, const char *text, uint64_t *va, struct facet_error *error) {
    return number(cli, text, true, va, error);
}

enum facet_status expr_true(struct cli *cli, const char *text, bool *result, struct facet_error *error) {
    struct data *d = data_of(cli);
    struct evaluation evaluation = data_begin(d, error);
    struct tree tree = {0};
    bool zero = true;
    struct value *value = evaluate(d, text, &tree, false);
    bool good = value && value_is_zero(d, value, &zero);
    *result = good && !zero;
    tree_free(&tree);
    data_end(d, evaluation, NULL);
    return good ? FACET_OK : FACET_ERR_USAGE;
}

/* ---- Text for others */

void expr_print_bytes(struct cli *cli, struct type *type, const void *bytes, uint64_t size, FILE *out) {
    struct data *d = data_of(cli);
    struct evaluation evaluation = data_begin(d, NULL);
    uint64_t number = 0;
    if (type && type_size(&d->c, type) == size)
        value_print(d, value_of_bytes(d, type, bytes, size), NULL, out);
    else if (size <= sizeof number) {
        memcpy(&number, bytes, size);
        fprintf(out, "0x%0*lx (%lu)", (int)(2 * size), number, number);
    } else
        for (uint64_t i = 0; i < size; i++)
            fprintf(out, i ? " %02x" : "%02x", ((const uint8_t *)bytes)[i]);
    data_end(d, evaluation, NULL);
}

struct arguments {
    struct data *d;
    FILE *out;
    unsigned count;
};

/* gdb leaves structs and arrays out of a backtrace. */
static bool is_large(struct data *d, struct value *value) {
    enum type_kind kind = type_strip(&d->c, value->type)->kind;
    return kind == TYPE_STRUCT || kind == TYPE_UNION || kind == TYPE_ARRAY;
}

/* What the argument was at the start, if its caller tells; at most 8 bytes of it. */
static struct value *value_at_entry(struct data *d, Dwarf_Die *die, Dwarf_Die *function, struct type *type) {
    uint64_t number, size = type_size(&d->c, type);
    bool known = size <= sizeof number && location_at_entry(d, die, function, &number);
    return known ? value_of_bytes(d, type, &number, size) : NULL;
}

static bool same(const struct value *a, const struct value *b) {
    return !a->optimized_out && !a->missing && a->size == b->size && !memcmp(a->bytes, b->bytes, a->size);
}

/* As gdb: "n=5", "n=n@entry=5" if it has not changed since the function was entered, "n=6, n@entry=5" if it has. */
static void print_argument(void *context, Dwarf_Die *die, Dwarf_Die *function) {
    struct arguments *a = context;
    struct data *d = a->d;
    const struct value_format natural = {0};
    const char *name = dwarf_diename(die);
    struct type *type = type_of_attribute(&d->c, die);
    struct value *value = location_value(d, die, function, type);
    struct value *entry = value_at_entry(d, die, function, type);
    fprintf(a->out, a->count++ ? ", %s=" : "%s=", name);
    if (value && is_large(d, value)) {
        fputs("...", a->out);
        return;
    }
    if (!value || !value_fetch(d, value)) {
        fprintf(a->out, "<error reading variable: %s>", d->error->text);
        return;
    }
    bool unchanged = entry && same(value, entry);
    if (unchanged)
        fprintf(a->out, "%s@entry=", name);
    value_print_inner(d, value, &natural, 0, a->out);
    if (!entry || unchanged)
        return;
    fprintf(a->out, ", %s@entry=", name);
    value_print_inner(d, entry, &natural, 0, a->out);
}

void expr_print_arguments(struct cli *cli, const struct frame *frame, FILE *out) {
    struct data *d = data_of(cli);
    struct facet_error error = {{0}};
    struct evaluation evaluation = data_begin(d, &error);
    struct frame selected = d->frame;
    bool known = d->frame_known, had_frame = d->has_frame;
    struct arguments a = {.d = d, .out = out};
    d->frame = *frame;
    d->has_frame = d->frame_known = true;
    scope_variables(d, true, print_argument, &a);
    d->frame = selected;
    d->has_frame = had_frame;
    d->frame_known = known;
    data_end(d, evaluation, NULL);
}

/* ---- Completion */

struct completion {
    const char *prefix;
    void (*visit)(void *context, const char *name);
    void *context;
};

static void offer(const struct completion *c, const char *name) {
    if (name && !strncmp(name, c->prefix, strlen(c->prefix)))
        c->visit(c->context, name);
}

static void offer_variable(void *context, Dwarf_Die *die, Dwarf_Die *function) {
    (void)function;
    offer(context, dwarf_diename(die));
}

static void offer_name(void *context, const struct name *name) {
    offer(context, name->text);
}

void expr_complete(struct cli *cli, const char *prefix, void (*visit)(void *context, const char *name), void *context) {
    struct data *d = data_of(cli);
    struct evaluation evaluation = data_begin(d, NULL);
    struct completion c = {prefix, visit, context};
    size_t count;
    const struct symbol *symbols = symbols_all(d->c.symbols, &count);
    scope_variables(d, false, offer_variable, &c);
    scope_variables(d, true, offer_variable, &c);
    catalogue_each(&d->c, offer_name, &c);
    for (size_t i = 0; i < count; i++)
        offer(&c, symbols[i].name);
    data_end(d, evaluation, NULL);
}

void expr_complete_member(struct cli *cli, const char *text, const char *prefix,
                          void (*visit)(void *context, const char *name), void *context) {
    struct data *d = data_of(cli);
    struct evaluation evaluation = data_begin(d, NULL);
    struct completion c = {prefix, visit, context};
    struct tree tree = {0};
    struct value *value = evaluate(d, text, &tree, false);
    struct type *type = value ? type_strip(&d->c, value->type) : NULL;
    if (type && (type->kind == TYPE_POINTER || type->kind == TYPE_ARRAY))
        type = type_strip(&d->c, type->target);
    if (type && (type->kind == TYPE_STRUCT || type->kind == TYPE_UNION)) {
        type_read_fields(&d->c, type);
        for (size_t i = 0; i < type->field_count; i++)
            offer(&c, type->fields[i].name);
    }
    tree_free(&tree);
    data_end(d, evaluation, NULL);
}
