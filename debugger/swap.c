/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "swap.h"

#include "caps.h"
#include "guard.h"
#include "kernel.h"
#include "text.h"

#include <search.h>
#include <string.h>

struct swaps *swaps_new(const struct program *program, struct symbols *symbols) {
    struct swaps *s = calloc(1, sizeof *s);
    facet_assert(s, "out of memory");
    s->program = program;
    s->symbols = symbols;
    return s;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct swapped *)a)->name.text, ((const struct swapped *)b)->name.text);
}

struct swapped *swaps_find(struct swaps *swaps, const char *object) {
    const struct swapped key = {.name.text = (char *)(uintptr_t)object};
    struct swapped **found = tfind(&key, &swaps->names, by_name);
    return found ? *found : NULL;
}

/* ---- Handlers of an object */

static enum facet_status attach_state(struct attached *h, struct facet_error *error) {
    h->guarded = h->code.foreign;
    h->sequence = 0;
    h->crashed = false;
    enum facet_status status = handler_verdicts(h, error);
    if (status != FACET_OK)
        return status;
    if (h->verdicts >> (FACET_STOP + 1))
        return facet_fail(error, FACET_ERR_USAGE, "handler %s declares verdicts that do not exist (0x%x)", h->code.text,
                          h->verdicts);
    status = handler_attach(h, error);
    h->access = h->code.handler->access;
    h->ask = h->guarded ? guard_ask : h->access;
    h->asked = h->guarded ? h : h->state;
    return status;
}

/* facet's own handler knows its state by the object's name. */
static void take_own(struct attached *h, const struct swapped *object, const struct facet_handler *own) {
    h->code = (struct handler_code){
        .handler = own,
        .text = text_copy(object->name.text),
        .name = text_copy(own->name),
        .args = text_copy(object->name.text),
    };
}

/* `handler` as the user wrote it, or facet's own. */
static enum facet_status attach(struct swapped *object, const char *handler, const struct facet_handler *own,
                                struct facet_error *error) {
    struct attached *h = calloc(1, sizeof *h);
    facet_assert(h, "out of memory");
    enum facet_status status = own ? FACET_OK : handler_load(handler, &h->code, error);
    if (own)
        take_own(h, object, own);
    if (status == FACET_OK) {
        h->on = object;
        services_fill(h);
        h->object = (struct facet_object){object->name.text, object->name.va, object->name.size, &h->services};
        status = attach_state(h, error);
        if (h->crashed)
            h->code.library = NULL;
        if (status != FACET_OK)
            handler_unload(&h->code);
    }
    if (status != FACET_OK) {
        free(h);
        return status;
    }
    h->serial = object->swaps->next_serial++;
    object->chain = text_grow(object->chain, object->count + 1, sizeof *object->chain);
    memmove(object->chain + 1, object->chain, object->count++ * sizeof *object->chain);
    object->chain[0] = h;
    return FACET_OK;
}

static void drop_handler(struct swapped *object, size_t index) {
    struct attached *h = object->chain[index];
    hold_forget(h);
    if (object->swaps->stopped.handler == h->code.text)
        object->swaps->stopped.handler = "(restored)";
    memmove(object->chain + index, object->chain + index + 1, (--object->count - index) * sizeof *object->chain);
    handler_detach(h);
    if (h->crashed)
        h->code.library = NULL; /* it stays where it is */
    handler_unload(&h->code);
    free(h);
}

static void drop_object(struct swapped *object) {
    struct swaps *s = object->swaps;
    size_t i = 0;
    fronts_remove(object);
    while (object->count > 0)
        drop_handler(object, object->count - 1);
    if (swaps_find(s, object->name.text) == object)
        tdelete(object, &s->names, by_name);
    while (s->objects[i] != object)
        i++;
    memmove(s->objects + i, s->objects + i + 1, (--s->count - i) * sizeof *s->objects);
    free(object->name.text);
    free(object->chain);
    free(object);
}

