/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Values as text, as gdb 13 shows them.
 */
#include "value.h"

#include <inttypes.h>
#include <string.h>

#define DEPTH_MAX 20 /* gdb's `print max-depth` */

void value_print_address(struct data *d, uint64_t va, FILE *out) {
    char name[SYMBOL_TEXT] = "";
    if (program_has_address(session_program(d->cli->session), va))
        symbols_gdb_name(d->c.symbols, va, name);
    fprintf(out, *name ? "0x%" PRIx64 " <%s>" : "0x%" PRIx64, va, name);
}

/* ---- Scalars in the manner of their type */

/* "L" for wchar_t, …; NULL: it is no wide character. */
static const char *wide_prefix(struct type *type) {
    static const char *const wide[][2] = {{"wchar_t", "L"}, {"char16_t", "u"}, {"char32_t", "U"}};
    for (int i = 0; i < 20 && (type->kind == TYPE_QUALIFIED || type->kind == TYPE_TYPEDEF); i++) {
        for (size_t w = 0; type->kind == TYPE_TYPEDEF && type->name && w < sizeof wide / sizeof *wide; w++)
            if (!strcmp(type->name, wide[w][0]))
                return wide[w][1];
        type = type->target;
    }
    return NULL;
}

static void print_flag_names(struct type *type, uint64_t number, FILE *out) {
    const char *before = "(";
    for (size_t i = 0; i < type->field_count; i++) {
        uint64_t flag = (uint64_t)type->fields[i].value;
        if (!(number & flag))
            continue;
        fprintf(out, "%s%s", before, type->fields[i].name);
        number &= ~flag;
        before = " | ";
    }
    if (number)
        fprintf(out, "%sunknown: 0x%" PRIx64 ")", before, number);
    else
        fputs(before[0] == '(' ? "0" : ")", out);
}

static void print_enum(struct data *d, struct type *type, uint64_t number, FILE *out) {
    type_read_fields(&d->c, type);
    for (size_t i = 0; i < type->field_count; i++)
        if ((uint64_t)type->fields[i].value == number) {
            fputs(type->fields[i].name, out);
            return;
        }
    if (type->flags)
        print_flag_names(type, number, out);
    else
        fprintf(out, "%" PRId64, (int64_t)number);
}

static void print_eflags(uint64_t value, FILE *out) {
    static const struct {
        unsigned bit;
        const char *name;
    } flags[] = {{0, "CF"},  {2, "PF"},  {4, "AF"},  {6, "ZF"},  {7, "SF"},  {8, "TF"},   {9, "IF"},   {10, "DF"},
                 {11, "OF"}, {14, "NT"}, {16, "RF"}, {17, "VM"}, {18, "AC"}, {19, "VIF"}, {20, "VIP"}, {21, "ID"}};
    fputs("[ ", out);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (value >> flags[i].bit & 1)
            fprintf(out, "%s ", flags[i].name);
    fputs("]", out);
}

static void print_pointer(struct data *d, struct type *type, uint64_t va, FILE *out) {
    value_print_address(d, va, out);
    if (va && type_is_character(&d->c, type->target)) {
        fputc(' ', out);
        value_print_string_at(d, va, out);
    }
}

static void print_integer(struct data *d, struct type *declared, struct type *type, struct value *value, FILE *out) {
    const char *wide = wide_prefix(declared);
    uint64_t number;
    if (type->size > 8) {
        value_print_scalar(d, type, value->bytes, value->size,
                           &(struct value_format){.letter = type->is_unsigned ? 'u' : 'd'}, out);
        return;
    }
    if (!value_number(d, value, &number))
        return;
    if (type->kind == TYPE_ENUM)
        print_enum(d, type, number, out);
    else if (type->kind == TYPE_FLAGS)
        print_eflags(number, out);
    else if (type->kind == TYPE_BOOL && number <= 1)
        fputs(number ? "true" : "false", out);
    else
        fprintf(out, type->is_unsigned ? "%" PRIu64 : "%" PRId64, number);
    if (type->kind == TYPE_CHAR || wide) {
        fputc(' ', out);
        value_print_character((int64_t)number, (unsigned)type->size, wide ? wide : "", out);
    }
}

