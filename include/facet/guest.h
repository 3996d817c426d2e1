/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * For native programs in freestanding C: how to invoke capabilities, and the few wrappers nearly all of them want.
 *
 * A program is `int main(int argc, char **argv)` in one or more C files, linked with the start file crt0.o, which calls
 * main, sends what it returns to the parent as OP_EXIT, carries the ELF note that makes the file a native program, and
 * holds memcpy, memmove, memset and memcmp, which gcc may call on its own. There is no C library:
 *
 *     cc -std=gnu11 -O2 -g -ffreestanding -fno-pic -fno-stack-protector -fcf-protection=none \
 *        -fno-asynchronous-unwind-tables -Iinclude -c prog.c -o prog.o
 *     cc -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,noexecstack -o prog build/release/crt0.o prog.o
 *
 * The linker's default script is right: text at 0x400000, segments read-only, executable or writable as they ask for.
 */
#ifndef FACET_GUEST_H
#define FACET_GUEST_H

#include <facet/abi.h>

void *memcpy(void *to, const void *from, unsigned long size);
void *memmove(void *to, const void *from, unsigned long size);
void *memset(void *to, int byte, unsigned long size);
int memcmp(const void *a, const void *b, unsigned long size);

/* Everything an invocation carries. Zero what is not used. */
struct facet_message {
    unsigned long word[MESSAGE_WORDS]; /* in: sent; out: received */
    unsigned char send[MESSAGE_CAPS];  /* capability registers, CR_NULL: none */
    unsigned char recv[MESSAGE_CAPS];
    const void *string; /* sent */
    unsigned long string_size;
    void *room; /* where a string is received */
    unsigned long room_size;
    unsigned long received; /* out: bytes put there */
    unsigned long payload;  /* out: of the entry capability that was invoked */
};

/* Invokes the capability in register `cap`; kind is INVOKE_…. Returns the result or the received message's label. */
static inline unsigned long facet_invoke(unsigned cap, unsigned kind, unsigned long op, struct facet_message *m) {
    unsigned long label = op, control = INVOKE_CONTROL(cap, kind), caps = 0;
    for (int i = MESSAGE_CAPS - 1; i >= 0; i--)
        caps = caps << 8 | m->recv[i];
    for (int i = MESSAGE_CAPS - 1; i >= 0; i--)
        caps = caps << 8 | m->send[i];
    unsigned long w0 = m->word[0];
    register unsigned long w1 __asm__("r10");
    w1 = m->word[1];
    register unsigned long w2 __asm__("r8");
    w2 = m->word[2];
    register unsigned long w3 __asm__("r9");
    w3 = m->word[3];
    register const void *string __asm__("r12");
    string = m->string;
    register unsigned long size __asm__("r13");
    size = m->string_size;
    register void *room __asm__("r14");
    room = m->room;
    register unsigned long room_size __asm__("r15");
    room_size = m->room_size;
    __asm__ volatile("syscall"
                     : "+a"(label), "+D"(control), "+d"(w0), "+r"(w1), "+r"(w2), "+r"(w3), "+r"(size)
                     : "S"(caps), "r"(string), "r"(room), "r"(room_size)
                     : "rcx", "r11", "memory");
    m->word[0] = w0;
    m->word[1] = w1;
    m->word[2] = w2;
    m->word[3] = w3;
    m->received = size;
    m->payload = control;
    return label;
}

static inline unsigned long facet_call(unsigned cap, unsigned long op, struct facet_message *m) {
    return facet_invoke(cap, INVOKE_CALL, op, m);
}

/* Ends the program. */
static inline _Noreturn void facet_exit(int status) {
    struct facet_message m = {.word = {(unsigned long)status}};
    facet_call(CR_PARENT, OP_EXIT, &m);
    for (;;)
        __asm__ volatile("ud2");
}

/* Reads at most `size` bytes from a stream. Returns how many, 0 at end of file, -1 on any failure. */
static inline long facet_read(unsigned cap, void *buffer, unsigned long size) {
    struct facet_message m = {.room = buffer, .room_size = size < STRING_MAX ? size : STRING_MAX};
    return facet_call(cap, OP_STREAM_READ, &m) == RC_OK ? (long)m.received : -1;
}

/* Writes all `size` bytes to a stream. Returns size, or -1 on any failure. */
static inline long facet_write(unsigned cap, const void *buffer, unsigned long size) {
    const char *next = buffer;
    for (unsigned long left = size; left > 0;) {
        struct facet_message m = {.string = next, .string_size = left < STRING_MAX ? left : STRING_MAX};
        if (facet_call(cap, OP_STREAM_WRITE, &m) != RC_OK || m.word[0] == 0)
            return -1;
        next += m.word[0];
        left -= m.word[0];
    }
    return (long)size;
}

