/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Exceptions, interrupts and SYSCALL into the guest's ring 0, as Intel SDM vol. 3A ch. 6 and vol. 2 SYSCALL say. The
 * engine does not deliver them, and nothing in its interface raises the privilege level. So the last step is done by
 * the processor itself, with *microcode* at an address that exists only during a delivery:
 *
 *   ring 3   page 1   lcall through a call gate                 read-only, constant
 *   ring 0   page 2   out 0xe0 (GDTR and TR are put back)       reached by supervisor accesses only
 *                     mov rsp,[slot]; jmp [slot]
 *
 * The frame has been written before. No register or flag of the guest is disturbed.
 */
#include "internal.h"

#include <string.h>
#include <sys/mman.h>

#define MICROCODE 0xffffffffff000000ul
#define LANDING_PAGE PAGE_SIZE
#define LANDING 0x40ul
#define IRET 0x80ul /* trap_arrive */
#define SLOT_RSP 0x140ul
#define SLOT_RIP 0x148ul
#define TSS 0x200ul
#define STACK_TOP 0x500ul
#define GDT 0x600ul
#define GDT_ENTRIES 9
#define IRET_FRAME 0x900ul
#define SELECTOR_CODE 0x08
#define SELECTOR_TSS 0x28
#define SELECTOR_GATE 0x38

#define MSR_EFER 0xc0000080u
#define MSR_STAR 0xc0000081u
#define MSR_LSTAR 0xc0000082u
#define MSR_FMASK 0xc0000084u
#define EFER_SCE 1u

#define ERROR_EXTERNAL 1u
#define ERROR_IDT 2u

/* What a delivery ran into itself. */
struct trouble {
    int vector;
    uint32_t error;
};

static uint64_t msr_get(struct emu *emu, uint32_t id) {
    uc_x86_msr msr = {.rid = id};
    uc_reg_read(emu->uc, UC_X86_REG_MSR, &msr);
    return msr.value;
}

/* ---- Microcode */

static void put32(uint8_t *at, uint32_t value) {
    memcpy(at, &value, sizeof value); /* not aligned */
}

static void microcode_write(uint8_t *rom) {
    static const uint8_t call[] = {0xff, 0x1d, 0x0a, 0, 0, 0}; /* lcall [rip+0xa] */
    uint8_t *page = rom + LANDING_PAGE, *code = page + LANDING;
    uint64_t *gdt = (uint64_t *)(page + GDT), landing = MICROCODE + LANDING_PAGE + LANDING;
    uint64_t stack = MICROCODE + LANDING_PAGE + STACK_TOP;

    memcpy(rom, call, sizeof call);
    put32(rom + 0x14, SELECTOR_GATE); /* far pointer: offset (unused), selector */
    memcpy(code, "\xe6\xe0\x48\x8b\x25....\xff\x25....", 15);
    put32(code + 5, SLOT_RSP - (LANDING + 9));
    put32(code + 11, SLOT_RIP - (LANDING + 15));
    gdt[1] = 0x00af9b000000ffff; /* ring 0 code, 64 bit; accessed already, so that nothing here is ever written */
    gdt[2] = 0x00cf93000000ffff;
    gdt[7] = (landing & 0xffff) | (uint64_t)SELECTOR_CODE << 16 | 0xecul << 40 | (landing >> 16 & 0xffff) << 48;
    gdt[8] = landing >> 32;
    memcpy(page + TSS + 4, &stack, 8); /* RSP0 */
}

bool trap_is_microcode(uint64_t va) {
    return va - MICROCODE < 2 * PAGE_SIZE;
}

bool trap_microcode_fill(struct emu *emu, uint64_t va, enum access access, uc_tlb_entry *entry, bool *answer) {
    uint64_t page = va & PAGE_MASK;
    if (page != MICROCODE && page != MICROCODE + LANDING_PAGE)
        return false;
    /* Otherwise nothing is mapped there. Page 2 is still needed for the two instructions after the OUT. */
    if (!emu->delivery.active && !(page != MICROCODE && (reg_rip(emu) & PAGE_MASK) == page && reg_cpl(emu) == 0))
        return false;
    entry->paddr = ROM_GPA + (page - MICROCODE);
    if (page == MICROCODE)
        entry->perms = UC_PROT_READ | UC_PROT_EXEC;
    else
        entry->perms = access == ACCESS_FETCH ? UC_PROT_READ | UC_PROT_EXEC : UC_PROT_READ | UC_PROT_WRITE;
    *answer = page != MICROCODE || access != ACCESS_STORE;
    return true;
}

