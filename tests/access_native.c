/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The host's processor runs the same code on the same bytes at the same addresses.
 */
#include "access_run.h"

#include <asm/prctl.h>
#include <criterion/criterion.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

extern uint8_t native_fpu[512];
extern uint32_t native_mxcsr;
void native_call(struct facet_regs *regs, const char *code);
/* clang-format off */
__asm__(".pushsection .text\n"
        "native_call:\n"
        "   push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "   mov %rsp, native_stack(%rip)\n"
        "   mov %rdi, native_regs(%rip)\n"
        "   mov %rsi, native_code(%rip)\n"
        "   lea 1f(%rip), %r15\n"
        "   fxrstor64 native_fpu(%rip)\n"
        "   pushq 136(%rdi); popfq\n"
        "   mov 0(%rdi), %rax; mov 8(%rdi), %rbx; mov 16(%rdi), %rcx; mov 24(%rdi), %rdx\n"
        "   mov 48(%rdi), %rbp; mov 64(%rdi), %r8; mov 72(%rdi), %r9; mov 80(%rdi), %r10; mov 88(%rdi), %r11\n"
        "   mov 96(%rdi), %r12; mov 104(%rdi), %r13; mov 112(%rdi), %r14; mov 32(%rdi), %rsi\n"
        "   mov 56(%rdi), %rsp\n"
        "   mov 40(%rdi), %rdi\n"
        "   jmp *native_code(%rip)\n"
        "1: mov %rsp, native_rsp(%rip)\n"
        "   fxsave64 native_fpu(%rip)\n"
        "   mov native_stack(%rip), %rsp\n"
        "   mov native_regs(%rip), %r15\n"
        "   mov %rax, 0(%r15); mov %rbx, 8(%r15); mov %rcx, 16(%r15); mov %rdx, 24(%r15)\n"
        "   mov %rsi, 32(%r15); mov %rdi, 40(%r15); mov %rbp, 48(%r15)\n"
        "   mov %r8, 64(%r15); mov %r9, 72(%r15); mov %r10, 80(%r15); mov %r11, 88(%r15)\n"
        "   mov %r12, 96(%r15); mov %r13, 104(%r15); mov %r14, 112(%r15)\n"
        "   pushfq; pop 136(%r15)\n"
        "   mov native_rsp(%rip), %rax; mov %rax, 56(%r15)\n"
        "   fninit\n"
        "   ldmxcsr native_mxcsr(%rip)\n"
        "   cld\n"
        "   pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
        "   ret\n"
        ".popsection\n"
        ".pushsection .bss\n"
        ".balign 16\n native_fpu: .fill 512\n native_mxcsr: .long 0\n .balign 8\n"
        "native_stack: .quad 0\n native_regs: .quad 0\n native_code: .quad 0\n native_rsp: .quad 0\n"
        ".popsection\n");
/* clang-format on */
_Static_assert(offsetof(struct facet_regs, rflags) == 136 && offsetof(struct facet_regs, r8) == 64, "native_call");

/* An FXSAVE image (SDM, vol. 1, 10.5.1) */
static void fpu_to_image(const struct guest_fpu *fpu, uint8_t image[512]) {
    memset(image, 0, 512);
    memcpy(image, &fpu->control, 2);
    memcpy(image + 24, &fpu->mxcsr, 4);
    memcpy(image + 160, fpu->xmm, sizeof fpu->xmm);
}

static void image_to_fpu(const uint8_t image[512], struct guest_fpu *fpu) {
    memset(fpu, 0, sizeof *fpu);
    memcpy(&fpu->control, image, 2);
    memcpy(&fpu->status, image + 2, 2);
    fpu->tags = image[4];
    memcpy(&fpu->mxcsr, image + 24, 4);
    for (unsigned i = 0; i < 8; i++)
        memcpy(fpu->st[i], image + 32 + 16 * i, 10);
    memcpy(fpu->xmm, image + 160, sizeof fpu->xmm);
}

static uint8_t *map(unsigned long at, size_t size, int protection) {
    void *got = mmap((void *)at, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    return got == (void *)at ? got : NULL;
}

static uint8_t *window;
#define CODE_SIZE (((size_t)(forms_end - forms_begin) + PAGE - 1) & ~(PAGE - 1))

bool native_begin(void) {
    uint8_t *code = map(CODE, CODE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC);
    window = map(WINDOW(PLAIN), WINDOW_PAGES * PAGE, PROT_READ | PROT_WRITE);
    if (code == NULL || window == NULL)
        return false;
    memcpy(code, forms_begin, (size_t)(forms_end - forms_begin));
    return true;
}

void native_end(void) {
    munmap((void *)CODE, CODE_SIZE);
    munmap(window, WINDOW_PAGES * PAGE);
}

void native_execute(const struct form *form, const struct place *place, struct outcome *outcome) {
    struct guest_fpu fpu;
    for (unsigned page = 0; page < WINDOW_PAGES; page++)
        form_fill_memory(window + page * PAGE, page);
    form_registers(&outcome->regs, WINDOW(PLAIN), place);
    form_fpu(&fpu);
    fpu_to_image(&fpu, native_fpu);
    native_mxcsr = fpu.mxcsr;
    cr_assert_eq(syscall(SYS_arch_prctl, ARCH_SET_GS, outcome->regs.gs_base), 0);
    native_call(&outcome->regs, (const char *)CODE + (form->code - forms_begin));
    image_to_fpu(native_fpu, &outcome->fpu);
    memcpy(outcome->memory, window, sizeof outcome->memory);
}
