/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the files of emu/ share. Nobody outside emu/ includes this (unit tests of emu/ do).
 *
 *   engine.c     version check, start-up self-test, the exception fields inside an engine context
 *   machine.c    create, destroy, registers, small public functions
 *   boot.c       ELF, start info, modules, boot page tables
 *   mmu.c        page walk, TLB-fill hook, TLB growth          coherence.c  code and data frames
 *   trap.c       exceptions and SYSCALL into the guest         instruction.c CPUID, RDTSC
 *   run.c        run loop, stop reasons                        step.c       TF, single step, breakpoints
 *   operand.c    CR2                                           kick.c       emu_interrupt
 *   refuse.c     instructions that ring 3 must not execute      error.c      facet_fail
 *   survive.c    aborts of the engine
 *   device.c     ports, console, debug device                  stream.c     host streams
 *   clock.c      retired code bytes, the timer                 host….c      files of the host
 *   front.c access.c transaction.c …                           accesses to fronts: access.h
 *   checkpoint….c host_save.c archive.c                        saving and loading all of it
 *
 * How a run ends. Hooks never flush and never deliver a fault themselves: they note what is wanted and end the run.
 *
 *   pending   the one reason why the engine must not go on; the state is exactly at the start of an instruction. Set
 *             together with refusing a fill, returning false from a PROT hook, or run_stop() in a hook where that is
 * precise. wants     work for outside the engine that may wait for the end of the block; run_want() sets it and stops
 * the engine soon.
 */
#ifndef FACET_EMU_INTERNAL_H
#define FACET_EMU_INTERNAL_H

#include "archive.h"
#include "emu.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <unicorn/unicorn.h>

#define PAGE_SIZE 4096ul
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define FLAG_TF 0x100ul
#define FLAG_NT 0x4000ul
#define FLAG_RF 0x10000ul
#define FLAG_IF 0x200ul

#define VECTOR_DE 0
#define VECTOR_DB 1
#define VECTOR_BP 3
#define VECTOR_OF 4
#define VECTOR_UD 6
#define VECTOR_DF 8
#define VECTOR_TS 10
#define VECTOR_NP 11
#define VECTOR_SS 12
#define VECTOR_GP 13
#define VECTOR_PF 14

enum pending {
    PENDING_NONE,
    PENDING_FAULT, /* a page fault: fault.va, .access, .error; delivered after access_exit had its say */
    PENDING_TRAP,  /* exception trap.vector with trap.error, at the current instruction */
    PENDING_FLUSH, /* flush the TLB, go on */
    PENDING_FRAME, /* a frame changes between data and code: coherence.c */
    PENDING_RING3, /* ring 3 is about to execute and somebody waits for that */
    PENDING_BREAKPOINT,
    PENDING_SUSPECT,     /* a block with an instruction to be watched was translated: refuse.c */
    PENDING_BROKEN,      /* the engine's translator gave up on the block at RIP: survive.c */
    PENDING_CLOCK,       /* stopped at a block's start, which has not run: clock.c */
    PENDING_DEAD,        /* emu->stop.text says why */
    PENDING_TRANSACTION, /* this and the following belong to access_exit alone; add freely */
    PENDING_SUSPEND,
    PENDING_COMMIT,
    PENDING_ACCESS_STOP,
    PENDING_ACCESS_LAST = PENDING_TRANSACTION + 15,
};

enum want {
    WANT_FLUSH_TLB = 1,
    WANT_FLUSH_TB = 2,
    WANT_RING3 = 4, /* stop when ring 3 is about to execute, or the machine is idle */
};

/* Who uses the trap flag behind the guest's back. */
enum tf_user { TF_STEP = 1, TF_TRANSACTION = 2, TF_FETCH = 4, TF_TIMER = 8, TF_ALARM = 16 };

/* Who needs the clock. */
enum clock_user { CLOCK_HOST = 1, CLOCK_TIMER = 2, CLOCK_READER = 4 };
#define CLOCK_NEVER (~0ul)

enum mmu_result {
    MMU_OK,
    MMU_FAULT, /* #PF */
    MMU_GP,    /* not canonical: #GP or #SS */
    MMU_BUS,   /* a table or page lies neither in RAM nor in the aperture */
};

