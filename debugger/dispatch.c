/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From an access of the machine to the handlers' answers. Runs for every access of a page with a front: the common case
 * (one object, one handler that passes) takes the short way through ask_one().
 */
/* The machine has just written these fields one by one: reading two of them at once would wait for the stores. */
#pragma GCC optimize("no-tree-slp-vectorize")
#include "swap.h"
#include "text.h"

#include <facet/object.h>
#include <string.h>

/* An object that an access touches: its bytes [low, high) of the access. */
struct touched {
    struct swapped *object;
    int64_t offset; /* of the access's first byte in the object */
    uint32_t low, high;
    size_t next;    /* of the object's chain */
    unsigned depth; /* fronts further in */
    enum facet_verdict verdict;
    bool part;
};

uint64_t dispatch_process_number(struct swaps *s, struct process *process) {
    for (size_t i = 0; i < s->known_count; i++)
        if (s->known[i].process == process)
            return s->known[i].number;
    s->known = text_grow(s->known, s->known_count + 1, sizeof *s->known);
    s->known[s->known_count].process = process;
    s->known[s->known_count].number = s->known_count + 1;
    return ++s->known_count;
}

/* Who makes the access: the process that runs; of the kernel's copies, the one whose memory it is. */
static inline struct process *accessing(struct swaps *s, const struct emu_access *a) {
    const struct debug_block *block = a->flags & FACET_KERNEL && s->emu ? emu_debug_block(s->emu) : NULL;
    if (block && block->copy.process)
        return (struct process *)block->copy.process;
    return s->current ? *s->current : NULL;
}

static inline uint64_t process_number(struct swaps *s, const struct emu_access *a) {
    struct process *now = accessing(s, a);
    if (__builtin_expect(now != s->last_process, 0)) {
        s->last_process = now;
        s->last_number = now ? dispatch_process_number(s, now) : 0;
    }
    return s->last_number;
}

static inline struct facet_access describe(struct swaps *s, const struct emu_access *a, const struct swapped *object,
                                           int64_t offset) {
    return (struct facet_access){
        .kind = a->kind,
        .flags = a->flags,
        .process = process_number(s, a),
        .pc = a->pc.v,
        .va = a->va.v,
        .object = object->name.text,
        .offset = offset,
        .size = a->size,
        .attempted = a->kind == FACET_STORE ? a->attempted : NULL,
        .backing = a->backing,
        .clock = a->clock,
    };
}

/* A verdict that the handler did not declare. It is not asked again. */
static enum facet_verdict break_contract(struct attached *h, unsigned verdict) {
    char how[128];
    snprintf(how, sizeof how, "gave verdict %s (%u), which it did not declare", handler_verdict_name(verdict), verdict);
    handler_broken(h, how);
    return FACET_PASS;
}

static inline enum facet_verdict ask_handler(struct attached *h, struct facet_access *access,
                                             struct facet_reply *reply) {
    access->sequence = h->sequence++;
    enum facet_verdict verdict = h->ask(h->asked, access, reply);
    if (__builtin_expect(verdict == FACET_PASS, 1))
        return verdict;
    if ((unsigned)verdict > FACET_STOP || !(h->verdicts & FACET_MAY(verdict)))
        return break_contract(h, verdict);
    return verdict;
}

static inline void clean_reply(struct facet_reply *reply, uint32_t size) {
    if (size <= 8)
        memset(reply->bytes, 0, 8); /* a single store */
    else
        memset(reply->bytes, 0, size);
    reply->fault = 0;
    reply->text[0] = '\0';
}

