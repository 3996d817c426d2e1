/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "access_machine.h"

#include "emu/internal.h"

#include <elf.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(COPY_STOP == 2 && COPY_BLOCK == 3 && offsetof(struct debug_block, copy.status) == 0xb4 &&
                   offsetof(struct debug_block, event.kind) == 0xf8,
               "the stub names it by number");

#define GDT 0x200000ul
#define IDT 0x201000ul
#define TSS 0x202000ul
#define POINTERS 0x202800ul /* GDTR at +0, IDTR at +16 */
#define DEBUG 0x204000ul
#define FRONTS 0x206000ul
#define TRAPS 0x208000ul
#define REPAIRS 0x209000ul
#define STACK0 0x20c000ul
#define TABLES 0x210000ul /* PML4, PDPT, PD, then one page table for each 2 MiB of ring 3 */
#define ROOTS 0x220000ul  /* page tables under the fronts */
#define VECTORS 0x32
#define CODE_PAGES 64

extern const char stub_begin[], stub_end[], stub_vectors[];

/* clang-format off */
__asm__(".pushsection .rodata\n"
        ".code64\n"
        "stub_begin:\n"
        "   mov $0x20c000, %esp\n"
        "   lgdt 0x202800\n"
        "   lidt 0x202810\n"
        "   mov $0x10, %eax\n"
        "   mov %eax, %ss\n"
        "   mov %eax, %ds\n"
        "   mov %eax, %es\n"
        "   pushq $0x08\n"
        "   pushq $(0x100000 + 1f - stub_begin)\n"
        "   lretq\n"
        "1: mov $0x28, %eax\n"
        "   ltr %ax\n"
        "   mov $0x210000, %eax\n"
        "   mov %rax, %cr3\n"
        "   mov $0xc0000080, %ecx\n" /* EFER: SCE, NXE */
        "   rdmsr\n"
        "   or $0x801, %eax\n"
        "   wrmsr\n"
        "   mov $0x204000, %edx\n"
        "   mov $1, %eax\n"          /* DEBUG_PORT_ATTACH */
        "   out %eax, $0xe8\n"
        "   pushq $0x1b\n"
        "   pushq $0x501000\n"
        "   pushq $0x202\n"
        "   pushq $0x23\n"
        "   pushq $0x400000\n"
        "   mov $3, %eax\n"          /* DEBUG_PORT_EVENT: stops once in ring 3 */
        "   out %eax, $0xe8\n"
        "   iretq\n"

        /* Vector and, where the processor pushes none, an error code. */
        ".balign 16\n"
        "stub_vectors:\n"
        ".set vector, 0\n"
        ".rept 0x32\n"
        "   .balign 16\n"
        "   .if (vector == 8) || ((vector >= 10) && (vector <= 14)) || (vector == 17)\n"
        "   .else\n"
        "   pushq $0\n"
        "   .endif\n"
        "   pushq $vector\n"
        "   jmp stub_trap\n"
        "   .set vector, vector + 1\n"
        ".endr\n"

        "stub_trap:\n"
        "   push %rax\n"
        "   push %rcx\n"
        "   push %rdx\n"
        "   mov $4, %edx\n"          /* DEBUG_EVENT_MESSAGE */
        "   cmpq $0x30, 24(%rsp)\n"
        "   je 3f\n"
        "   cmpq $0x31, 24(%rsp)\n"
        "   je 5f\n"
        "   mov 0x208000, %rcx\n"    /* note it */
        "   incq 0x208000\n"
        "   shl $5, %ecx\n"
        "   mov 24(%rsp), %rax\n"
        "   mov %rax, 0x208008(%rcx)\n"
        "   mov 32(%rsp), %rax\n"
        "   mov %rax, 0x208010(%rcx)\n"
        "   mov 40(%rsp), %rax\n"
        "   mov %rax, 0x208018(%rcx)\n"
        "   mov %cr2, %rax\n"
        "   mov %rax, 0x208020(%rcx)\n"
        "   mov 0x209000, %rcx\n"    /* repairs */
        "   test %rcx, %rcx\n"
        "   jz 2f\n"
        "1: mov %rcx, %rdx\n"
        "   shl $4, %edx\n"
        "   mov 0x209000 - 8(%rdx), %rax\n"
        "   mov 0x209000(%rdx), %rdx\n"
        "   mov %rdx, (%rax)\n"
        "   loop 1b\n"
        "   movq $0, 0x209000\n"
        "   mov %cr3, %rax\n"
        "   mov %rax, %cr3\n"
        "   jmp 4f\n"
        "2: mov $2, %edx\n"          /* DEBUG_EVENT_FAULTED */
        "   movq $0x400000, 40(%rsp)\n"
        "3: mov %edx, 0x2040f8\n"   /* debug_block.event.kind */
        "   mov $3, %eax\n"
        "   out %eax, $0xe8\n"
        "   mov %cr3, %rax\n"        /* the host may change page tables */
        "   mov %rax, %cr3\n"
        "4: pop %rdx\n"
        "   pop %rcx\n"
        "   pop %rax\n"
        "   add $16, %rsp\n"
        "   iretq\n"
        "5: mov $4, %eax\n"          /* DEBUG_PORT_COPY */
        "   out %eax, $0xe8\n"
        "   mov 0x2040b4, %eax\n"   /* COPY_STOP, COPY_BLOCK: the system call runs again */
        "   sub $2, %eax\n"
        "   cmp $1, %eax\n"
        "   ja 4b\n"
        "   subq $2, 40(%rsp)\n"
        "   jmp 4b\n"
        "stub_end:\n"
        ".popsection\n");
