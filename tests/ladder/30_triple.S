/* SPDX-License-Identifier: GPL-2.0-or-later
 * No IDT at all: the machine is dead. */
#include "ladder.h"
USER_CODE
USER_CODE_END
nothing: .word 0
    .quad 0
main:
    lidt [rip + nothing]
    ud2
