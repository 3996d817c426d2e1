/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * flip:nth=N|p=CHANCE[,bit=B][,load|store]   bit flips: one bit of the value loaded or stored is the other one
 *
 * Chance comes from --seed and the object's name alone, so that the same command line flips the same bits.
 */
#include "handlers.h"
#include "text.h"

#include <math.h>
#include <string.h>

#define ANY UINT64_MAX

struct flip {
    const struct facet_object *object;
    uint64_t nth; /* from 1; 0: p */
    double p;
    uint64_t bit; /* ANY: by chance */
    bool load, store;
    uint64_t state; /* of chance */
    uint64_t seen, flips;
};

/* splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014) */
static uint64_t chance(struct flip *f) {
    uint64_t z = f->state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static uint64_t hash(const char *text) {
    uint64_t h = 0xcbf29ce484222325; /* FNV-1a */
    for (; *text; text++)
        h = (h ^ (uint8_t)*text) * 0x100000001b3;
    return h;
}

static bool parse_word(const char *word, struct flip *f) {
    char *end;
    if (strncmp(word, "nth=", 4) == 0)
        return text_number(word + 4, &f->nth) && f->nth > 0;
    if (strncmp(word, "bit=", 4) == 0)
        return text_number(word + 4, &f->bit) && f->bit < 8 * FACET_ACCESS_MAX;
    if (strncmp(word, "p=", 2) == 0) {
        f->p = strtod(word + 2, &end);
        return end != word + 2 && !*end && f->p > 0 && f->p <= 1;
    }
    f->load = f->load || strcmp(word, "load") == 0;
    f->store = f->store || strcmp(word, "store") == 0;
    return strcmp(word, "load") == 0 || strcmp(word, "store") == 0;
}

static bool parse(const char *args, struct flip *f, struct facet_handler_error *error) {
    char *copy = text_copy(args), *rest = copy, *word;
    bool good = true;
    while (good && (word = strsep(&rest, ",")))
        good = parse_word(word, f);
    if (!good || (f->nth > 0) == (f->p > 0)) {
        good = false;
        snprintf(error->text, sizeof error->text,
                 "flip:nth=N[,bit=B][,load|store] or flip:p=CHANCE[,bit=B][,load|store], N from 1, CHANCE up to 1; not "
                 "\"%.60s\"",
                 args);
    }
    if (!f->load && !f->store)
        f->load = f->store = true;
    free(copy);
    return good;
}

static uint32_t flip_verdicts(const char *args) {
    (void)args;
    return FACET_MAY(FACET_PASS) | FACET_MAY(FACET_DONE);
}

static void *flip_attach(const struct facet_object *object, const char *args, struct facet_handler_error *error) {
    struct flip f = {.object = object, .bit = ANY};
    if (!parse(args, &f, error))
        return NULL;
    f.state = object->services->seed ^ hash(object->name);
    struct flip *state = text_grow(NULL, 1, sizeof *state);
    *state = f;
    return state;
}

static void tell(const struct flip *f, const struct facet_access *a, uint64_t bit, const uint8_t *was,
                 const uint8_t *is) {
    char place[HANDLER_PLACE], from[2 * FACET_ACCESS_MAX + 3], to[2 * FACET_ACCESS_MAX + 3];
    text_bytes(from, was, a->size);
    text_bytes(to, is, a->size);
    fprintf(stderr, "flip %s: access %lu, a %s of %u byte%s at offset %ld by 0x%lx, %s: bit %lu, %s becomes %s\n",
            f->object->name, f->seen, handler_kind_name((enum facet_kind)a->kind), a->size, a->size == 1 ? "" : "s",
            a->offset, a->pc, handler_place(f->object->services, a->pc, place), bit, from, to);
}

/* The bytes of the access that are the object's. */
struct span {
    uint32_t low, high;
};

static struct span within(const struct flip *f, const struct facet_access *a) {
    int64_t low = a->offset < 0 ? -a->offset : 0, left = (int64_t)f->object->size - a->offset;
    return (struct span){(uint32_t)low, left < (int64_t)a->size ? (uint32_t)left : a->size};
}

/* What is stored is written here; whoever was swapped in earlier does not see it. */
static enum facet_verdict flip(struct flip *f, const struct facet_access *a, struct facet_reply *reply,
                               struct span span) {
    const uint8_t *value = a->kind == FACET_STORE ? a->attempted : a->backing;
    uint64_t bits = 8ul * (span.high - span.low), bit = f->bit == ANY ? 8ul * span.low + chance(f) % bits : f->bit;
    memcpy(reply->bytes, value, a->size);
    reply->bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    if (a->kind == FACET_STORE && f->object->services->write(f->object->services->facet, a->offset + span.low,
                                                             reply->bytes + span.low, span.high - span.low) != 0)
        return FACET_PASS;
    f->flips++;
    tell(f, a, bit, value, reply->bytes);
    return FACET_DONE;
}

static enum facet_verdict flip_access(void *state, const struct facet_access *a, struct facet_reply *reply) {
    struct flip *f = state;
    struct span span = within(f, a);
    if (!(a->kind == FACET_LOAD ? f->load : a->kind == FACET_STORE && f->store) || !a->backing)
        return FACET_PASS;
    if (f->bit != ANY && (f->bit < 8ul * span.low || f->bit >= 8ul * span.high))
        return FACET_PASS; /* it has no such bit */
    f->seen++;
    bool hit = f->nth ? f->seen == f->nth : ldexp((double)(chance(f) >> 11), -53) < f->p;
    return hit ? flip(f, a, reply, span) : FACET_PASS;
}

static void flip_report(void *state, FILE *out) {
    const struct flip *f = state;
    fprintf(out, "flip %s: %lu bit%s flipped in %lu accesses", f->object->name, f->flips, f->flips == 1 ? "" : "s",
            f->seen);
    if (f->nth > f->seen)
        fprintf(out, "; there was no access %lu", f->nth);
    fputc('\n', out);
}

static void flip_visit(struct archive *a, void *state) {
    struct flip *f = state;
    archive_value(a, f->state);
    archive_value(a, f->seen);
    archive_value(a, f->flips);
}

static void flip_save(void *state, FILE *out) {
    handler_save_by(flip_visit, state, out);
}

static int flip_load(void *state, FILE *in, struct facet_handler_error *error) {
    return handler_load_by(flip_visit, state, in, error);
}

const struct facet_handler handler_flip = {
    .abi = FACET_HANDLER_ABI,
    .name = "flip",
    .summary = "flip:nth=N|p=CHANCE[,bit=B][,load|store]: flips a bit of the N-th value, or of some, by --seed",
    .verdicts = flip_verdicts,
    .attach = flip_attach,
    .access = flip_access,
    .report = flip_report,
    .detach = free,
    .save = flip_save,
    .load = flip_load,
};
