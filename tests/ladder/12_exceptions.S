/* SPDX-License-Identifier: GPL-2.0-or-later
 * Many exceptions in a row, of the kinds that make a double fault when they meet: each must arrive as itself. x87 and SSE state
 * stay as they are. */
#include "ladder.h"
USER_CODE
    mov ebx, 1000
    fninit
    fldpi
    mov rax, 0x400921fb54442d18
    movq xmm3, rax
1:  xor ecx, ecx
    lea rbp, [rip + 2f]
    div ecx
2:  lea rbp, [rip + 2f]
    hlt
2:  lea rbp, [rip + 2f]
    mov rcx, [0x7ff000]             /* supervisor page */
2:  lea rbp, [rip + 2f]
    mov rcx, 0x8000000000000000
    mov rcx, [rcx]
2:  lea rbp, [rip + 2f]
    ud2
2:  dec ebx
    jnz 1b
    movq rax, xmm3
    fstp qword ptr [USER_BASE + 0x1000]
    mov r15, [USER_BASE + 0x1000]
    int 0x80
USER_CODE_END
trap:
    mov rax, [rdi + F_VECTOR]
    cmp rax, 0x80
    je 1f
    lea rcx, [rip + counts]
    inc qword ptr [rcx + 8 * rax]
    mov [rdi + F_RIP], rbp
    ret
1:  xor ebx, ebx
2:  lea rcx, [rip + counts]
    mov rdx, [rcx + 8 * rbx]
    test rdx, rdx
    jz 3f
    puts "vector "
    puthex rbx
    puts " times "
    puthex rdx
    puts "\n"
3:  inc ebx
    cmp ebx, 256
    jne 2b
    puthex [rdi+F_RAX]
    puts " "
    puthex r15
    puts "\n"
    exit 0
.balign 8
counts: .skip 2048
main:
    on_trap trap
    enter_user
