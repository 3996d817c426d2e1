/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Accesses to fronts: what front.c, access.c, transaction.c, answers.c, fetch.c and copy.c share.
 *
 * A page of a front never enters the engine's TLB under its own address. Its fill answers a *slot*: a private page of
 * the aperture, above all fronts, whose number finds everything that an access needs. The slot region has no
 * permissions in the engine, so its PROT hook fires once for each architectural access, before the engine moves any
 * byte; the MMIO callbacks that follow serve the bytes of a load and ignore those of a store.
 *
 *   fast page      one PROT event is one access, answered on the spot
 *   border page    ordinary memory in front of a front's page: a slot as well, so that no byte of an access that runs
 *                  into the front moves before the whole has been answered
 *   careful page   the same for instructions that can be cut exactly where their access is refused: what was answered
 * is kept, and they run again as a transaction. The others run as a transaction from the beginning, in which *every*
 * data page is a slot
 *
 *   APERTURE_BASE           + FRONT_MAX << FRONT_SHIFT          + SLOTS pages
 *   |  ranges of the fronts | slots of fast pages (by gva)      | slots of the transaction |
 */
#ifndef FACET_EMU_ACCESS_H
#define FACET_EMU_ACCESS_H

#include "decode.h"
#include "internal.h"

#include <string.h>

#define SLOT_BASE (APERTURE_BASE + ((uint64_t)FRONT_MAX << FRONT_SHIFT))
#ifdef FACET_DEBUG
#define FAST_SLOTS 32u /* small, so that tests reach exhaustion */
#else
#define FAST_SLOTS 8192u
#endif
#define TX_SLOTS 64u /* data pages of one instruction */
#define SLOT_COUNT (FAST_SLOTS + TX_SLOTS)

#define FACET_FLAGS (FACET_RMW | FACET_ATOMIC) /* those that the instruction decides, equal to enum decode_flag's */
#define PIECE_MAX 8                            /* bytes in one event of the engine */
#define PAIR_MAX 16                            /* bytes in one access of the inline path */
#define STORES_MAX 160                         /* events of one instruction: FXSAVE makes about 100 */
#define ANSWERS_MAX 320
#define RING_SIZE 256 /* a power of two, at least STORES_MAX */
#define PLAIN 8192u   /* pages of ordinary memory remembered */
#define DECODED 4096u /* instructions remembered */
#define BLOCKS_FIRST (1ul << 20)
#define LOGS 64 /* processes suspended within an instruction */

/* A page of memory behind all fronts. */
struct target {
    int front;       /* outermost; -1: ordinary memory */
    uint64_t offset; /* of the page in the front's range */
    uint64_t gpa;    /* frame; meaningless when host is NULL */
    uint8_t *host;   /* of the page's first byte; NULL: no RAM behind it */
    bool write;      /* what page table and roots together allow */
    bool careful;    /* a front on the way may refuse, suspend or stop; or it is a hole */
    bool nested;     /* there are several fronts on the way */
    bool hole;       /* and nothing behind them */
    bool message;    /* a front on the way asks a process … */
    bool fetches;    /* … of fetches, too */
};

struct slot {
    uint64_t va; /* of the page */
    struct target target;
    bool used;
    bool plain_store; /* a store may be done on the spot: allowed, and the frame holds no code */
    /* enum decode_flag: instructions with one of these … */
    uint16_t captured;              /* may not be served here */
    uint16_t slow_load, slow_store; /* need a closer look first */
};

/* Reasons why the inline path has to look closer; 0 in the common case. */
enum special {
    SPECIAL_TRANSACTION = 1, /* an instruction runs captured */
    SPECIAL_SWALLOW = 2,     /* byte stores of an unaligned store follow */
    SPECIAL_ENDING = 4,      /* an event was refused, the engine is on its way out */
    SPECIAL_LOG = 8,         /* some process is suspended within an instruction */
};

/* One access as it was answered. */
struct answer {
    uint64_t va;
    uint16_t size;
    uint8_t kind, verdict;
    uint64_t step;           /* emu_access.step */
    uint8_t bytes[PAIR_MAX]; /* loads: what was delivered; stores: what is stored. Of a wider one answer_bytes() */
};

