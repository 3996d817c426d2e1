/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * code: instructions that appear, change and move under the program's feet. A processor executes what memory holds; an
 * emulator that remembers translations must notice every case.
 */
#include "check.h"

enum { R_PAGE = CR_FREE, R_OTHER, R_NODE };
#define L2V_ROOT 44
#define WRITE_SLOT 3ul /* of this program's root: where the page is written, and where it is executed */
#define RUN_SLOT 4ul
#define ROUNDS 200

static volatile unsigned char *const writable = (volatile unsigned char *)(WRITE_SLOT << L2V_ROOT);
static unsigned (*const run)(void) = (unsigned (*)(void))(RUN_SLOT << L2V_ROOT);
static unsigned (*const run_writable)(void) = (unsigned (*)(void))(WRITE_SLOT << L2V_ROOT);

static void map(unsigned page) {
    check("map writable", facet_set(CR_SPACE, OP_GPT_SET, WRITE_SLOT, page), RC_OK);
    check("map to run", facet_set(CR_SPACE, OP_GPT_SET, RUN_SLOT, page), RC_OK);
}

/* mov $value, %eax; ret */
static void write_code(volatile unsigned char *at, unsigned value) {
    at[0] = 0xb8;
    for (int i = 0; i < 4; i++)
        at[1 + i] = (unsigned char)(value >> 8 * i);
    at[5] = 0xc3;
}

static void rewritten(unsigned (*entry)(void), const char *what) {
    for (unsigned i = 0; i < ROUNDS; i++) {
        write_code(writable, i);
        check(what, entry(), i);
        writable[1] = (unsigned char)(i ^ 0xff); /* one byte */
        check(what, entry(), (i & ~0xffu) | ((i ^ 0xff) & 0xff));
    }
    passed(what);
}

/* The frame goes back to the range and comes out again with other code, at the same address. */
static void reused_frame(void) {
    for (unsigned i = 0; i < ROUNDS; i++) {
        check("rescind", facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, R_PAGE), RC_OK);
        check("allocate", facet_alloc(CAP_PAGE, R_PAGE), RC_OK);
        map(R_PAGE);
        check("a fresh page is zero", writable[0] | writable[5], 0);
        write_code(writable, 1000 + i);
        check("code in a reused frame", run(), 1000 + i);
    }
    passed("code in a reused frame");
}

/* Two pages change places under one address. */
static void exchanged(void) {
    check("allocate", facet_alloc(CAP_PAGE, R_OTHER), RC_OK);
    map(R_OTHER);
    write_code(writable, 7);
    map(R_PAGE);
    write_code(writable, 8);
    for (unsigned i = 0; i < ROUNDS; i++) {
        check("exchange", facet_set(CR_SPACE, OP_GPT_SET, RUN_SLOT, i & 1 ? R_PAGE : R_OTHER), RC_OK);
        check("code of the page that is mapped now", run(), i & 1 ? 8 : 7);
    }
    passed("pages that change places");
}

/* A loop that counts down by rewriting its own immediate operand:
 *     1: mov $n, %eax; dec %eax; mov %eax, 1b+1(%rip); jnz 1b; mov $99, %eax; ret */
static void own_block(void) {
    static const unsigned char code[] = {
        0xb8, 50,   0,    0,    0,          /* mov $50, %eax */
        0xff, 0xc8,                         /* dec %eax */
        0x89, 0x05, 0xf4, 0xff, 0xff, 0xff, /* mov %eax, -12(%rip): offset 1 */
        0x75, 0xf1,                         /* jnz to offset 0 */
        0xb8, 99,   0,    0,    0,    0xc3, /* mov $99, %eax; ret */
    };
    map(R_PAGE);
    for (unsigned i = 0; i < sizeof code; i++)
        writable[i] = code[i];
    check("a block that rewrites itself", run_writable(), 99);
    check("what it left", writable[1], 0);
    passed("a block that rewrites itself");
}

int main(void) {
    check("allocate", facet_alloc(CAP_PAGE, R_PAGE), RC_OK);
    map(R_PAGE);
    rewritten(run, "rewritten through an alias");
    rewritten(run_writable, "rewritten in place");
    reused_frame();
    map(R_PAGE);
    exchanged();
    own_block();
    return 0;
}
