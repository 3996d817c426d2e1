/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Swapped objects: which bytes of which fronts belong to which named object, and who is asked about them.
 *
 *     front (one page) ──> marks: byte ranges of that page ──> object ──> handlers, newest first
 *
 * The kernel knows fronts of whole pages, and of parts of GPTs, only; the bytes that nobody named pass here, silently.
 * An access behind several fronts is asked about from the innermost to the outermost.
 * swap.c installs and
 * removes; dispatch.c answers accesses. Objects and handlers survive the end of a machine and go into the next one.
 */
#ifndef DEBUGGER_SWAP_H
#define DEBUGGER_SWAP_H

#include "emu/emu.h"
#include "events.h"
#include "handlers.h"
#include "object.h"
#include "regions.h"

struct swapped;
struct swaps;

/* A handler attached to an object. */
struct attached {
    /* access() with the state, or guard_ask() with this. */
    enum facet_verdict (*ask)(void *asked, const struct facet_access *access, struct facet_reply *reply);
    void *asked;
    enum facet_verdict (*access)(void *state, const struct facet_access *access, struct facet_reply *reply);
    void *state;
    struct handler_code code;
    uint32_t verdicts; /* declared, as FACET_MAY */
    uint64_t serial;   /* later attached: greater */
    uint64_t sequence; /* accesses it was asked about */
    bool guarded;      /* somebody else's code: called by guard.h */
    bool dead;         /* broke its contract: never asked again, removed when the machine stands */
    bool crashed;      /* or did not return: none of its functions is called again, its code and state stay */
    struct swapped *on;
    struct facet_services services;
    struct facet_object object;
};

/* A named object with at least one handler. */
struct swapped {
    struct swaps *swaps;
    struct object_name name;
    bool hidden;             /* of swaps_add_hidden */
    struct attached **chain; /* newest first */
    size_t count;
    int *fronts;    /* its pages in address order, -1: not there yet; NULL while no machine runs */
    size_t pages;   /* in fronts */
    uint64_t grain; /* bytes of each: of a page; of what a part of a GPT may have */
    size_t absent;  /* of these, not there yet */
    uint64_t skew;  /* offset of the object's first byte in its first page */
    bool met;       /* some page of it has been there in this run */
    bool gone;      /* of map:N: nothing of it is left, nor will be */
};

/* A piece of an object within one front. */
struct mark {
    uint64_t low, high; /* bytes of the front's range, half open */
    int64_t delta;      /* offset in the object = offset in the range + delta */
    struct swapped *object;
};

/* Bytes of a front's range that a process of the guest serves. */
struct server {
    uint64_t endpoint; /* object id */
    uint64_t serial;   /* of the handler */
    uint64_t low, high;
    int64_t delta;
    bool fetches;
};

struct front_page {
    struct mark only;   /* the first of marks, at hand */
    uint64_t object_id; /* of the kernel's page */
    struct mark *marks;
    size_t count;
    bool careful, fetches;
    struct server *servers; /* processes that the kernel asks, in the order of attaching */
    size_t server_count;
};

/* The access at which the machine stopped. Bytes and texts are copies. */
struct stopped_access {
    bool valid;
    bool hidden;             /* facet's own handler said STOP */
    bool written;            /* its event has been */
    unsigned depth;          /* of the front at which that handler was asked, 0: the innermost */
    uint64_t serial, newest; /* of the handler that said STOP, of the newest at that time */
    uint64_t step;           /* emu_access.step so far */
    const char *handler;     /* as the user wrote it; lives until it is detached */
    char object[256], text[256];
    struct facet_access access; /* pointers are into the buffers below or NULL */
    uint8_t attempted[FACET_ACCESS_MAX], backing[FACET_ACCESS_MAX];
    bool answered[FACET_ACCESS_MAX]; /* by handlers asked before it */
    uint8_t answer[FACET_ACCESS_MAX];
};

/* An access that a handler holds back, until its process is woken and makes it again. Only the fields of `at` about
 * what was answered, and the access itself, count. */
struct blocked {
    struct process *process; /* the kernel's, whose memory it is */
    struct attached *by;     /* NULL: that one is gone, and the process woken */
    struct stopped_access at;
};

/* A handler that said STEP and waits for the outcome. */
struct stepped {
    uint64_t step; /* emu_access.step */
    struct attached *by;
    struct facet_access access;
};

struct swaps {
    /* Set by the owner. */
    struct emu *emu;  /* NULL: no machine */
    uint64_t process; /* object id of the program's process */
    struct symbols *symbols;
    const struct program *program;
    uint64_t seed; /* --seed */
    const struct regions *regions;
    struct events *events;    /* NULL: none */
    struct process **current; /* the kernel's, in guest RAM; NULL: unknown */

