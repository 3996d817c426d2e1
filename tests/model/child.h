/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the children of the model guest execute: again and again they ask which access to make (rdx address, r10 enum
 * child_access, r8 value) and report what came of it in rdx.
 */
#ifndef TESTS_MODEL_CHILD_H
#define TESTS_MODEL_CHILD_H

#define CHILD_CODE 0x400000ul
#define CHILD_CONTROL 2 /* capability register */
#define CHILD_STORED 0x600d
#define CHILD_READY 0x7ead /* waits for the string of CHILD_RECEIVE */
enum child_access {
    CHILD_LOAD,
    CHILD_STORE,
    CHILD_EXECUTE,
    CHILD_ADD,
    CHILD_LOAD1,
    CHILD_STORE1,
    CHILD_SEND,    /* a string of 8 bytes: the kernel loads them */
    CHILD_RECEIVE, /* the kernel stores them; what is reported is how many */
    CHILD_KINDS
};

__asm__(".pushsection .rodata\n"
        "child_code:\n"
        "1: mov $0x1234, %eax\n" /* any label but OP_FAULT */
        "   mov $2, %edi\n"      /* CALL of CHILD_CONTROL */
        "   xor %esi, %esi\n"
        "   xor %r13d, %r13d\n"
        "   xor %r15d, %r15d\n"
        "0: syscall\n"
        "   lea 7f(%rip), %rbx\n"
        "   cmp $1, %r10\n"
        "   jb 2f\n"
        "   je 3f\n"
        "   cmp $3, %r10\n"
        "   jb 4f\n"
        "   je 5f\n"
        "   cmp $5, %r10\n"
        "   je 6f\n"
        "   cmp $6, %r10\n"
        "   je 8f\n"
        "   ja 9f\n"
        "   movzbl (%rdx), %edx\n"
        "   jmp 1b\n"
        "2: mov (%rdx), %rdx\n"
        "   jmp 1b\n"
        "3: mov %r8, (%rdx)\n"
        "   mov $0x600d, %edx\n"
        "   jmp 1b\n"
        "4: jmp *%rdx\n"
        "5: lock xadd %r8, (%rdx)\n"
        "   mov %r8, %rdx\n"
        "   jmp 1b\n"
        "6: movb %r8b, (%rdx)\n"
        "   mov $0x600d, %edx\n"
        "   jmp 1b\n"
        "7: mov %eax, %edx\n" /* the executed cell comes back here */
        "   jmp 1b\n"
        "8: mov %rdx, %r12\n"
        "   mov $8, %r13d\n"
        "   mov $0x600d, %edx\n"
        "   mov $0x1234, %eax\n"
        "   mov $2, %edi\n"
        "   jmp 0b\n"
        "9: mov %rdx, %r14\n"
        "   mov $8, %r15d\n"
        "   mov $0x7ead, %edx\n"
        "   mov $0x1234, %eax\n"
        "   mov $2, %edi\n"
        "   syscall\n"
        "   mov %r13, %rdx\n"
        "   jmp 1b\n"
        "child_code_end:\n"
        ".popsection\n");
extern const char child_code[], child_code_end[];

#endif
