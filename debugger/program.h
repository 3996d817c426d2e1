/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The user's program: an ELF file, checked before anything is started.
 */
#ifndef DEBUGGER_PROGRAM_H
#define DEBUGGER_PROGRAM_H

#include <facet/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One PT_LOAD. */
struct program_segment {
    uint64_t va, file_size, size; /* bytes; file_size <= size */
    bool write, execute;
};

struct program {
    char *path; /* as the user gave it */
    uint8_t *image;
    size_t image_size; /* bytes */
    uint64_t entry;
    struct program_segment *segments;
    size_t segment_count;
};

/* Reads and checks the file. FACET_ERR_PROGRAM, with one line of text, unless it is a native program that facet runs.
 * `memory`: bytes of RAM the guest will have. The caller frees it with program_close. */
enum facet_status program_open(const char *path, uint64_t memory, struct program **program, struct facet_error *error);
void program_close(struct program *program);

enum program_part { PART_TEXT, PART_RODATA, PART_DATA, PART_BSS, PART_STACK };
/* Where a part of the program lies. False: it has none. */
bool program_find_part(const struct program *program, enum program_part part, uint64_t *va, uint64_t *size);
/* Does the program's file map this address? */
bool program_has_address(const struct program *program, uint64_t va);
bool program_executable(const struct program *program, uint64_t va);

#endif
