/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What every rung stands on: entry under QEMU (PVH, 32 bit) and under emu/ (long mode), GDT, TSS, IDT, page tables,
 * console, exit. A rung includes this and defines `main`; ring-3 code goes between USER_CODE and USER_CODE_END.
 *
 *   0 … 1 GiB   mapped one to one, supervisor, 2 MiB pages, but for
 *   0x800000    2 MiB of 4 KiB pages, user, read-write, executable: user_pt. The ring-3 code is copied to its first
 * page.
 */
.intel_syntax noprefix

#define USER_BASE 0x800000
#define USER_STACK 0x8ff000
#define KERNEL_CS 0x08
#define USER_SS 0x1b
#define USER_CS 0x23

/* Of the frame that a handler finds at rdi. */
#define F_RAX 112
#define F_VECTOR 120
#define F_ERROR 128
#define F_RIP 136
#define F_CS 144
#define F_FLAGS 152
#define F_RSP 160
#define F_SS 168

.macro puts text
    lea rsi, [rip + 7f]
    call console_puts
    .section .rodata
7:  .asciz "\text"
    .text
.endm
.macro puthex value
    mov rax, \value
    call console_hex
.endm
.macro exit status
    mov eax, \status
    jmp power_off
.endm
.macro on_trap handler
    lea rax, [rip + \handler]
    mov [rip + trap_handler], rax
.endm
/* Page-table entry of the user page number n */
.macro set_user_pte n, value
    mov rax, \value
    mov [rip + user_pt + 8 * \n], rax
    mov rax, USER_BASE + 4096 * \n
    invlpg [rax]
.endm
.macro enter_user offset=0
    push USER_SS
    push USER_STACK
    push 2
    push USER_CS
    push USER_BASE + \offset
    iretq
.endm
.macro USER_CODE
    .balign 16
    .globl user_code
user_code:
.endm
.macro USER_CODE_END
user_code_end:
.endm

.section .note.Xen, "a", @note
    .balign 4
    .long 4, 4, 18
    .asciz "Xen"
    .long pvh_start

.text
.code32
pvh_start:
    cli
    mov eax, offset boot_pdpt + 3
    mov [boot_pml4], eax
    mov dword ptr [boot_pdpt], 0x83
    mov eax, cr4
    or eax, 0x620
    mov cr4, eax
    mov eax, offset boot_pml4
    mov cr3, eax
    mov ecx, 0xc0000080
    rdmsr
    or eax, 0x901
    wrmsr
    mov eax, cr0
    and eax, ~0xc
    or eax, 0x80000003
    mov cr0, eax
    lgdt [gdt_pointer]
    .byte 0xea
    .long _start
    .word KERNEL_CS
.code64
.globl _start
_start:
    lea rsp, [rip + stack_top]
    push rbx
    lgdt [rip + gdt_pointer]
    push KERNEL_CS
    lea rax, [rip + 1f]
    push rax
    lretq
1:  xor eax, eax
    mov ds, eax
    mov es, eax
    mov ss, eax
    call tables_build
    call idt_build
    lea rax, [rip + tss]
    mov [rip + gdt + 0x28 + 2], ax
    shr eax, 16
    mov [rip + gdt + 0x28 + 4], al
    mov eax, 0x28
    ltr ax
    pop rbx
    call main
    exit 0

/* pml4[0] -> pdpt[0] -> 512 large pages, the one at USER_BASE replaced by user_pt */
tables_build:
    lea rax, [rip + pdpt + 7]
    mov [rip + pml4], rax
    lea rax, [rip + pd + 7]
    mov [rip + pdpt], rax
    xor ecx, ecx
    lea rdi, [rip + pd]
1:  mov rax, rcx
    shl rax, 21
    or rax, 0x83
    mov [rdi + 8 * rcx], rax
    inc ecx
    cmp ecx, 512
    jne 1b
    lea rax, [rip + user_pt + 7]
    mov [rdi + 8 * (USER_BASE >> 21)], rax
    lea rdi, [rip + user_pt]
    xor ecx, ecx
1:  mov rax, rcx
    shl rax, 12
    add rax, USER_BASE + 7
    mov [rdi + 8 * rcx], rax
    inc ecx
    cmp ecx, 512
    jne 1b
    lea rax, [rip + pml4]
    mov cr3, rax
    mov rax, cr0
    or rax, 0x10000
    mov cr0, rax
    mov ecx, 0xc0000081     /* STAR: SYSCALL to 0x08, SYSRET to 0x10 (code 0x20, stack 0x18) */
    xor eax, eax
    mov edx, 0x00100008
    wrmsr
    lea rsi, [rip + user_code]
    mov edi, USER_BASE
    lea rcx, [rip + user_code_end]
    sub rcx, rsi
    rep movsb
    ret

