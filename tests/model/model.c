/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model.h"

#define STEPS_MAX 32

/* On the way. */
struct path {
    const struct m_world *world;
    struct m_place place;
    int background; /* GPT whose background windows lead to, M_NONE */
    int inside;     /* which was passed behind the front */
};

static unsigned long low_bits(unsigned long value, unsigned bits) {
    return bits > 63 ? value : value & ((1ul << bits) - 1);
}

static unsigned long high_bits(unsigned long value, unsigned bits) {
    return bits > 63 ? 0 : value >> bits;
}

int m_is_memory(const struct m_cap *cap) {
    return cap->type == CAP_PAGE || cap->type == CAP_GPT || cap->type == CAP_WINDOW || cap->type == CAP_LOCAL_WINDOW;
}

static enum fault follow(struct path *path, const struct m_cap *cap, unsigned long rest, int holder, int from_window);

static enum fault into_gpt(struct path *path, int number, unsigned long rest) {
    const struct m_gpt *gpt = &path->world->gpt[number];
    for (int i = 0; i < gpt->parts && path->place.front == M_NONE; i++)
        if (rest >= gpt->part[i].start && rest <= gpt->part[i].last) {
            path->place.front = number;
            path->place.front_offset = rest;
            path->inside = 0;
        }
    if (gpt->has_background) {
        path->background = number;
        path->inside = 1;
    }
    if (gpt->keeper.type != CAP_NULL && !(path->place.restr & CAP_NC)) {
        path->place.keeper = number;
        path->place.keeper_address = rest;
        path->place.keeper_restr = path->place.restr;
    }
    unsigned long slot = high_bits(rest, gpt->l2v);
    return slot > 15 ? FAULT_INVALID_ADDRESS : follow(path, &gpt->slot[slot], low_bits(rest, gpt->l2v), number, 0);
}

/* A window to a window leads nowhere. */
static enum fault through_window(struct path *path, const struct m_cap *cap, unsigned long rest, int holder) {
    const struct m_gpt *gpt = path->world->gpt;
    path->place.windows++;
    if (cap->type == CAP_LOCAL_WINDOW)
        return holder == M_NONE ? FAULT_MALFORMED_SPACE
                                : follow(path, &gpt[holder].slot[cap->slot], rest | cap->offset, holder, 1);
    if (path->background == M_NONE)
        return FAULT_MALFORMED_SPACE;
    if (!path->inside)
        path->place.front = M_NONE; /* what it leads to is no part of what wears the front */
    return follow(path, &gpt[path->background].background, rest | cap->offset, path->background, 1);
}

static enum fault follow(struct path *path, const struct m_cap *cap, unsigned long rest, int holder, int from_window) {
    struct m_place *place = &path->place;
    if (place->steps == STEPS_MAX)
        return FAULT_DEPTH;
    place->steps++;
    if (cap->type == CAP_NULL)
        return FAULT_INVALID_ADDRESS;
    if (!m_is_memory(cap))
        return FAULT_MALFORMED_SPACE;
    if (place->restr & CAP_WK)
        place->restr |= CAP_RO;
    place->restr |= cap->restr;
    if (cap->l2g < 64 && high_bits(rest, cap->l2g) != cap->match)
        return FAULT_INVALID_ADDRESS;
    rest = low_bits(rest, cap->l2g);
    if (cap->type == CAP_GPT)
        return into_gpt(path, cap->object, rest);
    if (cap->type != CAP_PAGE)
        return from_window ? FAULT_MALFORMED_SPACE : through_window(path, cap, rest, holder);
    place->page = cap->object;
    place->offset = (int)(rest & 4095);
    if (rest < 4096 && place->front == M_NONE && path->world->swapped[place->page])
        place->front = M_FRONT_PAGE;
    return rest > 4095 ? FAULT_INVALID_ADDRESS : FAULT_NONE;
}

