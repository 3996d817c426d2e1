/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the programs that are measured share, guests and host programs.
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <stdbool.h>

#if __STDC_HOSTED__
#include <unistd.h>
#define BENCH_READ(byte) read(0, byte, 1)
#define BENCH_WRITE(byte) write(1, byte, 1)
#else
#include <facet/guest.h>
#define BENCH_READ(byte) facet_read(CR_STDIN, byte, 1)
#define BENCH_WRITE(byte) facet_write(CR_STDOUT, byte, 1)
#endif

/* The first argument as a number. */
static inline unsigned long bench_number(int argc, char **argv, unsigned long otherwise) {
    if (argc < 2)
        return otherwise;
    unsigned long number = 0;
    for (const char *digit = argv[1]; *digit >= '0' && *digit <= '9'; digit++)
        number = number * 10 + (unsigned long)(*digit - '0');
    return number;
}

/* Waits until pairs.c asks for the next piece of work, and says before that the last one is done. False: no more. */
static inline bool bench_next(void) {
    static bool begun;
    char byte = 0;
    if (begun && BENCH_WRITE(&byte) != 1)
        return false;
    begun = true;
    return BENCH_READ(&byte) == 1;
}

/* xorshift */
static inline unsigned long bench_random(unsigned long state) {
    state ^= state << 13;
    state ^= state >> 7;
    return state ^ state << 17;
}

/* A number that depends on all of `value` and that a compiler can't foresee to be unused. */
static inline unsigned long bench_fold(unsigned long value) {
    __asm__ volatile("" : "+r"(value));
    return value & 0;
}

#endif
