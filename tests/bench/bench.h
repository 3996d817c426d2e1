/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the guests that are measured share.
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

/* The first argument as a number. */
static inline unsigned long bench_number(int argc, char **argv, unsigned long otherwise) {
    if (argc < 2)
        return otherwise;
    unsigned long number = 0;
    for (const char *digit = argv[1]; *digit >= '0' && *digit <= '9'; digit++)
        number = number * 10 + (unsigned long)(*digit - '0');
    return number;
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
