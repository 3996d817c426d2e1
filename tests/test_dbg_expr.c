/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The debugger's expressions: constants against the C compiler, the rest by reasoning. (What depends on a program is
 * compared with gdb by tests/cli/test_expressions.sh.)
 */
#include "debugger/expr.h"
#include "debugger/expr_parse.h"

#include <criterion/criterion.h>
#include <string.h>

#define LEDGER BUILD_DIR "/guests/ledger"

static struct cli cli;

static void open_ledger(void) {
    static char *argv[] = {LEDGER, NULL};
    struct session_config config = {.program = LEDGER, .argv = argv, .argc = 1, .memory = 64 << 20};
    cr_assert_eq(session_open(&config, &cli.session, NULL), FACET_OK);
    cli.set.print_elements = 200;
    cli.set.print_repeats = 10;
}

static void close_ledger(void) {
    expr_forget(&cli);
    session_close(cli.session);
}

TestSuite(dbg_expr, .init = open_ledger, .fini = close_ledger);

/* ---- The compiler as oracle: value, size and type */

static void same(const char *text, const void *bytes, size_t size, const char *type) {
    struct value *value;
    struct facet_error error = {{0}};
    char *name = NULL;
    size_t length;
    cr_assert_eq(expr_eval(&cli, text, &value, &error), FACET_OK, "%s: %s", text, error.text);
    cr_assert_eq(value->size, size, "%s: %lu bytes, the compiler says %zu", text, value->size, size);
    cr_assert_eq(memcmp(value->bytes, bytes, size), 0, "%s", text);
    FILE *out = open_memstream(&name, &length);
    type_print(&data_of(&cli)->c, value->type, out);
    fclose(out);
    cr_assert_str_eq(name, type, "%s: %s, the compiler says %s", text, name, type);
    free(name);
    value_free(value);
}

#define TYPE_NAME(e)                                                                                                   \
    _Generic((e), char                                                                                                 \
             : "char", signed char                                                                                     \
             : "signed char", unsigned char                                                                            \
             : "unsigned char", short                                                                                  \
             : "short", unsigned short                                                                                 \
             : "unsigned short", int                                                                                   \
             : "int", unsigned                                                                                         \
             : "unsigned int", long                                                                                    \
             : "long", unsigned long                                                                                   \
             : "unsigned long", float                                                                                  \
             : "float", double                                                                                         \
             : "double")