void trap_microcode_out(struct emu *emu) {
    if (!emu->delivery.active || reg_rip(emu) != MICROCODE + LANDING_PAGE + LANDING)
        return;
    emu->delivery.active = false;
    uc_reg_write(emu->uc, UC_X86_REG_GDTR, &emu->delivery.gdtr);
    uc_reg_write(emu->uc, UC_X86_REG_TR, &emu->delivery.tr);
    reg_set(emu, UC_X86_REG_CS, emu->delivery.cs);
    reg_set(emu, UC_X86_REG_SS, emu->delivery.ss);
}

/* The processor goes on in ring 0 at rip with that stack. `ahead`: what a hook adds to RIP when it returns. */
static void enter_ring0(struct emu *emu, uint64_t rip, uint64_t rsp, uint64_t cs, uint64_t ss, uint64_t ahead) {
    uint8_t *page = emu->rom + LANDING_PAGE;
    uc_x86_mmr gdtr = {.base = MICROCODE + LANDING_PAGE + GDT, .limit = GDT_ENTRIES * 8 - 1};
    uc_x86_mmr tr = {.selector = SELECTOR_TSS, .base = MICROCODE + LANDING_PAGE + TSS, .limit = 0x67, .flags = 0x8b00};

    memcpy(page + SLOT_RSP, &rsp, 8);
    memcpy(page + SLOT_RIP, &rip, 8);
    uc_reg_read(emu->uc, UC_X86_REG_GDTR, &emu->delivery.gdtr);
    uc_reg_read(emu->uc, UC_X86_REG_TR, &emu->delivery.tr);
    emu->delivery.cs = cs & ~3ul;
    emu->delivery.ss = ss;
    uc_reg_write(emu->uc, UC_X86_REG_GDTR, &gdtr);
    uc_reg_write(emu->uc, UC_X86_REG_TR, &tr);
    emu->delivery.active = true;
    reg_set(emu, UC_X86_REG_RIP, MICROCODE - ahead);
}

bool trap_arrive(struct emu *emu, const struct arrival *at) {
    uint64_t frame[5] = {at->rip, at->cs, at->rflags & ~(FLAG_TF | FLAG_NT), at->rsp, at->ss};
    uint8_t *page = emu->rom + LANDING_PAGE;
    memcpy(page + IRET, "\x48\xcf", 2);
    memcpy(page + IRET_FRAME, frame, sizeof frame);
    reg_set(emu, UC_X86_REG_CS, at->cs & ~3ul);
    reg_set(emu, UC_X86_REG_EFLAGS, 2);
    reg_set(emu, UC_X86_REG_RSP, MICROCODE + LANDING_PAGE + IRET_FRAME);
    reg_set(emu, UC_X86_REG_RIP, MICROCODE + LANDING_PAGE + IRET);
    emu->delivery.active = emu->mmu.arriving = true;
    atomic_store(&emu->in_engine, true);
    survive_start(emu);
    atomic_store(&emu->in_engine, false);
    emu->delivery.active = emu->mmu.arriving = false;
    bool arrived = emu->pending == PENDING_FLUSH && reg_rip(emu) == at->rip && reg_get(emu, UC_X86_REG_CS) == at->cs &&
                   reg_get(emu, UC_X86_REG_RSP) == at->rsp;
    emu->pending = PENDING_NONE;
    reg_set(emu, UC_X86_REG_EFLAGS, at->rflags);
    mmu_flush(emu);
    return arrived;
}

/* ---- Exceptions */

/* Reads the gate and chooses the stack. */
static bool gate_read(struct emu *emu, int vector, int cpl, uint64_t gate[2], uint64_t *rsp, struct trouble *trouble) {
    uc_x86_mmr idtr, tr;
    uint64_t tss_offset;

    uc_reg_read(emu->uc, UC_X86_REG_IDTR, &idtr);
    *trouble = (struct trouble){VECTOR_GP, (uint32_t)vector * 8 | ERROR_IDT | ERROR_EXTERNAL};
    if ((uint32_t)vector * 16 + 15 > idtr.limit || !mmu_read(emu, idtr.base + (uint64_t)vector * 16, gate, 16))
        return false;
    unsigned type = gate[0] >> 40 & 0x1f, ist = gate[0] >> 32 & 7;
    if (type != 0xe && type != 0xf)
        return false;
    if (!(gate[0] >> 47 & 1)) {
        trouble->vector = VECTOR_NP;
        return false;
    }
    if (ist)
        tss_offset = 36 + 8 * (ist - 1);
    else if (cpl == 3)
        tss_offset = 4;
    else
        return true; /* the stack that is in use */
    *trouble = (struct trouble){VECTOR_TS, 0};
    uc_reg_read(emu->uc, UC_X86_REG_TR, &tr);
    return tss_offset + 7 <= tr.limit && mmu_read(emu, tr.base + tss_offset, rsp, 8);
}