/* The answered accesses of an instruction that has not retired. It lives while the process stands before that
 * instruction with the same registers. */
struct answer_log {
    bool live;
    bool stopped;    /* the next access is the one at which the process stopped */
    bool blocked;    /* … or was blocked */
    uint64_t ticket; /* not 0: the kernel was told of an access of it */
    bool retiring;   /* it said STEP to one */
    bool fetched;    /* everybody has been asked about the fetch of the instruction, which is to be a transaction */
    bool host;       /* stopped: by the host, not by the kernel */
    unsigned asking; /* the part of the next access that the kernel was told of last */
    struct {
        bool answered; /* by the kernel */
        uint8_t verdict;
        uint64_t code;                        /* FAULT */
        uint64_t done[FACET_ACCESS_MAX / 64]; /* bits: answered with DONE */
        uint8_t bytes[FACET_ACCESS_MAX];
    } part[2];
    uint64_t stamp;
    uint64_t cr3;
    struct facet_regs regs;
    unsigned count;
    uint8_t wide[2][FACET_ACCESS_MAX]; /* the one load, the one store of more than PAIR_MAX bytes */
    struct answer answer[ANSWERS_MAX];
};

struct ring_entry {
    uint64_t pc;
    struct answer answer;
};

struct pending_store {
    uint64_t va;
    unsigned size;
    bool answered;  /* on the inline path, before the transaction */
    bool swallowed; /* DONE */
    bool replaced;  /* by the handler, all bytes of it */
    uint8_t *bytes; /* as attempted; once answered, as to be stored: piece, or the wide operand's */
    uint8_t piece[PIECE_MAX];
    int parts;
    struct target target[2];
};

/* An access whose outcome is to be told. */
struct stepped {
    unsigned answer; /* its number in the log */
    int parts;
    struct target target[2];
};

/* The operand that the engine moves in several pieces (decoded.wide), joined again. */
struct wide {
    unsigned size; /* 0: the instruction has none */
    uint64_t va;
    bool loaded; /* `load` is what the instruction gets */
    int store;   /* index of its pending store, -1: none yet */
    uint8_t load[FACET_ACCESS_MAX], bytes[FACET_ACCESS_MAX];
    bool stored[FACET_ACCESS_MAX]; /* FXSAVE and MASKMOV leave some bytes alone */
};

struct transaction {
    bool wanted; /* to begin before the engine runs again, if it stands at wanted_pc in ring 3 */
    uint64_t wanted_pc;
    bool active;
    uint64_t pc, cr3;
    unsigned flags; /* enum decode_flag */
    uc_context *context;
    unsigned slots, stores;
    unsigned asked;        /* stores so far for which a verdict is there */
    unsigned answered;     /* accesses so far that are in the log */
    int hole;              /* of VERDICT_HOLE, the part */
    struct answer_log log; /* the working copy */
    uint64_t refused_va;   /* what the inline path could not do */
    enum access refused;
    bool refused_page;  /* a fill was refused: refused_va is only as exact as its page */
    bool ring_started;  /* the first access before the cut has been found */
    unsigned ring_left; /* entries at the ring's end that may precede the cut */
    struct pending_store store[STORES_MAX];
    unsigned steps;
    struct stepped step[ANSWERS_MAX];
    enum decode_apart apart; /* still to be checked */
    uint64_t apart_va;
    unsigned apart_size;
    struct {
        unsigned level;
        uint64_t rsp, rbp;
    } frame; /* of ENTER */
    struct wide wide;
};

struct access_state {
    struct emu *emu;
    struct slot slot[SLOT_COUNT]; /* first: what the inline path touches */
    unsigned special;             /* enum special */
    unsigned swallow;             /* byte stores to come */

