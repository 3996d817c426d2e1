/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <facet/error.h>

#include <stdarg.h>

enum facet_status facet_fail(struct facet_error *error, enum facet_status status, const char *format, ...) {
    va_list args;
    va_start(args, format);
    if (error)
        vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return status;
}
