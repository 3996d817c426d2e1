/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Memory that is not there: every byte of the object can be loaded and stored, though nothing backs it; it takes of the
 * host what the program has stored to. `--swap va:0x100000000000+0x1000000000=sparse.so` is 64 GiB of it.
 */
#define _GNU_SOURCE
#include <facet/handler.h>
#include <search.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 4096u

struct page {
    uint64_t number; /* first: what `by_number` compares */
    uint8_t bytes[PAGE];
};

struct sparse {
    uint64_t size;
    void *pages; /* tsearch */
    uint64_t count;
};

static uint32_t verdicts(const char *args) {
    (void)args;
    return FACET_MAY(FACET_PASS) | FACET_MAY(FACET_DONE);
}

static void *attach(const struct facet_object *object, const char *args, struct facet_handler_error *error) {
    struct sparse *sparse = calloc(1, sizeof *sparse);
    if (*args) {
        snprintf(error->text, sizeof error->text, "sparse takes no arguments, not '%.100s'", args);
        free(sparse);
        return NULL;
    }
    if (sparse)
        sparse->size = object->size;
    return sparse;
}

static int by_number(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The page of an offset; NULL: nothing has been stored there, or the host has no memory left. */
static struct page *page_at(struct sparse *sparse, uint64_t offset, bool make) {
    uint64_t number = offset / PAGE;
    struct page **found = tfind(&number, &sparse->pages, by_number), *page;
    if (found || !make)
        return found ? *found : NULL;
    page = calloc(1, sizeof *page);
    if (!page)
        return NULL;
    page->number = number;
    if (!tsearch(page, &sparse->pages, by_number)) {
        free(page);
        return NULL;
    }
    sparse->count++;
    return page;
}

/* What the program has really mapped there answers for itself. */
static enum facet_verdict answer(void *state, const struct facet_access *access, struct facet_reply *reply) {
    struct sparse *sparse = state;
    if (access->backing)
        return FACET_PASS;
    for (uint32_t i = 0; i < access->size; i++) {
        uint64_t at = (uint64_t)(access->offset + i); /* bytes beside the object are others' */
        struct page *page = at < sparse->size ? page_at(sparse, at, access->kind == FACET_STORE) : NULL;
        if (page && access->kind == FACET_STORE)
            page->bytes[at % PAGE] = access->attempted[i];
        else if (page)
            reply->bytes[i] = page->bytes[at % PAGE];
        else if (access->kind == FACET_STORE && at < sparse->size)
            return FACET_PASS; /* which faults */
    }
    return FACET_DONE;
}

static void report(void *state, FILE *out) {
    const struct sparse *sparse = state;
    fprintf(out, "sparse: %llu of %llu pages stored to\n", (unsigned long long)sparse->count,
            (unsigned long long)((sparse->size + PAGE - 1) / PAGE));
}

static void detach(void *state) {
    struct sparse *sparse = state;
    tdestroy(sparse->pages, free);
    free(sparse);
}

const struct facet_handler facet_handler = {
    .abi = FACET_HANDLER_ABI,
    .name = "sparse",
    .summary = "memory that is not there: as much as the program stores to",
    .verdicts = verdicts,
    .attach = attach,
    .access = answer,
    .report = report,
    .detach = detach,
};
