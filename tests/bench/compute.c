/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * compute [ROUNDS]: sorts and hashes arrays, ROUNDS times in each piece of work: branches, calls, loads and stores, no
 * system call. `unused` is there to be swapped; nothing touches it.
 */
#include "bench.h"

#define WORDS 4096

unsigned long unused[1024] = {1};
static unsigned words[WORDS];

static void fill(unsigned long seed) {
    for (unsigned i = 0; i < WORDS; i++) {
        seed = bench_random(seed);
        words[i] = (unsigned)(seed >> 32);
    }
}

static void sift_down(unsigned at, unsigned count) {
    for (unsigned child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && words[child + 1] > words[child])
            child++;
        if (words[at] >= words[child])
            return;
        unsigned swap = words[at];
        words[at] = words[child];
        words[child] = swap;
    }
}

static void heap_sort(void) {
    for (unsigned at = WORDS / 2; at-- > 0;)
        sift_down(at, WORDS);
    for (unsigned count = WORDS; count-- > 1;) {
        unsigned largest = words[0];
        words[0] = words[count];
        words[count] = largest;
        sift_down(0, count);
    }
}

static unsigned long hash_of(const unsigned *at, unsigned count) {
    unsigned long hash = 14695981039346656037ul;
    for (unsigned i = 0; i < count; i++)
        hash = (hash ^ at[i]) * 1099511628211ul;
    return hash;
}

int main(int argc, char **argv) {
    unsigned long rounds = bench_number(argc, argv, 20), hash = 1;
    while (bench_next())
        for (unsigned long i = 0; i < rounds; i++) {
            fill(hash | 1);
            heap_sort();
            hash = hash_of(words, WORDS);
        }
    return (int)bench_fold(hash);
}
