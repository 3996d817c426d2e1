/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * echo and printf.
 */
#include "expr_parse.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/* One character of a text with C's escapes; *text moves behind it. -1: nothing (a backslash at the end). */
static int unescaped(const char **text) {
    static const char letters[] = "ntabefrv", meanings[] = "\n\t\a\b\033\f\r\v";
    const char *p = (*text)++;
    if (*p != '\\')
        return (unsigned char)*p;
    if (!p[1])
        return -1;
    size_t digits = strspn(p + 1, "01234567");
    if (digits) {
        digits = digits > 3 ? 3 : digits;
        *text = p + 1 + digits;
        char octal[4] = {0};
        memcpy(octal, p + 1, digits);
        return (int)strtol(octal, NULL, 8) & 255;
    }
    *text = p + 2;
    const char *letter = strchr(letters, p[1]);
    return letter ? meanings[letter - letters] : (unsigned char)p[1];
}

enum facet_status cmd_echo(struct cli *cli, const char *args, struct facet_error *error) {
    (void)cli, (void)error;
    while (*args) {
        int c = unescaped(&args);
        if (c >= 0)
            putchar(c);
    }
    return FACET_OK;
}

/* ---- printf */

/* The format's text without its quotes, escapes replaced; *args then points at the comma or the end. */
static enum facet_status read_format(const char **args, char *format, size_t size, struct facet_error *error) {
    const char *p = *args;
    size_t length = 0;
    if (*p++ != '"')
        return facet_fail(error, FACET_ERR_USAGE, "Bad format string, missing '\"'.");
    while (*p && *p != '"' && length < size - 2) {
        int c = unescaped(&p);
        if (c >= 0)
            format[length++] = (char)c;
    }
    format[length] = 0;
    if (*p++ != '"')
        return facet_fail(error, FACET_ERR_USAGE, "Bad format string, non-terminated '\"'.");
    p += strspn(p, " \t");
    if (*p && *p != ',')
        return facet_fail(error, FACET_ERR_USAGE, "Invalid argument syntax");
    *args = p;
    return FACET_OK;
}

/* The next expression, up to a comma that is in no bracket or quotes. False: there is none. */
static bool next_argument(const char **args, char *text, size_t size) {
    const char *p = *args;
    if (*p != ',')
        return false;
    const char *start = ++p;
    int depth = 0;
    for (char quote = 0; *p && (quote || depth || *p != ','); p++) {
        if (quote && *p == '\\' && p[1])
            p++;
        else if (quote ? *p == quote : *p == '"' || *p == '\'')
            quote = quote ? 0 : *p;
        else if (!quote)
            depth += strchr("([{", *p) ? 1 : strchr(")]}", *p) ? -1 : 0;
    }
    start += strspn(start, " \t");
    snprintf(text, size, "%.*s", (int)(p - start), start);
    *args = p;
    return true;
}

/* ---- One conversion of one argument */

#pragma GCC diagnostic ignored "-Wformat-nonliteral"

/* A string of the program's memory, or of the debugger's own. */
static bool print_string(struct data *d, const char *flags, struct value *value) {
    char spec[40], text[4096];
    uint64_t va;
    size_t got;
    snprintf(spec, sizeof spec, "%ss", flags);
    if (type_strip(&d->c, value->type)->kind == TYPE_ARRAY && value->where != VALUE_MEMORY) {
        got = value->size < sizeof text ? value->size : sizeof text - 1;
        memcpy(text, value->bytes, got);
    } else {
        if (!value_number(d, value, &va))
            return false;
        got = va ? data_read_some(d, va, text, sizeof text - 1) : (size_t)snprintf(text, sizeof text, "(null)");
        if (!got)
            return data_fail(d, "Cannot access memory at address 0x%" PRIx64, va) != NULL;
    }
    text[got] = 0;
    printf(spec, text);
    return true;
}

