/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the program takes for chance: the generator splitmix64 (Steele, Lea, Flood 2014), begun with --seed.
 */
#include "internal.h"

static unsigned long state;

void random_start(unsigned long seed) {
    state = seed;
}

static unsigned long next(void) {
    unsigned long z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

void random_bytes(void *to, unsigned long size) {
    unsigned char *bytes = to;
    while (size > 0) {
        unsigned long word = next(), part = size < sizeof word ? size : sizeof word;
        memcpy(bytes, &word, part);
        bytes += part;
        size -= part;
    }
}
