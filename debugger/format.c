/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "format.h"

#include <stdlib.h>
#include <string.h>

#define COUNT_MAX (1 << 20)

enum facet_status format_parse(const char **args, struct value_format *format, struct facet_error *error) {
    if (**args != '/')
        return FACET_OK;
    const char *p = *args + 1;
    char *end;
    if (*p == '-' || (*p >= '0' && *p <= '9')) {
        format->count = strtol(p, &end, 10);
        if (end == p || format->count > COUNT_MAX || format->count < -COUNT_MAX)
            return facet_fail(error, FACET_ERR_USAGE, "Bad count in format \"%s\".", *args);
        p = end;
    }
    for (; *p && *p != ' ' && *p != '\t'; p++)
        if (strchr("bhwg", *p))
            format->size = *p;
        else if (*p == 'r')
            format->raw = true;
        else if (strchr("xduotcasfiz", *p))
            format->letter = *p;
        else
            return facet_fail(error, FACET_ERR_USAGE, "Undefined output format \"%c\".", *p);
    *args = p + strspn(p, " \t");
    return FACET_OK;
}

enum facet_status format_parse_print(const char **args, const char *command, struct value_format *format,
                                     struct facet_error *error) {
    enum facet_status status = format_parse(args, format, error);
    if (status)
        return status;
    if (format->size)
        return facet_fail(error, FACET_ERR_USAGE, "Size letters are meaningless in \"%s\" command.", command);
    if (format->count != 1)
        return facet_fail(error, FACET_ERR_USAGE, "Item count other than 1 is meaningless in \"%s\" command.", command);
    if (format->letter == 'i')
        return facet_fail(error, FACET_ERR_USAGE, "Format letter \"i\" is meaningless in \"%s\" command.", command);
    return FACET_OK;
}

void format_examine(struct value_format *format, char size) {
    if (format->size)
        return;
    switch (format->letter) {
    case 'a':
        format->size = 'g';
        break;
    case 'f':
        format->size = size == 'w' ? 'w' : 'g';
        break;
    case 'c':
    case 's':
    case 'i':
        format->size = 'b';
        break;
    default:
        format->size = size;
    }
}
