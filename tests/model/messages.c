/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Processes that send messages to this one, through entry capabilities and forwarders; or to others, which never take
 * any. What becomes of a message may change until it is received.
 */
#include "guest.h"

#define SAID 0x5a1d   /* label of their messages */
#define REPORT 0x9e4f /* of what came of one, to M_END_REPORT, FROM_SENDER */

/* ---- What a sender executes: it reports, gets the next message, with capabilities, and sends it */

enum { S_CONTROL = 2, S_THROUGH, S_SENT };
static unsigned long stack[M_SENDERS + 1][256];

static void sender(void) {
    struct facet_message m = {0};
    for (;;) {
        m.recv[0] = S_THROUGH;
        m.send[0] = m.send[1] = m.send[2] = CR_NULL;
        for (unsigned i = 0; i < MESSAGE_CAPS - 1; i++)
            m.recv[1 + i] = (unsigned char)(S_SENT + i);
        m.string_size = 0;
        unsigned long kind = facet_call(S_CONTROL, REPORT, &m);
        m.string = m.word;
        m.string_size = m.word[2] & 8;
        m.recv[0] = 0;
        for (unsigned i = 0; i < MESSAGE_CAPS - 1; i++) {
            m.send[i] = (unsigned char)(S_SENT + i);
            m.recv[1 + i] = 0;
        }
        m.word[1] = facet_invoke(S_THROUGH, (unsigned)kind, m.word[1], &m);
    }
}

static void echo(void) {
    struct facet_message m = {.recv = {[MESSAGE_CAPS - 1] = 3}};
    for (unsigned to = CR_NULL;; to = 3)
        facet_invoke(to, INVOKE_RETURN, RC_OK, &m);
}

/* ---- What is known of them here; the capabilities of a message are in world.message */

static struct sent {
    enum { IDLE, UNDERWAY, RECEIVED, REPORTING } state; /* REPORTING: of result and answer, unless that is 0 */
    unsigned kind;
    unsigned long word[MESSAGE_WORDS], result, answer;
} sent[M_SENDERS];
static unsigned long serial;

/* One in that state, M_NONE: there is none. */
static int random_sender(int state) {
    int s = (int)below(M_SENDERS);
    for (int tries = 0; tries < M_SENDERS; tries++, s = (s + 1) % M_SENDERS)
        if ((int)sent[s].state == state)
            return s;
    return M_NONE;
}

static struct m_way way_of(int s) {
    return m_way(&world, world.message[s].through);
}

/* Its message is in this program's queue. */
static int is_here(int s) {
    return sent[s].state == UNDERWAY && way_of(s).recipient == M_SELF;
}

static int is_refused(int s) {
    struct m_way way = way_of(s);
    return sent[s].state == UNDERWAY && way.blocked == M_NONE && way.recipient == M_NONE;
}

static void expect(const char *what, unsigned long got, unsigned long expected) {
    if (got != expected)
        die(what, got, expected);
}

/* ---- Reports */

static void finish(int s, unsigned long result) {
    sent[s].state = REPORTING;
    sent[s].result = result;
    statistics.refused += result == RC_INVALID_CAP;
}

/* Answers through `to` and waits for the report of one who is to report. */
static void collect(unsigned to, unsigned long label, struct facet_message *m) {
    m->recv[0] = m->recv[1] = m->recv[2] = 0;
    m->recv[3] = R_TEMP2;
    expect("a report", facet_invoke(to, INVOKE_RETURN | INVOKE_CLOSED(R_REPORT_END), label, m), REPORT);
    int s = (int)(m->payload - FROM_SENDER);
    if (m->payload < FROM_SENDER || s >= M_SENDERS || sent[s].state != REPORTING)
        die("a report that should not come", m->payload, m->word[1]);
    expect("what came of a message", m->word[1], sent[s].result);
    if (sent[s].answer)
        expect("the answer", m->word[0], sent[s].answer);
    sent[s].state = IDLE;
    must("keep the right to answer", facet_set(CR_SELF, OP_PROCESS_SET_CAP, (unsigned long)(R_ANSWER + s), R_TEMP2));
}

