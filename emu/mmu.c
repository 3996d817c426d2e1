/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Paging: the page walk of Intel SDM vol. 3A, ch. 4 (4-level, 4 KiB, 2 MiB and 1 GiB pages), and the engine's TLB-fill
 * hook that is built on it.
 *
 *   63  62      52 51              12 11  9  8   7   6  5  4   3   2   1   0
 *   NX  ignored    physical page     ign    G  PS  D  A  PCD PWT U/S R/W P
 */
#include "internal.h"

#include <string.h>

#define ENTRY_P 1ul
#define ENTRY_W 2ul
#define ENTRY_U 4ul
#define ENTRY_A 0x20ul
#define ENTRY_D 0x40ul
#define ENTRY_PS 0x80ul
#define ENTRY_NX (1ul << 63)
#define ENTRY_ADDRESS 0x000ffffffffff000ul

#define ERROR_P 1u
#define ERROR_W 2u
#define ERROR_U 4u
#define ERROR_RSVD 8u
#define ERROR_FETCH 16u

#define CR0_WP (1ul << 16)
#define CR4_SMEP (1ul << 20)
#define CR4_SMAP (1ul << 21)
#define RFLAGS_AC (1ul << 18)
#define MSR_EFER 0xc0000080u
#define EFER_NXE (1ul << 11)

#define GROW_FIRST 256
#define GROW_LAST (1ul << 24)

/* The entries that a walk went through, outermost first. */
struct trail {
    uint64_t *entry[4];
    int depth;
};

/* A table may lie in RAM or, before the kernel has its own, in the boot ROM. */
static uint64_t *table_entry(struct emu *emu, uint64_t gpa) {
    if (gpa - ROM_GPA < ROM_BYTES)
        return gpa - ROM_GPA >= ROM_TABLES ? (uint64_t *)(emu->rom + (gpa - ROM_GPA)) : NULL;
    return (uint64_t *)ram_pointer(emu, gpa, 8);
}

/* EFER.NXE, once seen on, is taken to stay on: nobody turns it off, and reading an MSR at each fill costs. */
static bool nx_enabled(struct emu *emu) {
    if (!emu->mmu.nxe) {
        uc_x86_msr efer = {.rid = MSR_EFER};
        uc_reg_read(emu->uc, UC_X86_REG_MSR, &efer);
        emu->mmu.nxe = efer.value & EFER_NXE;
    }
    return emu->mmu.nxe;
}

static bool canonical(uint64_t va) {
    return (uint64_t)((int64_t)(va << 16) >> 16) == va;
}

static bool entry_reserved(struct emu *emu, uint64_t entry, int shift) {
    if ((entry & ENTRY_NX) && !nx_enabled(emu))
        return true;
    if (shift == 39)
        return entry & ENTRY_PS;
    return shift > 12 && (entry & ENTRY_PS) && (entry & ENTRY_ADDRESS & ((1ul << shift) - 1) & ~(1ul << 12));
}

static enum mmu_result follow(struct emu *emu, uint64_t top, uint64_t va, struct mmu_page *page, struct trail *trail) {
    uint64_t table = top & ENTRY_ADDRESS;

    *page = (struct mmu_page){.user = true, .write = true, .execute = true};
    trail->depth = 0;
    if (!canonical(va))
        return MMU_GP;
    for (int shift = 39;; shift -= 9) {
        uint64_t *at = table_entry(emu, table + (va >> shift & 511) * 8);
        if (!at)
            return MMU_BUS;
        uint64_t entry = *at;
        trail->entry[trail->depth++] = at;
        if (!(entry & ENTRY_P))
            return MMU_FAULT;
        if (entry_reserved(emu, entry, shift)) {
            page->error = ERROR_P | ERROR_RSVD;
            return MMU_FAULT;
        }
        page->user &= (entry & ENTRY_U) != 0;
        page->write &= (entry & ENTRY_W) != 0;
        page->execute &= !(entry & ENTRY_NX);
        if (shift == 12 || (entry & ENTRY_PS)) {
            uint64_t offset = va & ((1ul << shift) - 1) & PAGE_MASK;
            page->gpa = (entry & ENTRY_ADDRESS & ~((1ul << shift) - 1)) + offset;
            page->dirty = entry & ENTRY_D;
            return MMU_OK;
        }
        table = entry & ENTRY_ADDRESS;
    }
}