    struct front_page *page[FRONT_MAX]; /* by front index; NULL: not ours */
    struct swapped **objects;
    size_t count;
    void *names; /* of tsearch: the same by name */
    uint64_t next_serial;
    struct stopped_access stopped;
    uint64_t accesses; /* that touched a named byte, of the machine that runs */
    bool failed;       /* a handler broke its contract, or could not write its file */
    bool stop_broken;  /* the program is to stop when a handler breaks its contract … */
    char broken[1024]; /* … and this is how one did; "": none, or it was told */
    bool unsettled;    /* swaps_settle has something to do */
    struct {
        char *object, *handler;
    } * later;
    size_t later_count;
    struct process **wakes; /* the kernel's, whose memory's accesses are no longer held back */
    size_t wake_count;
    struct blocked **blocked;
    size_t blocked_count;
    struct stepped *stepped; /* in the order in which they were asked */
    size_t stepped_count;
    uint64_t last_step;
    struct facet_reply reply; /* bytes are all zero between calls */
    struct named_endpoint {
        char *name;
        uint64_t id;
    } * endpoints; /* that the machine has told of */
    size_t endpoint_count;

    struct { /* which kernel process is which number */
        struct process *process;
        uint64_t number;
    } * known;
    size_t known_count;
    struct process *last_process;
    uint64_t last_number;
};

/* checkpoint_swaps.c: objects, handlers with their states, fronts, accesses that wait. Loading: into fresh swaps that
 * have the same handlers already, and have joined the machine. */
struct archive;
void swaps_visit(struct swaps *swaps, struct archive *archive, struct facet_error *error);

struct swaps *swaps_new(const struct program *program, struct symbols *symbols);
bool swaps_free(struct swaps *swaps); /* detaches all; returns whether nothing failed since swaps_new */

/* Attaches `handler` (as on the command line) to `object`, newest. With a machine the fronts are installed at once. */
enum facet_status swaps_add(struct swaps *swaps, const char *object, const char *handler, struct facet_error *error);
/* Attaches one of facet's own to bytes of the program, as an object of that name, which nobody else is told about: no
 * list, no event, no report shows it. */
enum facet_status swaps_add_hidden(struct swaps *swaps, const char *name, uint64_t va, uint64_t size,
                                   const struct facet_handler *handler, struct facet_error *error);
/* Removes the newest handler of the object, or the newest whose text or name is `handler`. */
enum facet_status swaps_remove(struct swaps *swaps, const char *object, const char *handler, struct facet_error *error);
struct swapped *swaps_find(struct swaps *swaps, const char *object);

/* The machine has started its program: installs everything. */
enum facet_status swaps_start(struct swaps *swaps, struct emu *emu, uint64_t process, struct facet_error *error);
/* The machine was loaded, and so were the swaps: from now on they are asked. */
void swaps_join(struct swaps *swaps, struct emu *emu, uint64_t process);
/* The machine goes away; handlers and their state stay. */
void swaps_end(struct swaps *swaps);
/* Detaches and attaches every handler again, so that a new run finds them fresh. */
enum facet_status swaps_renew(struct swaps *swaps, struct facet_error *error);
/* What the program's personality tells: pages have come; pages are about to go; regions have changed. */
void swaps_pages_came(struct swaps *swaps, uint64_t va, uint64_t size);
void swaps_pages_go(struct swaps *swaps, uint64_t va, uint64_t size);
void swaps_regions_changed(struct swaps *swaps);
/* The kernel says: the page that wore the front has been rescinded. */
void swaps_front_gone(struct swaps *swaps, int front);
/* Notes a swap (handler NULL: a restore) that a handler asked for, and makes the machine stop soon. False: no such
 * object. */
bool swaps_later(struct swaps *swaps, const char *object, const char *handler);
/* Notes that a process, by its number, is to be woken; the machine will stop soon. False: no such process. */
bool swaps_wake(struct swaps *swaps, uint64_t process);
/* An endpoint has that name from now on, and which one has: its object id, 0: none. */
void swaps_endpoint(struct swaps *swaps, const char *name, uint64_t id);
uint64_t swaps_endpoint_find(const struct swaps *swaps, const char *name);
void swaps_endpoints_forget(struct swaps *swaps);
/* Lines that say which handler holds back whom. */
void swaps_tell_blocked(const struct swaps *swaps, FILE *out);
/* The machine stands: does what was noted, and removes handlers that broke their contract. What fails is said on
 * standard error and sets swaps->failed. */
void swaps_settle(struct swaps *swaps);

/* Every handler's summary, in the order of attaching. */
void swaps_report(struct swaps *swaps, FILE *out);

/* ---- fronts.c. A machine runs. */