/* Why it goes no further now: what has been answered stays as it is in *stop. */
static void note_stop(struct stopped_access *stop, const struct attached *h, const struct facet_access *access,
                      const char *text) {
    const struct swaps *s = h->on->swaps;
    stop->valid = true;
    stop->hidden = h->on->hidden;
    stop->serial = h->serial;
    stop->newest = s->next_serial;
    stop->handler = h->code.text;
    stop->access = *access;
    snprintf(stop->object, sizeof stop->object, "%s", h->object.name);
    snprintf(stop->text, sizeof stop->text, "%s", text);
    stop->access.object = stop->object;
    if (access->attempted)
        stop->access.attempted = memcpy(stop->attempted, access->attempted, access->size);
    if (access->backing)
        stop->access.backing = memcpy(stop->backing, access->backing, access->size);
}

/* ---- The general case: several objects, partial overlaps, a restart after STOP. */

/* Adds what a part touches at one of its fronts. */
static size_t touch(const struct front_page *page, const struct emu_part *part, unsigned depth, struct touched *touched,
                    size_t count) {
    for (size_t i = 0; page && i < page->count; i++) {
        const struct mark *m = &page->marks[i];
        uint64_t low = part->offset > m->low ? part->offset : m->low;
        uint64_t high = part->offset + part->size < m->high ? part->offset + part->size : m->high;
        if (low >= high)
            continue;
        struct touched t = {
            .object = m->object,
            .offset = (int64_t)part->offset + m->delta - (int64_t)part->start,
            .low = (uint32_t)(low - part->offset) + part->start,
            .high = (uint32_t)(high - part->offset) + part->start,
            .depth = depth,
        };
        size_t same = 0;
        while (same < count && (touched[same].object != t.object || touched[same].offset != t.offset))
            same++;
        if (same < count)
            touched[same].high = t.high;
        else if (count < FACET_ACCESS_MAX)
            touched[count++] = t;
    }
    return count;
}

static size_t find_touched(struct swaps *s, const struct emu_access *a, struct touched *touched) {
    size_t count = 0;
    for (int p = 0; p < a->parts; p++) {
        struct emu_part part = a->part[p];
        size_t first = count;
        unsigned depth = 0;
        if (part.front < 0)
            continue;
        do
            count = touch(s->page[part.front], &part, depth++, touched, count);
        while (a->nested && depth < EMU_NESTING_MAX && emu_front_inner(s->emu, &part.front, &part.offset));
        for (; first < count; first++)
            touched[first].depth = depth - 1 - touched[first].depth;
    }
    return count;
}

/* The access spans objects: some byte outside this one lies in another. */
static void find_parts(struct touched *touched, size_t count) {
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            if (!touched[j].object->hidden && (touched[j].low < touched[i].low || touched[j].high > touched[i].high))
                touched[i].part = true;
}

/* Of several at one place, the innermost first. */
static int by_offset(const void *a, const void *b) {
    const struct touched *x = a, *y = b;
    if (x->low != y->low)
        return x->low < y->low ? -1 : 1;
    return (x->depth > y->depth) - (x->depth < y->depth);
}

/* Of the handlers that have not been asked, over all touched objects, the newest of the innermost; *who is its object.
 */
static struct attached *next_handler(struct touched *touched, size_t count, struct touched **who) {
    struct attached *newest = NULL;
    for (size_t i = 0; i < count; i++) {
        struct touched *t = &touched[i];
        while (t->next < t->object->count && t->object->chain[t->next]->dead)
            t->next++;
        if (t->next < t->object->count &&
            (!newest || t->depth < (*who)->depth ||
             (t->depth == (*who)->depth && t->object->chain[t->next]->serial > newest->serial))) {
            newest = t->object->chain[t->next];
            *who = t;
        }
    }
    if (newest)
        (*who)->next++;
    return newest;
}

static bool all_answered(const bool *answered, uint32_t low, uint32_t high) {
    while (low < high && answered[low])
        low++;
    return low == high;
}

static void take_answer(struct stopped_access *so_far, const struct touched *t, const uint8_t *bytes) {
    for (uint32_t i = t->low; i < t->high; i++)
        if (!so_far->answered[i]) {
            so_far->answered[i] = true;
            so_far->answer[i] = bytes[i];
        }
}