/* A translated 4 KiB page. */
struct mmu_page {
    uint64_t gpa;              /* frame or aperture page */
    bool user, write, execute; /* what all levels together allow */
    bool dirty;
    uint32_t error; /* MMU_FAULT: the #PF error code */
};

#define FRAME_DATA 0
#define FRAME_CODE 1
#define FRAME_MIXED 2
#define FRAME_DIRTIED 4 /* bit: was code, then written; its translations are stale */

/* The machine's ROM: two pages of microcode (trap.c), then the boot page tables (boot.c). */
#define ROM_GPA 0xff000000ul
#define ROM_BYTES (4 * PAGE_SIZE)
#define ROM_TABLES (2 * PAGE_SIZE)

struct breakpoint {
    uint64_t pc;
    uc_hook hook;
};

struct uart {
    uint8_t ier, lcr, mcr, scratch, dll, dlm, fcr;
};

struct access_state; /* access.c */
struct host;         /* host.h */

struct emu {
    uc_engine *uc;
    uint8_t *ram; /* guest-physical 0 … ram_size */
    uint64_t ram_size;
    uint8_t *rom;
    struct emu_stats stats;
    struct emu_stop stop; /* reason and text of the stop that is being reported */
    bool dead;            /* poweroff, panic, triple fault: cannot run again */

    enum pending pending;
    unsigned wants; /* enum want */
    struct {
        uint64_t va;
        enum access access;
        uint32_t error;
    } fault;
    struct {
        int vector;
        uint32_t error;
        bool has_error;
    } trap;

    struct {                              /* mmu.c */
        uint64_t returns, threshold, cr3; /* see growth_due */
        uint32_t epoch, *touched;
        uint8_t *frame; /* one state per RAM frame */
        uint64_t frame_wanted, frame_va;
        int frame_state;
        bool probing;        /* the engine itself asks, on our behalf: plain answers */
        uint64_t refused_va; /* page and kind of the latest fill */
        enum access refused;
        uint64_t fetches; /* fetch fills: no code is mapped anew without one */
        bool aborting;    /* engine_abort: refuse the next fill whatever it is */
        bool arriving;    /* trap_arrive: refuse the next fetch but of microcode */
        bool nxe;         /* EFER.NXE was seen on */
    } mmu;

    struct { /* trap.c: the delivery that is under way */
        bool active;
        uint64_t cs, ss;     /* selectors to be in force afterwards */
        uc_x86_mmr gdtr, tr; /* the guest's */
    } delivery;

    struct { /* engine.c: exception fields of the processor, found in a saved context */
        uc_context *context;
    } exception;

    struct {                 /* step.c */
        unsigned users;      /* enum tf_user */
        bool guest;          /* the guest's own TF while somebody uses it */
        bool due;            /* it was set when the instruction that has just retired began */
        uint64_t rip;        /* of the instruction that is being stepped */
        uint64_t fetch_page; /* TF_FETCH: the page that is being left */
    } tf;
    bool stepping;     /* inside emu_step */
    bool step_retired; /* a SYSCALL or INT n of ring 3 counts when ring 3 is reached again */
    struct breakpoint *breakpoints;
    size_t breakpoint_count;
    uint64_t breakpoint_skip;   /* execute the instruction here without stopping … */
    bool breakpoint_skip_armed; /* … once */

    struct {                 /* clock.c */
        uint64_t count;      /* bytes, the block at hand included */
        uint64_t limit;      /* count at which the hook has to look closer */
        uint64_t begin;      /* of that block */
        uint32_t size;       /* bytes; 0: it does not count, or is settled */
        bool traced;         /* under TF: one instruction, not counted yet */
        uint64_t rcx;        /* before it */
        uint64_t deadline;   /* of the timer */
        uint64_t since;      /* count when it was armed */
        uint64_t entry;      /* count before the latest SYSCALL */
        bool undone;         /* which starts over */
        uint64_t device;     /* count when a port was used … */
        uint64_t device_rip; /* … by this instruction */
        bool between;        /* the engine leaves between two blocks */
        bool near;           /* the block at RIP would reach the deadline */
        uint64_t alarm;      /* when the host wants a stop */
        bool alarm_near;     /* some block would reach it, or has: from now on ring 3 is stepped */
        unsigned users;      /* enum clock_user */
        bool used;           /* the host wants to know it */
        atomic_bool armed;   /* the hook is there */
        uc_hook hook;
    } clock;

