/* SPDX-License-Identifier: GPL-2.0-or-later
 * Exceptions of ring 0: same stack, aligned; an IST stack; a page fault without a stack to stand on becomes a double fault on
 * the IST stack. */
#include "ladder.h"
USER_CODE
USER_CODE_END
trap:
    call trap_print
    puts "flags "
    pushfq
    pop rax
    and eax, 0x300
    call console_hex
    cmp qword ptr [rdi + F_VECTOR], 0x50
    jne 1f
    lea rax, [rip + ist1_top]
    sub rax, rdi
    puts " from the top of IST1 "
    call console_hex
1:  mov rax, rdi
    and eax, 15
    puts " alignment "
    call console_hex
    puts "\n"
    cmp qword ptr [rdi + F_VECTOR], 6
    je 2f
    cmp qword ptr [rdi + F_VECTOR], 8
    je 3f
    ret
2:  add qword ptr [rdi + F_RIP], 2
    ret
3:  exit 0
main:
    on_trap trap
    ud2
    push 0
    ud2
    pop rax
    mov byte ptr [rip + idt + 0x50 * 16 + 4], 1
    mov byte ptr [rip + idt + 0x51 * 16 + 5], 0x8f   /* trap gate: interrupts stay as they are */
    int 0x50
    int 0x51
    mov byte ptr [rip + idt + 8 * 16 + 4], 1
    set_user_pte 9, 0
    mov rsp, USER_BASE + 0x9800
    ud2