    struct {                 /* the load whose pieces the engine is about to fetch */
        unsigned left;       /* bytes */
        uint64_t address;    /* of the load's first byte in the slot region */
        const uint8_t *from; /* that byte; up to PIECE_MAX on both sides may be read */
        uint64_t va;         /* of the first byte; in a transaction, where a load may cover two slots */
        unsigned size;
    } load;
    uint8_t loaded[3 * PIECE_MAX]; /* by a transaction; the middle third */
    struct {                       /* an operand of two halves, of which the upper one is to come; va 0: none */
        uint64_t pc, va;           /* of that half */
        enum access kind;
        const uint8_t *from;     /* loads: that half */
        uint8_t bytes[PAIR_MAX]; /* stores */
    } pair;
    struct { /* a page that allowed what an instruction does apart from its first load */
        uint64_t va;
        enum decode_apart kind;
        uint32_t epoch;
        uint64_t entries;       /* of ring 0 */
        unsigned end;           /* ring_end behind the latest load on a careful page … */
        struct facet_regs regs; /* … and the registers then */
    } apart;
    uint8_t reply_room[3 * FACET_ACCESS_MAX]; /* the middle third is emu_access.reply */
    uint8_t backing[FACET_ACCESS_MAX];
    bool answered[FACET_ACCESS_MAX]; /* emu_access.answered */

    struct emu_access access; /* of the inline path: one part, that starts at 0 */
    struct decoder *decoder;
    struct decoded decoded[DECODED]; /* cache, by pc */
    unsigned ring_end, ring_count;   /* entries ever, entries that count */
    struct ring_entry ring[RING_SIZE];

    unsigned fast_used; /* slots */
    bool fronts_seen;   /* some page of a front has been filled */
    struct {
        uint64_t va;
        uint32_t epoch;
    } plain[PLAIN];      /* pages in the engine's TLB as what they are, by va; valid when epoch is emu.mmu.epoch */
    uint32_t plain_lost; /* the epoch in which an entry had to make room */
    struct transaction tx;
    bool cut; /* tx.log is what the inline path was told of the instruction that it refuses */
    struct answer_log logs[LOGS];
    uint64_t stamp, last_ticket;
    /* At each event the engine searches the instruction among all that it has translated: a fifth of a pass for what
     * the boot and the program's start leave behind. So that is dropped before the first fast access, and again after
     * so many; the distance grows, what is in use is soon translated again. */
    uint64_t blocks_due;

    struct {                            /* fetch.c */
        uint8_t watched[FRONT_MAX / 8]; /* bit map of fronts */
        int count;                      /* of them, and one if `served` */
        bool served;                    /* code has been met that processes are asked about */
        uc_hook hook;
        uint64_t page, generation; /* target is what this page was, when that was emu.mmu.fetches */
        struct target target;
        uint64_t pc;    /* of the latest access */
        bool told;      /* it was answered */
        bool stopped;   /* or stopped */
        bool restarted; /* the engine came back before or within that instruction */
        uint64_t step;  /* it runs as a transaction, and then the outcome of its fetch is told */
        struct emu_access access;
        uint8_t code[DECODE_BYTES_MAX];
    } fetch;
    struct { /* VECTOR_FRONT to be raised */
        enum front_trap reason;
        enum access kind;
        uint64_t va, front, offset, code;
    } trap;
    struct { /* a kernel copy that stopped */
        bool live;
        uint64_t cr3, pc, front, offset;
        enum access kind;
    } copy;
};

enum {
    PENDING_FRONT_TRAP = PENDING_TRANSACTION + 4, /* state->trap */
    PENDING_SLOTS,                                /* no slot left */
    PENDING_BLOCKS,                               /* translations are dropped: blocks_due */
    PENDING_FETCHES,                              /* instructions that processes are to be asked about: fetch_serve */
};

/* ---- front.c */
enum front_result { FRONT_OK, FRONT_HOLE };
/* The live front whose range holds the aperture address, or NULL. */
struct front *front_at(struct emu *emu, uint64_t aperture, int *index);
/* Follows fronts from an aperture page to the frame. FRONT_HOLE: *target tells the front and offset that has no entry.
 * `write` is what the page table that named the aperture page allows. */
enum front_result front_resolve(struct emu *emu, uint64_t aperture, bool write, struct target *target);
/* Any page that mmu_walk or mmu_access gave: behind fronts or plain. */
enum front_result page_resolve(struct emu *emu, const struct mmu_page *page, struct target *target);
/* size bytes at va, which lie in one page (parts == 1) or two. What no RAM backs reads as 0 and makes it false. */
bool target_read(const struct target *target, int parts, uint64_t va, unsigned size, uint8_t *bytes);
void target_write(struct emu *emu, const struct target *target, int parts, uint64_t va, unsigned size,
                  const uint8_t *bytes); /* with code coherence; inside hooks too */