/* Writes a C string to standard output. */
static inline void facet_puts(const char *text) {
    unsigned long size = 0;
    while (text[size])
        size++;
    facet_write(CR_STDOUT, text, size);
}

/* ---- With --grant range */

/* Allocates an object of `type` from the range in CR_RANGE into capability register `to`. */
static inline unsigned long facet_alloc(enum cap_type type, unsigned to) {
    struct facet_message m = {.word = {type}, .recv = {(unsigned char)to}};
    return facet_call(CR_RANGE, OP_RANGE_ALLOC, &m);
}

/* An operation with one word and one capability sent; CR_NULL sends Null. */
static inline unsigned long facet_set(unsigned cap, unsigned long op, unsigned long word, unsigned from) {
    struct facet_message m = {.word = {word}, .send = {(unsigned char)from}};
    return facet_call(cap, op, &m);
}

/* An operation with two words that answers with a capability, put into register `to`. */
static inline unsigned long facet_get(unsigned cap, unsigned long op, unsigned long w0, unsigned long w1, unsigned to) {
    struct facet_message m = {.word = {w0, w1}, .recv = {(unsigned char)to}};
    return facet_call(cap, op, &m);
}

/* ---- Serving memory
 *
 * A program that was started with `facet run --program NAME=ELF` answers for the objects that are swapped for
 * endpoint:NAME, as does any process whose endpoint was given to OP_DEBUG_SWAP. Each load, store and fetch is a message
 * to it (abi.h, OP_ACCESS), its answer the verdict; the process that makes the access waits. So this is a whole
 * handler:
 *
 *     static enum access_verdict no_stores(struct facet_served *access) {
 *         access->fault = 7;
 *         return access->kind == ACCESS_STORE ? VERDICT_FAULT : VERDICT_PASS;
 *     }
 *     int main(void) {
 *         facet_serve(no_stores, 0);
 *     }
 */
struct facet_served {
    enum access kind;     /* ACCESS_LOAD, ACCESS_STORE; ACCESS_FETCH: an instruction is about to be executed */
    unsigned flags;       /* 1: of a read-modify-write, 2: an atomic one; 4: part of an access that crosses pages;
                           * ACCESS_BY_KERNEL: a system call's; ACCESS_NO_MEMORY: nothing is there, bytes are 0 */
    unsigned long size;   /* bytes, 1 … ACCESS_BYTES */
    long offset;          /* of the first one in the swapped object (before it if negative); of a page or part of a GPT
                           * that a program has swapped itself: in it, plus the payload of the entry capability */
    unsigned long pc, va; /* of the instruction, of the first byte, as the process that makes the access sees them */
    unsigned long fault;  /* for VERDICT_FAULT: the code that the process's keeper gets */
    unsigned char
        bytes[ACCESS_BYTES]; /* to be stored, or in memory now; of a load, VERDICT_DONE delivers what is here */
};

#define FACET_SERVE_REGISTER 31 /* the capability register for the right to answer */

/* For ever takes accesses, and answers them with what `verdict` says. outcome, unless 0, is told what the memory is
 * after each access that was answered with VERDICT_STEP; meanwhile nobody else gets at it. */
static inline _Noreturn void facet_serve(enum access_verdict (*verdict)(struct facet_served *access),
                                         void (*outcome)(const struct facet_served *access)) {
    static struct facet_served access;
    struct facet_message m = {.recv = {[MESSAGE_CAPS - 1] = FACET_SERVE_REGISTER},
                              .string = access.bytes,
                              .room = access.bytes,
                              .room_size = ACCESS_BYTES};
    unsigned long answer = VERDICT_PASS;
    for (unsigned to = CR_NULL;; to = FACET_SERVE_REGISTER) {
        m.word[0] = access.fault;
        m.string_size = access.size;
        unsigned long label = facet_invoke(to, INVOKE_RETURN, answer, &m);
        access.kind = (enum access)ACCESS_KIND(m.word[0]);
        access.flags = (unsigned)ACCESS_FLAGS(m.word[0]);
        access.size = ACCESS_SIZE(m.word[0]);
        access.offset = (long)(m.word[1] + m.payload);
        access.pc = m.word[2];
        access.va = m.word[3];
        access.fault = 0;
        for (unsigned long i = m.received; i < access.size && i < ACCESS_BYTES; i++)
            access.bytes[i] = 0;
        answer = VERDICT_PASS;
        if (label == OP_ACCESS)
            answer = verdict(&access);
        else if (label == OP_ACCESS_OUTCOME && outcome)
            outcome(&access);
        else if (label != OP_ACCESS_OUTCOME) /* somebody else's message, not the kernel's */
            answer = RC_BAD_OP;
    }
}

#endif
