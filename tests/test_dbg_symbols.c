/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Names, lines and breakpoints of a sample program, as nm, addr2line and gdb see them.
 */
#include "debugger/symbols.h"
#include "debugger/text.h"

#include <criterion/criterion.h>
#include <string.h>

#define LEDGER BUILD_DIR "/guests/ledger"

static struct symbols *symbols;

static void open_symbols(void) {
    cr_assert_eq(symbols_open(LEDGER, 0, &symbols, NULL), FACET_OK);
}

static void close_symbols(void) {
    symbols_close(symbols);
}

TestSuite(dbg_symbols, .init = open_symbols, .fini = close_symbols);

Test(dbg_symbols, every_instruction_has_the_line_that_addr2line_tells) {
    const struct symbol *main_symbol;
    char command[200], theirs[SYMBOL_TEXT], ours[SYMBOL_TEXT];
    int known = 0;
    cr_assert_eq(symbols_find(symbols, "main", &main_symbol, NULL), FACET_OK);
    snprintf(command, sizeof command, "seq %lu %lu | awk '{printf \"%%x\\n\", $1}' | addr2line -s -e " LEDGER,
             main_symbol->va, main_symbol->va + main_symbol->size - 1);
    FILE *addr2line = popen(command, "r");
    for (uint64_t va = main_symbol->va; va < main_symbol->va + main_symbol->size; va++) {
        cr_assert(fgets(theirs, sizeof theirs, addr2line));
        theirs[strcspn(theirs, " \n")] = '\0'; /* " (discriminator 2)" */
        if (strchr(theirs, '?'))
            continue;
        cr_assert_str_eq(symbols_source(symbols, va, ours), theirs, "at 0x%lx: %s, addr2line says %s", va, ours,
                         theirs);
        known++;
    }
    pclose(addr2line);
    cr_assert(known > 100);
}

Test(dbg_symbols, every_symbol_is_found_by_name_and_by_address) {
    char name[100], text[SYMBOL_TEXT];
    unsigned long va, size;
    int seen = 0;
    FILE *nm = popen("nm -S " LEDGER " | awk 'NF == 4 && $3 ~ /[tTdDbBrR]/ && $2 !~ /^0+$/ {print $1, $2, $4}'", "r");
    while (fscanf(nm, "%lx %lx %99s", &va, &size, name) == 3) {
        const struct symbol *found;
        cr_assert_eq(symbols_find(symbols, name, &found, NULL), FACET_OK, "%s", name);
        cr_assert(found->va == va && found->size == size, "%s", name);
        cr_assert_str_eq(symbols_name(symbols, va, text), name);
        char *inside = text_format("%s+0x%lx", name, size - 1);
        cr_assert_str_eq(symbols_name(symbols, va + size - 1, text), inside);
        free(inside);
        seen++;
    }
    pclose(nm);
    cr_assert(seen > 3);
    cr_assert_str_eq(symbols_name(symbols, 0x10, text), "");
    cr_assert_str_eq(symbols_source(symbols, 0x10, text), "");
}

Test(dbg_symbols, breakpoints_are_where_gdb_puts_them) {
    static const char *const functions[] = {"main", "add_to_balance", "remember_payment"};
    for (size_t i = 0; i < 3; i++) {
        const struct symbol *function;
        unsigned long theirs = 0;
        char *command = text_format("gdb -nx -batch -ex 'break %s' " LEDGER
                                    " 2>/dev/null | sed -n 's/.* at \\(0x[0-9a-f]*\\).*/\\1/p'",
                                    functions[i]);
        FILE *gdb = popen(command, "r");
        if (fscanf(gdb, "%lx", &theirs) != 1)
            cr_skip_test("there is no gdb");
        pclose(gdb);
        free(command);
        cr_assert_eq(symbols_find(symbols, functions[i], &function, NULL), FACET_OK);
        cr_assert_eq(symbols_behind_prologue(symbols, function), theirs, "%s: 0x%lx, gdb says 0x%lx", functions[i],
                     symbols_behind_prologue(symbols, function), theirs);
    }
}