static void collect_all(void) {
    while (random_sender(REPORTING) != M_NONE) {
        struct facet_message m = {0};
        collect(CR_NULL, 0, &m);
    }
}

void run_others(void) {
    struct facet_message m = {0};
    must("echo", facet_call(R_ECHO, 0, &m));
}

/* What is refused is waited for, so that it is certain in which state of the world that was. */
void settle(int forwarder) {
    int touched = 0;
    for (int s = 0; s < M_SENDERS; s++) {
        touched |=
            sent[s].state == UNDERWAY && (forwarder == M_NONE || m_passes(&world, world.message[s].through, forwarder));
        if (is_refused(s))
            finish(s, RC_INVALID_CAP);
    }
    if (touched)
        random_sender(REPORTING) == M_NONE ? run_others() : collect_all();
}

/* ---- Messages arrive */

/* What it says, and what it got on its way. */
static void expect_message(int s, const struct facet_message *m) {
    struct m_way way = way_of(s);
    expect("payload", m->payload, way.payload);
    expect("word 0", m->word[0], sent[s].word[0]);
    expect("word 1", m->word[1], sent[s].word[1]);
    expect("word 2", m->word[2], sent[s].word[2]);
    expect("word 3", m->word[3], way.worded == M_NONE ? sent[s].word[3] : world.forwarder[way.worded].word);
    expect("bytes of its string", m->received, sent[s].word[2] & 8);
    if (m->received)
        expect("its string", *(const unsigned long *)m->room, sent[s].word[0]);
    expect_cap("the first capability", R_GOT, &world.message[s].sent[0]);
    expect_cap("the second capability", R_GOT + 1, &world.message[s].sent[1]);
    struct m_cap third = world.message[s].sent[2];
    if (way.sender != M_NONE)
        third = (struct m_cap){.type = CAP_FORWARDER, .object = way.sender};
    expect_cap("the third capability", R_GOT + 2, &third);
    statistics.arrived++;
    statistics.through += world.message[s].through.type == CAP_FORWARD;
}

/* The right to answer is in that register. */
static void message_arrives(const struct facet_message *m, unsigned resume) {
    int s = (int)(m->word[0] % M_SENDERS);
    if (!is_here(s))
        die("a message that should not arrive", m->word[0], (unsigned long)sent[s].state);
    if (sent[s].kind == INVOKE_FORK) {
        finish(s, RC_OK);
        collect_all();
    } else {
        sent[s].state = RECEIVED;
        must("keep the right to answer", facet_set(CR_SELF, OP_PROCESS_SET_CAP, (unsigned long)(R_ANSWER + s), resume));
    }
    expect_message(s, m);
}

static void receive_into(struct facet_message *m, unsigned resume) {
    static unsigned long string;
    m->room = &string;
    m->room_size = sizeof string;
    for (unsigned i = 0; i < MESSAGE_CAPS - 1; i++)
        m->recv[i] = (unsigned char)(R_GOT + i);
    m->recv[3] = (unsigned char)resume;
}

unsigned long await(unsigned to, unsigned kind, unsigned long label, struct facet_message *m) {
    unsigned resume = m->recv[3];
    receive_into(m, resume);
    label = facet_invoke(to, kind, label, m);
    while (label == SAID) {
        message_arrives(m, resume);
        *m = (struct facet_message){0};
        receive_into(m, resume);
        label = facet_invoke(CR_NULL, INVOKE_RETURN, 0, m);
    }
    return label;
}

/* Answers through `to`, then waits for a message that must come, or one like it from the same endpoint. */
static void take(int s, unsigned to, unsigned long label, struct facet_message *m) {
    int end = one_in(2) ? M_NONE : way_of(s).end;
    receive_into(m, R_TEMP2);
    if (end != M_NONE)
        fetch(STORE_END(end), R_ENTRY);
    label = facet_invoke(to, INVOKE_RETURN | (end == M_NONE ? 0 : INVOKE_CLOSED(R_ENTRY)), label, m);
    expect("a message", label, SAID);
    if (end != M_NONE)
        expect("the endpoint of a closed wait", (unsigned long)way_of((int)(m->word[0] % M_SENDERS)).end,
               (unsigned long)end);
    message_arrives(m, R_TEMP2);
}

