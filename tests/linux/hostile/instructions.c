/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Instructions: forbidden ones, undefined ones, in odd places, and jumps to where no program may be.
 */
#include "hostile.h"

struct code {
    const char *name;
    const char *bytes;
    unsigned size;
};
#define CODE(name, bytes)                                                                                              \
    { name, bytes, sizeof bytes - 1 }

/* What ring 3 must not, or what no processor knows. They end with ret, should one of them go on. */
static const struct code forbidden[] = {
    CODE("hlt", "\xf4\xc3"),
    CODE("cli", "\xfa\xc3"),
    CODE("sti", "\xfb\xc3"),
    CODE("in al, dx", "\xec\xc3"),
    CODE("in eax, 0x80", "\xe5\x80\xc3"),
    CODE("out dx, al", "\xee\xc3"),
    CODE("insb", "\x6c\xc3"),
    CODE("mov rax, cr0", "\x0f\x20\xc0\xc3"),
    CODE("mov rax, cr2", "\x0f\x20\xd0\xc3"),
    CODE("mov cr3, rax", "\x0f\x22\xd8\xc3"),
    CODE("mov cr4, rax", "\x0f\x22\xe0\xc3"),
    CODE("mov cr8, rax", "\x44\x0f\x22\xc0\xc3"),
    CODE("mov rax, dr7", "\x0f\x21\xf8\xc3"),
    CODE("mov dr7, rax", "\x0f\x23\xf8\xc3"),
    CODE("clts", "\x0f\x06\xc3"),
    CODE("invd", "\x0f\x08\xc3"),
    CODE("wbinvd", "\x0f\x09\xc3"),
    CODE("rdmsr", "\x0f\x32\xc3"),
    CODE("wrmsr", "\x0f\x30\xc3"),
    CODE("lgdt", "\x0f\x01\x14\x24\xc3"),
    CODE("lidt", "\x0f\x01\x1c\x24\xc3"),
    CODE("lldt", "\x0f\x00\xd0\xc3"),
    CODE("ltr", "\x0f\x00\xd8\xc3"),
    CODE("lmsw", "\x0f\x01\xf0\xc3"),
    CODE("invlpg", "\x0f\x01\x3c\x24\xc3"),
    CODE("swapgs", "\x0f\x01\xf8\xc3"),
    CODE("sysret", "\x48\x0f\x07\xc3"),
    CODE("ud2", "\x0f\x0b\xc3"),
    CODE("ud1", "\x0f\xb9\xc0\xc3"),
    CODE("lock nop", "\xf0\x90\xc3"),
    CODE("push es", "\x06\xc3"),
    CODE("daa", "\x27\xc3"),
    CODE("into", "\xce\xc3"),
    CODE("far call 0x9a", "\x9a\x00\x00\x00\x00\x33\x00\xc3"),
    CODE("mov cs, eax", "\x8e\xc8\xc3"),
    CODE("int 0", "\xcd\x00\xc3"),
    CODE("int 1", "\xcd\x01\xc3"),
    CODE("int 2", "\xcd\x02\xc3"),
    CODE("int 8", "\xcd\x08\xc3"),
    CODE("int 13", "\xcd\x0d\xc3"),
    CODE("int 14", "\xcd\x0e\xc3"),
    CODE("int 0x20", "\xcd\x20\xc3"),
    CODE("int 0x40", "\xcd\x40\xc3"),
    CODE("int 0xff", "\xcd\xff\xc3"),
    CODE("int3", "\xcc\xc3"),
    CODE("int 3", "\xcd\x03\xc3"),
    CODE("fifteen prefixes", "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x90\xc3"),
    CODE("mov ss, null", "\x31\xc0\x8e\xd0\xc3"),
    CODE("mov ds, 0xfff8", "\xb8\xf8\xff\x00\x00\x8e\xd8\xc3"),
    CODE("iretq, null", "\x48\x89\xe0\x6a\x00\x50\x9c\x6a\x00\x6a\x00\x48\xcf\xc3"),
    CODE("divide by 0", "\x31\xc9\xf7\xf1\xc3"),
    CODE("idiv overflow", "\x48\x31\xc0\x48\x31\xd2\x48\x0f\xba\xea\x3f\x48\xff\xc9\x48\x83\xc9\xff\x48\xf7\xf9\xc3"),
    CODE("rsp 0, push", "\x31\xe4\x50\xc3"),
    CODE("store, not canonical", "\x48\xb8\x00\x00\x00\x00\x00\x00\x00\x80\x48\x89\x00\xc3"),
    CODE("store, kernel", "\x48\xb8\x00\x00\x00\x80\xff\xff\xff\xff\x48\x89\x00\xc3"),
    CODE("load, highest", "\x48\xc7\xc0\xff\xff\xff\xff\x48\x8b\x00\xc3"),
    CODE("load, across 0", "\x48\xc7\xc0\xfc\xff\xff\xff\x48\x8b\x00\xc3"),
    CODE("load, null", "\x31\xc0\x48\x8b\x00\xc3"),
    CODE("popf IOPL", "\x68\x02\x32\x00\x00\x9d\xfa\xc3"),
};

