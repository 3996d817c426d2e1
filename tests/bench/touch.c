/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * touch [ACCESSES [endless]]: in each piece of work loads, then stores 8 bytes of `page`, half and half, in the loops
 * of bare.c. Endless: without asking whether it may (pass.c does).
 */
#include "bench.h"

unsigned long page[512] __attribute__((aligned(4096))) = {1};

static void touch(unsigned long loads, unsigned long stores) {
    unsigned long value;
    __asm__ volatile("1: mov 8(%[page]), %[value]\n"
                     "   dec %[loads]\n"
                     "   jnz 1b\n"
                     "1: mov %[value], 8(%[page])\n"
                     "   dec %[stores]\n"
                     "   jnz 1b\n"
                     : [loads] "+r"(loads), [stores] "+r"(stores), [value] "=&r"(value)
                     : [page] "r"(page)
                     : "memory", "cc");
}

int main(int argc, char **argv) {
    unsigned long half = bench_number(argc, argv, 200000) / 2;
    while (argc > 2 || bench_next())
        touch(half, half);
    return 0;
}
