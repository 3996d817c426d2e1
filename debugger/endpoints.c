/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Handlers that are processes of the guest: which endpoint has which name, and pages that are served at one.
 */
#include "kernel.h"
#include "swap.h"
#include "text.h"

#include <string.h>

void swaps_endpoint(struct swaps *swaps, const char *name, uint64_t id) {
    size_t i = 0;
    while (i < swaps->endpoint_count && strcmp(swaps->endpoints[i].name, name) != 0)
        i++;
    if (i == swaps->endpoint_count) {
        swaps->endpoints = text_grow(swaps->endpoints, ++swaps->endpoint_count, sizeof *swaps->endpoints);
        swaps->endpoints[i].name = text_copy(name);
    }
    swaps->endpoints[i].id = id;
}

uint64_t swaps_endpoint_find(const struct swaps *swaps, const char *name) {
    for (size_t i = 0; i < swaps->endpoint_count; i++)
        if (strcmp(swaps->endpoints[i].name, name) == 0)
            return swaps->endpoints[i].id;
    return 0;
}

void swaps_endpoints_forget(struct swaps *swaps) {
    for (size_t i = 0; i < swaps->endpoint_count; i++)
        free(swaps->endpoints[i].name);
    free(swaps->endpoints);
    swaps->endpoints = NULL;
    swaps->endpoint_count = 0;
}

/* How many handlers of the page are processes; *server and *mark: the last of them, and what it serves. */
static size_t page_servers(const struct front_page *page, const struct attached **server, const struct mark **mark) {
    size_t count = 0;
    for (size_t i = 0; i < page->count; i++)
        for (size_t j = 0; j < page->marks[i].object->count; j++) {
            const struct attached *h = page->marks[i].object->chain[j];
            if (!h->code.endpoint)
                continue;
            count++;
            *server = h;
            *mark = &page->marks[i];
        }
    return count;
}

enum facet_status page_serve(struct swaps *s, int front, struct facet_error *error) {
    struct front_page *page = s->page[front];
    const struct attached *server = NULL;
    const struct mark *mark = NULL;
    size_t count = page_servers(page, &server, &mark);
    if (count > 1)
        return facet_fail(error, FACET_ERR_USAGE, "a page can be served by one process only, and only for one object");
    uint64_t id = count ? swaps_endpoint_find(s, server->code.args) : 0;
    if (count && !id)
        return facet_fail(error, FACET_ERR_USAGE,
                          "there is no endpoint \"%s\": --program %s=ELF starts a process with one", server->code.args,
                          server->code.args);
    if (id == page->endpoint)
        return FACET_OK;
    page->endpoint = id;
    if (!count)
        return kernel_front_handler(s->emu, front, 0, 0, 0, 0, error);
    return kernel_front_handler(s->emu, front, mark->low, mark->high, id, (uint64_t)mark->delta, error);
}
