/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols.h"

#include "text.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <string.h>

struct symbols {
    Dwfl *dwfl;
    Dwfl_Module *module;
    struct symbol *all; /* by address */
    size_t count;
};

/* Everything is in the program's own file: libdw must not search for debug files, least of all in the network. */
static int find_no_debuginfo(Dwfl_Module *module, void **user, const char *name, Dwarf_Addr base, const char *file,
                             const char *link, GElf_Word crc, char **found) {
    (void)module, (void)user, (void)name, (void)base, (void)file, (void)link, (void)crc, (void)found;
    return -1;
}

static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_build_id_find_elf,
    .find_debuginfo = find_no_debuginfo,
    .section_address = dwfl_offline_section_address,
};

static int by_address(const void *a, const void *b) {
    const struct symbol *x = a, *y = b;
    if (x->va != y->va)
        return x->va < y->va ? -1 : 1;
    if (x->size != y->size)
        return x->size < y->size ? -1 : 1;
    return x->global != y->global ? (x->global ? 1 : -1) : strcmp(x->name, y->name);
}

static uint64_t section_end(struct symbols *s, GElf_Word index, uint64_t bias) {
    GElf_Addr unused;
    GElf_Shdr header;
    Elf_Scn *section = elf_getscn(dwfl_module_getelf(s->module, &unused), index);
    return section && gelf_getshdr(section, &header) ? header.sh_addr + header.sh_size + bias : UINT64_MAX;
}

static void take_symbols(struct symbols *s) {
    int total = dwfl_module_getsymtab(s->module);
    for (int i = 1; i < total; i++) {
        GElf_Sym symbol;
        GElf_Addr va;
        GElf_Word section;
        const char *name = dwfl_module_getsym_info(s->module, i, &symbol, &va, &section, NULL, NULL);
        unsigned type = GELF_ST_TYPE(symbol.st_info);
        if (!name || !*name || section == SHN_UNDEF || section == SHN_ABS || (type > STT_FUNC && type != STT_GNU_IFUNC))
            continue;
        if (s->count % 256 == 0)
            s->all = text_grow(s->all, s->count + 256, sizeof *s->all);
        s->all[s->count++] = (struct symbol){
            .name = name,
            .va = va,
            .size = symbol.st_size,
            .limit = section_end(s, section, va - symbol.st_value),
            .function = type == STT_FUNC || type == STT_GNU_IFUNC,
            .ifunc = type == STT_GNU_IFUNC,
            .global = GELF_ST_BIND(symbol.st_info) != STB_LOCAL,
        };
    }
    if (s->count)
        qsort(s->all, s->count, sizeof *s->all, by_address);
}

enum facet_status symbols_open(const char *path, uint64_t bias, struct symbols **symbols, struct facet_error *error) {
    struct symbols *s = calloc(1, sizeof *s);
    facet_assert(s, "out of memory");
    *symbols = s;
    s->dwfl = dwfl_begin(&callbacks);
    if (s->dwfl) {
        dwfl_report_begin(s->dwfl);
        s->module = dwfl_report_elf(s->dwfl, text_basename(path), path, -1, bias, true);
        dwfl_report_end(s->dwfl, NULL, NULL);
    }
    if (!s->module) {
        enum facet_status status =
            facet_fail(error, FACET_ERR_PROGRAM, "cannot read the symbols of %s: %s", path, dwfl_errmsg(-1));
        symbols_close(s);
        *symbols = NULL;
        return status;
    }
    take_symbols(s);
    return FACET_OK;
}

void symbols_close(struct symbols *symbols) {
    if (!symbols)
        return;
    if (symbols->dwfl)
        dwfl_end(symbols->dwfl);
    free(symbols->all);
    free(symbols);
}

const struct symbol *symbols_all(const struct symbols *symbols, size_t *count) {
    *count = symbols->count;
    return symbols->all;
}

const char *symbols_near(const struct symbols *s, const char *name) {
    const struct symbol *best = NULL;
    for (size_t i = 0; i < s->count; i++)
        if (text_near(name, s->all[i].name) &&
            (!best || text_distance(name, s->all[i].name) < text_distance(name, best->name)))
            best = &s->all[i];
    return best ? best->name : NULL;
}

static void add_hint(const struct symbols *s, const char *name, struct facet_error *error) {
    const char *near = symbols_near(s, name);
    size_t used = strlen(error->text);
    if (near)
        snprintf(error->text + used, sizeof error->text - used, "; did you mean \"%s\"?", near);
    else if (s->count == 0)
        snprintf(error->text + used, sizeof error->text - used,
                 ": the program has no symbol table. Use va:ADDR+LEN or seg:NAME, or build it with -g and do "
                 "not strip it");
}

