/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What begins with a dollar sign: registers, the history of printed values, convenience variables.
 */
#include "expr.h"
#include "expr_parse.h"
#include "text.h"

#include <string.h>

/* ---- Registers and the parts of them that have names */

struct part {
    unsigned word, offset, bytes;
};

static bool low_part(const char *name, struct part *part) {
    static const char legacy[][4] = {"ax", "bx", "cx", "dx", "si", "di", "bp", "sp"}; /* as in struct facet_regs */
    size_t length = strlen(name);
    for (unsigned i = 0; i < 8; i++) {
        const char *two = legacy[i];
        bool low = (i < 4 && length == 2 && name[0] == two[0] && name[1] == 'l') ||
                   (i >= 4 && length == 3 && !strncmp(name, two, 2) && name[2] == 'l');
        if (low)
            return *part = (struct part){i, 0, 1}, true;
        if (i < 4 && length == 2 && name[0] == two[0] && name[1] == 'h')
            return *part = (struct part){i, 1, 1}, true;
        if (strcmp(two, "sp") != 0 && !strcmp(name, two))
            return *part = (struct part){i, 0, 2}, true;
        if (name[0] == 'e' && !strcmp(name + 1, two))
            return *part = (struct part){i, 0, 4}, true;
    }
    return false;
}

/* r8d, r8w, r8l */
static bool numbered_part(const char *name, struct part *part) {
    static const char letters[] = "lwd";
    size_t length = strlen(name);
    const char *letter = length ? strchr(letters, name[length - 1]) : NULL;
    int word = letter && *letter && name[0] == 'r' ? cmd_register(name, length - 1) : -1;
    if (word < 8 || word > 15)
        return false;
    *part = (struct part){(unsigned)word, 0, 1u << (letter - letters)};
    return true;
}

static struct type *whole_type(struct data *d, int word) {
    if (word == cmd_register("rip", 3))
        return type_pointer(&d->c, type_basic(BASIC_CODE));
    if (word == cmd_register("rsp", 3) || word == cmd_register("rbp", 3))
        return type_pointer(&d->c, type_basic(BASIC_VOID));
    if (word == cmd_register("eflags", 6))
        return type_basic(BASIC_FLAGS);
    return type_basic(word >= cmd_register("fs_base", 7) ? BASIC_LONG : BASIC_INT64);
}

static bool find_register(struct data *d, const char *name, struct part *part, struct type **type) {
    int word = cmd_register(name, strlen(name));
    if (word >= 0) {
        *part = (struct part){(unsigned)word, 0, 8};
        *type = whole_type(d, word);
        return true;
    }
    if (!low_part(name, part) && !numbered_part(name, part))
        return false;
    *type = type_basic(part->bytes == 1 ? BASIC_INT8 : part->bytes == 2 ? BASIC_INT16 : BASIC_INT32);
    return true;
}

bool variable_is_register(struct data *d, const char *name) {
    struct part part;
    struct type *type;
    return find_register(d, name, &part, &type);
}

/* ---- History */

static bool history_number(struct data *d, const char *name, int64_t *number) {
    size_t count = d->history_count;
    uint64_t n = 0;
    bool back = *name == '$';
    const char *digits = name + back;
    if (*digits && !text_number(digits, &n))
        return false;
    if (!*name)
        *number = (int64_t)count;
    else if (back)
        *number = (int64_t)count - (int64_t)(*digits ? n : 1);
    else
        *number = (int64_t)n;
    return true;
}

static struct value *from_history(struct data *d, int64_t number) {
    if (!d->history_count || number == 0)
        return value_new(d, type_basic(BASIC_VOID));
    if (number < 0 || (size_t)number > d->history_count)
        return data_fail(d, "History has not yet reached $%ld.", number);
    return value_copy(d, d->history[number - 1]);
}

static struct value *keep_copy(struct data *d, struct value *value) {
    struct evaluation evaluation = data_begin(d, d->error);
    struct value *copy = value_copy(d, value);
    data_end(d, evaluation, copy);
    return copy;
}

size_t history_record(struct data *d, struct value *value) {
    d->history = text_grow(d->history, d->history_count + 1, sizeof(struct value *));
    d->history[d->history_count++] = keep_copy(d, value);
    return d->history_count;
}

/* ---- Variables */

static struct variable *find_variable(struct data *d, const char *name) {
    for (struct variable *v = d->variables; v; v = v->next)
        if (!strcmp(v->name, name))
            return v;
    return NULL;
}

struct variable *variable_to_set(struct data *d, const char *name) {
    struct part part;
    struct type *type;
    int64_t number;
    if (find_register(d, name, &part, &type) || history_number(d, name, &number) || vector_register(name, &part.word))
        return NULL;
    struct variable *variable = find_variable(d, name);
    if (variable)
        return variable;
    variable = calloc(1, sizeof *variable);
    facet_assert(variable, "out of memory");
    variable->name = text_copy(name);
    variable->next = d->variables;
    return d->variables = variable;
}

void variable_put(struct data *d, struct variable *variable, struct value *value) {
    struct value *copy = keep_copy(d, value);
    copy->where = VALUE_NOWHERE;
    value_free(variable->value);
    variable->value = copy;
}

struct value *variable_get(struct data *d, const char *name, bool typed) {
    struct part part;
    struct type *type;
    int64_t number;
    if (history_number(d, name, &number))
        return from_history(d, number);
    if ((type = vector_register(name, &part.word))) {
        if (data_frame(d))
            return value_of_vector(d, type, part.word);
        return typed ? value_optimized_out(d, type) : data_fail(d, "No registers.");
    }
    if (find_register(d, name, &part, &type)) {
        if (data_frame(d))
            return value_of_register(d, type, part.word, part.offset);
        return typed ? value_optimized_out(d, type) : data_fail(d, "No registers.");
    }
    struct variable *variable = find_variable(d, name);
    if (!variable || !variable->value)
        return value_new(d, type_basic(BASIC_VOID));
    struct value *value = value_copy(d, variable->value);
    value->where = VALUE_VARIABLE;
    value->address = 0;
    value->variable = variable;
    return value;
}

void expr_variable_set(struct cli *cli, const char *name, uint64_t number) {
    struct data *d = data_of(cli);
    struct evaluation evaluation = data_begin(d, NULL);
    struct variable *variable = variable_to_set(d, name);
    struct type *type = type_basic(number <= INT32_MAX ? BASIC_INT : BASIC_LONG);
    if (variable)
        variable_put(d, variable, value_of_int(d, type, number));
    data_end(d, evaluation, NULL);
}
