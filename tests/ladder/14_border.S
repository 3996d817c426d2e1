/* SPDX-License-Identifier: GPL-2.0-or-later
 * Code that runs on into a page that is not there: the instructions before the border have been executed, the fault shows
 * the one that crosses it. */
#include "ladder.h"
USER_CODE
    mov edi, USER_BASE + 0x1fe0
    lea rsi, [rip + piece]
    mov ecx, piece_end - piece
    rep movsb
    xor eax, eax
    mov edx, USER_BASE + 0x1fe0
    mov ebx, USER_BASE + 0x3000
    jmp rdx
piece:
    inc rax
    inc rax
    inc rax
    mov [rbx], rax
    .rept 19
    nop
    .endr
    .byte 0xb9                      /* mov ecx, … across the border */
piece_end:
USER_CODE_END
trap:
    call trap_print
    puts "rax "
    puthex [rdi+F_RAX]
    puts " memory "
    puthex [USER_BASE+0x3000]
    puts "\n"
    cmp qword ptr [rdi + F_VECTOR], 14
    jne 1f
    mov eax, USER_BASE + 0x2000
    bts qword ptr [rip + user_pt + 16], 0
    invlpg [rax]
    ret
1:  exit 0
main:
    on_trap trap
    mov rax, 0x80cd00000000         /* the rest of the mov, then INT 0x80 */
    mov [USER_BASE + 0x2000], rax
    set_user_pte 2, (USER_BASE + 0x2006)
    enter_user
