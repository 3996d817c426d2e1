/* SPDX-License-Identifier: GPL-2.0-or-later
 * The guest single-steps itself: #DB after each instruction with DR6.BS, none inside the kernel, TF in what PUSHF stores. */
#include "ladder.h"
USER_CODE
    push 0x302
    popfq
    nop
    mov ecx, 2
    mov edi, USER_BASE + 0x1000
    rep stosb
    pushfq
    pop rbx
    push 2
    popfq
    nop
    nop
    int 0x80
USER_CODE_END
trap:
    call trap_print
    cmp qword ptr [rdi + F_VECTOR], 1
    jne 1f
    mov rax, dr6
    and eax, 0x4000
    call console_hex
    puts "\n"
    xor eax, eax
    mov dr6, rax
    ret
1:  puts "pushed "
    mov rax, rbx
    and eax, 0x100
    call console_hex
    puts "\n"
    exit 0
main:
    on_trap trap
    enter_user
