/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Questions and requests to the kernel, and its memory as the host may read it. The machine must stand.
 */
#ifndef DEBUGGER_KERNEL_H
#define DEBUGGER_KERNEL_H

#include "emu/emu.h"

#include <facet/object.h>

/* Fronts. Flags are enum front_flag. A page that wears a front already keeps it: *front is that one; -1: there is no
 * page at that address. */
enum facet_status kernel_front_install(struct emu *emu, uint64_t process, gva_t va, unsigned flags, int *front,
                                       uint64_t *object, struct facet_error *error);
/* A part of the GPT that is the process's space, mapped or not: whole pages, within aligned 64 GiB. */
enum facet_status kernel_front_range(struct emu *emu, uint64_t process, gva_t va, uint64_t size, unsigned flags,
                                     int *front, uint64_t *object, struct facet_error *error);
/* The Page with that id, or such a part of the GPT. */
enum facet_status kernel_front_object(struct emu *emu, uint64_t id, uint64_t offset, uint64_t size, unsigned flags,
                                      int *front, uint64_t *object, struct facet_error *error);
enum facet_status kernel_front_flags(struct emu *emu, int front, unsigned flags, struct facet_error *error);
/* Those that a handler blocks over an access to this process's memory (its id, or address in the kernel) try again. */
enum facet_status kernel_wake(struct emu *emu, uint64_t process, struct facet_error *error);
/* Bytes [low, high) of the front's range are served by who receives at the endpoint (its id), before whom served them
 * so far; a message's offset is that in the range + delta. Endpoint 0: by none of those any more. */
enum facet_status kernel_front_serve(struct emu *emu, int front, uint64_t endpoint, int64_t delta, uint64_t low,
                                     uint64_t high, bool fetches, struct facet_error *error);
enum facet_status kernel_front_remove(struct emu *emu, int front, struct facet_error *error);

/* The reference traversal, step by step. */
struct kernel_path {
    enum fault fault;
    gpa_t page; /* frame or aperture page; meaningless after a fault */
    unsigned restrictions;
    uint64_t keeper, object; /* kernel virtual, 0: none */
    unsigned count;
    struct traverse_step step[TRAVERSE_STEPS_MAX];
};
enum facet_status kernel_traverse(struct emu *emu, uint64_t process, gva_t va, enum access access,
                                  struct kernel_path *path, struct facet_error *error);
/* Builds the mapping as a page fault would. *top: the process's top-level page table. */
enum facet_status kernel_touch(struct emu *emu, uint64_t process, gva_t va, enum access access, enum fault *fault,
                               gpa_t *top, struct facet_error *error);

/* The page of memory that a traversal comes to, in guest RAM. NULL: none, or it faults. */
const struct page *kernel_page(struct emu *emu, uint64_t process, gva_t va, enum access access);

bool kernel_is_front(gpa_t page, int *front, uint64_t *offset);

/* Reads the program's memory without asking any handler. Returns how many bytes could be read. */
size_t kernel_read(struct emu *emu, uint64_t process, gva_t va, void *to, size_t size);

/* Writes it behind the back of handlers and restrictions. Returns how many bytes could be written. */
size_t kernel_write(struct emu *emu, uint64_t process, gva_t va, const void *from, size_t size);

/* Host pointer to a kernel object, NULL if it does not lie in RAM as such objects do. */
void *kernel_pointer(struct emu *emu, const void *kernel_virtual, size_t size);
/* The same of `count` objects of at least `size` bytes each, `stride` apart, as the kernel says; NULL also if that
 * cannot be. */
void *kernel_array_of(struct emu *emu, const void *kernel_virtual, uint64_t count, uint64_t stride, size_t size,
                      size_t alignment);
#define kernel_array(emu, kernel_virtual, count, stride, type)                                                         \
    kernel_array_of(emu, kernel_virtual, count, stride, sizeof(type), _Alignof(type))
/* NULL until the kernel has announced itself, or if it was built from other headers. */
struct kernel_info *kernel_info_get(struct emu *emu);

#endif
