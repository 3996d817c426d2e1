/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The commands of cmd_data_table.
 */
#ifndef DEBUGGER_CMD_DATA_H
#define DEBUGGER_CMD_DATA_H

#include "cmd.h"

/* cmd_value.c */
enum facet_status cmd_print(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_output(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_call(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_whatis(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_ptype(struct cli *cli, const char *args, struct facet_error *error);

/* cmd_display.c */
enum facet_status cmd_display(struct cli *cli, const char *args, struct facet_error *error);
enum facet_status cmd_undisplay(struct cli *cli, const char *args, struct facet_error *error);

#endif
