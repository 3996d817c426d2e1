/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The processor's FPU holds the state of one process, kernel_info.fpu_owner (NULL: nobody's); that of the others is in
 * their struct process. While another than the owner runs, CR0.TS makes its first instruction that needs the FPU trap
 * (#NM), and only then the state changes hands: most system programs never do.
 */
#ifndef KERNEL_FPU_H
#define KERNEL_FPU_H

#include "kernel.h"

/* The process is about to run. */
void fpu_guard(const struct process *process);
/* The running process has trapped: it gets the FPU. */
void fpu_take(struct process *process);
/* process->fpu is about to be read, has been written. */
void fpu_save(struct process *process);
void fpu_load(struct process *process);
/* The process ends. */
void fpu_forget(const struct process *process);

#endif