enum facet_status symbols_find(const struct symbols *symbols, const char *name, const struct symbol **found,
                               struct facet_error *error) {
    const struct symbol *first = NULL, *second = NULL;
    for (size_t i = 0; i < symbols->count; i++) {
        const struct symbol *s = &symbols->all[i];
        if (strcmp(s->name, name) != 0)
            continue;
        if (s->global) {
            *found = s;
            return FACET_OK;
        }
        if (first)
            second = s;
        else
            first = s;
    }
    if (second)
        return facet_fail(error, FACET_ERR_USAGE, "symbol \"%s\" is ambiguous: use va:0x%lx or va:0x%lx", name,
                          first->va, second->va);
    *found = first;
    if (first)
        return FACET_OK;
    facet_fail(error, FACET_ERR_USAGE, "no symbol \"%.100s\" in the program", name);
    if (error)
        add_hint(symbols, name, error);
    return FACET_ERR_USAGE;
}

/* Index of the first symbol above va. */
static size_t above(const struct symbols *s, uint64_t va) {
    size_t low = 0, high = s->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->all[middle].va <= va)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct symbol *symbols_at(const struct symbols *symbols, uint64_t va) {
    for (size_t i = above(symbols, va); i-- > 0;) {
        const struct symbol *s = &symbols->all[i];
        if (va - s->va < s->size)
            return s;
        if (s->size == 0 && va < s->limit && (i + 1 == symbols->count || symbols->all[i + 1].va > va) &&
            va - s->va < 0x10000)
            return s;
        if (s->size > 0 && va - s->va > 0x1000000)
            break;
    }
    return NULL;
}

const char *symbols_name(const struct symbols *symbols, uint64_t va, char text[SYMBOL_TEXT]) {
    const struct symbol *s = symbols_at(symbols, va);
    text[0] = '\0';
    if (s && s->va == va)
        snprintf(text, SYMBOL_TEXT, "%s", s->name);
    else if (s)
        snprintf(text, SYMBOL_TEXT, "%.130s+0x%lx", s->name, va - s->va);
    return text;
}

const char *symbols_gdb_name(const struct symbols *symbols, uint64_t va, char text[SYMBOL_TEXT]) {
    const struct symbol *s = symbols_at(symbols, va);
    text[0] = '\0';
    if (s)
        snprintf(text, SYMBOL_TEXT, s->va == va ? "%.130s" : "%.130s+%lu", s->name, va - s->va);
    return text;
}

struct Dwfl_Module *symbols_module(const struct symbols *symbols) {
    return symbols->module;
}

bool symbols_line(struct symbols *symbols, uint64_t va, struct source_line *line) {
    Dwfl_Line *row = dwfl_module_getsrc(symbols->module, va);
    int number = 0;
    Dwarf_Addr start = va;
    const char *path = row ? dwfl_lineinfo(row, &start, &number, NULL, NULL, NULL) : NULL;
    if (!path || number == 0)
        return false;
    snprintf(line->file, sizeof line->file, "%s", text_basename(path));
    line->path = path;
    line->line = number;
    line->start = start;
    return true;
}

const char *symbols_source(struct symbols *symbols, uint64_t va, char text[SYMBOL_TEXT]) {
    struct source_line line;
    text[0] = '\0';
    if (symbols_line(symbols, va, &line))
        snprintf(text, SYMBOL_TEXT, "%.140s:%d", line.file, line.line);
    return text;
}

/* libdw's answer for the function whose DIE starts there. */
struct prologue {
    Dwarf_Addr low, behind;
};

static int visit_function(Dwarf_Die *die, void *context) {
    struct prologue *p = context;
    Dwarf_Addr low, *places;
    if (dwarf_lowpc(die, &low) != 0 || low != p->low)
        return DWARF_CB_OK;
    int count = dwarf_entry_breakpoints(die, &places);
    if (count > 0) {
        p->behind = places[0];
        free(places);
    }
    return DWARF_CB_ABORT;
}

uint64_t symbols_behind_prologue(struct symbols *symbols, const struct symbol *function) {
    Dwarf_Addr bias = 0;
    Dwarf_Die *unit = dwfl_module_addrdie(symbols->module, function->va, &bias);
    struct prologue p = {.low = function->va - bias, .behind = 0};
    if (unit)
        dwarf_getfuncs(unit, visit_function, &p, 0);
    return p.behind ? p.behind + bias : function->va;
}
