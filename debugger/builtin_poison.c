/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * poison[:off=N[..M]][,any|whole][,fresh][,stop|report|fault]   redzones, and loads of bytes that nobody has written
 *
 * What counts as written: what was stored since the handler is there, by the program or by the kernel for it; a page
 * that was not empty when it was first accessed (arguments on the stack, a file's contents); what has been reported. On
 * the stack a CALL ends all that lies below its return address.
 */
#include "byteset.h"
#include "handlers.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#define TOLD_MAX (1u << 20) /* instructions, that a checkpoint may have */

struct zone {
    uint64_t from, to; /* offsets */
};

enum reach { BY_SIZE, ANY, WHOLE };

struct poison {
    const struct facet_object *object;
    enum facet_verdict verdict; /* PASS: it is only reported */
    enum reach reach;           /* how much of a load must be unwritten to be reported */
    bool unwritten, fresh, stack;
    struct zone *zone;
    size_t zones;
    struct byteset written;         /* positions: offsets + base */
    uint64_t base;                  /* of the object in its first page */
    uint64_t low;                   /* no lower position is written */
    uint64_t string_end, string_pc; /* where the latest read ahead of the kernel ended, and who made it */
    uint64_t *told;                 /* instructions that have been reported */
    size_t told_count;
    uint64_t seen, loads, touches;
};

/* ---- Arguments */

static bool parse_zone(const char *text, struct poison *p) {
    struct zone zone;
    if (!text_range(text, &zone.from, &zone.to))
        return false;
    p->zone = text_grow(p->zone, p->zones + 1, sizeof *p->zone);
    p->zone[p->zones++] = zone;
    return true;
}

static bool parse_word(const char *word, struct poison *p) {
    static const struct {
        const char *word;
        enum facet_verdict verdict;
    } verdicts[] = {{"stop", FACET_STOP}, {"report", FACET_PASS}, {"fault", FACET_FAULT}};
    if (strncmp(word, "off=", 4) == 0)
        return parse_zone(word + 4, p);
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
        if (strcmp(word, verdicts[i].word) == 0) {
            p->verdict = verdicts[i].verdict;
            return true;
        }
    if (strcmp(word, "fresh") == 0)
        return p->fresh = p->unwritten = true;
    p->reach = strcmp(word, "any") == 0 ? ANY : WHOLE;
    return p->reach == ANY || strcmp(word, "whole") == 0;
}

static bool parse(const char *args, struct poison *p) {
    char *copy = text_copy(args), *rest = copy, *word;
    bool good = true;
    p->verdict = FACET_STOP;
    while (*args && good && (word = strsep(&rest, ",")))
        good = parse_word(word, p);
    free(copy);
    return good;
}

static uint32_t poison_verdicts(const char *args) {
    struct poison p = {0};
    parse(args, &p);
    free(p.zone);
    return FACET_MAY(FACET_PASS) | FACET_MAY(p.verdict);
}

/* Memory that comes empty, and is nobody's until it is written. Static variables are all initialised. */
static bool comes_empty(const char *name) {
    return strcmp(name, "seg:heap") == 0 || strcmp(name, "seg:stack") == 0 || strncmp(name, "map:", 4) == 0;
}

static void *poison_attach(const struct facet_object *object, const char *args, struct facet_handler_error *error) {
    struct poison p = {.object = object, .low = UINT64_MAX, .unwritten = comes_empty(object->name)};
    bool good = parse(args, &p);
    p.stack = strcmp(object->name, "seg:stack") == 0;
    if (!good)
        snprintf(error->text, sizeof error->text,
                 "poison[:off=N[..M]][,any|whole][,fresh][,stop|report|fault], not \"%.60s\"", args);
    else if (!p.unwritten && !p.zones)
        snprintf(
            error->text, sizeof error->text,
            "all bytes of %.60s are initialised when the program starts: poison needs a redzone (off=N..M), or fresh "
            "if they are not to count as that",
            object->name);
    if (*error->text) {
        free(p.zone);
        return NULL;
    }
    struct poison *state = text_grow(NULL, 1, sizeof *state);
    *state = p;
    return state;
}

/* ---- What is written */

/* The object's part of an access, as positions. */
static struct zone within(struct poison *p, const struct facet_access *a) {
    int64_t end = a->offset + (int64_t)a->size;
    p->base = (a->va - (uint64_t)a->offset) % BYTESET_PAGE;
    uint64_t from = a->offset < 0 ? 0 : (uint64_t)a->offset;
    uint64_t to = (uint64_t)end < p->object->size ? (uint64_t)end : p->object->size;
    return (struct zone){from + p->base, to + p->base};
}

static void write_span(struct poison *p, uint64_t from, uint64_t to) {
    byteset_add(&p->written, from, to);
    p->low = from < p->low ? from : p->low;
}

/* A page that is accessed for the first time: has somebody filled it before the program could? */
static void learn_page(struct poison *p, uint64_t position) {
    uint8_t bytes[BYTESET_PAGE];
    uint64_t from = position / BYTESET_PAGE * BYTESET_PAGE, to = from + BYTESET_PAGE;
    from = from < p->base ? p->base : from;
    to = to < p->base + p->object->size ? to : p->base + p->object->size;
    if (byteset_knows(&p->written, position) || from >= to)
        return;
    byteset_add(&p->written, from, from + 1); /* it is known from now on */
    byteset_remove(&p->written, from, from + 1);
    const struct facet_services *services = p->object->services;
    if (p->fresh || services->read(services->facet, (int64_t)(from - p->base), bytes, to - from) != 0)
        return;
    for (uint64_t i = 0; i < to - from; i++)
        if (bytes[i]) {
            write_span(p, from, to);
            return;
        }
}

/* The push of a return address: the instruction behind the one that pushes. */
static bool is_call(const struct facet_access *a) {
    uint64_t value;
    if (a->size != sizeof value || (a->flags & FACET_KERNEL))
        return false;
    memcpy(&value, a->attempted, sizeof value);
    return value - a->pc >= 2 && value - a->pc <= 15;
}

/* The start code of a static glibc program begins the heap with thread-local variables, which are zero if nothing else.
 * The block is known by its word that holds its own address (ELF TLS, variant II: %fs:0). */
static bool is_thread_block(const struct poison *p, const struct facet_access *a) {
    uint64_t value;
    if (a->size != sizeof value || strcmp(p->object->name, "seg:heap") != 0)
        return false;
    memcpy(&value, a->attempted, sizeof value);
    if (value != a->va)
        return false;
    const char *symbol = p->object->services->symbol(p->object->services->facet, a->pc);
    return !*symbol || strncmp(symbol, "__libc_setup_tls", strlen("__libc_setup_tls")) == 0;
}

static void note_store(struct poison *p, const struct facet_access *a, struct zone span) {
    if (p->stack && is_call(a) && p->low < span.from) {
        byteset_remove(&p->written, p->low, span.from);
        p->low = span.from;
    }
    if (is_thread_block(p, a))
        write_span(p, p->base, p->base + p->object->size);
    write_span(p, span.from, span.to);
}

/* The kernel reads ahead, beyond the end of a string, piece by piece: what follows a zero byte may not be meant. */
static bool behind_string(struct poison *p, const struct facet_access *a, struct zone span, uint64_t first) {
    int64_t start = a->offset < 0 ? -a->offset : 0;
    bool goes_on = p->string_end == span.from && p->string_pc == a->pc;
    if (!goes_on && !(a->backing && memchr(a->backing + start, 0, first - span.from)))
        return false;
    p->string_end = span.to;
    p->string_pc = a->pc;
    return true;
}

/* Copies and string functions load 8 bytes and more at once, of which they need a part. */
static bool matters(const struct poison *p, const struct facet_access *a, struct zone span) {
    bool any = p->reach == ANY || (p->reach == BY_SIZE && (a->size <= 4 || a->flags & FACET_KERNEL));
    return any || byteset_find(&p->written, span.from, span.to, true) == span.to;
}

/* malloc, alloc_slot and their like know that fresh pages are zero. */
static bool by_allocator(const struct poison *p, const struct facet_access *a) {
    return strstr(p->object->services->symbol(p->object->services->facet, a->pc), "alloc") != NULL;
}

/* ---- Reports */

static bool told(struct poison *p, uint64_t pc) {
    for (size_t i = 0; i < p->told_count; i++)
        if (p->told[i] == pc)
            return true;
    p->told = text_grow(p->told, p->told_count + 1, sizeof *p->told);
    p->told[p->told_count++] = pc;
    return false;
}

static enum facet_verdict found(struct poison *p, const struct facet_access *a, struct facet_reply *reply) {
    char place[HANDLER_PLACE];
    if (p->verdict == FACET_PASS && !told(p, a->pc))
        fprintf(stderr, "poison %s: %s of %u byte%s at offset %ld (0x%lx) by 0x%lx, %s%s: %s\n", p->object->name,
                handler_kind_name((enum facet_kind)a->kind), a->size, a->size == 1 ? "" : "s", a->offset, a->va, a->pc,
                handler_place(p->object->services, a->pc, place), a->flags & FACET_KERNEL ? ", a system call" : "",
                reply->text);
    return p->verdict;
}

static const struct zone *touched(const struct poison *p, struct zone span) {
    for (size_t i = 0; i < p->zones; i++)
        if (span.from - p->base < p->zone[i].to && span.to - p->base > p->zone[i].from)
            return &p->zone[i];
    return NULL;
}

static void say_zone(const struct poison *p, const struct zone *zone, struct zone span, char *text, size_t room) {
    uint64_t first = span.from - p->base;
    first = first < zone->from ? zone->from : first;
    snprintf(text, room, "byte %lu lies in the redzone %lu..%lu", first, zone->from, zone->to);
}

static void say_unwritten(const struct poison *p, uint64_t first, struct zone span, char *text, size_t room) {
    uint64_t end = byteset_find(&p->written, first, span.to, true) - p->base;
    first -= p->base;
    if (end == first + 1)
        snprintf(text, room, "byte %lu was never written", first);
    else
        snprintf(text, room, "bytes %lu to %lu were never written", first, end - 1);
}

/* A load of bytes of which `first` is the first that is not written: is it to be reported? */
static bool is_error(struct poison *p, const struct facet_access *a, struct zone span, uint64_t first) {
    bool ahead = p->reach == BY_SIZE && a->flags & FACET_KERNEL && behind_string(p, a, span, first);
    if (first == span.to || ahead || !matters(p, a, span))
        return false;
    write_span(p, span.from, span.to); /* each byte is reported once */
    return p->reach == ANY || !by_allocator(p, a);
}

static enum facet_verdict poison_access(void *state, const struct facet_access *a, struct facet_reply *reply) {
    struct poison *p = state;
    struct zone span = within(p, a);
    const struct zone *zone = touched(p, span);
    p->seen++;
    if (zone) {
        p->touches++;
        say_zone(p, zone, span, reply->text, sizeof reply->text);
        return found(p, a, reply);
    }
    if (!p->unwritten || a->kind == FACET_FETCH || span.from >= span.to)
        return FACET_PASS;
    learn_page(p, span.from);
    learn_page(p, span.to - 1);
    if (a->kind == FACET_STORE) {
        note_store(p, a, span);
        return FACET_PASS;
    }
    uint64_t first = byteset_find(&p->written, span.from, span.to, false);
    if (first < span.to)
        say_unwritten(p, first, span, reply->text, sizeof reply->text);
    if (!is_error(p, a, span, first))
        return FACET_PASS;
    p->loads++;
    return found(p, a, reply);
}

static void poison_report(void *state, FILE *out) {
    const struct poison *p = state;
    fprintf(out, "poison %s: %lu accesses", p->object->name, p->seen);
    if (p->unwritten)
        fprintf(out, "; %lu load%s of bytes never written", p->loads, p->loads == 1 ? "" : "s");
    if (p->zones)
        fprintf(out, "; %lu in redzones", p->touches);
    fputc('\n', out);
}

static void poison_detach(void *state) {
    struct poison *p = state;
    byteset_free(&p->written);
    free(p->zone);
    free(p->told);
    free(p);
}

static void poison_visit(struct archive *a, void *state) {
    struct poison *p = state;
    archive_value(a, p->base);
    archive_value(a, p->low);
    archive_value(a, p->string_end);
    archive_value(a, p->string_pc);
    archive_value(a, p->seen);
    archive_value(a, p->loads);
    archive_value(a, p->touches);
    byteset_visit(a, &p->written, p->object->size);
    p->told_count = archive_number(a, p->told_count, TOLD_MAX);
    if (a->loading)
        p->told = text_grow(p->told, p->told_count + 1, sizeof *p->told);
    archive_bytes(a, p->told, p->told_count * sizeof *p->told);
}

static void poison_save(void *state, FILE *out) {
    handler_save_by(poison_visit, state, out);
}

static int poison_load(void *state, FILE *in, struct facet_handler_error *error) {
    return handler_load_by(poison_visit, state, in, error);
}

const struct facet_handler handler_poison = {
    .abi = FACET_HANDLER_ABI,
    .name = "poison",
    .summary =
        "poison[:off=N[..M]][,any|whole][,fresh][,stop|report|fault]: stops before a load of bytes never written, "
        "or any access to the redzone N..M",
    .verdicts = poison_verdicts,
    .attach = poison_attach,
    .access = poison_access,
    .report = poison_report,
    .detach = poison_detach,
    .save = poison_save,
    .load = poison_load,
};
