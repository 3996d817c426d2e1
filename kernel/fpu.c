/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fpu.h"

#define CR0_TS 8ul

static bool guarded HOT; /* CR0.TS is set */

static void guard_set(bool guard) {
    unsigned long cr0;
    if (guard == guarded)
        return;
    guarded = guard;
    if (guard)
        __asm__ volatile("mov %%cr0, %0\n\tor %1, %0\n\tmov %0, %%cr0" : "=&r"(cr0) : "i"(CR0_TS));
    else
        __asm__ volatile("clts");
}

static void save(struct process *process) {
    __asm__ volatile("fxsave64 %0" : "=m"(process->fpu));
}

static void load(const struct process *process) {
    __asm__ volatile("fxrstor64 %0" : : "m"(process->fpu));
}

void fpu_guard(const struct process *process) {
    guard_set(process != kernel_info.fpu_owner);
}

void fpu_take(struct process *process) {
    guard_set(false);
    if (kernel_info.fpu_owner)
        save(kernel_info.fpu_owner);
    load(process);
    kernel_info.fpu_owner = process;
}

/* Who runs keeps its guard. */
static void with_fpu(struct process *process, bool loads) {
    bool before = guarded;
    if (process != kernel_info.fpu_owner)
        return;
    guard_set(false);
    if (loads)
        load(process);
    else
        save(process);
    guard_set(before);
}

void fpu_save(struct process *process) {
    with_fpu(process, false);
}

void fpu_load(struct process *process) {
    with_fpu(process, true);
}

void fpu_forget(const struct process *process) {
    if (process == kernel_info.fpu_owner)
        kernel_info.fpu_owner = NULL;
}
