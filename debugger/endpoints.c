/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Handlers that are processes of the guest: which endpoint has which name, and pages that are served at one.
 */
#include "kernel.h"
#include "swap.h"
#include "text.h"

#include <stdlib.h>
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

/* ---- Who serves a page */

static enum facet_status server_of(struct swaps *s, const struct mark *mark, const struct attached *h,
                                   struct server *server, struct facet_error *error) {
    *server = (struct server){.endpoint = swaps_endpoint_find(s, h->code.args),
                              .serial = h->serial,
                              .low = mark->low,
                              .high = mark->high,
                              .delta = mark->delta,
                              .fetches = mark->object->name.executable};
    if (server->endpoint)
        return FACET_OK;
    return facet_fail(error, FACET_ERR_USAGE, "there is no endpoint \"%s\": --program %s=ELF starts a process with one",
                      h->code.args, h->code.args);
}

static int by_serial(const void *a, const void *b) {
    const struct server *x = a, *y = b;
    return (x->serial > y->serial) - (x->serial < y->serial);
}

/* *servers is to be freed. */
static enum facet_status find_servers(struct swaps *s, const struct front_page *page, struct server **servers,
                                      size_t *count, struct facet_error *error) {
    *servers = NULL;
    *count = 0;
    for (size_t i = 0; i < page->count; i++)
        for (size_t j = 0; j < page->marks[i].object->count; j++) {
            const struct attached *h = page->marks[i].object->chain[j];
            if (!h->code.endpoint)
                continue;
            *servers = text_grow(*servers, *count + 1, sizeof **servers);
            enum facet_status status = server_of(s, &page->marks[i], h, &(*servers)[(*count)++], error);
            if (status != FACET_OK)
                return status;
        }
    if (*count > 1)
        qsort(*servers, *count, sizeof **servers, by_serial);
    return FACET_OK;
}

static enum facet_status tell_kernel(struct swaps *s, int front, const struct front_page *page,
                                     struct facet_error *error) {
    enum facet_status status = kernel_front_serve(s->emu, front, 0, 0, 0, 0, false, error);
    for (size_t i = 0; i < page->server_count && status == FACET_OK; i++) {
        const struct server *its = &page->servers[i];
        status = kernel_front_serve(s->emu, front, its->endpoint, its->delta, its->low, its->high, its->fetches, error);
    }
    return status;
}

static bool same_servers(const struct front_page *page, const struct server *servers, size_t count) {
    bool same = count == page->server_count;
    for (size_t i = 0; i < count && same; i++) {
        const struct server *a = &servers[i], *b = &page->servers[i];
        same = a->endpoint == b->endpoint && a->serial == b->serial && a->low == b->low && a->high == b->high &&
               a->delta == b->delta;
    }
    return same;
}

enum facet_status page_serve(struct swaps *s, int front, struct facet_error *error) {
    struct front_page *page = s->page[front];
    struct server *servers;
    size_t count;
    enum facet_status status = find_servers(s, page, &servers, &count, error);
    if (status != FACET_OK || same_servers(page, servers, count)) {
        free(servers);
        return status;
    }
    free(page->servers);
    page->servers = servers;
    page->server_count = count;
    return tell_kernel(s, front, page, error);
}
