/* SPDX-License-Identifier: GPL-2.0-or-later
 * LOCK before BTS of a register makes the engine's translator abort (QEMU's of today as well, so it is no oracle here): it must be
 * an illegal instruction, after those before it in its block have been executed. */
#include "ladder.h"
USER_CODE
    inc r8d
    lea rbp, [rip + 1f]
    .globl culprit
culprit:
    .byte 0xf0, 0x0f, 0xab, 0xf1        /* lock bts ecx, esi */
1:  inc r8d
    .byte 0xf0, 0x0f, 0xba, 0xe9, 0x03
USER_CODE_END
trap:
    call trap_print
    mov [rdi + F_RIP], rbp
    cmp r8, 1
    je 1f
    cmp r8, 2
    exit 5
1:  ret
main:
    on_trap trap
    xor r8d, r8d
    enter_user
