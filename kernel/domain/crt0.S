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

#include "string.inc"

        .section .note.GNU-stack, "", @progbits