enum mmu_result mmu_walk(struct emu *emu, uint64_t top, uint64_t va, struct mmu_page *page) {
    struct trail trail;
    return follow(emu, top, va, page, &trail);
}

static bool permitted(struct emu *emu, enum access access, int cpl, struct mmu_page *page) {
    if (cpl == 3)
        return page->user && (access != ACCESS_STORE || page->write) && (access != ACCESS_FETCH || page->execute);
    if (!page->write && !(reg_get(emu, UC_X86_REG_CR0) & CR0_WP))
        page->write = true;
    if (page->user) {
        uint64_t cr4 = reg_get(emu, UC_X86_REG_CR4);
        if (access == ACCESS_FETCH && (cr4 & CR4_SMEP))
            return false;
        if (access != ACCESS_FETCH && (cr4 & CR4_SMAP) && !(reg_get(emu, UC_X86_REG_EFLAGS) & RFLAGS_AC))
            return false;
    }
    return (access != ACCESS_STORE || page->write) && (access != ACCESS_FETCH || page->execute);
}

static void trail_mark(const struct trail *trail, enum access access, struct mmu_page *page) {
    for (int i = 0; i < trail->depth; i++) {
        uint64_t bits = ENTRY_A | (i == trail->depth - 1 && access == ACCESS_STORE ? ENTRY_D : 0);
        if ((*trail->entry[i] & bits) != bits)
            *trail->entry[i] |= bits;
    }
    page->dirty |= access == ACCESS_STORE;
}

static uint32_t error_bits(struct emu *emu, enum access access, int cpl) {
    uint32_t error = (access == ACCESS_STORE ? ERROR_W : 0) | (cpl == 3 ? ERROR_U : 0);
    if (access == ACCESS_FETCH && (nx_enabled(emu) || (reg_get(emu, UC_X86_REG_CR4) & CR4_SMEP)))
        error |= ERROR_FETCH;
    return error;
}

static enum mmu_result access_under(struct emu *emu, uint64_t top, uint64_t va, enum access access, int cpl,
                                    struct mmu_page *page) {
    struct trail trail;
    enum mmu_result result = follow(emu, top, va, page, &trail);

    if (result == MMU_OK && !permitted(emu, access, cpl, page)) {
        page->error = ERROR_P;
        result = MMU_FAULT;
    }
    if (result == MMU_FAULT)
        page->error |= error_bits(emu, access, cpl);
    if (result != MMU_OK)
        return result;
    if (!ram_pointer(emu, page->gpa, PAGE_SIZE) && !in_aperture(page->gpa))
        return MMU_BUS;
    trail_mark(&trail, access, page);
    return MMU_OK;
}

enum mmu_result mmu_access(struct emu *emu, uint64_t va, enum access access, int cpl, struct mmu_page *page) {
    return access_under(emu, reg_get(emu, UC_X86_REG_CR3), va, access, cpl, page);
}

/* ---- Host access to guest-virtual memory */

/* Host address of up to *room bytes at va, NULL if the page is not in RAM or not permitted. */
static uint8_t *host_address(struct emu *emu, uint64_t va, enum access access, int cpl, size_t *room, uint64_t *gpa) {
    struct mmu_page page;
    if (mmu_access(emu, va, access, cpl, &page) != MMU_OK)
        return NULL;
    *room = PAGE_SIZE - (va & ~PAGE_MASK);
    *gpa = page.gpa + (va & ~PAGE_MASK);
    if (in_aperture(page.gpa))
        return access == ACCESS_FETCH ? access_backing(emu, *gpa, room) : NULL;
    return emu->ram + *gpa;
}

bool mmu_read(struct emu *emu, uint64_t va, void *to, size_t size) {
    size_t room;
    uint64_t gpa;
    for (uint8_t *out = to; size; size -= room, va += room, out += room) {
        uint8_t *from = host_address(emu, va, ACCESS_LOAD, 0, &room, &gpa);
        if (!from)
            return false;
        room = room < size ? room : size;
        memcpy(out, from, room);
    }
    return true;
}

