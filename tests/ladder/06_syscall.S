/* SPDX-License-Identifier: GPL-2.0-or-later
 * SYSCALL and SYSRET: rcx, r11, FMASK, STAR, the stack pointer untouched, a prefixed SYSCALL, #UD when it is off. */
#include "ladder.h"
USER_CODE
    mov rdi, 1
    stc
    std
    syscall
    cld
    mov rbx, rcx
    sub rbx, USER_BASE
    jc 1f
1:  mov rdi, 2
    .byte 0x66
    syscall
    mov rdi, 3
    clc
    syscall
    mov rdi, 4
    syscall
    int 0x80
USER_CODE_END
entry:
    mov [rip + user_rsp], rsp
    lea rsp, [rip + stack_top]
    push rcx
    push r11
    pushfq
    pop rbx
    cld
    puts "call "
    puthex rdi
    puts " rcx "
    puthex rcx
    puts " r11 "
    puthex r11
    puts " flags "
    puthex rbx
    puts " cs "
    mov rax, cs
    call console_hex
    puts " ss "
    mov rax, ss
    call console_hex
    puts " rsp "
    puthex [rip+user_rsp]
    puts "\n"
    cmp rdi, 3
    jne 1f
    mov ecx, 0xc0000080
    rdmsr
    and eax, ~1
    wrmsr
    or eax, 1
    mov [rip + efer], eax
    pop r11
    pop rcx
    push USER_SS
    push [rip + user_rsp]
    push r11
    push USER_CS
    push rcx
    iretq
1:  pop r11
    pop rcx
    mov rsp, [rip + user_rsp]
    sysretq
trap:
    call trap_print
    cmp qword ptr [rdi + F_VECTOR], 6
    jne 1f
    add qword ptr [rdi + F_RIP], 2
    ret
1:  exit 0
user_rsp: .quad 0
efer: .quad 0
main:
    on_trap trap
    lea rax, [rip + entry]
    mov rdx, rax
    shr rdx, 32
    mov ecx, 0xc0000082
    wrmsr
    mov ecx, 0xc0000084
    mov eax, 0x401              /* clears DF and CF */
    xor edx, edx
    wrmsr
    enter_user
