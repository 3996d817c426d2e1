/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * info functions, variables, types: what the program has of them, by regular expression.
 */
#include "text.h"
#include "value.h"

#include <dwarf.h>
#include <inttypes.h>
#include <regex.h>
#include <string.h>

struct entry {
    const char *file, *name;
    int line;
    const struct name *what;
};

struct search {
    struct data *d;
    enum name_kind kind; /* NAME_FUNCTION, NAME_VARIABLE; NAME_TYPEDEF: any type */
    bool all;            /* no expression was given */
    regex_t expression;
    struct entry *entries;
    size_t count;
};

static bool matches(const struct search *s, const char *name) {
    return s->all || regexec(&s->expression, name, 0, NULL, 0) == 0;
}

static bool is_wanted(const struct search *s, const struct name *name) {
    bool type =
        name->kind == NAME_TYPEDEF || name->kind == NAME_STRUCT || name->kind == NAME_UNION || name->kind == NAME_ENUM;
    return !name->declaration && (s->kind == NAME_TYPEDEF ? type : name->kind == s->kind) && matches(s, name->text);
}

/* Of functions only those that have code. */
static bool is_there(Dwarf_Die *die, const struct name *name) {
    Dwarf_Addr start;
    if (name->kind == NAME_FUNCTION)
        return scope_entry(die, &start);
    return true;
}

static void consider(void *context, const struct name *name) {
    struct search *s = context;
    Dwarf_Die die, unit;
    int line = 0;
    if (!is_wanted(s, name) || !catalogue_die(&s->d->c, name->die, &die) || !is_there(&die, name))
        return;
    const char *file = dwarf_decl_file(&die);
    if (!file && catalogue_die(&s->d->c, name->unit, &unit))
        file = dwarf_diename(&unit);
    dwarf_decl_line(&die, &line);
    const char *text =
        s->kind == NAME_TYPEDEF ? type_of_die(&s->d->c, &die)->name : name->text; /* "long", not "long int" */
    if (s->count % 256 == 0)
        s->entries = text_grow(s->entries, s->count + 256, sizeof *s->entries);
    s->entries[s->count++] = (struct entry){file ? file : "", text ? text : name->text, line, name};
}

static int by_file_and_name(const void *a, const void *b) {
    const struct entry *x = a, *y = b;
    int order = strcmp(x->file, y->file);
    if (!order)
        order = strcmp(x->name, y->name);
    return order ? order : x->line - y->line;
}

static void print_entry(struct search *s, const struct entry *entry) {
    Dwarf_Die die;
    struct catalogue *c = &s->d->c;
    catalogue_die(c, entry->what->die, &die);
    struct type *type = entry->what->kind == NAME_VARIABLE ? type_of_attribute(c, &die) : type_of_die(c, &die);
    if (entry->line)
        printf("%d:", entry->line);
    putchar('\t');
    if (s->kind != NAME_TYPEDEF) {
        printf(entry->what->external ? "" : "static ");
        type_print_declaration(c, type, entry->name, stdout);
        printf(";\n");
    } else if (type->kind == TYPE_TYPEDEF) {
        struct type *target = type->target;
        for (int i = 0; i < 50 && target->kind == TYPE_TYPEDEF; i++)
            target = target->target;
        printf("typedef ");
        type_print(c, target, stdout);
        printf(" %s;\n", entry->name);
    } else {
        type_print(c, type, stdout);
        printf(entry->what->kind == NAME_TYPEDEF ? "\n" : ";\n");
    }
}

static void print_entries(struct search *s) {
    const char *file = NULL;
    if (s->count)
        qsort(s->entries, s->count, sizeof *s->entries, by_file_and_name);
    for (size_t i = 0; i < s->count; i++) {
        const struct entry *entry = &s->entries[i];
        if (i && !by_file_and_name(entry - 1, entry)) /* a header's, in several units */
            continue;
        if (!file || strcmp(file, entry->file) != 0)
            printf("\nFile %s:\n", entry->file);
        file = entry->file;
        print_entry(s, entry);
    }
}

static int by_address_and_name(const void *a, const void *b) {
    const struct symbol *x = *(const struct symbol *const *)a, *y = *(const struct symbol *const *)b;
    return x->va != y->va ? (x->va < y->va ? -1 : 1) : strcmp(x->name, y->name);
}

static bool has_debug_information(struct search *s, const char *text) {
    Dwarf_Die die;
    for (const struct name *name = catalogue_find(&s->d->c, text); name; name = name_next(name))
        if (name->kind == s->kind && !name->declaration && catalogue_die(&s->d->c, name->die, &die) &&
            is_there(&die, name))
            return true;
    return false;
}

/* Symbols of files without debug information. */
static void print_symbols(struct search *s) {
    size_t count, found = 0;
    const struct symbol *symbols = symbols_all(s->d->c.symbols, &count);
    const struct symbol **list = text_grow(NULL, count + 1, sizeof *list);
    for (size_t i = 0; s->kind != NAME_TYPEDEF && i < count; i++)
        if (symbols[i].function == (s->kind == NAME_FUNCTION) && matches(s, symbols[i].name) &&
            !has_debug_information(s, symbols[i].name))
            list[found++] = &symbols[i];
    qsort(list, found, sizeof *list, by_address_and_name);
    if (found)
        printf("\nNon-debugging symbols:\n");
    for (size_t i = 0; i < found; i++)
        printf("0x%016" PRIx64 "  %s\n", list[i]->va, list[i]->name);
    free(list);
}

static enum facet_status list(struct cli *cli, const char *expression, enum name_kind kind, const char *what,
                              struct facet_error *error) {
    struct search s = {.d = data_of(cli), .kind = kind, .all = !*expression};
    char reason[100];
    int status = s.all ? 0 : regcomp(&s.expression, expression, REG_NOSUB);
    if (status) {
        regerror(status, &s.expression, reason, sizeof reason);
        return facet_fail(error, FACET_ERR_USAGE, "Invalid regexp: %s: %s", reason, expression);
    }
    if (s.all)
        printf("All defined %s:\n", what);
    else
        printf("All %s matching regular expression \"%s\":\n", what, expression);
    catalogue_each(&s.d->c, consider, &s);
    print_entries(&s);
    print_symbols(&s);
    free(s.entries);
    if (!s.all)
        regfree(&s.expression);
    return FACET_OK;
}

enum facet_status cmd_info_functions(struct cli *cli, const char *args, struct facet_error *error) {
    return list(cli, args, NAME_FUNCTION, "functions", error);
}

enum facet_status cmd_info_variables(struct cli *cli, const char *args, struct facet_error *error) {
    return list(cli, args, NAME_VARIABLE, "variables", error);
}

enum facet_status cmd_info_types(struct cli *cli, const char *args, struct facet_error *error) {
    return list(cli, args, NAME_TYPEDEF, "types", error);
}
