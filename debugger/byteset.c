/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "byteset.h"

#include "text.h"

#include <stdlib.h>
#include <string.h>

static uint8_t *page(struct byteset *set, uint64_t index) {
    if (index >= set->pages) {
        set->page = text_grow(set->page, index + 1, sizeof *set->page);
        memset(set->page + set->pages, 0, (index + 1 - set->pages) * sizeof *set->page);
        set->pages = index + 1;
    }
    if (!set->page[index])
        set->page[index] = memset(text_grow(NULL, BYTESET_PAGE / 8, 1), 0, BYTESET_PAGE / 8);
    return set->page[index];
}

static uint64_t page_end(uint64_t position, uint64_t to) {
    uint64_t end = (position / BYTESET_PAGE + 1) * BYTESET_PAGE;
    return end < to ? end : to;
}

bool byteset_knows(const struct byteset *set, uint64_t position) {
    uint64_t index = position / BYTESET_PAGE;
    return index < set->pages && set->page[index];
}

void byteset_add(struct byteset *set, uint64_t from, uint64_t to) {
    for (; from < to; from++)
        page(set, from / BYTESET_PAGE)[from % BYTESET_PAGE / 8] |= (uint8_t)(1u << from % 8);
}

void byteset_remove(struct byteset *set, uint64_t from, uint64_t to) {
    for (; from < to; from++)
        if (byteset_knows(set, from))
            set->page[from / BYTESET_PAGE][from % BYTESET_PAGE / 8] &= (uint8_t) ~(1u << from % 8);
        else
            from = page_end(from, to) - 1;
}

uint64_t byteset_find(const struct byteset *set, uint64_t from, uint64_t to, bool member) {
    while (from < to) {
        bool known = byteset_knows(set, from);
        if (known ? (set->page[from / BYTESET_PAGE][from % BYTESET_PAGE / 8] >> from % 8 & 1) == member : !member)
            return from;
        from = known ? from + 1 : page_end(from, to);
    }
    return to;
}

void byteset_free(struct byteset *set) {
    for (uint64_t i = 0; i < set->pages; i++)
        free(set->page[i]);
    free(set->page);
}

#define LOADED_MAX (1ul << 24) /* pages that a checkpoint may speak of */

void byteset_visit(struct archive *a, struct byteset *set, uint64_t size) {
    uint64_t most = size / BYTESET_PAGE + 1; /* the object begins within a page */
    most = most < LOADED_MAX ? most : LOADED_MAX;
    uint64_t known = 0;
    for (uint64_t i = 0; i < set->pages; i++)
        known += set->page[i] != NULL;
    known = archive_number(a, known, most + 1);
    for (uint64_t i = 0; !a->bad && known > 0; i++) {
        if (!a->loading && !set->page[i])
            continue;
        i = archive_number(a, i, most);
        if (!a->bad)
            archive_bytes(a, page(set, i), BYTESET_PAGE / 8);
        known--;
    }
}
