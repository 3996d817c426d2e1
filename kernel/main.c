/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The map of the kernel: what is set up, in which order.
 */
#include "boot.h"
#include "cpu.h"
#include "debug.h"
#include "invoke.h"
#include "memory.h"
#include "paging.h"
#include "process.h"
#include "start.h"

struct kernel_info kernel_info HOT;

_Noreturn void main_user(struct process *process); /* entry.S */
_Noreturn void main(unsigned long start_info);

/* Called by head.S on the kernel's stack, in long mode, interrupts off. start_info: physical. */
void main(unsigned long start_info) {
    console_init();                 /* serial line, for panics */
    cpu_init();                     /* GDT, IDT, TSS, SYSCALL */
    boot_read(start_info);          /* memory map, modules, command line */
    paging_init(boot_info.ram_end); /* final kernel page tables: image W^X, direct map */
    memory_init();                  /* object arrays, frames, tables, fronts: sized from RAM */
    invoke_init();                  /* checks the dispatcher's table */
    debug_init();                   /* announces kernel_info to the host */
    start_init();                   /* init: the first process and its space */
    main_user(process_next());      /* to ring 3; from now on only traps and system calls come back */
}