#define SAME(expression)                                                                                               \
    do {                                                                                                               \
        __typeof__(expression) compiled = (expression);                                                                \
        same(#expression, &compiled, sizeof compiled, TYPE_NAME(compiled));                                            \
    } while (0)

#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wparentheses"
#pragma GCC diagnostic ignored "-Woverflow"

Test(dbg_expr, literals_have_the_compilers_types_and_values) {
    SAME(0);
    SAME(2147483647);
    SAME(2147483648);
    SAME(4294967296);
    SAME(0x7fffffff);
    SAME(0xffffffff);
    SAME(0x100000000);
    SAME(0xffffffffffffffff);
    SAME(017);
    SAME(1u);
    SAME(1l);
    SAME(1UL);
    SAME(1.5);
    SAME(1.5f);
    SAME(1e3);
    SAME(.25);
    SAME(0x1p-3);
}

Test(dbg_expr, operators_bind_as_in_c) {
    SAME(1 + 2 * 3);
    SAME((1 + 2) * 3);
    SAME(10 - 5 - 3);
    SAME(100 / 10 / 5);
    SAME(2 + 3 << 1);
    SAME(1 | 2 & 3);
    SAME(1 | 6 ^ 3 & 2);
    SAME(1 == 1 == 1);
    SAME(3 > 2 > 1);
    SAME(1 ? 2 : 3 ? 4 : 5);
    SAME(0 ? 2 : 0 ? 4 : 5);
    SAME(1 || 0 && 0);
    SAME(-2 * -3);
    SAME(!0 + 1);
    SAME(~5 & 0xff);
    SAME(-5 % 3);
    SAME(- -5);
    SAME(sizeof(int) * 3);
    SAME(sizeof(int[7]));
    SAME(sizeof 1 + 1);
}

Test(dbg_expr, arithmetic_converts_as_in_c) {
    SAME(7u - 8);
    SAME(-1 < 1u);
    SAME(-1l < 1u);
    SAME(-1 / 2);
    SAME(-1 >> 1);
    SAME(-1u >> 1);
    SAME(5 / 2.0);
    SAME(1.0f / 3);
    SAME(1 / 3.0f + 1.0);
    SAME(4000000000u + 4000000000u);
    SAME(4000000000u * 1l);
    SAME((short)70000 + 1);
    SAME((char)200 < 0);
    SAME((unsigned char)200 < 0);
    SAME((int)3.99);
    SAME((int)-3.99);
    SAME((unsigned char)-1);
    SAME((long)-1);
    SAME((unsigned)-1);
    SAME((unsigned long)-1 / 3);
    SAME((float)1 / 3);
    SAME((double)7);
    SAME((unsigned long)1 << 63);
    SAME(1l << 40);
    SAME(0x8000000000000000 % 7);
}

/* ---- Errors */

static void fails(const char *text, const char *message) {
    struct value *value;
    struct facet_error error = {{0}};
    cr_assert_neq(expr_eval(&cli, text, &value, &error), FACET_OK, "%s", text);
    cr_assert_null(value);
    cr_assert_str_eq(error.text, message, "%s: %s", text, error.text);
}

Test(dbg_expr, errors_are_worded_as_gdbs) {
    fails("nosuch", "No symbol \"nosuch\" in current context.");
    fails("1 +", "A syntax error in expression, near `'.");
    fails("1 2", "A syntax error in expression, near `2'.");
    fails("(1", "A syntax error in expression, near `'.");
    fails(")", "A syntax error in expression, near `)'.");
    fails("ledger[0].", "A syntax error in expression, near `'.");
    fails("12abc", "Invalid number \"12abc\".");
    fails("08", "Invalid number \"08\".");
    fails("18446744073709551616", "Numeric constant too large.");
    fails("\"abc", "Unterminated string in expression.");
    fails("'a", "Unmatched single quote.");
    fails("1 # 2", "Invalid character '#' in expression.");
    fails("1 / 0", "Division by zero");
    fails("5 = 3", "Left operand of assignment is not an lvalue.");
    fails("int", "Attempt to use a type name as an expression");
    fails("*(int *)0", "Cannot access memory at address 0x0");
    fails("ledger[0].nosuch", "There is no member named nosuch.");
    fails("*ledger[0]", "Structure has no component named operator*.");
    fails("struct nosuch *", "No struct type named nosuch.");
    fails("$rip", "No registers.");
    fails("5 @ 2", "Only values in memory can be extended with '@'.");
    fails("*ledger @ 0", "Invalid number 0 of repetitions.");
    fails("", "Argument required (expression to compute).");
}

Test(dbg_expr, what_is_nested_too_deeply_is_refused) {
    char deep[5001];
    memset(deep, '(', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    fails(deep, "The expression is nested too deeply.");
    memset(deep, '-', sizeof deep - 1);
    for (size_t i = 1; i < sizeof deep - 1; i += 2)
        deep[i] = ' ';
    fails(deep, "The expression is nested too deeply.");
}

/* ---- A program that does not run: what its file says */

Test(dbg_expr, a_program_that_does_not_run_shows_what_its_file_holds) {
    uint64_t number;
    const struct symbol *ledger;
    cr_assert_eq(symbols_find(session_symbols(cli.session), "ledger", &ledger, NULL), FACET_OK);
    cr_assert_eq(expr_number(&cli, "&ledger", &number, NULL), FACET_OK);
    cr_assert_eq(number, ledger->va);
    cr_assert_eq(expr_number(&cli, "sizeof ledger", &number, NULL), FACET_OK);
    cr_assert_eq(number, ledger->size);
    cr_assert_eq(expr_number(&cli, "&ledger[2].balance", &number, NULL), FACET_OK);
    cr_assert_eq(number, ledger->va + 2 * 64 + 48);
    cr_assert_eq(expr_number(&cli, "ledger[0].owner[0]", &number, NULL), FACET_OK);
    cr_assert_eq(number, 'a'); /* alice */
}

Test(dbg_expr, an_object_of_memory_has_address_and_size) {
    struct expr_object object;
    struct facet_error error;
    const struct symbol *ledger;
    cr_assert_eq(symbols_find(session_symbols(cli.session), "ledger", &ledger, NULL), FACET_OK);
    cr_assert_eq(expr_object(&cli, "ledger[1].recent", &object, &error), FACET_OK);
    cr_assert_eq(object.va, ledger->va + 64 + 16);
    cr_assert_eq(object.size, 32);
    cr_assert_not(object.local);
    cr_assert_eq(expr_object(&cli, "*(short *)0x1234", &object, &error), FACET_OK);
    cr_assert(object.va == 0x1234 && object.size == 2);
    cr_assert_neq(expr_object(&cli, "1 + 1", &object, &error), FACET_OK);
    cr_assert_str_eq(error.text, "\"1 + 1\" does not lie in memory.");
}

/* ---- Convenience variables and truth */

Test(dbg_expr, convenience_variables_keep_their_type_and_value) {
    uint64_t number;
    bool truth;
    expr_variable_set(&cli, "found", 7);
    cr_assert_eq(expr_number(&cli, "$found += 0x100000000", &number, NULL), FACET_OK);
    cr_assert_eq(expr_number(&cli, "$found", &number, NULL), FACET_OK);
    cr_assert_eq(number, 0x100000007);
    cr_assert_eq(expr_number(&cli, "$found++ + sizeof $found", &number, NULL), FACET_OK);
    cr_assert_eq(number, 0x100000007 + 8);
    cr_assert_eq(expr_true(&cli, "$found == 0x100000008", &truth, NULL), FACET_OK);
    cr_assert(truth);
    cr_assert_eq(expr_true(&cli, "0.0", &truth, NULL), FACET_OK);
    cr_assert_not(truth);
}

/* ---- Random tokens: each is a value or an error */

Test(dbg_expr, random_tokens_do_no_harm) {
    static const char *const tokens[] = {
        "ledger",   "[",       "]",     "(",     ")",    "*",  "&",      "1",   "0x7fffffffffffffff",
        ".",        "balance", "->",    "+",     "-",    "@",  "sizeof", "int", "struct",
        "account",  "?",       ":",     ",",     "=",    "<<", "%",      "/",   "\"x\"",
        "'c'",      "$x",      "$",     "{",     "}",    "::", "!",      "++",  "1.5",
        "unsigned", "char",    "const", "owner", "main", "-1", "~"};
    unsigned seed = 1;
    int values = 0;
    for (int round = 0; round < 20000; round++) {
        char text[400] = "";
        struct value *value;
        struct facet_error error = {{0}};
        for (int n = 1 + rand_r(&seed) % 9; n-- > 0;) {
            strcat(text, tokens[(size_t)rand_r(&seed) % (sizeof tokens / sizeof *tokens)]);
            strcat(text, " ");
        }
        enum facet_status status = expr_eval(&cli, text, &value, &error);
        cr_assert((status == FACET_OK) == (value != NULL), "%s", text);
        cr_assert(value || *error.text, "%s: fails without a reason", text);
        values += value != NULL;
        value_free(value);
    }
    cr_assert_gt(values, 500);
}
