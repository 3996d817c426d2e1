/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debugger/watch.h"

#include <criterion/criterion.h>
#include <string.h>

static bool parses(const char *args) {
    struct watch_rule rule;
    struct facet_handler_error error;
    return watch_parse(args, &rule, &error);
}

/* An access of `size` bytes at `offset`: memory holds `old`, a store attempts `value`. */
static bool matches(const char *args, enum facet_kind kind, int64_t offset, uint32_t size, uint64_t value,
                    uint64_t old) {
    struct watch_rule rule;
    struct facet_handler_error error;
    uint8_t attempted[16] = {0}, backing[16] = {0};
    cr_assert(watch_parse(args, &rule, &error), "%s: %s", args, error.text);
    memcpy(attempted, &value, 8);
    memcpy(backing, &old, 8);
    struct facet_access access = {
        .kind = kind,
        .offset = offset,
        .size = size,
        .attempted = kind == FACET_STORE ? attempted : NULL,
        .backing = backing,
    };
    return watch_matches(&rule, &access);
}

Test(dbg_watch, without_arguments_every_access_matches) {
    cr_assert(matches("", FACET_LOAD, 0, 1, 0, 0));
    cr_assert(matches("", FACET_STORE, 100, 8, 0, 0));
    cr_assert(matches("any", FACET_FETCH, 3, 5, 0, 0));
}

Test(dbg_watch, kinds_are_told_apart) {
    cr_assert(matches("store", FACET_STORE, 0, 1, 0, 0));
    cr_assert_not(matches("store", FACET_LOAD, 0, 1, 0, 0));
    cr_assert_not(matches("load", FACET_STORE, 0, 1, 0, 0));
    cr_assert_not(matches("load", FACET_FETCH, 0, 1, 0, 0));
}

Test(dbg_watch, ranges_are_half_open_and_match_any_overlap) {
    cr_assert(matches("any,off=8..16", FACET_LOAD, 8, 8, 0, 0));
    cr_assert(matches("any,off=8..16", FACET_LOAD, 15, 1, 0, 0));
    cr_assert_not(matches("any,off=8..16", FACET_LOAD, 16, 1, 0, 0));
    cr_assert_not(matches("any,off=8..16", FACET_LOAD, 0, 8, 0, 0));
    cr_assert(matches("any,off=8..16", FACET_LOAD, 1, 8, 0, 0));
    cr_assert(matches("any,off=0x8", FACET_LOAD, 5, 4, 0, 0));
    cr_assert_not(matches("any,off=8", FACET_LOAD, 9, 4, 0, 0));
    cr_assert(matches("any,off=0", FACET_STORE, -3, 4, 0, 0), "an access that begins before the object");
    cr_assert_not(matches("any,off=0", FACET_STORE, -4, 4, 0, 0));
}

Test(dbg_watch, values_are_those_stored_or_about_to_be_loaded) {
    cr_assert(matches("store,value=5", FACET_STORE, 0, 4, 5, 9));
    cr_assert_not(matches("store,value=5", FACET_STORE, 0, 4, 9, 5));
    cr_assert(matches("load,value=5", FACET_LOAD, 0, 4, 0, 5));
    cr_assert(matches("store,old=9", FACET_STORE, 0, 4, 5, 9));
    cr_assert_not(matches("store,old=9", FACET_STORE, 0, 4, 9, 5));
}

Test(dbg_watch, comparisons_are_unsigned_and_may_be_written_with_or_without_equals) {
    cr_assert(matches("store,value>10", FACET_STORE, 0, 8, 11, 0));
    cr_assert_not(matches("store,value>10", FACET_STORE, 0, 8, 10, 0));
    cr_assert(matches("store,value=>10", FACET_STORE, 0, 8, UINT64_MAX, 0));
    cr_assert(matches("store,value<10", FACET_STORE, 0, 8, 9, 0));
    cr_assert_not(matches("store,value=<10", FACET_STORE, 0, 8, 10, 0));
    cr_assert(matches("store,value!=10", FACET_STORE, 0, 8, 11, 0));
    cr_assert_not(matches("store,value=!=10", FACET_STORE, 0, 8, 10, 0));
}

Test(dbg_watch, a_negative_number_has_the_size_of_the_access) {
    cr_assert(matches("store,value=-1", FACET_STORE, 0, 1, 0xff, 0));
    cr_assert(matches("store,value=-1", FACET_STORE, 0, 4, 0xffffffff, 0));
    cr_assert_not(matches("store,value=-1", FACET_STORE, 0, 8, 0xffffffff, 0));
}

Test(dbg_watch, only_the_bytes_of_the_access_are_compared) {
    cr_assert(matches("store,value=0x34", FACET_STORE, 0, 1, 0x1234, 0));
    cr_assert_not(matches("store,value=0x34", FACET_STORE, 0, 2, 0x1234, 0));
}

Test(dbg_watch, size_is_exact) {
    cr_assert(matches("any,size=4", FACET_LOAD, 0, 4, 0, 0));
    cr_assert_not(matches("any,size=4", FACET_LOAD, 0, 8, 0, 0));
}

Test(dbg_watch, malformed_arguments_are_refused) {
    static const char *const bad[] = {"write",
                                      "store,",
                                      "off=",
                                      "off=8..8",
                                      "off=9..8",
                                      "off=a",
                                      "size=0",
                                      "size=x",
                                      "value",
                                      "value~5",
                                      "value=",
                                      "value=5x",
                                      "old",
                                      "old=0x",
                                      ",",
                                      "load,,size=4",
                                      "value=0x10000000000000000",
                                      "store off=3"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_not(parses(bad[i]), "\"%s\"", bad[i]);
}
