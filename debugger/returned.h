/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEBUGGER_RETURNED_H
#define DEBUGGER_RETURNED_H

#include "cmd.h"

/* The function that covers `va` has just returned: "Value returned is $1 = 3", if it is known to return something. */
void returned_print(struct cli *cli, uint64_t va);

#endif
