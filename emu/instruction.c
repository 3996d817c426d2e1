/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Instructions whose result would show the host: CPUID and the time-stamp counter.
 *
 * CPUID describes what the engine executes rightly: x86-64-v2, BMI1/2, MOVBE, AES, PCLMULQDQ, and hides what it lacks
 * or does wrongly (AVX and later, XSAVE, RDRAND, RDSEED, PCID).
 */
#include "internal.h"

#include <string.h>

/* Leaf 1: CX8 … FXSR SSE SSE2 as every x86-64 has them; no APIC, MTRR, PSE-36, machine check. */
#define LEAF1_EAX 0x00050654u /* family 6, model 0x55, stepping 4 */
#define LEAF1_EBX 0x00000800u /* CLFLUSH of 64 bytes */
#define LEAF1_ECX 0x02d82203u /* SSE3 PCLMUL SSSE3 CX16 SSE4.1 SSE4.2 MOVBE POPCNT AES */
#define LEAF1_EDX 0x0788813fu /* FPU VME DE PSE TSC MSR CX8 CMOV … MMX FXSR SSE SSE2 */
#define LEAF7_EBX 0x00180109u /* FSGSBASE BMI1 BMI2 ADX SMAP */
#define EXT1_ECX 0x00000121u  /* LAHF64 LZCNT PREFETCHW */
#define EXT1_EDX 0x2c100800u  /* SYSCALL NX 1-GiB pages RDTSCP LM */
#define EXT8_EAX 0x00003034u  /* 52 physical, 48 virtual address bits */
#define TSC_STEP 1000

static void cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4]) {
    static const char vendor[] = "GenuntelineI", brand[48] = "facet emulated x86-64 processor";
    memset(out, 0, 16);
    if (leaf == 0) {
        out[0] = 7;
        memcpy(out + 1, vendor, 12);
    } else if (leaf == 1) {
        memcpy(out, (uint32_t[]){LEAF1_EAX, LEAF1_EBX, LEAF1_ECX, LEAF1_EDX}, 16);
    } else if (leaf == 7 && subleaf == 0) {
        out[1] = LEAF7_EBX;
    } else if (leaf == 0x80000000u) {
        out[0] = 0x80000008u;
    } else if (leaf == 0x80000001u) {
        out[2] = EXT1_ECX;
        out[3] = EXT1_EDX;
    } else if (leaf >= 0x80000002u && leaf <= 0x80000004u) {
        memcpy(out, brand + 16 * (leaf - 0x80000002u), 16);
    } else if (leaf == 0x80000008u) {
        out[0] = EXT8_EAX;
    }
}

static int on_cpuid(uc_engine *uc, void *data) {
    static const int regs[4] = {UC_X86_REG_RAX, UC_X86_REG_RBX, UC_X86_REG_RCX, UC_X86_REG_RDX};
    struct emu *emu = data;
    uint32_t out[4];
    (void)uc;
    cpuid((uint32_t)reg_get(emu, UC_X86_REG_RAX), (uint32_t)reg_get(emu, UC_X86_REG_RCX), out);
    for (int i = 0; i < 4; i++)
        reg_set(emu, regs[i], out[i]);
    return 1;
}

/* Time passes by being looked at: the same in every run. */
static int on_rdtsc(uc_engine *uc, void *data) {
    struct emu *emu = data;
    (void)uc;
    emu->tsc += TSC_STEP;
    reg_set(emu, UC_X86_REG_RAX, emu->tsc & 0xffffffff);
    reg_set(emu, UC_X86_REG_RDX, emu->tsc >> 32);
    return 1;
}

static int on_rdtscp(uc_engine *uc, void *data) {
    struct emu *emu = data;
    uc_x86_msr aux = {.rid = 0xc0000103};
    on_rdtsc(uc, data);
    uc_reg_read(emu->uc, UC_X86_REG_MSR, &aux);
    reg_set(emu, UC_X86_REG_RCX, aux.value & 0xffffffff);
    return 1;
}

bool instruction_init(struct emu *emu) {
    uc_hook hook;
    return uc_hook_add(emu->uc, &hook, UC_HOOK_INSN, (void *)on_cpuid, emu, 1, 0, UC_X86_INS_CPUID) == UC_ERR_OK &&
           uc_hook_add(emu->uc, &hook, UC_HOOK_INSN, (void *)on_rdtsc, emu, 1, 0, UC_X86_INS_RDTSC) == UC_ERR_OK &&
           uc_hook_add(emu->uc, &hook, UC_HOOK_INSN, (void *)on_rdtscp, emu, 1, 0, UC_X86_INS_RDTSCP) == UC_ERR_OK;
}