bool swaps_free(struct swaps *swaps) {
    if (!swaps)
        return true;
    swaps->emu = NULL;
    while (swaps->count > 0)
        drop_object(swaps->objects[swaps->count - 1]);
    free(swaps->objects);
    free(swaps->known);
    free(swaps->later);
    free(swaps->wakes);
    free(swaps->blocked);
    free(swaps->stepped);
    swaps_endpoints_forget(swaps);
    bool good = !swaps->failed;
    free(swaps);
    return good;
}

static struct swapped *add_object(struct swaps *s, struct object_name name) {
    struct swapped *object = calloc(1, sizeof *object);
    facet_assert(object, "out of memory");
    object->swaps = s;
    object->name = name;
    s->objects = text_grow(s->objects, s->count + 1, sizeof *s->objects);
    s->objects[s->count++] = object;
    facet_assert(tsearch(object, &s->names, by_name), "out of memory");
    return object;
}

static enum facet_status new_object(struct swaps *s, const char *text, struct swapped **object,
                                    struct facet_error *error) {
    struct object_name name;
    enum facet_status status = object_parse(text, s->program, s->symbols, &name, error);
    if (status == FACET_OK)
        *object = add_object(s, name);
    return status;
}

static void set_size(struct swapped *o, uint64_t size) {
    o->name.size = size;
    for (size_t i = 0; i < o->count; i++) {
        o->chain[i]->object.va = o->name.va;
        o->chain[i]->object.size = size;
    }
}

/* All that a GPT can reach. */
static void follow_id(struct swapped *o) {
    const struct gpt *gpt = caps_gpt(o->swaps->emu, o->name.id);
    if (gpt)
        set_size(o, gpt->l2v < 60 ? GPT_SLOTS * 1ul << gpt->l2v : ~0ul << 12);
}

/* An object that the program decides about gets the extent that it has now. */
static bool follow(struct swapped *o) {
    struct swaps *s = o->swaps;
    if (o->name.by_id)
        follow_id(o);
    uint64_t va, size, end = o->name.va + o->name.size;
    bool there = o->name.heap ? regions_of_kind(s->regions, REGION_HEAP, &va, &size)
                              : o->name.map && regions_map(s->regions, o->name.map, &va, &size);
    o->gone = o->name.map && o->name.size > 0 && !there;
    if (!there || (o->name.size > 0 && va + size <= end))
        return false;
    if (o->name.size == 0)
        o->name.va = va;
    set_size(o, va + size - o->name.va);
    return true;
}

static void lose_extent(struct swapped *o) {
    if (o->name.heap || o->name.map)
        o->name.va = o->name.size = 0;
    if (o->name.by_id)
        o->name.size = OBJECT_PAGE;
    o->met = o->gone = false;
}

/* Asks to be told of pages as long as some object lacks any. */
static void want_pages(struct swaps *s) {
    bool want = false;
    for (size_t i = 0; i < s->count && !want && !s->program->native; i++)
        want = s->objects[i]->absent > 0 && !s->objects[i]->gone;
    struct debug_block *block = s->emu ? emu_debug_block(s->emu) : NULL;
    if (block)
        block->want = want ? block->want | DEBUG_WANT_PAGES : block->want & ~(unsigned)DEBUG_WANT_PAGES;
}

enum facet_status swaps_add(struct swaps *swaps, const char *object, const char *handler, struct facet_error *error) {
    struct swapped *o = swaps_find(swaps, object);
    bool fresh = !o;
    enum facet_status status = fresh ? new_object(swaps, object, &o, error) : FACET_OK;
    if (status != FACET_OK)
        return status;
    if (fresh && swaps->emu)
        follow(o);
    status = attach(o, handler, NULL, error);
    if (status == FACET_OK && swaps->emu) {
        status = fresh ? fronts_install(o, error) : fronts_sync(o, error);
        if (status != FACET_OK) {
            drop_handler(o, 0);
            fronts_sync(o, NULL);
        }
    }
    if (status != FACET_OK && fresh)
        drop_object(o);
    want_pages(swaps);
    return status;
}

