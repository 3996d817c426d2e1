/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Addresses and registers in the debugger's commands.
 */
#include "cmd.h"
#include "color.h"
#include "expr.h"

#include <string.h>

static const char *const register_names[] = {
    "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp",    "r8",      "r9",
    "r10", "r11", "r12", "r13", "r14", "r15", "rip", "eflags", "fs_base", "gs_base",
};

int cmd_register(const char *name, size_t length) {
    static const struct {
        const char *name, *means;
    } others[] = {{"pc", "rip"}, {"sp", "rsp"}, {"fp", "rbp"}, {"rflags", "eflags"}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strlen(others[i].name) == length && !strncmp(name, others[i].name, length))
            return cmd_register(others[i].means, strlen(others[i].means));
    for (size_t i = 0; i < sizeof register_names / sizeof *register_names; i++)
        if (strlen(register_names[i]) == length && !strncmp(name, register_names[i], length))
            return (int)i;
    return -1;
}

enum facet_status cmd_need_started(const struct cli *cli, struct facet_error *error) {
    if (cli->started)
        return FACET_OK;
    return facet_fail(error, FACET_ERR_USAGE, "The program is not being run.");
}

void cmd_word(const char **text, char *word, size_t size) {
    const char *p = *text + strspn(*text, " \t");
    size_t length = strcspn(p, " \t");
    snprintf(word, size, "%.*s", (int)(length < size ? length : size - 1), p);
    p += length;
    *text = p + strspn(p, " \t");
}

enum facet_status cmd_address(struct cli *cli, const char *text, uint64_t *value, struct facet_error *error) {
    return expr_address(cli, text, value, error);
}

void cmd_print_address(struct cli *cli, uint64_t va) {
    char name[SYMBOL_TEXT];
    symbols_name(session_symbols(cli->session), va, name);
    color_print(COLOR_ADDRESS, "0x%lx", va);
    if (*name)
        printf(" <"), color_print(COLOR_FUNCTION, "%s", name), printf(">");
}
