/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * info registers, symbol, address, locals, args.
 */
#include "expr.h"
#include "expr_parse.h"

#include <elfutils/libdwfl.h>
#include <gelf.h>
#include <inttypes.h>
#include <string.h>

/* ---- Registers, as the selected frame has them */

static void print_register(struct data *d, const char *name, struct value *value) {
    char hex[32];
    uint64_t number;
    if (value->optimized_out) {
        printf("%-15s%s\n", name, "<not saved>");
        return;
    }
    value_number(d, value, &number);
    struct type *type = type_strip(&d->c, value->type);
    uint64_t mask = type->size < 8 ? (1ul << 8 * type->size) - 1 : ~0ul;
    snprintf(hex, sizeof hex, "0x%" PRIx64, number & mask);
    printf("%-15s%-20s", name, hex);
    if (type->kind == TYPE_POINTER && type_strip(&d->c, type->target)->kind == TYPE_VOID)
        printf("%s", hex);
    else
        value_print_inner(d, value, &(struct value_format){0}, 0, stdout);
    putchar('\n');
}

static enum facet_status print_named(struct data *d, const char *name, struct facet_error *error) {
    unsigned index;
    if (vector_register(name, &index)) {
        printf("%-15s", name);
        value_print_inner(d, variable_get(d, name, false), &(struct value_format){0}, 0, stdout);
        putchar('\n');
        return FACET_OK;
    }
    if (!variable_is_register(d, name))
        return facet_fail(error, FACET_ERR_USAGE, "Invalid register `%s'", name);
    print_register(d, name, variable_get(d, name, false));
    return FACET_OK;
}

enum facet_status cmd_info_registers(struct cli *cli, const char *args, struct facet_error *error) {
    static const char *const order[] = {"rax", "rbx", "rcx", "rdx",    "rsi",     "rdi",    "rbp",
                                        "rsp", "r8",  "r9",  "r10",    "r11",     "r12",    "r13",
                                        "r14", "r15", "rip", "eflags", "fs_base", "gs_base"};
    struct data *d = data_of(cli);
    enum facet_status status = cmd_need_started(cli, error);
    if (status)
        return status;
    struct evaluation evaluation = data_begin(d, error);
    for (size_t i = 0; !*args && i < sizeof order / sizeof *order; i++)
        print_named(d, order[i], error);
    while (*args && status == FACET_OK) {
        char word[32];
        cmd_word(&args, word, sizeof word);
        status = print_named(d, word + (*word == '$'), error);
    }
    data_end(d, evaluation, NULL);
    return status;
}

/* ---- Symbols */

/* The section that an address lies in, "" if none is known. */
static const char *section_name(struct data *d, uint64_t va) {
    GElf_Addr bias = 0;
    Elf *elf = dwfl_module_getelf(symbols_module(d->c.symbols), &bias);
    size_t names;
    GElf_Shdr header;
    if (!elf || elf_getshdrstrndx(elf, &names) != 0)
        return "";
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));)
        if (gelf_getshdr(section, &header) && header.sh_flags & SHF_ALLOC &&
            va - bias - header.sh_addr < header.sh_size) {
            const char *name = elf_strptr(elf, names, header.sh_name);
            return name ? name : "";
        }
    return "";
}

enum facet_status cmd_info_symbol(struct cli *cli, const char *args, struct facet_error *error) {
    struct data *d = data_of(cli);
    uint64_t va;
    enum facet_status status = expr_address(cli, args, &va, error);
    if (status)
        return status;
    const struct symbol *symbol = symbols_at(d->c.symbols, va);
    if (!symbol)
        printf("No symbol matches %s.\n", args);
    else if (symbol->va == va)
        printf("%s in section %s\n", symbol->name, section_name(d, va));
    else
        printf("%s + %" PRIu64 " in section %s\n", symbol->name, va - symbol->va, section_name(d, va));
    return FACET_OK;
}

enum facet_status cmd_info_address(struct cli *cli, const char *args, struct facet_error *error) {
    struct data *d = data_of(cli);
    struct found found;
    struct evaluation evaluation = data_begin(d, error);
    struct value *value = NULL;
    bool known = *args && scope_find(d, args, &found);
    if (!*args)
        data_fail(d, "Argument required.");
    else if (!known || (found.kind != FOUND_VARIABLE && found.kind != FOUND_FUNCTION && found.kind != FOUND_SYMBOL))
        data_fail(d, "No symbol \"%s\" in current context.", args);
    else
        value = scope_value(d, &found, args);
    if (value && value->optimized_out)
        printf("Symbol \"%s\" is optimized out.\n", args);
    else if (value && value->where == VALUE_REGISTER)
        printf("Symbol \"%s\" is a variable in a register.\n", args);
    else if (value && value->where != VALUE_MEMORY)
        printf("Symbol \"%s\" is constant.\n", args);
    else if (value && found.kind == FOUND_VARIABLE && found.local)
        printf("Symbol \"%s\" is a variable of the frame, at address 0x%" PRIx64 ".\n", args, value->address);
    else if (value)
        printf(found.kind == FOUND_VARIABLE   ? "Symbol \"%s\" is static storage at address 0x%" PRIx64 ".\n"
               : found.kind == FOUND_FUNCTION ? "Symbol \"%s\" is a function at address 0x%" PRIx64 ".\n"
                                              : "Symbol \"%s\" is at 0x%" PRIx64
                                                " in a file compiled without debugging.\n",
               args, value->address);
    data_end(d, evaluation, NULL);
    return value ? FACET_OK : FACET_ERR_USAGE;
}

/* ---- Variables of the frame */

struct listing {
    struct data *d;
    unsigned count;
};

static void list_variable(void *context, Dwarf_Die *die, Dwarf_Die *function) {
    struct listing *l = context;
    struct data *d = l->d;
    struct facet_error error = {{0}};
    struct evaluation evaluation = data_begin(d, &error);
    struct found found = {.kind = FOUND_VARIABLE, .die = *die, .function = *function};
    struct value *value = scope_value(d, &found, dwarf_diename(die));
    printf("%s = ", dwarf_diename(die));
    if (value && value_fetch(d, value))
        value_print_inner(d, value, &(struct value_format){0}, 0, stdout);
    else
        printf("<error: %s>", error.text);
    putchar('\n');
    data_end(d, evaluation, NULL);
    l->count++;
}

static enum facet_status list(struct cli *cli, bool arguments, struct facet_error *error) {
    struct data *d = data_of(cli);
    struct listing l = {.d = d};
    if (!cli->started)
        return facet_fail(error, FACET_ERR_USAGE, "No frame selected.");
    struct evaluation evaluation = data_begin(d, error);
    bool known = scope_variables(d, arguments, list_variable, &l);
    data_end(d, evaluation, NULL);
    if (!known)
        printf("No symbol table info available.\n");
    else if (!l.count)
        printf(arguments ? "No arguments.\n" : "No locals.\n");
    return FACET_OK;
}

enum facet_status cmd_info_locals(struct cli *cli, const char *args, struct facet_error *error) {
    (void)args;
    return list(cli, false, error);
}

enum facet_status cmd_info_args(struct cli *cli, const char *args, struct facet_error *error) {
    (void)args;
    return list(cli, true, error);
}
