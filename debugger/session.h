/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One user's work with one program: what `facet run` does once and `facet debug` as often as it is told. Holds the
 * program, its symbols, the swaps (which outlive a machine) and, between start and end, the machine.
 *
 * The stop reasons below are those of the program; init, the kernel and the machine do not show.
 */
#ifndef DEBUGGER_SESSION_H
#define DEBUGGER_SESSION_H

#include "emu/emu.h"
#include "grants.h"
#include "program.h"
#include "regions.h"
#include "strace.h"
#include "symbols.h"

#include <facet/error.h>
#include <stdio.h>

struct session;

/* A further program of the guest, whose endpoint has that name. */
struct session_program {
    char *name;
    const char *path;
};

struct session_config {
    const char *program;
    char *const *argv; /* argv[0] is the program's name */
    int argc;
    uint64_t memory;                       /* bytes of RAM */
    const struct session_program *further; /* native ones, at most BOOT_PROGRAMS_MAX */
    size_t further_count;
    const struct grants *grants;
    uint64_t seed;      /* of what the program takes for chance */
    bool strace;        /* prints a Linux program's system calls to standard error */
    const char *kernel; /* another kernel.elf, NULL: the built-in one */
    const char *events; /* file for --events, "-": standard output, NULL: none */
    int stream_fd[3];
    bool clock;
    bool count_instructions;
};

/* Reads program and symbols; boots nothing. `config` is copied except what its pointers point to. */
enum facet_status session_open(const struct session_config *config, struct session **session,
                               struct facet_error *error);
/* Ends the machine, detaches all handlers, closes the events. False: session_failed, or now something did (it was
 * said). */
bool session_close(struct session *session);

/* For the machines that session_start makes from now on: what the program finds behind its name (argv[0] is the name;
 * copied), and one of its standard streams (-1: none), which stays the caller's and must be open while a machine runs.
 */
void session_set_arguments(struct session *session, int argc, char *const *argv);
void session_set_stream(struct session *session, int stream, int fd);

int session_argc(const struct session *session);
char *const *session_argv(const struct session *session);
const struct program *session_program(const struct session *session);
struct symbols *session_symbols(const struct session *session);
/* Which system calls facet lacked, in this run or the last. */
const struct strace *session_strace(const struct session *session);
/* What lies where in a Linux program, as it last ran. */
const struct regions *session_regions(const struct session *session);
struct emu *session_emu(const struct session *session);  /* NULL: not started or ended */
uint64_t session_process(const struct session *session); /* object id of the program's Process; 0: not started */
struct swaps *session_swaps(const struct session *session);
struct events *session_events(const struct session *session); /* NULL: none */
/* A handler broke its contract, or the events could not be written. */
bool session_failed(const struct session *session);

/* Counters of the machine that runs, or of the last one. Zero where the kernel gave none. */
struct session_stats {
    struct emu_stats emu;
    uint64_t clock; /* where it stood; 0: it was never armed */
    uint64_t syscalls, faults, tables_built, tables_live, entries_built, entries_removed, depend_live, depend_evictions;
};
struct session_stats session_stats_get(const struct session *session);

/* What the debugger's user has set (keep.h), which a checkpoint has with the rest: bytes, which become the session's.
 * NULL: nothing. trusted: they come from who may have commands executed. */
void session_keep(struct session *session, char *bytes, size_t size);
const char *session_kept(const struct session *session, size_t *size, bool *trusted);

/* ---- Swaps. Remembered, and installed whenever a machine runs. */
enum facet_status session_swap(struct session *session, const char *object, const char *handler,
                               struct facet_error *error);
/* handler NULL: the newest on that object. */
enum facet_status session_restore(struct session *session, const char *object, const char *handler,
                                  struct facet_error *error);
/* Whether the program stops when a handler breaks its contract; at first it does not. */
void session_stop_at_broken(struct session *session, bool stop);
bool session_stops_at_broken(const struct session *session);
/* Each handler's summary; what `info handlers` and the end of a run print. */
void session_report(struct session *session, FILE *out);
/* One line each: object, handler, accesses; the newest of an object first. */
void session_list_handlers(const struct session *session, FILE *out);
size_t session_handler_count(const struct session *session);
/* Is any byte of [va, va + size) swapped? The object's name, or NULL. */
const char *session_swapped(const struct session *session, uint64_t va, uint64_t size);

