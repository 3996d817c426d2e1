/* SPDX-License-Identifier: GPL-2.0-or-later
 * Two addresses for one frame, a changed mapping after INVLPG and after a CR3 write, accessed and dirty bits, a 1 GiB page. */
#include "ladder.h"
#define PAGE1 USER_BASE + 0x1000
#define PAGE2 USER_BASE + 0x2000
USER_CODE
USER_CODE_END
main:
    mov rax, 0x1111
    mov [PAGE1], rax
    set_user_pte 2, (PAGE1 + 7)
    puts "alias "
    puthex [PAGE2]
    mov rax, 0x2222
    mov [PAGE2], rax
    puts " "
    puthex [PAGE1]
    puts "\ninvlpg "
    set_user_pte 2, (USER_BASE + 0x3007)
    mov rax, 0x3333
    mov [PAGE2], rax
    puthex [PAGE1]
    puts " "
    puthex [USER_BASE + 0x3000]
    puts "\ncr3 "
    mov rax, PAGE1 + 7
    mov [rip + user_pt + 16], rax
    mov rax, cr3
    mov cr3, rax
    puthex [PAGE2]
    puts "\nbits after nothing, load, store: "
    set_user_pte 4, (USER_BASE + 0x4007)
    puthex [rip+user_pt+32]
    puts " "
    mov rax, [USER_BASE + 0x4008]
    puthex [rip+user_pt+32]
    puts " "
    mov [USER_BASE + 0x4008], rax
    puthex [rip+user_pt+32]
    puts "\nread-modify-write: "
    set_user_pte 5, (USER_BASE + 0x5007)
    mov rax, 40
    mov [USER_BASE + 0x5000], rax
    set_user_pte 5, (USER_BASE + 0x5007)
    add qword ptr [USER_BASE + 0x5000], 2
    puthex [USER_BASE+0x5000]
    puts " "
    puthex [rip+user_pt+40]
    puts "\nupper levels: "
    mov rax, [rip + pdpt]
    and eax, 0xff
    call console_hex
    puts "\n1 GiB page: "
    mov rax, 0x87
    mov [rip + pdpt + 8 * 5], rax
    mov rbx, 5 << 30
    add rbx, PAGE1
    puthex [rbx]
    puts "\n"
    exit 0
