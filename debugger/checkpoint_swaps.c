/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Swaps in a checkpoint. The kernel's side of them, fronts and their page tables, is in the machine's memory; here is
 * what the debugger knows: which front belongs to which page of which object, its handlers with their states, and the
 * accesses that wait for one of them. The debugger's own watchpoints are made anew (keep.c).
 */
#include "checkpoint.h"
#include "swap.h"
#include "text.h"

#include <string.h>

#define OBJECTS_MAX 65536u
#define HANDLERS_MAX 64u /* of one object */
#define PROCESSES_MAX 65536u
#define ENDPOINTS_MAX 4096u
#define STATE_MAX (1ul << 30)
#define STEPS_MAX 65536u
#define NO_HANDLER (~0ul)
#define ADDRESS_MAX (1ul << 62)

/* Objects that are kept, in order. */
static struct swapped *kept(const struct swaps *s, size_t number) {
    for (size_t i = 0; i < s->count; i++)
        if (!s->objects[i]->hidden && number-- == 0)
            return s->objects[i];
    return NULL;
}

static size_t kept_count(const struct swaps *s) {
    size_t count = 0;
    for (size_t i = 0; i < s->count; i++)
        count += !s->objects[i]->hidden;
    return count;
}

static size_t kept_index(const struct swaps *s, const struct swapped *object) {
    size_t index = 0;
    for (size_t i = 0; s->objects[i] != object; i++)
        index += !s->objects[i]->hidden;
    return index;
}

static struct attached *by_serial(const struct swaps *s, uint64_t serial) {
    for (size_t i = 0; i < s->count; i++)
        for (size_t j = 0; j < s->objects[i]->count; j++)
            if (!s->objects[i]->hidden && s->objects[i]->chain[j]->serial == serial)
                return s->objects[i]->chain[j];
    return NULL;
}

/* ---- Handlers */

static void state_save(struct attached *h, struct archive *a) {
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);
    facet_assert(out, "out of memory");
    handler_save(h, out);
    fclose(out);
    archive_number(a, size, STATE_MAX);
    archive_bytes(a, bytes, size);
    free(bytes);
}

static void state_load(struct attached *h, struct archive *a, struct facet_error *error) {
    uint64_t size = archive_number(a, 0, STATE_MAX);
    char *bytes = NULL;
    archive_take(a, 2 * size);                                            /* it is there twice for a moment */
    for (uint64_t done = 0, part; done < size && !a->bad; done += part) { /* as much as the file really has */
        part = size - done < 65536 ? size - done : 65536;
        bytes = text_grow(bytes, done + part, 1);
        archive_bytes(a, bytes + done, part);
    }
    FILE *in = !a->bad && size ? fmemopen(bytes, size, "r") : NULL;
    if (in && handler_saves(h->code.handler) && handler_load_state(h, in, error) != FACET_OK)
        archive_fail(a);
    if (in)
        fclose(in);
    free(bytes);
}

static void handler_visit_one(struct attached *h, struct archive *a, struct facet_error *error) {
    bool state = handler_saves(h->code.handler) && !h->dead;
    archive_value(a, h->serial);
    archive_value(a, h->sequence);
    archive_flag(a, &state);
    if (!state && a->loading && h->code.handler->attach)
        fprintf(stderr, "facet: handler %s on %s keeps nothing in checkpoints: it begins afresh\n", h->code.text,
                h->object.name);
    if (state && a->loading)
        state_load(h, a, error);
    else if (state)
        state_save(h, a);
}

/* What was attached before the machine was there. */
static void object_visit(struct swapped *o, struct archive *a, struct facet_error *error) {
    archive_value(a, o->name.va);
    archive_value(a, o->name.size);
    archive_value(a, o->grain);
    archive_flag(a, &o->met);
    archive_flag(a, &o->gone);
    if ((o->name.va | o->name.size) >= ADDRESS_MAX) /* of which sums can be made */
        archive_fail(a);
    if (a->loading && !a->bad && fronts_expect(o, o->grain, error) != FACET_OK)
        archive_fail(a);
    archive_take(a, o->pages * (sizeof *o->fronts + sizeof(void *) * o->count)); /* and what handlers know of pages */
    if (archive_number(a, o->count, HANDLERS_MAX) != o->count)
        archive_fail(a);
    for (size_t i = o->count; i-- > 0 && !a->bad;) {
        o->chain[i]->object.va = o->name.va;
        o->chain[i]->object.size = o->name.size;
        handler_visit_one(o->chain[i], a, error);
    }
}

