/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What facet does for a handler: struct facet_services, with the attached handler as its first argument.
 */
#include "swap.h"

#include <string.h>

static int service_read(void *facet, int64_t offset, void *bytes, size_t size) {
    struct attached *h = facet;
    return swapped_copy(h->on, offset, bytes, NULL, size);
}

static int service_write(void *facet, int64_t offset, const void *bytes, size_t size) {
    struct attached *h = facet;
    return swapped_copy(h->on, offset, NULL, bytes, size);
}

static const char *service_symbol(void *facet, uint64_t address) {
    static char text[SYMBOL_TEXT];
    struct attached *h = facet;
    return symbols_name(h->on->swaps->symbols, address, text);
}

static const char *service_line(void *facet, uint64_t address) {
    static char text[SYMBOL_TEXT];
    struct attached *h = facet;
    return symbols_source(h->on->swaps->symbols, address, text);
}

static uint64_t service_lookup(void *facet, const char *symbol, uint64_t *size) {
    struct attached *h = facet;
    const struct symbol *found;
    if (symbols_find(h->on->swaps->symbols, symbol, &found, NULL) != FACET_OK)
        return 0;
    if (size)
        *size = found->size;
    return found->va;
}

static int service_swap(void *facet, const char *object, const char *handler) {
    struct attached *h = facet;
    return swaps_later(h->on->swaps, object, handler) ? 0 : -1;
}

static int service_restore(void *facet, const char *object) {
    struct attached *h = facet;
    return swaps_later(h->on->swaps, object, NULL) ? 0 : -1;
}

static int service_wake(void *facet, uint64_t process) {
    struct attached *h = facet;
    return swaps_wake(h->on->swaps, process) ? 0 : -1;
}

void services_fill(struct attached *attached) {
    attached->services = (struct facet_services){
        .facet = attached,
        .read = service_read,
        .write = service_write,
        .symbol = service_symbol,
        .line = service_line,
        .lookup = service_lookup,
        .swap = service_swap,
        .restore = service_restore,
        .wake = service_wake,
        .seed = attached->on->swaps->seed,
    };
}
