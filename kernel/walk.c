/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walk.h"
#include "front.h"

/* At walk->offset in a GPT: picks the slot. */
static enum fault walk_select(struct walk *walk) {
    struct gpt *gpt = (struct gpt *)walk->object;
    unsigned long slot = walk->offset >> gpt->l2v;
    if (slot >= GPT_SLOTS)
        return FAULT_INVALID_ADDRESS;
    walk->rest = walk->offset & mask_low(gpt->l2v);
    walk->slot = (unsigned)slot;
    walk->next = &gpt->slot[slot];
    return FAULT_NONE;
}

void walk_begin(struct walk *walk, struct object *holder, struct cap *root, unsigned long address) {
    *walk = (struct walk){.object = holder, .offset = address, .next = root, .rest = address, .front = -1};
}

unsigned long walk_target(const struct walk *walk) {
    bool page = walk->object && walk->object->type == CAP_PAGE;
    if (walk->front >= 0 && (page || walk->hole))
        return front_address(walk->front) + (walk->front_offset & ~(PAGE_SIZE - 1));
    return page ? ((struct page *)walk->object)->frame : 0;
}

struct walk_state walk_state(const struct walk *walk) {
    bool fronted = walk->front >= 0;
    return (struct walk_state){.object = walk->object,
                               .restr = walk->restr & WALK_RESTRICTIONS,
                               .depth = walk->depth,
                               .background = walk->background,
                               .front = walk->front,
                               .inside = fronted && walk->inside,
                               .front_delta = fronted ? walk->front_offset - walk->offset : 0};
}

bool walk_state_same(const struct walk_state *a, const struct walk_state *b) {
    return a->object == b->object && a->restr == b->restr && a->depth == b->depth && a->background == b->background &&
           a->front == b->front && a->inside == b->inside && a->front_delta == b->front_delta;
}

struct walk_state walk_state_of(struct gpt *gpt) {
    return (struct walk_state){.object = &gpt->header, .background = gpt->has_background ? gpt : NULL, .front = -1};
}

enum fault walk_enter(struct walk *walk, const struct walk_state *state, unsigned long offset) {
    *walk = (struct walk){.object = state->object,
                          .offset = offset,
                          .restr = state->restr,
                          .depth = state->depth,
                          .background = state->background,
                          .front = state->front,
                          .front_offset = offset + state->front_delta,
                          .inside = state->inside};
    if (state->object->type == CAP_GPT)
        return walk_select(walk);
    walk->next = &((struct process *)state->object)->space;
    walk->rest = offset;
    return FAULT_NONE;
}

static bool keeper_callable(struct gpt *gpt, unsigned restr) {
    return !(restr & CAP_NC) && cap_prepare(&gpt->keeper)->type != CAP_NULL;
}

/* For the debugger: the capability just followed, and where that led. */
static void walk_record(struct walk *walk, const struct cap *cap, const struct gpt *gpt) {
    if (!walk->steps || walk->step_count == TRAVERSE_STEPS_MAX)
        return;
    struct traverse_step *step = &walk->steps[walk->step_count++];
    *step = (struct traverse_step){.type = cap->type,
                                   .restrictions = cap->restr,
                                   .l2g = cap->l2g,
                                   .slot = -1,
                                   .alloc = cap->alloc,
                                   .match = cap->match,
                                   .object = (unsigned long)cap->object,
                                   .id = cap->object ? cap->object->id : 0};
    step->gathered = (unsigned char)walk->restr;
    step->rest = walk->rest;
    if (cap->type == CAP_PAGE)
        step->fronted = ((struct page *)cap->object)->front >= 0;
    if (gpt) {
        step->fronted = front_at(gpt, walk->offset) >= 0;
        step->l2v = gpt->l2v;
        step->slot = walk->next ? (signed char)(walk->next - gpt->slot) : -1;
        step->keeper = walk->keeper == gpt;
    }
}

static bool guard_pass(struct walk *walk, const struct cap *cap) {
    if (cap->l2g < 64) {
        if (walk->rest >> cap->l2g != cap->match)
            return false;
        walk->rest &= mask_low(cap->l2g);
    }
    return true;
}

static void front_enter(struct walk *walk, int front) {
    if (walk->front >= 0 || front < 0)
        return;
    walk->front = front;
    walk->front_offset = walk->offset & mask_low(FRONT_SHIFT);
    walk->inside = false;
}

