/* SPDX-License-Identifier: GPL-2.0-or-later
 * Time, under emu/ only: a program of calls, branches, all kinds of rep, faults, system calls and code that changes itself, in
 * ring 3, with idling and interruptible code in ring 0, while the timer ticks. Each tick is noted. The host sets `period` (0: no
 * timer) and `rounds`, and looks at ticks, tick_log, result, span, last. */
#include "ladder.h"
#define DATA (USER_BASE + 0x20000)
#define LATE (USER_BASE + 0x21000)
#define PORT 0xf0
#define TICKS_MAX 4096
.macro kernel_does what
    mov eax, \what
    syscall
.endm
USER_CODE
round:
    imul r14d, r14d, 1103515245
    add r14d, 12345
    mov ecx, r14d
    shr ecx, 16
    and ecx, 31
1:  call leaf
    test cl, 1
    jz 2f
    xor rbx, rcx
2:  sub ecx, 1
    jns 1b
    mov ecx, r14d
    shr ecx, 20
    and ecx, 15
    mov r13d, ecx
    mov esi, DATA
    mov edi, DATA + 0x100
    rep movsb
    mov ecx, r13d
    rep stosq
    mov ecx, r13d
    rep lodsw
    mov ecx, r13d
    mov esi, DATA
    mov edi, DATA
    repe cmpsb                  /* ends by its count */
    mov ecx, r13d
    mov edi, DATA + 0x800
    mov byte ptr [DATA + 0x802], 7
    repe cmpsb                  /* or by a difference */
    adc rbx, rcx
    mov ecx, r13d
    mov edi, DATA + 0x800
    mov al, 7
    repne scasb
    adc rbx, rcx
    mov ecx, r13d
    mov al, 0x55
    repne scasb
    mov rcx, 0x300000000
    or rcx, r13
    mov esi, DATA
    mov edi, DATA + 0x900
    .byte 0xf3, 0x67, 0xa4      /* counts in ecx */
    add rbx, rcx
    xor edx, edx
    xor ecx, ecx
    mov eax, 1
    div ecx
    int3
    ud2
    int 0x80
    int 0x22                    /* not for ring 3 */
    in al, 0x10
    cli
    nop
    pushfq
    pop rax
    push rax
    popfq
    kernel_does 1
    mov rax, [LATE - 4]
    add rbx, rax
    kernel_does 1
    add dword ptr [LATE + 8], 1
    kernel_does 1
    mov ecx, 64
    mov esi, DATA
    mov edi, LATE - 32
    rep movsb
    kernel_does 2
    call straddle
    add rbx, rax
    inc dword ptr [rip + 3f - 4]
    mov eax, 0x1234
3:  add rbx, rax
    mov ecx, 3
4:  add dword ptr [rip + 5f - 4], ecx
    add ebx, 0x1234
5:  loop 4b
    mov ecx, 2
6:  .byte 0xb8, 0xc5, 0xf8, 0x90, 0x90  /* mov eax, … */
    .byte 0xe2, 0xfa            /* loop to its second byte, a VEX code */
    pushfq                      /* single-steps itself */
    or dword ptr [rsp], 0x100
    popfq
    mov ecx, 3
    mov esi, DATA
    rep lodsb
    pushfq
    and dword ptr [rsp], ~0x100
    popfq
    kernel_does 3
    kernel_does 4
    mov [DATA], rbx
    dec r15
    jnz round
    kernel_does 0
leaf:
    rol rbx, 3
    add rbx, r14
    ret
    .org user_code + 0xfd0
straddle:
    mov edx, 5
    add rbx, rdx
    lea rax, [rbx + rdx]
    mov ecx, 2
    .byte 0xb8, 0x90, 0x90, 0x90, 0xb8  /* mov eax, … */
    .byte 0xe2, 0xfa            /* loop to its second byte: another block, which runs on into the next page */
    .org user_code + 0xffe, 0x90
    mov eax, 0x77665544
    ret
USER_CODE_END

