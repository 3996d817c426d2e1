/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot.h"
#include "cap.h"
#include "front.h"
#include "process.h"
#include "table.h"

static struct object *free_list[CAP_TYPES];
static unsigned long free_count[CAP_TYPES], pool_count[CAP_TYPES];
static struct object *highest[CAP_TYPES]; /* that was ever taken */
static unsigned long next_id = 1;

/* Consecutive frames and the first of their page headers: the pool and the boot modules. */
#define RUNS_MAX (1 + BOOT_MODULES_MAX)
static struct { unsigned long start, count, first; } run[RUNS_MAX];
static unsigned run_count;

static const unsigned short object_size[CAP_TYPES] = {
    [CAP_PAGE] = sizeof(struct page),         [CAP_CAPPAGE] = sizeof(struct page),
    [CAP_GPT] = sizeof(struct gpt),           [CAP_PROCESS] = sizeof(struct process),
    [CAP_ENDPOINT] = sizeof(struct endpoint), [CAP_FORWARDER] = sizeof(struct forwarder),
};

void object_add_frames(unsigned long frame, unsigned long first, unsigned long count) {
    kassert(run_count < RUNS_MAX, run_count);
    run[run_count].start = frame;
    run[run_count].count = count;
    run[run_count++].first = first;
    for (unsigned long i = 0; i < count; i++)
        kernel_info.pages[first + i].frame = frame + i * PAGE_SIZE;
}

/* Pages and CapPages share storage: a header and a frame. */
static enum cap_type storage_type(enum cap_type type) {
    return type == CAP_CAPPAGE ? CAP_PAGE : type;
}

static void object_free(struct object *object, enum cap_type type) {
    object->type = CAP_NULL;
    object->next_free = free_list[storage_type(type)];
    free_list[storage_type(type)] = object;
    free_count[storage_type(type)]++;
}

void object_add_free(struct object *object, enum cap_type type) {
    object_free(object, type);
    pool_count[type]++;
}

bool object_available(enum cap_type type) {
    return free_list[storage_type(type)] != NULL;
}

void object_count(enum cap_type type, unsigned long *available, unsigned long *all) {
    *available = free_count[storage_type(type)];
    *all = pool_count[storage_type(type)];
}

static void page_setup(struct page *page) {
    page->front = -1;
    memset(page_data(page), 0, PAGE_SIZE);
}

static void gpt_setup(struct gpt *gpt) {
    gpt->l2v = PAGE_SHIFT;
    gpt->front = -1;
}

void *object_alloc(enum cap_type type) {
    struct object **list = &free_list[storage_type(type)];
    struct object *object = *list;
    if (!object)
        return NULL;
    *list = object->next_free;
    free_count[storage_type(type)]--;
    if (object > highest[storage_type(type)])
        highest[storage_type(type)] = object;
    if (storage_type(type) != CAP_PAGE) /* of a page, the frame stays */
        memset(object + 1, 0, object_size[type] - sizeof *object);
    object->type = (unsigned char)type;
    object->id = next_id++;
    object->next_free = NULL;
    object->depends = NULL;
    if (storage_type(type) == CAP_PAGE)
        page_setup((struct page *)object);
    else if (type == CAP_GPT)
        gpt_setup((struct gpt *)object);
    else if (type == CAP_PROCESS)
        process_setup((struct process *)object);
    return object;
}

/* What an object leaves in the rest of the kernel. */
static void object_undo(struct object *object) {
    switch ((enum cap_type)object->type) {
    case CAP_PAGE:
        if (((struct page *)object)->front >= 0)
            front_lose(((struct page *)object)->front);
        depend_invalidate(object);
        break;
    case CAP_GPT:
        front_parts_lose((struct gpt *)object, 0);
        depend_invalidate(object);
        table_free_products(object);
        if (((struct gpt *)object)->has_background)
            table_free_backgrounds((struct gpt *)object);
        break;
    case CAP_PROCESS:
        process_end((struct process *)object);
        break;
    case CAP_ENDPOINT:
        ipc_end_endpoint((struct endpoint *)object);
        break;
    case CAP_FORWARDER:
        ipc_forwarder_changed((struct forwarder *)object);
        kassert(!((struct forwarder *)object)->senders.first, object->id);
        break;
    default:
        break;
    }
}

