/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Two doors into the kernel and the way to main:
 *
 *     QEMU   PVH: 32 bits, paging off, ebx = start info   -> pvh_entry -> long mode -+
 *     emu/   ELF entry: long mode, low memory one to one, rbx = start info ----------+-> entry64 -> main(start info)
 *
 * The page tables here are only for the way: 1 GiB at 0, at the direct map and at the link address.
 */
#include <facet/platform.h>

#define PHYSICAL(symbol) ((symbol) - KERNEL_LINK_BASE)

        .section .note.pvh, "a", @note
        .balign 4
        .long 4, 8, 18                  /* XEN_ELFNOTE_PHYS32_ENTRY */
        .asciz "Xen"
        .quad PHYSICAL(pvh_entry)

        .section .text.boot, "ax"
        .code32
        .globl pvh_entry
pvh_entry:
        cld
        mov     %cr4, %eax
        or      $0x620, %eax            /* PAE, OSFXSR, OSXMMEXCPT */
        mov     %eax, %cr4
        mov     $PHYSICAL(boot_pml4), %eax
        mov     %eax, %cr3
        mov     $0xc0000080, %ecx       /* EFER */
        rdmsr
        or      $0x900, %eax            /* LME, NXE */
        wrmsr
        mov     %cr0, %eax
        and     $~0xc, %eax             /* EM, TS off */
        or      $0x80010023, %eax       /* PG, WP, NE, MP, PE */
        mov     %eax, %cr0
        lgdt    PHYSICAL(boot_gdtr)
        ljmp    $8, $PHYSICAL(entry64)

        .code64
        .globl entry64
entry64:
        cli
        cld
        mov     $0xc0000080, %ecx
        rdmsr
        or      $0x801, %eax            /* NXE, SCE */
        wrmsr
        mov     $PHYSICAL(boot_pml4), %eax
        mov     %rax, %cr3
        mov     %cr4, %rax
        or      $0x620, %rax
        mov     %rax, %cr4
        mov     %cr0, %rax
        and     $~0xc, %rax
        or      $0x10022, %rax
        mov     %rax, %cr0
        mov     $high, %rax
        jmp     *%rax
high:   lea     kernel_stack_top(%rip), %rsp
        xor     %ebp, %ebp
        mov     %rbx, %rdi
        call    main
        ud2

        .section .data.boot, "aw"
        .balign 4096
        .globl boot_pml4
boot_pml4:
        .quad PHYSICAL(boot_pdpt_low) + 3
        .fill 255, 8, 0
        .quad PHYSICAL(boot_pdpt_low) + 3       /* KERNEL_DIRECT_MAP */
        .fill 254, 8, 0
        .quad PHYSICAL(boot_pdpt_high) + 3      /* KERNEL_LINK_BASE */
boot_pdpt_low:
        .quad PHYSICAL(boot_pd) + 3
        .fill 511, 8, 0
boot_pdpt_high:
        .fill 510, 8, 0
        .quad PHYSICAL(boot_pd) + 3
        .quad 0
boot_pd:
        .set n, 0
        .rept 512
        .quad (n << 21) + 0x83                  /* present, writable, 2 MiB */
        .set n, n + 1
        .endr
boot_gdt:
        .quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff
boot_gdtr:
        .word boot_gdtr - boot_gdt - 1
        .long PHYSICAL(boot_gdt), 0

        .section .note.GNU-stack, "", @progbits
