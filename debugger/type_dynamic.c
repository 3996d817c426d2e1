/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Arrays whose bounds the program has computed: `int table[n][m]` in a function.
 */
#include "location.h"

#include <dwarf.h>

#define DIMENSIONS_MAX 8

/* A bound that refers to a variable made by the compiler. */
static bool bound_of_variable(struct data *d, Dwarf_Attribute *attr, Dwarf_Die *function, uint64_t *number) {
    Dwarf_Die variable;
    if (!dwarf_formref_die(attr, &variable))
        return false;
    struct value *value = location_value(d, &variable, function, type_of_attribute(&d->c, &variable));
    return value && !value->optimized_out && value_number(d, value, number);
}

static bool bound(struct data *d, Dwarf_Die *range, unsigned which, Dwarf_Die *function, uint64_t *number) {
    Dwarf_Attribute attr;
    Dwarf_Op *ops;
    int64_t constant;
    size_t count, stopped = 0;
    if (!dwarf_attr(range, which, &attr))
        return false;
    if (type_constant(&attr, &constant)) {
        *number = (uint64_t)constant;
        return true;
    }
    if (dwarf_whatform(&attr) != DW_FORM_exprloc)
        return bound_of_variable(d, &attr, function, number);
    struct machine m = {.d = d, .attribute = &attr, .function = function};
    if (dwarf_getlocation(&attr, &ops, &count) != 0 || location_run(&m, ops, count, &stopped) != OK ||
        (m.place != PLACE_MEMORY && m.place != PLACE_VALUE))
        return false;
    *number = location_top(&m, 0);
    return true;
}

/* How many elements; -1: not known. */
static int64_t length_of(struct data *d, Dwarf_Die *range, Dwarf_Die *function) {
    uint64_t number;
    if (bound(d, range, DW_AT_count, function, &number))
        return (int64_t)number;
    if (bound(d, range, DW_AT_upper_bound, function, &number) && (int64_t)number >= -1 && number + 1 < INT64_MAX)
        return (int64_t)number + 1;
    return -1;
}

struct type *type_resolve(struct data *d, struct type *type, Dwarf_Die *function) {
    struct type *array = type_strip(&d->c, type), *result;
    int64_t length[DIMENSIONS_MAX];
    size_t count = 0;
    Dwarf_Die child;
    if (!array->dynamic || !data_frame(d) || !array->die.addr || dwarf_child(&array->die, &child) != 0)
        return type;
    do
        if (dwarf_tag(&child) == DW_TAG_subrange_type && count < DIMENSIONS_MAX)
            length[count++] = length_of(d, &child, function);
    while (dwarf_siblingof(&child, &child) == 0);
    for (result = type_of_attribute(&d->c, &array->die); count-- > 0;)
        result = type_array(&d->c, result, length[count]);
    return result;
}
