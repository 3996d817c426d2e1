/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A membrane around a page: its handler prints each access and lets it pass.
 */
#include "served.h"

static unsigned long stack[512];

static enum access_verdict log_it(struct served *access) {
    static const char *const kinds[] = {"load of ", "store of ", "fetch of "};
    facet_puts(kinds[access->kind]);
    put_number(access->size);
    facet_puts(" bytes at ");
    put_number(access->offset);
    facet_puts(": ");
    put_number(*(unsigned long *)access->bytes & (access->size < 8 ? (1ul << 8 * access->size) - 1 : ~0ul));
    facet_puts("\n");
    return VERDICT_PASS;
}

static void handler(void) {
    serve(log_it);
}

int main(void) {
    volatile unsigned long *page = serve_page(3, handler, stack + 512, CR_FREE);
    page[5] = 40;
    page[5] += 2;
    *(volatile unsigned char *)(page + 6) = 7;
    return page[5] == 42 ? 0 : 1;
}
