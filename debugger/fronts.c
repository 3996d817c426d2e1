/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Marks on fronts, and how the kernel installs these: one for each page of an object, or, of a GPT and of addresses
 * that have no memory, one for each 64 GiB.
 */
#include "kernel.h"
#include "swap.h"
#include "text.h"

#include <string.h>

#define PAGE 4096u
#define GRAIN_RANGE (1ul << FRONT_SHIFT)
#define LAZY_MAX (1u << 24) /* pages of an object of which most may never be there */
#define CAREFUL_VERDICTS                                                                                               \
    (FACET_MAY(FACET_FAULT) | FACET_MAY(FACET_STEP) | FACET_MAY(FACET_BLOCK) | FACET_MAY(FACET_STOP))

void page_mark(struct swaps *swaps, int front, struct mark mark) {
    struct front_page **page = &swaps->page[front];
    if (!*page) {
        *page = text_grow(NULL, 1, sizeof **page);
        **page = (struct front_page){0};
    }
    (*page)->marks = text_grow((*page)->marks, (*page)->count + 1, sizeof mark);
    (*page)->marks[(*page)->count++] = mark;
    (*page)->only = (*page)->marks[0];
}

void page_unmark(struct swaps *swaps, int front, const struct swapped *object) {
    struct front_page *page = swaps->page[front];
    size_t kept = 0;
    for (size_t i = 0; page && i < page->count; i++)
        if (page->marks[i].object != object)
            page->marks[kept++] = page->marks[i];
    if (!page)
        return;
    page->count = kept;
    page->only = page->marks[0];
    if (kept > 0)
        return;
    free(page->marks);
    free(page->servers);
    free(page);
    swaps->page[front] = NULL;
}

uint32_t page_verdicts(const struct front_page *page) {
    uint32_t verdicts = 0;
    for (size_t i = 0; i < page->count; i++)
        for (size_t j = 0; j < page->marks[i].object->count; j++)
            verdicts |= page->marks[i].object->chain[j]->verdicts;
    return verdicts;
}

static bool page_wants_fetches(const struct front_page *page) {
    for (size_t i = 0; i < page->count; i++)
        if (page->marks[i].object->name.executable)
            return true;
    return false;
}

/* Tells kernel and machine what the handlers of a page may say now; a page without marks loses its front. */
static enum facet_status page_sync(struct swaps *s, int front, struct facet_error *error) {
    struct front_page *page = s->page[front];
    if (!s->emu)
        return FACET_OK;
    if (!page) {
        emu_front_watch_fetches(s->emu, front, false);
        return kernel_front_remove(s->emu, front, error);
    }
    bool careful = page_verdicts(page) & CAREFUL_VERDICTS, fetches = page_wants_fetches(page);
    enum facet_status status = FACET_OK;
    if (careful != page->careful)
        status = kernel_front_flags(s->emu, front, careful ? FRONT_CAREFUL : 0, error);
    if (fetches != page->fetches)
        emu_front_watch_fetches(s->emu, front, fetches);
    page->careful = careful;
    page->fetches = fetches;
    return status == FACET_OK ? page_serve(s, front, error) : status;
}

enum facet_status fronts_sync(struct swapped *object, struct facet_error *error) {
    enum facet_status status = FACET_OK;
    for (size_t i = 0; i < object->pages && status == FACET_OK; i++)
        if (object->fronts[i] >= 0)
            status = page_sync(object->swaps, object->fronts[i], error);
    return status;
}

/* ---- Fronts of an object */

static bool is_range(const struct swapped *object) {
    return object->grain == GRAIN_RANGE;
}

static uint64_t page_va(const struct swapped *object, size_t index) {
    return object->name.va - object->skew + index * object->grain;
}

static struct mark make_mark(struct swapped *object, size_t index) {
    uint64_t start = index * object->grain, end = object->skew + object->name.size - start;
    return (struct mark){
        .low = index == 0 ? object->skew : 0,
        .high = end < object->grain ? end : object->grain,
        .delta = (int64_t)start - (int64_t)object->skew,
        .object = object,
    };
}

static unsigned front_flags(const struct swapped *object) {
    uint32_t verdicts = 0;
    for (size_t i = 0; i < object->count; i++)
        verdicts |= object->chain[i]->verdicts;
    return verdicts & CAREFUL_VERDICTS ? FRONT_CAREFUL : 0;
}

void fronts_lost(struct swaps *s, int front) {
    emu_front_watch_fetches(s->emu, front, false);
    while (s->page[front]) {
        struct swapped *object = s->page[front]->only.object;
        page_unmark(s, front, object);
        for (size_t i = 0; i < object->pages; i++)
            if (object->fronts[i] == front) {
                object->fronts[i] = -1;
                object->absent++;
            }
    }
}