static void write_events(struct swaps *s, const struct emu_access *a, struct touched *touched, size_t count,
                         const uint8_t *value) {
    for (size_t i = 0; i < count; i++) {
        if (touched[i].object->hidden)
            continue;
        struct facet_access access = describe(s, a, touched[i].object, touched[i].offset);
        access.flags |= touched[i].part ? FACET_PART : 0u;
        events_write(s->events, &access, value, touched[i].verdict);
    }
}

/* Some byte passes to where nothing is. */
static bool falls_through(const struct stopped_access *so_far, const struct emu_access *a) {
    for (int p = 0; p < a->parts; p++)
        if (a->part[p].hole && !all_answered(so_far->answered, a->part[p].start, a->part[p].start + a->part[p].size))
            return true;
    return false;
}

/* What the machine is to do when nobody refused: PASS, DONE, or a mixture of answered and passed bytes. */
static enum facet_verdict combine(const struct stopped_access *so_far, struct emu_access *a) {
    bool all = all_answered(so_far->answered, 0, a->size), any = all;
    for (uint32_t i = 0; i < a->size && !any; i++)
        any = so_far->answered[i];
    const uint8_t *now = a->backing ? a->backing : a->parts == 2 ? a->partly : NULL;
    if (!any || (!all && !now) || falls_through(so_far, a))
        return FACET_PASS;
    if (a->kind == FACET_STORE && all)
        return FACET_DONE;
    for (uint32_t i = 0; i < a->size; i++)
        if (a->kind == FACET_STORE)
            a->reply[i] = so_far->answered[i] && now ? now[i] : a->attempted[i];
        else
            a->reply[i] = so_far->answered[i] || !now ? so_far->answer[i] : now[i];
    a->replaced = a->filled = a->kind == FACET_STORE;
    return a->kind == FACET_STORE ? FACET_PASS : FACET_DONE;
}

/* True: this handler had its say before the machine stopped or the process was blocked here. Who said BLOCK is asked
 * again. */
static bool was_asked(const struct stopped_access *stopped, const struct blocked *blocked, const struct attached *h,
                      unsigned depth) {
    bool before = depth < stopped->depth || (depth == stopped->depth && h->serial > stopped->serial);
    return (before || (h->serial == stopped->serial && !blocked)) && h->serial < stopped->newest;
}

/* The process is to wait. Its event is written when it has gone on, or at the end. */
static enum facet_verdict block(struct swaps *s, const struct emu_access *a, struct blocked *again, struct attached *h,
                                const struct facet_access *access, struct stopped_access *so_far) {
    note_stop(so_far, h, access, "");
    if (again) {
        again->by = h;
    } else {
        hold_block(h, accessing(s, a), so_far);
        so_far->valid = false;
    }
    return FACET_BLOCK;
}

static enum facet_verdict refuse(struct swaps *s, struct emu_access *a, struct touched *touched, size_t count,
                                 enum facet_verdict verdict) {
    bool own = verdict == FACET_STOP && s->stopped.hidden; /* of which events say nothing */
    for (size_t i = 0; i < count; i++)
        touched[i].verdict = verdict;
    if (s->events && !own && !s->stopped.written)
        write_events(s, a, touched, count, a->kind == FACET_STORE ? a->attempted : a->backing);
    s->stopped.written = s->stopped.written || !own;
    return verdict;
}

/* FAULT and STOP. The process no longer waits, even if it did before. */
static enum facet_verdict give_up(struct swaps *s, struct emu_access *a, struct touched *touched, size_t count,
                                  enum facet_verdict verdict, struct blocked *blocked) {
    if (blocked && verdict == FACET_STOP)
        hold_copy(&s->stopped, &blocked->at);
    if (blocked)
        s->stopped.written = blocked->at.written;
    if (verdict == FACET_FAULT)
        hold_drop_step(s, blocked ? blocked->at.step : s->stopped.step);
    if (blocked)
        hold_end(s, blocked);
    return refuse(s, a, touched, count, verdict);
}