/* ---- Fronts */

static size_t kept_marks(const struct front_page *page) {
    size_t count = 0;
    for (size_t i = 0; i < page->count; i++)
        count += !page->marks[i].object->hidden;
    return count;
}

static void marks_save(const struct swaps *s, const struct front_page *page, struct archive *a) {
    archive_number(a, kept_marks(page), OBJECTS_MAX);
    for (size_t i = 0; i < page->count; i++) {
        if (page->marks[i].object->hidden)
            continue;
        archive_number(a, kept_index(s, page->marks[i].object), OBJECTS_MAX);
        archive_number(a, fronts_index(&page->marks[i]), UINT64_MAX);
    }
}

static void marks_load(struct swaps *s, int front, struct archive *a) {
    uint64_t count = archive_number(a, 0, OBJECTS_MAX);
    for (uint64_t i = 0; i < count && !a->bad; i++) {
        struct swapped *o = kept(s, archive_number(a, 0, OBJECTS_MAX));
        uint64_t index = archive_number(a, 0, UINT64_MAX);
        if (!o || !fronts_adopt(o, index, front))
            archive_fail(a);
    }
}

static void servers_visit(struct front_page *page, struct archive *a) {
    size_t count = (size_t)archive_number(a, page->server_count, FRONT_MAX);
    for (size_t i = 0; i < count && !a->bad; i++) {
        struct server server = {0};
        if (!a->loading)
            server = page->servers[i];
        else if (!archive_take(a, sizeof server))
            return;
        archive_value(a, server.endpoint);
        archive_value(a, server.serial);
        archive_value(a, server.low);
        archive_value(a, server.high);
        archive_value(a, server.delta);
        archive_flag(a, &server.fetches);
        if (!a->loading)
            continue;
        page->servers = text_grow(page->servers, ++page->server_count, sizeof server);
        page->servers[i] = server;
    }
}

static void page_visit(struct swaps *s, int front, struct archive *a) {
    struct front_page page = s->page[front] ? *s->page[front] : (struct front_page){0};
    archive_value(a, page.object_id);
    servers_visit(&page, a);
    archive_flag(a, &page.careful);
    archive_flag(a, &page.fetches);
    if (!a->loading) {
        marks_save(s, s->page[front], a);
        return;
    }
    marks_load(s, front, a);
    if (!s->page[front]) { /* it was the debugger's own */
        if (!a->bad)
            fronts_drop(s, front);
        free(page.servers);
        return;
    }
    s->page[front]->object_id = page.object_id;
    s->page[front]->servers = page.servers;
    s->page[front]->server_count = page.server_count;
    s->page[front]->careful = page.careful;
    s->page[front]->fetches = page.fetches;
}

static void pages_visit(struct swaps *s, struct archive *a) {
    uint64_t end = FRONT_MAX;
    for (uint64_t front = 0; front < FRONT_MAX && !a->loading; front++)
        if (s->page[front]) {
            archive_value(a, front);
            page_visit(s, (int)front, a);
        }
    if (!a->loading)
        archive_value(a, end);
    for (uint64_t front = 0, last = 0; a->loading && !a->bad; last = front + 1) {
        front = archive_number(a, 0, FRONT_MAX);
        if (front == FRONT_MAX)
            return;
        if (front < last)
            archive_fail(a);
        else
            page_visit(s, (int)front, a);
    }
}

/* ---- Accesses that wait */

static void access_visit(struct archive *a, struct facet_access *access) {
    access->kind = (uint32_t)archive_number(a, access->kind, FACET_FETCH);
    archive_value(a, access->flags);
    archive_value(a, access->sequence);
    archive_value(a, access->clock);
    archive_value(a, access->process);
    archive_value(a, access->pc);
    archive_value(a, access->va);
    archive_value(a, access->offset);
    access->size = (uint32_t)archive_number(a, access->size, FACET_ACCESS_MAX);
}

static void stopped_visit(struct swaps *s, struct archive *a, struct stopped_access *at) {
    bool attempted = at->access.attempted, backing = at->access.backing;
    archive_flag(a, &at->valid);
    archive_flag(a, &at->hidden);
    archive_flag(a, &at->written);
    at->depth = (unsigned)archive_number(a, at->depth, UINT32_MAX);
    archive_value(a, at->serial);
    archive_value(a, at->newest);
    archive_value(a, at->step);
    archive_value(a, at->object);
    archive_value(a, at->text);
    access_visit(a, &at->access);
    archive_flag(a, &attempted);
    archive_flag(a, &backing);
    archive_value(a, at->attempted);
    archive_value(a, at->backing);
    archive_value(a, at->answer);
    for (size_t i = 0; i < FACET_ACCESS_MAX; i++)
        archive_flag(a, &at->answered[i]);
    if (!a->loading)
        return;
    at->object[sizeof at->object - 1] = at->text[sizeof at->text - 1] = '\0';
    at->access.object = at->object;
    at->access.attempted = attempted ? at->attempted : NULL;
    at->access.backing = backing ? at->backing : NULL;
    const struct attached *h = by_serial(s, at->serial);
    at->handler = h ? h->code.text : "(restored)";
}