/* ---- known.c */
const struct decoded *access_decode_again(struct access_state *state, struct decoded *decoded, uint64_t pc);
/* What instruction stands at pc; the code must be mapped, as it is while it executes. */
static inline const struct decoded *access_decode(struct access_state *state, uint64_t pc) {
    struct decoded *decoded = &state->decoded[(pc ^ pc >> 12) % DECODED];
    if (decoded->pc == pc && decoded->generation == state->emu->mmu.fetches &&
        (decoded->code == NULL || memcmp(decoded->code, decoded->bytes, decoded->size) == 0))
        return decoded;
    return access_decode_again(state, decoded, pc);
}

/* ---- inline.c */
/* The engine's PROT hook: one access, before any byte has moved. */
bool access_on_event(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value, void *user);
/* Its MMIO read: a piece of a load. Stores have none: they are performed at their event, or swallowed. */
uint64_t access_on_piece(uc_engine *uc, uint64_t offset, unsigned size, void *user);
/* What a store puts into memory, of what the engine's hook says. */
uint64_t access_store_value(struct emu *emu, unsigned flags, uint64_t value, unsigned size);

/* A verdict that the front's flags do not allow: the kernel has changed them, and the machine is dead. What is done
 * with the access does not matter any more: PASS. */
enum facet_verdict access_verdict_lost(struct access_state *state, enum facet_verdict verdict, int front);
/* Ends the run before the access and makes the instruction a transaction. For `return`: refuses. */
bool access_refuse(struct access_state *state, uint64_t va, enum access kind, bool page);
/* Notes VECTOR_FRONT. For `return`: refuses. */
bool access_trap(struct access_state *state, enum front_trap reason, enum access kind, uint64_t va, int front,
                 uint64_t offset, uint64_t code);

/* ---- access.c */
void access_time(struct emu *emu, struct emu_access *access); /* fills access->clock */
static inline enum facet_verdict access_ask(struct access_state *state, struct emu_access *access) {
    struct emu *emu = state->emu;
    emu->stats.accesses++;
    if (__builtin_expect(emu->clock.used, 0))
        access_time(emu, access);
    return emu->ask != NULL ? emu->ask(emu->ask_context, access) : FACET_PASS;
}
static inline void access_outcome(struct access_state *state, const struct emu_access *access) {
    if (access->step != 0 && state->emu->outcome != NULL)
        state->emu->outcome(state->emu->ask_context, access);
}
static inline uint8_t *access_reply(struct access_state *state) {
    return state->reply_room + FACET_ACCESS_MAX;
}
/* The bytes that a passed store leaves. */
static inline const uint8_t *access_stored(const struct emu_access *access) {
    return access->replaced ? access->reply : access->attempted;
}
/* Fills what describes an access of one or two pages (flags: enum facet_access_flag); attempted, backing, reply and
 * again are the caller's. */
void access_describe(struct emu_access *access, enum facet_kind kind, unsigned flags, uint64_t va, unsigned size,
                     uint64_t pc, const struct target *target, int parts);
/* The page of an access by ring 3 at va, checked for it as the processor would. False: pending is set. */
bool access_denied(struct access_state *state, uint64_t va, enum access kind); /* #PF; for `return`: refuses */
bool access_page(struct access_state *state, uint64_t va, enum access kind, struct target *target);
void access_slots_reset(struct access_state *state); /* after a flush only */
/* May this page be in the TLB of ring 3 as ordinary memory, unseen? */
bool access_plain(const struct access_state *state, uint64_t va);
void access_special(struct access_state *state, unsigned bits, bool on);

/* ---- transaction.c */
void transaction_begin(struct access_state *state);
bool transaction_fill(struct access_state *state, uint64_t va, const struct target *target, uc_tlb_entry *entry);
bool transaction_load(struct access_state *state, struct slot *slot, uint64_t address, unsigned size);
bool transaction_store(struct access_state *state, struct slot *slot, unsigned offset, unsigned size, uint64_t value);
bool transaction_commit(struct access_state *state); /* INTR hook, vector 1; false: pending says why not */
/* Still in the hook: nothing else has to be done, the engine may execute the next instruction. False: it is to stop. */
bool transaction_goes_on(struct access_state *state);
void transaction_committed(struct access_state *state); /* outside */
void transaction_abort(struct access_state *state);     /* outside; the log is kept */
/* What the inline path has asked (state->access) must not go on there: keeps the answers for the transaction that the
 * instruction becomes, now or once it starts again. bytes: as delivered, or to be stored. For `return`: refuses. */
