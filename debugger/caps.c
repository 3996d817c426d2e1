/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "caps.h"

#include <inttypes.h>
#include <string.h>

const char *caps_type_name(unsigned type) {
    static const char *const names[CAP_TYPES] = {
        "Null",   "Page",        "CapPage", "GPT",      "Process",     "Endpoint",  "Entry",    "Resume",
        "Range",  "Stream",      "Console", "Debug",    "Power",       "Discrim",   "Schedule", "Sleep",
        "Window", "LocalWindow", "Host",    "HostFile", "ProcessTool", "Forwarder", "Forward"};
    return type < CAP_TYPES ? names[type] : "?";
}

const char *caps_restrictions(unsigned restrictions, char text[24]) {
    static const char *const names[] = {"RO", "NX", "WK", "OP", "NC"};
    *text = 0;
    for (unsigned i = 0; i < 5; i++)
        if (restrictions >> i & 1)
            strcat(strcat(text, *text ? "," : ""), names[i]);
    return *text ? text : strcpy(text, "none");
}

/* The call or fault that a resume capability is for has its answer. */
static bool answered(const struct cap *cap, const struct object *object) {
    const struct process *waiter = (const struct process *)object;
    return cap->type == CAP_RESUME && (cap->slot >= ANSWERS || waiter->answer_count[cap->slot] != cap->payload);
}

struct cap_look caps_look(struct emu *emu, const struct cap *cap) {
    struct cap_look look = {.type = cap->type,
                            .restrictions = cap->restr,
                            .l2g = cap->l2g,
                            .slot = cap->slot,
                            .match = cap->match,
                            .payload = cap->payload};
    if (!cap->object)
        return look;
    bool resume = cap->type == CAP_RESUME;
    const struct object *object = resume ? kernel_array(emu, cap->object, 1, sizeof(struct process), struct process)
                                         : kernel_array(emu, cap->object, 1, sizeof(struct object), struct object);
    if (!object || object->alloc != cap->alloc || answered(cap, object))
        return (struct cap_look){.type = CAP_NULL};
    look.id = object->id;
    return look;
}

const struct gpt *caps_gpt(struct emu *emu, uint64_t id) {
    const struct kernel_info *k = kernel_info_get(emu);
    const char *all = k ? kernel_array(emu, k->gpts, k->gpt_count, k->gpt_stride, struct gpt) : NULL;
    for (unsigned long i = 0; all && i < k->gpt_count; i++) {
        const struct gpt *gpt = (const void *)(all + i * k->gpt_stride);
        if (gpt->header.type == CAP_GPT && gpt->header.id == id)
            return gpt;
    }
    return NULL;
}

static bool is_memory(enum cap_type type) {
    return type == CAP_PAGE || type == CAP_CAPPAGE || type == CAP_GPT;
}

static bool is_window(enum cap_type type) {
    return type == CAP_WINDOW || type == CAP_LOCAL_WINDOW;
}

bool caps_has_payload(const struct cap_look *cap) {
    bool always =
        cap->type == CAP_ENTRY || cap->type == CAP_STREAM || cap->type == CAP_HOSTFILE || cap->type == CAP_SCHEDULE;
    return always || (cap->payload && !is_window(cap->type) && cap->type != CAP_RESUME);
}

static bool says_more(const struct cap_look *cap) {
    return is_memory(cap->type) || is_window(cap->type) || caps_has_payload(cap) || cap->restrictions ||
           (cap->type == CAP_FORWARD && cap->slot);
}

void caps_print_authority(const struct cap_look *cap, FILE *out) {
    char text[24];
    if (is_memory(cap->type) || is_window(cap->type)) {
        if (cap->l2g < 64)
            fprintf(out, " guard 0x%" PRIx64 "/%u", cap->match, cap->l2g);
        else
            fprintf(out, " no guard");
    }
    if (cap->type == CAP_LOCAL_WINDOW)
        fprintf(out, "  of slot %u", cap->slot);
    if (is_window(cap->type))
        fprintf(out, "  offset 0x%" PRIx64, cap->payload);
    if (cap->type == CAP_FORWARD && cap->slot)
        fprintf(out, " sends %s%s%s", cap->slot & FORWARD_SEND_CAP ? "itself" : "",
                cap->slot == (FORWARD_SEND_CAP | FORWARD_SEND_WORD) ? ", " : "",
                cap->slot & FORWARD_SEND_WORD ? "its word" : "");
    if (caps_has_payload(cap))
        fprintf(out, " payload 0x%" PRIx64, cap->payload);
    if (is_memory(cap->type) || is_window(cap->type) || cap->restrictions)
        fprintf(out, "  restrictions %s", caps_restrictions(cap->restrictions, text));
}

void caps_print(const struct cap_look *cap, FILE *out) {
    bool more = says_more(cap);
    fprintf(out, cap->id || more ? "%-11s" : "%s", caps_type_name(cap->type));
    if (cap->id)
        fprintf(out, more ? " obj:%-7" PRIu64 : " obj:%" PRIu64, cap->id);
    else if (more)
        fprintf(out, " %-11s", "");
    caps_print_authority(cap, out);
}