/* clang-format on */

static uint64_t stub_address(const char *label) {
    return KERNEL_LOAD_ADDRESS + (uint64_t)(label - stub_begin);
}

/* An ELF image with one segment, the stub. */
static void stub_image(uint8_t *image, size_t *size) {
    size_t code = (size_t)(stub_end - stub_begin), at = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);
    Elf64_Ehdr *header = (Elf64_Ehdr *)(void *)image;
    Elf64_Phdr *segment = (Elf64_Phdr *)(void *)(image + sizeof *header);
    *header = (Elf64_Ehdr){.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                           .e_type = ET_EXEC,
                           .e_machine = EM_X86_64,
                           .e_version = EV_CURRENT,
                           .e_entry = KERNEL_LOAD_ADDRESS,
                           .e_phoff = sizeof *header,
                           .e_ehsize = sizeof *header,
                           .e_phentsize = sizeof *segment,
                           .e_phnum = 1};
    *segment = (Elf64_Phdr){.p_type = PT_LOAD,
                            .p_flags = PF_R | PF_W | PF_X,
                            .p_offset = at,
                            .p_vaddr = KERNEL_LOAD_ADDRESS,
                            .p_paddr = KERNEL_LOAD_ADDRESS,
                            .p_filesz = code,
                            .p_memsz = code,
                            .p_align = 1};
    memcpy(image + at, stub_begin, code);
    *size = at + code;
}

static uint64_t *words(struct guest *guest, uint64_t address) {
    uint8_t *bytes = emu_ram(guest->emu, (gpa_t){address}, PAGE);
    facet_assert(bytes != NULL, "0x%lx is not in RAM", address);
    return (uint64_t *)(void *)bytes;
}