/* What processes of the guest have answered is so already. */
static void take_answered(const struct emu_access *a, struct touched *touched, size_t count,
                          struct stopped_access *so_far) {
    if (a->answered)
        for (uint32_t i = 0; i < a->size; i++)
            if (a->answered[i])
                take_answer(so_far, &(struct touched){.low = i, .high = i + 1}, a->reply);
    for (size_t i = 0; i < count && (a->answered || a->refused); i++)
        for (size_t j = 0; j < touched[i].object->count; j++) {
            bool answered = so_far->answered[touched[i].low];
            if (!touched[i].object->chain[j]->code.endpoint || (!answered && !a->refused))
                continue;
            touched[i].object->chain[j]->sequence++;
            touched[i].verdict = answered ? FACET_DONE : FACET_PASS;
        }
}

static enum facet_verdict ask_many(struct swaps *s, struct emu_access *a) {
    struct touched touched[FACET_ACCESS_MAX];
    struct touched *who = NULL;
    struct blocked *blocked = s->blocked_count ? hold_resumed(s, accessing(s, a), a) : NULL;
    struct stopped_access *so_far = blocked ? &blocked->at : &s->stopped;
    bool resume = (blocked || a->again) && so_far->valid;
    so_far->written = resume && so_far->written;
    size_t count = find_touched(s, a, touched);
    if (count == 0)
        return FACET_PASS;
    s->accesses += !resume;
    qsort(touched, count, sizeof *touched, by_offset);
    find_parts(touched, count);
    if (!resume) {
        memset(so_far->answered, 0, a->size);
        so_far->step = 0;
    }
    take_answered(a, touched, count, so_far);
    so_far->valid = false;
    if (a->refused)
        return give_up(s, a, touched, count, FACET_FAULT, blocked);
    for (struct attached *h; (h = next_handler(touched, count, &who));) {
        if ((resume && was_asked(so_far, blocked, h, who->depth)) ||
            all_answered(so_far->answered, who->low, who->high))
            continue;
        struct facet_access access = describe(s, a, who->object, who->offset);
        access.flags |= who->part ? FACET_PART : 0u;
        enum facet_verdict verdict = ask_handler(h, &access, &s->reply);
        if (verdict == FACET_DONE) {
            who->verdict = FACET_DONE;
            take_answer(so_far, who, s->reply.bytes);
        } else if (verdict == FACET_STEP) {
            hold_step(h, &access, &so_far->step);
            who->verdict = FACET_STEP;
        } else if (verdict == FACET_STOP) {
            note_stop(so_far, h, &access, s->reply.text);
        } else if (verdict == FACET_FAULT) {
            a->fault = s->reply.fault;
        }
        clean_reply(&s->reply, a->size);
        so_far->depth = who->depth;
        if (verdict == FACET_BLOCK)
            return block(s, a, blocked, h, &access, so_far);
        if (verdict == FACET_STOP || verdict == FACET_FAULT)
            return give_up(s, a, touched, count, verdict, blocked);
    }
    a->step = so_far->step;
    for (size_t i = 0; blocked && i < count; i++)
        touched[i].verdict = FACET_BLOCK;
    enum facet_verdict verdict = combine(so_far, a);
    if (s->events && !so_far->written) /* or it was when the machine stopped */
        write_events(s, a, touched, count,
                     a->kind == FACET_STORE  ? a->attempted
                     : verdict == FACET_DONE ? a->reply
                                             : a->backing);
    if (blocked)
        hold_end(s, blocked);
    return verdict == FACET_PASS && a->step ? FACET_STEP : verdict;
}

/* ---- The common case: the access lies within one object, and no other object is on its page. */

