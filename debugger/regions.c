/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "regions.h"

#include "text.h"

#include <facet/abi.h>
#include <facet/error.h>
#include <string.h>

struct regions {
    struct area *all; /* by address */
    size_t count, room;
    char **names; /* each once */
    size_t name_count;
    unsigned maps;
};

struct regions *regions_new(void) {
    struct regions *r = calloc(1, sizeof *r);
    facet_assert(r, "out of memory");
    return r;
}

void regions_clear(struct regions *r) {
    for (size_t i = 0; i < r->name_count; i++)
        free(r->names[i]);
    r->count = r->name_count = 0;
    r->maps = 0;
}

void regions_free(struct regions *r) {
    if (!r)
        return;
    regions_clear(r);
    free(r->names);
    free(r->all);
    free(r);
}

/* Index of the first region that ends above va. */
static size_t first_above(const struct regions *r, uint64_t va) {
    size_t low = 0, high = r->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (r->all[middle].va + r->all[middle].size <= va)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const char *keep_name(struct regions *r, const char *name) {
    for (size_t i = r->name_count; i-- > 0;)
        if (strcmp(r->names[i], name) == 0)
            return r->names[i];
    r->names = text_grow(r->names, r->name_count + 1, sizeof *r->names);
    return r->names[r->name_count++] = text_copy(name);
}

static void insert(struct regions *r, size_t index, struct area region) {
    if (r->count == r->room)
        r->all = text_grow(r->all, r->room = r->room ? 2 * r->room : 64, sizeof *r->all);
    memmove(r->all + index + 1, r->all + index, (r->count++ - index) * sizeof region);
    r->all[index] = region;
}

/* No region reaches over va afterwards. */
static void cut(struct regions *r, uint64_t va) {
    size_t i = first_above(r, va);
    if (i == r->count || r->all[i].va >= va)
        return;
    struct area rest = r->all[i];
    r->all[i].size = va - rest.va;
    rest.size -= r->all[i].size;
    rest.va = va;
    insert(r, i + 1, rest);
}

static bool is_mapping(unsigned flags) {
    return (flags & REGION_KIND) == REGION_ANONYMOUS || (flags & REGION_KIND) == REGION_FILE;
}

/* Equal neighbours become one. */
static void join(struct regions *r, size_t index) {
    if (index == 0 || index >= r->count)
        return;
    struct area *a = &r->all[index - 1], *b = &r->all[index];
    if (a->va + a->size != b->va || a->flags != b->flags || a->number != b->number || a->name != b->name)
        return;
    a->size += b->size;
    memmove(b, b + 1, (--r->count - index) * sizeof *b);
}

/* Replaces the regions [first, last) by others. */
static void replace(struct regions *r, size_t first, size_t last, const struct area *by, size_t count) {
    while (r->room < r->count + count)
        r->all = text_grow(r->all, r->room = r->room ? 2 * r->room : 64, sizeof *r->all);
    memmove(r->all + first + count, r->all + last, (r->count - last) * sizeof *by);
    if (count)
        memcpy(r->all + first, by, count * sizeof *by);
    r->count += count - (last - first);
    for (size_t i = first + count + 1; i-- > first;)
        join(r, i);
}

static bool same_thing(const struct area *told, const struct area *was) {
    return (was->flags & REGION_KIND) == (told->flags & REGION_KIND) && (!told->name || told->name == was->name);
}

/* What is told, divided: `to` gets a piece for each old region of the same thing, and one for each gap; whatever else
 * was there gives way. A gap belongs to the first same thing, or is new. */
static size_t divide(struct regions *r, const struct area *told, const struct area *old, size_t old_count,
                     struct area *to) {
    struct area gap = *told;
    uint64_t at = told->va, end = told->va + told->size;
    size_t count = 0, i = 0;
    while (i < old_count && !same_thing(told, &old[i]))
        i++;
    gap.number = i < old_count ? old[i].number : is_mapping(told->flags) ? ++r->maps : 0;
    gap.name = told->name ? told->name : i < old_count ? old[i].name : keep_name(r, "");
    for (; at < end; at = to[count - 1].va + to[count - 1].size) {
        while (i < old_count && !same_thing(told, &old[i]))
            i++;
        bool kept = i < old_count && old[i].va == at;
        to[count] = kept ? old[i++] : gap;
        to[count].flags = told->flags;
        to[count].va = at;
        if (!kept)
            to[count].size = (i < old_count ? old[i].va : end) - at;
        count++;
    }
    return count;
}

void regions_set(struct regions *r, uint64_t va, uint64_t size, unsigned flags, const char *name) {
    const struct area told = {va, size, flags, 0, name && *name ? keep_name(r, name) : NULL};
    if (size == 0 || va + size < va)
        return;
    cut(r, va);
    cut(r, va + size);
    size_t first = first_above(r, va), last = first, count = 0;
    while (last < r->count && r->all[last].va < va + size)
        last++;
    struct area *pieces = text_grow(NULL, 2 * (last - first) + 1, sizeof *pieces);
    if ((flags & REGION_KIND) != REGION_NONE)
        count = divide(r, &told, r->all + first, last - first, pieces);
    replace(r, first, last, pieces, count);
    free(pieces);
}

const struct area *regions_all(const struct regions *r, size_t *count) {
    *count = r->count;
    return r->all;
}

const struct area *regions_at(const struct regions *r, uint64_t va) {
    size_t i = first_above(r, va);
    return i < r->count && r->all[i].va <= va ? &r->all[i] : NULL;
}

bool regions_any(const struct regions *r, uint64_t va, uint64_t size) {
    size_t i = first_above(r, va);
    return i < r->count && r->all[i].va < va + size;
}

static bool span(const struct regions *r, unsigned kind, unsigned number, uint64_t *va, uint64_t *size) {
    bool found = false;
    for (size_t i = 0; i < r->count; i++) {
        const struct area *a = &r->all[i];
        if (number ? a->number != number : (a->flags & REGION_KIND) != kind)
            continue;
        if (!found)
            *va = a->va;
        *size = a->va + a->size - *va;
        found = true;
    }
    return found;
}

bool regions_of_kind(const struct regions *r, unsigned kind, uint64_t *va, uint64_t *size) {
    return span(r, kind, 0, va, size);
}

bool regions_map(const struct regions *r, unsigned number, uint64_t *va, uint64_t *size) {
    return number > 0 && span(r, 0, number, va, size);
}

unsigned regions_map_count(const struct regions *r) {
    return r->maps;
}

const char *regions_kind_name(unsigned flags) {
    static const char *const names[] = {"none", "program", "heap", "stack", "anonymous", "file"};
    unsigned kind = flags & REGION_KIND;
    return kind < sizeof names / sizeof *names ? names[kind] : "unknown";
}

#define AREAS_MAX (1u << 20) /* that a checkpoint may have */
#define NAMES_MAX 16384u     /* of which */

static void area_visit(struct regions *r, struct archive *a, struct area *area) {
    char *name = (char *)(uintptr_t)area->name;
    archive_value(a, area->va);
    archive_value(a, area->size);
    archive_value(a, area->flags);
    archive_value(a, area->number);
    archive_text(a, &name);
    archive_take(a, sizeof *area);
    if (!a->loading)
        return;
    area->name = keep_name(r, name ? name : "");
    free(name);
    if (r->name_count > NAMES_MAX || area->size == 0 || area->va + area->size < area->va)
        archive_fail(a);
}

void regions_visit(struct regions *r, struct archive *a) {
    uint64_t end = 0, count = archive_number(a, r->count, AREAS_MAX);
    archive_value(a, r->maps);
    for (uint64_t i = 0; i < count && !a->bad; i++) {
        struct area area = {0};
        if (!a->loading)
            area = r->all[i];
        area_visit(r, a, &area);
        if (a->loading && area.va < end)
            archive_fail(a);
        if (a->loading)
            insert(r, i, area);
        end = area.va + area.size;
    }
}
