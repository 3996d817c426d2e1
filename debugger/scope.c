/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a name means: the blocks around the frame's pc, its source file, the program, and at last the symbol table.
 */
#include "location.h"
#include "text.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <string.h>

#define BLOCKS_MAX 64
#define SEEN_MAX 256

struct scope {
    Dwarf_Die unit;
    Dwarf_Die block[BLOCKS_MAX]; /* the function first, the innermost last */
    size_t count;
};

/* ---- Blocks around an address */

static bool is_block(int tag) {
    return tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine;
}

static bool descend(struct scope *scope, Dwarf_Die *parent, uint64_t pc) {
    Dwarf_Die child;
    if (scope->count == BLOCKS_MAX || dwarf_child(parent, &child) != 0)
        return false;
    do
        if (is_block(dwarf_tag(&child)) && dwarf_haspc(&child, pc) == 1) {
            scope->block[scope->count++] = child;
            return true;
        }
    while (dwarf_siblingof(&child, &child) == 0);
    return false;
}

static bool unit_of(struct catalogue *c, uint64_t pc, Dwarf_Die *unit) {
    Dwarf_Addr bias;
    Dwarf_Die *found = c->dwarf ? dwfl_module_addrdie(symbols_module(c->symbols), pc, &bias) : NULL;
    Dwarf_Off offset = 0, next;
    size_t header;
    if (found)
        *unit = *found;
    for (; c->dwarf && !found && dwarf_nextcu(c->dwarf, offset, &next, &header, NULL, NULL, NULL) == 0; offset = next)
        if (dwarf_offdie(c->dwarf, offset + header, unit) && dwarf_haspc(unit, pc - c->bias) == 1)
            found = unit;
    return found != NULL;
}

static bool scope_at(struct catalogue *c, uint64_t pc, struct scope *scope) {
    if (c->scope && c->scope_pc == pc) {
        *scope = *c->scope;
        return true;
    }
    scope->count = 0;
    if (!unit_of(c, pc, &scope->unit))
        return false;
    Dwarf_Die at = scope->unit;
    while (descend(scope, &at, pc - c->bias))
        at = scope->block[scope->count - 1];
    if (!c->scope)
        c->scope = catalogue_alloc(c, sizeof *scope);
    *c->scope = *scope;
    c->scope_pc = pc;
    return true;
}

/* Without the functions inlined there that the frame calls. */
static bool scope_here(struct data *d, struct scope *scope) {
    scope->count = 0;
    if (!data_frame(d) || !scope_at(&d->c, d->frame.lookup_pc, scope))
        return false;
    for (unsigned i = 0; i < d->frame.inlined && scope->count > 1;)
        i += dwarf_tag(&scope->block[--scope->count]) == DW_TAG_inlined_subroutine;
    return true;
}

/* The innermost function's block, inlined or not. */
static size_t function_block(const struct scope *scope) {
    size_t i = scope->count - 1;
    while (i && dwarf_tag((Dwarf_Die *)&scope->block[i]) != DW_TAG_inlined_subroutine)
        i--;
    return i;
}

bool scope_function(struct data *d, uint64_t pc, Dwarf_Die *function) {
    struct scope scope;
    if (!scope_at(&d->c, pc, &scope) || !scope.count)
        return false;
    *function = scope.block[0];
    return true;
}

bool scope_entry(Dwarf_Die *function, Dwarf_Addr *start) {
    Dwarf_Addr base, end;
    return dwarf_entrypc(function, start) == 0 || dwarf_ranges(function, 0, &base, start, &end) > 0;
}

/* ---- Names in a block */

static enum found_kind kind_of(int tag) {
    switch (tag) {
    case DW_TAG_variable:
    case DW_TAG_formal_parameter:
        return FOUND_VARIABLE;
    case DW_TAG_subprogram:
        return FOUND_FUNCTION;
    case DW_TAG_enumerator:
        return FOUND_ENUMERATOR;
    case DW_TAG_typedef:
    case DW_TAG_base_type:
        return FOUND_TYPE;
    default:
        return FOUND_NOTHING;
    }
}

/* Does the variable lie in its function's frame or registers, not at one address of the program? */
static bool in_frame(Dwarf_Die *die) {
    Dwarf_Attribute attr;
    Dwarf_Op *ops;
    size_t count;
    if (!dwarf_attr_integrate(die, DW_AT_location, &attr) || dwarf_getlocation(&attr, &ops, &count) != 0 || !count)
        return true;
    return ops[0].atom != DW_OP_addr && ops[0].atom != DW_OP_addrx;
}

