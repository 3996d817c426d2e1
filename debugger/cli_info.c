/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * info: what each of its words shows. A new one is one line here.
 */
#include "cli_internal.h"

const struct cmd cli_info_table[] = {
    {"address", NULL, cmd_info_address, "address NAME", "where a function or variable lies", false},
    {"args", NULL, cmd_info_args, "args", "the arguments of the selected frame's function", false},
    {"breakpoints", "b", cmd_info_breakpoints, "breakpoints", "breakpoints and watchpoints", false},
    {"display", NULL, cmd_info_display, "display", "the expressions that are shown at each stop", false},
    {"functions", NULL, cmd_info_functions, "functions [REGEX]", "the program's functions", false},
    {"handlers", NULL, cmd_info_handlers, "handlers", "the handlers in place of objects, and what they say", false},
    {"frame", "f", cmd_info_frame, "frame", "the selected frame of the stack", false},
    {"line", NULL, cmd_info_line, "line [ADDRESS]", "the source line of an address", false},
    {"locals", NULL, cmd_info_locals, "locals", "the variables of the selected frame", false},
    {"objects", NULL, cmd_objects, "objects", "the memory objects that have names", false},
    {"processes", NULL, cmd_info_processes, "processes [--json]", "all processes, their states, and who waits for whom",
     false},
    {"registers", NULL, cmd_info_registers, "registers [NAME…]", "the processor's registers", false},
    {"source", NULL, cmd_info_source, "source", "the source file that the program stands in", false},
    {"symbol", NULL, cmd_info_symbol, "symbol ADDRESS", "the function or variable at an address", false},
    {"watchpoints", NULL, cmd_info_watchpoints, "watchpoints", "watchpoints alone", false},
    {"types", NULL, cmd_info_types, "types [REGEX]", "the program's types", false},
    {"variables", NULL, cmd_info_variables, "variables [REGEX]", "the program's variables outside of functions", false},
    {0},
};
