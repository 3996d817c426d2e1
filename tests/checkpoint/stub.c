/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Ring 0 as somebody would write it who wants to harm the host: stores to what the host reads, requests to devices that
 * make no sense, control registers. No stack, no call; at its end it goes back to ring 3, or round.
 */
#include "mutate.h"

#include <facet/platform.h>
#include <string.h>

struct code {
    uint8_t *at, *end;
};

static void emit(struct code *c, const void *bytes, size_t size) {
    if ((size_t)(c->end - c->at) < size)
        return;
    memcpy(c->at, bytes, size);
    c->at += size;
}
#define EMIT(c, text) emit(c, text, sizeof(text) - 1)

static void load_rax(struct code *c, uint64_t value) {
    EMIT(c, "\x48\xb8");
    emit(c, &value, sizeof value);
}

/* mov [address], value */
static void store(struct code *c, uint64_t address, uint64_t value, bool wide) {
    load_rax(c, address);
    EMIT(c, "\x48\x89\xc2"); /* mov rdx, rax */
    load_rax(c, value);
    if (wide)
        EMIT(c, "\x48\x89\x02"); /* mov [rdx], rax */
    else
        EMIT(c, "\x89\x02");
}

static uint64_t hot(const struct layout *l, struct random *r) {
    const struct hot *hot = &l->hot[random_below(r, l->hot_count)];
    return hot->physical + random_below(r, hot->size / 4) * 4;
}

static uint64_t place(const struct layout *l, struct random *r) {
    switch (random_below(r, 8)) {
    case 0:
        return random_word(r);
    case 1:
        return l->ram - random_below(r, 64);
    case 2:
        return random_below(r, l->ram);
    default:
        return hot(l, r);
    }
}

static uint64_t number(const struct layout *l, struct random *r) {
    const uint64_t some[] = {0,
                             1,
                             2,
                             3,
                             random_below(r, 64),
                             random_below(r, 600),
                             4096,
                             FRONT_MAX,
                             FRONT_MAX - 1,
                             UINT64_MAX,
                             UINT32_MAX,
                             place(l, r),
                             KERNEL_DIRECT_MAP + place(l, r),
                             KERNEL_LINK_BASE + place(l, r),
                             random_word(r),
                             APERTURE_BASE + (random_below(r, 4) << FRONT_SHIFT) + random_below(r, 16) * 4096 + 1};
    return some[random_below(r, sizeof some / sizeof *some)];
}

static void out(struct code *c, uint32_t port, uint32_t value) {
    load_rax(c, port);
    EMIT(c, "\x48\x89\xc2");
    load_rax(c, value);
    EMIT(c, "\xef"); /* out dx, eax */
}

/* A request, word by word, somewhere in RAM. */
static void request(struct code *c, const struct layout *l, struct random *r, uint32_t port, size_t words) {
    uint64_t at = random_below(r, 8) ? (random_below(r, l->ram) & ~7ul) : place(l, r);
    for (size_t i = 0; i < words; i++)
        store(c, KERNEL_DIRECT_MAP + at + 8 * i, i == 0 ? random_below(r, 64) | random_below(r, 8) << 32 : number(l, r),
              true);
    out(c, port, (uint32_t)at);
}

static void control(struct code *c, struct random *r) {
    static const char *const codes[] = {"\x0f\x20\xd8\x0f\x22\xd8", /* mov rax, cr3; mov cr3, rax */
                                        "\x0f\x22\xd8",             /* mov cr3, rax */
                                        "\x0f\x22\xe0",             /* mov cr4, rax */
                                        "\x0f\x22\xc0",             /* mov cr0, rax */
                                        "\x0f\x01\x12",             /* lgdt [rdx] */
                                        "\x0f\x01\x1a",             /* lidt [rdx] */
                                        "\x0f\x30",                 /* wrmsr */
                                        "\x0f\x32",                 /* rdmsr */
                                        "\x0f\x01\xf8",             /* swapgs */
                                        "\x8e\xd8",                 /* mov ds, eax */
                                        "\xfb\xf4",                 /* sti; hlt */
                                        "\x0f\x01\x3a",             /* invlpg [rdx] */
                                        "\xcd\x22"};                /* int 0x22 */
    const char *code = codes[random_below(r, sizeof codes / sizeof *codes)];
    if (random_below(r, 3) == 0)
        load_rax(c, random_word(r) >> random_below(r, 64));
    emit(c, code, strlen(code));
}

static void one(struct code *c, const struct layout *l, struct random *r) {
    switch (random_below(r, 8)) {
    case 0:
        request(c, l, r, PORT_STREAM, sizeof(struct stream_request) / 8);
        break;
    case 1:
        request(c, l, r, PORT_HOST, sizeof(struct host_request) / 8);
        break;
    case 2:
        out(c, PORT_DEBUG, (uint32_t)random_below(r, 8));
        break;
    case 3:
        out(c, PORT_TIMER, (uint32_t)(random_word(r) >> random_below(r, 64)));
        break;
    case 4:
        if (random_below(r, 4) == 0)
            control(c, r);
        break;
    default:
        store(c, KERNEL_DIRECT_MAP + hot(l, r), number(l, r), random_below(r, 2));
    }
}

size_t stub_make(const struct layout *layout, struct random *r, uint8_t *code, size_t room) {
    struct code c = {code, code + room - 32};
    uint64_t times = 1 + random_below(r, 24);
    EMIT(&c, "\x49\x89\xcf\x4d\x89\xde"); /* mov r15, rcx; mov r14, r11 */
    while (times-- > 0)
        one(&c, layout, r);
    c.end += 32;
    if (random_below(r, 8))
        EMIT(&c, "\x4c\x89\xf9\x4d\x89\xf3\x48\x0f\x07"); /* mov rcx, r15; mov r11, r14; sysretq */
    else
        EMIT(&c, "\xeb\xfe"); /* jmp $ */
    return (size_t)(c.at - code);
}