static bool find_enumerator(Dwarf_Die *type, const char *name, Dwarf_Die *found) {
    if (dwarf_child(type, found) != 0)
        return false;
    do {
        const char *text = dwarf_diename(found);
        if (text && !strcmp(text, name))
            return true;
    } while (dwarf_siblingof(found, found) == 0);
    return false;
}

static bool find_in_block(Dwarf_Die *block, const char *name, struct found *found) {
    Dwarf_Die child;
    if (dwarf_child(block, &child) != 0)
        return false;
    do {
        int tag = dwarf_tag(&child);
        const char *text = dwarf_diename(&child);
        if (tag == DW_TAG_enumeration_type && find_enumerator(&child, name, &found->die)) {
            found->kind = FOUND_ENUMERATOR;
            found->parent = dwarf_dieoffset(&child);
            return true;
        }
        if (!text || strcmp(text, name) != 0 || kind_of(tag) == FOUND_NOTHING || tag == DW_TAG_subprogram)
            continue;
        found->kind = kind_of(tag);
        found->die = child;
        return true;
    } while (dwarf_siblingof(&child, &child) == 0);
    return false;
}

/* The code around the frame's pc in which the block's names mean something. */
static void set_range(struct data *d, struct found *found, Dwarf_Die *block) {
    Dwarf_Addr base, lo, hi, pc = d->frame.lookup_pc - d->c.bias;
    for (ptrdiff_t next = 0; (next = dwarf_ranges(block, next, &base, &lo, &hi)) > 0;)
        if (pc >= lo && pc < hi) {
            found->local = true;
            found->lo = lo + d->c.bias;
            found->hi = hi + d->c.bias;
        }
}

/* ---- Names of the program */

static enum found_kind kind_of_name(const struct name *name) {
    switch (name->kind) {
    case NAME_VARIABLE:
        return FOUND_VARIABLE;
    case NAME_FUNCTION:
        return FOUND_FUNCTION;
    case NAME_ENUMERATOR:
        return FOUND_ENUMERATOR;
    case NAME_TYPEDEF:
        return FOUND_TYPE;
    default:
        return FOUND_NOTHING;
    }
}

static bool has_code(struct data *d, const struct name *name) {
    Dwarf_Die die;
    Dwarf_Addr start;
    return name->kind != NAME_FUNCTION || (catalogue_die(&d->c, name->die, &die) && scope_entry(&die, &start));
}

/* Better ones have higher ranks: this file's before those of all files before other files' own; defined before
 * declared. */
static int rank(struct data *d, const struct name *name, const Dwarf_Die *unit) {
    bool here = unit && name->unit == dwarf_dieoffset((Dwarf_Die *)unit);
    if (kind_of_name(name) == FOUND_NOTHING)
        return -1;
    return (!name->declaration && has_code(d, name) ? 4 : 0) + (here ? 2 : name->external ? 1 : 0);
}

static bool find_name(struct data *d, const char *text, const Dwarf_Die *unit, struct found *found) {
    const struct name *best = NULL;
    for (const struct name *name = catalogue_find(&d->c, text); name; name = name_next(name))
        if (rank(d, name, unit) >= 0 && (!best || rank(d, name, unit) > rank(d, best, unit)))
            best = name;
    if (!best || !catalogue_die(&d->c, best->die, &found->die))
        return false;
    found->kind = kind_of_name(best);
    found->parent = best->parent;
    return true;
}

static const struct symbol *elf_symbol(struct data *d, const char *name) {
    size_t count;
    const struct symbol *all = symbols_all(d->c.symbols, &count), *best = NULL;
    for (size_t i = 0; i < count; i++)
        if (!strcmp(all[i].name, name) && (!best || (all[i].global && !best->global)))
            best = &all[i];
    return best;
}

static bool thread_symbol(struct data *d, const char *name, uint64_t *offset) {
    struct Dwfl_Module *module = symbols_module(d->c.symbols);
    int count = dwfl_module_getsymtab(module);
    for (int i = 1; i < count; i++) {
        GElf_Sym symbol;
        const char *text = dwfl_module_getsym(module, i, &symbol, NULL);
        if (!text || GELF_ST_TYPE(symbol.st_info) != STT_TLS || strcmp(text, name) != 0)
            continue;
        *offset = symbol.st_value;
        return true;
    }
    return false;
}