idt_build:
    lea rsi, [rip + stubs]
    lea rdi, [rip + idt]
    xor ecx, ecx
1:  mov rax, rsi
    mov [rdi], ax
    mov word ptr [rdi + 2], KERNEL_CS
    mov word ptr [rdi + 4], 0x8e00
    shr rax, 16
    mov [rdi + 6], ax
    shr rax, 16
    mov [rdi + 8], eax
    mov dword ptr [rdi + 12], 0
    add rsi, 16
    add rdi, 16
    inc ecx
    cmp ecx, 256
    jne 1b
    mov byte ptr [rip + idt + 3 * 16 + 5], 0xee      /* INT3 and INT 0x80 from ring 3 */
    mov byte ptr [rip + idt + 0x80 * 16 + 5], 0xee
    lidt [rip + idt_pointer]
    ret

.balign 16
.altmacro
.macro stub n
    .balign 16
    .if !((\n == 8) || ((\n >= 10) && (\n <= 14)) || (\n == 17) || (\n == 21))
    push 0
    .endif
    .if \n < 128
    push \n
    .else
    push \n - 256
    .endif
    jmp trap_common
.endm
stubs:
.set i, 0
.rept 256
    stub %i
    .set i, i + 1
.endr
.noaltmacro

trap_common:
    push rax
    push rbx
    push rcx
    push rdx
    push rsi
    push rdi
    push rbp
    push r8
    push r9
    push r10
    push r11
    push r12
    push r13
    push r14
    push r15
    mov rdi, rsp
    and qword ptr [rdi + F_VECTOR], 0xff
    cld
    cmp qword ptr [rip + trap_handler], 0
    je unexpected
    call [rip + trap_handler]
    pop r15
    pop r14
    pop r13
    pop r12
    pop r11
    pop r10
    pop r9
    pop r8
    pop rbp
    pop rdi
    pop rsi
    pop rdx
    pop rcx
    pop rbx
    pop rax
    add rsp, 16
    iretq

unexpected:
    puts "unexpected"
    call trap_print
    exit 1

/* "vector V error E rip R cs C" of the frame at rdi, with cr2 for page faults; rip relative to the user page from there. */
.globl trap_print
trap_print:
    puts " vector "
    puthex [rdi+F_VECTOR]
    puts " error "
    puthex [rdi+F_ERROR]
    puts " rip "
    puthex [rdi+F_RIP]
    puts " cs "
    puthex [rdi+F_CS]
    cmp qword ptr [rdi+F_VECTOR], 14
    jne 1f
    puts " cr2 "
    mov rax, cr2
    call console_hex
1:  puts "\n"
    ret

console_puts:                   /* rsi; keeps everything else */
    push rax
    push rdx
    mov edx, 0x3f8
1:  lodsb
    test al, al
    jz 2f
    out dx, al
    jmp 1b
2:  pop rdx
    pop rax
    ret
console_hex:                    /* rax, without leading zeros; keeps everything else */
    push rcx
    push rdx
    push rbx
    push rax
    mov rbx, rax
    mov ecx, 60
1:  mov rax, rbx
    shr rax, cl
    and eax, 15
    jnz 2f
    mov rdx, rbx
    shr rdx, cl
    test rdx, rdx
    jnz 2f
    test ecx, ecx
    jnz 3f
2:  cmp al, 10
    jb 4f
    add al, 'a' - 10 - '0'
4:  add al, '0'
    mov edx, 0x3f8
    out dx, al
3:  sub ecx, 4
    jns 1b
    pop rax
    pop rbx
    pop rdx
    pop rcx
    ret
power_off:
    mov edx, 0xf4
    out dx, eax
1:  cli
    hlt
    jmp 1b

.balign 8
gdt:
    .quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00cff3000000ffff, 0x00affb000000ffff
    .quad 0x0000890000000067, 0
gdt_pointer:
    .word 7 * 8 - 1
    .quad gdt
idt_pointer:
    .word 256 * 16 - 1
    .quad idt
.balign 16
tss:
    .long 0
    .quad trap_stack_top, 0, 0, 0
    .quad ist1_top
    .skip 0x66 - 44
    .word 0x68                  /* no I/O map */
trap_handler: .quad 0

.bss
.balign 4096
boot_pml4: .skip 4096
boot_pdpt: .skip 4096
pml4: .skip 4096
pdpt: .skip 4096
pd: .skip 4096
.globl user_pt
user_pt: .skip 4096
idt: .skip 4096
.skip 8192
trap_stack_top:
.skip 4096
ist1_top:
.skip 8192
stack_top:
.text