static void descriptors(struct guest *guest) {
    uint64_t *gdt = words(guest, GDT), *idt = words(guest, IDT), *pointers = words(guest, POINTERS & ~0xffful);
    uint64_t stack = STACK0;
    gdt[1] = 0x00af9b000000ffff;
    gdt[2] = 0x00cf93000000ffff;
    gdt[3] = 0x00cff3000000ffff;
    gdt[4] = 0x00affb000000ffff;
    gdt[5] = 0x67 | (TSS & 0xffffff) << 16 | 0x89ul << 40;
    for (unsigned i = 0; i < VECTORS; i++) {
        uint64_t handler = stub_address(stub_vectors) + 16 * i;
        idt[2 * i] =
            (handler & 0xffff) | 0x08ul << 16 | (i >= 0x30 ? 0xeeul : 0x8eul) << 40 | (handler >> 16 & 0xffff) << 48;
    }
    memcpy((uint8_t *)words(guest, TSS) + 4, &stack, 8);
    uint8_t *at = (uint8_t *)pointers + POINTERS % PAGE;
    memcpy(at, &(uint16_t){6 * 8 + 8 - 1}, 2);
    memcpy(at + 2, &(uint64_t){GDT}, 8);
    memcpy(at + 16, &(uint16_t){VECTORS * 16 - 1}, 2);
    memcpy(at + 18, &(uint64_t){IDT}, 8);
}

#define PTE(address, bits) ((uint64_t)(address) | (bits))
#define USER 7ul /* present, write, user */

uint64_t guest_entry(enum window window, unsigned page) {
    return TABLES + 4 * PAGE + (uint64_t)window * PAGE + page * 8;
}

static uint64_t aperture(int front, uint64_t offset) {
    return APERTURE_BASE + ((uint64_t)front << FRONT_SHIFT) + offset;
}

static void windows(struct guest *guest) {
    for (enum window w = PLAIN; w < WINDOWS; w++) {
        uint64_t *entry = words(guest, TABLES + 4 * PAGE + (uint64_t)w * PAGE);
        for (unsigned page = 0; page < WINDOW_PAGES; page++)
            entry[page] = page == 5 || page == 7 ? 0 : PTE(FRAME(w, page), USER);
        if (w == PLAIN)
            continue;
        uint64_t *root = words(guest, ROOTS + (uint64_t)w * PAGE);
        for (unsigned page = 0; page < 2; page++) {
            entry[1 + page] = PTE(aperture(FRONT_A(w), page * PAGE), USER);
            root[page] = PTE(FRAME(w, 1 + page), 3);
        }
        entry[3] = PTE(aperture(FRONT_B(w), 0), USER);
        if (w == MIXED)
            entry[6] = PTE(aperture(FRONT_A(w), 0), 5);
        else
            entry[6] = PTE(aperture(FRONT_B(w), 0), USER);
        guest->fronts[FRONT_A(w)] = (struct front){.base = aperture(FRONT_A(w), 0),
                                                   .size = 2 << 20,
                                                   .levels = 1,
                                                   .root = ROOTS + (uint64_t)w * PAGE,
                                                   .state = FRONT_LIVE};
        guest->fronts[FRONT_B(w)] = (struct front){.base = aperture(FRONT_B(w), 0),
                                                   .size = PAGE,
                                                   .levels = 0,
                                                   .root = PTE(FRAME(w, 3), 3),
                                                   .state = FRONT_LIVE};
        guest->fronts[FRONT_A(w)].flags = w == CAREFUL ? FRONT_CAREFUL : 0;
        guest->fronts[FRONT_B(w)].flags = w == FAST ? 0 : FRONT_CAREFUL;
    }
}

static void tables(struct guest *guest) {
    uint64_t *pml4 = words(guest, TABLES), *pdpt = words(guest, TABLES + PAGE), *pd = words(guest, TABLES + 2 * PAGE);
    uint64_t *code = words(guest, TABLES + 3 * PAGE);
    pml4[0] = PTE(TABLES + PAGE, USER);
    pdpt[0] = PTE(TABLES + 2 * PAGE, USER);
    pd[0] = PTE(0, 0x83);
    pd[1] = PTE(0x200000, 0x83);
    pd[2] = PTE(TABLES + 3 * PAGE, USER);
    for (unsigned i = 0; i < CODE_PAGES; i++)
        code[i] = PTE(CODE + i * PAGE, USER);
    code[0x100] = PTE(STACK - PAGE, USER);
    code[0x101] = PTE(STACK, USER);
    for (enum window w = PLAIN; w < WINDOWS; w++)
        pd[3 + w] = PTE(TABLES + 4 * PAGE + (uint64_t)w * PAGE, USER);
}

