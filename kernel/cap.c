/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cap.h"

const struct cap cap_null = {.type = CAP_NULL};

struct cap cap_make(enum cap_type type, void *object) {
    struct object *header = object;
    return (struct cap){.type = (unsigned char)type, .l2g = 64, .alloc = header ? header->alloc : 0, .object = header};
}

bool cap_same(const struct cap *a, const struct cap *b) {
    return a->type == b->type && a->restr == b->restr && a->l2g == b->l2g && a->match == b->match &&
           a->payload == b->payload && a->slot == b->slot && a->object == b->object;
}

struct cap cap_fetched(const struct cap *cap, unsigned through) {
    if (!(through & CAP_WK))
        return *cap;
    if (!cap_is_memory(cap) && !cap_is_window(cap))
        return cap_null;
    struct cap weak = *cap;
    weak.restr |= (unsigned char)(CAP_RO | CAP_WK | (through & CAP_NC));
    return weak;
}