enum facet_status swaps_add_hidden(struct swaps *swaps, const char *name, uint64_t va, uint64_t size,
                                   const struct facet_handler *handler, struct facet_error *error) {
    struct swapped *o = add_object(swaps, (struct object_name){.text = text_copy(name), .va = va, .size = size});
    o->hidden = true;
    enum facet_status status = attach(o, "", handler, error);
    if (status == FACET_OK && swaps->emu)
        status = fronts_install(o, error);
    if (status != FACET_OK)
        drop_object(o);
    want_pages(swaps);
    return status;
}

enum facet_status swaps_remove(struct swaps *swaps, const char *object, const char *handler,
                               struct facet_error *error) {
    struct swapped *o = swaps_find(swaps, object);
    size_t i = 0;
    if (!o)
        return facet_fail(error, FACET_ERR_USAGE, "%s is not swapped", object);
    while (handler && i < o->count && strcmp(o->chain[i]->code.text, handler) != 0 &&
           strcmp(o->chain[i]->code.name, handler) != 0)
        i++;
    if (i == o->count)
        return facet_fail(error, FACET_ERR_USAGE, "%s has no handler %s", object, handler);
    drop_handler(o, i);
    if (o->count > 0)
        return fronts_sync(o, error);
    drop_object(o);
    want_pages(swaps);
    return FACET_OK;
}

/* ---- Machines come and go */

void swaps_join(struct swaps *swaps, struct emu *emu, uint64_t process) {
    struct kernel_info *info = kernel_info_get(emu);
    swaps->emu = emu;
    swaps->process = process;
    swaps->current = info ? &info->current : NULL;
    emu_on_access(emu, dispatch_access, swaps);
    emu_on_outcome(emu, hold_outcome);
}

enum facet_status swaps_start(struct swaps *swaps, struct emu *emu, uint64_t process, struct facet_error *error) {
    swaps->accesses = 0;
    swaps_join(swaps, emu, process);
    for (size_t i = 0; i < swaps->count; i++) {
        lose_extent(swaps->objects[i]);
        follow(swaps->objects[i]);
        enum facet_status status = fronts_install(swaps->objects[i], error);
        if (status != FACET_OK)
            return status;
    }
    want_pages(swaps);
    return FACET_OK;
}

/* What happens to pages while the program runs is no command of the user's: it is told at once, and at the end by
 * facet's status. */
static void complain(struct swaps *s, const struct facet_error *error) {
    if (!s->failed)
        fprintf(stderr, "facet: %s\n", error->text);
    s->failed = true;
}

void swaps_pages_came(struct swaps *swaps, uint64_t va, uint64_t size) {
    struct facet_error error;
    for (size_t i = 0; swaps->emu && i < swaps->count; i++)
        if (swaps->objects[i]->absent > 0 && fronts_come(swaps->objects[i], va, size, &error) != FACET_OK)
            complain(swaps, &error);
    want_pages(swaps);
}

void swaps_pages_go(struct swaps *swaps, uint64_t va, uint64_t size) {
    for (size_t i = 0; swaps->emu && i < swaps->count; i++)
        fronts_go(swaps->objects[i], va, size);
    want_pages(swaps);
}

void swaps_front_gone(struct swaps *swaps, int front) {
    if (swaps->emu && front >= 0 && front < FRONT_MAX)
        fronts_lost(swaps, front);
    want_pages(swaps);
}

void swaps_regions_changed(struct swaps *swaps) {
    struct facet_error error;
    for (size_t i = 0; swaps->emu && i < swaps->count; i++) {
        struct swapped *o = swaps->objects[i];
        if (!o->name.by_id && follow(o) && fronts_grow(o, &error) != FACET_OK)
            complain(swaps, &error);
        if (!fronts_outdated(o))
            continue;
        fronts_remove(o);
        if (fronts_install(o, &error) != FACET_OK)
            complain(swaps, &error);
    }
    want_pages(swaps);
}

