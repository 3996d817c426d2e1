/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * fronts direct|forwarders N|membrane: a client prints all that it can find out about an entry capability, and what the
 * service behind it is told, when it has the original, one behind N forwarders, or one behind a membrane. The test
 * compares the outputs. Needs --grant range, debug. A membrane is a process: it cannot pass on what only the kernel may
 * say, and is still there when the service is not, so for it these two parts are left out.
 */
#include "check.h"
#include "rows.h"

#include "../../samples/guests/wrap.h"

enum {
    R_E = CR_FREE, /* what it has to do with */
    R_CLIENT_END,
    R_CLIENT_ENTRY,
    R_PAGE,
    R_OBJECT,
    R_A,
    R_B,
    R_C,
    R_CHILD,
    R_SERVICE,
    R_END,
    R_M, /* the membrane and its three */
    R_RESUME = R_M,
};
enum { S_CAP = 20, S_ANSWER = S_CAP + 3, S_KEPT };
enum { KEEP = 0x4200, POKE }; /* labels that mean something to the service; it echoes others */
#define PAYLOAD 0x5e71ul
#define SLOT 3ul
#define REGION ((volatile unsigned long *)(SLOT << 44))

static unsigned long stack[3][512];
static char strings[3][STRING_MAX];
static struct { unsigned long label, payload, received, word[4], type[3]; } seen; /* by the service */

/* ---- The service */

static unsigned long service_type(unsigned cap) {
    struct facet_message m = {.send = {(unsigned char)cap}};
    facet_call(CR_DISCRIM, OP_DISCRIM_CLASSIFY, &m);
    return m.word[0];
}

static void service_look(unsigned long label, const struct facet_message *m) {
    seen.label = label;
    seen.payload = m->payload;
    seen.received = m->received;
    memcpy(seen.word, m->word, sizeof seen.word);
    for (unsigned i = 0; i < 3; i++)
        seen.type[i] = service_type(S_CAP + i);
}

/* The kernel's: a GPT gets a page, a process stays as it is, a load gets a number. */
static unsigned long service_kernel(unsigned long label, struct facet_message *m) {
    static const unsigned long number = 0x1234567;
    if (label == OP_ACCESS) {
        m->string = &number;
        m->string_size = sizeof number;
        return VERDICT_DONE;
    }
    if (label != OP_FAULT || service_type(S_CAP) != DISCRIM_MEMORY)
        return 1;
    return facet_set(S_CAP, OP_GPT_SET, 0, S_KEPT);
}

static unsigned long service_one(unsigned long label, struct facet_message *m) {
    struct facet_message poke = {.word = {1, 2, 3, 4}, .send = {S_CAP + 1}, .string = "poked", .string_size = 5};
    m->string_size = m->received;
    m->send[0] = m->send[1] = m->send[2] = CR_NULL;
    if (label & LABEL_KERNEL)
        return service_kernel(label, m);
    if (label == KEEP)
        facet_set(CR_SELF, OP_PROCESS_SET_CAP, S_KEPT, S_CAP);
    else if (label == POKE)
        facet_invoke(S_CAP, INVOKE_FORK, POKE, &poke);
    for (unsigned i = 0; i < MESSAGE_WORDS; i++)
        m->word[i] = m->word[i] * 3 + i;
    for (unsigned char i = 0; i < 3; i++)
        m->send[i] = (unsigned char)(S_CAP + (i + 1) % 3);
    return label ^ 0x5000;
}

static void service(void) {
    unsigned long answer = 0;
    struct facet_message m = {.room = strings[0], .room_size = STRING_MAX};
    for (unsigned to = CR_NULL;; to = S_ANSWER) {
        m.recv[0] = S_CAP, m.recv[1] = S_CAP + 1, m.recv[2] = S_CAP + 2, m.recv[3] = S_ANSWER;
        unsigned long label = facet_invoke(to, INVOKE_RETURN, answer, &m);
        service_look(label, &m);
        m.string = strings[0];
        answer = service_one(label, &m);
    }
}

/* ---- What the client prints */

static void number(const char *before, unsigned long n) {
    facet_puts(before);
    print_number(n, 16);
}

static void line(const char *what) {
    facet_puts("\n");
    facet_puts(what);
}

static void see_service(void) {
    number(" | it: ", seen.label);
    number(" payload ", seen.payload);
    number(" bytes ", seen.received);
    for (unsigned i = 0; i < 4; i++)
        number(" ", seen.word[i]);
    for (unsigned i = 0; i < 3; i++)
        number(" c", seen.type[i]);
    memset(&seen, 0, sizeof seen);
}