    bool halted;      /* idle: HLT with interrupts on */
    bool ring3_armed; /* refuse the next fetch of ring 3 */
    bool requesting;  /* inside emu_request */
    bool request_done;
    uint32_t event;          /* enum debug_event not yet reported, 0: none */
    atomic_bool interrupted; /* emu_interrupt was called and not yet reported */
    atomic_uint stops;       /* stops asked of the engine; see run.c */
    atomic_bool in_engine;   /* inside uc_emu_start */
    atomic_bool noticed;     /* the run loop knows about `interrupted` */
    atomic_bool stuck;       /* … but ring 3 is not reached */
    atomic_bool quit;        /* ends the kicker */
    pthread_t kicker, runner;
    int kick_stores;
    bool kicker_started;
    sem_t kick;
    int wake_fd; /* eventfd: readable while `interrupted` */

    struct debug_block *debug;
    uint64_t debug_gpa;
    struct uart uart;
    int stream_fd[3], console_fd;
    struct host *host;
    uint64_t tsc;
    uint64_t moved[3]; /* bytes that the guest has got from stream 0, put into 1 and 2 */
    struct {           /* refuse.c */
        struct breakpoint *at;
        size_t count;
        uint64_t found;
    } suspect;
    size_t decoder; /* Capstone's handle; operand.c */

    emu_access_fn *ask;
    emu_outcome_fn *outcome;
    void *ask_context;
    struct access_state *access;
    bool access_stop; /* a kernel copy was told to STOP: due when ring 3 is reached again */
    bool transaction; /* set by transaction.c while one instruction runs captured: every ring-3 data fill goes to
                         access_fill */
};

/* ---- Registers of the stopped engine, or exact inside a hook. About 15 ns each. */
static inline uint64_t reg_get(struct emu *emu, int reg) {
    uint64_t value = 0;
    uc_reg_read(emu->uc, reg, &value);
    return value;
}
static inline void reg_set(struct emu *emu, int reg, uint64_t value) {
    uc_reg_write(emu->uc, reg, &value);
}
static inline uint64_t reg_rip(struct emu *emu) {
    return reg_get(emu, UC_X86_REG_RIP);
}
static inline int reg_cpl(struct emu *emu) {
    return (int)(reg_get(emu, UC_X86_REG_CS) & 3);
}
/* Those words of *regs, by their number; not rflags. */
void regs_get_some(struct emu *emu, uint32_t words, struct facet_regs *regs);
uint64_t reg_rflags(struct emu *emu); /* as the guest may see them: without our TF */

/* ---- run.c */
/* Inside a hook: the engine must not go on, pending says why. Precise only in UC_HOOK_CODE and UC_HOOK_INTR; a fill is
 * refused instead, never stopped. */
