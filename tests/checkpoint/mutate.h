/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a saved checkpoint consists of, and changes of it that nobody makes by accident. The fields are seen while facet
 * itself saves: the linker puts mutate.c between whoever describes a state and emu/archive.c (Makefile, --wrap).
 */
#ifndef TESTS_CHECKPOINT_MUTATE_H
#define TESTS_CHECKPOINT_MUTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kind { FIELD_BYTES, FIELD_NUMBER, FIELD_FLAG, FIELD_TEXT, FIELD_PAGE };

struct field {
    enum kind kind;
    size_t at, size; /* in the contents */
    uint64_t most;   /* NUMBER: its limit */
};

/* Words of the kernel's that the host reads: [physical, physical + size). */
struct hot {
    uint64_t physical, size;
};
#define HOT_MAX 32

struct layout {
    struct field *field;
    size_t count;
    struct hot hot[HOT_MAX];
    size_t hot_count;
    uint64_t entry; /* physical address of what SYSCALL enters; 0: unknown */
    uint64_t ram;
};

struct contents {
    uint8_t *bytes;
    size_t size;
};

/* From here on the fields of the first archive that is saved are noted in it. NULL: no longer. */
void fields_record(struct layout *layout);

struct random {
    uint64_t state;
};
uint64_t random_word(struct random *r);
uint64_t random_below(struct random *r, uint64_t limit);

/* Some changes at once. */
void mutate(const struct layout *layout, struct contents *contents, struct random *r);

/* stub.c: code for ring 0 that uses the machine's devices in every wrong way; returns its size. */
size_t stub_make(const struct layout *layout, struct random *r, uint8_t *code, size_t room);

#endif
