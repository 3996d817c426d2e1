/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Stands in for <facet/guest.h> where a sample is built to run natively: the same names over libc.
 */
#ifndef TESTS_NATIVE_GUEST_H
#define TESTS_NATIVE_GUEST_H

#include <stdlib.h>
#include <unistd.h>

enum { CR_STDIN = STDIN_FILENO, CR_STDOUT = STDOUT_FILENO, CR_STDERR = STDERR_FILENO };

static inline long facet_read(int stream, void *buffer, unsigned long size) {
    return read(stream, buffer, size);
}

static inline long facet_write(int stream, const void *buffer, unsigned long size) {
    for (unsigned long done = 0; done < size;) {
        ssize_t moved = write(stream, (const char *)buffer + done, size - done);
        if (moved <= 0)
            return -1;
        done += (unsigned long)moved;
    }
    return (long)size;
}

static inline void facet_puts(const char *text) {
    unsigned long size = 0;
    while (text[size]) /* byte by byte, as there */
        size++;
    facet_write(CR_STDOUT, text, size);
}

#endif
