/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Handlers that break their contract: by a verdict that they did not declare, by a crash, by not returning.
 */
#include "guard.h"
#include "swap.h"

#include <string.h>

#define HOW 1024

void handler_broken(struct attached *h, const char *how) {
    struct swaps *s = h->on->swaps;
    snprintf(s->broken, sizeof s->broken, "handler %.200s: %.500s; it is detached from %.200s", h->code.text, how,
             h->object.name);
    fprintf(stderr, "facet: %s\n", s->broken);
    h->dead = true;
    s->unsettled = true;
    s->failed = true;
    if (s->emu)
        emu_interrupt(s->emu);
}

/* What a handler that is left in the middle of its work leaves behind, nobody knows. */
static void leave(struct attached *h, const char *how) {
    handler_broken(h, how);
    h->crashed = true;
    fprintf(stderr, "facet: what it was about to do (memory, locks, files) stays half done\n");
}

/* "WHAT at a load of 4 bytes at offset 0 by 0x401166, main (sum.c:6)" */
static void say_where(const struct attached *h, const char *what, const struct facet_access *a, char how[HOW]) {
    char place[HANDLER_PLACE];
    snprintf(how, HOW, "%s at a %s of %u byte%s at offset %ld by 0x%lx, %s", what,
             handler_kind_name((enum facet_kind)a->kind), a->size, a->size == 1 ? "" : "s", a->offset, a->pc,
             handler_place(&h->services, a->pc, place));
}

void services_broken(const struct facet_services *services, const struct facet_access *access, const char *what,
                     bool to_blame) {
    struct attached *h = services->facet;
    char how[HOW];
    bool failed = h->on->swaps->failed;
    if (access)
        say_where(h, what, access, how);
    handler_broken(h, access ? how : what);
    h->on->swaps->failed = failed || to_blame;
}

void handler_crashed(struct attached *h, const struct facet_access *a, int signal) {
    char how[HOW], cause[100];
    bool failed = h->on->swaps->failed;
    guard_cause(signal, cause, sizeof cause);
    say_where(h, cause, a, how);
    leave(h, how);
    if (!signal) /* the user wanted an end, and gets that one */
        h->on->swaps->failed = failed;
}

/* ---- Its other functions */

struct call {
    struct attached *h;
    FILE *out, *in;
    int result;
    const struct facet_access *access;
    struct facet_handler_error why;
};

static void call_verdicts(void *context) {
    struct call *c = context;
    c->h->verdicts = c->h->code.handler->verdicts(c->h->code.args);
}

static void call_attach(void *context) {
    struct call *c = context;
    c->h->state = c->h->code.handler->attach(&c->h->object, c->h->code.args, &c->why);
}

static void call_outcome(void *context) {
    struct call *c = context;
    c->h->code.handler->outcome(c->h->state, c->access);
}

static void call_report(void *context) {
    struct call *c = context;
    c->h->code.handler->report(c->h->state, c->out);
}

static void call_detach(void *context) {
    struct call *c = context;
    c->h->code.handler->detach(c->h->state);
}

static void call_save(void *context) {
    struct call *c = context;
    c->h->code.handler->save(c->h->state, c->out);
}

static void call_load(void *context) {
    struct call *c = context;
    c->result = c->h->code.handler->load(c->h->state, c->in, &c->why);
}

/* False: it did not come back; how is said in why. */
static bool call(struct call *c, void (*function)(void *), const char *name) {
    char cause[100];
    int signal = 0;
    if (!c->h->guarded) {
        function(c);
        return true;
    }
    if (guard_call(function, c, &signal))
        return true;
    guard_cause(signal, cause, sizeof cause);
    snprintf(c->why.text, sizeof c->why.text, "%s in %s()", cause, name);
    c->h->crashed = true;
    return false;
}

enum facet_status handler_verdicts(struct attached *h, struct facet_error *error) {
    struct call c = {.h = h};
    if (!call(&c, call_verdicts, "verdicts"))
        return facet_fail(error, FACET_ERR_USAGE, "handler %s: %s", h->code.name, c.why.text);
    return FACET_OK;
}

enum facet_status handler_attach(struct attached *h, struct facet_error *error) {
    struct call c = {.h = h};
    h->state = NULL;
    if (!h->code.handler->attach)
        return FACET_OK;
    if (call(&c, call_attach, "attach") && h->state) {
        if (h->code.declared)
            h->verdicts = h->code.declared(h->state);
        return FACET_OK;
    }
    c.why.text[sizeof c.why.text - 1] = '\0';
    return facet_fail(error, FACET_ERR_USAGE, "handler %s: %s", h->code.name,
                      c.why.text[0] ? c.why.text : "it refused without saying why");
}

void handler_outcome(struct attached *h, const struct facet_access *access) {
    struct call c = {.h = h, .access = access};
    if (!h->dead && h->code.handler->outcome && !call(&c, call_outcome, "outcome"))
        leave(h, c.why.text);
}

void handler_report(struct attached *h, FILE *out) {
    struct call c = {.h = h, .out = out};
    if (!h->dead && !call(&c, call_report, "report"))
        leave(h, c.why.text);
}

void handler_save(struct attached *h, FILE *out) {
    struct call c = {.h = h, .out = out};
    if (!call(&c, call_save, "save"))
        leave(h, c.why.text);
}

enum facet_status handler_load_state(struct attached *h, FILE *in, struct facet_error *error) {
    struct call c = {.h = h, .in = in};
    if (call(&c, call_load, "load") && c.result == 0)
        return FACET_OK;
    c.why.text[sizeof c.why.text - 1] = '\0';
    return facet_fail(error, FACET_ERR_USAGE, "handler %s on %s: %s", h->code.text, h->object.name,
                      c.why.text[0] ? c.why.text : "it could not read its state");
}

void handler_detach(struct attached *h) {
    struct call c = {.h = h};
    if (h->code.handler->detach && !h->crashed && !call(&c, call_detach, "detach")) {
        fprintf(stderr, "facet: handler %s on %s: %s\n", h->code.text, h->object.name, c.why.text);
        h->on->swaps->failed = true;
    }
    h->state = NULL;
}

bool swaps_guarded(const struct swaps *s) {
    for (size_t i = 0; i < s->count; i++)
        for (size_t j = 0; j < s->objects[i]->count; j++)
            if (s->objects[i]->chain[j]->guarded)
                return true;
    return false;
}
