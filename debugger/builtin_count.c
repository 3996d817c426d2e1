/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * count   totals by kind, and the places in the code that made most of the accesses
 */
#include "handlers.h"
#include "text.h"

#include <string.h>

#define SITES_SHOWN 10
#define SITES_MAX (1u << 20) /* that a checkpoint may have */
#define DISTANCE_MAX 4096u   /* from where one belongs: more only by malice */

struct site {
    uint64_t pc;
    uint64_t by_kind[3];
};

struct count {
    const struct facet_object *object;
    uint64_t by_kind[3], bytes[3], rmw, atomic, kernel;
    struct site *site; /* open addressing; a power of two entries; free: all counts are 0 */
    size_t capacity, used;
    size_t last; /* where the previous access was counted: most come in loops */
};

static uint32_t count_verdicts(const char *args) {
    (void)args;
    return FACET_MAY(FACET_PASS);
}

static struct site *new_sites(size_t capacity) {
    struct site *site = text_grow(NULL, capacity, sizeof *site);
    memset(site, 0, capacity * sizeof *site);
    return site;
}

static void *count_attach(const struct facet_object *object, const char *args, struct facet_handler_error *error) {
    if (*args) {
        snprintf(error->text, sizeof error->text, "count takes no arguments");
        return NULL;
    }
    struct count *c = text_grow(NULL, 1, sizeof *c);
    *c = (struct count){.object = object, .capacity = 256};
    c->site = new_sites(c->capacity);
    return c;
}

static uint64_t site_total(const struct site *s) {
    return s->by_kind[0] + s->by_kind[1] + s->by_kind[2];
}

static size_t site_home(const struct count *c, uint64_t pc) {
    return (size_t)(pc * 0x9e3779b97f4a7c15ull >> 32) & (c->capacity - 1);
}

static size_t find_site(const struct count *c, uint64_t pc) {
    size_t mask = c->capacity - 1, at = site_home(c, pc);
    while (c->site[at].pc != pc && site_total(&c->site[at]) > 0)
        at = (at + 1) & mask;
    return at;
}

static void grow(struct count *c) {
    struct site *old = c->site;
    size_t capacity = c->capacity;
    c->capacity *= 2;
    c->site = new_sites(c->capacity);
    for (size_t i = 0; i < capacity; i++)
        if (site_total(&old[i]) > 0)
            c->site[find_site(c, old[i].pc)] = old[i];
    free(old);
}

static void new_site(struct count *c, uint64_t pc) {
    c->last = find_site(c, pc);
    if (site_total(&c->site[c->last]) > 0)
        return;
    if (2 * ++c->used > c->capacity) {
        grow(c);
        c->last = find_site(c, pc);
    }
    c->site[c->last].pc = pc;
}

static enum facet_verdict count_access(void *state, const struct facet_access *a, struct facet_reply *reply) {
    struct count *c = state;
    (void)reply;
    c->by_kind[a->kind]++;
    c->bytes[a->kind] += a->size;
    if (__builtin_expect(a->flags != 0, 0)) {
        c->rmw += (a->flags & FACET_RMW) != 0;
        c->atomic += (a->flags & FACET_ATOMIC) != 0;
        c->kernel += (a->flags & FACET_KERNEL) != 0;
    }
    if (c->site[c->last].pc != a->pc || site_total(&c->site[c->last]) == 0)
        new_site(c, a->pc);
    c->site[c->last].by_kind[a->kind]++;
    return FACET_PASS;
}

static int by_total(const void *a, const void *b) {
    const struct site *x = a, *y = b;
    uint64_t m = site_total(x), n = site_total(y);
    return m != n ? (m > n ? -1 : 1) : x->pc < y->pc ? -1 : x->pc > y->pc;
}

static void report_sites(const struct count *c, FILE *out) {
    struct site *sorted = text_grow(NULL, c->capacity, sizeof *sorted);
    char place[HANDLER_PLACE];
    memcpy(sorted, c->site, c->capacity * sizeof *sorted);
    qsort(sorted, c->capacity, sizeof *sorted, by_total);
    for (size_t i = 0; i < SITES_SHOWN && i < c->used; i++) {
        const struct site *s = &sorted[i];
        fprintf(out, "  %10lu loads %10lu stores", s->by_kind[FACET_LOAD], s->by_kind[FACET_STORE]);
        if (c->by_kind[FACET_FETCH])
            fprintf(out, " %10lu fetches", s->by_kind[FACET_FETCH]);
        fprintf(out, "  0x%lx  %s\n", s->pc, handler_place(c->object->services, s->pc, place));
    }
    if (c->used > SITES_SHOWN)
        fprintf(out, "  and %zu more places\n", c->used - SITES_SHOWN);
    free(sorted);
}

static void count_report(void *state, FILE *out) {
    struct count *c = state;
    fprintf(out, "count %s: %lu loads (%lu bytes), %lu stores (%lu bytes)", c->object->name, c->by_kind[FACET_LOAD],
            c->bytes[FACET_LOAD], c->by_kind[FACET_STORE], c->bytes[FACET_STORE]);
    if (c->by_kind[FACET_FETCH])
        fprintf(out, ", %lu fetches", c->by_kind[FACET_FETCH]);
    if (c->rmw)
        fprintf(out, "; %lu of read-modify-writes", c->rmw);
    if (c->atomic)
        fprintf(out, ", %lu atomic", c->atomic);
    if (c->kernel)
        fprintf(out, "; %lu by the kernel", c->kernel);
    fputc('\n', out);
    report_sites(c, out);
}

static void count_detach(void *state) {
    struct count *c = state;
    free(c->site);
    free(c);
}

static void site_visit(struct count *c, struct archive *a, struct site site) {
    archive_value(a, site.pc);
    archive_value(a, site.by_kind);
    if (!a->loading)
        return;
    if (site_total(&site) == 0) {
        archive_fail(a);
        return;
    }
    new_site(c, site.pc);
    if (((c->last - site_home(c, site.pc)) & (c->capacity - 1)) > DISTANCE_MAX)
        archive_fail(a);
    memcpy(c->site[c->last].by_kind, site.by_kind, sizeof site.by_kind);
}

static void count_visit(struct archive *a, void *state) {
    struct count *c = state;
    archive_value(a, c->by_kind);
    archive_value(a, c->bytes);
    archive_value(a, c->rmw);
    archive_value(a, c->atomic);
    archive_value(a, c->kernel);
    uint64_t sites = archive_number(a, c->used, SITES_MAX);
    for (uint64_t i = 0; a->loading && i < sites && !a->bad; i++)
        site_visit(c, a, (struct site){0});
    for (size_t i = 0; !a->loading && i < c->capacity; i++)
        if (site_total(&c->site[i]) > 0)
            site_visit(c, a, c->site[i]);
}

static void count_save(void *state, FILE *out) {
    handler_save_by(count_visit, state, out);
}

static int count_load(void *state, FILE *in, struct facet_handler_error *error) {
    return handler_load_by(count_visit, state, in, error);
}

const struct facet_handler handler_count = {
    .abi = FACET_HANDLER_ABI,
    .name = "count",
    .summary = "count: totals by kind and the busiest places in the code",
    .verdicts = count_verdicts,
    .attach = count_attach,
    .access = count_access,
    .report = count_report,
    .detach = count_detach,
    .save = count_save,
    .load = count_load,
};