/* A bit-field as the number that it is. */
static struct value *plain(struct data *d, struct value *value) {
    uint64_t number;
    return value->bit_size && value_number(d, value, &number) ? value_of_int(d, value->type, number) : value;
}

static bool missing(const struct value *value) {
    bool any = value->optimized_out;
    for (uint64_t i = 0; value->missing && i < value->size; i++)
        any |= value->missing[i] != 0;
    return any;
}

static void print_scalar(struct data *d, struct type *type, struct value *value, const struct value_format *format,
                         FILE *out) {
    uint64_t number;
    if (missing(value)) {
        fputs("<optimized out>", out);
        return;
    }
    value = plain(d, value);
    if (format->letter && format->letter != 's') {
        value_print_scalar(d, type, value->bytes, value->size, format, out);
        return;
    }
    if (type->kind == TYPE_FLOAT)
        value_print_float(type, value->bytes, out);
    else if (type->kind == TYPE_POINTER && value_number(d, value, &number))
        print_pointer(d, type, number, out);
    else
        print_integer(d, value->type, type, value, out);
}

/* ---- Arrays and structs */

static bool same_bytes(struct value *a, struct value *b) {
    if (a->optimized_out || b->optimized_out || a->size != b->size || missing(a) || missing(b))
        return missing(a) && missing(b);
    return !memcmp(a->bytes, b->bytes, a->size);
}

static struct value *element(struct data *d, struct value *array, struct type *type, int64_t i) {
    uint64_t size = type_size(&d->c, type->target);
    struct value *part = value_of_bytes(d, type->target, array->bytes + (uint64_t)i * size, size);
    if (array->missing) {
        part->missing = calloc(1, size + 1);
        facet_assert(part->missing, "out of memory");
        memcpy(part->missing, array->missing + (uint64_t)i * size, size);
    }
    if (array->where == VALUE_MEMORY) {
        part->where = VALUE_MEMORY;
        part->address = array->address + (uint64_t)i * size;
    }
    return part;
}

static void print_elements(struct data *d, struct type *type, struct value *value, const struct value_format *format,
                           unsigned depth, FILE *out) {
    int64_t i = 0, run;
    uint64_t shown = 0;
    fputc('{', out);
    for (; i < type->count && shown < value_limit(d); i += run) {
        struct evaluation inner = data_begin(d, d->error);
        struct value *first = element(d, value, type, i);
        for (run = 1; i + run < type->count && same_bytes(first, element(d, value, type, i + run)); run++)
            ;
        if (i)
            fputs(", ", out);
        value_print_inner(d, first, format, depth + 1, out);
        if ((uint64_t)run > d->cli->set.print_repeats) {
            fprintf(out, " <repeats %" PRId64 " times>", run);
            shown += d->cli->set.print_repeats;
        } else {
            shown++;
            run = 1;
        }
        data_end(d, inner, NULL);
    }
    fputs(i < type->count ? "...}" : "}", out);
}

static void print_array(struct data *d, struct type *type, struct value *value, const struct value_format *format,
                        unsigned depth, FILE *out) {
    uint64_t size = type_size(&d->c, type->target);
    bool text = type_is_character(&d->c, type->target) || (wide_prefix(type->target) && size == 4);
    if (type->count <= 0 || size == 0) { /* as a pointer to its first element */
        print_pointer(d, type, value->where == VALUE_MEMORY ? value->address : 0, out);
        return;
    }
    if (!text || missing(value) || type->vector || (format->letter && format->letter != 's')) {
        print_elements(d, type, value, format, depth, out);
        return;
    }
    uint64_t length = (uint64_t)type->count;
    bool ends = true; /* one NUL at its end is not shown */
    for (uint64_t k = 0; k < size; k++)
        ends &= !value->bytes[(length - 1) * size + k];
    value_print_string(d, value->bytes, length - ends, (unsigned)size, false, out);
}

