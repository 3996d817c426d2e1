/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The personality begins as init does, with the modules in rdi and rsi: see include/facet/init.h.
 */
        .text
        .globl _start
_start: xor     %ebp, %ebp
        call    linux_main
        ud2

#include "../string.inc"

        .section .note.GNU-stack, "", @progbits
