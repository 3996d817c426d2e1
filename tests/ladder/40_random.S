/* SPDX-License-Identifier: GPL-2.0-or-later
 * Ring 3 executes whatever the host has put into 256 slots of 64 bytes from USER_BASE + 0x10000 on; whatever trap ends one, the
 * next begins, with fresh stack and flags. Under emu/ only. */
#include "ladder.h"
#define SLOTS (USER_BASE + 0x10000)
USER_CODE
    .globl next
next:
    int 0x80
    jmp next
USER_CODE_END
entry:
    lea rsp, [rip + stack_top]
    push USER_SS
    push USER_STACK
    push 0x202
    push USER_CS
    push USER_BASE
    iretq
trap:
    mov rax, [rdi + F_CS]
    and eax, 3
    jz unexpected               /* ring 0 itself never faults */
    mov eax, [rip + slot]
    cmp eax, 256
    je 1f
    inc dword ptr [rip + slot]
    shl eax, 6
    add eax, SLOTS
    mov [rdi + F_RIP], rax
    mov qword ptr [rdi + F_RSP], USER_STACK
    mov qword ptr [rdi + F_FLAGS], 0x202
    ret
1:  exit 0
.globl slot
slot: .quad 0
main:
    on_trap trap
    lea rax, [rip + entry]
    xor edx, edx
    mov ecx, 0xc0000082
    wrmsr
    mov ecx, 0xc0000084
    mov eax, 0x47700
    wrmsr
    enter_user