bool mmu_write(struct emu *emu, uint64_t va, const void *from, size_t size) {
    size_t room, done;
    uint64_t gpa;
    for (done = 0; done < size; done += room) /* all or nothing */
        if (!host_address(emu, va + done, ACCESS_STORE, 0, &room, &gpa))
            return false;
    for (done = 0; done < size; done += room) {
        uint8_t *to = host_address(emu, va + done, ACCESS_STORE, 0, &room, &gpa);
        if (!to)
            return false; /* what was written were its page tables */
        room = room < size - done ? room : size - done;
        memcpy(to, (const uint8_t *)from + done, room);
        coherence_host_store(emu, gpa, room);
    }
    return true;
}

size_t mmu_fetch(struct emu *emu, uint64_t va, uint8_t *to, size_t size) {
    size_t room, done;
    uint64_t gpa;
    for (done = 0; done < size; done += room) {
        uint8_t *from = host_address(emu, va + done, ACCESS_FETCH, reg_cpl(emu), &room, &gpa);
        if (!from)
            break;
        room = room < size - done ? room : size - done;
        memcpy(to + done, from, room);
    }
    return done;
}

/* ---- TLB */

/* The engine's TLB starts small and grows only at a flush, so a program with a large working set needs some. A page of
 * ring 3 that comes back although nothing was flushed shows that there is no room; after enough of them, and twice as
 * many each time, a flush is due. Nothing that a guest can see depends on when. (The first store to a page that was
 * loaded from comes back as well, without meaning that.) */
static bool growth_due(struct emu *emu, const struct mmu_page *page, enum access access) {
    uint32_t now = emu->mmu.epoch * 2, *touched;
    if (in_aperture(page->gpa) || access == ACCESS_FETCH || emu->transaction || emu->mmu.probing)
        return false;
    touched = &emu->mmu.touched[page->gpa / PAGE_SIZE];
    bool returned = *touched == now + 1 || (*touched == now && access == ACCESS_LOAD);
    *touched = now + (access == ACCESS_STORE || (page->write && page->dirty));
    if (!returned || ++emu->mmu.returns < emu->mmu.threshold)
        return false;
    if (emu->mmu.threshold < GROW_LAST)
        emu->mmu.threshold *= 2;
    return true;
}

static void epoch_begin(struct emu *emu) {
    emu->mmu.returns = 0;
    if (++emu->mmu.epoch == UINT32_MAX / 2) { /* the old marks would mean something again */
        memset(emu->mmu.touched, 0, emu->ram_size / PAGE_SIZE * sizeof *emu->mmu.touched);
        emu->mmu.epoch = 1;
    }
}

void mmu_flush(struct emu *emu) {
    emu->stats.flushes++;
    epoch_begin(emu);
    uc_ctl_flush_tlb(emu->uc);
}

/* The page that an access needs cannot be had: say why. Always false. */
static bool refuse(struct emu *emu, enum mmu_result result, uint64_t va, enum access access,
                   const struct mmu_page *page) {
    if (result == MMU_BUS) {
        run_dead(emu, "bus error: the page tables send address 0x%lx outside of RAM (rip 0x%lx, cr3 0x%lx)", va,
                 reg_rip(emu), reg_get(emu, UC_X86_REG_CR3));
        return false;
    }
    if (result == MMU_GP) { /* stack references raise #SS; those through rsp are told by their address */
        uint64_t distance = va + PAGE_SIZE - (reg_get(emu, UC_X86_REG_RSP) & PAGE_MASK);
        bool stack = access != ACCESS_FETCH && distance <= 2 * PAGE_SIZE;
        emu->trap.vector = stack ? VECTOR_SS : VECTOR_GP;
        emu->trap.has_error = true;
        emu->trap.error = 0;
        emu->pending = PENDING_TRAP;
        return false;
    }
    emu->fault.va = va;
    emu->fault.access = access;
    emu->fault.error = page->error;
    emu->pending = PENDING_FAULT;
    return false;
}

static bool fill_aperture(struct emu *emu, uint64_t va, enum access access, const struct mmu_page *page,
                          uc_tlb_entry *entry) {
    size_t room;
    if (access == ACCESS_FETCH && emu->mmu.probing) {
        const uint8_t *backing = access_backing(emu, page->gpa, &room);
        if (!backing)
            return false;
        entry->paddr = (uint64_t)(backing - emu->ram);
    } else if (!access_fill(emu, va, access, page, entry)) {
        return false;
    }
    if (access != ACCESS_FETCH)
        return true;
    if (!coherence_fill(emu, va, access, false, true, entry))
        return false;
    entry->perms = UC_PROT_EXEC; /* loads and stores of the same page still go to the front */
    return true;
}

