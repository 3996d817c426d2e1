/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Commands that look at registers, memory and symbols. None of them asks a handler.
 */
#include "cmd.h"
#include "text.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/* ---- x */

static unsigned unit_bytes(char size) {
    return size == 'b' ? 1 : size == 'h' ? 2 : size == 'w' ? 4 : 8;
}

/* Reads /FMT: a count, a format letter, a size letter, in gdb's free order of the letters. */
static enum facet_status examine_format(struct cmd_examine *x, const char **args, uint64_t *count,
                                        struct facet_error *error) {
    char word[32];
    *count = 1;
    if (**args != '/')
        return FACET_OK;
    ++*args;
    cmd_word(args, word, sizeof word);
    char *p = word;
    size_t digits = strspn(p, "0123456789");
    if (digits && (!text_number_part(p, digits, count) || !*count || *count > 1u << 20))
        return facet_fail(error, FACET_ERR_USAGE, "Bad count in format \"/%s\".", word);
    for (p += digits; *p; p++) {
        if (strchr("xduotcsa", *p))
            x->format = *p;
        else if (strchr("bhwg", *p))
            x->size = *p;
        else if (*p == 'i')
            return facet_fail(error, FACET_ERR_USAGE, "x/i is not there yet: use objdump -d on the program.");
        else
            return facet_fail(error, FACET_ERR_USAGE,
                              "Undefined output format \"%c\": use x d u o t c s a, and b h w g for the size.", *p);
    }
    if (x->format == 'a')
        x->size = 'g';
    if (x->format == 'c' && !strpbrk(word, "bhwg"))
        x->size = 'b';
    return FACET_OK;
}

static void print_binary(uint64_t value, unsigned bytes) {
    for (unsigned bit = bytes * 8; bit-- > 0;)
        putchar(value >> bit & 1 ? '1' : '0');
}

static void print_char(uint8_t c) {
    if (c == '\'' || c == '\\')
        printf("%d '\\%c'", (int8_t)c, c);
    else if (isprint(c))
        printf("%d '%c'", (int8_t)c, c);
    else
        printf("%d '\\%03o'", (int8_t)c, c);
}

static void print_unit(struct cli *cli, const struct cmd_examine *x, const uint8_t *bytes) {
    unsigned size = unit_bytes(x->size);
    uint64_t value = 0;
    memcpy(&value, bytes, size);
    int64_t extended = size == 8 ? (int64_t)value : (int64_t)(value << (64 - 8 * size)) >> (64 - 8 * size);
    switch (x->format) {
    case 'd':
        printf("%" PRId64, extended);
        break;
    case 'u':
        printf("%" PRIu64, value);
        break;
    case 'o':
        printf(value ? "0%" PRIo64 : "%" PRIo64, value);
        break;
    case 't':
        print_binary(value, size);
        break;
    case 'c':
        print_char(bytes[0]);
        break;
    case 'a':
        cmd_print_address(cli, value);
        break;
    default:
        printf("0x%0*" PRIx64, (int)(2 * size), value);
    }
}

static enum facet_status cannot_access(uint64_t va, struct facet_error *error) {
    return facet_fail(error, FACET_ERR_USAGE, "Cannot access memory at address 0x%" PRIx64, va);
}

static enum facet_status examine_strings(struct cli *cli, struct cmd_examine *x, uint64_t count,
                                         struct facet_error *error) {
    for (; count; count--) {
        char text[201];
        size_t room = sizeof text - 1, got = session_read(cli->session, x->next, text, room);
        text[got] = 0;
        size_t length = strlen(text);
        if (!got)
            return cannot_access(x->next, error);
        cmd_print_address(cli, x->next);
        printf(":\t\"");
        for (size_t i = 0; i < length; i++)
            printf(isprint((unsigned char)text[i]) && !strchr("\"\\", text[i]) ? "%c" : "\\%03o",
                   (unsigned char)text[i]);
        printf(length == room ? "\"...\n" : "\"\n");
        x->next += length + (length < got);
    }
    return FACET_OK;
}

