/* SPDX-License-Identifier: GPL-2.0-or-later
 * What ring 3 must not: each instruction raises #GP(0) at itself, with nothing done; rdx counts how many went by unharmed. */
#include "ladder.h"
USER_CODE
    mov ebp, 0
    .irp insn, hlt, cli, sti, clts, wbinvd, invd, rdmsr, wrmsr, swapgs, sysretq
    lea rbp, [rip + 1f]
    \insn
    inc edx
1:
    .endr
    .macro try insn:vararg
    lea rbp, [rip + 1f]
    \insn
    inc edx
1:
    .endm
    try mov rax, cr0
    try mov cr3, rax
    try mov rax, cr4
    try mov rax, dr7
    try lgdt [USER_BASE]
    try lidt [USER_BASE]
    try lldt ax
    try ltr ax
    try lmsw ax
    try invlpg [USER_BASE]
    mov al, 0x41
    mov r14d, edx
    mov edx, 0x3f8
    lea rbp, [rip + 1f]
    out dx, al
    inc r14d
1:  mov rax, 0x77
    lea rbp, [rip + 1f]
    in al, dx
    inc r14d
1:  lea rbp, [rip + 1f]
    out 0xf4, eax
    inc r14d
1:  lea rbp, [rip + 1f]
    in ax, 0x60
    inc r14d
1:  lea rbp, [rip + 1f]
    out 0xe0, al
    inc r14d
    add qword ptr [USER_BASE + 0x1000], 1
1:  mov edx, r14d
    mov rcx, 0x800000000000         /* not canonical */
    try mov rax, [rcx]
    mov rcx, 0xffff7fffffffffff
    try mov [rcx], al
    try mov ds, ecx
    mov rbx, [USER_BASE + 0x1000]
    int 0x80
USER_CODE_END
trap:
    call trap_print
    cmp qword ptr [rdi + F_VECTOR], 0x80
    je 1f
    mov [rdi + F_RIP], rbp
    ret
1:  puts "unharmed "
    puthex rdx
    puts " rax "
    puthex [rdi+F_RAX]
    puts " memory "
    puthex rbx
    puts "\n"
    exit 0
main:
    on_trap trap
    xor edx, edx
    enter_user
