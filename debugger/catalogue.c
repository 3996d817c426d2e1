/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The catalogue of a program's debug information: an arena, and an index of the names at the outermost level.
 */
#include "type.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <string.h>

#define BLOCK_BYTES 65536
#define DEBUG_TYPES (1ul << 63) /* with an offset: it is one of DWARF 4's section .debug_types */

struct block {
    struct block *next;
    size_t used, size; /* of `bytes` */
    _Alignas(16) char bytes[];
};

void *catalogue_alloc(struct catalogue *c, size_t size) {
    size = (size + 15) & ~(size_t)15;
    struct block *block = c->blocks;
    if (!block || block->size - block->used < size) {
        size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
        block = calloc(1, sizeof *block + room);
        facet_assert(block, "out of memory");
        block->size = room;
        block->next = c->blocks;
        c->blocks = block;
    }
    block->used += size;
    return block->bytes + block->used - size;
}

const char *catalogue_text(struct catalogue *c, const char *text, size_t length) {
    char *copy = catalogue_alloc(c, length + 1);
    memcpy(copy, text, length);
    return copy;
}

void catalogue_open(struct catalogue *c, struct symbols *symbols) {
    Dwarf_Addr bias = 0;
    *c = (struct catalogue){.symbols = symbols};
    c->dwarf = dwfl_module_getdwarf(symbols_module(symbols), &bias);
    c->bias = bias;
}

void catalogue_close(struct catalogue *c) {
    for (struct block *next, *block = c->blocks; block; block = next) {
        next = block->next;
        free(block);
    }
    free(c->names);
    *c = (struct catalogue){0};
}

bool catalogue_die(struct catalogue *c, uint64_t offset, Dwarf_Die *die) {
    if (offset & DEBUG_TYPES)
        return c->dwarf && dwarf_offdie_types(c->dwarf, offset & ~DEBUG_TYPES, die);
    return c->dwarf && dwarf_offdie(c->dwarf, offset, die);
}

/* ---- Index */

static size_t hash(const char *text) {
    size_t h = 5381;
    while (*text)
        h = h * 33 ^ (unsigned char)*text++;
    return h;
}

static bool kind_of(int tag, enum name_kind *kind) {
    switch (tag) {
    case DW_TAG_variable:
        *kind = NAME_VARIABLE;
        return true;
    case DW_TAG_subprogram:
        *kind = NAME_FUNCTION;
        return true;
    case DW_TAG_typedef:
    case DW_TAG_base_type:
        *kind = NAME_TYPEDEF;
        return true;
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
        *kind = NAME_STRUCT;
        return true;
    case DW_TAG_union_type:
        *kind = NAME_UNION;
        return true;
    case DW_TAG_enumeration_type:
        *kind = NAME_ENUM;
        return true;
    case DW_TAG_enumerator:
        *kind = NAME_ENUMERATOR;
        return true;
    default:
        return false;
    }
}

static bool has_flag(Dwarf_Die *die, unsigned attribute) {
    Dwarf_Attribute attr;
    bool flag = false;
    return dwarf_attr_integrate(die, attribute, &attr) && dwarf_formflag(&attr, &flag) == 0 && flag;
}

/* Is it only announced here, its definition elsewhere? */
static bool is_declaration(Dwarf_Die *die) {
    Dwarf_Attribute attr;
    bool flag = false;
    return dwarf_attr(die, DW_AT_declaration, &attr) && dwarf_formflag(&attr, &flag) == 0 && flag;
}

struct indexing {
    struct catalogue *c;
    struct name *first, **last; /* all, in order, before they are hashed */
    size_t count;
    uint64_t section; /* 0, or DEBUG_TYPES */
};

static void take_name(struct indexing *at, Dwarf_Die *die, Dwarf_Die *unit, Dwarf_Die *parent) {
    enum name_kind kind;
    if (!kind_of(dwarf_tag(die), &kind))
        return;
    const char *text = dwarf_diename(die);
    if (text) {
        struct name *name = catalogue_alloc(at->c, sizeof *name);
        *name = (struct name){.text = text,
                              .kind = kind,
                              .external = has_flag(die, DW_AT_external),
                              .declaration = is_declaration(die),
                              .die = dwarf_dieoffset(die) | at->section,
                              .unit = dwarf_dieoffset(unit) | at->section,
                              .parent = dwarf_dieoffset(parent) | at->section};
        *at->last = name;
        at->last = &name->next;
        at->count++;
    }
    Dwarf_Die child;
    if (kind == NAME_ENUM && dwarf_child(die, &child) == 0)
        do
            if (dwarf_tag(&child) == DW_TAG_enumerator)
                take_name(at, &child, unit, die);
        while (dwarf_siblingof(&child, &child) == 0);
}

static void take_unit(struct indexing *at, Dwarf_Die *unit) {
    Dwarf_Die die;
    if (dwarf_child(unit, &die) == 0)
        do
            take_name(at, &die, unit, unit);
        while (dwarf_siblingof(&die, &die) == 0);
}

/* Buckets keep the order of the file: names are put in front, the last first. */
static void hash_names(struct catalogue *c, struct indexing *at) {
    struct name **all = calloc(at->count + 1, sizeof *all);
    c->name_room = at->count + 1;
    c->names = calloc(c->name_room, sizeof *c->names);
    facet_assert(all && c->names, "out of memory");
    size_t i = 0;
    for (struct name *name = at->first; name; name = name->next)
        all[i++] = name;
    while (i-- > 0) {
        struct name **bucket = &c->names[hash(all[i]->text) % c->name_room];
        all[i]->next = *bucket;
        *bucket = all[i];
    }
    free(all);
}

static void build_index(struct catalogue *c) {
    struct indexing at = {.c = c, .last = &at.first};
    Dwarf_CU *unit = NULL;
    Dwarf_Half version;
    Dwarf_Die die;
    uint8_t kind;
    c->indexed = true;
    while (c->dwarf && dwarf_get_units(c->dwarf, unit, &unit, &version, &kind, &die, NULL) == 0) {
        at.section = kind == DW_UT_type && version < 5 ? DEBUG_TYPES : 0;
        take_unit(&at, &die);
    }
    hash_names(c, &at);
}

static const struct name *same_text(const struct name *name, const char *text) {
    while (name && strcmp(name->text, text) != 0)
        name = name->next;
    return name;
}

const struct name *catalogue_find(struct catalogue *c, const char *text) {
    if (!c->indexed)
        build_index(c);
    return same_text(c->names[hash(text) % c->name_room], text);
}

const struct name *name_next(const struct name *name) {
    return same_text(name->next, name->text);
}

void catalogue_each(struct catalogue *c, void (*visit)(void *context, const struct name *name), void *context) {
    if (!c->indexed)
        build_index(c);
    for (size_t i = 0; i < c->name_room; i++)
        for (const struct name *name = c->names[i]; name; name = name->next)
            visit(context, name);
}