static void see(unsigned long rc, const struct facet_message *m) {
    number(" -> ", rc);
    for (unsigned i = 0; i < 4; i++)
        number(" ", m->word[i]);
    number(" payload ", m->payload);
    number(" bytes ", m->received);
    unsigned long sum = 0;
    for (unsigned long i = 0; i < m->received; i++)
        sum = sum * 31 + (unsigned char)((char *)m->room)[i];
    number(" ", sum);
}

static void see_caps(void) {
    for (unsigned reg = R_A; reg <= R_C; reg++) {
        struct facet_message same = {.send = {(unsigned char)reg, R_E}}, own = {.send = {(unsigned char)reg, R_PAGE}};
        struct facet_message mine = {.send = {(unsigned char)reg, R_CLIENT_ENTRY}};
        number(" c", service_type(reg));
        facet_call(CR_DISCRIM, OP_DISCRIM_COMPARE, &same);
        facet_call(CR_DISCRIM, OP_DISCRIM_COMPARE, &own);
        facet_call(CR_DISCRIM, OP_DISCRIM_COMPARE, &mine);
        number(same.word[0] ? "=E" : own.word[0] ? "=page" : mine.word[0] ? "=mine" : "", 0);
    }
}

/* ---- Messages */

static struct facet_message full(unsigned long size, unsigned long room) {
    return (struct facet_message){.word = {1, 22, 333, 4444},
                                  .send = {R_PAGE, R_CLIENT_ENTRY, R_E},
                                  .recv = {R_A, R_B, R_C},
                                  .string = strings[1],
                                  .string_size = size,
                                  .room = strings[2],
                                  .room_size = room};
}

static void labels(void) {
    for (unsigned long label = 0; label < 0x1100; label += (label & 0xff) == 0x20 ? 0xe0 : 1) {
        struct facet_message m = full(label % 7, 100);
        number("\nlabel ", label);
        see(facet_call(R_E, label, &m), &m);
        see_service();
    }
    for (unsigned bit = 12; bit < 64; bit++) {
        struct facet_message m = full(3, 2);
        number("\nlabel ", 1ul << bit);
        see(facet_call(R_E, 1ul << bit, &m), &m);
        see_service();
    }
    for (unsigned long label = OP_FAULT; label <= OP_ACCESS; label += 0x10000) {
        struct facet_message m = full(3, 2);
        line("a label of the kernel");
        see(facet_call(R_E, label, &m), &m);
        see(facet_invoke(R_E, INVOKE_FORK, label, &m), &m);
        see_service();
    }
}

static void settle(void) {
    struct facet_message m = {0};
    facet_call(R_E, 0x4001, &m);
}

static void forms(void) {
    static const unsigned long sizes[] = {0, 1, 4095, 4096, 4097, STRING_MAX - 1, STRING_MAX};
    for (unsigned i = 0; i < 49; i++) {
        struct facet_message m = full(sizes[i % 7], sizes[i / 7]);
        line("string");
        see(facet_call(R_E, 0x4000, &m), &m);
        see_service();
        see_caps();
    }
    for (unsigned send = 0; send < 16; send++) {
        struct facet_message m = full(5, 5);
        for (unsigned i = 0; i < 3; i++)
            m.send[i] = send >> i & 1 ? m.send[i] : CR_NULL;
        m.recv[2] = send & 8 ? R_A : R_C;
        line("capabilities");
        see(facet_invoke(R_E, INVOKE_CALL | (send & 4 ? INVOKE_PROMPT : 0), 0x4000, &m), &m);
        see_caps();
        see_service();
        m = full(5, 5);
        m.send[0] = send & 1 ? R_E : CR_NULL;
        line("without waiting");
        see(facet_invoke(R_E, INVOKE_FORK, 0x4002 + send, &m), &m);
        settle();
        see_service();
    }
}

/* It tells this process something of its own accord. */
static void poked(void) {
    struct facet_message m = {.send = {R_CLIENT_ENTRY, R_E}, .recv = {R_A, R_B, R_C, R_OBJECT}};
    m.room = strings[2];
    m.room_size = 100;
    line("poked");
    see(facet_invoke(R_E, INVOKE_RETURN, POKE, &m), &m);
    see_caps();
    see_service();
}

/* ---- Operations of the kernel that are given it */

