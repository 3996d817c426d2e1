/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * random16m [ACCESSES]: loads and stores 8 bytes at random places of 16 MiB, half and half: more pages than a small
 * TLB has entries.
 */
#include "bench.h"

#define WORDS (16ul << 20 >> 3)

static unsigned long memory[WORDS];

int main(int argc, char **argv) {
    unsigned long count = bench_number(argc, argv, 4000000), sum = 0, random = 0x9e3779b97f4a7c15ul;
    for (unsigned long i = 0; i < count; i += 2) {
        random = bench_random(random);
        sum += memory[random >> 20 & (WORDS - 1)];
        memory[random >> 42 & (WORDS - 1)] = random;
    }
    return (int)(bench_fold(sum) & 1); /* the loads are not dead */
}
