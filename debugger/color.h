/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Colour in what the debugger prints: off unless it was decided otherwise.
 */
#ifndef DEBUGGER_COLOR_H
#define DEBUGGER_COLOR_H

#include <stdbool.h>

enum color {
    COLOR_PROMPT,
    COLOR_STOP,     /* why the program stands still */
    COLOR_FUNCTION, /* its name */
    COLOR_ADDRESS,
    COLOR_LINE, /* number of a source line */
    COLOR_KINDS
};

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* AUTO: if standard output is a terminal, NO_COLOR is not set and TERM is not dumb. */
void color_decide(enum color_when when);
/* printf in that colour, to standard output. */
void color_print(enum color color, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The escape sequences around a text, "" without colour. */
const char *color_code(enum color color);
const char *color_end(enum color color);
/* The terminal can do nothing but print. */
bool color_dumb(void);

#endif
