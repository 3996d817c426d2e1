/* SPDX-License-Identifier: GPL-2.0-or-later
 * Ring 3 for ever, under emu/ only: four counters in memory, by an ordinary and a locked instruction, a load and a store, and the stack, keep step
 * with r12. Whenever the machine stands at `top`, they are all equal. */
#include "ladder.h"
USER_CODE
    .globl top
top:
    add qword ptr [USER_BASE + 0x1000], 1
    lock inc qword ptr [USER_BASE + 0x1008]
    mov rax, [USER_BASE + 0x1010]
    lea rax, [rax + 1]
    mov [USER_BASE + 0x1010], rax
    push [USER_BASE + 0x1018]
    inc qword ptr [rsp]
    pop [USER_BASE + 0x1018]
    inc r12
    jmp top
USER_CODE_END
trap:
    jmp unexpected
main:
    on_trap trap
    xor r12d, r12d
    xor eax, eax
    mov [USER_BASE + 0x1000], rax
    mov [USER_BASE + 0x1008], rax
    mov [USER_BASE + 0x1010], rax
    mov [USER_BASE + 0x1018], rax
    enter_user
