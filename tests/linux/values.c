/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Values of all kinds, for tests/cli/test_expressions.sh: gdb and facet must show them alike. Built with -O0 and -O2.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#define KEEP __attribute__((noinline, noclone))

/* ---- Enums and scalars */

enum color { RED, GREEN, BLUE };
enum flags { READ = 1, WRITE = 2, LOCK = 8 };
enum sparse { FIRST = 1, MANY = 6 };
enum sign { MINUS = -1, ZERO };
enum codes { SMALL = 3, CODE = 200, LARGE = 60000 };
enum color color = BLUE, no_color = (enum color)7;
enum flags mode = READ | LOCK, no_mode = 0, odd_mode = 17;
enum sparse sparse = 7;
enum sign sign = MINUS;
enum codes code = CODE;

char letter = 'x';
signed char small = -1;
unsigned char byte = 200;
short number16 = -5;
unsigned short mask16 = 65535;
int number = 42;
unsigned big_number = 4000000000u;
long wide = -1;
unsigned long wide_mask = ~0ul;
long long longest = 1;
__int128 huge = 5;
bool yes = true;
float single = 3.14f, tiny = 1e-30f;
double twice = 3.14, infinite = 1.0 / 0.0, zero;
long double extended = 3.14L;
wchar_t wide_letter = L'a';
wchar_t wide_text[] = L"wide";
volatile int changing = 3;
static int own = 9;
_Thread_local int each = 11;

/* ---- Texts */

char text[16] = "abc", full[4] = "abcd", long_text[300];
char mixed[40] = "aaaaaaaaaaaaaaaabc\n\t\033\"'\\\001"
                 "1\200x";
const char *constant = "constant";
unsigned char *unsigned_text = (unsigned char *)"bytes";
uint8_t raw[4] = {1, 2, 3, 4};
char *names[3] = {"one", "two", NULL};

/* ---- Compounds */

struct inner {
    int a;
    char tag[8];
};
union either {
    int i;
    float f;
};
struct point {
    int x, y;
    struct inner in;
    struct {
        int q;
        struct {
            int z;
        } deep;
    } nested;
    union either either;
    union {
        long l;
        void *p;
    };
    struct point *next;
    int (*function)(int);
    unsigned bits3 : 3, bits5 : 5;
    int signed_bits : 4;
    const char *s;
    enum color color;
    bool flag;
    int table[2][3];
};
struct flexible {
    int count;
    char data[];
};
struct empty {};
struct unknown;
typedef unsigned u32;
typedef u32 vector[4];
typedef struct point point_t;
typedef int (*callback)(int, const char *);

int twofold(int x);
static struct point second = {.x = 7, .y = 8};
struct point point = {.x = 1,
                      .y = 2,
                      .in = {3, "tag"},
                      .nested = {4, {5}},
                      .either = {6},
                      .l = 7,
                      .next = &second,
                      .function = twofold,
                      .bits3 = 5,
                      .bits5 = 17,
                      .signed_bits = -3,
                      .s = "hello",
                      .color = GREEN,
                      .flag = true,
                      .table = {{1, 2, 3}, {4, 5, 6}}};
point_t *pointer = &point;
struct flexible flexible = {3, "abc"};
struct empty nothing;
struct unknown *unknown;
int array[5] = {1, 2, 3, 4, 5}, repeated[30], few[12] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2}, many[300];
unsigned char hundreds[200] = {[199] = 7};
int (*to_array)[5] = &array;
struct inner inners[12], some_inners[3] = {{1, "a"}, {2, "b"}, {3, "c"}};
int matrix[2][3] = {{1, 2, 3}, {4, 5, 6}};
bool bools[3] = {true, false, true};
int (*functions[3])(int) = {twofold, NULL, twofold};
callback call;
vector four = {1, 2, 3, 4};
void *anything = &array[1];
const volatile int *watched = &changing;
char *const fixed = "fixed";

/* ---- Code */

KEEP int twofold(int x) {
    return 2 * x;
}

KEEP int variadic(int count, ...) {
    return count;
}

/* Where the tests stop. */
KEEP void stop(void) {
    __asm__ volatile("" ::: "memory");
}

KEEP static int factorial(int n) {
    static int calls;
    int result = n;
    calls++;
    if (n <= 1)
        stop();
    else
        result = n * factorial(n - 1);
    return result;
}

struct pair {
    long first, last;
};

/* At -O2: a struct in pieces, constants, values that live in registers over a call, and some that do not. */
KEEP long optimized(long start, const char *name, double factor) {
    struct pair pair = {start, start + 5};
    int fixed_number = 17;
    long sum = 0;
    for (long i = pair.first; i < pair.last; i++)
        sum += i * array[i % 5];
    long unused = sum * 3;
    stop();
    sum += (long)strlen(name);
    stop();
    return sum + fixed_number + (long)(factor * 2) + pair.first;
}

KEEP void locals(int argc, char **argv) {
    int inside = 1;
    char buffer[20] = "local";
    struct point copy = point;
    double real = argc + 1.5;
    float reals[2] = {1.5f, -0.25f};
    for (int i = 0; i < 1; i++) {
        int inside = 43; /* hides the other */
        changing = inside;
        copy.x = inside;
        stop();
    }
    memset(buffer + 6, 'z', 3);
    stop();
    printf("%d %d %s %g %g %d\n", inside, copy.x, buffer, real, reals[1], argc + (argv != NULL));
}

/* Bounds that are known when it runs. */
KEEP int dynamic(int rows, int columns) {
    char row[rows];
    int grid[rows][columns];
    memset(row, 'v', (size_t)rows);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++)
            grid[i][j] = 10 * i + j;
    stop();
    return row[0] + grid[rows - 1][columns - 1];
}

int main(int argc, char **argv) {
    memset(long_text, 'x', sizeof long_text - 1);
    for (int i = 0; i < 300; i++)
        many[i] = i;
    each++;
    locals(argc, argv);
    printf("%d\n", factorial(3));
    printf("%ld\n", optimized(3, "name", 1.5));
    printf("%d\n", dynamic(3, 4));
    printf("%d %d %ld\n", variadic(1), own, second.x + (long)wide_letter);
    return 0;
}