/* What programs may. Their result is in rax. */
static const struct code allowed[] = {
    CODE("mov eax, cs", "\x8c\xc8\xc3"),
    CODE("mov eax, ss", "\x8c\xd0\xc3"),
    CODE("mov eax, ds", "\x8c\xd8\xc3"),
    CODE("mov eax, es", "\x8c\xc0\xc3"),
    CODE("mov eax, fs", "\x8c\xe0\xc3"),
    CODE("mov ds, null", "\x31\xc0\x8e\xd8\xc3"),
    CODE("pushf, popf with NT and ID",
         "\x9c\x48\x81\x0c\x24\x00\x40\x20\x00\x9d\x9c\x58\x25\x00\x40\x20\x00\x68\x02\x02\x00\x00\x9d\xc3"),
    CODE("popf IF off", "\x6a\x02\x9d\x9c\x58\x25\x00\x32\x00\x00\xc3"),
    CODE("pause", "\xf3\x90\x31\xc0\xc3"),
    CODE("endbr64", "\xf3\x0f\x1e\xfa\x31\xc0\xc3"),
    CODE("prefetch null", "\x31\xc0\x0f\x18\x08\xc3"),
    CODE("cld std", "\xfd\xfc\x31\xc0\xc3"),
};

static long (*buffer)(void);

static void run(void *result) {
    *(long *)result = buffer();
}

static void one(const struct code *code, int results) {
    long result = 0;
    memset((void *)buffer, 0xcc, PAGE);
    memcpy((void *)buffer, code->bytes, code->size);
    struct caught caught = attempt(run, &result);
    if (results && !caught.signal)
        printf("%s: %lx\n", code->name, result);
    else
        tell(code->name, caught, (uintptr_t)buffer);
}

