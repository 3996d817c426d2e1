/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The type of $xmm0 … $xmm15: gdb's union of all that 16 bytes can be.
 */
#include "expr_parse.h"

#include <stdlib.h>

static struct type bfloat16 = {.kind = TYPE_FLOAT, .name = "bfloat16_t", .size = 2};
static struct type half = {.kind = TYPE_FLOAT, .name = "float16_t", .size = 2};

static struct type *vector_type(void) {
    static const char *const names[] = {"v8_bfloat16", "v8_half",  "v4_float", "v2_double", "v16_int8",
                                        "v8_int16",    "v4_int32", "v2_int64", "uint128"};
    static struct type vectors[8], whole = {.kind = TYPE_UNION, .name = "vec128", .size = 16, .fields_read = true};
    static struct type_field fields[9];
    struct type *const elements[] = {&bfloat16,
                                     &half,
                                     type_basic(BASIC_FLOAT),
                                     type_basic(BASIC_DOUBLE),
                                     type_basic(BASIC_INT8),
                                     type_basic(BASIC_INT16),
                                     type_basic(BASIC_INT32),
                                     type_basic(BASIC_INT64)};
    if (whole.fields)
        return &whole;
    for (size_t i = 0; i < 8; i++) {
        vectors[i] = (struct type){.kind = TYPE_ARRAY, .vector = true, .size = 16, .target = elements[i]};
        vectors[i].count = (int64_t)(16 / elements[i]->size);
        fields[i] = (struct type_field){.name = names[i], .type = &vectors[i]};
    }
    fields[8] = (struct type_field){.name = names[8], .type = type_basic(BASIC_UINT128)};
    whole.fields = fields;
    whole.field_count = 9;
    return &whole;
}

struct type *vector_register(const char *name, unsigned *index) {
    char *end;
    if (name[0] != 'x' || name[1] != 'm' || name[2] != 'm' || name[3] < '0' || name[3] > '9')
        return NULL;
    unsigned long number = strtoul(name + 3, &end, 10);
    *index = (unsigned)number;
    return !*end && number < 16 ? vector_type() : NULL;
}
