/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forward.h"

struct route forward_route(struct cap *cap) {
    struct route route = {NULL, NULL, NULL, NULL};
    for (unsigned long left = kernel_info.forwarder_count; cap_prepare(cap)->type == CAP_FORWARD; left--) {
        struct forwarder *forwarder = (struct forwarder *)cap->object;
        if (left == 0 || cap_prepare(&forwarder->target)->type == CAP_NULL)
            return route; /* more steps than there are forwarders: a circle */
        if (forwarder->blocked) {
            route.blocked = forwarder;
            return route;
        }
        if (cap->slot & FORWARD_SEND_CAP)
            route.sender = forwarder;
        if (cap->slot & FORWARD_SEND_WORD)
            route.worded = forwarder;
        cap = &forwarder->target;
    }
    if (cap->type == CAP_ENTRY)
        route.entry = cap;
    return route;
}

bool forward_passes(struct cap *cap, const struct forwarder *forwarder) {
    for (unsigned long left = kernel_info.forwarder_count; left > 0 && cap->type == CAP_FORWARD; left--) {
        if (cap->object == &forwarder->header)
            return true;
        if (cap_stale(cap))
            return false;
        cap = &((struct forwarder *)cap->object)->target;
    }
    return false;
}

struct endpoint *forward_endpoint(struct cap *cap) {
    struct cap *entry = cap->type == CAP_FORWARD ? forward_route(cap).entry : cap;
    return entry && cap_prepare(entry)->type == CAP_ENTRY ? (struct endpoint *)entry->object : NULL;
}