/* Installs the fronts of all pages of an object that has its handlers, and marks them; on failure none is left. Pages
 * of a Linux program may come later. */
enum facet_status fronts_install(struct swapped *object, struct facet_error *error);
/* It was addresses without memory, and the program has some of them now: its pages are to be swapped instead. */
bool fronts_outdated(const struct swapped *object);
/* The object has grown: its name has the new size. */
enum facet_status fronts_grow(struct swapped *object, struct facet_error *error);
/* Pages in this range have come, or are about to go. */
enum facet_status fronts_come(struct swapped *object, uint64_t va, uint64_t size, struct facet_error *error);
void fronts_go(struct swapped *object, uint64_t va, uint64_t size);
/* The page that wore this front is no more, and so is the front. */
void fronts_lost(struct swaps *swaps, int front);
/* The object's handlers have changed: tells kernel and machine what they may say. Nothing without a machine. */
enum facet_status fronts_sync(struct swapped *object, struct facet_error *error);
/* Takes the object's marks away, and with swaps->emu set the fronts that nobody else needs. */
void fronts_remove(struct swapped *object);

/* Loading a checkpoint: the kernel has the fronts already. Room for the pages of an object whose extent is known;
 * then each of its pages that is there, by its front. False: that cannot be. */
enum facet_status fronts_expect(struct swapped *object, uint64_t grain, struct facet_error *error);
bool fronts_adopt(struct swapped *object, uint64_t index, int front);
/* Nobody needs this one any more. */
void fronts_drop(struct swaps *swaps, int front);
/* Index of the page of that mark. */
uint64_t fronts_index(const struct mark *mark);

/* endpoints.c: has the kernel ask the processes that the handlers on the page name. */
enum facet_status page_serve(struct swaps *swaps, int front, struct facet_error *error);

/* Bytes behind the object, asking nobody. 0, or -1. */
int swapped_copy(struct swapped *object, int64_t offset, void *read, const void *write, size_t size);

/* Adds or takes away one mark. The page is created by the first. Exposed for the tests. */
void page_mark(struct swaps *swaps, int front, struct mark mark);
void page_unmark(struct swaps *swaps, int front, const struct swapped *object);
uint32_t page_verdicts(const struct front_page *page); /* what any handler on it may say */

/* ---- dispatch.c: emu_access_fn with a struct swaps */
enum facet_verdict dispatch_access(void *context, struct emu_access *access);
/* Small number of a kernel process: 1, 2, … in the order in which they were met. */
uint64_t dispatch_process_number(struct swaps *swaps, struct process *process);

/* ---- hold.c: accesses that are not over when their handler has been asked */
/* Notes a STEP. *step, 0 at the first of an access, is what its outcome will come with. */
void hold_step(struct attached *handler, const struct facet_access *access, uint64_t *step);
void hold_drop_step(struct swaps *swaps, uint64_t step);           /* it will not come */
void hold_outcome(void *context, const struct emu_access *access); /* emu_outcome_fn with a struct swaps */
/* Notes a BLOCK: `at` is copied. `process` is the one whose memory it is. */
void hold_block(struct attached *handler, struct process *process, const struct stopped_access *at);
/* The access that this process makes once more, or NULL. An access that it turns out not to make again is over. */
struct blocked *hold_resumed(struct swaps *swaps, struct process *process, const struct emu_access *access);
void hold_end(struct swaps *swaps, struct blocked *blocked);
void hold_copy(struct stopped_access *to, const struct stopped_access *from);
/* The handler is about to go: those that it blocks will be woken, and it is told of no outcome. */
void hold_forget(struct attached *handler);
void hold_forget_all(struct swaps *swaps); /* the machine goes away */
void hold_settle(struct swaps *swaps);     /* the machine stands: wakes whom was to be woken */

/* ---- broken.c */
/* The handler broke its contract: is never asked again, which is said on standard error: "facet: handler NAME …". */
void handler_broken(struct attached *handler, const char *how);
/* What it did instead of answering; signal as of guard_ask. */
void handler_crashed(struct attached *handler, const struct facet_access *access, int signal);
/* Its functions, guarded. Failures say why; one that crashed or did not return is to blame for it. */
enum facet_status handler_verdicts(struct attached *handler, struct facet_error *error);
enum facet_status handler_attach(struct attached *handler, struct facet_error *error);
void handler_outcome(struct attached *handler, const struct facet_access *access);
void handler_report(struct attached *handler, FILE *out);
void handler_save(struct attached *handler, FILE *out);
enum facet_status handler_load_state(struct attached *handler, FILE *in, struct facet_error *error);
void handler_detach(struct attached *handler);
bool swaps_guarded(const struct swaps *swaps); /* any handler is to be guarded */

/* ---- services.c: fills attached->services */
void services_fill(struct attached *attached);

#endif
