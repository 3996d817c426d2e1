/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Marks on pages, and the fronts that the kernel installs under them.
 */
#include "kernel.h"
#include "swap.h"
#include "text.h"

#include <string.h>

#define PAGE 4096u
#define CAREFUL_VERDICTS (FACET_MAY(FACET_FAULT) | FACET_MAY(FACET_STOP))

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
    return status;
}

enum facet_status fronts_sync(struct swapped *object, struct facet_error *error) {
    enum facet_status status = FACET_OK;
    for (size_t i = 0; i < object->front_count && status == FACET_OK; i++)
        status = page_sync(object->swaps, object->fronts[i], error);
    return status;
}

/* ---- Fronts of an object */

static enum facet_status install_page(struct swapped *object, size_t index, unsigned flags, struct facet_error *error) {
    struct swaps *s = object->swaps;
    uint64_t start = index * PAGE, first = index == 0 ? object->skew : 0,
             end = object->skew + object->name.size - start;
    uint64_t va = object->name.va - object->skew + start, id = object->name.id;
    int front;
    enum facet_status status = object->name.by_id
                                   ? kernel_front_object(s->emu, id, flags, &front, error)
                                   : kernel_front_install(s->emu, s->process, (gva_t){va}, flags, &front, &id, error);
    if (status != FACET_OK)
        return status;
    bool fresh = !s->page[front];
    object->fronts[object->front_count++] = front;
    page_mark(s, front,
              (struct mark){
                  .low = (uint32_t)first,
                  .high = end < PAGE ? (uint32_t)end : PAGE,
                  .delta = (int64_t)start - (int64_t)object->skew,
                  .object = object,
              });
    s->page[front]->object_id = id;
    if (fresh)
        s->page[front]->careful = flags & FRONT_CAREFUL;
    return page_sync(s, front, error);
}

void fronts_remove(struct swapped *object) {
    for (size_t i = 0; i < object->front_count; i++)
        page_unmark(object->swaps, object->fronts[i], object);
    for (size_t i = 0; i < object->front_count; i++)
        page_sync(object->swaps, object->fronts[i], NULL);
    free(object->fronts);
    object->fronts = NULL;
    object->front_count = 0;
}

enum facet_status fronts_install(struct swapped *object, struct facet_error *error) {
    uint32_t verdicts = 0;
    object->skew = object->name.va % PAGE;
    uint64_t pages = (object->skew + object->name.size + PAGE - 1) / PAGE;
    if (pages > FRONT_MAX)
        return facet_fail(error, FACET_ERR_USAGE, "cannot swap %s: it has %lu pages, at most %d can be swapped",
                          object->name.text, pages, FRONT_MAX);
    for (size_t i = 0; i < object->count; i++)
        verdicts |= object->chain[i]->verdicts;
    object->fronts = text_grow(NULL, pages, sizeof *object->fronts);
    for (size_t i = 0; i < pages; i++) {
        struct facet_error why;
        enum facet_status status = install_page(object, i, verdicts & CAREFUL_VERDICTS ? FRONT_CAREFUL : 0, &why);
        if (status != FACET_OK) {
            uint64_t va = object->name.va - object->skew + i * PAGE;
            fronts_remove(object);
            return object->name.by_id
                       ? facet_fail(error, status, "cannot swap %s: %s", object->name.text, why.text)
                       : facet_fail(error, status, "cannot swap %s: 0x%lx: %s", object->name.text, va, why.text);
        }
    }
    return FACET_OK;
}

int swapped_copy(struct swapped *object, int64_t offset, void *read, const void *write, size_t size) {
    if (!object->fronts || offset < 0 || (uint64_t)offset > object->name.size ||
        size > object->name.size - (uint64_t)offset)
        return -1;
    for (size_t done = 0; done < size;) {
        uint64_t at = (uint64_t)offset + done + object->skew;
        size_t room, want = size - done;
        uint8_t *backing = emu_front_backing(object->swaps->emu, object->fronts[at / PAGE], at % PAGE, &room);
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
