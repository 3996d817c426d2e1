/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mutate.h"

#include "emu/archive.h"

#include <stdlib.h>
#include <string.h>

#define PAGE 4096u

/* ---- Chance: xorshift64* (Vigna, An experimental exploration of Marsaglia's xorshift generators, scrambled, 2016) */

uint64_t random_word(struct random *r) {
    r->state ^= r->state >> 12;
    r->state ^= r->state << 25;
    r->state ^= r->state >> 27;
    return r->state * 0x2545f4914f6cdd1d;
}

uint64_t random_below(struct random *r, uint64_t limit) {
    return limit ? random_word(r) % limit : 0;
}

/* ---- Which fields there are */

static struct {
    struct layout *layout;
    FILE *file; /* of the archive; states of handlers have archives of their own, and are bytes in this one */
    size_t at;
    unsigned inside; /* a text is made of others */
} recording;

void fields_record(struct layout *layout) {
    recording.layout = layout;
    recording.file = NULL;
    recording.at = 0;
}

static bool records(const struct archive *a) {
    if (!recording.layout || a->loading || recording.inside)
        return false;
    if (!recording.file)
        recording.file = a->file;
    return recording.file == a->file;
}

static void note(enum kind kind, size_t size, uint64_t most) {
    struct layout *l = recording.layout;
    if (l->count % 1024 == 0)
        l->field = realloc(l->field, (l->count + 1024) * sizeof *l->field);
    l->field[l->count++] = (struct field){kind, recording.at, size, most};
    recording.at += size;
}

void __real_archive_bytes(struct archive *a, void *bytes, size_t size);
void __real_archive_flag(struct archive *a, bool *flag);
uint64_t __real_archive_number(struct archive *a, uint64_t number, uint64_t most);
void __real_archive_text(struct archive *a, char **text);
void __wrap_archive_bytes(struct archive *a, void *bytes, size_t size);
void __wrap_archive_flag(struct archive *a, bool *flag);
uint64_t __wrap_archive_number(struct archive *a, uint64_t number, uint64_t most);
void __wrap_archive_text(struct archive *a, char **text);

void __wrap_archive_bytes(struct archive *a, void *bytes, size_t size) {
    if (records(a) && size > 0)
        note(size == PAGE ? FIELD_PAGE : FIELD_BYTES, size, 0);
    __real_archive_bytes(a, bytes, size);
}

void __wrap_archive_flag(struct archive *a, bool *flag) {
    if (records(a))
        note(FIELD_FLAG, 1, 1);
    __real_archive_flag(a, flag);
}

uint64_t __wrap_archive_number(struct archive *a, uint64_t number, uint64_t most) {
    if (records(a))
        note(FIELD_NUMBER, sizeof number, most);
    return __real_archive_number(a, number, most);
}

void __wrap_archive_text(struct archive *a, char **text) {
    if (records(a))
        note(FIELD_TEXT, *text ? 1 + sizeof(uint64_t) + strlen(*text) : 1, 0);
    recording.inside++;
    __real_archive_text(a, text);
    recording.inside--;
}

/* ---- Bytes in and out */

static void splice(struct contents *c, size_t at, size_t remove, const uint8_t *bytes, size_t add) {
    uint8_t *made = malloc(c->size - remove + add + 1);
    memcpy(made, c->bytes, at);
    if (add > 0)
        memcpy(made + at, bytes, add);
    memcpy(made + at + add, c->bytes + at + remove, c->size - at - remove);
    free(c->bytes);
    c->bytes = made;
    c->size += add - remove;
}

/* Little-endian, as many bytes as there are. */
static void put(struct contents *c, size_t at, uint64_t value, size_t size) {
    memcpy(c->bytes + at, &value, size < sizeof value ? size : sizeof value);
}

static uint64_t get(const struct contents *c, size_t at, size_t size) {
    uint64_t value = 0;
    memcpy(&value, c->bytes + at, size < sizeof value ? size : sizeof value);
    return value;
}

/* ---- What a field may become */

static uint64_t odd_value(uint64_t was, uint64_t most, struct random *r) {
    const uint64_t odd[] = {0,
                            1,
                            was + 1,
                            was - 1,
                            was + 8,
                            was - 8,
                            most,
                            most + 1,
                            most / 2,
                            UINT64_MAX,
                            INT64_MAX,
                            1ul << 63,
                            UINT32_MAX,
                            INT32_MAX,
                            1ul << 31,
                            1ul << 20,
                            65535,
                            4095,
                            4096,
                            was ^ 1ul << random_below(r, 64),
                            was ^ 1ul << random_below(r, 8),
                            1ul << random_below(r, 64),
                            random_below(r, 256),
                            random_below(r, most + 1),
                            random_word(r),
                            0xffff800000000000 + random_below(r, 1 << 25),
                            0xffffffff80000000 + random_below(r, 1 << 25)};
    return odd[random_below(r, sizeof odd / sizeof *odd)];
}

/* A text of another length, which does or does not say so; or of other letters. */
static void change_text(struct contents *c, const struct field *f, struct random *r) {
    static const char *const texts[] = {"",          "sym:ledger", "obj:1",        "va:0x400000+0xffffffffffff",
                                        "seg:heap",  "map:1",      "poison:fresh", "once",
                                        "log",       "watch:any",  "endpoint:x",   "%s%n%s%n",
                                        "/dev/zero", "/",          "dir:/:rw"};
    const char *text = texts[random_below(r, sizeof texts / sizeof *texts)];
    uint64_t length = strlen(text);
    if (f->size == 1 || random_below(r, 4) == 0) { /* there or not */
        c->bytes[f->at] ^= 1;
        return;
    }
    if (random_below(r, 3) == 0) {
        put(c, f->at + 1, odd_value(get(c, f->at + 1, 8), 1 << 20, r), sizeof length);
        return;
    }
    if (random_below(r, 2) == 0 && f->size > 9) {
        c->bytes[f->at + 9 + random_below(r, f->size - 9)] = (uint8_t)random_word(r);
        return;
    }
    splice(c, f->at + 9, f->size - 9, (const uint8_t *)text, length);
    put(c, f->at + 1, length, sizeof length);
}

