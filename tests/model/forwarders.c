/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest.h"

static int random_forwarder(void) {
    return (int)below(M_FORWARDERS);
}

static int random_end(void) {
    return (int)(M_END_FREE + below(M_ENDS - M_END_FREE));
}

static void set(unsigned long stored, unsigned long op, unsigned long word, unsigned from) {
    fetch(stored, R_TEMP2);
    must("a change to a forwarder or an endpoint", facet_set(R_TEMP2, op, word, from));
}

/* ---- Changes */

static void set_target(int f, struct m_cap target) {
    set(STORE_FORWARDER(f), OP_FORWARDER_SET_TARGET, 0, make_real(&target));
    world.forwarder[f].target = target;
    settle(f);
}

static void block(int f, int blocked) {
    set(STORE_FORWARDER(f), OP_FORWARDER_BLOCK, (unsigned long)blocked, CR_NULL);
    world.forwarder[f].blocked = blocked;
    settle(f);
}

static void set_recipient(int e, int process) {
    struct m_cap cap = {.type = process == M_NONE ? CAP_NULL : CAP_PROCESS, .object = process};
    set(STORE_END(e), OP_ENDPOINT_SET_RECIPIENT, 0, make_real(&cap));
    world.end[e].recipient = process;
    settle(M_NONE);
}

static void set_match(int e, int matching, unsigned long match) {
    struct facet_message m = {.word = {(unsigned long)matching, match}};
    fetch(STORE_END(e), R_TEMP2);
    must("match", facet_call(R_TEMP2, OP_ENDPOINT_SET_MATCH, &m));
    world.end[e].matching = matching;
    world.end[e].match = match;
    settle(M_NONE);
}

/* Mostly a way that leads somewhere. */
void op_set_target(void) {
    int f = random_forwarder();
    struct m_cap target = random_entry(), old = world.forwarder[f].target;
    for (int tries = 0; tries < 4; tries++) {
        world.forwarder[f].target = target;
        struct m_way way = m_way(&world, target);
        if (way.blocked != M_NONE || way.recipient != M_NONE)
            break;
        target = random_entry();
    }
    world.forwarder[f].target = old;
    set_target(f, one_in(10) ? (struct m_cap){.type = CAP_NULL} : target);
}

void op_block(void) {
    block(random_forwarder(), one_in(3));
}

void op_set_recipient(void) {
    set_recipient(random_end(), one_in(2) ? M_SELF : (int)below(M_EVERYBODY + 1) - 1);
}

void op_set_match(void) {
    set_match(random_end(), one_in(5), FROM_ANY + below(3));
}

void op_rescind_forwarder(void) {
    int f = random_forwarder();
    fetch(STORE_FORWARDER(f), R_TEMP);
    object_end(CAP_FORWARDER, f, R_TEMP);
    forwarder_make(f);
}

void op_rescind_end(void) {
    int e = random_end();
    fetch(STORE_END(e), R_TEMP);
    object_end(CAP_ENDPOINT, e, R_TEMP);
    end_make(e);
}

void stir(void) {
    static void (*const changes[])(void) = {op_set_target, op_block,       op_set_recipient,   op_set_match,
                                            op_block,      op_rescind_end, op_rescind_keepers, op_rescind_forwarder};
    changes[below(sizeof changes / sizeof *changes)]();
}

void straighten(const struct m_cap *cap) {
    struct m_way way = m_way(&world, *cap);
    if (way.blocked != M_NONE) {
        set_target(way.blocked, (struct m_cap){.type = CAP_ENTRY, .object = M_END_CONTROL, .offset = FROM_ANY});
        block(way.blocked, 0);
    } else if (way.recipient != M_SELF) {
        set_recipient(way.end, M_SELF);
    }
}

/* ---- What is kept in forwarders */

void op_forwarder_slot(void) {
    int f = random_forwarder();
    unsigned long slot = below(FORWARDER_SLOTS);
    if (one_in(2)) {
        struct m_cap cap = random_any();
        set(STORE_FORWARDER(f), OP_FORWARDER_SET_SLOT, slot, make_real(&cap));
        world.forwarder[f].slot[slot] = cap;
        slot = below(FORWARDER_SLOTS);
    }
    fetch(STORE_FORWARDER(f), R_TEMP2);
    must("get a slot", facet_get(R_TEMP2, OP_FORWARDER_GET_SLOT, slot, 0, R_GOT));
    expect_cap("a forwarder's slot", R_GOT, &world.forwarder[f].slot[slot]);
    must("get the target", facet_get(R_TEMP2, OP_FORWARDER_GET_TARGET, 0, 0, R_GOT));
    expect_cap("a forwarder's target", R_GOT, &world.forwarder[f].target);
}