static enum facet_status examine_units(struct cli *cli, struct cmd_examine *x, uint64_t count,
                                       struct facet_error *error) {
    unsigned size = unit_bytes(x->size), per_line = x->format == 'a' ? 2 : size == 4 ? 4 : size == 8 ? 2 : 8;
    for (uint64_t i = 0; i < count; i++, x->next += size) {
        uint8_t bytes[8];
        if (session_read(cli->session, x->next, bytes, size) != size) {
            if (i % per_line)
                putchar('\n');
            return cannot_access(x->next, error);
        }
        if (i % per_line == 0) {
            cmd_print_address(cli, x->next);
            putchar(':');
        }
        putchar('\t');
        print_unit(cli, x, bytes);
        if (i % per_line == per_line - 1 || i == count - 1)
            putchar('\n');
    }
    return FACET_OK;
}

static enum facet_status cmd_examine_memory(struct cli *cli, const char *args, struct facet_error *error) {
    struct cmd_examine *x = &cli->examine;
    uint64_t count;
    enum facet_status status = examine_format(x, &args, &count, error);
    if (status == FACET_OK)
        status = cmd_need_started(cli, error);
    if (status == FACET_OK && *args)
        status = cmd_address(cli, args, &x->next, error);
    if (status)
        return status;
    return x->format == 's' ? examine_strings(cli, x, count, error) : examine_units(cli, x, count, error);
}

/* ---- info registers, symbol, line */

static void print_flags(uint64_t value) {
    static const struct {
        unsigned bit;
        const char *name;
    } flags[] = {{0, "CF"}, {2, "PF"}, {4, "AF"}, {6, "ZF"}, {7, "SF"}, {8, "TF"}, {9, "IF"}, {10, "DF"}, {11, "OF"}};
    printf("[ ");
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (value >> flags[i].bit & 1)
            printf("%s ", flags[i].name);
    printf("]");
}

static void print_register(struct cli *cli, const char *name, uint64_t value) {
    char hex[32];
    snprintf(hex, sizeof hex, "0x%" PRIx64, value);
    printf("%-14s %-18s ", name, hex);
    if (!strcmp(name, "rip"))
        cmd_print_address(cli, value);
    else if (!strcmp(name, "rsp") || !strcmp(name, "rbp"))
        printf("%s", hex);
    else if (!strcmp(name, "eflags"))
        print_flags(value);
    else
        printf("%" PRId64, (int64_t)value);
    putchar('\n');
}

enum facet_status cmd_info_registers(struct cli *cli, const char *args, struct facet_error *error) {
    static const char *const order[] = {"rax", "rbx", "rcx", "rdx",    "rsi",     "rdi",    "rbp",
                                        "rsp", "r8",  "r9",  "r10",    "r11",     "r12",    "r13",
                                        "r14", "r15", "rip", "eflags", "fs_base", "gs_base"};
    enum facet_status status = cmd_need_started(cli, error);
    if (status)
        return status;
    struct facet_regs regs;
    session_regs(cli->session, &regs);
    const unsigned long *values = (const unsigned long *)&regs;
    for (size_t i = 0; !*args && i < sizeof order / sizeof *order; i++)
        print_register(cli, order[i], values[cmd_register(order[i], strlen(order[i]))]);
    while (*args) {
        char word[32];
        cmd_word(&args, word, sizeof word);
        const char *name = word + (*word == '$');
        int index = cmd_register(name, strlen(name));
        if (index < 0)
            return facet_fail(error, FACET_ERR_USAGE, "Invalid register `%s'", name);
        print_register(cli, order[index], values[index]);
    }
    return FACET_OK;
}

enum facet_status cmd_info_symbol(struct cli *cli, const char *args, struct facet_error *error) {
    uint64_t va;
    char name[SYMBOL_TEXT];
    enum facet_status status = cmd_address(cli, args, &va, error);
    if (status)
        return status;
    symbols_name(session_symbols(cli->session), va, name);
    if (*name)
        printf("%s\n", name);
    else
        printf("No symbol matches %s.\n", args);
    return FACET_OK;
}

const struct cmd cmd_data_table[] = {
    {"x", NULL, cmd_examine_memory, "x[/COUNT FORMAT SIZE] [ADDRESS]",
     "show memory; formats x d u o t c s a, sizes b h w g", true},
    {0},
};
