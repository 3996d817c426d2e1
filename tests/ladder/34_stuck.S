/* SPDX-License-Identifier: GPL-2.0-or-later
 * A kernel that never comes back. */
#include "ladder.h"
USER_CODE
USER_CODE_END
main:
1:  inc qword ptr [USER_BASE]
    jmp 1b