static bool deliver(struct emu *emu, int vector, bool has_error, uint32_t error, uint64_t flags, uint64_t ahead,
                    struct trouble *trouble) {
    uint64_t gate[2], cs = reg_get(emu, UC_X86_REG_CS), old_rsp = reg_get(emu, UC_X86_REG_RSP), rsp = old_rsp;
    int cpl = (int)(cs & 3);

    if (!gate_read(emu, vector, cpl, gate, &rsp, trouble))
        return false;
    uint64_t frame[6] = {error, reg_rip(emu), cs, flags, old_rsp, reg_get(emu, UC_X86_REG_SS)};
    size_t bytes = has_error ? 48 : 40;
    rsp = (rsp & ~15ul) - bytes;
    *trouble = (struct trouble){VECTOR_SS, 0};
    if (!mmu_write(emu, rsp, has_error ? frame : frame + 1, bytes))
        return false;
    uint64_t handler = (gate[0] & 0xffff) | (gate[0] >> 32 & 0xffff0000) | gate[1] << 32;
    uint64_t selector = gate[0] >> 16 & 0xffff;
    uint64_t clear = FLAG_TF | FLAG_NT | FLAG_RF | ((gate[0] >> 40 & 1) ? 0 : FLAG_IF);
    reg_set(emu, UC_X86_REG_EFLAGS, flags & ~clear);
    if (cpl == 3) {
        enter_ring0(emu, handler, rsp, selector, 0, ahead);
        return true;
    }
    reg_set(emu, UC_X86_REG_CS, selector & ~3ul);
    reg_set(emu, UC_X86_REG_RSP, rsp);
    reg_set(emu, UC_X86_REG_RIP, handler - ahead);
    return true;
}

static bool contributory(int vector) {
    return vector == VECTOR_DE || (vector >= 10 && vector <= VECTOR_PF);
}

static void raise_ahead(struct emu *emu, int vector, bool has_error, uint32_t error, uint64_t ahead) {
    uint64_t flags = reg_rflags(emu);
    int first = vector;
    struct trouble trouble = {0};

    emu->stats.exceptions++;
    breakpoint_again(emu);
    tf_drop(emu);
    while (!deliver(emu, vector, has_error, error, flags, ahead, &trouble)) {
        if (vector == VECTOR_DF) {
            run_dead(emu, "triple fault: vector %d at rip 0x%lx cannot be delivered", first, reg_rip(emu));
            reg_set(emu, UC_X86_REG_RIP, reg_rip(emu) - ahead);
            return;
        }
        bool twice = contributory(vector);
        vector = twice ? VECTOR_DF : trouble.vector;
        error = twice ? 0 : trouble.error;
        has_error = true;
    }
}

void trap_raise(struct emu *emu, int vector, bool has_error, uint32_t error) {
    raise_ahead(emu, vector, has_error, error, 0);
}

void trap_page_fault(struct emu *emu) {
    reg_set(emu, UC_X86_REG_CR2, operand_fault_address(emu));
    trap_raise(emu, VECTOR_PF, true, emu->fault.error);
}

/* ---- INT n: RIP already stands behind it */

static bool gate_allows(struct emu *emu, uint32_t vector, int cpl) {
    uc_x86_mmr idtr;
    uint64_t gate;
    uc_reg_read(emu->uc, UC_X86_REG_IDTR, &idtr);
    if (vector * 16 + 15 > idtr.limit || !mmu_read(emu, idtr.base + vector * 16, &gate, 8))
        return false;
    return (int)(gate >> 45 & 3) >= cpl;
}

static void software_interrupt(struct emu *emu, uint32_t vector, uint64_t next_rip) {
    if (!gate_allows(emu, vector, reg_cpl(emu))) {
        uint8_t last = 0;
        mmu_fetch(emu, next_rip - 1, &last, 1);
        bool int3 = vector == VECTOR_BP && last == 0xcc; /* one byte; INT n has two */
        reg_set(emu, UC_X86_REG_RIP, next_rip - (int3 ? 1 : 2));
        clock_cut(emu, next_rip - (int3 ? 1 : 2));
        trap_raise(emu, VECTOR_GP, true, vector * 8 | ERROR_IDT);
        return;
    }
    emu->step_retired |= emu->stepping && reg_cpl(emu) == 3;
    clock_retired(emu);
    trap_raise(emu, (int)vector, false, 0);
}

static bool has_error_code(uint32_t vector) {
    return vector == VECTOR_DF || (vector >= VECTOR_TS && vector <= VECTOR_PF) || vector == 17 || vector == 21;
}