/* A capability that has the operation, in R_OBJECT. */
static int bring(const struct row *row) {
    static const unsigned char granted[CAP_TYPES] = {[CAP_RANGE] = CR_RANGE,
                                                     [CAP_DEBUG] = CR_DEBUG,
                                                     [CAP_DISCRIM] = CR_DISCRIM,
                                                     [CAP_PROCESS_TOOL] = CR_PROCESS_TOOL};
    for (unsigned type = 1; type < CAP_TYPES; type++) {
        if (!(row->types >> type & 1))
            continue;
        if (facet_alloc((enum cap_type)type, R_OBJECT) == RC_OK)
            return 1;
        if (granted[type])
            return facet_set(CR_SELF, OP_PROCESS_SET_CAP, R_OBJECT, granted[type]) == RC_OK;
    }
    return 0;
}

static struct facet_message given(const struct row *row, unsigned which) {
    struct facet_message m = {.recv = {R_A, R_B}, .string = strings[1], .room = strings[2], .room_size = row->room};
    for (unsigned i = 0; i < MESSAGE_WORDS; i++)
        m.word[i] = row->word[i].low;
    m.string_size = row->string;
    m.send[which] = R_E;
    m.send[!which] = which ? R_PAGE : CR_NULL;
    return m;
}

static void operations(void) {
    for (unsigned i = 0; i < ROWS; i++)
        for (unsigned which = 0; which < 2; which++) {
            int ignored = rows[i].sent[which] == (1u << CAP_TYPES) - 1 && rows[i].op >> 8 != OP_DISCRIM_CLASSIFY >> 8 &&
                          rows[i].op >> 8 != OP_TOOL_IDENTIFY >> 8;
            if (ignored || rows[i].op >> 8 == OP_HOST_TAKE >> 8 || !bring(&rows[i]))
                continue;
            struct facet_message m = given(&rows[i], which);
            line(rows[i].name);
            unsigned long rc = facet_call(R_OBJECT, rows[i].op, &m);
            number(" -> ", rc);
            number(" ", rows[i].op >> 8 == OP_DISCRIM_CLASSIFY >> 8 || rc != RC_OK ? m.word[0] : 0);
            if (rows[i].op == OP_DEBUG_SWAP && rc == RC_OK)
                facet_set(CR_DEBUG, OP_DEBUG_RESTORE, 0, R_PAGE);
        }
}

static void stored(unsigned type, unsigned long set, unsigned long get) {
    facet_alloc((enum cap_type)type, R_OBJECT);
    number("\nstored -> ", facet_set(R_OBJECT, set, 1, R_E));
    number(" ", facet_get(R_OBJECT, get, 1, 0, R_A));
    facet_get(R_OBJECT, OP_MEM_REDUCE, CAP_WK, 0, R_OBJECT);
    number(" ", facet_get(R_OBJECT, get, 1, 0, R_B));
    number(" ", facet_get(R_OBJECT, OP_MEM_ID, 0, 0, R_C));
    see_caps();
}

static void places(void) {
    struct facet_message m = {.send = {R_E}, .recv = {R_A}};
    stored(CAP_GPT, OP_GPT_SET, OP_GPT_GET);
    stored(CAP_CAPPAGE, OP_CAPPAGE_SET, OP_CAPPAGE_GET);
    stored(CAP_PROCESS, OP_PROCESS_SET_CAP, OP_PROCESS_GET_CAP);
    stored(CAP_FORWARDER, OP_FORWARDER_SET_SLOT, OP_FORWARDER_GET_SLOT);
    line("a closed wait");
    see(facet_invoke(R_E, INVOKE_RETURN | INVOKE_CLOSED(R_E), 0x4000, &m), &m);
    facet_alloc(CAP_GPT, R_OBJECT);
    facet_set(R_OBJECT, OP_GPT_SET, 0, R_E);
    m = (struct facet_message){.word = {5, ACCESS_LOAD}, .send = {R_OBJECT}};
    facet_call(CR_DEBUG, OP_DEBUG_TRAVERSE, &m);
    number("\nin a space -> ", m.word[1]);
    facet_alloc(CAP_PROCESS, R_OBJECT);
    facet_set(R_OBJECT, OP_PROCESS_SET_BRAND, 0, R_E);
    m = (struct facet_message){.send = {R_OBJECT, R_E}};
    facet_call(CR_PROCESS_TOOL, OP_TOOL_IDENTIFY, &m);
    number("\nas a brand -> ", m.word[0]);
    facet_alloc(CAP_FORWARDER, R_OBJECT);
    number("\nas a target -> ", facet_set(R_OBJECT, OP_FORWARDER_SET_TARGET, 0, R_E));
    facet_get(R_OBJECT, OP_FORWARDER_MAKE_FORWARD, 0, 0, R_A);
    m = full(10, 10);
    see(facet_call(R_A, 0x4000, &m), &m);
    see_service();
}

