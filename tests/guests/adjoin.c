/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * adjoin: accesses over the border of two objects, `left` at the end of a page and `right` at the start of the next,
 * and `first` and `second` within a page. Each has 8 bytes, which are at first 0x10, 0x11, … from `left` on. Prints
 * what it has loaded, and the four objects at the end.
 */
#include <facet/guest.h>

extern volatile unsigned char left[8], right[8], first[8], second[8];
__asm__(".pushsection .data\n"
        ".balign 4096\n.zero 4088\n"
        ".globl left, right, first, second\n"
        ".type left, @object\n.type right, @object\n.type first, @object\n.type second, @object\n"
        ".size left, 8\n.size right, 8\n.size first, 8\n.size second, 8\n"
        "left: .quad 0x1716151413121110\nright: .quad 0x1f1e1d1c1b1a1918\n"
        "first: .quad 0x2726252423222120\nsecond: .quad 0x2f2e2d2c2b2a2928\n"
        ".popsection\n");

static void print(const char *what, unsigned long value) {
    char line[64];
    unsigned used = 0;
    while (*what)
        line[used++] = *what++;
    for (unsigned i = 0; i < 8; i++, value >>= 8) {
        line[used++] = ' ';
        line[used++] = "0123456789abcdef"[value >> 4 & 15];
        line[used++] = "0123456789abcdef"[value & 15];
    }
    line[used++] = '\n';
    facet_write(CR_STDOUT, line, used);
}

static unsigned long load(const volatile unsigned char *at) {
    unsigned long value;
    __asm__ volatile("mov (%1), %0" : "=r"(value) : "r"(at) : "memory");
    return value;
}

static void store(volatile unsigned char *at, unsigned long value) {
    __asm__ volatile("mov %0, (%1)" : : "r"(value), "r"(at) : "memory");
}

int main(void) {
    unsigned long border = load(left + 4), within = load(first + 4);
    print("border", border);
    print("within", within);
    store(left + 4, 0xa7a6a5a4a3a2a1a0);
    store(first + 4, 0xb7b6b5b4b3b2b1b0);
    facet_write(CR_STDOUT, (const void *)(first + 4), 8); /* and the kernel's */
    facet_puts("\n");
    print("left", load(left));
    print("right", load(right));
    print("first", load(first));
    print("second", load(second));
    return 0;
}
