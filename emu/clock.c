/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The clock: bytes of code that have retired, in ring 0 and ring 3; and the timer that it drives. What a debugger asks
 * of the kernel (emu_request) takes no time, nor does the machine's own microcode.
 *
 * Unlike a count of blocks, a count of bytes does not depend on where runs are cut. The engine calls at the start of
 * each block, and its bytes are counted in advance:
 *
 *   begin                RIP                     end
 *     |-------------------|-----------------------|       a run that ends here has counted end - RIP too much
 *
 *   between blocks        a refused fetch, a translation given up: the block before has run to its end, nothing is too
 * much under TF              (single step, transaction, page border) a block is one instruction, which may come several
 * times before it retires: it is counted when its #DB comes rep                   each pass is a block; free-running,
 * the engine makes one more to find the count at zero. Under TF it does not, so that pass is added code that stores the
 * engine would throw away the block in the middle, unseen. While the clock is armed there are no into its own page
 * MIXED frames (coherence.c): such a store is a transaction undone system calls   (a copy that stopped, a stream that
 * was interrupted) go back to where the SYSCALL began
 *
 * It costs a call for each block, so it is armed only when somebody wants it. Then emu_interrupt is noticed here as
 * well, at a block's start, where a stop is always precise.
 *
 * The timer raises VECTOR_TIMER at the first instruction that may be interrupted once the deadline is reached: the
 * block that would reach it is stopped before it begins, and TF steps on from there.
 */
#include "internal.h"

#define KEEP_BYTES (4ul << 20) /* hooked at least so long: to switch costs the translation of everything in use */
#define OPCODE_STI 0xfb
#define FLAG_ZF 0x40ul

/* ---- Counting */

uint64_t clock_now(struct emu *emu) {
    return emu->clock.size ? clock_at(emu, reg_rip(emu)) : emu->clock.count;
}

uint64_t emu_clock(struct emu *emu) {
    return clock_now(emu);
}

static void block_forget(struct emu *emu) {
    emu->clock.size = 0;
    emu->clock.traced = false;
}

/* Index of the opcode behind prefixes if the instruction is a repeated string instruction, else -1. */
static int rep_opcode(const uint8_t *code, size_t size, bool *short_count) {
    bool rep = false;
    *short_count = false;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = code[i];
        rep |= byte == 0xf2 || byte == 0xf3;
        *short_count |= byte == 0x67;
        if ((byte & 0xfc) == 0xa4 || (byte >= 0xaa && byte <= 0xaf) || (byte & 0xfc) == 0x6c)
            return rep ? (int)i : -1;
        bool prefix = byte == 0xf2 || byte == 0xf3 || (byte >= 0x64 && byte <= 0x67) || (byte & 0xe7) == 0x26 ||
                      (byte & 0xf0) == 0x40;
        if (!prefix)
            return -1;
    }
    return -1;
}

/* The instruction that has just retired under TF is a rep that ended by its count, not by a comparison. */
static bool rep_ran_out(struct emu *emu) {
    uint8_t code[15];
    bool short_count;
    uint64_t size = emu->clock.size;
    uint64_t after = reg_get(emu, UC_X86_REG_RCX), before = emu->clock.rcx;
    if ((after & 0xffffffff) || !before || reg_rip(emu) != emu->clock.begin + size || size > sizeof code)
        return false;
    if (mmu_fetch(emu, emu->clock.begin, code, size) != size)
        return false;
    int at = rep_opcode(code, size, &short_count);
    uint64_t mask = short_count ? 0xffffffff : ~0ul;
    if (at < 0 || (after & mask) || !(before & mask))
        return false;
    bool compares = (code[at] & 0xf6) == 0xa6;
    if (!compares)
        return true;
    bool repnz = false; /* the last of the two counts */
    for (int i = 0; i < at; i++)
        repnz = code[i] == 0xf2 || (repnz && code[i] != 0xf3);
    return ((reg_get(emu, UC_X86_REG_EFLAGS) & FLAG_ZF) == 0) == repnz;
}

void clock_retired(struct emu *emu) {
    if (emu->clock.traced) {
        emu->clock.count += emu->clock.size;
        if (!emu->tf.due && rep_ran_out(emu)) /* under the guest's own TF it would not make that pass either */
            emu->clock.count += emu->clock.size;
    }
    block_forget(emu);
}

