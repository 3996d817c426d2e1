/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Ring 3 to ring 0 and back. Registers are saved straight into the running process (kernel_info.current), never on a stack:
 * when a process blocks, nothing of it remains here. One stack serves every entry from its top.
 *
 *     syscall_entry -> process->syscall --+        invoke, or foreign_syscall
 *     trap stubs    -> trap_user(frame) --+-> process to run next -> user_return -> sysretq or iretq
 *     interrupt while idle -> trap_idle --+
 */
#include "offsets.h"

/* What every entry touches shares the page of the stack's top: HOT (kernel.h) follows it. */
        .section .bss.stack, "aw", @nobits
        .balign 4096
kernel_stack:
        .skip 4 * 4096 - HOT_SIZE
        .globl kernel_stack_top
kernel_stack_top:
        .section .bss.hot, "aw", @nobits
user_rsp:
        .skip 8
        .section .bss, "aw", @nobits
        .balign 16
double_fault_stack:
        .skip 4096
        .globl double_fault_stack_top
double_fault_stack_top:

        .section .text.entry, "ax"

/* All but rax, rsp, rip and rflags, into the process at \p. */
        .macro save p
        mov     %rbx, PROCESS_RBX(\p)
        mov     %rcx, PROCESS_RCX(\p)
        mov     %rdx, PROCESS_RDX(\p)
        mov     %rsi, PROCESS_RSI(\p)
        mov     %rdi, PROCESS_RDI(\p)
        mov     %rbp, PROCESS_RBP(\p)
        mov     %r8, PROCESS_R8(\p)
        mov     %r9, PROCESS_R9(\p)
        mov     %r10, PROCESS_R10(\p)
        mov     %r11, PROCESS_R11(\p)
        mov     %r12, PROCESS_R12(\p)
        mov     %r13, PROCESS_R13(\p)
        mov     %r14, PROCESS_R14(\p)
        mov     %r15, PROCESS_R15(\p)
        .endm

/* All but rax, rcx, r11, rsp, rip and rflags. */
        .macro load p
        mov     PROCESS_RBX(\p), %rbx
        mov     PROCESS_RDX(\p), %rdx
        mov     PROCESS_RSI(\p), %rsi
        mov     PROCESS_RDI(\p), %rdi
        mov     PROCESS_RBP(\p), %rbp
        mov     PROCESS_R8(\p), %r8
        mov     PROCESS_R9(\p), %r9
        mov     PROCESS_R10(\p), %r10
        mov     PROCESS_R12(\p), %r12
        mov     PROCESS_R13(\p), %r13
        mov     PROCESS_R14(\p), %r14
        mov     PROCESS_R15(\p), %r15
        .endm

        .globl main_user
main_user:
        mov     %rdi, %rax
        jmp     user_return

/* SYSCALL: interrupts off, rcx = rip, r11 = rflags, still the program's rsp. */
        .globl syscall_entry
        .balign 16
syscall_entry:
        mov     %rsp, user_rsp(%rip)
        mov     kernel_info + KERNEL_INFO_CURRENT(%rip), %rsp
        mov     %rax, PROCESS_RAX(%rsp)
        save    %rsp
        mov     %rcx, PROCESS_RIP(%rsp)
        mov     %r11, PROCESS_RFLAGS(%rsp)
        mov     user_rsp(%rip), %rax
        mov     %rax, PROCESS_RSP(%rsp)
        mov     %rsp, %rdi
        lea     kernel_stack_top(%rip), %rsp
        call    *PROCESS_SYSCALL(%rdi)

/* rax: the process to run; its page tables are loaded. SYSRET restores rip and rflags from rcx and r11, so it will do when
 * these agree, as they do after a system call. With the trap flag it would trap before the next instruction, not after. */
user_return:
        mov     PROCESS_RIP(%rax), %rcx
        cmp     PROCESS_RCX(%rax), %rcx
        jne     1f
        mov     PROCESS_RFLAGS(%rax), %r11
        cmp     PROCESS_R11(%rax), %r11
        jne     1f
        test    $0x100, %r11d           /* RFLAGS_TF */
        jnz     1f
        load    %rax
        mov     PROCESS_RSP(%rax), %rsp
        mov     PROCESS_RAX(%rax), %rax
        sysretq
1:      lea     kernel_stack_top(%rip), %rsp
        pushq   $SELECTOR_USER_DATA
        pushq   PROCESS_RSP(%rax)
        pushq   PROCESS_RFLAGS(%rax)
        pushq   $SELECTOR_USER_CODE
        pushq   PROCESS_RIP(%rax)
        load    %rax
        mov     PROCESS_RCX(%rax), %rcx
        mov     PROCESS_R11(%rax), %r11
        mov     PROCESS_RAX(%rax), %rax
        iretq

/* rsp: vector, error code, rip, cs, rflags, rsp, ss */
        .balign 16
trap_common:
        cld                             /* unlike SYSCALL, a trap leaves the direction to the program */
        testb   $3, 24(%rsp)
        jz      trap_kernel
        push    %rax
        mov     kernel_info + KERNEL_INFO_CURRENT(%rip), %rax
        save    %rax
        pop     PROCESS_RAX(%rax)
        mov     %rsp, %rdi
        call    trap_user
        jmp     user_return

/* Only an interrupt of the idle loop is legal; it never goes back there, so nothing is saved. */
trap_kernel:
        mov     %rsp, %rdi
        cmpq    $0, kernel_info + KERNEL_INFO_CURRENT(%rip)
        jne     1f
        lea     idle(%rip), %rax
        cmp     %rax, 16(%rsp)
        jb      1f
        lea     idle_end(%rip), %rax
        cmp     %rax, 16(%rsp)
        jae     1f
        call    trap_idle
        jmp     user_return
1:      and     $-16, %rsp
        call    trap_panic
        ud2

/* Waits for an interrupt; does not return. */
        .globl idle
idle:   lea     kernel_stack_top(%rip), %rsp
1:      sti
        hlt
        cli
        jmp     1b
idle_end:

        .section .text.stubs, "ax"

/* One stub of 16 bytes a vector: error code (0 where the processor pushes none), vector. */
        .balign 16
        .globl trap_stubs
trap_stubs:
        .set    vector, 0
        .rept   256
        .balign 16
        .if     vector != 8 && !(vector >= 10 && vector <= 14) && vector != 17 && vector != 21
        pushq   $0
        .endif
        pushq   $vector
        jmp     trap_common
        .set    vector, vector + 1
        .endr

        .section .note.GNU-stack, "", @progbits
