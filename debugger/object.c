/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "object.h"

#include "text.h"

#include <facet/abi.h>
#include <string.h>

#define REFUSE(...) facet_fail(error, FACET_ERR_USAGE, __VA_ARGS__)

static enum facet_status parse_symbol(const char *name, const struct program *program, const struct symbols *symbols,
                                      struct object_name *object, struct facet_error *error) {
    const struct symbol *symbol;
    enum facet_status status = symbols_find(symbols, name, &symbol, error);
    if (status != FACET_OK)
        return status;
    if (symbol->size == 0)
        return REFUSE("symbol \"%s\" has no size in the program's symbol table: use va:0x%lx+LEN", name, symbol->va);
    if (!program_has_address(program, symbol->va))
        return REFUSE("symbol \"%s\" names no memory of the program", name);
    object->va = symbol->va;
    object->size = symbol->size;
    object->executable = program_executable(program, symbol->va);
    return FACET_OK;
}

static enum facet_status parse_address(const char *text, const struct program *program, struct object_name *object,
                                       struct facet_error *error) {
    const char *plus = strchr(text, '+');
    object->size = OBJECT_VA_DEFAULT;
    if (!text_number_part(text, plus ? (size_t)(plus - text) : strlen(text), &object->va) ||
        (plus && !text_number(plus + 1, &object->size)))
        return REFUSE("\"va:%s\" is not va:ADDRESS or va:ADDRESS+LENGTH (decimal or 0x hexadecimal)", text);
    if (object->size == 0 || object->va >= GUEST_ADDRESS_MAX || object->size > GUEST_ADDRESS_MAX - object->va)
        return REFUSE("\"va:%s\" is not a range of a program's addresses", text);
    object->range = plus && object->va % OBJECT_PAGE == 0 && object->size % OBJECT_PAGE == 0;
    object->executable = program_executable(program, object->va);
    return FACET_OK;
}

static enum facet_status parse_segment(const char *text, const struct program *program, struct object_name *object,
                                       struct facet_error *error) {
    static const char *const names[] = {
        [PART_TEXT] = "text", [PART_RODATA] = "rodata", [PART_DATA] = "data",
        [PART_BSS] = "bss",   [PART_STACK] = "stack",
    };
    if (strcmp(text, "heap") == 0 && program->native)
        return REFUSE("seg:heap: a native program has no heap that the kernel knows of; name its variable by sym:NAME");
    if (strcmp(text, "heap") == 0) {
        object->heap = true;
        return FACET_OK;
    }
    for (unsigned part = 0; part < sizeof names / sizeof *names; part++) {
        if (strcmp(text, names[part]) != 0)
            continue;
        object->executable = part == PART_TEXT;
        return program_find_part(program, part, &object->va, &object->size)
                   ? FACET_OK
                   : REFUSE("%s has no %s segment", program->path, text);
    }
    return REFUSE("\"seg:%s\" is not seg:text, rodata, data, bss, heap or stack", text);
}

static enum facet_status parse_id(const char *text, struct object_name *object, struct facet_error *error) {
    if (!text_number(text, &object->id) || object->id == 0)
        return REFUSE("\"obj:%s\" is not obj:ID with a number as `objects` prints it", text);
    object->by_id = true;
    object->size = OBJECT_PAGE;
    return FACET_OK;
}

static enum facet_status parse_map(const char *text, const struct program *program, struct object_name *object,
                                   struct facet_error *error) {
    uint64_t number;
    if (!text_number(text, &number) || number == 0 || number > 1u << 30)
        return REFUSE("\"map:%s\" is not map:N, where N counts the program's mappings from 1", text);
    if (program->native)
        return REFUSE("map:%s: a native program has no mappings that the kernel knows of; use obj:ID", text);
    object->map = (unsigned)number;
    return FACET_OK;
}

/* A word without a colon is often a symbol's name. */
static enum facet_status parse_nothing(const char *text, const struct symbols *symbols, struct facet_error *error) {
    const struct symbol *symbol;
    bool known = symbols_find(symbols, text, &symbol, NULL) == FACET_OK;
    return REFUSE("\"%s\" names no object: use sym:NAME, va:ADDR[+LEN], seg:text|rodata|data|bss|heap|stack, map:N or "
                  "obj:ID%s%s%s",
                  text, known ? "; did you mean sym:" : "", known ? text : "", known ? "?" : "");
}

enum facet_status object_parse(const char *text, const struct program *program, const struct symbols *symbols,
                               struct object_name *object, struct facet_error *error) {
    enum facet_status status;
    *object = (struct object_name){0};
    if (strncmp(text, "sym:", 4) == 0)
        status = parse_symbol(text + 4, program, symbols, object, error);
    else if (strncmp(text, "va:", 3) == 0)
        status = parse_address(text + 3, program, object, error);
    else if (strncmp(text, "seg:", 4) == 0)
        status = parse_segment(text + 4, program, object, error);
    else if (strncmp(text, "obj:", 4) == 0)
        status = parse_id(text + 4, object, error);
    else if (strncmp(text, "map:", 4) == 0)
        status = parse_map(text + 4, program, object, error);
    else
        status = parse_nothing(text, symbols, error);
    if (status == FACET_OK)
        object->text = text_copy(text);
    return status;
}
