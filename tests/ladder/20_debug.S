/* SPDX-License-Identifier: GPL-2.0-or-later
 * The debug device, under emu/ only: a block is attached, requests arrive as VECTOR_DEBUG and are answered (result0 = arg0 + 1),
 * SYSCALL with rdi = 1 raises an event, 2 powers off, 3 idles until a request, 4 panics, 5 reads a byte of stream 0. */
#include "ladder.h"
#include <facet/platform.h>
#define BLOCK 0xa00000
#define B_REQUEST_STATUS 36
#define B_ARG0 40
#define B_RESULT0 88
#define B_EVENT_KIND 248
#define B_TEXT 344
/* Of <facet/platform.h>, which has them for C only; test_emu_run.c asserts that they are right. */
#define DEBUG_PORT_ATTACH 1
#define DEBUG_PORT_DONE 2
#define DEBUG_PORT_EVENT 3
#define DEBUG_PORT_PANIC 5
#define DEBUG_EVENT_MESSAGE 4
#define DEBUG_MAGIC 0x31677562746361
#define DEBUG_OK 0
USER_CODE
    .globl loop, looped
loop:
    inc rbx
    mov rdi, [USER_BASE + 0x1000]
    test rdi, rdi
    jz loop
    mov qword ptr [USER_BASE + 0x1000], 0
    syscall
looped:
    jmp loop
USER_CODE_END
entry:
    mov [rip + user_rsp], rsp
    lea rsp, [rip + stack_top]
    cmp edi, 1
    je 1f
    cmp edi, 2
    je 2f
    cmp edi, 3
    je 3f
    cmp edi, 4
    je 4f
    cmp edi, 5
    je 5f
6:  mov rsp, [rip + user_rsp]
    sysretq
1:  mov dword ptr [BLOCK + B_EVENT_KIND], DEBUG_EVENT_MESSAGE
    mov eax, DEBUG_PORT_EVENT
    out PORT_DEBUG, eax
    jmp 6b
2:  exit 9
3:  sti
    hlt
    cli
    jmp 6b
4:  mov rax, 0x2173706f6f               /* "oops!" */
    mov [BLOCK + B_TEXT], rax
    mov eax, DEBUG_PORT_PANIC
    out PORT_DEBUG, eax
    jmp 6b
5:  lea rax, [rip + stream]
    mov dword ptr [rax], 0              /* read, stream 0 */
    mov qword ptr [rax + 4], 0
    lea rdx, [rip + stream_buffer]
    mov [rax + 8], rdx
    mov qword ptr [rax + 16], 1
    out PORT_STREAM, eax
    mov r14, [rip + stream + 24]
    movzx r15d, byte ptr [rip + stream_buffer]
    jmp 6b
.balign 8
stream: .quad 0, 0, 0, 0
stream_buffer: .quad 0
user_rsp: .quad 0
trap:
    cmp qword ptr [rdi + F_VECTOR], VECTOR_DEBUG
    jne unexpected
    mov rax, [BLOCK + B_ARG0]
    inc rax
    mov [BLOCK + B_RESULT0], rax
    mov dword ptr [BLOCK + B_REQUEST_STATUS], DEBUG_OK
    mov eax, DEBUG_PORT_DONE
    out PORT_DEBUG, eax
    ret
main:
    on_trap trap
    mov byte ptr [rip + idt + VECTOR_DEBUG * 16 + 5], 0x8e
    lea rax, [rip + entry]
    xor edx, edx
    mov ecx, 0xc0000082
    wrmsr
    mov ecx, 0xc0000084
    mov eax, 0x200
    wrmsr
    mov rax, DEBUG_MAGIC
    mov [BLOCK], rax
    mov edx, BLOCK
    mov eax, DEBUG_PORT_ATTACH
    out PORT_DEBUG, eax
    xor ebx, ebx
    push USER_SS
    push USER_STACK
    push 0x202
    push USER_CS
    push USER_BASE
    iretq
