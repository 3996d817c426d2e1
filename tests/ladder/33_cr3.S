/* SPDX-License-Identifier: GPL-2.0-or-later
 * CR3 leads outside of RAM. */
#include "ladder.h"
USER_CODE
USER_CODE_END
main:
    mov rax, 0x7ffff000000
    mov cr3, rax
    exit 1
