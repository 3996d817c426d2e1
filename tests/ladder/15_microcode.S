/* SPDX-License-Identifier: GPL-2.0-or-later
 * After traps and system calls ring 3 finds nothing at the addresses that emu/ uses for its deliveries, to read, write or
 * execute. On another machine there never was anything. One exception: a load from the first page may give the constant call
 * that lies there, so that one is not tried. */
#include "ladder.h"
.macro probe address, load=1
    mov rbx, \address
    .if \load
    lea rbp, [rip + 1f]
    mov rax, [rbx]
    .endif
1:  lea rbp, [rip + 1f]
    mov [rbx], rax
1:  lea rbp, [rip + 1f]
    jmp rbx
1:
.endm
USER_CODE
    mov edi, 10
1:  syscall
    lea rbp, [rip + 2f]
    ud2
2:  dec edi
    jnz 1b
    probe 0xffffffffff000000, 0
    syscall
    probe 0xffffffffff001040
    syscall
    probe 0xffffffffff001140
    syscall
    probe 0xffffffffff001600
    syscall
    probe 0xffffffffffe00000
    int 0x80
USER_CODE_END
entry:
    sysretq
trap:
    cmp qword ptr [rdi + F_VECTOR], 6
    je 2f
    call trap_print
    cmp qword ptr [rdi + F_VECTOR], 0x80
    je 1f
2:  mov [rdi + F_RIP], rbp
    ret
1:  exit 0
main:
    on_trap trap
    lea rax, [rip + entry]
    xor edx, edx
    mov ecx, 0xc0000082
    wrmsr
    enter_user
