/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The machine: one x86-64 processor, RAM, an aperture, a few devices. It knows page tables and fronts, not
 * capabilities. All functions are called from one thread, except emu_interrupt.
 *
 * Whatever stops the machine, it stands still between two instructions: of ring 3 when any process runs, else idle.
 */
#ifndef FACET_EMU_H
#define FACET_EMU_H

#include <facet/abi.h>
#include <facet/error.h>
#include <facet/handler.h>
#include <facet/platform.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t v;
} gva_t; /* guest-virtual address */
typedef struct {
    uint64_t v;
} gpa_t; /* guest-physical address */

struct emu;

struct emu_module {
    const void *data;
    size_t size; /* bytes */
};

/* A directory of the host with all below it, or one file in a directory. */
struct emu_grant {
    int fd;           /* of the directory; duplicated */
    const char *name; /* the file's, which need not exist yet; NULL: the directory */
    bool write;
};

struct emu_config {
    size_t ram_size;                  /* bytes, a multiple of 2 MiB, 16 MiB … 3 GiB */
    struct emu_module kernel;         /* ELF64 file image, loaded at its physical addresses; copied */
    const struct emu_module *modules; /* handed over in the start info; copied */
    size_t module_count;
    const char *cmdline;
    int stream_fd[3]; /* host descriptors of guest streams 0 … 2; -1: always end of file, writes fail with EBADF */
    int console_fd;   /* where the 16550 prints; -1: nowhere */
    const struct emu_grant *grants; /* host handles 3 … of the kernel's OP_HOST_…; copied */
    size_t grant_count;
    bool host_time;          /* the guest may read the host's clock */
    bool clock;              /* counts retired code bytes from the start: emu_clock */
    bool count_instructions; /* per privilege level; makes everything about five times slower */
};

/* Boots to the kernel's first instruction. On failure *emu is NULL. Refuses a Unicorn older than 2.1.4 and one whose
 * self-test fails (three exceptions in a row, a load across a page, an engine context laid out as expected). */
enum facet_status emu_create(const struct emu_config *config, struct emu **emu, struct facet_error *error);
void emu_destroy(struct emu *emu);
const char *emu_engine_version(void); /* "Unicorn 2.1.4" */

/* ---- Checkpoints. The machine stands as after a stop; it can go on afterwards. Handlers, breakpoints and the contents
 * of files are no part of it. What is read may be anything: a machine comes of it or a message. */
struct archive; /* archive.h */
enum facet_status emu_save(struct emu *emu, struct archive *to, struct facet_error *error);
/* config: as the machine was created, but for kernel, modules, cmdline and clock, which say nothing here. */
enum facet_status emu_load(const struct emu_config *config, struct archive *from, struct emu **emu,
                           struct facet_error *error);
/* Bytes that the guest has read from stream 0, written to stream 1, 2. */
uint64_t emu_moved(struct emu *emu, unsigned stream);

/* ---- Running */

enum emu_stop_reason {
    EMU_STOP_POWEROFF,   /* code: exit status the guest gave; cannot run again */
    EMU_STOP_EVENT,      /* code: enum debug_event; details in emu_debug_block()->event */
    EMU_STOP_ACCESS,     /* a handler said STOP; nothing of the instruction has happened */
    EMU_STOP_BREAKPOINT, /* pc is at a breakpoint, not yet executed */
    EMU_STOP_STEP,       /* one instruction of ring 3 has retired */
    EMU_STOP_INTERRUPT,  /* emu_interrupt was called */
    EMU_STOP_CLOCK,      /* emu_clock_alarm */
    EMU_STOP_DEAD,       /* kernel panic, triple fault, page tables that lead outside of RAM, HLT with interrupts off, a
                          * kernel       that does not come back to ring 3 when interrupted, or an engine error; text says
                          * what;       cannot run again */
};

struct emu_stop {
    enum emu_stop_reason reason;
    uint64_t code;
    char text[256];
};

struct emu_stop emu_run(struct emu *emu);
/* Runs until one instruction of ring 3 has retired (a system call counts with all the kernel did for it; a page fault
 * that the kernel repaired does not count), or something else stops it. */
struct emu_stop emu_step(struct emu *emu);
/* Makes the running or the next emu_run/emu_step return soon with EMU_STOP_INTERRUPT. Async-signal-safe. */
void emu_interrupt(struct emu *emu);
/* For who takes SIGSEGV over while a machine runs, which then needs it now and then to be interrupted: true if this one
 * was the machine's, and is dealt with. Arguments as of an SA_SIGINFO handler. Async-signal-safe. */
bool emu_own_fault(const siginfo_t *info, const void *context);

/* Execution breakpoints on virtual addresses, ring 3 only. Running from a breakpoint executes it without stopping. */
void emu_breakpoint_add(struct emu *emu, gva_t pc);
void emu_breakpoint_remove(struct emu *emu, gva_t pc);

/* ---- Accesses to fronts */

/* A piece of an access, within one page. */
struct emu_part {
    int front;       /* index in the front table, -1: ordinary memory */
    uint64_t offset; /* of the piece's first byte in the front's range */
    uint32_t start;  /* of the piece in the access, bytes */
    uint32_t size;   /* bytes */
    bool hole;       /* nothing is behind it */
};