static bool fill_page(struct emu *emu, uint64_t va, enum access access, int cpl, uc_tlb_entry *entry) {
    struct mmu_page page;
    uint64_t cr3 = reg_get(emu, UC_X86_REG_CR3);
    enum mmu_result result = access_under(emu, cr3, va, access, cpl, &page);

    if (result == MMU_FAULT && cpl == 3 && access != ACCESS_FETCH && operand_is_descriptor(emu, va) &&
        access_under(emu, cr3, va, access, 0, &page) == MMU_OK && !in_aperture(page.gpa)) {
        entry->paddr = page.gpa;
        return coherence_fill(emu, va, access, page.write && page.dirty, page.execute, entry);
    }
    if (result != MMU_OK)
        return refuse(emu, result, va, access, &page);
    if (cr3 != emu->mmu.cr3) { /* the engine has flushed */
        emu->mmu.cr3 = cr3;
        epoch_begin(emu);
    }
    if (cpl == 3 && growth_due(emu, &page, access)) {
        emu->pending = PENDING_FLUSH;
        return false;
    }
    entry->paddr = page.gpa;
    if (in_aperture(page.gpa) && cpl != 3 && !emu->mmu.probing) {
        run_dead(emu, "the kernel itself touched address 0x%lx, which belongs to a front (rip 0x%lx)", va,
                 reg_rip(emu));
        return false;
    }
    if (in_aperture(page.gpa))
        return fill_aperture(emu, va, access, &page, entry);
    if (cpl == 3 && access != ACCESS_FETCH && (emu->transaction || access_border(emu, va)))
        return access_fill(emu, va, access, &page, entry);
    /* A page whose D bit is clear stays read-only in the TLB so that the first store comes here and sets it. */
    return coherence_fill(emu, va, access, page.write && page.dirty, page.execute, entry);
}

static bool fill(uc_engine *uc, uint64_t va, uc_mem_type type, uc_tlb_entry *entry, void *data) {
    struct emu *emu = data;
    enum access access = type == UC_MEM_FETCH ? ACCESS_FETCH : type == UC_MEM_WRITE ? ACCESS_STORE : ACCESS_LOAD;
    bool answer;
    (void)uc;

    if (emu->mmu.aborting) /* engine_abort: pending says the rest */
        return emu->mmu.aborting = false;
    emu->stats.fills += !emu->mmu.probing;
    emu->mmu.refused_va = va;
    emu->mmu.refused = access;
    emu->mmu.fetches += access == ACCESS_FETCH;
    if (trap_microcode_fill(emu, va, access, entry, &answer))
        return answer; /* a refusal is a program that looks for it: no block runs there */
    if (access == ACCESS_FETCH && emu->mmu.arriving) {
        emu->pending = PENDING_FLUSH;
        return false;
    }
    int cpl = reg_cpl(emu);
    if (access == ACCESS_FETCH && cpl == 3 && emu->ring3_armed && !emu->mmu.probing) {
        emu->pending = PENDING_RING3;
        emu->clock.between = true;
        return false;
    }
    if (fill_page(emu, va, access, cpl, entry))
        return true;
    emu->clock.between |= access == ACCESS_FETCH && !emu->mmu.probing;
    return false;
}

bool mmu_init(struct emu *emu) {
    uc_hook hook;
    emu->mmu.threshold = GROW_FIRST;
    emu->mmu.frame = calloc(emu->ram_size / PAGE_SIZE, 1);
    emu->mmu.epoch = 1;
    emu->mmu.touched = calloc(emu->ram_size / PAGE_SIZE, sizeof *emu->mmu.touched);
    return emu->mmu.frame && emu->mmu.touched &&
           uc_hook_add(emu->uc, &hook, UC_HOOK_TLB_FILL, (void *)fill, emu, 1, 0) == UC_ERR_OK;
}

struct emu_translation emu_translate(struct emu *emu, gpa_t top, gva_t address) {
    struct mmu_page page;
    if (mmu_walk(emu, top.v, address.v, &page) != MMU_OK)
        return (struct emu_translation){0};
    return (struct emu_translation){
        .present = true, .page = {page.gpa}, .user = page.user, .write = page.write, .execute = page.execute};
}
