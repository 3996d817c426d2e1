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
    bool native;       /* made for the kernel itself; else a static Linux program */
    uint64_t bias;     /* what is added to the file's addresses: 0 unless it is position-independent */
    uint64_t entry;
    struct program_segment *segments;
    size_t segment_count;
};

#define PROGRAM_BIAS 0x555555554000  /* of a position-independent Linux program */
#define LINUX_STACK_SIZE (8ul << 20) /* its lowest pages appear when they are used */

/* Reads and checks the file. FACET_ERR_PROGRAM, with one line of text, unless it is a program that facet runs.
 * Addresses in it are those at which it runs. `memory`: bytes of RAM the guest will have. The caller frees it with
 * program_close. */
enum facet_status program_open(const char *path, uint64_t memory, struct program **program, struct facet_error *error);
void program_close(struct program *program);

enum program_part { PART_TEXT, PART_RODATA, PART_DATA, PART_BSS, PART_STACK };
/* Where a part of the program lies. False: it has none. */
bool program_find_part(const struct program *program, enum program_part part, uint64_t *va, uint64_t *size);
/* Does the program's file map this address? */
bool program_has_address(const struct program *program, uint64_t va);
bool program_executable(const struct program *program, uint64_t va);

#endif