struct emu_access {
    enum facet_kind kind;
    uint32_t flags; /* FACET_RMW, FACET_ATOMIC, FACET_KERNEL */
    bool nested;    /* a part lies behind several fronts: part[] names the outermost, emu_front_inner the others */
    bool again; /* the access at which this process last stopped (EMU_STOP_ACCESS) or was blocked, asked once more */
    const bool *answered; /* NULL, or which bytes processes of the guest have answered with DONE: of a load, what they
                           * deliver is in `reply` */
    uint8_t
        refused;   /* 1 + the part of which such a process has said FAULT, with `fault`: that is the verdict; 0: none */
    uint32_t size; /* bytes */
    gva_t va, pc;
    struct emu_part part[2];
    int parts;                /* 1, or 2 when it crosses a page */
    uint64_t clock;           /* as emu_clock, 0 while it was never armed */
    const uint8_t *attempted; /* stores: size bytes */
    const uint8_t *backing;   /* size bytes as they are now; NULL if a part has none: then what passes there faults */
    const uint8_t *partly;    /* if backing is NULL and there are two parts: the same, 0 where nothing is */
    uint8_t *reply;           /* DONE on a load: fill size bytes */
    bool replaced;            /* out, PASS on a store: `reply` holds the size bytes to store, not `attempted` */
    bool filled;              /* out, PASS: what is to be done about its holes has been */
    uint64_t fault;           /* FAULT: code */
    uint64_t step;            /* out, DONE and STEP; not 0: the outcome is to be told, with this */
};

/* Asked once for each access that touches a front, in program order, before it happens. PASS, DONE; the others only
 * for fronts with FRONT_CAREFUL (and for FACET_KERNEL accesses). STEP is PASS, with access->step set. Must not run the
 * machine. */
typedef enum facet_verdict emu_access_fn(void *context, struct emu_access *access);
/* Told of each access with `step` once its instruction has retired, before anything else is asked: `attempted` is what
 * was stored or delivered, `backing` what is there now. */
typedef void emu_outcome_fn(void *context, const struct emu_access *access);
void emu_on_access(struct emu *emu, emu_access_fn *ask, void *context);
void emu_on_outcome(struct emu *emu, emu_outcome_fn *outcome); /* with the same context */

/* Lets one front see instruction fetches too, one access per executed instruction of its pages. */
void emu_front_watch_fetches(struct emu *emu, int front, bool on);

/* Backing of a front, resolved through its root. Host pointer to the byte at offset, valid until the machine runs, and
 * *room bytes up to the page's end; NULL: nothing backs it. */
uint8_t *emu_front_backing(struct emu *emu, int front, uint64_t offset, size_t *room);
/* The next front behind this offset of a front's range, and where in it. False: that is the innermost. A kernel that
 * has gone wrong may make a circle of them: nobody goes on further than EMU_NESTING_MAX. */
#define EMU_NESTING_MAX 32
bool emu_front_inner(struct emu *emu, int *front, uint64_t *offset);

/* ---- Time */

/* Bytes of code that have retired in ring 0 and ring 3, requests of the host excluded; in a handler, before the
 * instruction that makes the access. The same in every run with the same input, wherever it is interrupted, stepped or
 * watched. It stands still while nobody needs it: armed by emu_config.clock, or by the kernel (PORT_TIMER). */
uint64_t emu_clock(struct emu *emu);
/* Stops, once, before the first instruction of ring 3 at which the clock has reached that; ~0: never. Only while it is
 * armed. */
void emu_clock_alarm(struct emu *emu, uint64_t at);

/* ---- State */

void emu_regs_get(struct emu *emu, struct facet_regs *regs);
void emu_regs_set(struct emu *emu, const struct facet_regs *regs);
void emu_xmm_get(struct emu *emu, unsigned index, uint8_t bytes[16]); /* index 0 … 15 */
int emu_cpl(struct emu *emu);
uint8_t *emu_ram(struct emu *emu, gpa_t address, size_t size); /* NULL if any byte lies outside RAM */
/* The host has written there: code translated from it is not used again. Only when stopped. */
void emu_ram_changed(struct emu *emu, const void *at, size_t size);
struct debug_block *emu_debug_block(struct emu *emu); /* NULL until the kernel has attached it */

/* Puts a request to the kernel (op and args are in the debug block) and runs it to its answer. Only when stopped. Guest
 * registers and time are as before. FACET_ERR_FAILED: the kernel died of it. */
enum facet_status emu_request(struct emu *emu, struct facet_error *error);

/* What the page tables say, without effect on them. Works for any top-level table. */
struct emu_translation {
    bool present;
    gpa_t page; /* frame or aperture page */
    bool user, write, execute;
};
struct emu_translation emu_translate(struct emu *emu, gpa_t top, gva_t address);

struct emu_stats {
    uint64_t instructions_cpl0, instructions_cpl3; /* 0 unless count_instructions */
    uint64_t fills;                                /* TLB misses served */
    uint64_t flushes;                              /* by the machine itself */
    uint64_t exceptions, syscalls, interrupts;
    uint64_t accesses;                            /* to fronts */
    uint64_t fast_accesses, transactions, aborts; /* of careful pages */
};
struct emu_stats emu_stats(struct emu *emu);

#endif
