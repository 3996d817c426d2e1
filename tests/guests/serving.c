/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * serving: a program that serves memory and says what it is asked. Its name is what it answers: `pass`, `done` (loads
 * get 0xd0, 0xd1, … , stores are swallowed), `step`, whose outcomes it says, too, `fault`, or `kfault`: what the kernel
 * copies; `memory` is quiet, and makes memory of nothing, byte by byte. With --program.
 */
#include <facet/guest.h>

static const char *name;
static char line[128];
static unsigned used;

static void add(const char *text) {
    while (*text)
        line[used++] = *text++;
}

static void add_bytes(const struct facet_served *access) {
    for (unsigned long i = 0; i < access->size && i < 16; i++) {
        line[used++] = ' ';
        line[used++] = "0123456789abcdef"[access->bytes[i] >> 4];
        line[used++] = "0123456789abcdef"[access->bytes[i] & 15];
    }
}

static void say(const char *what, const struct facet_served *access) {
    unsigned long at = (unsigned long)(access->offset < 0 ? -access->offset : access->offset);
    used = 0;
    add(name);
    add(what);
    add(access->kind == ACCESS_STORE ? " store" : access->kind == ACCESS_FETCH ? " fetch" : " load");
    add(access->flags & 1 ? " rmw" : "");
    add(access->flags & 4 ? " part" : "");
    add(access->flags & ACCESS_BY_KERNEL ? " kernel" : "");
    add(access->flags & ACCESS_NO_MEMORY ? " hole" : "");
    add(access->offset < 0 ? " -" : " +");
    line[used++] = (char)('0' + at / 10 % 10);
    line[used++] = (char)('0' + at % 10);
    add_bytes(access);
    add("\n");
    facet_write(CR_STDERR, line, used);
}

/* Words that somebody has accessed, by their number; it is 1 more, so that 0 is free. */
#define WORDS 4096u
static struct {
    unsigned long number;
    unsigned char byte[8];
} word[WORDS];

static unsigned char *place(long at) {
    unsigned long number = (unsigned long)at / 8 + 1, i = number * 0x9e3779b97f4a7c15 >> 48;
    while (word[i % WORDS].number && word[i % WORDS].number != number)
        i++;
    word[i % WORDS].number = number;
    return &word[i % WORDS].byte[at % 8];
}

static enum access_verdict memory(struct facet_served *access) {
    if (!(access->flags & ACCESS_NO_MEMORY))
        return VERDICT_PASS;
    for (unsigned long i = 0; i < access->size; i++)
        if (access->kind == ACCESS_STORE)
            *place(access->offset + (long)i) = access->bytes[i];
        else
            access->bytes[i] = *place(access->offset + (long)i);
    return VERDICT_DONE;
}

static enum access_verdict verdict(struct facet_served *access) {
    say(":", access);
    for (unsigned long i = 0; *name == 'd' && access->kind == ACCESS_LOAD && i < access->size; i++)
        access->bytes[i] = (unsigned char)(0xd0 + i);
    access->fault = 0x123456789;
    if (*name == 'f' || (*name == 'k' && access->flags & ACCESS_BY_KERNEL))
        return VERDICT_FAULT;
    return *name == 'd' ? VERDICT_DONE : *name == 's' ? VERDICT_STEP : VERDICT_PASS;
}

static void outcome(const struct facet_served *access) {
    say(" has:", access);
}

int main(int argc, char **argv) {
    (void)argc;
    name = argv[0];
    facet_serve(*name == 'm' ? memory : verdict, outcome);
}
