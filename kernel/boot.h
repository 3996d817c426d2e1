/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the machine says about itself in the PVH start info.
 */
#ifndef KERNEL_BOOT_H
#define KERNEL_BOOT_H

#include "kernel.h"

#define BOOT_MODULES_MAX (2 + BOOT_PROGRAMS_MAX)

struct boot_module {
    unsigned long start, size; /* physical, bytes */
};

struct boot_info {
    unsigned long ram_end;              /* one past the highest byte of RAM that is used */
    unsigned long free_start, free_end; /* the largest stretch of RAM with nothing in it, page aligned */
    struct boot_module module[BOOT_MODULES_MAX];
    unsigned module_count;
    bool timer; /* it has the timer */
    bool facet; /* the machine has the debug and stream devices */
};
extern struct boot_info boot_info;

void boot_read(unsigned long start_info);

#endif
