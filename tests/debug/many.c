/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A thousand words to watch, and a buffer that the kernel fills: tests/cli/test_watchpoints.sh.
 */
#include <unistd.h>

static long words[1000];
static char buffer[2000];
static long hot;

static long work(long rounds) {
    for (long i = 0; i < rounds; i++)
        hot += i;
    return hot;
}

int main(void) {
    long got = read(0, buffer, sizeof buffer);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 1000; i++)
            words[i] = i * 3;
    got += work(20000);
    got += write(1, buffer, 10);
    return got > 0 ? 0 : 1;
}
