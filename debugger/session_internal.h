/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What session.c and session_run.c share.
 */
#ifndef DEBUGGER_SESSION_INTERNAL_H
#define DEBUGGER_SESSION_INTERNAL_H

#include "regions.h"
#include "session.h"
#include "strace.h"
#include "swap.h"

#include <signal.h>

struct plan;

struct session {
    struct session_config config;
    char **argv; /* of session_set_arguments; NULL: the config's */
    struct program *program;
    struct program *further[BOOT_PROGRAMS_MAX]; /* config.further_count of them */
    struct symbols *symbols;
    struct swaps *swaps;
    struct events *events;
    struct plan *plan;      /* of a session that was resumed: `config` points into it; NULL */
    uint64_t events_before; /* … and how many events there had been */
    char *kept;             /* session_keep; NULL */
    size_t kept_size;
    bool trusted; /* it was resumed with --trust */
    struct regions *regions;
    struct strace strace;
    uint8_t *kernel; /* another one than the built-in; NULL */
    size_t kernel_size;
    struct emu *emu;
    uint64_t process;                            /* object id */
    struct process *process_at, *process_kernel; /* host pointer, kernel's pointer */
    struct kernel_info *info;
    struct session_stats last; /* of a machine that is gone */
    bool ran;                  /* handlers have seen a machine */
    bool elsewhere;            /* stopped at an access of another process than the program's */
    int signal;                /* the program has faulted with it; 0 */
    uint64_t *breaks;          /* of session_break */
    size_t break_count;
    bool moment;                 /* session_alarm's event was written */
    volatile sig_atomic_t asked; /* session_interrupt was called and not yet reported */
};

/* session_boot.c: the kernel's file; a machine from a checkpoint, configured as session_boot would; the program's
 * process, by its number. */
struct archive;
struct emu_module session_kernel(const struct session *session);
enum facet_status session_load_machine(struct session *session, struct archive *from, struct facet_error *error);
enum facet_status session_find_process(struct session *session, struct facet_error *error);
/* session_boot.c: creates a machine and runs it until it has loaded the program; finds the program's process. */
enum facet_status session_boot(struct session *session, struct facet_error *error);

/* session_run.c: an event that no user sees is dealt with. False: it is one for the user, or DEBUG_EVENT_STARTED. */
bool session_event(struct session *session, uint64_t event);

/* The program's process is the one that runs. */
bool session_at_home(const struct session *session);

#endif