bool transaction_instead(struct access_state *state, enum facet_verdict verdict, const uint8_t *bytes);

/* ---- reach.c */
void reach_begin(struct access_state *state); /* notes what instruction stands at tx.pc; flushes if it has to */
/* Before anybody is asked: may the instruction make the accesses that it makes elsewhere? False: pending is set. */
bool reach_allowed(struct access_state *state);

/* ---- message.c */
#define VERDICT_TRAPPED ((enum facet_verdict)(FACET_STOP + 1)) /* pending is set */
#define VERDICT_HOLE ((enum facet_verdict)(FACET_STOP + 2))    /* it passes, to where nothing is */
static inline bool verdict_at_hole(const struct target *target, enum facet_verdict verdict) {
    return target->hole && (verdict == FACET_PASS || verdict == FACET_STEP);
}
static inline bool verdict_refuses(enum facet_verdict verdict) {
    return verdict == FACET_FAULT || verdict >= FACET_BLOCK;
}
/* Before the host is asked: has the kernel answered all parts that have such a front? False: it is told of the next,
 * and the transaction ends. */
bool message_ask(struct access_state *state, const struct emu_access *access);
/* Would somebody be asked? */
bool message_serves(struct emu *emu, const struct emu_access *access);
/* Bytes from `start` on that are answered: into access->answered and reply. */
void message_done(struct access_state *state, struct emu_access *access, uint32_t start, uint32_t size,
                  const uint64_t *done, const uint8_t *bytes);
/* The same of all that the kernel has answered. */
void message_answers(struct access_state *state, struct emu_access *access);
/* Those bytes stay so, whatever the host has said of the others. */
void message_merge(struct emu_access *access, enum facet_verdict *verdict);
/* The next access is another one. */
static inline void message_forget(struct answer_log *log) {
    log->part[0].answered = log->part[1].answered = false;
}
void message_retired(struct access_state *state); /* the transaction is committed; may raise a trap */

/* ---- fetch.c */
void fetch_exit(struct access_state *state); /* the engine came back */
void fetch_forget(struct access_state *state);
void fetch_serve(struct access_state *state);   /* from now on the engine calls for every instruction */
void fetch_outcome(struct access_state *state); /* the transaction has retired */

/* ---- answers.c */
void ring_note(struct access_state *state, uint64_t pc, enum facet_kind kind, uint64_t va, unsigned size,
               enum facet_verdict verdict, const uint8_t *bytes); /* size: at most PAIR_MAX */
bool ring_ends_at(struct access_state *state, uint64_t pc);
bool ring_ends_with_load(struct access_state *state, uint64_t pc);
/* The load that the instruction of state->access, a store, has been asked for; NULL: none. */
const struct answer *ring_load(struct access_state *state);
/* For each access of a transaction in its turn, fronted or not. */
void ring_pass(struct access_state *state, enum access kind, uint64_t va, unsigned size);
/* Is this access of the transaction one that the inline path had answered? */
const struct answer *ring_take(struct access_state *state, enum facet_kind kind, uint64_t va, unsigned size);
/* The log that waits for this instruction becomes the transaction's, if the registers are the same. */
void log_reset(struct access_state *state); /* the working copy: nothing answered yet */
void log_adopt(struct access_state *state);
void log_keep(struct access_state *state);               /* after an abort */
bool log_waits(struct access_state *state, uint64_t pc); /* in this address space */
void log_clear(struct access_state *state);
const struct answer *log_next(struct access_state *state, enum facet_kind kind, uint64_t va, unsigned size);
/* Of an answer in the transaction's log. */
const uint8_t *answer_bytes(const struct access_state *state, const struct answer *answer);
void log_add(struct access_state *state, enum facet_kind kind, uint64_t va, unsigned size, enum facet_verdict verdict,
             const uint8_t *bytes, uint64_t step);

#endif
