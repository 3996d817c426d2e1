/* SPDX-License-Identifier: GPL-2.0-or-later
 * Something to step through, under emu/ only: each s… is where one step must lead. A page that faults on demand, a system call,
 * INT, flags that must not show the stepping, a repeated instruction, a fault that the kernel skips. */
#include "ladder.h"
.macro at n
    .globl s\n
s\n:
.endm
USER_CODE
at 0
    nop
at 1
    pushfq
at 2
    pop rbx
at 3
    mov rax, [USER_BASE + 0x5000]
at 4
    syscall
at 5
    mov r14, r11
at 6
    int 0x80
at 7
    mov ecx, 3
at 8
    mov edi, USER_BASE + 0x1000
at 9
    rep stosb
at 10
    pushfq
at 11
    popfq
at 12
    int3
at 13
    ud2
at 14
    call 1f
at 16
    jmp s0
1:
at 15
    ret
USER_CODE_END
entry:
    sysretq
trap:
    mov rax, [rdi + F_FLAGS]
    or [rip + flags_seen], rax
    cmp qword ptr [rdi + F_VECTOR], 14
    je 1f
    cmp qword ptr [rdi + F_VECTOR], 6
    je 2f
    cmp qword ptr [rdi + F_VECTOR], 1
    je unexpected
    ret
1:  bts qword ptr [rip + user_pt + 40], 0
    ret
2:  add qword ptr [rdi + F_RIP], 2
    ret
.balign 8
.globl flags_seen
flags_seen: .quad 0
main:
    on_trap trap
    lea rax, [rip + entry]
    xor edx, edx
    mov ecx, 0xc0000082
    wrmsr
    mov rax, USER_BASE + 0x5006
    mov [rip + user_pt + 40], rax
    enter_user
