/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * remote: two processes, each with a page of its own, see the same memory, which is in neither: the handler of both
 * keeps it, and is asked for every word. They play ping-pong through it. Run it with --grant range and --grant debug.
 */
#include "served.h"

enum { R_PAGE = CR_FREE, R_HANDLER, R_ENDPOINT, R_ENTRY, R_OTHER_PAGE, R_PONG };
#define ROUNDS 100

static unsigned long stack[2][512];
static unsigned char home[4096];
static volatile unsigned long accesses;

static enum access_verdict move(struct facet_served *access) {
    accesses++;
    if (access->kind == ACCESS_STORE)
        memcpy(home + access->offset, access->bytes, access->size);
    else
        memcpy(access->bytes, home + access->offset, access->size);
    return VERDICT_DONE;
}

static void handler(void) {
    facet_serve(move, 0);
}

/* Answers each odd number with the next one, in its own page. */
static void pong(void) {
    volatile unsigned long *ball = (volatile unsigned long *)(4ul << 44);
    for (;;)
        if (*ball % 2)
            *ball = *ball + 1;
}

int main(void) {
    volatile unsigned long *ball = serve_page(3, handler, stack[0] + 512, R_PAGE);
    serve_another(4, R_OTHER_PAGE, R_ENTRY);
    spawn(R_PONG, pong, stack[1] + 512);
    for (unsigned long i = 1; i <= 2 * ROUNDS; i += 2) {
        *ball = i;
        while (*ball == i)
            ;
        if (*ball != i + 1)
            return 1;
    }
    facet_puts("100 rounds of ping-pong\n");
    return accesses < 4 * ROUNDS;
}
