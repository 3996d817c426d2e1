/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu.h"
#include "offsets.h"

#define MSR_STAR 0xc0000081
#define MSR_LSTAR 0xc0000082
#define MSR_FMASK 0xc0000084
/* Cleared by SYSCALL: TF, IF, DF, IOPL, NT, AC. */
#define RFLAGS_MASK 0x47700

struct gate {
    unsigned short offset_low, selector;
    unsigned char ist, attributes;
    unsigned short offset_middle;
    unsigned offset_high, zero;
};
struct tss {
    unsigned reserved;
    unsigned long rsp[3], reserved2, ist[7], reserved3;
    unsigned short reserved4, io_map;
} __attribute__((packed));
struct descriptor {
    unsigned short limit;
    unsigned long base;
} __attribute__((packed));

static struct gate idt[256] __attribute__((aligned(16)));
static struct tss tss __attribute__((aligned(16)));
static unsigned long gdt[9] = {
    0,
    0x00af9b000000ffff, /* 08 kernel code */
    0x00cf93000000ffff, /* 10 kernel data */
    0,
    0,
    0x00cff3000000ffff, /* 28 user data: SYSRET wants it before the code; numbers that programs of Linux know */
    0x00affb000000ffff, /* 30 user code */
    0,
    0, /* 38 TSS */
};

extern char trap_stubs[], syscall_entry[], kernel_stack_top[], double_fault_stack_top[];

static void load_gdt(void) {
    tss.rsp[0] = (unsigned long)kernel_stack_top;
    tss.ist[0] = (unsigned long)double_fault_stack_top;
    tss.io_map = sizeof tss; /* none: ring 3 has no ports */
    unsigned long base = (unsigned long)&tss;
    gdt[7] = (sizeof tss - 1) | (base & 0xffffff) << 16 | 0x89ul << 40 | (base >> 24 & 0xff) << 56;
    gdt[8] = base >> 32;
    struct descriptor gdtr = {sizeof gdt - 1, (unsigned long)gdt};
    __asm__ volatile("lgdt %0\n\t"
                     "pushq %1\n\t"
                     "lea 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "lretq\n"
                     "1:\tmov %2, %%ss\n\t"
                     "mov %3, %%ds\n\t"
                     "mov %3, %%es\n\t"
                     "mov %3, %%fs\n\t"
                     "mov %3, %%gs\n\t"
                     "ltr %4"
                     :
                     : "m"(gdtr), "i"(SELECTOR_KERNEL_CODE), "r"(SELECTOR_KERNEL_DATA), "r"(0),
                       "r"((unsigned short)SELECTOR_TSS)
                     : "rax", "memory");
}

static void load_idt(void) {
    for (unsigned i = 0; i < 256; i++) {
        unsigned long entry = (unsigned long)trap_stubs + 16ul * i;
        idt[i] = (struct gate){.offset_low = (unsigned short)entry,
                               .selector = SELECTOR_KERNEL_CODE,
                               .ist = i == VECTOR_DF,
                               .attributes = i == VECTOR_BP ? 0xee : 0x8e, /* ring 3 may execute int3 */
                               .offset_middle = (unsigned short)(entry >> 16),
                               .offset_high = (unsigned)(entry >> 32)};
    }
    struct descriptor idtr = {sizeof idt - 1, (unsigned long)idt};
    __asm__ volatile("lidt %0" : : "m"(idtr) : "memory");
}

/* Without facet's machine there may be an interrupt controller that wants to tell the time. */
static void silence_pic(void) {
    port_out8(0x21, 0xff);
    port_out8(0xa1, 0xff);
}

void cpu_init(void) {
    load_gdt();
    load_idt();
    silence_pic();
    cpu_write_msr(MSR_STAR, (unsigned long)SELECTOR_KERNEL_CODE << 32 | (SELECTOR_USER_DATA - 8ul) << 48);
    cpu_write_msr(MSR_LSTAR, (unsigned long)syscall_entry);
    cpu_write_msr(MSR_FMASK, RFLAGS_MASK);
}