void swaps_end(struct swaps *swaps) {
    hold_forget_all(swaps);
    swaps->emu = NULL;
    swaps->current = NULL;
    swaps->last_process = NULL;
    swaps->known_count = 0;
    swaps->stopped.valid = false;
    for (size_t i = 0; i < swaps->count; i++)
        fronts_remove(swaps->objects[i]);
}

static int by_serial(const void *a, const void *b) {
    const struct attached *x = *(struct attached *const *)a, *y = *(struct attached *const *)b;
    return (x->serial > y->serial) - (x->serial < y->serial);
}

/* All handlers, in the order of attaching; to be freed. */
static struct attached **all_attached(const struct swaps *s, size_t *count) {
    struct attached **all = NULL;
    size_t room = 0;
    *count = 0;
    for (size_t i = 0; i < s->count; i++)
        room += s->objects[i]->count;
    all = text_grow(all, room + 1, sizeof(struct attached *));
    for (size_t i = 0; i < s->count; i++)
        for (size_t j = 0; j < s->objects[i]->count; j++)
            all[(*count)++] = s->objects[i]->chain[j];
    qsort(all, *count, sizeof *all, by_serial);
    return all;
}

enum facet_status swaps_renew(struct swaps *swaps, struct facet_error *error) {
    enum facet_status status = FACET_OK;
    size_t count;
    struct attached **all = all_attached(swaps, &count);
    for (size_t i = 0; i < count && status == FACET_OK; i++) {
        struct attached *h = all[i];
        if (h->crashed)
            continue;
        handler_detach(h);
        status = attach_state(h, error);
        h->dead = status != FACET_OK;
        swaps->unsettled |= h->crashed;
    }
    free(all);
    return status;
}

bool swaps_later(struct swaps *swaps, const char *object, const char *handler) {
    struct object_name name;
    if (!swaps->emu || (!handler && !swaps_find(swaps, object)) ||
        object_parse(object, swaps->program, swaps->symbols, &name, NULL) != FACET_OK)
        return false;
    free(name.text);
    swaps->later = text_grow(swaps->later, swaps->later_count + 1, sizeof *swaps->later);
    swaps->later[swaps->later_count].object = text_copy(object);
    swaps->later[swaps->later_count++].handler = handler ? text_copy(handler) : NULL;
    swaps->unsettled = true;
    emu_interrupt(swaps->emu);
    return true;
}

static void bury(struct swaps *s) {
    for (size_t i = s->count; i-- > 0;) {
        struct swapped *o = s->objects[i];
        for (size_t j = o->count; j-- > 0;)
            if (o->chain[j]->dead)
                drop_handler(o, j);
        if (o->count == 0)
            drop_object(o);
        else
            fronts_sync(o, NULL);
    }
}

void swaps_settle(struct swaps *swaps) {
    if (!swaps->unsettled)
        return;
    swaps->unsettled = false;
    bury(swaps);
    for (size_t i = 0; i < swaps->later_count; i++) {
        struct facet_error error = {""};
        char *object = swaps->later[i].object, *handler = swaps->later[i].handler;
        if ((handler ? swaps_add(swaps, object, handler, &error) : swaps_remove(swaps, object, NULL, &error)) !=
            FACET_OK) {
            fprintf(stderr, "facet: a handler's request failed: %s\n", error.text);
            swaps->failed = true;
        }
        free(object);
        free(handler);
    }
    swaps->later_count = 0;
    if (swaps->emu)
        hold_settle(swaps);
}

void swaps_report(struct swaps *swaps, FILE *out) {
    size_t count;
    struct attached **all = all_attached(swaps, &count);
    for (size_t i = 0; i < count; i++)
        if (all[i]->on->hidden)
            continue;
        else if (all[i]->code.handler->report)
            handler_report(all[i], out);
        else
            fprintf(out, "%s %s: %lu access%s\n", all[i]->code.name, all[i]->object.name, all[i]->sequence,
                    all[i]->sequence == 1 ? "" : "es");
    free(all);
}
