/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Forwarders: where a message goes that is sent through a capability, and what it gets on the way.
 *
 *     Forward ──> forwarder ──target──> Forward ──> forwarder ──target──> Entry ──> endpoint ──> process
 *
 * A process whose message has not been received keeps the capability that it invoked (send_cap) and is in the queue
 * that its route leads to: of the first blocked forwarder, else of the recipient. Whatever changes the route sends the
 * message again, so the route can be followed anew whenever it matters.
 */
#ifndef KERNEL_FORWARD_H
#define KERNEL_FORWARD_H

#include "cap.h"

struct route {
    struct cap *entry;         /* its end; NULL: it is blocked or void */
    struct forwarder *blocked; /* where messages wait, NULL: nowhere */
    struct forwarder *sender;  /* authority over it arrives as the third capability, NULL: what was sent does */
    struct forwarder *worded;  /* its word arrives as w3, NULL: what was sent does */
};

/* From an Entry or a Forward; from anything else, and in a circle, it is void. */
struct route forward_route(struct cap *cap);
/* It leads over that forwarder, which may just have been rescinded. */
bool forward_passes(struct cap *cap, const struct forwarder *forwarder);
/* The endpoint that it leads to now, or NULL. */
struct endpoint *forward_endpoint(struct cap *cap);

#endif
