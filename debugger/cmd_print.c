/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * echo and printf.
 */
#include "cmd.h"
#include "expr.h"
#include "text.h"

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

/* A string of the program's memory. */
static enum facet_status print_string(struct cli *cli, const char *spec, uint64_t va, struct facet_error *error) {
    char text[4096];
    if (!cli->started)
        return facet_fail(error, FACET_ERR_USAGE, "The program is not being run.");
    size_t got = session_read(cli->session, va, text, sizeof text - 1);
    text[got] = 0;
    if (!got)
        return facet_fail(error, FACET_ERR_USAGE, "Cannot access memory at address 0x%" PRIx64, va);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    printf(spec, text);
    return FACET_OK;
}

/* One conversion, "%-8.3" and its letter, of one argument. */
static enum facet_status print_one(struct cli *cli, const char *flags, char letter, const char *text, bool narrow,
                                   struct facet_error *error) {
    char spec[40];
    uint64_t number;
    enum facet_status status =
        letter == 's' ? expr_address(cli, text, &number, error) : expr_number(cli, text, &number, error);
    if (status)
        return status;
    bool is_signed = strchr("dic", letter);
    if (narrow)
        number = is_signed ? (uint64_t)(int64_t)(int32_t)number : (uint32_t)number;
    snprintf(spec, sizeof spec, "%s%s%c", flags, strchr("sc", letter) ? "" : "l", letter == 'p' ? 'x' : letter);
    if (letter == 's')
        return print_string(cli, spec, number, error);
    if (letter == 'p')
        snprintf(spec, sizeof spec, "%%#%slx", flags + 1);
    if (letter == 'c')
        printf(spec, (int)number);
    else
        printf(spec, number);
#pragma GCC diagnostic pop
    return FACET_OK;
}

/* Reads a conversion at *p, which points at a %. */
static enum facet_status print_conversion(struct cli *cli, const char **p, const char **args,
                                          struct facet_error *error) {
    char flags[24], text[512];
    size_t length = 1 + strspn(*p + 1, "-+ #0");
    length += strspn(*p + length, "0123456789.");
    if (length >= sizeof flags)
        return facet_fail(error, FACET_ERR_USAGE, "Bad format string");
    snprintf(flags, sizeof flags, "%.*s", (int)length, *p);
    size_t sizes = strspn(*p + length, "hlzjt");
    char letter = (*p)[length + sizes];
    if (!letter || !strchr("diuxXocps", letter))
        return facet_fail(error, FACET_ERR_USAGE, "Unrecognized format specifier '%c' in printf", letter);
    if (!next_argument(args, text, sizeof text))
        return facet_fail(error, FACET_ERR_USAGE, "Wrong number of arguments for specified format-string");
    *p += length + sizes + 1;
    return print_one(cli, flags, letter, text, !sizes && letter != 'p', error);
}

enum facet_status cmd_printf(struct cli *cli, const char *args, struct facet_error *error) {
    char format[2048], text[512];
    enum facet_status status = read_format(&args, format, sizeof format, error);
    for (const char *p = format; status == FACET_OK && *p;) {
        if (*p != '%')
            putchar(*p++);
        else if (p[1] == '%')
            putchar('%'), p += 2;
        else
            status = print_conversion(cli, &p, &args, error);
    }
    if (status == FACET_OK && next_argument(&args, text, sizeof text))
        status = facet_fail(error, FACET_ERR_USAGE, "Wrong number of arguments for specified format-string");
    return status;
}
