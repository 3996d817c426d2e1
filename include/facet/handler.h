/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The handler interface, version 2: your code in place of a memory object.
 *
 * A handler is a shared object that exports one symbol:
 *
 *     const struct facet_handler facet_handler = {
 *         .abi = FACET_HANDLER_ABI, .name = "mine", .summary = "what it does in one line",
 *         .verdicts = my_verdicts, .access = my_access,
 *     };
 *
 * built with `cc -shared -fPIC -I<facet>/include -o mine.so mine.c` and used as `--swap sym:table=./mine.so:ARGS`.
 * Every function but `verdicts` and `access` may be NULL. All calls come from one thread, one at a time.
 *
 * A handler shares facet's process. One that crashes (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT) or does not return when
 * the run is to end is left where it is: said by name, never called again, not even detach(); the access passes. What
 * it had locked, overwritten or half done stays so.
 */
#ifndef FACET_HANDLER_H
#define FACET_HANDLER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define FACET_HANDLER_ABI 2  /* one that was built for version 1 works, too: it lacks what came later */
#define FACET_ACCESS_MAX 512 /* bytes in one access at most: FXSAVE, FXRSTOR */

enum facet_kind { FACET_LOAD, FACET_STORE, FACET_FETCH };

enum facet_verdict {
    FACET_PASS,  /* the next older handler is asked, at last the backing page answers */
    FACET_DONE,  /* load: the guest gets reply->bytes; store: swallowed, the handler took it */
    FACET_FAULT, /* the access fails as a page fault would; reply->fault goes to the keeper as its code */
    FACET_STEP,  /* as PASS, and once its instruction has retired, before any other access is asked: outcome() */
    FACET_BLOCK, /* the process waits before its instruction until facet_services.wake(), then this is asked again */
    FACET_STOP,  /* hand over to the debugger before anything has happened; reply->text says why */
};
#define FACET_MAY(verdict) (1u << (verdict)) /* for verdicts(): which a handler may ever give */

enum facet_access_flag {
    FACET_RMW = 1,    /* one of the two accesses of a read-modify-write instruction */
    FACET_ATOMIC = 2, /* of a locked one */
    FACET_PART = 4,   /* the access spans two swapped objects; the other one is told too */
    FACET_KERNEL = 8, /* made by the kernel on the process's behalf (a system call's string) */
};

struct facet_access {
    uint32_t kind;     /* enum facet_kind */
    uint32_t flags;    /* enum facet_access_flag */
    uint64_t sequence; /* counts this handler's accesses from 0 */
    uint64_t clock;    /* retired code bytes; 0 while the clock was never armed */
    uint64_t process;
    uint64_t pc;        /* address of the instruction */
    uint64_t va;        /* address of the first byte of the whole access */
    const char *object; /* as the user named it: "sym:table" */
    int64_t offset;     /* of the first byte in the object; negative when the access begins before it */
    uint32_t size;      /* of the whole access, 1 … FACET_ACCESS_MAX bytes */
    /* Stores: the bytes that are to be stored; else NULL. In outcome(): those that were stored, or were delivered. */
    const uint8_t *attempted;
    const uint8_t *backing; /* what memory holds there now; NULL if nothing backs the object */
};

struct facet_reply {
    uint8_t bytes[FACET_ACCESS_MAX]; /* in: zero. DONE on a load: `size` bytes for the guest */
    uint32_t fault;                  /* FAULT: code for the keeper */
    char text[256];                  /* STOP: one line for the user */
};

/* What facet does for a handler. Valid from attach() to the end of detach(). Offsets are in bytes of the object. */
struct facet_services {
    void *facet; /* first argument of each */
    /* Backing memory, without asking any handler. Returns 0, or -1 if the range leaves the object or has no backing; of
     * a GPT or a range of addresses (obj:ID, va:) also for pages that nobody has come to yet. */
    int (*read)(void *facet, int64_t offset, void *bytes, size_t size);
    int (*write)(void *facet, int64_t offset, const void *bytes, size_t size);
    /* Name of the function or object at an address ("insert+0x12"), "" if unknown. The text lives until the next call.
     */
    const char *(*symbol)(void *facet, uint64_t address);
    /* Source position of an address ("table.c:41"), "" if unknown. */
    const char *(*line)(void *facet, uint64_t address);
    /* Address of a symbol, 0 if there is none; *size gets its bytes when size is not NULL. */
    uint64_t (*lookup)(void *facet, const char *symbol, uint64_t *size);
    /* Noted, and in force when the program next stands between two instructions, soon after access() has returned.
     * Return 0, or -1 if there is no such object. `handler` as on the command line: "watch:store". */
    int (*swap)(void *facet, const char *object, const char *handler);
    int (*restore)(void *facet, const char *object);
    /* Ends what BLOCK began, soon after this call: of the process whose number the blocked access told, its kernel
     * copies included. It may come before access() returns BLOCK; otherwise nothing is remembered for a process that is
     * not blocked. Returns 0, or -1 if no such process has made an access in this run. */
    int (*wake)(void *facet, uint64_t process);
    uint64_t seed; /* --seed: where chance is to start, so that the same run comes again */
};

struct facet_object {
    const char *name; /* as the user named it */
    uint64_t va;      /* address of its first byte in the program that named it; 0 for obj:ID */
    uint64_t size;    /* bytes. Of seg:heap and map:N va and size are 0 until the program has them, and size grows with
                       * them: the structure lives until detach() */
    const struct facet_services *services;
};

/* Why attach() refused; one line, no newline. */
struct facet_handler_error {
    char text[256];
};

struct facet_handler {
    uint32_t abi; /* FACET_HANDLER_ABI */
    const char *name;
    const char *summary; /* one line, for `help handlers` */
    /* Set of FACET_MAY(…) for a handler attached with these arguments ("" without any). PASS and DONE cost 0.1 us an
     * access, the other verdicts about 3 us; so do, under a handler that may give one of those, accesses across pages
     * and rare instructions. An undeclared verdict is an error. */
    uint32_t (*verdicts)(const char *args);
    /* Returns the handler's state, handed to all other functions, or NULL with error->text filled if args are wrong. A
     * handler without attach has a NULL state. */
    void *(*attach)(const struct facet_object *object, const char *args, struct facet_handler_error *error);
    /* One access. `access` and what it points to are valid during the call only. */
    enum facet_verdict (*access)(void *state, const struct facet_access *access, struct facet_reply *reply);
    /* After STEP, once for each access; several of one instruction come in their order. Nobody else was let in since
     * access() was asked. Of a kernel copy: after that piece. None comes if the instruction faults: then nothing has
     * happened, and when it starts again its answered accesses are not asked again. */
    void (*outcome)(void *state, const struct facet_access *access);
    void (*report)(void *state, FILE *out); /* the summary at the end of a run and for `info handlers` */
    void (*detach)(void *state);            /* frees the state */
    /* Since version 2, both or neither: checkpoints. save() writes what the state has become since attach(), as it
     * likes; load() reads that into a state that attach() has just made with the same arguments. It returns 0, or -1
     * with error->text filled. A handler without them begins afresh when the program is resumed. */
    void (*save)(void *state, FILE *out);
    int (*load)(void *state, FILE *in, struct facet_handler_error *error);
};

#endif
