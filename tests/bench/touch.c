/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * touch [ACCESSES]: loads, then stores 8 bytes of `page`, half and half, in the loops of bare.c.
 */
#include "bench.h"

unsigned long page[512] __attribute__((aligned(4096))) = {1};

int main(int argc, char **argv) {
    unsigned long loads = bench_number(argc, argv, 4000000) / 2, stores = loads, value = 0;
    if (loads == 0)
        return 0;
    __asm__ volatile("1: mov 8(%[page]), %[value]\n"
                     "   dec %[loads]\n"
                     "   jnz 1b\n"
                     "1: mov %[value], 8(%[page])\n"
                     "   dec %[stores]\n"
                     "   jnz 1b\n"
                     : [loads] "+r"(loads), [stores] "+r"(stores), [value] "+r"(value)
                     : [page] "r"(page)
                     : "memory", "cc");
    return 0;
}