void run_stop(struct emu *emu, enum pending why);
/* Inside or outside a hook: work for after this block. */
void run_want(struct emu *emu, unsigned wants);
/* The machine stands between two instructions of ring 3. */
bool run_stands(struct emu *emu);
/* Ends the machine with EMU_STOP_DEAD; the first text wins. In a fill hook refuse as well. */
void run_dead(struct emu *emu, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- kick.c: emu_interrupt */
bool kick_init(struct emu *emu);
void kick_destroy(struct emu *emu);
void kick_stop(struct emu *emu); /* asks the engine to stop; see kick.c for when that is precise */
void kick_engine_left(struct emu *emu);
void kick_acknowledge(struct emu *emu);
/* Sets clock.armed: then the block hook stops the engine, nobody else. */
void kick_by_clock(struct emu *emu, bool armed);

/* ---- clock.c: what makes it exact. All do nothing while it is not armed. */
bool clock_init(struct emu *emu, bool wanted);
void clock_serve(struct emu *emu);    /* PENDING_CLOCK, outside: arms or disarms */
bool clock_alarm(struct emu *emu);    /* between two instructions of ring 3, or idle: is it time? */
bool clock_boundary(struct emu *emu); /* before the engine runs: raises the timer if it is due; true: it did */
void clock_enter(struct emu *emu);
void clock_exit(struct emu *emu);    /* the engine came back, before anything else looks at RIP or changes it */
void clock_retired(struct emu *emu); /* the instruction at hand has retired: #DB, INT n */
void clock_cut(struct emu *emu, uint64_t rip); /* the one at rip has not, and nothing after it */
void clock_syscall(struct emu *emu, uint64_t size);
void clock_undo(struct emu *emu);  /* the kernel was told to undo the system call and to start it over */
void clock_ring3(struct emu *emu); /* the machine stands in ring 3 */
/* In hooks: the count before the instruction at hand, or (exact, where pc is known) before the one at pc. */
uint64_t clock_now(struct emu *emu);
static inline uint64_t clock_at(const struct emu *emu, uint64_t pc) {
    uint64_t done = pc - emu->clock.begin, size = emu->clock.size;
    return emu->clock.count - (!emu->clock.traced && done < size ? size - done : 0);
}
void clock_device(struct emu *emu);
void clock_rearm(struct emu *emu);               /* a machine that was loaded had it armed */
void clock_out(struct emu *emu, uint32_t value); /* PORT_TIMER, in the hook */
uint32_t clock_in(struct emu *emu);

/* ---- mmu.c */
/* Host pointer to physical memory, NULL unless all of it is RAM. */
static inline uint8_t *ram_pointer(struct emu *emu, uint64_t gpa, uint64_t size) {
    return size <= emu->ram_size && gpa <= emu->ram_size - size ? emu->ram + gpa : NULL;
}
static inline bool in_aperture(uint64_t gpa) {
    return gpa >= APERTURE_BASE && gpa - APERTURE_BASE < APERTURE_SIZE;
}
/* What the tables under `top` say about va; no effect, no permission check. MMU_FAULT: not present or reserved bit. */
enum mmu_result mmu_walk(struct emu *emu, uint64_t top, uint64_t va, struct mmu_page *page);
/* An access by the processor in its present state at privilege cpl: permission check, exact error code, sets the A and
 * D bits. The page is as valid as its own TLB entry would be. */
enum mmu_result mmu_access(struct emu *emu, uint64_t va, enum access access, int cpl, struct mmu_page *page);
/* Reads or writes guest-virtual memory as the supervisor, in RAM only (page by page); false: some page is not there,
 * then nothing is written. Code coherence is kept. */
bool mmu_read(struct emu *emu, uint64_t va, void *to, size_t size);
bool mmu_write(struct emu *emu, uint64_t va, const void *from, size_t size);
/* Instruction bytes at va as a fetch at the present privilege would see them, also behind fronts; returns how many of
 * `size` could be read. */
size_t mmu_fetch(struct emu *emu, uint64_t va, uint8_t *to, size_t size);
bool mmu_init(struct emu *emu);
void mmu_flush(struct emu *emu); /* outside the engine only */

/* ---- coherence.c */
/* The host writes RAM behind the engine's back: call for every store that a program could execute later. Inside hooks
 * too. */
void coherence_host_store(struct emu *emu, uint64_t gpa, uint64_t size);
/* Fill of a RAM frame: gives the permissions, or false with PENDING_FRAME. `write`, `execute`: what the tables allow.
 */
bool coherence_fill(struct emu *emu, uint64_t va, enum access access, bool write, bool execute, uc_tlb_entry *entry);
void coherence_exit(struct emu *emu);         /* PENDING_FRAME, outside */
void coherence_forbid_mixed(struct emu *emu); /* outside; translations and TLB are flushed next */

/* ---- trap.c */
/* Delivers through the guest's IDT; the machine stands at the start of an instruction, outside the engine. Never fails:
 * a fault of the delivery becomes #DF, then EMU_STOP_DEAD. */
void trap_raise(struct emu *emu, int vector, bool has_error, uint32_t error);
void trap_page_fault(struct emu *emu); /* emu->fault: sets CR2, raises 14 */
bool trap_init(struct emu *emu);       /* after engine_init */
bool trap_is_microcode(uint64_t va);
/* Puts a fresh machine, whose memory, page tables and descriptor tables are there, in front of that instruction at that
 * privilege level; all other registers come afterwards. False: the processor will not go there. */
struct arrival {
    uint64_t cs, ss, rip, rsp, rflags;
};
bool trap_arrive(struct emu *emu, const struct arrival *at);
void trap_microcode_out(struct emu *emu); /* OUT to PORT_MICROCODE in ring 0 */
/* True if the page belongs to the microcode: then *answer is the fill hook's. */
bool trap_microcode_fill(struct emu *emu, uint64_t va, enum access access, uc_tlb_entry *entry, bool *answer);

/* ---- step.c */
/* The trap flag for machine purposes. Between acquire and release every retired instruction gives INTR 1, and neither
 * PUSHF (RAM stack), SYSCALL nor a delivered frame show it. Outside the engine or in the INTR hook only. */
void tf_acquire(struct emu *emu, enum tf_user user);
void tf_release(struct emu *emu, enum tf_user user);
/* Called in the INTR hook for vector 1; keeps the books about the guest's own TF. */
void tf_retired(struct emu *emu);
void tf_settle(struct emu *emu, bool loaded); /* the same in a transaction; loaded: RFLAGS from memory (POPF, IRET) */
void tf_drop(struct emu *emu);                /* a trap is being delivered: nobody uses TF any more */
/* INTR hook, vector 1 in ring 3 while the machine itself single-steps. True: dealt with. */
bool step_debug_exception(struct emu *emu);
/* emu->fault of a fetch: true if the instructions before it must run first (resume, it will come again). */
bool step_to_page_border(struct emu *emu);
void step_in_page(struct emu *emu);      /* TF_FETCH until this page is left or a trap comes */
void step_begin(struct emu *emu);        /* emu_step is under way and ring 3 is about to execute */
void breakpoint_again(struct emu *emu);  /* the instruction at RIP did not retire: its breakpoint is not asked again */
void breakpoint_passed(struct emu *emu); /* an instruction has retired behind it; the next at that address, perhaps of
                                          * another process, is asked */
void breakpoint_resume(struct emu *emu); /* execution starts at RIP: a breakpoint there has had its say */
/* PUSHF at the instruction that is being stepped: the value stored must not show our TF. True if it must be masked. */
/* (May be called whether or not anybody uses TF.) */
bool tf_hidden_in_pushf(struct emu *emu);
/* transaction.c, after a commit: one instruction of ring 3 has retired without #DB reaching the run loop (single step
 * and the guest's own TF are served). Outside the engine. */
void step_commit(struct emu *emu);

/* ---- engine.c */
/* version as uc_version gives it. */
enum facet_status engine_check_version(unsigned version, struct facet_error *error);
enum facet_status engine_self_test(struct facet_error *error); /* once per process */
/* Of the exception that the INTR hook reports. Clears old_exception, which the engine never does. */
struct engine_exception {
    uint32_t error;
    bool software;     /* INT n, INT3, INTO */
    uint64_t next_rip; /* software only */
};
struct engine_exception engine_exception_take(struct emu *emu);
uc_engine *engine_open(struct facet_error *error); /* model, buffer, virtual TLB, exits */
bool engine_init(struct emu *emu);
void engine_hook_remove(struct emu *emu, uc_hook hook); /* a code hook; the machine stands still */
/* In an instruction hook (IN, OUT): leaves the engine at once, with nothing of the instruction done; pending is set.
 * Does not return. */
_Noreturn void engine_abort(struct emu *emu, enum pending why);

/* ---- operand.c: the exact address of emu->fault, whose page alone is known */
/* In the fill hook: does the instruction at RIP, which loads a selector, read the descriptor at va? The engine does
 * that with the program's privilege level, the processor as supervisor. */
bool operand_is_descriptor(struct emu *emu, uint64_t va);
uint64_t operand_fault_address(struct emu *emu);
/* Bytes of the instruction, 0: not one. */
size_t operand_instruction_size(struct emu *emu, const uint8_t *code, size_t size, uint64_t va);
void operand_destroy(struct emu *emu);

/* ---- boot.c, device.c, stream.c, host.c, instruction.c */
/* A machine with nothing in it. */
enum facet_status machine_create(const struct emu_config *config, struct emu **emu, struct facet_error *error);
/* Are these control registers ones that a kernel under boot_load can have? */
bool boot_mode_possible(uint64_t cr0, uint64_t cr4, uint64_t efer);
enum facet_status boot_load(struct emu *emu, const struct emu_config *config, struct facet_error *error);
bool device_init(struct emu *emu);
void stream_serve(struct emu *emu, uint64_t request_gpa);
/* Refuses grants that cannot be kept: a name that is none, a host without openat2. */
enum facet_status host_init(struct emu *emu, const struct emu_config *config, struct facet_error *error);
void host_destroy(struct emu *emu);
void host_serve(struct emu *emu, uint64_t request_gpa);
/* host_save.c: open files. Loading opens them again, beneath the grants of a machine just created. */
void host_save(struct emu *emu, struct archive *to);
enum facet_status host_load(struct emu *emu, struct archive *from, struct facet_error *error);
bool instruction_init(struct emu *emu);
void survive_init(void);
uc_err survive_start(struct emu *emu); /* uc_emu_start, from RIP on */
void survive_exit(struct emu *emu);    /* PENDING_BROKEN, outside */
bool refuse_init(struct emu *emu);
void refuse_exit(struct emu *emu); /* PENDING_SUSPECT, outside */

/* ==== Implemented by access.c and transaction.c, called by the core ============================================ */

bool access_init(struct emu *emu); /* maps the aperture, adds its PROT hooks; false: the engine refused */
void access_destroy(struct emu *emu);
/* A TLB fill of ring 3 whose permissions are already checked. Called when the page lies in the aperture, and for each
 * data page when emu->transaction is set (RAM included).
 *   load, store  answer entry->paddr = a private slot address in the aperture and perms (READ, or READ|WRITE if both
 *                page->write and page->dirty or the access is a store), or false with pending set
 *   fetch        answer entry->paddr = the RAM frame that backs the page (perms are then set by the core: execute
 * only), or false with pending set */
bool access_fill(struct emu *emu, uint64_t va, enum access access, const struct mmu_page *page, uc_tlb_entry *entry);
/* A data fill of ring 3 of a page of ordinary memory, outside of a transaction: is it to go to access_fill as well? */
bool access_border(struct emu *emu, uint64_t va);
/* INTR hook within a transaction: #DB commits it, any other exception ends it. Stops the engine, with pending set,
 * unless the program simply goes on. */
void access_intr(struct emu *emu, uint32_t vector);
/* Before each execution of an instruction whose operand the engine moves in pieces that can't be stopped: if it touches
 * a front, the engine is stopped and the instruction becomes a transaction. */
void access_pieces(struct emu *emu, uint64_t pc);
/* Immediately before uc_emu_start: begins the transaction that access_exit found necessary. */
void access_enter(struct emu *emu);
/* After uc_emu_start returned, first of all, whatever pending is. */
enum exit_action {
    EXIT_UNCLAIMED, /* the core deals with pending and err; a transaction, if any, has been undone */
    EXIT_RESUME,    /* dealt with (context restored, TLB flushed, trap raised as necessary): run on */
    EXIT_STOP,      /* emu->stop is filled: return it */
};
enum exit_action access_exit(struct emu *emu, uc_err err);
void access_forget(struct emu *emu);      /* registers or memory were changed from outside: the answer log dies */
void access_answer(struct emu *emu);      /* DEBUG_PORT_ANSWER */
void access_kernel_copy(struct emu *emu); /* DEBUG_PORT_COPY: debug->copy asks, answer there. Inside a hook */
/* Host pointer to the RAM byte behind an aperture address, or NULL. *room: bytes up to the page's end. */
uint8_t *access_backing(struct emu *emu, uint64_t aperture, size_t *room);
void access_visit(struct emu *emu, struct archive *archive); /* checkpoint_access.c */
/* In a fill of ring 3 that is to be refused: the instruction becomes a transaction. False: this one can't. */
bool access_capture(struct emu *emu, uint64_t va, enum access kind);

#endif