void object_rescind(struct object *object) {
    enum cap_type type = object->type;
    kassert(type != CAP_NULL, (unsigned long)object);
    object->alloc++; /* first: what is undone must not lead here again */
    object_undo(object);
    kassert(!object->depends && (type != CAP_GPT || !((struct gpt *)object)->products), object->id);
#ifdef FACET_DEBUG
    if (storage_type(type) == CAP_PAGE)
        memset(page_data((struct page *)object), 0xdb, PAGE_SIZE);
    else
        memset(object + 1, 0xdb, object_size[type] - sizeof *object);
#endif
    object_free(object, type);
}

struct page *page_of_frame(unsigned long frame) {
    for (unsigned i = 0; i < run_count; i++) {
        unsigned long index = (frame - run[i].start) / PAGE_SIZE;
        if (frame >= run[i].start && index < run[i].count)
            return &kernel_info.pages[run[i].first + index];
    }
    kassert(false, frame);
    return NULL;
}

void object_adopt_page(struct page *page) {
    if (page->header.type == CAP_PAGE)
        return; /* two modules meet in it */
    page->header.type = CAP_PAGE;
    page->header.id = next_id++;
    page->front = -1;
}

static void *array_of(enum cap_type type, unsigned long *count, unsigned long *stride) {
    switch (type) {
    case CAP_PAGE:
        return *count = kernel_info.page_count, *stride = kernel_info.page_stride, (void *)kernel_info.pages;
    case CAP_GPT:
        return *count = kernel_info.gpt_count, *stride = kernel_info.gpt_stride, (void *)kernel_info.gpts;
    case CAP_PROCESS:
        return *count = kernel_info.process_count, *stride = kernel_info.process_stride, (void *)kernel_info.processes;
    case CAP_ENDPOINT:
        return *count = kernel_info.endpoint_count, *stride = kernel_info.endpoint_stride,
               (void *)kernel_info.endpoints;
    case CAP_FORWARDER:
        return *count = kernel_info.forwarder_count, *stride = kernel_info.forwarder_stride,
               (void *)kernel_info.forwarders;
    default:
        return NULL;
    }
}

struct object *object_find(enum cap_type type, unsigned long id) {
    unsigned long count = 0, stride = 0;
    char *array = array_of(type, &count, &stride);
    for (unsigned long i = 0; array && i < count; i++) {
        struct object *object = (struct object *)(array + i * stride);
        if (object->type == type && object->id == id)
            return object;
    }
    return NULL;
}

unsigned long object_number(const struct object *object) {
    switch ((enum cap_type)object->type) {
    case CAP_GPT:
        return (unsigned long)((const struct gpt *)object - kernel_info.gpts);
    case CAP_PROCESS:
        return (unsigned long)((const struct process *)object - kernel_info.processes);
    case CAP_ENDPOINT:
        return (unsigned long)((const struct endpoint *)object - kernel_info.endpoints);
    case CAP_FORWARDER:
        return (unsigned long)((const struct forwarder *)object - kernel_info.forwarders);
    default:
        return (unsigned long)((const struct page *)object - kernel_info.pages);
    }
}

struct object *object_numbered(enum cap_type type, unsigned long number) {
    unsigned long count = 0, stride = 0;
    char *array = array_of(storage_type(type), &count, &stride);
    struct object *object = number < count ? (struct object *)(array + number * stride) : NULL;
    return object && object->type != CAP_NULL ? object : NULL;
}

void object_storage(enum cap_type type, struct object_storage *storage) {
    type = storage_type(type);
    storage->array = array_of(type, &storage->count, &storage->stride);
    storage->pool = pool_count[type];
    storage->used = 0;
    if (highest[type])
        storage->used = (unsigned long)((char *)highest[type] - (char *)storage->array) / storage->stride + 1;
    storage->free_count = free_count[type];
    storage->free = free_list[type];
    storage->next_id = next_id;
}
