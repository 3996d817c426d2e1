/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * hostile DEED: one thing that ring 3 must not get away with. Ends as Linux would end it, never otherwise: the exit
 * status 99 means that the deed went through.
 */
#include <facet/guest.h>

#define KERNEL_TEXT 0xffffffff80100000ul
#define DIRECT_MAP 0xffff800000000000ul
#define MICROCODE 0xffffffffff000000ul

static void jump(unsigned long address) {
    __asm__ volatile("jmp *%0" : : "r"(address));
}

static void load(unsigned long address) {
    (void)*(volatile unsigned long *)address;
}

static void store(unsigned long address) {
    *(volatile unsigned long *)address = 1;
}

static unsigned long overflow(unsigned long depth);
static unsigned long (*volatile deeper)(unsigned long) = overflow; /* out of the compiler's sight */

static unsigned long overflow(unsigned long depth) {
    volatile char frame[1024];
    frame[0] = (char)depth;
    return deeper(depth + 1) + (unsigned char)frame[0];
}

static void privileged_hlt(void) {
    __asm__ volatile("hlt");
}
static void privileged_cli(void) {
    __asm__ volatile("cli");
}
static void privileged_cr3(void) {
    __asm__ volatile("mov %%rax, %%cr3" : : "a"(0));
}
static void privileged_lgdt(void) {
    __asm__ volatile("lgdt (%%rsp)" : :);
}
static void privileged_wrmsr(void) {
    __asm__ volatile("wrmsr" : : "a"(0), "c"(0xc0000082), "d"(0));
}
static void privileged_invlpg(void) {
    __asm__ volatile("invlpg (%%rsp)" : :);
}
static void port_out(void) {
    __asm__ volatile("outl %%eax, %%dx" : : "a"(0), "d"(0xf4));
}
static void port_in(void) {
    __asm__ volatile("inb %%dx, %%al" : : "d"(0x3f8) : "rax");
}
static void microcode_out(void) {
    __asm__ volatile("outb %%al, $0xe0" : : "a"(0));
}
static void undefined(void) {
    __asm__ volatile("ud2");
}
static void divide(void) {
    __asm__ volatile("divl %%ecx" : : "a"(1), "d"(0), "c"(0));
}
static void breakpoint(void) {
    __asm__ volatile("int3");
}
static void interrupt(void) {
    __asm__ volatile("int $0x22");
} /* the debug device's vector */
static void jump_kernel(void) {
    jump(KERNEL_TEXT);
}
static void jump_microcode(void) {
    jump(MICROCODE);
}
static void jump_noncanonical(void) {
    jump(0x800000000000ul);
}
static void jump_null(void) {
    jump(0);
}
static void load_kernel(void) {
    load(KERNEL_TEXT);
}
static void load_direct_map(void) {
    load(DIRECT_MAP);
}
static void load_microcode(void) {
    load(MICROCODE + 4096);
}
static void load_noncanonical(void) {
    load(0x8000000000000000ul);
}
static void load_null(void) {
    load(0);
}
static void store_kernel(void) {
    store(KERNEL_TEXT);
}
static void store_text(void) {
    store((unsigned long)&store_text);
}
static void execute_stack(void) {
    unsigned char code[16] = {0xc3};
    __asm__ volatile("call *%0" : : "r"(code) : "memory");
}
static void stack_overflow(void) {
    overflow(0);
}
static void no_stack(void) {
    __asm__ volatile("xor %%esp, %%esp\n push %%rax" : :);
}
static void loop(void) {
    for (;;)
        __asm__ volatile("");
}
static void deadlock(void) {
    struct facet_message m = {0};
    facet_invoke(CR_NULL, INVOKE_RETURN, 0, &m);
}

static void bad_control(void) {
    struct facet_message m = {0};
    facet_invoke(CAP_REGISTERS, INVOKE_CALL, OP_TYPE, &m);
}
static void bad_register(void) {
    struct facet_message m = {.recv = {0, CAP_REGISTERS}};
    facet_invoke(CR_NULL, INVOKE_CALL, OP_TYPE, &m);
}

static const struct deed {
    const char *name;
    void (*act)(void);
} deeds[] = {
    {"hlt", privileged_hlt},
    {"cli", privileged_cli},
    {"cr3", privileged_cr3},
    {"lgdt", privileged_lgdt},
    {"wrmsr", privileged_wrmsr},
    {"invlpg", privileged_invlpg},
    {"out", port_out},
    {"in", port_in},
    {"microcode-out", microcode_out},
    {"ud2", undefined},
    {"divide", divide},
    {"int3", breakpoint},
    {"int", interrupt},
    {"jump-kernel", jump_kernel},
    {"jump-microcode", jump_microcode},
    {"jump-noncanonical", jump_noncanonical},
    {"jump-null", jump_null},
    {"load-kernel", load_kernel},
    {"load-direct-map", load_direct_map},
    {"load-microcode", load_microcode},
    {"load-noncanonical", load_noncanonical},
    {"load-null", load_null},
    {"store-kernel", store_kernel},
    {"store-text", store_text},
    {"execute-stack", execute_stack},
    {"stack-overflow", stack_overflow},
    {"no-stack", no_stack},
    {"loop", loop},
    {"deadlock", deadlock},
    {"bad-control", bad_control},
    {"bad-register", bad_register},
};

static int same(const char *a, const char *b) {
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

int main(int argc, char **argv) {
    for (unsigned i = 0; argc == 2 && i < sizeof deeds / sizeof *deeds; i++)
        if (same(argv[1], deeds[i].name)) {
            deeds[i].act();
            return 99;
        }
    for (unsigned i = 0; i < sizeof deeds / sizeof *deeds; i++) {
        facet_puts(deeds[i].name);
        facet_puts("\n");
    }
    return 1;
}