static struct guest create(const void *code, size_t size, bool clock) {
    uint8_t image[PAGE];
    struct guest guest = {0};
    struct facet_error error = {""};
    struct emu_config config = {.ram_size = 32 << 20,
                                .kernel = {.data = image},
                                .cmdline = "",
                                .console_fd = -1,
                                .stream_fd = {-1, -1, -1},
                                .clock = clock};
    stub_image(image, &config.kernel.size);
    facet_assert(emu_create(&config, &guest.emu, &error) == FACET_OK, "%s", error.text);
    guest.debug = (struct debug_block *)words(&guest, DEBUG);
    guest.fronts = (struct front *)words(&guest, FRONTS);
    guest.debug->magic = DEBUG_MAGIC;
    guest.debug->fronts = FRONTS;
    guest.debug->front_count = 2 * (WINDOWS - FAST);
    guest.debug->event.kind = DEBUG_EVENT_MESSAGE;
    descriptors(&guest);
    tables(&guest);
    windows(&guest);
    facet_assert(size <= CODE_PAGES * PAGE, "%zu bytes of code", size);
    memcpy(emu_ram(guest.emu, (gpa_t){CODE}, size), code, size);
    struct emu_stop stop = emu_run(guest.emu);
    facet_assert(stop.reason == EMU_STOP_EVENT && emu_cpl(guest.emu) == 3, "reason %d %s", (int)stop.reason, stop.text);
    return guest;
}

struct guest guest_create(const void *code, size_t size) {
    return create(code, size, false);
}

struct guest guest_create_clock(const void *code, size_t size) {
    return create(code, size, true);
}

void guest_destroy(struct guest *guest) {
    emu_destroy(guest->emu);
}

struct guest_traps *guest_traps(struct guest *guest) {
    return (struct guest_traps *)words(guest, TRAPS);
}

struct guest_repairs *guest_repairs(struct guest *guest) {
    return (struct guest_repairs *)words(guest, REPAIRS);
}

uint8_t *guest_frame(struct guest *guest, enum window window, unsigned page) {
    return emu_ram(guest->emu, (gpa_t){FRAME(window, page)}, PAGE);
}

void guest_fpu_get(struct guest *guest, struct guest_fpu *fpu) {
    uc_engine *uc = guest->emu->uc;
    uint16_t tags = 0;
    memset(fpu, 0, sizeof *fpu);
    uc_reg_read(uc, UC_X86_REG_FPCW, &fpu->control);
    uc_reg_read(uc, UC_X86_REG_FPSW, &fpu->status);
    uc_reg_read(uc, UC_X86_REG_FPTAG, &tags);
    uc_reg_read(uc, UC_X86_REG_MXCSR, &fpu->mxcsr);
    for (unsigned i = 0; i < 8; i++) {
        uc_reg_read(uc, UC_X86_REG_FP0 + (int)((fpu->status >> 11) + i) % 8, fpu->st[i]);
        fpu->tags |= (tags >> 2 * i & 3) == 3 ? 0 : 1u << i;
    }
    for (int i = 0; i < 16; i++)
        uc_reg_read(uc, UC_X86_REG_XMM0 + i, fpu->xmm[i]);
}

void guest_fpu_set(struct guest *guest, const struct guest_fpu *fpu) {
    static const uint8_t zero[16];
    uc_engine *uc = guest->emu->uc;
    uc_reg_write(uc, UC_X86_REG_FPCW, &fpu->control);
    uc_reg_write(uc, UC_X86_REG_FPSW, &(uint16_t){0});
    uc_reg_write(uc, UC_X86_REG_FPTAG, &(uint16_t){0xffff});
    uc_reg_write(uc, UC_X86_REG_MXCSR, &fpu->mxcsr);
    for (int i = 0; i < 8; i++)
        uc_reg_write(uc, UC_X86_REG_FP0 + i, zero);
    for (int i = 0; i < 16; i++)
        uc_reg_write(uc, UC_X86_REG_XMM0 + i, fpu->xmm[i]);
}
