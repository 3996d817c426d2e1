/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a function has returned, by its type and the System V ABI of x86-64 (section 3.2.3).
 */
#include "returned.h"

#include "expr_parse.h"
#include "inlined.h"

#include <string.h>

/* ---- Which type */

/* Of the function that covers an address, not of what was inlined there. NULL: it returns nothing, or is unknown. */
static struct type *result_type(struct data *d, uint64_t va) {
    struct inlined around[INLINED_MAX];
    Dwarf_Die function;
    inlined_at(session_symbols(d->cli->session), va, around, &function);
    struct type *type = function.addr ? type_of_attribute(&d->c, &function) : NULL;
    return type && type_strip(&d->c, type)->kind != TYPE_VOID ? type : NULL;
}

/* ---- Where it is */

enum class { CLASS_NONE, CLASS_SSE, CLASS_INTEGER, CLASS_MEMORY };

/* Classes of the two halves of a value that lies at `offset` in its outermost one. */
static void classify(struct data *d, struct type *type, uint64_t offset, enum class class[2]) {
    type = type_strip(&d->c, type);
    if (offset >= 16)
        return;
    if (type->kind == TYPE_STRUCT || type->kind == TYPE_UNION) {
        type_read_fields(&d->c, type);
        for (size_t i = 0; i < type->field_count; i++)
            classify(d, type->fields[i].type, offset + type->fields[i].offset, class);
    } else if (type->kind == TYPE_ARRAY) {
        uint64_t size = type_size(&d->c, type->target);
        for (int64_t i = 0; size && i < type->count && offset + (uint64_t)i * size < 16; i++)
            classify(d, type->target, offset + (uint64_t)i * size, class);
    } else {
        enum class found = type->kind == TYPE_FLOAT ? CLASS_SSE : CLASS_INTEGER;
        if (type->kind == TYPE_COMPLEX || (type->kind == TYPE_FLOAT && type->size > 8))
            found = CLASS_MEMORY;
        if (class[offset / 8] < found)
            class[offset / 8] = found;
        if (type->size > 8 && class[1] < found)
            class[1] = found;
    }
}

/* Bytes of a value of at most 16 that is returned in registers. False: in none that are read here. */
static bool gather(struct data *d, struct type *type, uint8_t bytes[16]) {
    enum class class[2] = {CLASS_NONE, CLASS_NONE};
    struct facet_regs regs;
    uint8_t vector[2][16];
    unsigned integers = 0, vectors = 0;
    classify(d, type, 0, class);
    session_regs(d->cli->session, &regs);
    const unsigned long integer[2] = {regs.rax, regs.rdx};
    for (unsigned i = 0; i < 2; i++)
        session_xmm(d->cli->session, i, vector[i]);
    for (unsigned i = 0; i < 2; i++) {
        if (class[i] == CLASS_MEMORY)
            return false;
        if (class[i] == CLASS_SSE)
            memcpy(bytes + 8 * i, vector[vectors++], 8);
        else
            memcpy(bytes + 8 * i, &integer[integers++], 8);
    }
    return true;
}

static struct value *returned(struct data *d, struct type *type) {
    uint8_t bytes[16] = {0};
    struct facet_regs regs;
    enum type_kind kind = type_strip(&d->c, type)->kind;
    uint64_t size = type_size(&d->c, type);
    if ((kind == TYPE_STRUCT || kind == TYPE_UNION) && size > 16) { /* rax says where the caller wanted it */
        session_regs(d->cli->session, &regs);
        return value_at(d, type, regs.rax);
    }
    return size <= 16 && gather(d, type, bytes) ? value_of_bytes(d, type, bytes, size) : NULL;
}

void returned_print(struct cli *cli, uint64_t va) {
    struct data *d = data_of(cli);
    struct facet_error error;
    struct evaluation evaluation = data_begin(d, &error);
    struct type *type = result_type(d, va);
    struct value *value = type ? returned(d, type) : NULL;
    if (value && value_fetch(d, value)) {
        printf("Value returned is $%zu = ", history_record(d, value));
        value_print(d, value, NULL, stdout);
        printf("\n");
    }
    data_end(d, evaluation, NULL);
}