bool scope_find(struct data *d, const char *name, struct found *found) {
    struct scope scope;
    bool here = scope_here(d, &scope);
    *found = (struct found){0};
    for (size_t i = scope.count; i-- > 0;)
        if (find_in_block(&scope.block[i], name, found)) {
            found->function = scope.block[0];
            if (found->kind == FOUND_VARIABLE && in_frame(&found->die))
                set_range(d, found, &scope.block[i]);
            return true;
        }
    if (find_name(d, name, here ? &scope.unit : NULL, found))
        return true;
    found->symbol = elf_symbol(d, name);
    found->kind = found->symbol ? FOUND_SYMBOL : thread_symbol(d, name, &found->offset) ? FOUND_THREAD : FOUND_NOTHING;
    return found->kind != FOUND_NOTHING;
}

/* ---- function::name, 'file.c'::name */

static bool find_below(Dwarf_Die *block, const char *name, struct found *found, int depth) {
    Dwarf_Die child;
    if (find_in_block(block, name, found))
        return true;
    if (depth == BLOCKS_MAX || dwarf_child(block, &child) != 0)
        return false;
    do
        if (dwarf_tag(&child) == DW_TAG_lexical_block && find_below(&child, name, found, depth + 1))
            return true;
    while (dwarf_siblingof(&child, &child) == 0);
    return false;
}

static bool find_in_file(struct data *d, const char *file, const char *name, struct found *found) {
    for (const struct name *n = catalogue_find(&d->c, name); n; n = name_next(n)) {
        Dwarf_Die unit;
        const char *path = catalogue_die(&d->c, n->unit, &unit) ? dwarf_diename(&unit) : NULL;
        if (!path || (strcmp(path, file) != 0 && strcmp(text_basename(path), file) != 0) || n->declaration)
            continue;
        found->kind = kind_of_name(n);
        found->parent = n->parent;
        if (found->kind != FOUND_NOTHING && catalogue_die(&d->c, n->die, &found->die))
            return true;
    }
    return false;
}

bool scope_find_in(struct data *d, const char *where, const char *name, struct found *found) {
    *found = (struct found){0};
    if (find_in_file(d, where, name, found))
        return true;
    for (const struct name *n = catalogue_find(&d->c, where); n; n = name_next(n))
        if (n->kind == NAME_FUNCTION && catalogue_die(&d->c, n->die, &found->function) &&
            find_below(&found->function, name, found, 0))
            return true;
    return false;
}

/* ---- Types */

static int tag_of(enum name_kind kind) {
    return kind == NAME_STRUCT  ? DW_TAG_structure_type
           : kind == NAME_UNION ? DW_TAG_union_type
                                : DW_TAG_enumeration_type;
}

struct type *scope_tagged(struct data *d, enum name_kind kind, const char *tag) {
    struct scope scope;
    scope_here(d, &scope);
    for (size_t i = scope.count; i-- > 0;) {
        Dwarf_Die child;
        if (dwarf_child(&scope.block[i], &child) != 0)
            continue;
        do {
            const char *text = dwarf_tag(&child) == tag_of(kind) ? dwarf_diename(&child) : NULL;
            if (text && !strcmp(text, tag))
                return type_of_die(&d->c, &child);
        } while (dwarf_siblingof(&child, &child) == 0);
    }
    return type_tagged(&d->c, kind, tag);
}

struct type *scope_type(struct data *d, const struct found *found) {
    Dwarf_Die die = found->die;
    switch (found->kind) {
    case FOUND_VARIABLE:
        return type_of_attribute(&d->c, &die);
    case FOUND_FUNCTION:
    case FOUND_TYPE:
        return type_of_die(&d->c, &die);
    default:
        return type_basic(found->symbol && found->symbol->function ? BASIC_NO_DEBUG_TEXT : BASIC_NO_DEBUG_DATA);
    }
}

/* ---- Values */

static struct value *enumerator_value(struct data *d, const struct found *found) {
    Dwarf_Attribute attr;
    int64_t number = 0;
    Dwarf_Die die = found->die, parent;
    struct type *type = catalogue_die(&d->c, found->parent, &parent) ? type_of_die(&d->c, &parent) : NULL;
    if (dwarf_attr(&die, DW_AT_const_value, &attr))
        type_constant(&attr, &number);
    return value_of_int(d, type && type->kind == TYPE_ENUM ? type : type_basic(BASIC_INT), (uint64_t)number);
}

