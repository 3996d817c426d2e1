/* SPDX-License-Identifier: GPL-2.0-or-later
 * HLT with interrupts off. */
#include "ladder.h"
USER_CODE
USER_CODE_END
main:
    cli
    hlt
    exit 1