static void buffer_make(void) {
    buffer = (long (*)(void))(uintptr_t)map(0x10000000, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
}

static void all_forbidden(void) {
    buffer_make();
    for (unsigned i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
        one(&forbidden[i], 0);
}

static void all_allowed(void) {
    buffer_make();
    for (unsigned i = 0; i < sizeof allowed / sizeof *allowed; i++)
        one(&allowed[i], 1);
}

/* Where processors and systems differ: only that the program learns of it in order. */
static void various(void) {
    static const struct code codes[] = {
        CODE("outsb", "\x6e\xc3"),
        CODE("lock mov", "\xf0\x89\x04\x24\xc3"),
        CODE("int 6", "\xcd\x06\xc3"),
        CODE("mov ds, 0x10", "\xb8\x10\x00\x00\x00\x8e\xd8\xc3"),
        CODE("far jump, kernel", "\x68\x10\x00\x00\x00\x6a\x00\x48\xcb\xc3"),
        CODE("iretq, kernel", "\x48\x89\xe0\x6a\x18\x50\x9c\x6a\x10\x6a\x00\x48\xcf\xc3"),
        CODE("movaps, not aligned", "\x48\x89\xe0\x48\x83\xc8\x01\x0f\x28\x00\xc3"),
        CODE("rsp not canonical, push", "\x48\xbc\x00\x00\x00\x00\x00\x00\x00\x80\x50\xc3"),
        CODE("far return to itself", "\x6a\x33\x48\x8d\x05\x04\x00\x00\x00\x50\x48\xcb\x90\xb8\x07\x00\x00\x00\xc3"),
        CODE(
            "iretq to itself",
            "\x48\x89\xe0\x6a\x2b\x50\x9c\x6a\x33\x48\x8d\x05\x04\x00\x00\x00\x50\x48\xcf\x90\xb8\x08\x00\x00\x00\xc3"),
        CODE("int 0x80", "\xb8\x14\x00\x00\x00\xcd\x80\xc3"),
        CODE("sysenter", "\x31\xc0\x0f\x34\xc3"),
        CODE("sysexit", "\x0f\x35\xc3"),
        CODE("int1", "\xf1\xc3"),
        CODE("int 4", "\xcd\x04\xc3"),
        CODE("far return to 32 bit", "\x6a\x23\x48\x8d\x05\x03\x00\x00\x00\x50\x48\xcb\x90\xc3"),
        CODE("iretq to 32 bit", "\x48\x89\xe0\x6a\x2b\x50\x9c\x6a\x23\x6a\x00\x48\xcf\xc3"),
        CODE("rdpmc", "\x0f\x33\xc3"),
        CODE("rdtsc", "\x0f\x31\xc3"),
        CODE("rdtscp", "\x0f\x01\xf9\xc3"),
        CODE("cpuid", "\x53\x31\xc0\x0f\xa2\x5b\xc3"),
        CODE("xgetbv", "\x31\xc9\x0f\x01\xd0\xc3"),
        CODE("xsetbv", "\x0f\x01\xd1\xc3"),
        CODE("xsave", "\x0f\xae\x24\x24\xc3"),
        CODE("rdrand", "\x0f\xc7\xf0\xc3"),
        CODE("rdseed", "\x0f\xc7\xf8\xc3"),
        CODE("rdfsbase", "\xf3\x48\x0f\xae\xc0\xc3"),
        CODE("wrgsbase", "\x48\xc7\xc0\x00\x00\x00\x00\xf3\x48\x0f\xae\xd8\xc3"),
        CODE("wrgsbase, not canonical", "\x48\xb8\x00\x00\x00\x00\x00\x00\x00\x80\xf3\x48\x0f\xae\xd8\xc3"),
        CODE("sgdt", "\x0f\x01\x44\x24\xc0\xc3"),
        CODE("sidt", "\x0f\x01\x4c\x24\xc0\xc3"),
        CODE("smsw", "\x0f\x01\xe0\xc3"),
        CODE("sldt", "\x0f\x00\xc0\xc3"),
        CODE("str", "\x0f\x00\xc8\xc3"),
        CODE("vaddps", "\xc5\xf8\x58\xc0\xc3"),
        CODE("vpaddd ymm", "\xc5\xfd\xfe\xc0\xc3"),
        CODE("vaddps zmm", "\x62\xf1\x7c\x48\x58\xc0\xc3"),
        CODE("andn", "\xc4\xe2\x78\xf2\xc0\xc3"),
        CODE("kmovw", "\xc5\xf8\x92\xc0\xc3"),
        CODE("monitor", "\x0f\x01\xc8\xc3"),
        CODE("mwait", "\x0f\x01\xc9\xc3"),
        CODE("vmcall", "\x0f\x01\xc1\xc3"),
        CODE("vmmcall", "\x0f\x01\xd9\xc3"),
        CODE("vmrun", "\x0f\x01\xd8\xc3"),
        CODE("vmload", "\x0f\x01\xda\xc3"),
        CODE("stgi", "\x0f\x01\xdc\xc3"),
        CODE("clgi", "\x0f\x01\xdd\xc3"),
        CODE("skinit", "\x0f\x01\xde\xc3"),
        CODE("invlpga", "\x0f\x01\xdf\xc3"),
        CODE("vmxon", "\xf3\x0f\xc7\x34\x24\xc3"),
        CODE("encls", "\x0f\x01\xcf\xc3"),
        CODE("rsm", "\x0f\xaa\xc3"),
        CODE("xbegin", "\xc7\xf8\x00\x00\x00\x00\xc3"),
        CODE("wrpkru", "\x31\xc9\x31\xd2\x31\xc0\x0f\x01\xef\xc3"),
        CODE("clzero", "\x48\x8d\x44\x24\x80\x48\x83\xe0\xc0\x0f\x01\xfc\xc3"),
        CODE("fs prefix lgdt", "\x64\x0f\x01\x14\x25\x00\x00\x00\x00\xc3"),
        CODE("syscall, then int3", "\xb8\x27\x00\x00\x00\x0f\x05\xcc\xc3"),
    };
    buffer_make();
    for (unsigned i = 0; i < sizeof codes / sizeof *codes; i++)
        one(&codes[i], 0);
}

/* ---- Jumps */

static void jump(void *to) {
    __asm__ volatile("xor %%ebx, %%ebx\n\tjmp *%0" : : "r"(to) : "rbx");
}

static void jumps(void) {
    static char data[64] = {'\xc3'};
    static const uintptr_t places[] = {0,
                                       8,
                                       0x7ffffffff000,
                                       0x7fffffffffff,
                                       0xffff800000000000,
                                       0xffffffff80000000,
                                       0xffffffff81000000,
                                       0xfffffffffffff000,
                                       0xffffffffffffffff};
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
        char name[40];
        snprintf(name, sizeof name, "jump to %lx", places[i]);
        tell(name, attempt(jump, (void *)places[i]), 0x10000000);
    }
    for (unsigned i = 0; i < 3; i++) { /* the jump fails, or where it went to */
        static const uintptr_t not_canonical[] = {0x800000000000, 0x8000000000000000, 0xffff7fffffffffff};
        struct caught caught = attempt(jump, (void *)not_canonical[i]);
        printf("jump to %lx: signal %d code %d\n", not_canonical[i], caught.signal, caught.code);
    }
    char stack[64] = {'\xc3'};
    tell("jump to data", attempt(jump, data), (uintptr_t)data);
    tell("jump to the stack", attempt(jump, stack), (uintptr_t)stack);
    char *page = map(0x10000000, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
    munmap(page + PAGE, PAGE);
    memset(page, 0x90, PAGE);
    tell("off the end", attempt(jump, page + PAGE - 1), (uintptr_t)page);
    page[PAGE - 1] = '\x0f';
    tell("half an instruction", attempt(jump, page + PAGE - 1), (uintptr_t)page);
    mprotect(page, PAGE, PROT_READ);
    tell("no longer executable", attempt(jump, page), (uintptr_t)page);
    mprotect(page, PAGE, PROT_NONE);
    tell("no longer readable", attempt(jump, page), (uintptr_t)page);
}

/* ---- Code that changes itself: the next instruction, the same page, through another mapping. */

static void selfmod(void) {
    buffer_make();
    unsigned char *code = (unsigned char *)(uintptr_t)buffer;
    long sum = 0;
    for (int i = 0; i < 1000; i++) {
        const unsigned char load[] = {0xb8, (unsigned char)i, (unsigned char)(i >> 8), 0, 0, 0xc3};
        memcpy(code + i % 64, load, sizeof load);
        sum += ((long (*)(void))(uintptr_t)(code + i % 64))();
    }
    printf("rewritten 1000 times: %ld\n", sum);
    /* mov byte [rip+1], 9; mov eax, 1; ret: the store changes the operand behind it */
    static const unsigned char ahead[] = {0xc6, 0x05, 1, 0, 0, 0, 9, 0xb8, 1, 0, 0, 0, 0xc3};
    memcpy(code, ahead, sizeof ahead);
    printf("the next instruction: %ld\n", buffer());
    printf("again: %ld\n", buffer());
    /* rep stosb over itself ends in the bytes that it has written */
    static const unsigned char over[] = {0xb0, 0xc3, 0x48, 0x8d, 0x3d, 0, 0, 0, 0, 0xb9, 0x40, 0, 0, 0, 0xf3, 0xaa};
    memset(code, 0x90, PAGE);
    memcpy(code, over, sizeof over);
    long result;
    tell("rep stosb behind itself", attempt(run, &result), (uintptr_t)code);
}

const struct deed instruction_deeds[] = {
    {"forbidden", all_forbidden}, {"allowed", all_allowed},
    {"various", various},         {"jumps", jumps},
    {"selfmod", selfmod},         {0, 0},
};
