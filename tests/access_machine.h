/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A machine for tests of accesses to fronts: emu/ with a ring-0 stub of a page instead of the kernel, and ring-3 code
 * that the host steers: it sets registers, runs to the next INT 0x30, looks. INT 0x31 is a system call that copies
 * (debug_block.copy).
 *
 *   virtual             physical
 *   0x100000, 0x200000  the same: stub and tables, ring 0 only
 *   0x400000            the same: ring-3 code             0x500000  ring-3 stack, ordinary memory
 *   WINDOW(w)           FRAME(w, page): eight pages, what lies there depends on the window
 *
 *   page of a window    0      1      2      3      4      5     6      7
 *   PLAIN               ram    ram    ram    ram    ram    hole  ram    hole
 *   FAST, CAREFUL       ram    a+0    a+4K   b      ram    hole  b      hole     front a: 2 MiB under a page table,
 *   MIXED               ram    fast   fast   careful ram   hole  ro     hole     front b: a single page
 */
#ifndef FACET_TEST_ACCESS_MACHINE_H
#define FACET_TEST_ACCESS_MACHINE_H

#include "emu/emu.h"

#define CODE 0x400000ul
#define STACK 0x501000ul /* one page mapped below and one above */
#define PAGE 4096ul
#define WINDOW_PAGES 8

enum window { PLAIN, FAST, CAREFUL, MIXED, WINDOWS };
#define WINDOW(w) (0x600000ul + (unsigned long)(w)*0x200000)
#define FRAME(w, page) (0x1000000ul + (unsigned long)(w)*0x100000 + (unsigned long)(page)*PAGE)

/* Fronts: two for each window but PLAIN. */
#define FRONT_A(w) (2 * ((int)(w)-FAST))
#define FRONT_B(w) (2 * ((int)(w)-FAST) + 1)

struct guest {
    struct emu *emu;
    struct debug_block *debug;
    struct front *fronts;
};

/* What the stub noted of each exception, newest last. */
struct guest_trap {
    uint64_t vector, error, rip, cr2;
};
struct guest_traps {
    uint64_t count;
    struct guest_trap trap[15];
};
/* The stub's whole policy: at the next exception it makes these stores to physical memory and restarts; with none left
 * it parks the program and the run stops with EMU_STOP_EVENT, DEBUG_EVENT_FAULTED. */
struct guest_repairs {
    uint64_t count;
    struct {
        uint64_t address, value;
    } store[7];
};

/* Ring-3 code is copied to CODE; the machine then stands there in ring 3. */
struct guest guest_create(const void *code, size_t size);
struct guest guest_create_clock(const void *code, size_t size); /* its clock is armed */
void guest_destroy(struct guest *guest);
struct guest_traps *guest_traps(struct guest *guest);
struct guest_repairs *guest_repairs(struct guest *guest);
/* Physical address of the entry that maps a page of a window. */
uint64_t guest_entry(enum window window, unsigned page);
uint8_t *guest_frame(struct guest *guest, enum window window, unsigned page);

/* Without padding: compared as bytes. */
struct guest_fpu {
    uint16_t control, status;
    uint32_t tags; /* a bit for each register that is not empty, by its number, not its place in the stack */
    uint32_t mxcsr;
    uint8_t st[8][10]; /* by their place in the stack */
    uint8_t xmm[16][16];
};
void guest_fpu_get(struct guest *guest, struct guest_fpu *fpu);
void guest_fpu_set(struct guest *guest, const struct guest_fpu *fpu); /* control, mxcsr, xmm; the stack empty, zeroes */

#endif
