/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The processor's tables: GDT, IDT, TSS, SYSCALL registers.
 */
#ifndef KERNEL_CPU_H
#define KERNEL_CPU_H

#include "kernel.h"

#define RFLAGS_TF 0x100ul

enum page_fault_bit { PF_PRESENT = 1, PF_WRITE = 2, PF_USER = 4, PF_RESERVED = 8, PF_FETCH = 16 };
enum vector {
    VECTOR_DB = 1,
    VECTOR_BP = 3,
    VECTOR_NM = 7,
    VECTOR_DF = 8,
    VECTOR_GP = 13,
    VECTOR_PF = 14,
    VECTOR_EXCEPTIONS = 32
};

/* As the stubs of entry.S leave it on the stack. */
struct trap_frame {
    unsigned long vector, error, rip, cs, rflags, rsp, ss;
};

void cpu_init(void);

static inline void cpu_write_msr(unsigned msr, unsigned long value) {
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((unsigned)value), "d"((unsigned)(value >> 32)) : "memory");
}
#define MSR_FS_BASE 0xc0000100
#define MSR_GS_BASE 0xc0000101

#endif
