/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Write-once memory: each word of a page can be stored to once; who stores a second time faults. The handler is a
 * process of this program.
 */
#include "served.h"

static unsigned long stack[512];
static unsigned char written[512];

static enum access_verdict once(struct served *access) {
    if (access->kind != ACCESS_STORE)
        return VERDICT_PASS;
    for (unsigned long word = access->offset / 8; word <= (access->offset + access->size - 1) / 8; word++)
        if (written[word]++)
            return VERDICT_FAULT;
    return VERDICT_PASS;
}

static void handler(void) {
    serve(once);
}

int main(void) {
    volatile unsigned long *page = serve_page(3, handler, stack + 512, CR_FREE);
    page[0] = 1;
    page[1] = page[0] + 1;
    put_number(page[0] + page[1]);
    facet_puts(" is stored; now the second store to a word\n");
    page[0] = 2;
    facet_puts("which nobody stopped\n");
    return 1;
}
