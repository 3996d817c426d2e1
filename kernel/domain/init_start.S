/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * init begins with its modules in rdi and rsi: see include/facet/init.h.
 */
        .text
        .globl _start
_start: xor     %ebp, %ebp
        call    init_main
        ud2

#include "string.inc"

        .section .note.GNU-stack, "", @progbits
