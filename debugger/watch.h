/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What `watch` looks for:
 *
 *     watch[:load|store|any][,off=N[..M]][,size=N][,value=N|<N|>N|!=N][,old=N|<N|>N|!=N]
 *
 * Numbers are decimal or 0x hexadecimal, -N is two's complement in the size of the access. off=N..M: the access touches
 * a byte of [N, M) in the object; off=N: of [N, N+1). value is what is to be stored, or what memory holds for a load;
 * old is what memory holds before a store. Comparisons are unsigned. `any`, the default, includes fetches.
 */
#ifndef DEBUGGER_WATCH_H
#define DEBUGGER_WATCH_H

#include <facet/handler.h>
#include <stdbool.h>

struct watch_test {
    char op; /* 0: no test; '=', '<', '>', '!' */
    bool negative;
    uint64_t number;
};

struct watch_rule {
    bool load, store, fetch;
    bool has_range;
    uint64_t from, to; /* has_range */
    uint64_t size;     /* 0: any */
    struct watch_test value, old;
};

/* False: *text says what is wrong. */
bool watch_parse(const char *args, struct watch_rule *rule, struct facet_handler_error *error);
bool watch_matches(const struct watch_rule *rule, const struct facet_access *access);

#endif
