/* SPDX-License-Identifier: GPL-2.0-or-later
 * Error code and CR2 of every kind of page fault, in ring 0 and ring 3; CR0.WP; NX; a reserved bit. Each access faults once:
 * the handler makes the entry good and goes on, or skips to rbp for fetches. */
#include "ladder.h"
#define PAGE(n) (USER_BASE + 4096 * (n))
#define NX (1 << 63)
.macro entry n, value
    set_user_pte \n, (PAGE(\n) + \value)
.endm
.macro entry_nx n, value
    mov rax, (PAGE(\n) + \value)
    bts rax, 63
    mov [rip + user_pt + 8 * \n], rax
    mov rax, PAGE(\n)
    invlpg [rax]
.endm
USER_CODE
    mov rax, [PAGE(1) + 8]          /* not present */
    mov [PAGE(2) + 16], rax
    mov rax, [PAGE(3) + 24]         /* supervisor */
    mov [PAGE(3) + 32], rax
    mov [PAGE(4) + 40], rax         /* read only */
    lea rbp, [rip + 1f]
    mov ecx, PAGE(5)                /* not executable */
    jmp rcx
1:  lea rbp, [rip + 1f]
    mov ecx, PAGE(6)                /* not present */
    jmp rcx
1:  mov rax, [PAGE(7)]              /* supervisor */
    mov rbx, [0x1000000]            /* large page with an address bit below 2 MiB: reserved */
    nop
    mov [0x1000000], rbx
    nop
    add qword ptr [PAGE(8) + 0xff8], 1
    mov [PAGE(9) - 4], rax          /* across two pages, the second is not there */
    mov rax, [0x100000]             /* the kernel's own large page */
    int 0x80
USER_CODE_END
fix:
    cmp qword ptr [rdi + F_VECTOR], 0x80
    je last
    test qword ptr [rdi + F_ERROR], 8
    jz 1f
    and qword ptr [rdi + F_ERROR], ~1   /* a reserved bit implies P, says the manual; QEMU leaves it out */
1:  call trap_print
    mov rax, cr2
    mov rcx, rax
    sub rcx, USER_BASE
    cmp rcx, 0x200000
    jae skip
    shr rcx, 12
    lea rdx, [rip + user_pt]
    test qword ptr [rdi + F_ERROR], 16
    jnz fetch
    mov rbx, rcx
    shl rbx, 12
    add rbx, USER_BASE + 7
    mov [rdx + 8 * rcx], rbx
    invlpg [rax]
    ret
fetch:
    mov [rdi + F_RIP], rbp
    ret
skip:
    add qword ptr [rdi + F_RIP], 8
    ret
last:
    puts "done\n"
    exit 0
main:
    on_trap fix
    puts "ring 0\n"
    entry 1, 6
    mov rax, [PAGE(1) + 8]
    entry 2, 6
    mov [PAGE(2) + 16], rax
    entry 4, 1
    mov [PAGE(4) + 40], rax         /* read only, WP on */
    entry 4, 1
    mov rax, cr0
    btr rax, 16
    mov cr0, rax
    mov [PAGE(4) + 40], rax         /* WP off: allowed */
    bts rax, 16
    mov cr0, rax
    entry_nx 5, 3
    lea rbp, [rip + 1f]
    mov ecx, PAGE(5)
    jmp rcx
1:  mov rax, 0x1004087
    mov [rip + pd + 8 * 8], rax
    mov eax, 0x1000000
    invlpg [rax]
    puts "ring 3\n"
    entry 1, 6
    entry 2, 6
    entry 3, 3
    entry 4, 5
    entry_nx 5, 7
    entry 6, 6
    entry 7, 4
    entry 8, 6
    entry 9, 6
    enter_user