struct m_place m_find(const struct m_world *world, int process, unsigned long address, enum access access) {
    struct path path = {
        .world = world, .background = M_NONE, .place = {.page = M_NONE, .keeper = M_NONE, .front = M_NONE}};
    path.place.fault = follow(&path, &world->space[process], address, M_NONE, 0);
    unsigned forbidden = access == ACCESS_STORE ? CAP_RO : access == ACCESS_FETCH ? CAP_NX : 0;
    if (path.place.fault == FAULT_NONE && path.place.restr & forbidden)
        path.place.fault = FAULT_ACCESS_VIOLATION;
    return path.place;
}

int m_asked(const struct m_place *place, enum access access) {
    return place->fault == FAULT_INVALID_ADDRESS && place->front >= 0 && access != ACCESS_FETCH &&
           !(access == ACCESS_STORE && place->restr & CAP_RO);
}

struct m_place m_find_all(const struct m_world *world, int process, unsigned long address, unsigned size,
                          enum access access, int whole, unsigned long *at) {
    struct m_place place = m_find(world, process, *at = address, access);
    unsigned long last = address + size - 1;
    int hole = whole && m_asked(&place, access);
    if ((place.fault != FAULT_NONE && !hole) || last / 4096 == address / 4096)
        return place;
    struct m_place second = m_find(world, process, last & ~4095ul, access);
    if (hole && (second.fault == FAULT_NONE || m_asked(&second, access)))
        return place;
    *at = last & ~4095ul;
    return second;
}

unsigned long m_load(const struct m_world *world, int process, unsigned long address, unsigned size) {
    unsigned long value = 0;
    for (unsigned i = size; i-- > 0;) {
        struct m_place place = m_find(world, process, address + i, ACCESS_LOAD);
        value = value << 8 | world->page[place.page][place.offset];
    }
    return value;
}

void m_store(struct m_world *world, int process, unsigned long address, unsigned size, unsigned long value) {
    for (unsigned i = 0; i < size; i++, value >>= 8) {
        struct m_place place = m_find(world, process, address + i, ACCESS_STORE);
        world->page[place.page][place.offset] = (unsigned char)value;
    }
}

/* An Entry is a capability to its endpoint, a Forward to its forwarder. */
static enum cap_type object_type(enum cap_type type) {
    return type == CAP_ENTRY ? CAP_ENDPOINT : type == CAP_FORWARD ? CAP_FORWARDER : type;
}

static void forget(struct m_cap *caps, int count, enum cap_type type, int object) {
    for (int i = 0; i < count; i++)
        if (object_type(caps[i].type) == type && caps[i].object == object)
            caps[i] = (struct m_cap){.type = CAP_NULL};
}

void m_rescind(struct m_world *world, enum cap_type type, int object) {
    for (struct m_gpt *gpt = world->gpt; gpt < world->gpt + M_GPTS; gpt++) {
        forget(&gpt->background, 1, type, object);
        forget(&gpt->keeper, 1, type, object);
        forget(gpt->slot, 16, type, object);
    }
    for (struct m_forwarder *f = world->forwarder; f < world->forwarder + M_FORWARDERS; f++) {
        forget(&f->target, 1, type, object);
        forget(f->slot, FORWARDER_SLOTS, type, object);
    }
    for (struct m_message *m = world->message; m < world->message + M_SENDERS; m++) {
        forget(&m->through, 1, type, object);
        forget(m->sent, MESSAGE_CAPS - 1, type, object);
    }
    for (struct m_endpoint *end = world->end; end < world->end + M_ENDS; end++)
        if (type == CAP_PROCESS && end->recipient == object)
            end->recipient = M_NONE;
    forget(world->space, M_PROCESSES, type, object);
    forget(world->keeper, M_PROCESSES, type, object);
    forget(world->brand, M_EVERYBODY, type, object);
}

struct m_cap m_fetched(struct m_cap cap, unsigned restr) {
    if (restr & CAP_WK && !m_is_memory(&cap))
        return (struct m_cap){.type = CAP_NULL};
    if (restr & CAP_WK)
        cap.restr |= CAP_RO | CAP_WK | (restr & CAP_NC);
    return cap;
}

int m_same(const struct m_cap *a, const struct m_cap *b) {
    return a->type != CAP_NULL && a->type == b->type && a->object == b->object && a->restr == b->restr &&
           a->l2g == b->l2g && a->slot == b->slot && a->match == b->match && a->offset == b->offset;
}