/* A word somewhere in it, or all of it. */
static void change_bytes(struct contents *c, const struct field *f, struct random *r) {
    size_t size = f->size < 8 ? f->size : f->size % 8 || random_below(r, 2) ? 1ul << random_below(r, 4) : 8;
    size = size < f->size ? size : f->size;
    size_t at = f->at + (f->size - size ? random_below(r, (f->size - size) / size + 1) * size : 0);
    put(c, at, odd_value(get(c, at, size), UINT64_MAX - 1, r), size);
}

static void change_field(struct contents *c, const struct layout *l, const struct field *f, struct random *r) {
    const struct field *other = &l->field[random_below(r, l->count)];
    if (f->kind == FIELD_TEXT)
        change_text(c, f, r);
    else if (f->kind == FIELD_FLAG)
        c->bytes[f->at] = random_below(r, 8) ? c->bytes[f->at] ^ 1 : (uint8_t)random_word(r);
    else if (f->kind == FIELD_NUMBER)
        put(c, f->at, odd_value(get(c, f->at, 8), f->most, r), 8);
    else if (other->size == f->size && random_below(r, 4) == 0)
        memmove(c->bytes + f->at, c->bytes + other->at, f->size);
    else
        change_bytes(c, f, r);
}

/* Mostly what is not a page: of those there are many. */
static const struct field *choose_field(const struct layout *l, struct random *r) {
    const struct field *f = &l->field[random_below(r, l->count)];
    for (int again = 0; f->kind == FIELD_PAGE && again < 50; again++)
        f = &l->field[random_below(r, l->count)];
    return f;
}

/* ---- Order: fields that are missing, come twice, or change places */

static void change_order(struct contents *c, const struct layout *l, struct random *r) {
    size_t from = (size_t)(choose_field(l, r) - l->field), count = 1 + random_below(r, random_below(r, 4) ? 4 : 200);
    size_t last = from + count < l->count ? from + count - 1 : l->count - 1;
    size_t at = l->field[from].at, size = l->field[last].at + l->field[last].size - at;
    uint8_t *copy = malloc(size);
    size_t to = l->field[random_below(r, l->count)].at;
    memcpy(copy, c->bytes + at, size);
    switch (random_below(r, 4)) {
    case 0:
        splice(c, at, size, NULL, 0);
        break;
    case 1:
        splice(c, at, 0, copy, size);
        break;
    case 2:
        splice(c, to, 0, copy, size);
        break;
    default:
        splice(c, at, size, NULL, 0);
        splice(c, to < c->size ? to : c->size, 0, copy, size);
    }
    free(copy);
}

/* ---- The kernel's memory */

/* Where a physical address is in the contents; 0: its page is empty, and not there. A page follows its number. */
static size_t find_memory(const struct layout *l, const struct contents *c, uint64_t physical) {
    for (size_t i = 1; i < l->count; i++)
        if (l->field[i].kind == FIELD_PAGE && l->field[i - 1].size == 4 &&
            get(c, l->field[i - 1].at, 4) == physical / PAGE)
            return l->field[i].at + physical % PAGE;
    return 0;
}

static uint64_t hot_word(const struct layout *l, struct random *r) {
    const struct hot *hot = &l->hot[random_below(r, l->hot_count)];
    return hot->physical + random_below(r, hot->size / 8) * 8;
}

static void change_memory(struct contents *c, const struct layout *l, struct random *r) {
    unsigned times = 1 + (unsigned)random_below(r, 4);
    while (times-- > 0) {
        size_t at = find_memory(l, c, hot_word(l, r)), other = find_memory(l, c, hot_word(l, r));
        size_t size = random_below(r, 3) ? 8 : 4;
        uint64_t was = at ? get(c, at, size) : 0;
        if (at)
            put(c, at, other && random_below(r, 3) == 0 ? get(c, other, size) : odd_value(was, was, r), size);
    }
}

/* The next system call is answered by code of ours. */
static void change_kernel(struct contents *c, const struct layout *l, struct random *r) {
    uint8_t code[2048];
    size_t size = stub_make(l, r, code, sizeof code), at = find_memory(l, c, l->entry);
    for (size_t done = 0; at && done < size; at = find_memory(l, c, l->entry + done)) {
        size_t room = PAGE - (l->entry + done) % PAGE, part = size - done < room ? size - done : room;
        memcpy(c->bytes + at, code + done, part);
        done += part;
    }
}

/* ---- All of it */

static void change(struct contents *c, const struct layout *l, struct random *r) {
    uint64_t what = random_below(r, 16);
    if (what < 7)
        change_field(c, l, choose_field(l, r), r);
    else if (what < 11)
        change_memory(c, l, r);
    else if (what < 14 && l->entry)
        change_kernel(c, l, r);
    else if (what == 14)
        change_field(c, l, &l->field[random_below(r, l->count)], r);
    else
        change_order(c, l, r);
}

/* Fields are where they were noted only until one changes its length: that one is the last. */
void mutate(const struct layout *layout, struct contents *contents, struct random *r) {
    size_t size = contents->size;
    unsigned times = 1 + (unsigned)random_below(r, 3);
    while (times-- > 0 && contents->size == size)
        change(contents, layout, r);
    if (random_below(r, 64) == 0)
        contents->size = random_below(r, contents->size);
}
