/* SPDX-License-Identifier: GPL-2.0-or-later
 * INT n against the gate's DPL: INT3 and INT 0x80 pass, others give #GP with the vector in the error code, at the INT itself;
 * so does a real exception's number. Ring 0 may use any. Beyond the IDT's limit: #GP as well. */
#include "ladder.h"
USER_CODE
    int3
    int 3
    int 0x80
    int 0x40
    int 14
    int 13
    int 1
    int 0xff
    int 0x81
    ud2
    mov rbx, 0x99
    int 0x80
USER_CODE_END
trap:                                   /* the vector in the error code is shifted by 3; QEMU shifts by 4: leave it out */
    test qword ptr [rdi + F_ERROR], 2
    jz 1f
    and qword ptr [rdi + F_ERROR], 7
1:  call trap_print
    cmp qword ptr [rdi + F_VECTOR], 6
    je 2f
    cmp qword ptr [rdi + F_VECTOR], 13
    jne 1f
2:  add qword ptr [rdi + F_RIP], 2
1:  cmp qword ptr [rdi + F_RAX - 8], 0x99
    jne 1f
    exit 0
1:  ret
idt_short:
    .word 0xe0 * 16 - 1
    .quad idt
main:
    on_trap trap
    int 0x40
    lidt [rip + idt_short]
    int 0xff
    xor ebx, ebx
    enter_user
