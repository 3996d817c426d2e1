/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "color.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool enabled;

bool color_dumb(void) {
    const char *term = getenv("TERM");
    return !term || !*term || !strcmp(term, "dumb");
}

void color_decide(enum color_when when) {
    const char *no = getenv("NO_COLOR");
    enabled = when == COLOR_ALWAYS || (when == COLOR_AUTO && isatty(STDOUT_FILENO) && !(no && *no) && !color_dumb());
}

const char *color_code(enum color color) {
    static const char *const codes[COLOR_KINDS] = {
        [COLOR_PROMPT] = "\033[1m",   [COLOR_STOP] = "\033[1m",  [COLOR_FUNCTION] = "\033[33m",
        [COLOR_ADDRESS] = "\033[34m", [COLOR_LINE] = "\033[32m",
    };
    return enabled ? codes[color] : "";
}

const char *color_end(enum color color) {
    (void)color;
    return enabled ? "\033[0m" : "";
}

void color_print(enum color color, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs(color_code(color), stdout);
    vprintf(format, args);
    fputs(color_end(color), stdout);
    va_end(args);
}
