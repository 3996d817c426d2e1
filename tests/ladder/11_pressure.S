/* SPDX-License-Identifier: GPL-2.0-or-later
 * A million accesses at random over 16 MiB of 4 KiB pages, ring 3. */
#include "ladder.h"
#define AREA 0x40000000
#define FRAMES 0x1000000
USER_CODE
    mov ebx, 1
    mov ecx, 1000000
1:  imul rbx, rbx, 0x41c64e6d
    add rbx, 0x3039
    mov rdi, rbx
    shr rdi, 16
    and edi, 0xfffff8
    add rdi, AREA
    add qword ptr [rdi], 1
    dec ecx
    jnz 1b
    xor eax, eax
    mov edi, AREA
1:  add rax, [rdi]
    add rdi, 8
    cmp rdi, AREA + 0x1000000
    jne 1b
    int 0x80
USER_CODE_END
trap:
    cmp qword ptr [rdi + F_VECTOR], 0x80
    jne unexpected
    puthex [rdi+F_RAX]
    puts "\n"
    exit 0
main:                               /* eight page tables at 32 MiB, their directory behind them */
    on_trap trap
    mov edi, 0x2000000
    xor ecx, ecx
1:  mov eax, ecx
    shl eax, 12
    add eax, FRAMES + 7
    mov [rdi + 8 * rcx], rax
    inc ecx
    cmp ecx, 4096
    jne 1b
    xor ecx, ecx
1:  mov eax, ecx
    shl eax, 12
    lea rax, [rdi + rax + 7]
    mov [rdi + 8 * rcx + 0x8000], rax
    inc ecx
    cmp ecx, 8
    jne 1b
    lea rax, [rdi + 0x8007]
    mov [rip + pdpt + 8], rax
    mov rax, cr3
    mov cr3, rax
    enter_user
