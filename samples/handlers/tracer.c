/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Sees every access, changes none. `--swap OBJECT=tracer.so` sums up at the end which source lines touch the object;
 * `tracer.so:FILE` also writes one line per access.
 */
#include <errno.h>
#include <facet/handler.h>
#include <stdlib.h>
#include <string.h>

#define PLACES 1024 /* program counters told apart; a power of two */
#define SHOWN 8

struct place {
    uint64_t pc, loads, stores; /* loads + stores == 0: free */
};

struct tracer {
    const struct facet_services *services;
    FILE *log;
    uint64_t loads, stores, elsewhere; /* elsewhere: accesses from places beyond PLACES */
    struct place place[PLACES];
    char name[]; /* of the object */
};

static uint32_t verdicts(const char *args) {
    (void)args;
    return FACET_MAY(FACET_PASS);
}

static void *attach(const struct facet_object *object, const char *args, struct facet_handler_error *error) {
    size_t length = strlen(object->name) + 1;
    struct tracer *tracer = calloc(1, sizeof *tracer + length);
    if (!tracer)
        return NULL;
    memcpy(tracer->name, object->name, length);
    tracer->services = object->services;
    if (*args && !(tracer->log = fopen(args, "w"))) {
        snprintf(error->text, sizeof error->text, "%.200s: %s", args, strerror(errno));
        free(tracer);
        return NULL;
    }
    return tracer;
}

static struct place *find_place(struct tracer *tracer, uint64_t pc) {
    for (uint64_t i = 0; i < PLACES; i++) {
        struct place *place = &tracer->place[(pc + i) % PLACES];
        if (place->loads + place->stores == 0)
            place->pc = pc;
        if (place->pc == pc)
            return place;
    }
    return NULL;
}

static void write_line(struct tracer *tracer, const struct facet_access *access) {
    fprintf(tracer->log, "%s %s+%lld %u", access->kind == FACET_STORE ? "store" : "load", access->object,
            (long long)access->offset, access->size);
    const char *where = tracer->services->line(tracer->services->facet, access->pc);
    fprintf(tracer->log, " %s\n", *where ? where : "?");
}

static enum facet_verdict see(void *state, const struct facet_access *access, struct facet_reply *reply) {
    (void)reply;
    struct tracer *tracer = state;
    struct place *place = find_place(tracer, access->pc);
    if (access->kind == FACET_STORE) {
        tracer->stores++;
        if (place)
            place->stores++;
    } else {
        tracer->loads++;
        if (place)
            place->loads++;
    }
    tracer->elsewhere += !place;
    if (tracer->log)
        write_line(tracer, access);
    return FACET_PASS;
}

static int busier(const void *a, const void *b) {
    const struct place *p = a, *q = b;
    uint64_t x = p->loads + p->stores, y = q->loads + q->stores;
    return x == y ? (p->pc > q->pc) - (p->pc < q->pc) : x < y ? 1 : -1;
}

static void report(void *state, FILE *out) {
    const struct tracer *tracer = state;
    const struct facet_services *facet = tracer->services;
    fprintf(out, "%s: %llu loads, %llu stores; the busiest instructions:\n", tracer->name,
            (unsigned long long)tracer->loads, (unsigned long long)tracer->stores);
    struct place sorted[PLACES];
    memcpy(sorted, tracer->place, sizeof sorted);
    qsort(sorted, PLACES, sizeof *sorted, busier);
    for (int i = 0; i < SHOWN && sorted[i].loads + sorted[i].stores; i++) {
        fprintf(out, "  %8llu loads %8llu stores  0x%llx", (unsigned long long)sorted[i].loads,
                (unsigned long long)sorted[i].stores, (unsigned long long)sorted[i].pc);
        fprintf(out, "  %s", facet->symbol(facet->facet, sorted[i].pc));
        fprintf(out, "  %s\n", facet->line(facet->facet, sorted[i].pc));
    }
    if (tracer->elsewhere)
        fprintf(out, "  %8llu accesses from further places\n", (unsigned long long)tracer->elsewhere);
}

static void detach(void *state) {
    struct tracer *tracer = state;
    if (tracer->log)
        fclose(tracer->log);
    free(tracer);
}

const struct facet_handler facet_handler = {
    .abi = FACET_HANDLER_ABI,
    .name = "tracer",
    .summary = "tracer[:FILE]: which lines of the program touch the object, and how often",
    .verdicts = verdicts,
    .attach = attach,
    .access = see,
    .report = report,
    .detach = detach,
};
