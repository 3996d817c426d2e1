/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Debugged by gdb and by facet, which must say the same: tests/cli/test_debugger_gdb.sh. The cases name its lines.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct point {
    int x, y;
};
struct shape {
    const char *name;
    struct point corner[2];
    double scale;
    enum { PLAIN, ROUND, SHARP } style;
};

static struct shape shapes[3] = {
    {"square", {{0, 0}, {4, 4}}, 1.0, PLAIN},
    {"line", {{1, 1}, {1, 9}}, 0.5, SHARP},
    {"dot", {{7, 7}, {7, 7}}, 2.5, ROUND},
};
static int counter;
static unsigned char bytes[4096];
static long total;
static jmp_buf back;

static int add(int a, int b) {
    int sum = a + b;
    counter++;
    return sum;
}

static int factorial(int n) {
    if (n < 2)
        return 1;
    return n * factorial(n - 1);
}

static double area(const struct shape *shape) {
    const struct point *from = &shape->corner[0], *to = &shape->corner[1];
    double width = to->x - from->x, height = to->y - from->y;
    return width * height * shape->scale;
}

static const char *longest(int count) {
    const char *best = "";
    for (int i = 0; i < count; i++)
        if (strlen(shapes[i].name) > strlen(best))
            best = shapes[i].name;
    return best;
}

static void leave(int value) {
    counter = -value;
    longjmp(back, value);
}

static int by_value(const void *a, const void *b) {
    int x = *(const int *)a, y = *(const int *)b;
    return x < y ? -1 : x > y;
}

static struct point middle(const struct shape *s) {
    struct point p = {(s->corner[0].x + s->corner[1].x) / 2, (s->corner[0].y + s->corner[1].y) / 2};
    return p;
}

static void fill(unsigned char *to, int count) {
    for (int i = 0; i < count; i++) {
        to[i] = (unsigned char)i;
    }
}

static void quiet(void) {
    bytes[0] = bytes[0];
    counter = counter;
}

static long spend(long rounds) {
    volatile long work = 0;
    for (long i = 0; i < rounds; i++)
        work += i;
    return work;
}

static void local_watch(int limit) {
    int here = 0;
    for (int i = 0; i < limit; i++)
        here += 10;
    total += here;
}

int main(int argc, char **argv) {
    int values[5] = {5, 3, 1, 4, 2};
    int result = 0;
    (void)argv;
    for (int i = 0; i < 4; i++) {
        result = add(result, i);
        shapes[i % 3].corner[0].x += result;
    }
    total = factorial(5);
    double size = area(&shapes[0]) + area(&shapes[1]);
    const char *name = longest(3);
    if (!setjmp(back))
        leave(argc + 2);
    qsort(values, 5, sizeof *values, by_value);
    struct point centre = middle(&shapes[1]);
    fill(bytes + 8, 4), fill(bytes, 3);
    quiet();
    total += spend(200000);
    local_watch(3);
    printf("%d %ld %.1f %s %d\n", result, total, size, name, centre.x + values[0]);
    return 0;
}
