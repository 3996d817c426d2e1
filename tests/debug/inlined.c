/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Functions within functions, compiled with -O2: tests/cli/test_debugger_gdb.sh.
 */
#include <stdio.h>
#include <stdlib.h>
static inline __attribute__((always_inline)) int scale(int v, int by) {
    int r = v * by;
    if (r > 100)
        r -= 100;
    return r;
}
static inline __attribute__((always_inline)) int twice(int v) {
    int a = scale(v, 2);
    int b = scale(v + 1, 3);
    return a + b;
}
__attribute__((noinline)) int outer(int n) {
    int t = 0;
    for (int i = 0; i < n; i++)
        t += twice(i);
    return t;
}
int main(int argc, char **argv) {
    (void)argv;
    int x = outer(argc + 2);
    printf("%d\n", x);
    return 0;
}