static void drop_page(struct swapped *object, size_t index) {
    int front = object->fronts[index];
    object->fronts[index] = -1;
    object->absent++;
    page_unmark(object->swaps, front, object);
    page_sync(object->swaps, front, NULL);
}

/* Only a Linux program's pages may be absent. */
static enum facet_status page_absent(const struct swapped *object, size_t index, struct facet_error *error) {
    if (object->swaps->program->native)
        return facet_fail(error, FACET_ERR_USAGE, "0x%lx: no page of memory is mapped there", page_va(object, index));
    return FACET_OK;
}

/* A Linux program has pages in its regions only, and between the pieces of a mapping there may be others. */
static bool may_be_there(const struct swapped *object, uint64_t va) {
    if (object->swaps->program->native || object->name.by_id || is_range(object))
        return true;
    const struct area *area = regions_at(object->swaps->regions, va);
    if (!area || (!object->name.heap && !object->name.map))
        return area != NULL;
    return object->name.map ? area->number == object->name.map : (area->flags & REGION_KIND) == REGION_HEAP;
}

/* Has the kernel install a front. *front is -1 if no page is there. */
static enum facet_status request_front(const struct swapped *object, size_t index, int *front, uint64_t *id,
                                       struct facet_error *error) {
    struct emu *emu = object->swaps->emu;
    struct mark mark = make_mark((struct swapped *)object, index);
    uint64_t process = object->swaps->process, low = mark.low, size = mark.high - low, va = page_va(object, index);
    unsigned flags = front_flags(object);
    if (object->name.by_id)
        return kernel_front_object(emu, object->name.id, va + low, size, flags, front, id, error);
    if (is_range(object))
        return kernel_front_range(emu, process, (gva_t){va + low}, size, flags, front, id, error);
    return kernel_front_install(emu, process, (gva_t){va}, flags, front, id, error);
}

static enum facet_status install_page(struct swapped *object, size_t index, struct facet_error *error) {
    struct swaps *s = object->swaps;
    uint64_t id = 0;
    int front;
    if (!may_be_there(object, page_va(object, index)))
        return FACET_OK;
    enum facet_status status = request_front(object, index, &front, &id, error);
    if (status != FACET_OK || front < 0)
        return status != FACET_OK ? status : page_absent(object, index, error);
    if (s->page[front] && s->page[front]->object_id != id)
        fronts_lost(s, front);
    if (object->fronts[index] == front)
        return FACET_OK;
    if (object->fronts[index] >= 0)
        fronts_lost(s, object->fronts[index]);
    bool fresh = !s->page[front];
    object->fronts[index] = front;
    object->absent--;
    object->met = true;
    page_mark(s, front, make_mark(object, index));
    s->page[front]->object_id = id;
    if (fresh)
        s->page[front]->careful = front_flags(object) & FRONT_CAREFUL;
    return page_sync(s, front, error);
}

void fronts_remove(struct swapped *object) {
    for (size_t i = 0; i < object->pages; i++)
        if (object->fronts[i] >= 0)
            page_unmark(object->swaps, object->fronts[i], object);
    for (size_t i = 0; i < object->pages; i++)
        if (object->fronts[i] >= 0)
            page_sync(object->swaps, object->fronts[i], NULL);
    free(object->fronts);
    object->fronts = NULL;
    object->pages = object->absent = 0;
}

/* Room for all pages that the object has now. */
static enum facet_status make_room(struct swapped *object, struct facet_error *error) {
    object->skew = object->name.va % object->grain;
    uint64_t pages = (object->skew + object->name.size + object->grain - 1) / object->grain;
    uint64_t most = object->swaps->program->native || is_range(object) ? FRONT_MAX : LAZY_MAX;
    if (pages > most)
        return facet_fail(error, FACET_ERR_USAGE, "cannot swap %s: it has %lu %s, at most %lu can be swapped",
                          object->name.text, pages, is_range(object) ? "times 64 GiB" : "pages", most);
    object->fronts = text_grow(object->fronts, pages + 1, sizeof *object->fronts);
    for (; object->pages < pages; object->pages++, object->absent++)
        object->fronts[object->pages] = -1;
    return FACET_OK;
}

static enum facet_status install_pages(struct swapped *object, size_t from, size_t to, struct facet_error *error) {
    for (size_t i = from; i < to; i++) {
        struct facet_error why;
        enum facet_status status = install_page(object, i, &why);
        if (status != FACET_OK)
            return facet_fail(error, status, "cannot swap %s: %s", object->name.text, why.text);
    }
    return FACET_OK;
}