static struct value *thread_value(struct data *d, uint64_t offset, struct type *type) {
    uint64_t va;
    enum outcome outcome = location_thread(d, offset, &va);
    return outcome == OK ? value_at(d, type, va) : outcome == LOST ? value_optimized_out(d, type) : NULL;
}

static struct value *symbol_value(struct data *d, const char *name, struct type *type) {
    const struct symbol *symbol = elf_symbol(d, name);
    return symbol ? value_at(d, type, symbol->va) : value_optimized_out(d, type);
}

static struct value *variable_value(struct data *d, const struct found *found, const char *name) {
    Dwarf_Attribute attr;
    Dwarf_Die die = found->die, function = found->function;
    struct type *type = scope_type(d, found);
    bool placed =
        dwarf_attr_integrate(&die, DW_AT_location, &attr) || dwarf_attr_integrate(&die, DW_AT_const_value, &attr);
    bool flag = false;
    if (!placed && dwarf_attr_integrate(&die, DW_AT_external, &attr))
        dwarf_formflag(&attr, &flag);
    if (!placed && flag) /* declared only: its file has no debug information */
        return symbol_value(d, name, type);
    return location_value(d, &die, function.addr ? &function : NULL, type);
}

struct value *scope_value(struct data *d, const struct found *found, const char *name) {
    Dwarf_Die die = found->die;
    Dwarf_Addr lo;
    switch (found->kind) {
    case FOUND_VARIABLE:
        return variable_value(d, found, name);
    case FOUND_ENUMERATOR:
        return enumerator_value(d, found);
    case FOUND_FUNCTION:
        if (scope_entry(&die, &lo))
            return value_at(d, scope_type(d, found), lo + d->c.bias);
        return symbol_value(d, name, scope_type(d, found));
    case FOUND_SYMBOL:
        return value_at(d, scope_type(d, found), found->symbol->va);
    case FOUND_THREAD: /* the one that everybody knows has a type */
        return thread_value(d, found->offset, strcmp(name, "errno") ? scope_type(d, found) : type_basic(BASIC_INT));
    default:
        return data_fail(d, "No symbol \"%s\" in current context.", name);
    }
}

/* ---- All variables of the function, for `info locals` and `info args` */

struct visiting {
    Dwarf_Die *function;
    int tag;
    scope_visit *visit;
    void *context;
    Dwarf_Off seen[SEEN_MAX]; /* DIEs of the abstract instance whose concrete ones have been visited */
    size_t count;
};

static void note_origin(struct visiting *v, Dwarf_Die *die) {
    Dwarf_Attribute attr;
    Dwarf_Die origin;
    if (dwarf_attr(die, DW_AT_abstract_origin, &attr) && dwarf_formref_die(&attr, &origin) && v->count < SEEN_MAX)
        v->seen[v->count++] = dwarf_dieoffset(&origin);
}

static bool is_seen(const struct visiting *v, Dwarf_Die *die) {
    for (size_t i = 0; i < v->count; i++)
        if (v->seen[i] == dwarf_dieoffset(die))
            return true;
    return false;
}

static void visit_children(struct visiting *v, Dwarf_Die *block) {
    Dwarf_Die child;
    if (dwarf_child(block, &child) != 0)
        return;
    do
        if (dwarf_tag(&child) == v->tag && dwarf_diename(&child) && !is_seen(v, &child)) {
            note_origin(v, &child);
            v->visit(v->context, &child, v->function);
        }
    while (dwarf_siblingof(&child, &child) == 0);
}

/* The block's own, then those that only the function's abstract instance still has: they were optimized out. */
static void visit_block(Dwarf_Die *block, Dwarf_Die *function, int tag, scope_visit *visit, void *context) {
    struct visiting v = {.function = function, .tag = tag, .visit = visit, .context = context};
    Dwarf_Attribute attr;
    Dwarf_Die origin;
    visit_children(&v, block);
    if (dwarf_attr(block, DW_AT_abstract_origin, &attr) && dwarf_formref_die(&attr, &origin))
        visit_children(&v, &origin);
}

bool scope_variables(struct data *d, bool arguments, scope_visit *visit, void *context) {
    struct scope scope;
    if (!scope_here(d, &scope) || !scope.count)
        return false;
    size_t function = function_block(&scope);
    if (arguments)
        visit_block(&scope.block[function], &scope.block[0], DW_TAG_formal_parameter, visit, context);
    for (size_t i = scope.count; !arguments && i-- > function;)
        visit_block(&scope.block[i], &scope.block[0], DW_TAG_variable, visit, context);
    return true;
}
