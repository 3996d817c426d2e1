/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * ipc [ROUNDS]: a client (this program) and a server process exchange words and capabilities by call and return.
 */
#include "check.h"

enum { R_SERVER = CR_FREE, R_ENDPOINT, R_ENTRY, R_PAGE, R_BACK };
enum { S_RESUME = 3, S_GIFT, S_COPY }; /* the server's registers */
enum { ADD = 0x4000, GUARD, TWICE, SHOUT };
#define PAYLOAD 0x1122334455667788ul

static unsigned long server_stack[512];
static char heard[8192];                             /* the server's room: two pages and a bit, across their border */
static volatile unsigned long second_answer = RC_OK; /* seen by both: they share the space */

static void set_xmm(unsigned long value) {
    __asm__ volatile("movq %0, %%xmm9" : : "r"(value) : "xmm9");
}

static unsigned long get_xmm(void) {
    unsigned long value;
    __asm__ volatile("movq %%xmm9, %0" : "=r"(value));
    return value;
}

static void shout(struct facet_message *m, unsigned long size) {
    for (unsigned long i = 0; i < size; i++)
        heard[i] = (char)(heard[i] - 'a' + 'A');
    m->string = heard;
    m->string_size = size;
}

static void serve(void) {
    struct facet_message m = {.recv = {S_GIFT, 0, 0, S_RESUME}, .room = heard, .room_size = sizeof heard};
    unsigned answer_to = CR_NULL;
    for (unsigned long label = RC_OK;;) {
        label = facet_invoke(answer_to, INVOKE_RETURN | INVOKE_PROMPT, label, &m);
        set_xmm(label);
        unsigned long size = m.received;
        unsigned long sum = m.word[0] + m.word[1] + m.word[2] + m.word[3], payload = m.payload, op = label;
        m = (struct facet_message){.word = {sum, payload, 0, ~0ul},
                                   .recv = {S_GIFT, 0, 0, S_RESUME},
                                   .room = heard,
                                   .room_size = sizeof heard};
        answer_to = S_RESUME;
        label = RC_OK;
        if (op == GUARD) {
            label = facet_get(S_GIFT, OP_MEM_GUARD, 5, 12, S_GIFT);
            m.send[0] = S_GIFT;
        } else if (op == SHOUT) {
            shout(&m, size);
        } else if (op == TWICE) { /* answers, then tries the used resume capability again */
            struct facet_message first = {.word = {1}};
            facet_invoke(S_RESUME, INVOKE_FORK, RC_OK, &first);
            second_answer = facet_invoke(S_RESUME, INVOKE_CALL, RC_OK, &first);
            answer_to = CR_NULL;
        }
    }
}

static void words(unsigned long rounds) {
    for (unsigned long i = 0; i < rounds; i++) {
        struct facet_message m = {.word = {i, 2 * i, 3, ~0ul}};
        check("label", facet_call(R_ENTRY, ADD, &m), RC_OK);
        check("sum", m.word[0], 3 * i + 2);
        check("payload that the server saw", m.word[1], PAYLOAD);
        check("third word", m.word[2], 0);
        check("fourth word", m.word[3], ~0ul);
    }
    passed("words go both ways");
}

static void capabilities(void) {
    check("page", facet_alloc(CAP_PAGE, R_PAGE), RC_OK);
    struct facet_message m = {.send = {R_PAGE}, .recv = {R_BACK}};
    check("label", facet_call(R_ENTRY, GUARD, &m), RC_OK);
    struct facet_message type = {0};
    check("type", facet_call(R_BACK, OP_TYPE, &type), RC_OK);
    check("what came back", type.word[0], CAP_PAGE);
    struct facet_message a = {0}, b = {0};
    check("id", facet_call(R_PAGE, OP_MEM_ID, &a), RC_OK);
    check("id", facet_call(R_BACK, OP_MEM_ID, &b), RC_OK);
    check("the same page", b.word[0], a.word[0]);
    m = (struct facet_message){.recv = {R_BACK}};
    check("label", facet_call(R_ENTRY, ADD, &m), RC_OK);
    check("a capability that nobody sent", facet_call(R_BACK, OP_TYPE, &type), RC_OK);
    check("is Null", type.word[0], CAP_NULL);
    passed("capabilities go both ways");
}

static void one_shot(void) {
    struct facet_message m = {0};
    check("label", facet_call(R_ENTRY, TWICE, &m), RC_OK);
    check("the first answer", m.word[0], 1);
    m = (struct facet_message){.word = {40, 2}};
    check("the server still serves", facet_call(R_ENTRY, ADD, &m), RC_OK);
    check("and adds", m.word[0], 42);
    check("a resume capability answers once", second_answer, RC_INVALID_CAP);
    passed("a resume capability answers once");
}

static void strings(void) {
    static char said[6000], answer[9000];
    for (unsigned long i = 0; i < sizeof said; i++)
        said[i] = (char)('a' + i % 26);
    struct facet_message m = {.string = said, .string_size = sizeof said, .room = answer + 5, .room_size = 5000};
    check("label", facet_call(R_ENTRY, SHOUT, &m), RC_OK);
    check("as much as there is room for", m.received, 5000);
    for (unsigned long i = 0; i < 5000; i++)
        check("a letter", (unsigned char)answer[5 + i], 'A' + i % 26);
    check("before it", (unsigned char)answer[4], 0);
    check("behind it", (unsigned char)answer[5005], 0);
    m = (struct facet_message){.string = said, .string_size = 8, .room = (void *)0x1000, .room_size = 8};
    check("room that is not there", facet_call(R_ENTRY, SHOUT, &m), RC_OK);
    check("receives nothing", m.received, 0);
    passed("strings go both ways");
}

static void registers(void) {
    set_xmm(0xfeedul);
    struct facet_message m = {0};
    check("label", facet_call(R_ENTRY, ADD, &m), RC_OK);
    check("a register of the FPU", get_xmm(), 0xfeed);
    passed("each process has its FPU registers");
}

static void misuse(void) {
    struct facet_message m = {0};
    check("invoking Null", facet_call(CR_NULL, ADD, &m), RC_INVALID_CAP);
    check("an unknown operation", facet_call(R_ENDPOINT, 0xffff, &m), RC_BAD_OP);
    check("rescind the endpoint", facet_set(CR_RANGE, OP_RANGE_RESCIND, 0, R_ENDPOINT), RC_OK);
    check("its entries are void", facet_call(R_ENTRY, ADD, &m), RC_INVALID_CAP);
    passed("misuse is answered");
}

int main(int argc, char **argv) {
    make_process(R_SERVER, serve, server_stack + 512, CR_NULL, CR_NULL);
    make_entry(R_ENDPOINT, R_SERVER, PAYLOAD, R_ENTRY);
    check("start", facet_set(R_SERVER, OP_PROCESS_START, 0, CR_NULL), RC_OK);
    words(argc > 1 ? parse_number(argv[1]) : 1000);
    capabilities();
    one_shot();
    strings();
    registers();
    misuse();
    return 0;
}