static void print_struct(struct data *d, struct type *type, struct value *value, const struct value_format *format,
                         unsigned depth, FILE *out) {
    bool pretty = d->cli->set.print_pretty;
    type_read_fields(&d->c, type);
    if (type->incomplete) {
        fputs("<incomplete type>", out);
        return;
    }
    fputs(type->field_count ? "{" : "{<No data fields>", out);
    for (size_t i = 0; i < type->field_count; i++) {
        const struct type_field *field = &type->fields[i];
        struct value *part = value_field(d, value, field);
        fputs(!i ? "" : pretty ? "," : ", ", out);
        if (pretty)
            fprintf(out, "\n%*s", 2 + 2 * (int)depth, "");
        if (field->name)
            fprintf(out, "%s = ", field->name);
        if (part && value_fetch(d, part))
            value_print_inner(d, part, format, depth + 1, out);
        else
            fprintf(out, "<error: %s>", d->error ? d->error->text : "");
    }
    if (pretty && type->field_count)
        fprintf(out, "\n%*s", 2 * (int)depth, "");
    fputc('}', out);
}

static void print_complex(struct type *type, const struct value *value, FILE *out) {
    value_print_float(type->target, value->bytes, out);
    fputs(" + ", out);
    value_print_float(type->target, value->bytes + type->size / 2, out);
    fputc('i', out);
}

static void print_function(struct data *d, struct type *type, const struct value *value, FILE *out) {
    fputc('{', out);
    type_print(&d->c, type, out);
    fputs("} ", out);
    value_print_address(d, value->address, out);
}

void value_print_inner(struct data *d, struct value *value, const struct value_format *format, unsigned depth,
                       FILE *out) {
    struct type *type = type_strip(&d->c, value->type);
    switch (type->kind) {
    case TYPE_VOID:
        fputs(value->optimized_out ? "<optimized out>" : "void", out);
        break;
    case TYPE_FUNCTION:
    case TYPE_NO_DEBUG:
        print_function(d, type, value, out);
        break;
    case TYPE_ARRAY:
    case TYPE_STRUCT:
    case TYPE_UNION:
    case TYPE_COMPLEX:
        if (value->optimized_out)
            fputs("<optimized out>", out);
        else if (depth >= DEPTH_MAX)
            fputs("{...}", out);
        else if (type->kind == TYPE_COMPLEX)
            print_complex(type, value, out);
        else if (type->kind == TYPE_ARRAY)
            print_array(d, type, value, format, depth, out);
        else
            print_struct(d, type, value, format, depth, out);
        break;
    default:
        print_scalar(d, type, value, format, out);
    }
}

/* gdb says what a pointer points to, unless its text will. */
static bool shows_type(struct value *value, struct type *type) {
    struct type *declared = type_unqualified(value->type);
    if (type->kind != TYPE_POINTER || value->optimized_out)
        return false;
    const char *target = type_unqualified(type->target)->name;
    return declared->kind == TYPE_TYPEDEF || !target || strcmp(target, "char") != 0 ||
           type_unqualified(type->target)->kind != TYPE_CHAR;
}

static bool all_missing(const struct value *value) {
    bool all = value->missing && value->size;
    for (uint64_t i = 0; all && i < value->size; i++)
        all = value->missing[i];
    return all;
}

void value_print(struct data *d, struct value *value, const struct value_format *format, FILE *out) {
    static const struct value_format natural = {0};
    struct type *type = type_strip(&d->c, value->type);
    if (!format)
        format = &natural;
    if (all_missing(value)) {
        fputs("<optimized out>", out);
        return;
    }
    if ((!format->letter || format->letter == 's') && shows_type(value, type)) {
        fputc('(', out);
        type_print(&d->c, value->type, out);
        fputs(") ", out);
    }
    value_print_inner(d, value, format, 0, out);
}
