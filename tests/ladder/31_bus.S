/* SPDX-License-Identifier: GPL-2.0-or-later
 * A page-table entry that leads outside of RAM, and a page table there (r12 = 1): the machine is dead, the host is not. */
#include "ladder.h"
USER_CODE
USER_CODE_END
main:
    set_user_pte 3, 0x7fff00000007
    mov rax, [USER_BASE + 0x3000]
    exit 1
