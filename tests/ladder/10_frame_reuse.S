/* SPDX-License-Identifier: GPL-2.0-or-later
 * A text frame gets other code while nobody can execute it, through the kernel's mapping, and is entered again at the same
 * address; also two frames taking turns at one address. Ring 3 calls it, ring 0 changes it. */
#include "ladder.h"
#define TEXT (USER_BASE + 0x1000)
USER_CODE
    xor ebx, ebx
    xor ebp, ebp
    mov r8d, TEXT
1:  call r8
    add rbx, rax
    mov eax, 1
    int 0x80
    inc ebp
    cmp ebp, 100
    jne 1b
    mov eax, 0
    int 0x80
USER_CODE_END
trap:
    cmp qword ptr [rdi + F_VECTOR], 0x80
    jne unexpected
    cmp qword ptr [rdi + F_RAX], 0
    je 2f
    mov eax, ebp                    /* the frame of this turn gets new code through its own address */
    and eax, 1
    shl eax, 12
    lea r9, [rax + USER_BASE + 0x2000]
    mov byte ptr [r9], 0xb8
    lea ecx, [rbp + 1000]
    mov [r9 + 1], ecx
    mov byte ptr [r9 + 5], 0xc3
    lea rax, [r9 + 5]
    mov [rip + user_pt + 8], rax    /* read-only, user */
    mov eax, TEXT
    invlpg [rax]
    ret
2:  puthex rbx
    puts "\n"
    exit 0
main:
    on_trap trap
    mov byte ptr [TEXT], 0xb8
    mov dword ptr [TEXT + 1], 7
    mov byte ptr [TEXT + 5], 0xc3
    enter_user
