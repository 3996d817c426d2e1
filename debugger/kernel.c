/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel.h"

#include <string.h>

/* Puts the request and runs the kernel to its answer. Arguments not given are 0. */
#define ARGS 6
static enum facet_status request(struct emu *emu, enum debug_op op, const uint64_t arg[ARGS], unsigned *status,
                                 struct facet_error *error) {
    struct debug_block *block = emu_debug_block(emu);
    if (!block)
        return facet_fail(error, FACET_ERR_FAILED, "the kernel has not started");
    memset(&block->request, 0, sizeof block->request);
    block->request.op = op;
    for (int i = 0; i < ARGS; i++)
        block->request.arg[i] = arg[i];
    enum facet_status result = emu_request(emu, error);
    *status = block->request.status;
    return result;
}

static const char *status_text(unsigned status) {
    switch (status) {
    case DEBUG_NO_PROCESS:
        return "there is no such process";
    case DEBUG_NO_OBJECT:
        return "there is no such page of memory";
    case DEBUG_NOT_MEMORY:
        return "no memory can be there";
    case DEBUG_TABLE_FULL:
        return "the front table is full: swap smaller objects, or give the machine more memory (--memory)";
    case DEBUG_OVERLAP:
        return "a part of it is swapped together with other addresses: swap exactly the same ones, or restore those";
    case DEBUG_ALREADY:
        return "it is swapped already";
    default:
        return "the kernel does not know the request";
    }
}

static enum facet_status refused(unsigned status, struct facet_error *error) {
    return facet_fail(error, status == DEBUG_BAD_OP ? FACET_ERR_FAILED : FACET_ERR_USAGE, "%s", status_text(status));
}

static enum facet_status install(struct emu *emu, enum debug_op op, const uint64_t arg[ARGS], int *front,
                                 uint64_t *object, struct facet_error *error) {
    unsigned answer;
    enum facet_status status = request(emu, op, arg, &answer, error);
    if (status != FACET_OK)
        return status;
    *front = -1;
    if (answer == DEBUG_NOT_MEMORY && op == DEBUG_FRONT_INSTALL)
        return FACET_OK;
    if (answer != DEBUG_OK && answer != DEBUG_ALREADY)
        return refused(answer, error);
    uint64_t index = emu_debug_block(emu)->request.result[0];
    if (index >= FRONT_MAX)
        return facet_fail(error, FACET_ERR_FAILED, "the kernel named front %lu, which does not exist", index);
    *front = (int)index;
    *object = emu_debug_block(emu)->request.result[1];
    return FACET_OK;
}

enum facet_status kernel_front_install(struct emu *emu, uint64_t process, gva_t va, unsigned flags, int *front,
                                       uint64_t *object, struct facet_error *error) {
    return install(emu, DEBUG_FRONT_INSTALL, (uint64_t[ARGS]){process, va.v, flags}, front, object, error);
}

enum facet_status kernel_front_range(struct emu *emu, uint64_t process, gva_t va, uint64_t size, unsigned flags,
                                     int *front, uint64_t *object, struct facet_error *error) {
    return install(emu, DEBUG_FRONT_RANGE, (uint64_t[ARGS]){process, va.v, flags, size}, front, object, error);
}

enum facet_status kernel_front_object(struct emu *emu, uint64_t id, uint64_t offset, uint64_t size, unsigned flags,
                                      int *front, uint64_t *object, struct facet_error *error) {
    return install(emu, DEBUG_FRONT_OBJECT, (uint64_t[ARGS]){id, flags, offset, size}, front, object, error);
}

static enum facet_status simple(struct emu *emu, enum debug_op op, const uint64_t arg[ARGS],
                                struct facet_error *error) {
    unsigned answer;
    enum facet_status status = request(emu, op, arg, &answer, error);
    return status == FACET_OK && answer != DEBUG_OK ? refused(answer, error) : status;
}

enum facet_status kernel_front_flags(struct emu *emu, int front, unsigned flags, struct facet_error *error) {
    return simple(emu, DEBUG_FRONT_FLAGS, (uint64_t[ARGS]){(uint64_t)front, flags}, error);
}

enum facet_status kernel_front_remove(struct emu *emu, int front, struct facet_error *error) {
    return simple(emu, DEBUG_FRONT_REMOVE, (uint64_t[ARGS]){(uint64_t)front}, error);
}

enum facet_status kernel_front_serve(struct emu *emu, int front, uint64_t endpoint, int64_t delta, uint64_t low,
                                     uint64_t high, bool fetches, struct facet_error *error) {
    const uint64_t arg[ARGS] = {(uint64_t)front, endpoint, (uint64_t)delta, low, high, fetches};
    unsigned answer;
    enum facet_status status = request(emu, DEBUG_FRONT_HANDLER, arg, &answer, error);
    if (status != FACET_OK || answer == DEBUG_OK)
        return status;
    return answer == DEBUG_NO_OBJECT ? facet_fail(error, FACET_ERR_USAGE, "that endpoint is no more")
                                     : refused(answer, error);
}

enum facet_status kernel_wake(struct emu *emu, uint64_t process, struct facet_error *error) {
    return simple(emu, DEBUG_WAKE, (uint64_t[ARGS]){process}, error);
}

