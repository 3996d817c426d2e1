/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * For the debugger's sessions: the same addresses and instructions whatever the compiler.
 * Exit status 0 without arguments, faults with one, 3 with two.
 */
    .text
    .balign 4096 /* whatever the start file's size */
    .globl main
    .type main, @function
main:
    cmpl $2, %edi
    je fault
    cmpl $3, %edi
    je three
    movl $1, counter(%rip)
    addq $5, table+8(%rip)
    call bump
    movl counter(%rip), %eax
    subl $2, %eax
    ret
fault:
    movl counter, %eax
    movl %eax, 0x10
    ret
three:
    movl $3, %eax
    ret
    .size main, . - main

    .globl bump
    .type bump, @function
bump:
    incl counter(%rip)
    lock xaddq %rax, table(%rip)
    ret
    .size bump, . - bump

    .data
    .balign 4096
    .globl table
    .type table, @object
table:
    .quad 1, 2, 3, 4
    .size table, . - table
    .globl counter
    .type counter, @object
counter:
    .long 0
    .size counter, . - counter

    .section .note.GNU-stack, "", @progbits
