/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Memory of futures: who loads bytes that nobody has stored yet waits until somebody has. `--swap OBJECT=future.so`.
 *
 * A store counts when it has been made, which its outcome tells, not when it is asked about: it might still fault.
 */
#include <facet/handler.h>
#include <stdlib.h>
#include <string.h>

struct waiter {
    uint64_t process;
    struct waiter *next;
};

struct future {
    const struct facet_services *services;
    struct waiter *waiters;
    uint64_t waits, wakes, size;
    uint8_t stored[]; /* one for each byte of the object */
};

static uint32_t verdicts(const char *args) {
    (void)args;
    return FACET_MAY(FACET_PASS) | FACET_MAY(FACET_STEP) | FACET_MAY(FACET_BLOCK);
}

static void *attach(const struct facet_object *object, const char *args, struct facet_handler_error *error) {
    struct future *future = calloc(1, sizeof *future + object->size);
    (void)args;
    if (!future)
        snprintf(error->text, sizeof error->text, "out of memory");
    else {
        future->services = object->services;
        future->size = object->size;
    }
    return future;
}

/* The access's bytes within the object: [*low, *high). */
static void extent(const struct future *future, const struct facet_access *access, int64_t *low, int64_t *high) {
    int64_t end = access->offset + access->size, size = (int64_t)future->size;
    *low = access->offset < 0 ? 0 : access->offset;
    *high = end < size ? end : size;
}

static int all_stored(const struct future *future, const struct facet_access *access) {
    int64_t low, high;
    extent(future, access, &low, &high);
    while (low < high && future->stored[low])
        low++;
    return low >= high;
}

static enum facet_verdict answer(void *state, const struct facet_access *access, struct facet_reply *reply) {
    struct future *future = state;
    (void)reply;
    if (access->kind == FACET_STORE)
        return FACET_STEP;
    if (access->kind == FACET_FETCH || all_stored(future, access))
        return FACET_PASS;
    struct waiter *waiter = malloc(sizeof *waiter);
    if (!waiter)
        return FACET_PASS;
    *waiter = (struct waiter){access->process, future->waiters};
    future->waiters = waiter;
    future->waits++;
    return FACET_BLOCK;
}

/* Everybody looks again; for some it may still be too early. */
static void wake_all(struct future *future) {
    while (future->waiters) {
        struct waiter *waiter = future->waiters;
        future->waiters = waiter->next;
        future->services->wake(future->services->facet, waiter->process);
        future->wakes++;
        free(waiter);
    }
}

static void outcome(void *state, const struct facet_access *access) {
    struct future *future = state;
    int64_t low, high;
    extent(future, access, &low, &high);
    if (low < high)
        memset(future->stored + low, 1, (size_t)(high - low));
    wake_all(future);
}

static void report(void *state, FILE *out) {
    const struct future *future = state;
    fprintf(out, "future: %llu loads waited, %llu wakes\n", (unsigned long long)future->waits,
            (unsigned long long)future->wakes);
}

static void detach(void *state) {
    struct future *future = state;
    wake_all(future);
    free(future);
}

/* Checkpoints: the counters, which bytes have been stored, and who waits. */
static void save(void *state, FILE *out) {
    const struct future *future = state;
    fwrite(&future->waits, sizeof future->waits, 1, out);
    fwrite(&future->wakes, sizeof future->wakes, 1, out);
    fwrite(future->stored, 1, future->size, out);
    for (const struct waiter *waiter = future->waiters; waiter; waiter = waiter->next)
        fwrite(&waiter->process, sizeof waiter->process, 1, out);
}

static int load(void *state, FILE *in, struct facet_handler_error *error) {
    struct future *future = state;
    struct waiter **last = &future->waiters;
    uint64_t process;
    if (fread(&future->waits, sizeof future->waits, 1, in) != 1 ||
        fread(&future->wakes, sizeof future->wakes, 1, in) != 1 ||
        fread(future->stored, 1, future->size, in) != future->size) {
        snprintf(error->text, sizeof error->text, "this is no state of an object with %llu bytes",
                 (unsigned long long)future->size);
        return -1;
    }
    while (fread(&process, sizeof process, 1, in) == 1 && (*last = malloc(sizeof **last))) {
        **last = (struct waiter){process, NULL};
        last = &(*last)->next;
    }
    return 0;
}

const struct facet_handler facet_handler = {
    .abi = FACET_HANDLER_ABI,
    .name = "future",
    .summary = "who loads what nobody has stored yet waits for it",
    .verdicts = verdicts,
    .attach = attach,
    .access = answer,
    .outcome = outcome,
    .report = report,
    .detach = detach,
    .save = save,
    .load = load,
};