static enum fault follow_gpt(struct walk *walk, struct gpt *gpt) {
    if (gpt->front >= 0)
        front_enter(walk, front_at(gpt, walk->offset));
    if (gpt->has_background) {
        walk->background = gpt;
        walk->inside = true;
    }
    if (gpt->keeper.type != CAP_NULL && keeper_callable(gpt, walk->restr)) {
        walk->keeper = gpt;
        walk->keeper_offset = walk->offset;
        walk->keeper_restr = walk->restr;
    }
    return walk_select(walk);
}

/* The GPT in which a window's target is. */
static struct gpt *window_gpt(const struct walk *walk, const struct cap *window) {
    if (window->type == CAP_WINDOW)
        return walk->background;
    return walk->object && walk->object->type == CAP_GPT ? (struct gpt *)walk->object : NULL;
}

struct cap *walk_window_target(const struct walk *walk, const struct cap *window) {
    struct gpt *gpt = window_gpt(walk, window);
    return !gpt ? NULL : window->type == CAP_WINDOW ? &gpt->background : &gpt->slot[window->slot];
}

/* Both kinds go on at a slot of some GPT, with the window's offset for the high part of what is left. */
static enum fault follow_window(struct walk *walk, const struct cap *window, bool again) {
    struct gpt *gpt = window_gpt(walk, window);
    if (again || !gpt)
        return FAULT_MALFORMED_SPACE;
    walk->next = walk_window_target(walk, window);
    if (window->type == CAP_WINDOW && !walk->inside)
        walk->front = -1; /* it leads out */
    walk->object = &gpt->header;
    walk->offset = walk->rest |= window->payload;
    walk->windowed = true;
    walk->slot = window->type == CAP_WINDOW ? WALK_BACKGROUND : window->slot;
    return FAULT_NONE;
}

static enum fault walk_follow(struct walk *walk, struct cap *cap) {
    bool behind_window = walk->windowed;
    if (cap->type == CAP_NULL)
        return FAULT_INVALID_ADDRESS;
    if (cap->type != CAP_PAGE && cap->type != CAP_GPT && !cap_is_window(cap))
        return FAULT_MALFORMED_SPACE;
    walk->restr |= cap->restr | (walk->restr & CAP_WK ? CAP_RO : 0u);
    if (!guard_pass(walk, cap))
        return FAULT_INVALID_ADDRESS;
    walk->windowed = false;
    if (cap_is_window(cap))
        return follow_window(walk, cap, behind_window);
    walk->object = cap->object;
    walk->offset = walk->rest;
    if (cap->type == CAP_GPT)
        return follow_gpt(walk, (struct gpt *)cap->object);
    if (walk->offset >= PAGE_SIZE)
        return FAULT_INVALID_ADDRESS;
    front_enter(walk, ((struct page *)cap->object)->front);
    return FAULT_NONE;
}

enum fault walk_step(struct walk *walk) {
    struct cap *cap = cap_prepare(walk->next);
    if (walk->depth == WALK_DEPTH_MAX)
        return FAULT_DEPTH;
    walk->depth++;
    walk->next = NULL;
    enum fault fault = walk_follow(walk, cap);
    if (walk->steps)
        walk_record(walk, cap, walk->object == cap->object && cap->type == CAP_GPT ? (struct gpt *)cap->object : NULL);
    return fault;
}

enum fault walk_on(struct walk *walk) {
    do {
        enum fault fault = walk_step(walk);
        walk->hole = fault == FAULT_INVALID_ADDRESS && walk->front >= 0;
        if (fault != FAULT_NONE)
            return walk->hole ? FAULT_NONE : fault;
    } while (walk->next);
    return FAULT_NONE;
}

enum fault walk_space(struct walk *walk, struct object *holder, struct cap *root, unsigned long address,
                      enum access access, struct traverse_step *steps) {
    walk_begin(walk, holder, root, address);
    walk->steps = steps;
    enum fault fault = walk_on(walk);
    if (fault != FAULT_NONE)
        return fault;
    bool forbidden =
        (access == ACCESS_STORE && walk->restr & CAP_RO) || (access == ACCESS_FETCH && walk->restr & CAP_NX);
    if (walk->hole && (forbidden || access == ACCESS_FETCH))
        return FAULT_INVALID_ADDRESS; /* the same as without a front */
    return forbidden ? FAULT_ACCESS_VIOLATION : FAULT_NONE;
}

enum fault walk_process(struct walk *walk, struct process *process, unsigned long address, enum access access,
                        struct traverse_step *steps) {
    if (address < GUEST_ADDRESS_MAX)
        return walk_space(walk, &process->header, &process->space, address, access, steps);
    walk_begin(walk, &process->header, &process->space, address);
    return FAULT_INVALID_ADDRESS;
}