entry:
    mov [rip + user_rsp], rsp
    lea rsp, [rip + stack_top]
    push rcx
    push r11
    cmp eax, 1
    je 1f
    cmp eax, 2
    je 2f
    cmp eax, 3
    je 3f
    cmp eax, 4
    je 4f
    mov [rip + result], rbx
    in eax, PORT
    mov [rip + last], rax
    exit 0
1:  set_user_pte 0x21, 0
    jmp 9f
2:  set_user_pte 1, 0
    jmp 9f
3:  cmp qword ptr [rip + period], 0
    je 9f
    mov rbp, [rip + ticks]
31: cmp rbp, [rip + ticks]      /* idle until a tick */
    jne 9f
    sti
    hlt
    cli
    jmp 31b
4:  mov ecx, 50
    sti
41: add rax, rcx
    test cl, 3
    jz 42f
    rol rax, 1
42: loop 41b
    cli
9:  xor eax, eax
    pop r11
    pop rcx
    mov rsp, [rip + user_rsp]
    sysretq

trap:
    mov rax, [rdi + F_VECTOR]
    cmp eax, 14
    je 14f
    cmp eax, 0x21
    je tick
    cmp eax, 1
    je 1f
    cmp eax, 3
    je 1f
    cmp eax, 0x80
    je 1f
    add qword ptr [rdi + F_RIP], 2
1:  ret
14: mov rax, cr2
    and rax, ~0xfff
    mov rcx, rax
    sub rcx, USER_BASE
    shr rcx, 12
    cmp rcx, 512
    jb 15f
    call trap_print
    exit 1
15: lea rdx, [rip + user_pt]
    or rax, 7
    mov [rdx + 8 * rcx], rax
    invlpg [rax]
    ret
tick:
    mov rcx, [rip + ticks]
    inc qword ptr [rip + ticks]
    cmp rcx, TICKS_MAX
    jae 2f
    shl rcx, 5
    lea rdx, [rip + tick_log]
    add rdx, rcx
    mov rax, [rdi + F_RIP]
    mov [rdx], rax
    mov rax, [rdi + F_RSP]
    mov [rdx + 8], rax
    mov rax, [rdi + F_FLAGS]
    mov [rdx + 16], rax
    xor eax, eax
    xor ecx, ecx
1:  rol rax, 7
    add rax, [rdi + 8 * rcx]
    inc ecx
    cmp ecx, 15
    jne 1b
    mov [rdx + 24], rax
2:  mov rax, [rip + period]
    out PORT, eax
    ret

main:
    on_trap trap
    lea rax, [rip + entry]
    xor edx, edx
    mov ecx, 0xc0000082
    wrmsr
    mov ecx, 0xc0000084
    mov eax, 0x700              /* clears TF, IF and DF */
    wrmsr
    cmp qword ptr [rip + measure], 0
    je 2f
    cmp qword ptr [rip + measure], 2
    je sleep
    in eax, PORT                /* 11 bytes from here … */
    mov ebx, eax
    .rept 5
    nop
    .endr
    jmp 1f
1:  in eax, PORT                /* … to here */
    sub eax, ebx
    mov [rip + span], rax
2:  mov rax, [rip + period]
    out PORT, eax
    mov r15, [rip + rounds]
    mov r14, 1
    xor ebx, ebx
    xor eax, eax
    xor ebp, ebp
    xor r13d, r13d
    push USER_SS
    push USER_STACK
    push 0x202
    push USER_CS
    push USER_BASE
    iretq

/* A tick that is due already must come after HLT, not between STI and HLT: nothing else would end it. */
sleep:
    mov eax, 1
    out PORT, eax
    nop
    nop
    sti
    hlt
    cli
    exit 0

.balign 8
.globl period, rounds, measure, span, result, last, ticks, tick_log
period: .quad 0
rounds: .quad 1
measure: .quad 0
span: .quad 0
result: .quad 0
last: .quad 0
ticks: .quad 0
user_rsp: .quad 0
.bss
.balign 8
tick_log: .skip 32 * TICKS_MAX
.text
