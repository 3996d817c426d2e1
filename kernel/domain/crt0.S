/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Start of a native program: see include/facet/guest.h.
 */
#include <facet/abi.h>

#define CR_PARENT 1
#define OP_EXIT 0x10001

        .section .note.facet, "a", @note
        .balign 4
        .long 1f - 0f, 3f - 2f, NATIVE_NOTE_TYPE
0:      .asciz NATIVE_NOTE_NAME
1:      .balign 4
2:      .long ABI_VERSION
3:      .balign 4

        .text
        .globl _start
        .type _start, @function
_start: xor     %ebp, %ebp
        mov     (%rsp), %rdi            /* argc */
        lea     8(%rsp), %rsi           /* argv */
        and     $-16, %rsp
        call    main
        movslq  %eax, %rdx              /* word 0: exit status */
        mov     $OP_EXIT, %eax
        mov     $INVOKE_CALL_PARENT, %edi
        xor     %esi, %esi
        xor     %r13d, %r13d
        xor     %r15d, %r15d
        syscall
        ud2                             /* a parent does not answer OP_EXIT */
        .size _start, . - _start
        .set INVOKE_CALL_PARENT, CR_PARENT | INVOKE_CALL << INVOKE_KIND_SHIFT

/* The string instructions are short and, in an emulator, no slower than loops. */
        .globl memcpy
        .type memcpy, @function
memcpy: mov     %rdi, %rax
        mov     %rdx, %rcx
        shr     $3, %rcx
        rep movsq
        mov     %edx, %ecx
        and     $7, %ecx
        rep movsb
        ret
        .size memcpy, . - memcpy

        .globl memmove
        .type memmove, @function
memmove:
        mov     %rdi, %rcx
        sub     %rsi, %rcx
        cmp     %rdx, %rcx
        jae     memcpy                  /* the destination does not start inside the source */
        mov     %rdi, %rax
        mov     %rdx, %rcx
        lea     -1(%rdi,%rdx), %rdi
        lea     -1(%rsi,%rdx), %rsi
        std
        rep movsb
        cld
        ret
        .size memmove, . - memmove

        .globl memset
        .type memset, @function
memset: mov     %rdi, %r8
        movzbl  %sil, %eax
        mov     $0x0101010101010101, %rcx
        imul    %rcx, %rax
        mov     %rdx, %rcx
        shr     $3, %rcx
        rep stosq
        mov     %edx, %ecx
        and     $7, %ecx
        rep stosb
        mov     %r8, %rax
        ret
        .size memset, . - memset

        .globl memcmp
        .type memcmp, @function
memcmp: xor     %eax, %eax
        xor     %ecx, %ecx
1:      cmp     %rdx, %rcx
        je      2f
        movzbl  (%rdi,%rcx), %eax
        movzbl  (%rsi,%rcx), %r8d
        inc     %rcx
        sub     %r8d, %eax
        je      1b
2:      ret
        .size memcmp, . - memcmp

        .section .note.GNU-stack, "", @progbits