/* ---- Running */
enum session_event {
    SESSION_EXITED,     /* code: exit status; text: empty, or which signal ended the program. The machine is gone */
    SESSION_FAULTED,    /* code: signal number. The machine stays until it is continued or killed */
    SESSION_STOPPED,    /* a handler said STOP, before the access */
    SESSION_BREAKPOINT, /* before the instruction */
    SESSION_STEPPED,
    SESSION_INTERRUPTED, /* session_interrupt */
    SESSION_MOMENT,      /* session_alarm */
    SESSION_BROKEN,      /* session_stop_at_broken: a handler broke its contract, an access or a few ago */
    SESSION_DEADLOCK,    /* every process waits for ever */
    SESSION_FAILED,      /* facet or its kernel failed; text says how. The machine is gone */
};
struct session_stop {
    enum session_event event;
    int code;
    char text[2048]; /* several lines, ready to print: for STOPPED handler, access, old and new value; for FAULTED the
                      * fault in words ("cannot store to 0x… : no capability covers the address"); FAILED: why */
};

/* Boots a machine up to the program's first instruction (ending one that is there) and installs the swaps. */
enum facet_status session_start(struct session *session, struct facet_error *error);
struct session_stop session_continue(struct session *session);
struct session_stop session_step(struct session *session); /* one instruction */
/* SESSION_MOMENT, once: when the clock, which is armed, has reached that; or soon after so many events. */
void session_alarm(struct session *session, bool event, uint64_t at);
bool session_has_clock(const struct session *session); /* armed from the start */
/* Execution breakpoints of the program; gone with the machine. Needs a started session. */
void session_break(struct session *session, uint64_t va, bool on);
void session_kill(struct session *session);
void session_interrupt(struct session *session);        /* async-signal-safe */
void session_forget_interrupt(struct session *session); /* one that came while nothing ran */

/* ---- Looking. Never asks a handler. All need a started session. */
void session_regs(struct session *session, struct facet_regs *regs); /* of the program, wherever it stands */
/* FACET_ERR_USAGE: it is inside a system call or a fault, whose end would overwrite them. */
enum facet_status session_regs_set(struct session *session, const struct facet_regs *regs, struct facet_error *error);
/* A vector register of it, 0 … 15. */
void session_xmm(struct session *session, unsigned index, uint8_t bytes[16]);
/* Bytes of the program's memory at va, through the traversal; returns how many from the start could be read. A page
 * that a Linux program has not used yet reads as zeros. */
size_t session_read(struct session *session, uint64_t va, void *bytes, size_t size);
/* Writes them behind the back of handlers and restrictions, so that read-only memory changes too; returns how many from
 * the start could be written. A page that is not there yet cannot. */
size_t session_write(struct session *session, uint64_t va, const void *bytes, size_t size);

struct session_traversal {
    enum fault fault;
    int steps;             /* in `step` */
    uint64_t page;         /* frame or aperture address, 0 on a fault without one */
    unsigned restrictions; /* gathered */
    uint64_t keeper;       /* id of the endpoint that would get a fault here; 0: nobody */
    uint64_t keeper_of;    /* id of the GPT whose keeper that is; 0: the process's own */
    struct traverse_step step[TRAVERSE_STEPS_MAX];
};
/* process: object id of whose space it is. */
enum facet_status session_traverse(struct session *session, uint64_t process, uint64_t va, enum access access,
                                   struct session_traversal *result, struct facet_error *error);
/* Makes the kernel map the page as an access would, and tells what the page tables say then. *fault as the kernel's. */
enum facet_status session_touch(struct session *session, uint64_t process, uint64_t va, enum access access,
                                enum fault *fault, struct emu_translation *translation, struct facet_error *error);

/* "no capability covers the address" … */
const char *session_fault_text(enum fault fault);
/* "SIGSEGV", "Segmentation fault" */
const char *session_signal_name(int signal);
const char *session_signal_text(int signal);

#endif