void clock_cut(struct emu *emu, uint64_t rip) {
    bool again =
        emu->clock.device == emu->clock.count && rip <= emu->clock.device_rip; /* it has run to its end and jumped */
    if (!emu->clock.traced && !again)
        emu->clock.count = clock_at(emu, rip);
    block_forget(emu);
}

void clock_exit(struct emu *emu) {
    uint64_t rip;
    if (!emu->clock.armed)
        return;
    if (!emu->clock.between) {
        rip = reg_rip(emu);
        if (emu->clock.traced && rip == emu->clock.begin + emu->clock.size &&
            emu->pending == PENDING_NONE) /* HLT has no #DB */
            emu->clock.count += emu->clock.size;
        clock_cut(emu, rip);
    }
    emu->clock.between = false;
    block_forget(emu);
}

/* ---- The engine's call at each block's start */

/* May an interrupt come before the instruction at rip? Not in the shadow of STI, so that STI; HLT loses no wake-up. */
static bool interruptible(struct emu *emu, uint64_t rip) {
    uint8_t before = 0;
    if (!(reg_get(emu, UC_X86_REG_EFLAGS) & FLAG_IF))
        return false;
    return reg_cpl(emu) == 3 || mmu_fetch(emu, rip - 1, &before, 1) != 1 || before != OPCODE_STI;
}

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* Count at which a block has to be looked at. */
static uint64_t next_limit(const struct emu *emu) {
    uint64_t alarm = emu->clock.alarm_near ? CLOCK_NEVER : emu->clock.alarm;
    uint64_t kept = emu->clock.users ? CLOCK_NEVER : emu->clock.since + KEEP_BYTES;
    return least(least(alarm, emu->clock.deadline), kept);
}

static void stop_here(struct emu *emu) {
    block_forget(emu);
    run_stop(emu, PENDING_CLOCK);
}

/* Whatever is not the common case: clock.limit is 0, or reached, or somebody interrupts. */
static __attribute__((noinline)) void block_unusual(struct emu *emu, uint64_t address, uint32_t size) {
    if (trap_is_microcode(address)) {
        block_forget(emu);
        return;
    }
    if (atomic_load(&emu->interrupted) && !atomic_load(&emu->noticed)) {
        stop_here(emu);
        return;
    }
    if (emu->requesting) {
        block_forget(emu);
        return;
    }
    emu->clock.begin = address;
    emu->clock.size = size;
    if (emu->tf.users) { /* counted when it retires */
        emu->clock.traced = true;
        emu->clock.rcx = reg_get(emu, UC_X86_REG_RCX);
        return;
    }
    if (emu->clock.count + size >= emu->clock.alarm && !emu->clock.alarm_near) {
        emu->clock.alarm_near = true;
        stop_here(emu);
        return;
    }
    if (!emu->clock.users && emu->clock.count >= emu->clock.since + KEEP_BYTES) { /* nobody has wanted it again */
        stop_here(emu);
        return;
    }
    emu->clock.limit = next_limit(emu);
    if (emu->clock.count + size >= emu->clock.deadline && interruptible(emu, address)) {
        emu->clock.near = true;
        stop_here(emu);
        return;
    }
    emu->clock.count += size;
}

/* Whenever something of this changes the run ends, but for the deadline and the end of a delivery. */
void clock_enter(struct emu *emu) {
    emu->clock.limit = emu->tf.users || emu->requesting || emu->delivery.active ? 0 : next_limit(emu);
}

static void on_block(uc_engine *uc, uint64_t address, uint32_t size, void *data) {
    struct emu *emu = data;
    uint64_t count = emu->clock.count + size;
    (void)uc;
    if (__builtin_expect(count >= emu->clock.limit || atomic_load_explicit(&emu->interrupted, memory_order_relaxed),
                         0)) {
        block_unusual(emu, address, size);
        return;
    }
    emu->clock.count = count;
    emu->clock.begin = address;
    emu->clock.size = size;
}

/* A port is being used, so this instruction retires; the engine may be told to stop, and leave when the block is
 * through. */
void clock_device(struct emu *emu) {
    if (!emu->clock.size)
        return;
    emu->clock.device = emu->clock.count;
    emu->clock.device_rip = reg_rip(emu);
}

/* ---- The timer */

void emu_clock_alarm(struct emu *emu, uint64_t at) {
    emu->clock.alarm = at;
    emu->clock.alarm_near = false;
}

