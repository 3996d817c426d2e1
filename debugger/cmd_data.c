/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * x: memory. No handler is asked.
 */
#include "cmd_data.h"
#include "disasm.h"
#include "expr.h"
#include "expr_parse.h"
#include "format.h"

#include <inttypes.h>
#include <string.h>

static unsigned unit_bytes(char size) {
    return size == 'b' ? 1 : size == 'h' ? 2 : size == 'w' ? 4 : 8;
}

static struct type *unit_type(const struct value_format *format) {
    if (format->letter == 'f' && (format->size == 'w' || format->size == 'g'))
        return type_basic(format->size == 'w' ? BASIC_FLOAT : BASIC_DOUBLE);
    return type_basic(format->size == 'b'   ? BASIC_INT8
                      : format->size == 'h' ? BASIC_INT16
                      : format->size == 'w' ? BASIC_INT32
                                            : BASIC_INT64);
}

static enum facet_status cannot_access(uint64_t va, struct facet_error *error) {
    return facet_fail(error, FACET_ERR_USAGE, "Cannot access memory at address 0x%" PRIx64, va);
}

/* ---- One line each */

static enum facet_status examine_string(struct data *d, uint64_t *va) {
    char text[4096];
    size_t limit = value_limit(d) < sizeof text ? value_limit(d) : sizeof text;
    value_print_address(d, *va, stdout);
    printf(":\t");
    value_print_string_at(d, *va, stdout);
    putchar('\n');
    size_t got = data_read_some(d, *va, text, limit), length = got ? strnlen(text, got) : 0;
    *va += length + (length < got);
    return FACET_OK;
}

static enum facet_status examine_instruction(struct data *d, uint64_t *va, struct facet_error *error) {
    unsigned length = disasm_print(d->cli, *va);
    *va += length;
    return length ? FACET_OK : cannot_access(*va, error);
}

static enum facet_status examine_units(struct data *d, const struct value_format *format, int64_t count, uint64_t *va,
                                       uint64_t *last, struct facet_error *error) {
    unsigned size = unit_bytes(format->size);
    unsigned per_line = size == 8 ? 2 : size == 4 ? 4 : 8;
    struct type *type = unit_type(format);
    for (int64_t i = 0; i < count; i++, *va += size) {
        uint8_t bytes[8];
        *last = *va;
        if (i % per_line == 0) {
            value_print_address(d, *va, stdout);
            putchar(':');
        }
        putchar('\t');
        if (data_read_some(d, *va, bytes, size) != size)
            return cannot_access(*va, error);
        value_print_scalar(d, type, bytes, size, format, stdout);
        if (i % per_line == per_line - 1 || i == count - 1)
            putchar('\n');
    }
    return FACET_OK;
}

enum facet_status examine_memory(struct cli *cli, const struct value_format *format, uint64_t *va, uint64_t *last,
                                 struct facet_error *error) {
    struct data *d = data_of(cli);
    enum facet_status status = FACET_OK;
    int64_t count = format->count;
    uint64_t start = *va;
    if (count < 0 && (format->letter == 's' || format->letter == 'i'))
        return facet_fail(error, FACET_ERR_USAGE, "x cannot go backward by strings or instructions.");
    if (count < 0) {
        count = -count;
        *va -= (uint64_t)count * unit_bytes(format->size);
    }
    if (format->letter != 's' && format->letter != 'i')
        return examine_units(d, format, count, va, last, error);
    for (; count > 0 && status == FACET_OK; count--, *last = start) {
        start = *va;
        status = format->letter == 's' ? examine_string(d, va) : examine_instruction(d, va, error);
    }
    return status;
}

/* ---- $_ is the address shown last, $__ what is there. */

static void remember(struct data *d, const struct value_format *format, uint64_t last) {
    struct evaluation evaluation = data_begin(d, NULL);
    struct type *type = unit_type(format);
    struct variable *address = variable_to_set(d, "_"), *contents = variable_to_set(d, "__");
    bool text = format->letter == 's' || format->letter == 'i';
    struct value *value = text ? value_new(d, type_basic(BASIC_VOID)) : value_at(d, type, last);
    variable_put(d, address, value_of_int(d, type_pointer(&d->c, type), last));
    variable_put(d, contents, value_fetch(d, value) ? value : value_new(d, type_basic(BASIC_VOID)));
    data_end(d, evaluation, NULL);
}

static enum facet_status cmd_examine_memory(struct cli *cli, const char *args, struct facet_error *error) {
    struct cmd_examine *x = &cli->examine;
    struct value_format format = {.letter = x->format, .count = 1};
    bool again = !*args;
    enum facet_status status = format_parse(&args, &format, error);
    if (status)
        return status;
    format_examine(&format, x->size);
    if (again && x->count)
        format.count = x->count;
    if (*args)
        status = expr_address(cli, args, &x->next, error);
    if (status)
        return status;
    x->format = format.letter;
    x->size = format.size;
    x->count = format.count;
    status = examine_memory(cli, &format, &x->next, &x->last, error);
    if (format.count < 0) /* the next one goes on in front of these */
        x->next += (uint64_t)format.count * unit_bytes(format.size);
    if (status == FACET_OK && format.count)
        remember(data_of(cli), &format, x->last);
    return status;
}

const struct cmd cmd_data_table[] = {
    {"x", NULL, cmd_examine_memory, "x[/COUNT FORMAT SIZE] [EXPRESSION]",
     "show memory; formats x d u o t z c a f s i, sizes b h w g", true},
    {"print", "p", cmd_print, "print[/FORMAT] [EXPRESSION]",
     "show a value, in C's language; $1, $, $$ are earlier ones; a store asks no handler", true},
    {"output", NULL, cmd_output, "output[/FORMAT] EXPRESSION", "the same without number and new line", false},
    {"call", NULL, cmd_call, "call[/FORMAT] EXPRESSION", "print what is not void", false},
    {"whatis", NULL, cmd_whatis, "whatis EXPRESSION|TYPE", "the type of an expression", false},
    {"ptype", NULL, cmd_ptype, "ptype EXPRESSION|TYPE", "the same with all its members", false},
    {"display", NULL, cmd_display, "display[/FORMAT] [EXPRESSION]",
     "show an expression at each stop; without one: show them all now", true},
    {"undisplay", NULL, cmd_undisplay, "undisplay [NUMBER…]", "do not any more", false},
    {0},
};