/* Page 1 stays in the TLB of ring 3 after a delivery, so a jump there meets the call, which fails for want of its gate.
 * Any other machine has nothing there. (A load from it reads the constant call; that is all that can be seen.) */
static bool microcode_probed(struct emu *emu, uint32_t vector) {
    if (vector != VECTOR_GP || emu->delivery.active || (reg_rip(emu) & PAGE_MASK) != MICROCODE)
        return false;
    emu->fault.va = reg_rip(emu);
    emu->fault.access = ACCESS_FETCH;
    emu->fault.error = 0x14; /* not present, ring 3, fetch */
    trap_page_fault(emu);
    return true;
}

static void interrupt(struct emu *emu, uint32_t vector) {
    struct engine_exception exception = engine_exception_take(emu);

    if (vector == VECTOR_DB && !exception.software)
        tf_retired(emu);
    if (vector == VECTOR_DB && !exception.software)
        clock_retired(emu);
    else if (!exception.software)
        clock_cut(emu, reg_rip(emu));
    if (vector == VECTOR_DB && !exception.software && step_debug_exception(emu))
        return;
    if (microcode_probed(emu, vector))
        return;
    if (exception.software)
        software_interrupt(emu, vector, exception.next_rip);
    else
        trap_raise(emu, (int)vector, has_error_code(vector), exception.error);
}

/* A hook that wrote RIP leaves the engine in a mode where later hooks of the same run see a stale RIP
 * (skip_sync_pc_on_exit), so the run ends here. In a transaction nobody writes it, and access_intr says what happens.
 */
static void on_interrupt(uc_engine *uc, uint32_t vector, void *data) {
    struct emu *emu = data;
    (void)uc;
    if (emu->transaction) {
        access_intr(emu, vector);
        return;
    }
    interrupt(emu, vector);
    run_want(emu, 0);
}

/* ---- SYSCALL */

/* Bytes of the SYSCALL at RIP; what the engine adds to RIP after the hook. */
static uint64_t syscall_size(struct emu *emu, uint64_t rip) {
    uint8_t code[15];
    size_t size = mmu_fetch(emu, rip, code, 2);
    if (size == 2 && code[0] == 0x0f)
        return 2;
    size = mmu_fetch(emu, rip, code, sizeof code);
    for (uint64_t at = 1; at < size; at++)
        if (code[at - 1] == 0x0f && code[at] == 0x05)
            return at + 1;
    return 2;
}

static void system_call(struct emu *emu) {
    uint64_t rip = reg_rip(emu), size = syscall_size(emu, rip), flags = reg_rflags(emu);

    if (!(msr_get(emu, MSR_EFER) & EFER_SCE)) {
        clock_cut(emu, rip);
        raise_ahead(emu, VECTOR_UD, false, 0, size);
        return;
    }
    uint64_t star = msr_get(emu, MSR_STAR), target = msr_get(emu, MSR_LSTAR);
    uint64_t selector = star >> 32 & 0xfffc;
    emu->stats.syscalls++;
    breakpoint_passed(emu);
    clock_syscall(emu, size);
    emu->step_retired |= emu->stepping && reg_cpl(emu) == 3;
    tf_drop(emu);
    reg_set(emu, UC_X86_REG_RCX, rip + size);
    reg_set(emu, UC_X86_REG_R11, flags & ~FLAG_RF);
    reg_set(emu, UC_X86_REG_EFLAGS, (flags & ~(msr_get(emu, MSR_FMASK) | FLAG_RF)) | 2);
    if (reg_cpl(emu) == 3) {
        enter_ring0(emu, target, reg_get(emu, UC_X86_REG_RSP), selector, selector + 8, size);
        return;
    }
    reg_set(emu, UC_X86_REG_CS, selector);
    reg_set(emu, UC_X86_REG_RIP, target - size);
}

static void on_syscall(uc_engine *uc, void *data) {
    (void)uc;
    system_call(data);
    run_want(data, 0); /* as after an interrupt */
}

bool trap_init(struct emu *emu) {
    uc_hook hook;
    emu->rom = mmap(NULL, ROM_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (emu->rom == MAP_FAILED) {
        emu->rom = NULL;
        return false;
    }
    microcode_write(emu->rom);
    return uc_mem_map_ptr(emu->uc, ROM_GPA, ROM_BYTES, UC_PROT_ALL, emu->rom) == UC_ERR_OK &&
           uc_hook_add(emu->uc, &hook, UC_HOOK_INTR, (void *)on_interrupt, emu, 1, 0) == UC_ERR_OK &&
           uc_hook_add(emu->uc, &hook, UC_HOOK_INSN, (void *)on_syscall, emu, 1, 0, UC_X86_INS_SYSCALL) == UC_ERR_OK;
}
