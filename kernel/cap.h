/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Capabilities and the objects they name.
 *
 * A capability is valid while its allocation count equals the object's. Rescinding an object counts it up, so every
 * capability to it turns into Null where it is next looked at: cap_prepare must come before any other use.
 */
#ifndef KERNEL_CAP_H
#define KERNEL_CAP_H

#include "kernel.h"

extern const struct cap cap_null;

#define CAP_RESTRICTIONS (CAP_RO | CAP_NX | CAP_WK | CAP_OP | CAP_NC)

static inline bool cap_stale(const struct cap *cap) {
    return cap->object &&
           (cap->object->alloc != cap->alloc ||
            (cap->type == CAP_RESUME && ((struct process *)cap->object)->answer_count[cap->slot] != cap->payload));
}

/* Makes a capability whose object is gone Null, in place. Returns it. */
static inline struct cap *cap_prepare(struct cap *cap) {
    if (__builtin_expect(cap_stale(cap), 0))
        *cap = cap_null;
    return cap;
}

/* l2g in its range, and match has no bits that no address can have. */
static inline bool cap_guard_valid(unsigned long match, unsigned long l2g) {
    return l2g >= PAGE_SHIFT && l2g <= 64 && !(match & ~mask_low(64 - (unsigned)l2g));
}

/* A capability to an object, unrestricted and unguarded. */
struct cap cap_make(enum cap_type type, void *object);
/* What a capability is to who fetches it through one with these restrictions. Through a weak one memory and windows
 * become read-only and weak, and no-call if it is (their keepers would hear of faults), anything else Null. */
struct cap cap_fetched(const struct cap *cap, unsigned through);

/* They say the same of the same object; neither is stale. */
bool cap_same(const struct cap *a, const struct cap *b);

static inline bool cap_is_memory(const struct cap *cap) {
    return cap->type == CAP_PAGE || cap->type == CAP_CAPPAGE || cap->type == CAP_GPT;
}

static inline bool cap_is_window(const struct cap *cap) {
    return cap->type == CAP_WINDOW || cap->type == CAP_LOCAL_WINDOW;
}

/* ---- object.c: storage. All of it is laid out at boot; allocation takes from a free list. */

/* A fresh object, zeroed, with a new id. NULL: none of that type left. Types Page, CapPage, GPT, Process,
 * Endpoint, Forwarder. */
void *object_alloc(enum cap_type type);
bool object_available(enum cap_type type);
/* How many more of its storage there are, and how many there may be. */
void object_count(enum cap_type type, unsigned long *available, unsigned long *all);
/* Ends an object: every capability to it is Null from now on, all that was made from it is undone. */
void object_rescind(struct object *object);

/* In ipc.c: an endpoint ends; messages to it that nobody has taken yet are refused. */
void ipc_end_endpoint(const struct endpoint *endpoint);
/* Its recipient or its match is another: what is queued is sent again. */
void ipc_endpoint_changed(const struct endpoint *endpoint);
/* It leads elsewhere, is (un)blocked or ends: what was sent through it and has not been received is sent again. */
void ipc_forwarder_changed(struct forwarder *forwarder);

/* The page whose frame contains a physical address. */
struct page *page_of_frame(unsigned long frame);
/* Its place among those that share its storage: Pages and CapPages do. The live object there, NULL: none. */
unsigned long object_number(const struct object *object);
struct object *object_numbered(enum cap_type type, unsigned long number);
/* The live Page, GPT or Process with that id, NULL: none. Linear: for the debugger. */
struct object *object_find(enum cap_type type, unsigned long id);

/* Where objects of a type are, for kernel_check. */
struct object_storage {
    void *array;
    unsigned long count, stride;
    unsigned long pool, used; /* of these the first `pool` come from object_add_free, the first `used` have lived */
    unsigned long free_count, next_id;
    struct object *free;
};
void object_storage(enum cap_type type, struct object_storage *storage);

/* For the layout at boot. Storage of that type; a run of consecutive frames whose headers are the pages from `first`
 * on. */
void object_add_free(struct object *object, enum cap_type type);
void object_add_frames(unsigned long frame, unsigned long first, unsigned long count);
/* Makes a free page live as it is, without clearing its frame: for boot modules. */
void object_adopt_page(struct page *page);

static inline void *page_data(const struct page *page) {
    return direct(page->frame);
}

#endif