static bool print_number(struct data *d, const char *flags, const char *sizes, char letter, struct value *value) {
    char spec[40];
    uint64_t number;
    if (!value_number(d, value, &number))
        return false;
    bool narrow = !*sizes && letter != 'p';
    if (narrow)
        number = strchr("dic", letter) ? (uint64_t)(int64_t)(int32_t)number : (uint32_t)number;
    if (letter == 'p' && number)
        snprintf(spec, sizeof spec, "%%#%slx", flags + 1);
    else
        snprintf(spec, sizeof spec, letter == 'p' ? "%ss" : letter == 'c' ? "%sc" : "%sl%c", flags, letter);
    if (letter == 'p' && !number)
        printf(spec, "(nil)");
    else if (letter == 'c')
        printf(spec, (int)number);
    else
        printf(spec, number);
    return true;
}

static bool print_float(struct data *d, const char *flags, char letter, struct value *value) {
    char spec[40];
    long double real;
    struct type *type = type_strip(&d->c, value->type);
    if (type->kind != TYPE_FLOAT && value_fetch(d, value) && (value->size == 4 || value->size == 8))
        real = value_unpack_float(type_basic(value->size == 4 ? BASIC_FLOAT : BASIC_DOUBLE), value->bytes);
    else if (!value_float(d, value, &real))
        return false;
    snprintf(spec, sizeof spec, "%sL%c", flags, letter);
    printf(spec, real);
    return true;
}

static enum facet_status print_one(struct cli *cli, const char *flags, const char *sizes, char letter, const char *text,
                                   struct facet_error *error) {
    struct data *d = data_of(cli);
    struct evaluation evaluation = data_begin(d, error);
    struct tree tree = {0};
    struct value *value = tree_parse(d, text, &tree) ? tree_evaluate(d, &tree, false) : NULL;
    bool good = value && (letter == 's'                ? print_string(d, flags, value)
                          : strchr("fFeEgGaA", letter) ? print_float(d, flags, letter, value)
                                                       : print_number(d, flags, sizes, letter, value));
    tree_free(&tree);
    data_end(d, evaluation, NULL);
    return good ? FACET_OK : FACET_ERR_USAGE;
}

/* Reads a conversion at *p, which points at a %. */
static enum facet_status print_conversion(struct cli *cli, const char **p, const char **args,
                                          struct facet_error *error) {
    char flags[24], sizes[4], text[512];
    size_t length = 1 + strspn(*p + 1, "-+ #0");
    length += strspn(*p + length, "0123456789.");
    size_t more = strspn(*p + length, "hlzjtL");
    if (length >= sizeof flags || more >= sizeof sizes)
        return facet_fail(error, FACET_ERR_USAGE, "Bad format string");
    snprintf(flags, sizeof flags, "%.*s", (int)length, *p);
    snprintf(sizes, sizeof sizes, "%.*s", (int)more, *p + length);
    char letter = (*p)[length + more];
    if (!letter || !strchr("diuxXocpsfFeEgGaA", letter))
        return facet_fail(error, FACET_ERR_USAGE, "Unrecognized format specifier '%c' in printf", letter);
    if (!next_argument(args, text, sizeof text))
        return facet_fail(error, FACET_ERR_USAGE, "Wrong number of arguments for specified format-string");
    *p += length + more + 1;
    return print_one(cli, flags, sizes, letter, text, error);
}

/* Are there as many arguments as conversions? Before anything is printed. */
static bool counts_agree(const char *format, const char *args) {
    char text[512];
    size_t wanted = 0, given = 0;
    for (const char *p = format; (p = strchr(p, '%')); p += p[1] ? 2 : 1)
        wanted += p[1] != '%';
    while (next_argument(&args, text, sizeof text))
        given++;
    return wanted == given;
}

enum facet_status cmd_printf(struct cli *cli, const char *args, struct facet_error *error) {
    char format[2048];
    enum facet_status status = read_format(&args, format, sizeof format, error);
    if (status == FACET_OK && !counts_agree(format, args))
        return facet_fail(error, FACET_ERR_USAGE, "Wrong number of arguments for specified format-string");
    for (const char *p = format; status == FACET_OK && *p;) {
        if (*p != '%')
            putchar(*p++);
        else if (p[1] == '%')
            putchar('%'), p += 2;
        else
            status = print_conversion(cli, &p, &args, error);
    }
    return status;
}