/* FAULT, BLOCK and STOP. */
static __attribute__((noinline)) void refuse_one(struct swaps *s, struct emu_access *a, struct attached *h,
                                                 const struct facet_access *access, enum facet_verdict verdict,
                                                 uint64_t step) {
    struct stopped_access *stop = &s->stopped;
    if (verdict == FACET_FAULT) {
        a->fault = s->reply.fault;
        hold_drop_step(s, step);
        return;
    }
    memset(stop->answered, 0, a->size);
    stop->step = step;
    stop->depth = 0;
    stop->written = verdict == FACET_STOP && !h->on->hidden;
    if (verdict == FACET_STOP)
        note_stop(stop, h, access, s->reply.text);
    else
        block(s, a, NULL, h, access, stop);
}

/* What becomes of a handler's verdict; the one that counts from here on. */
static enum facet_verdict take_verdict(struct swaps *s, struct emu_access *a, struct attached *h,
                                       const struct facet_access *access, enum facet_verdict verdict) {
    if (h->verdicts == FACET_MAY(FACET_PASS) && verdict == FACET_PASS)
        return verdict;
    if (verdict == FACET_DONE && a->kind != FACET_STORE)
        memcpy(a->reply, s->reply.bytes, a->size);
    else if (verdict == FACET_STEP)
        hold_step(h, access, &a->step);
    else if (verdict >= FACET_FAULT)
        refuse_one(s, a, h, access, verdict, a->step);
    clean_reply(&s->reply, a->size);
    return verdict == FACET_STEP ? FACET_PASS : verdict; /* the older ones are asked as after PASS */
}

/* Goes on behind the newest handler's verdict. */
static __attribute__((noinline)) enum facet_verdict ask_rest(struct swaps *s, struct emu_access *a,
                                                             const struct swapped *object, struct facet_access *access,
                                                             enum facet_verdict newest) {
    a->step = 0;
    enum facet_verdict verdict = take_verdict(s, a, object->chain[0], access, newest);
    for (size_t i = 1; i < object->count && verdict == FACET_PASS; i++) {
        struct attached *h = object->chain[i];
        if (!h->dead)
            verdict = take_verdict(s, a, h, access, ask_handler(h, access, &s->reply));
    }
    const uint8_t *value = a->kind == FACET_STORE ? a->attempted : verdict == FACET_DONE ? a->reply : a->backing;
    if (a->step && verdict == FACET_PASS)
        verdict = FACET_STEP;
    if (s->events && !object->hidden && verdict != FACET_BLOCK)
        events_write(s->events, access, value, verdict);
    return verdict;
}

/* Nearly always: one handler, and it passes. */
static inline enum facet_verdict ask_one(struct swaps *s, struct emu_access *a, const struct mark *m) {
    const struct swapped *object = m->object;
    struct attached *h = object->chain[0];
    struct facet_access access = describe(s, a, object, (int64_t)a->part[0].offset + m->delta);
    s->accesses++;
    enum facet_verdict verdict = __builtin_expect(h->dead, 0) ? FACET_PASS : ask_handler(h, &access, &s->reply);
    if (__builtin_expect(verdict != FACET_PASS || object->count > 1 || s->events != NULL, 0))
        return ask_rest(s, a, object, &access, verdict);
    if (h->verdicts != FACET_MAY(FACET_PASS))
        clean_reply(&s->reply, access.size);
    a->step = 0;
    return FACET_PASS;
}

enum facet_verdict dispatch_access(void *context, struct emu_access *a) {
    struct swaps *s = context;
    const struct emu_part *part = &a->part[0];
    if (__builtin_expect(a->parts == 1 && !a->again && !a->nested && !a->answered && !a->refused && !s->blocked_count,
                         1)) {
        const struct front_page *page = s->page[part->front];
        if (!page)
            return FACET_PASS;
        const struct mark *m = &page->only;
        if (page->count == 1) {
            if (part->offset >= m->low && part->offset + part->size <= m->high)
                return ask_one(s, a, m);
            if (part->offset >= m->high || part->offset + part->size <= m->low)
                return FACET_PASS;
        }
    }
    return ask_many(s, a);
}