bool clock_alarm(struct emu *emu) {
    if (emu->clock.alarm == CLOCK_NEVER)
        return false;
    if (emu->clock.count >= emu->clock.alarm) {
        emu_clock_alarm(emu, CLOCK_NEVER);
        tf_release(emu, TF_ALARM);
        return true;
    }
    if (emu->clock.alarm_near && !emu->halted && !(emu->tf.users & TF_ALARM))
        tf_acquire(emu, TF_ALARM);
    return false;
}

bool clock_boundary(struct emu *emu) {
    bool near = emu->clock.near;
    emu->clock.near = false;
    if (emu->clock.deadline == CLOCK_NEVER || emu->requesting || emu->delivery.active || emu->transaction)
        return false;
    if (emu->halted && emu->clock.count < emu->clock.deadline)
        emu->clock.count = emu->clock.deadline; /* nothing happens until then */
    if (!interruptible(emu, reg_rip(emu))) {
        tf_release(emu, TF_TIMER);
        return false;
    }
    if (emu->clock.count < emu->clock.deadline) {
        if (near && !(emu->tf.users & TF_TIMER))
            tf_acquire(emu, TF_TIMER);
        return false;
    }
    emu->clock.deadline = CLOCK_NEVER;
    emu->halted = false;
    emu->stats.interrupts++;
    trap_raise(emu, VECTOR_TIMER, false, 0);
    return true;
}

/* In the OUT or IN hook: the instruction starts over with the clock armed, or not, so that it is exact from there on.
 */
static void start_over(struct emu *emu) {
    engine_abort(emu, PENDING_CLOCK);
}

void clock_out(struct emu *emu, uint32_t value) {
    emu->clock.deadline = CLOCK_NEVER;
    if (!value) {
        emu->clock.users &= ~(unsigned)CLOCK_TIMER;
        clock_enter(emu);
        if (emu->clock.armed && !emu->clock.users && clock_now(emu) - emu->clock.since >= KEEP_BYTES)
            start_over(emu);
        return;
    }
    emu->clock.users |= CLOCK_TIMER;
    clock_enter(emu);
    if (!emu->clock.armed)
        start_over(emu);
    emu->clock.deadline = clock_now(emu) + value;
    clock_enter(emu);
}

uint32_t clock_in(struct emu *emu) {
    emu->clock.users |= CLOCK_READER;
    if (!emu->clock.armed)
        start_over(emu);
    return (uint32_t)clock_now(emu);
}

/* ---- Armed or not */

static void arm(struct emu *emu) {
    coherence_forbid_mixed(emu);
    uc_err err = uc_hook_add(emu->uc, &emu->clock.hook, UC_HOOK_BLOCK, (void *)on_block, emu, 1, 0);
    facet_assert(err == UC_ERR_OK, "block hook: %s", uc_strerror(err));
    emu->clock.since = emu->clock.count;
    emu->clock.used |= (emu->clock.users & CLOCK_HOST) != 0;
    kick_by_clock(emu, true);
}

void clock_rearm(struct emu *emu) {
    uint64_t since = emu->clock.since;
    if (emu->clock.armed)
        return;
    arm(emu);
    emu->clock.since = since;
}

static void disarm(struct emu *emu) {
    kick_by_clock(emu, false);
    engine_hook_remove(emu, emu->clock.hook);
}

void clock_serve(struct emu *emu) {
    bool want = emu->clock.users != 0;
    if (want == emu->clock.armed || (!want && emu->clock.count - emu->clock.since < KEEP_BYTES))
        return;
    if (want)
        arm(emu);
    else
        disarm(emu);
    uc_ctl_flush_tb(emu->uc); /* cached blocks know nothing of the hook, or of its end */
    mmu_flush(emu);
}

bool clock_init(struct emu *emu, bool wanted) {
    emu->clock.deadline = emu->clock.alarm = CLOCK_NEVER;
    if (wanted) {
        emu->clock.users = CLOCK_HOST;
        arm(emu);
    }
    return true;
}

/* ---- System calls */

void clock_syscall(struct emu *emu, uint64_t size) {
    clock_retired(emu);
    emu->clock.entry = emu->clock.count - size;
}

void clock_undo(struct emu *emu) {
    emu->clock.undone = emu->clock.armed;
}

void clock_ring3(struct emu *emu) {
    if (emu->clock.undone)
        emu->clock.count = emu->clock.entry;
    emu->clock.undone = false;
}
