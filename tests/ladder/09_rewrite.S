/* SPDX-License-Identifier: GPL-2.0-or-later
 * Code that is rewritten: by itself in its own page, from another page, through a second address, in the middle of its own
 * block. Every call must see the newest code. */
#include "ladder.h"
#define FAR (USER_BASE + 0x1000)
#define ALIAS (USER_BASE + 0x2000)
USER_CODE
    xor ebx, ebx                    /* own page */
    mov ecx, 200
1:  mov [rip + here + 1], ecx
    call here
    add rbx, rax
    dec ecx
    jnz 1b
    xor r12d, r12d                  /* another page, at its own address */
    mov byte ptr [FAR], 0xb8
    mov byte ptr [FAR + 5], 0xc3
    mov r8d, FAR
    mov ecx, 200
1:  mov [FAR + 1], ecx
    call r8
    add r12, rax
    dec ecx
    jnz 1b
    xor r13d, r13d                  /* the same, written through another address */
    mov ecx, 200
1:  mov [ALIAS + 1], ecx
    call r8
    add r13, rax
    dec ecx
    jnz 1b
    xor r14d, r14d                  /* this very block */
    mov ecx, 200
1:  mov [rip + 2f + 1], ecx
2:  mov eax, 0
    add r14, rax
    dec ecx
    jnz 1b
    int 0x80
here:
    mov eax, 0
    ret
USER_CODE_END
trap:
    cmp qword ptr [rdi + F_VECTOR], 0x80
    jne unexpected
    puthex rbx
    puts " "
    puthex r12
    puts " "
    puthex r13
    puts " "
    puthex r14
    puts "\n"
    exit 0
main:
    on_trap trap
    set_user_pte 2, (FAR + 7)
    enter_user
