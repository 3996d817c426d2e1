/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * thousands [ROUNDS [touch]]: has 10,000 pages to be swapped, each on its own, and works ROUNDS times on other memory;
 * at the end, with `touch`, it stores once to each of those pages.
 */
#include "bench.h"

#define PAGES 10000
#define WORDS (64 * 512)

unsigned char pages[PAGES][4096] __attribute__((aligned(4096)));
static unsigned long words[WORDS];

int main(int argc, char **argv) {
    unsigned long rounds = bench_number(argc, argv, 10), state = 1;
    for (unsigned long i = 0; i < rounds * WORDS; i++) {
        state = bench_random(state);
        words[state % WORDS] += state;
    }
    for (unsigned i = 0; i < PAGES && argc > 2; i++)
        pages[i][i % 8] = 1;
    return (int)bench_fold(words[0]);
}
