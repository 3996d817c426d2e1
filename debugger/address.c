/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Address expressions of the debugger's commands.
 */
#include "cmd.h"
#include "color.h"
#include "text.h"

#include <ctype.h>
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

static enum facet_status register_value(struct cli *cli, const char *name, size_t length, uint64_t *value,
                                        struct facet_error *error) {
    int index = cmd_register(name, length);
    if (index < 0)
        return facet_fail(error, FACET_ERR_USAGE, "No register \"$%.*s\": see `info registers`.", (int)length, name);
    if (cmd_need_started(cli, error))
        return FACET_ERR_USAGE;
    struct facet_regs regs;
    session_regs(cli->session, &regs);
    *value = ((const unsigned long *)&regs)[index];
    return FACET_OK;
}

/* One operand of `length` characters. */
static enum facet_status operand(struct cli *cli, const char *text, size_t length, uint64_t *value,
                                 struct facet_error *error) {
    char name[256];
    if (length == 0 || length >= sizeof name)
        return facet_fail(error, FACET_ERR_USAGE, "An address is missing: give a number, a symbol or a $register.");
    if (*text == '$')
        return register_value(cli, text + 1, length - 1, value, error);
    if (text_number_part(text, length, value))
        return FACET_OK;
    if (*text == '&')
        text++, length--;
    memcpy(name, text, length);
    name[length] = 0;
    const struct symbol *symbol;
    enum facet_status status = symbols_find(session_symbols(cli->session), name, &symbol, error);
    if (status == FACET_OK)
        *value = symbol->va;
    return status;
}

enum facet_status cmd_address(struct cli *cli, const char *text, uint64_t *value, struct facet_error *error) {
    uint64_t sum = 0;
    char sign = '+';
    for (const char *p = text + strspn(text, " \t");;) {
        size_t length = strcspn(p, "+- \t");
        uint64_t term;
        enum facet_status status = operand(cli, p, length, &term, error);
        if (status)
            return status;
        sum = sign == '+' ? sum + term : sum - term;
        p += length;
        p += strspn(p, " \t");
        if (!*p)
            break;
        if (*p != '+' && *p != '-')
            return facet_fail(error, FACET_ERR_USAGE, "Junk at the end of the address: \"%s\".", p);
        sign = *p++;
        p += strspn(p, " \t");
    }
    *value = sum;
    return FACET_OK;
}

void cmd_print_address(struct cli *cli, uint64_t va) {
    char name[SYMBOL_TEXT];
    symbols_name(session_symbols(cli->session), va, name);
    color_print(COLOR_ADDRESS, "0x%lx", va);
    if (*name)
        printf(" <"), color_print(COLOR_FUNCTION, "%s", name), printf(">");
}