void op_forwarder_word(void) {
    int f = random_forwarder();
    struct facet_message m = {0};
    fetch(STORE_FORWARDER(f), R_TEMP2);
    must("get the word", facet_call(R_TEMP2, OP_FORWARDER_GET_WORD, &m));
    if (m.word[0] != world.forwarder[f].word)
        die("a forwarder's word", m.word[0], world.forwarder[f].word);
    world.forwarder[f].word = below(~0ul);
    must("set the word", facet_set(R_TEMP2, OP_FORWARDER_SET_WORD, world.forwarder[f].word, CR_NULL));
}

/* ---- Brands */

static struct m_cap last_brand[M_EVERYBODY]; /* even if the object has ended, and another has its number and storage */

/* One that is opaque is equal to nothing that may be shown. */
void op_set_brand(void) {
    int p = (int)below(M_EVERYBODY);
    struct m_cap brand = random_any(), process = {.type = CAP_PROCESS, .object = p};
    if (brand.restr & CAP_OP && !one_in(4))
        brand.restr = 0;
    unsigned real = make_real_in(&brand, R_TEMP2);
    must("brand", facet_set(make_real(&process), OP_PROCESS_SET_BRAND, 0, real));
    world.brand[p] = last_brand[p] = brand;
}

static struct m_cap random_shown(void) {
    if (one_in(4))
        return (struct m_cap){.type = CAP_GPT, .object = (int)below(M_GPTS), .l2g = 64, .restr = (unsigned)below(32)};
    return one_in(2) ? random_entry() : random_any();
}

/* Who would answer for it if nothing were blocked or void. */
static int implementer(struct m_cap cap) {
    for (int steps = 0; steps < M_FORWARDERS && cap.type == CAP_FORWARD; steps++)
        cap = world.forwarder[cap.object].target;
    return cap.type == CAP_ENTRY ? world.end[cap.object].recipient : M_NONE;
}

/* The right one, nearly that, what it was, or any. */
static struct m_cap random_brand(const struct m_cap *shown) {
    struct m_cap entry = shown->type == CAP_GPT ? world.gpt[shown->object].keeper : *shown, brand;
    int who = shown->type == CAP_PROCESS ? shown->object : implementer(entry);
    if (who == M_NONE || one_in(6))
        who = (int)below(M_EVERYBODY);
    brand = world.brand[who].type == CAP_NULL && one_in(2) ? last_brand[who] : world.brand[who];
    if (one_in(12))
        return random_any();
    if (brand.l2g == 0 || !one_in(4))
        return brand;
    brand.restr ^= 1u << below(5);
    return brand;
}

/* The id of a GPT can be asked for; the others are what they were before. */
static void expect_id(const struct m_cap *object, unsigned long id) {
    struct facet_message m = {0};
    unsigned long *known = known_id(object->type, object->object);
    if (object->type == CAP_GPT) {
        must("id", facet_call(make_real(object), OP_MEM_ID, &m));
        *known = m.word[0];
    }
    if (!*known)
        *known = id;
    if (id != *known)
        die("the id of what is one's own", id, *known);
}

static void expect_told(const struct facet_message *m, const struct m_cap *shown, const struct m_identity *found) {
    unsigned long kind = found->mine ? (unsigned long)shown->type | (unsigned long)shown->restr << 8 : 0;
    if (m->word[0] != (unsigned long)found->mine)
        die("is it one's own", m->word[0], (unsigned long)found->mine);
    if (m->word[1] != found->payload)
        die("the payload of what is one's own", m->word[1], found->payload);
    if (m->word[3] != kind)
        die("the type and restrictions of what is one's own", m->word[3], kind);
    if (!found->mine && m->word[2])
        die("the id of what is another's", m->word[2], 0);
}

void try_identify(void) {
    struct m_cap shown = random_shown(), brand = random_brand(&shown);
    for (int tries = 0; tries < 3 && brand.type == CAP_NULL && !one_in(6); tries++) {
        shown = random_shown();
        brand = random_brand(&shown);
    }
    struct m_identity found = m_identify(&world, &shown, &brand);
    int amplify = one_in(2);
    struct facet_message m = {.recv = {R_GOT, R_GOT + 1}, .word = {1, 2, 3, 4}};
    m.send[0] = (unsigned char)make_real_in(&shown, R_TEMP2);
    m.send[1] = (unsigned char)make_real(&brand);
    unsigned long rc = facet_call(CR_PROCESS_TOOL, amplify ? OP_TOOL_AMPLIFY : OP_TOOL_IDENTIFY, &m);
    if (rc != (brand.restr & CAP_OP ? RC_NO_RIGHT : RC_OK))
        die("asking whether it is one's own", rc, brand.restr & CAP_OP ? RC_NO_RIGHT : RC_OK);
    if (rc != RC_OK)
        return;
    expect_told(&m, &shown, &found);
    if (found.mine)
        expect_id(&found.stands_for, m.word[2]);
    if (amplify) {
        expect_cap("what is amplified", R_GOT, &found.stands_for);
        expect_cap("the forwarder that comes along", R_GOT + 1, &found.sender);
    }
    statistics.identified += found.mine != 0;
    statistics.strangers += !found.mine;
}
