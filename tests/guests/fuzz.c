/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * fuzz [COUNT [SEED]]: random system calls with random capabilities, operations, words, strings and addresses. Whatever
 * they do, the program must end with a status of its own or a fault that is reported; the kernel must stand. What would
 * end the program or block it for good (exit, waiting) is left out unless chance brings it: so the capabilities to its
 * own space and process, if it has them, are replaced by fresh objects. (Register numbers out of range are for
 * `hostile`.)
 */
#include "check.h"

static unsigned long random_state;
static unsigned char buffer[8192];

static unsigned long random_word(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state * 0x2545f4914f6cdd1dul;
}

/* Small numbers, borders, addresses of every kind, noise. */
static unsigned long interesting(void) {
    static const unsigned long values[] = {
        0,
        1,
        2,
        11,
        12,
        13,
        15,
        16,
        31,
        32,
        47,
        63,
        64,
        65,
        255,
        4095,
        4096,
        65535,
        65536,
        1ul << 31,
        1ul << 32,
        1ul << 44,
        0x400000,
        0x7fffffffe000,
        0x7ffffffff000,
        0x800000000000,
        0xffff800000000000,
        0xffffffff80100000,
        ~0ul,
        1ul << 63,
    };
    unsigned long r = random_word();
    if (r % 4 == 0)
        return random_word();
    if (r % 4 == 1)
        return (unsigned long)buffer + r / 4 % sizeof buffer;
    return values[r / 4 % (sizeof values / sizeof *values)];
}

static unsigned long random_op(void) {
    static const unsigned char counts[] = {3, 5, 7, 18, 4, 7, 4, 6, 2, 4, 3, 3, 1, 1, 3, 9};
    unsigned long r = random_word(), group = r % sizeof counts;
    if (r / 16 % 8 == 0)
        return random_word();
    return group << 8 | (r / 256 % counts[group]);
}

/* With a range there is more to play with: a child's space, so that page tables come and go, and one of everything. */
static void make_toys(void) {
    struct facet_message type = {0};
    if (facet_call(CR_RANGE, OP_TYPE, &type) != RC_OK || type.word[0] != CAP_RANGE)
        return;
    static const unsigned char toys[] = {CAP_PAGE,    CAP_CAPPAGE,  CAP_GPT,      CAP_GPT,
                                         CAP_PROCESS, CAP_ENDPOINT, CAP_FORWARDER};
    for (unsigned i = 0; i < sizeof toys; i++)
        facet_alloc(toys[i], CR_FREE + i);
    facet_set(CR_SELF, OP_PROCESS_SET_CAP, CR_SPACE, CR_FREE + 2);
    facet_set(CR_SELF, OP_PROCESS_SET_CAP, CR_SELF, CR_FREE + 4);
}

int main(int argc, char **argv) {
    make_toys();
    unsigned long count = argc > 1 ? parse_number(argv[1]) : 10000;
    random_state = (argc > 2 ? parse_number(argv[2]) : 1) * 0x9e3779b97f4a7c15ul | 1;
    for (unsigned long i = 0; i < count; i++) {
        unsigned long r = random_word(), op = random_op();
        unsigned cap = (unsigned)(r >> 8 & (r % 16 < 4 ? 31 : 15));
        if ((cap == CR_PARENT && op == OP_EXIT) || (op == OP_ENDPOINT_SET_RECIPIENT && r >> 52) ||
            op == OP_PROCESS_START || op == OP_POWER_OFF || op == OP_FORWARDER_BLOCK)
            continue;
        struct facet_message m = {
            .word = {interesting(), interesting(), interesting(), interesting()},
            .send = {(unsigned char)(r >> 16 & 15), (unsigned char)(r >> 20 & 15)},
            .recv = {(unsigned char)(16 + (r >> 24 & 15)), (unsigned char)(r >> 28 & 1 ? 16 + (r >> 29 & 15) : 0)},
            .string = (const void *)interesting(),
            .string_size = r >> 40 & 1 ? interesting() : 0,
            .room = (void *)interesting(),
            .room_size = r >> 41 & 1 ? interesting() : 0,
        };
        facet_invoke(cap, cap == CR_PARENT || r >> 42 & 3 ? INVOKE_FORK : INVOKE_CALL, op, &m);
    }
    facet_puts("fuzz: the kernel stands\n");
    return 0;
}
