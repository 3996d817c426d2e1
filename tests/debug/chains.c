/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Pointers that change while something behind them is watched: tests/cli/test_debugger_gdb.sh.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct link {
    int value;
    struct link *next;
};

static struct link links[4] = {{1, &links[1]}, {2, &links[2]}, {3, &links[3]}, {4, NULL}};
static struct link *current = &links[0];
static int rows[3][4];
static union {
    unsigned word;
    unsigned char byte[4];
} both;
static struct { unsigned low : 3, high : 5; } bits;
static double real = 1.5;
static char text[16] = "abc";

static int walk(void) {
    int sum = 0;
    while (current) {
        sum += current->value;
        current->value = sum;
        current = current->next;
    }
    return sum;
}

static void change(int *where, int to) {
    *where = to;
}

static int deep(int level) {
    int here = level * 2;
    if (level)
        here += deep(level - 1);
    change(&here, here + 1);
    return here;
}

static void crash(int *at) {
    *at = 5;
}

int main(void) {
    int sum = walk();
    for (int i = 0; i < 3; i++)
        rows[i][i] = sum + i;
    both.word = 0x01020304;
    both.byte[2] = 9;
    bits.low = 5;
    bits.high = 17;
    real *= 3;
    text[1] = 'B';
    sum += deep(2);
    printf("%d\n", sum);
    crash(NULL);
    return 0;
}
