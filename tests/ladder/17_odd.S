/* SPDX-License-Identifier: GPL-2.0-or-later
 * Opcodes that an engine may stumble over: ICEBP, VEX code with AVX off, MONITOR and MWAIT, RSM, LOCK where it may not be, an
 * instruction that is too long. */
#include "ladder.h"
.macro try insn:vararg
    lea rbp, [rip + 1f]
    \insn
    inc edx
1:
.endm
USER_CODE
    try .byte 0xf1
    try .byte 0xc5, 0xf8, 0x77              /* vzeroupper */
    try .byte 0xc5, 0xf4, 0x58, 0xc1        /* vaddps ymm0, ymm1, ymm1 */
    try .byte 0xc5, 0xf9, 0xef, 0xc0        /* vpxor xmm0, xmm0, xmm0 */
    try .byte 0x62, 0xf1, 0x7c, 0x48, 0x58, 0xc1
    try .byte 0x0f, 0xaa                    /* rsm */
    try .byte 0xf0, 0x90                    /* lock nop */
    try .byte 0x0f, 0xff
    try .byte 0x06
    try .byte 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x90
    mov eax, 0x123
    mov ecx, 0xff
    .byte 0xc4, 0xe2, 0x70, 0xf2, 0xd8      /* andn ebx, ecx, eax: BMI1 */
    int 0x80
USER_CODE_END
trap:
    call trap_print
    cmp qword ptr [rdi + F_VECTOR], 0x80
    je 1f
    mov [rdi + F_RIP], rbp
    ret
1:  puts "unharmed "
    puthex rdx
    puts " andn "
    puthex rbx
    puts "\n"
    exit 0
main:
    on_trap trap
    xor edx, edx
    enter_user
