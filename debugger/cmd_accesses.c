/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * accesses: what the handler `log` has seen.
 */
#include "builtin_log.h"
#include "cmd.h"
#include "swap.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

#define LIMIT 50

struct listing {
    const struct facet_services *services;
    uint64_t count;
};

static void print_row(void *context, const struct history_row *row) {
    struct listing *l = context;
    char place[HANDLER_PLACE];
    if (l->count++ == 0)
        printf("%8s %-5s %8s %4s %-18s %-18s %s\n", "n", "kind", "offset", "size", "value", "old", "place");
    printf("%8" PRIu64 " %-5s %8" PRId64 " %4d %-18s %-18s %s\n", row->n, row->kind, row->offset, row->size, row->value,
           row->old, handler_place(l->services, row->pc, place));
}

/* Takes " WORD N" away from the end of a text. */
static bool take_number(char *text, const char *word, uint64_t *number) {
    size_t length = strlen(word);
    for (char *at = text; (at = strstr(at, word)); at++) {
        bool whole = (at == text || at[-1] == ' ') && at[length] == ' ';
        if (whole && text_number(at + length + strspn(at + length, " "), number)) {
            *at = '\0';
            return true;
        }
    }
    return false;
}

static const struct attached *find_log(struct cli *cli, const char *object) {
    const struct swapped *o = swaps_find(session_swaps(cli->session), object);
    for (size_t i = 0; o && i < o->count; i++)
        if (o->chain[i]->code.handler == &handler_log && o->chain[i]->state)
            return o->chain[i];
    return NULL;
}

enum facet_status cmd_accesses(struct cli *cli, const char *args, struct facet_error *error) {
    char object[256];
    uint64_t limit = LIMIT;
    bool more = false;
    cmd_word(&args, object, sizeof object);
    const struct attached *log = find_log(cli, object);
    if (!*object)
        return facet_fail(error, FACET_ERR_USAGE, "accesses wants an object that has the handler log.");
    if (!log)
        return facet_fail(error, FACET_ERR_USAGE, "%s has no handler log: swap %s log, and let the program run.",
                          object, object);
    char *rest = text_copy(args);
    bool newest = take_number(rest, "last", &limit);
    bool counted = newest || take_number(rest, "limit", &limit);
    bool has_where = strncmp(rest, "where ", 6) == 0;
    struct listing listing = {&log->services, 0};
    enum facet_status status = FACET_OK;
    if (*rest && !has_where)
        status = facet_fail(error, FACET_ERR_USAGE,
                            "accesses OBJECT [where SQL-EXPRESSION] [limit N|last N], not \"%.100s\".", rest);
    else
        status = history_query(log_history(log->state), object, has_where ? rest + 6 : "", newest, limit, print_row,
                               &listing, &more, error);
    if (status == FACET_OK && listing.count == 0)
        printf("No accesses.\n");
    if (more && !counted)
        printf("There are more: \"limit N\" or \"last N\" says how many to show.\n");
    free(rest);
    return status;
}
