/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The little of libc that the samples need.
 */
#ifndef SAMPLES_TEXT_H
#define SAMPLES_TEXT_H

#include <facet/guest.h>

static inline unsigned long text_length(const char *text) {
    unsigned long length = 0;
    while (text[length])
        length++;
    return length;
}

/* Prints a number right-aligned in at least `width` columns (up to 23). */
static inline void text_put_number(long number, int width) {
    char digits[24];
    int at = sizeof digits - 1;
    unsigned long rest = number < 0 ? -(unsigned long)number : (unsigned long)number;
    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (number < 0)
        digits[--at] = '-';
    while (at > 0 && (int)sizeof digits - 1 - at < width)
        digits[--at] = ' ';
    facet_puts(digits + at);
}

#endif