/* ---- The kernel's messages */

static void child(void) {
    REGION[0] = 5;
    REGION[1] = REGION[0] + 1;
    for (;;)
        __asm__ volatile("ud2");
}

static void child_calls(void) {
    for (;;)
        __asm__ volatile("mov $39, %%eax\n\tmov $7, %%edi\n\tsyscall" : : : "rax", "rdi", "rcx", "r11", "memory");
}

static void child_start(unsigned keeper) {
    make_process(R_CHILD, child, stack[2] + 512, CR_NULL, keeper);
    check("start", facet_set(R_CHILD, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    settle();
    see_service();
    settle(); /* it goes on */
    static struct facet_regs regs;
    struct facet_message get = {.room = &regs, .room_size = sizeof regs};
    facet_call(R_CHILD, OP_PROCESS_GET_REGS, &get);
    number(" rip ", regs.rip);
}

static void kernel_messages(void) {
    struct facet_message keep = {.send = {R_PAGE}}, swap = {.word = {1}, .send = {R_PAGE, R_E}};
    facet_call(R_E, KEEP, &keep);
    line("keeper of a process");
    child_start(R_E);
    facet_alloc(CAP_GPT, R_OBJECT);
    number("\nkeeper of a GPT -> ", facet_set(R_OBJECT, OP_GPT_SET_KEEPER, 0, R_E));
    facet_set(CR_SPACE, OP_GPT_SET, SLOT, R_OBJECT);
    child_start(R_E);
    number(" there ", REGION[1]);
    number("\nhandler -> ", facet_call(CR_DEBUG, OP_DEBUG_SWAP, &swap));
    number(" a load ", REGION[3]);
    see_service();
    facet_set(CR_DEBUG, OP_DEBUG_RESTORE, 0, R_PAGE);
    line("foreign");
    make_process(R_CHILD, child_calls, stack[2] + 512, CR_NULL, R_E);
    facet_set(R_CHILD, OP_PROCESS_SET_FOREIGN, 1, CR_NULL);
    facet_set(R_CHILD, OP_PROCESS_START, 0, CR_NULL);
    settle();
    see_service();
}

/* ---- Its end */

static void gone(void) {
    for (unsigned i = 0; i < 2; i++) {
        struct facet_message m = full(3, 3);
        facet_set(R_END, OP_ENDPOINT_SET_RECIPIENT, 0, i ? R_SERVICE : CR_NULL);
        line(i ? "the service is back" : "the service is gone");
        see(facet_call(R_E, 0x4000, &m), &m);
        see_caps();
        see(facet_invoke(R_E, INVOKE_FORK, 0x4000, &m), &m);
        settle();
        see_service();
    }
}

static void front(unsigned long forwarders) {
    for (unsigned long i = 0; i < forwarders; i++) {
        check("forwarder", facet_alloc(CAP_FORWARDER, R_OBJECT), RC_OK);
        check("target", facet_set(R_OBJECT, OP_FORWARDER_SET_TARGET, 0, R_E), RC_OK);
        check("forward", facet_get(R_OBJECT, OP_FORWARDER_MAKE_FORWARD, 0, 0, R_E), RC_OK);
    }
}

int main(int argc, char **argv) {
    for (unsigned i = 0; i < STRING_MAX; i++)
        strings[1][i] = (char)(i * i >> 3);
    make_process(R_SERVICE, service, stack[0] + 512, CR_NULL, CR_NULL);
    check("self", facet_set(R_SERVICE, OP_PROCESS_SET_CAP, CR_SELF, R_SERVICE), RC_OK);
    check("discrim", facet_set(R_SERVICE, OP_PROCESS_SET_CAP, CR_DISCRIM, CR_DISCRIM), RC_OK);
    make_entry(R_END, R_SERVICE, PAYLOAD, R_E);
    check("start", facet_set(R_SERVICE, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    make_entry(R_CLIENT_END, CR_SELF, 0xc11, R_CLIENT_ENTRY);
    check("page", facet_alloc(CAP_PAGE, R_PAGE), RC_OK);
    int membrane = argc > 1 && argv[1][0] == 'm';
    if (membrane)
        wrap_make(R_M, R_E, R_E, stack[1] + 512);
    front(argc > 2 ? parse_number(argv[2]) : 0);
    labels();
    forms();
    poked();
    operations();
    places();
    if (!membrane) {
        gone();
        kernel_messages();
    }
    facet_puts("\n");
    return 0;
}
