/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * /FORMAT of print, x, display: a count, a letter for the form, one for the size, in any order.
 */
#ifndef DEBUGGER_FORMAT_H
#define DEBUGGER_FORMAT_H

#include "value.h"

/* Reads "/4xw" at *args, if it is there, and the white space behind it. What it does not say stays as *format has it;
 * letter and size are 0 then only if they were. FACET_ERR_USAGE: it is malformed. */
enum facet_status format_parse(const char **args, struct value_format *format, struct facet_error *error);
/* Of print, output, call: neither count nor size. */
enum facet_status format_parse_print(const char **args, const char *command, struct value_format *format,
                                     struct facet_error *error);
/* What `x` does with it: the size that goes with the letter; `size` is the one of the last time. */
void format_examine(struct value_format *format, char size);

/* cmd_data.c: count units from va on, as `x` shows them. *va is moved behind them, *last
 * is where the last of them is. */
enum facet_status examine_memory(struct cli *cli, const struct value_format *format, uint64_t *va, uint64_t *last,
                                 struct facet_error *error);

#endif