enum facet_status kernel_traverse(struct emu *emu, uint64_t process, gva_t va, enum access access,
                                  struct kernel_path *path, struct facet_error *error) {
    enum facet_status status = simple(emu, DEBUG_TRAVERSE, (uint64_t[ARGS]){process, va.v, access}, error);
    if (status != FACET_OK)
        return status;
    const struct debug_block *block = emu_debug_block(emu);
    const unsigned long *result = block->request.result;
    path->fault = (enum fault)result[0];
    path->count = result[1] < TRAVERSE_STEPS_MAX ? (unsigned)result[1] : TRAVERSE_STEPS_MAX;
    path->page.v = result[2] & ~0xffful;
    path->restrictions = (unsigned)result[3];
    path->keeper = result[4];
    path->object = result[5];
    memcpy(path->step, block->steps, sizeof path->step);
    for (unsigned i = 0; i < path->count; i++) /* shifted by */
        path->step[i].l2v = path->step[i].l2v < 63 ? path->step[i].l2v : 63;
    return FACET_OK;
}

enum facet_status kernel_touch(struct emu *emu, uint64_t process, gva_t va, enum access access, enum fault *fault,
                               gpa_t *top, struct facet_error *error) {
    enum facet_status status = simple(emu, DEBUG_TOUCH, (uint64_t[ARGS]){process, va.v, access}, error);
    if (status == FACET_OK) {
        *fault = (enum fault)emu_debug_block(emu)->request.result[0];
        top->v = emu_debug_block(emu)->request.result[1];
    }
    return status;
}

bool kernel_is_front(gpa_t page, int *front, uint64_t *offset) {
    if (page.v - APERTURE_BASE >= (uint64_t)FRONT_MAX << FRONT_SHIFT)
        return false;
    *front = (int)((page.v - APERTURE_BASE) >> FRONT_SHIFT);
    *offset = page.v & ((1ull << FRONT_SHIFT) - 1);
    return true;
}

const struct page *kernel_page(struct emu *emu, uint64_t process, gva_t va, enum access access) {
    struct kernel_path path;
    if (kernel_traverse(emu, process, va, access, &path, NULL) != FACET_OK || path.fault != FAULT_NONE)
        return NULL;
    const struct page *page = kernel_pointer(emu, (const void *)path.object, sizeof *page);
    return page && page->header.type == CAP_PAGE ? page : NULL;
}

/* Host pointer to the byte at va, or NULL. */
static uint8_t *look(struct emu *emu, uint64_t process, uint64_t va) {
    const struct page *page = kernel_page(emu, process, (gva_t){va}, ACCESS_LOAD);
    uint8_t *frame = page ? emu_ram(emu, (gpa_t){page->frame}, 4096) : NULL;
    return frame ? frame + va % 4096 : NULL;
}

size_t kernel_read(struct emu *emu, uint64_t process, gva_t va, void *to, size_t size) {
    size_t done = 0;
    while (done < size) {
        size_t room = 4096 - (va.v + done) % 4096, want = size - done < room ? size - done : room;
        const uint8_t *from = look(emu, process, va.v + done);
        if (!from)
            break;
        memcpy((uint8_t *)to + done, from, want);
        done += want;
    }
    return done;
}

size_t kernel_write(struct emu *emu, uint64_t process, gva_t va, const void *from, size_t size) {
    size_t done = 0;
    while (done < size) {
        size_t room = 4096 - (va.v + done) % 4096, want = size - done < room ? size - done : room;
        uint8_t *to = look(emu, process, va.v + done);
        if (!to)
            break;
        memcpy(to, (const uint8_t *)from + done, want);
        emu_ram_changed(emu, to, want);
        done += want;
    }
    return done;
}

void *kernel_pointer(struct emu *emu, const void *kernel_virtual, size_t size) {
    uint64_t va = (uint64_t)(uintptr_t)kernel_virtual;
    if (va % sizeof(uint64_t) != 0)
        return NULL;
    return emu_ram(emu, (gpa_t){va >= KERNEL_LINK_BASE ? va - KERNEL_LINK_BASE : va - KERNEL_DIRECT_MAP}, size);
}

void *kernel_array_of(struct emu *emu, const void *kernel_virtual, uint64_t count, uint64_t stride, size_t size,
                      size_t alignment) {
    bool aligned = (uintptr_t)kernel_virtual % alignment == 0 && stride % alignment == 0;
    if (!aligned || stride < size || count > UINT32_MAX || stride > UINT32_MAX)
        return NULL;
    return kernel_pointer(emu, kernel_virtual, count * stride);
}

struct kernel_info *kernel_info_get(struct emu *emu) {
    struct debug_block *block = emu_debug_block(emu);
    if (!block || block->magic != DEBUG_MAGIC || block->kernel_info % sizeof(uint64_t) != 0)
        return NULL;
    struct kernel_info *info = (struct kernel_info *)(void *)emu_ram(emu, (gpa_t){block->kernel_info}, sizeof *info);
    return info && info->magic == KERNEL_INFO_MAGIC && info->size == sizeof *info ? info : NULL;
}
