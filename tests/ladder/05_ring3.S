/* SPDX-License-Identifier: GPL-2.0-or-later
 * Into ring 3 and back by INT 0x80: selectors, stack switch, flags, registers kept. */
#include "ladder.h"
USER_CODE
    mov rax, 0x1111
    mov r15, 0x2222
    stc
    int 0x80
    mov rbx, cs
    int 0x80
    mov rbx, ss
    int 0x80
    mov rbx, 0x99
    int 0x80
USER_CODE_END
trap:
    call trap_print
    puts " rax "
    puthex [rdi+F_RAX]
    puts " rbx "
    puthex [rdi+F_RAX-8]
    puts " r15 "
    puthex [rdi]
    puts " flags "
    puthex [rdi+F_FLAGS]
    puts " rsp "
    puthex [rdi+F_RSP]
    puts " ss "
    puthex [rdi+F_SS]
    puts " handler cs "
    mov rax, cs
    call console_hex
    puts " flags "
    pushfq
    pop rax
    and eax, 0x300
    call console_hex
    puts " stack "
    lea rax, [rip + trap_stack_top]
    sub rax, rdi
    call console_hex
    puts "\n"
    cmp qword ptr [rdi + F_RAX - 8], 0x99
    je 1f
    ret
1:  exit 0
main:
    on_trap trap
    xor ebx, ebx
    enter_user