/* Addresses of which nothing is mapped, as far as the program has come. */
static bool nothing_there(const struct swapped *object) {
    const struct swaps *s = object->swaps;
    if (s->program->native)
        return !kernel_page(s->emu, s->process, (gva_t){object->name.va}, ACCESS_LOAD);
    return !regions_any(s->regions, object->name.va, object->name.size);
}

static uint64_t choose_grain(const struct swapped *object) {
    bool range = object->name.by_id ? object->name.size > PAGE : object->name.range && nothing_there(object);
    return range ? GRAIN_RANGE : PAGE;
}

bool fronts_outdated(const struct swapped *object) {
    return object->fronts && is_range(object) && !object->name.by_id && !object->swaps->program->native &&
           !nothing_there(object);
}

enum facet_status fronts_expect(struct swapped *object, uint64_t grain, struct facet_error *error) {
    if (grain != PAGE && grain != GRAIN_RANGE)
        return facet_fail(error, FACET_ERR_USAGE, "%s has pages of %lu bytes", object->name.text, grain);
    object->grain = grain;
    return make_room(object, error);
}

bool fronts_adopt(struct swapped *object, uint64_t index, int front) {
    if (index >= object->pages || object->fronts[index] >= 0)
        return false;
    object->fronts[index] = front;
    object->absent--;
    page_mark(object->swaps, front, make_mark(object, index));
    return true;
}

void fronts_drop(struct swaps *s, int front) {
    page_sync(s, front, NULL);
}

uint64_t fronts_index(const struct mark *mark) {
    return (uint64_t)(mark->delta + (int64_t)mark->object->skew) / mark->object->grain;
}

enum facet_status fronts_install(struct swapped *object, struct facet_error *error) {
    object->grain = choose_grain(object);
    enum facet_status status = make_room(object, error);
    if (status == FACET_OK)
        status = install_pages(object, 0, object->pages, error);
    if (status != FACET_OK)
        fronts_remove(object);
    return status;
}

enum facet_status fronts_grow(struct swapped *object, struct facet_error *error) {
    size_t last = object->pages;
    enum facet_status status = make_room(object, error);
    if (status != FACET_OK || last == 0 || object->fronts[last - 1] < 0)
        return status;
    struct front_page *page = object->swaps->page[object->fronts[last - 1]];
    for (size_t i = 0; i < page->count; i++) /* what was its last page has more of its bytes now */
        if (page->marks[i].object == object)
            page->marks[i] = make_mark(object, last - 1);
    page->only = page->marks[0];
    return FACET_OK;
}

/* Indices of the object's pages in a range of addresses: [*from, *to). */
static void pages_in(const struct swapped *object, uint64_t va, uint64_t size, size_t *from, size_t *to) {
    uint64_t start = page_va(object, 0), end = start + object->pages * PAGE, last = va + size;
    *from = va <= start ? 0 : va >= end ? object->pages : (va - start) / PAGE;
    *to = last <= start ? 0 : last >= end ? object->pages : (last - start + PAGE - 1) / PAGE;
    if (object->name.by_id || is_range(object))
        *from = *to;
}

enum facet_status fronts_come(struct swapped *object, uint64_t va, uint64_t size, struct facet_error *error) {
    size_t from, to;
    pages_in(object, va, size, &from, &to);
    return install_pages(object, from, to, error);
}

void fronts_go(struct swapped *object, uint64_t va, uint64_t size) {
    size_t from, to;
    pages_in(object, va, size, &from, &to);
    for (size_t i = from; i < to; i++)
        if (object->fronts[i] >= 0)
            drop_page(object, i);
}

int swapped_copy(struct swapped *object, int64_t offset, void *read, const void *write, size_t size) {
    if (!object->fronts || offset < 0 || (uint64_t)offset > object->name.size ||
        size > object->name.size - (uint64_t)offset)
        return -1;
    for (size_t done = 0; done < size;) {
        uint64_t at = (uint64_t)offset + done + object->skew;
        size_t room, want = size - done;
        int front = object->fronts[at / object->grain];
        uint8_t *backing = front < 0 ? NULL : emu_front_backing(object->swaps->emu, front, at % object->grain, &room);
        if (!backing)
            return -1;
        want = want < room ? want : room;
        if (read)
            memcpy((uint8_t *)read + done, backing, want);
        else
            memcpy(backing, (const uint8_t *)write + done, want);
        done += want;
    }
    return 0;
}
