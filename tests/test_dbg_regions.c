/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debugger/regions.h"

#include <criterion/criterion.h>
#include <facet/abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RW (REGION_R | REGION_W)

/* "START-END KIND FLAGS NUMBER NAME" of each, in pages. */
static const char *listed(const struct regions *r) {
    static char text[4096];
    size_t count, used = 0;
    const struct area *all = regions_all(r, &count);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%lu-%lu %s %x %u%s%s", i ? ", " : "",
                                 all[i].va / 4096, (all[i].va + all[i].size) / 4096, regions_kind_name(all[i].flags),
                                 all[i].flags >> 8, all[i].number, *all[i].name ? " " : "", all[i].name);
    return text;
}

static void set(struct regions *r, uint64_t from, uint64_t to, unsigned flags, const char *name) {
    regions_set(r, from * 4096, (to - from) * 4096, flags, name);
}

#define LISTED(r, text) cr_assert_str_eq(listed(r), text, "%s", listed(r))

Test(dbg_regions, mappings_are_numbered_as_they_come) {
    struct regions *r = regions_new();
    set(r, 90, 100, REGION_ANONYMOUS | RW, "");
    set(r, 10, 12, REGION_PROGRAM | REGION_R, "prog");
    set(r, 80, 90, REGION_FILE | REGION_R, "file");
    set(r, 20, 30, REGION_HEAP | RW, "[heap]");
    set(r, 30, 31, REGION_HEAP | RW, "[heap]");
    LISTED(r, "10-12 program 1 0 prog, 20-31 heap 3 0 [heap], 80-90 file 1 2 file, 90-100 anonymous 3 1");
    cr_assert_eq(regions_map_count(r), 2);
    regions_free(r);
}

Test(dbg_regions, a_neighbour_is_another_mapping) {
    struct regions *r = regions_new();
    set(r, 90, 100, REGION_ANONYMOUS | RW, "");
    set(r, 80, 90, REGION_ANONYMOUS | RW, "");
    LISTED(r, "80-90 anonymous 3 2, 90-100 anonymous 3 1");
    regions_free(r);
}

Test(dbg_regions, protection_divides_and_joins_but_keeps_the_number) {
    struct regions *r = regions_new();
    set(r, 10, 20, REGION_ANONYMOUS | RW, "");
    set(r, 12, 14, REGION_ANONYMOUS, "");
    LISTED(r, "10-12 anonymous 3 1, 12-14 anonymous 0 1, 14-20 anonymous 3 1");
    set(r, 11, 15, REGION_ANONYMOUS | RW, "");
    LISTED(r, "10-20 anonymous 3 1");
    set(r, 30, 40, REGION_ANONYMOUS | RW, "");
    set(r, 10, 40, REGION_ANONYMOUS, ""); /* a gap between belongs to the first */
    LISTED(r, "10-30 anonymous 0 1, 30-40 anonymous 0 2");
    regions_free(r);
}

Test(dbg_regions, something_else_over_it_is_a_new_mapping) {
    struct regions *r = regions_new();
    uint64_t va, size;
    set(r, 10, 20, REGION_ANONYMOUS | RW, "");
    set(r, 12, 14, REGION_FILE | REGION_R, "a");
    set(r, 13, 15, REGION_FILE | REGION_R, "b");
    LISTED(r, "10-12 anonymous 3 1, 12-13 file 1 2 a, 13-15 file 1 3 b, 15-20 anonymous 3 1");
    cr_assert(regions_map(r, 1, &va, &size) && va == 10 * 4096 && size == 10 * 4096);
    cr_assert(regions_map(r, 3, &va, &size) && va == 13 * 4096 && size == 2 * 4096);
    cr_assert_not(regions_map(r, 4, &va, &size));
    regions_free(r);
}

Test(dbg_regions, what_is_gone_leaves_a_hole) {
    struct regions *r = regions_new();
    uint64_t va, size;
    set(r, 10, 20, REGION_HEAP | RW, "[heap]");
    set(r, 12, 14, REGION_NONE, "");
    LISTED(r, "10-12 heap 3 0 [heap], 14-20 heap 3 0 [heap]");
    cr_assert(regions_at(r, 11 * 4096) && !regions_at(r, 12 * 4096) && regions_at(r, 14 * 4096));
    cr_assert(regions_of_kind(r, REGION_HEAP, &va, &size) && size == 10 * 4096);
    set(r, 0, 100, REGION_NONE, "");
    LISTED(r, "");
    cr_assert_not(regions_of_kind(r, REGION_HEAP, &va, &size));
    regions_clear(r);
    regions_free(r);
}

/* Against a model: one kind and protection for each page. */
Test(dbg_regions, random_changes_agree_with_a_page_array) {
    enum { PAGES = 64 };
    struct regions *r = regions_new();
    unsigned model[PAGES] = {0};
    srand(4);
    for (int i = 0; i < 20000; i++) {
        unsigned from = (unsigned)rand() % PAGES, to = from + 1 + (unsigned)rand() % (PAGES - from);
        unsigned flags = (unsigned)rand() % 6 + 0x100u * ((unsigned)rand() % 4);
        set(r, from, to, flags, rand() % 2 ? "name" : "");
        for (unsigned p = from; p < to; p++)
            model[p] = (flags & REGION_KIND) == REGION_NONE ? 0 : flags;
        for (unsigned p = 0; p < PAGES; p++) {
            const struct area *a = regions_at(r, p * 4096ul);
            cr_assert_eq(a ? a->flags : 0, model[p], "page %u after change %d", p, i);
        }
    }
    regions_free(r);
}
