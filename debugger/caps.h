/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Capabilities and the objects that hold them, read from the kernel's memory. Nothing is changed; the machine must
 * stand.
 */
#ifndef DEBUGGER_CAPS_H
#define DEBUGGER_CAPS_H

#include "kernel.h"

/* One capability; a stale one is Null. */
struct cap_look {
    enum cap_type type;
    unsigned restrictions, l2g, slot;
    uint64_t match, payload;
    uint64_t id; /* of its object; 0: it has none */
};
struct cap_look caps_look(struct emu *emu, const struct cap *cap);

/* The GPT with that id, as it is now; valid until the machine runs. NULL: there is none. */
const struct gpt *caps_gpt(struct emu *emu, uint64_t id);

const char *caps_type_name(unsigned type);
/* "RO,NX", or "none". Returns text. */
const char *caps_restrictions(unsigned restrictions, char text[24]);
/* "GPT obj:12 no guard  restrictions RO", without a new line. */
void caps_print(const struct cap_look *cap, FILE *out);
/* It has one that says something to its user. */
bool caps_has_payload(const struct cap_look *cap);
/* The part behind the object: " no guard  restrictions RO". */
void caps_print_authority(const struct cap_look *cap, FILE *out);

#endif