/* ---- Operations */

void op_receive(void) {
    struct facet_message m = {0};
    for (int s = 0; s < M_SENDERS; s++)
        if (is_here(s)) {
            take(s, CR_NULL, 0, &m);
            return;
        }
}

static void message_make(int s) {
    static const unsigned char kinds[] = {INVOKE_CALL, INVOKE_FORK};
    for (unsigned i = 0; i < MESSAGE_WORDS; i++)
        sent[s].word[i] = i == 0 ? ++serial * M_SENDERS + (unsigned long)s : below(~0ul);
    sent[s].word[1] = SAID;
    sent[s].kind = PICK(kinds);
    sent[s].answer = 0;
    sent[s].state = UNDERWAY;
    world.message[s].through = random_entry();
    for (unsigned i = 0; i < MESSAGE_CAPS - 1; i++)
        world.message[s].sent[i] = one_in(3) ? random_any() : (struct m_cap){.type = CAP_NULL};
}

/* Tells an idle sender what to send. */
static void message_send(int s) {
    struct facet_message m = {0};
    struct m_message *message = &world.message[s];
    unsigned to = R_ANSWER + (unsigned)s;
    for (unsigned i = 0; i < MESSAGE_WORDS; i++)
        m.word[i] = sent[s].word[i];
    for (unsigned i = 0; i < MESSAGE_CAPS - 1; i++)
        m.send[1 + i] = (unsigned char)make_real_in(&message->sent[i], R_GOT + i);
    m.send[0] = (unsigned char)make_real(&message->through);
    int forged = !is_refused(s) && one_in(12);
    if (forged)
        m.word[1] |= LABEL_KERNEL;
    if (forged || is_refused(s)) {
        finish(s, forged ? RC_BAD_ARG : RC_INVALID_CAP);
        collect(to, sent[s].kind, &m);
    } else if (is_here(s) && one_in(2)) {
        take(s, to, sent[s].kind, &m);
    } else {
        must("the next message", facet_invoke(to, INVOKE_FORK, sent[s].kind, &m));
        run_others();
    }
}

void op_send(void) {
    int s;
    while ((s = random_sender(IDLE)) == M_NONE) {
        op_receive();
        op_answer();
        stir();
    }
    message_make(s);
    statistics.sent++;
    statistics.waited += way_of(s).blocked != M_NONE;
    message_send(s);
}

void op_answer(void) {
    int s = random_sender(RECEIVED);
    struct facet_message m = {.word = {1 + below(~1ul)}};
    if (s == M_NONE)
        return;
    sent[s].answer = m.word[0];
    finish(s, one_in(2) ? RC_OK : below(1000));
    collect(R_ANSWER + (unsigned)s, sent[s].result, &m);
    statistics.answered++;
}

static void sender_make(int s) {
    struct m_cap reports = {.type = CAP_ENTRY, .object = M_END_REPORT, .offset = FROM_SENDER + (unsigned long)s};
    make_real_in(&reports, R_ENTRY);
    make_process(R_TEMP, sender, stack[s] + 256, R_ENTRY, CR_NULL);
    keep(STORE_SENDER(s), R_TEMP);
    must("start", facet_set(R_TEMP, OP_PROCESS_START, 0, CR_NULL));
    sent[s] = (struct sent){.state = REPORTING};
    world.brand[M_PROCESSES + s] = (struct m_cap){.type = CAP_NULL};
    collect_all();
}

void op_new_sender(void) {
    int s = (int)below(M_SENDERS);
    fetch(STORE_SENDER(s), R_TEMP);
    sent[s].state = IDLE;
    object_end(CAP_PROCESS, M_PROCESSES + s, R_TEMP);
    sender_make(s);
}

void senders_make(void) {
    make_process(R_TEMP, echo, stack[M_SENDERS] + 256, CR_NULL, CR_NULL);
    make_entry(R_TEMP2, R_TEMP, 0, R_ECHO);
    must("start", facet_set(R_TEMP, OP_PROCESS_START, 0, CR_NULL));
    for (int s = 0; s < M_SENDERS; s++)
        sender_make(s);
}