static void blocked_visit(struct swaps *s, struct archive *a) {
    uint64_t count = archive_number(a, s->blocked_count, PROCESSES_MAX);
    for (uint64_t i = 0; i < count && !a->bad && archive_take(a, sizeof(struct blocked)); i++) {
        struct blocked *b = a->loading ? text_grow(NULL, 1, sizeof *b) : s->blocked[i];
        if (a->loading)
            memset(b, 0, sizeof *b);
        uint64_t serial = b->by && !b->by->on->hidden ? b->by->serial : NO_HANDLER;
        archive_value(a, b->process);
        archive_value(a, serial);
        stopped_visit(s, a, &b->at);
        if (!a->loading)
            continue;
        b->by = by_serial(s, serial);
        s->blocked = text_grow(s->blocked, s->blocked_count + 1, sizeof(struct blocked *));
        s->blocked[s->blocked_count++] = b;
    }
}

/* A handler that said STEP, and is still there. */
static bool step_kept(const struct stepped *step) {
    return step->by && !step->by->on->hidden;
}

static void step_visit(struct archive *a, struct stepped *step, uint64_t *serial) {
    archive_value(a, step->step);
    archive_value(a, *serial);
    access_visit(a, &step->access);
}

static void steps_save(struct swaps *s, struct archive *a) {
    uint64_t count = 0;
    for (size_t i = 0; i < s->stepped_count; i++)
        count += step_kept(&s->stepped[i]);
    archive_number(a, count, STEPS_MAX);
    for (size_t i = 0; i < s->stepped_count; i++)
        if (step_kept(&s->stepped[i]))
            step_visit(a, &s->stepped[i], &s->stepped[i].by->serial);
}

static void steps_load(struct swaps *s, struct archive *a) {
    uint64_t count = archive_number(a, 0, STEPS_MAX);
    for (uint64_t i = 0; i < count && !a->bad; i++) {
        struct stepped step = {0};
        uint64_t serial = 0;
        step_visit(a, &step, &serial);
        step.by = by_serial(s, serial);
        if (!step.by) {
            archive_fail(a);
            return;
        }
        step.access.object = step.by->object.name;
        s->stepped = text_grow(s->stepped, s->stepped_count + 1, sizeof *s->stepped);
        s->stepped[s->stepped_count++] = step;
    }
}

/* ---- Names that the machine gave */

static void known_visit(struct swaps *s, struct archive *a) {
    uint64_t count = archive_number(a, s->known_count, PROCESSES_MAX);
    for (uint64_t i = 0; i < count && !a->bad; i++) {
        struct process *process = a->loading ? NULL : s->known[i].process;
        archive_value(a, process);
        if (a->loading && dispatch_process_number(s, process) != i + 1)
            archive_fail(a);
    }
}

static void endpoints_visit(struct swaps *s, struct archive *a) {
    uint64_t count = archive_number(a, s->endpoint_count, ENDPOINTS_MAX);
    for (uint64_t i = 0; i < count && !a->bad; i++) {
        char *name = a->loading ? NULL : s->endpoints[i].name;
        uint64_t id = a->loading ? 0 : s->endpoints[i].id;
        archive_text(a, &name);
        archive_value(a, id);
        if (a->loading && name)
            swaps_endpoint(s, name, id);
        if (a->loading)
            free(name);
    }
}

void swaps_visit(struct swaps *s, struct archive *a, struct facet_error *error) {
    archive_value(a, s->next_serial);
    archive_value(a, s->accesses);
    archive_value(a, s->last_step);
    known_visit(s, a);
    endpoints_visit(s, a);
    for (size_t i = 0; i < kept_count(s) && !a->bad; i++)
        object_visit(kept(s, i), a, error);
    pages_visit(s, a);
    stopped_visit(s, a, &s->stopped);
    blocked_visit(s, a);
    if (a->loading)
        steps_load(s, a);
    else
        steps_save(s, a);
}
