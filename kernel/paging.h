/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The kernel's own half of every address space, and what CR3 holds.
 *
 *     0xffff800000000000   all RAM, one to one, writable, never executable, 2 MiB pages    (PML4 entry 256)
 *     0xffffffff80000000   the kernel's image in 4 KiB pages: text R-X, rodata R--, data RW-   (PML4 entry 511)
 */
#ifndef KERNEL_PAGING_H
#define KERNEL_PAGING_H

#include "kernel.h"

#define PAGING_RAM_MAX (4ul << 30) /* more is not used */

void paging_init(unsigned long ram_end);
/* Puts the kernel's half into a top-level table. */
void paging_share_kernel(unsigned long *top);
/* For kernel_check: the kernel's half of a top-level table is as it must be. */
bool paging_shared(const unsigned long *top);
/* Loads a process's top-level table (0: the kernel's own, nothing of ring 3) unless it is there and nothing is stale.
 */
void paging_enter(unsigned long top);
/* A top-level table is about to go: stop using it. */
void paging_leave(unsigned long top);

#endif
