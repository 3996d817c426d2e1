/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inlined.h"

#include "text.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <string.h>

#define BLOCKS_MAX 128

/* ---- Around an address */

static bool is_block(int tag) {
    return tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine;
}

/* The child block of `at` that covers pc replaces it. */
static bool descend(Dwarf_Die *at, uint64_t pc) {
    Dwarf_Die child;
    if (dwarf_child(at, &child) != 0)
        return false;
    do
        if (is_block(dwarf_tag(&child)) && dwarf_haspc(&child, pc) == 1) {
            *at = child;
            return true;
        }
    while (dwarf_siblingof(&child, &child) == 0);
    return false;
}

static void take_call(struct inlined *to, Dwarf_Die *unit, Dwarf_Die *die) {
    Dwarf_Attribute attribute;
    Dwarf_Word file = 0, line = 0;
    Dwarf_Files *files;
    size_t count;
    *to = (struct inlined){.function = dwarf_diename(die), .die = dwarf_dieoffset(die)};
    if (dwarf_attr(die, DW_AT_call_line, &attribute))
        dwarf_formudata(&attribute, &line);
    to->line = (int)line;
    if (dwarf_attr(die, DW_AT_call_file, &attribute) && dwarf_formudata(&attribute, &file) == 0 &&
        dwarf_getsrcfiles(unit, &files, &count) == 0 && file < count)
        to->path = dwarf_filesrc(files, file, NULL, NULL);
}

size_t inlined_at(struct symbols *symbols, uint64_t va, struct inlined found[INLINED_MAX], Dwarf_Die *function) {
    Dwarf_Addr bias;
    Dwarf_Die *unit = dwfl_module_addrdie(symbols_module(symbols), va, &bias);
    size_t count = 0;
    *function = (Dwarf_Die){0};
    if (!unit)
        return 0;
    Dwarf_Die at = *unit;
    for (unsigned depth = 0; depth < BLOCKS_MAX && count < INLINED_MAX && descend(&at, va - bias); depth++) {
        if (!depth)
            *function = at;
        if (dwarf_tag(&at) == DW_TAG_inlined_subroutine)
            take_call(&found[count++], unit, &at);
    }
    return count;
}

bool inlined_covers(struct symbols *symbols, uint64_t die, uint64_t va) {
    Dwarf_Addr bias;
    Dwarf *dwarf = dwfl_module_getdwarf(symbols_module(symbols), &bias);
    Dwarf_Die found;
    return dwarf && dwarf_offdie(dwarf, die, &found) && dwarf_haspc(&found, va - bias) == 1;
}

/* ---- By name */

struct search {
    const char *name;
    uint64_t bias;
    uint64_t *places;
    size_t count;
};

static int visit_instance(Dwarf_Die *instance, void *context) {
    struct search *s = context;
    Dwarf_Addr base, entry, end; /* of its first range */
    if (dwarf_ranges(instance, 0, &base, &entry, &end) <= 0)
        return DWARF_CB_OK;
    s->places = text_grow(s->places, s->count + 1, sizeof *s->places);
    s->places[s->count++] = entry + s->bias;
    return DWARF_CB_OK;
}

static int visit_function(Dwarf_Die *function, void *context) {
    struct search *s = context;
    const char *name = dwarf_diename(function);
    if (name && !strcmp(name, s->name) && dwarf_func_inline(function))
        dwarf_func_inline_instances(function, visit_instance, s);
    return DWARF_CB_OK;
}

size_t inlined_places(struct symbols *symbols, const char *name, uint64_t **places) {
    struct search s = {.name = name};
    Dwarf_Die *unit = NULL;
    while ((unit = dwfl_module_nextcu(symbols_module(symbols), unit, &s.bias)))
        dwarf_getfuncs(unit, visit_function, &s, 0);
    *places = s.places;
    return s.count;
}
