/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What an instruction does to memory: the little that the engine's access hooks don't tell. Decoded by Capstone;
 * known.c remembers the result as long as the code is the same.
 */
#ifndef FACET_EMU_DECODE_H
#define FACET_EMU_DECODE_H

#include <facet/abi.h>
#include <stdbool.h>
#include <stdint.h>

#define DECODE_BYTES_MAX 15 /* of one x86 instruction */

enum decode_flag {
    DECODE_RMW = 1,    /* loads and stores the same operand; has no other memory operand */
    DECODE_ATOMIC = 2, /* a read-modify-write with LOCK, or XCHG with memory */
    DECODE_SWAP = 4,   /* MOVBE store whose value the hooks report in the register's byte order */
    DECODE_PUSHF = 8,  /* stores RFLAGS */
    DECODE_POPF = 16,  /* loads RFLAGS (POPF, IRET) */
    DECODE_REP = 32,   /* a repeated string instruction: one element per step */
    DECODE_MULTI = 64, /* may make more than one access; without it: exactly one */
    DECODE_HELPER =
        128, /* stores in pieces that can't be refused (x87 extended, FXSAVE and kin, CMPXCHG8B/16B, MASKMOV) */
    DECODE_SYSTEM = 256,   /* SYSCALL, INT, HLT, …: never a transaction, it leaves the program */
    DECODE_PAIR = 512,     /* the engine moves its operand as two halves of 8 bytes, the lower one first (SSE) */
    DECODE_CAPTURE = 1024, /* can't be cut exactly at each of its accesses: a transaction on careful pages */
    DECODE_ANY = 2048,     /* always */
};

/* How to find the store of an instruction whose store began before the hook saw it. */
enum decode_store { DECODE_STORE_NONE, DECODE_STORE_OPERAND, DECODE_STORE_PUSH, DECODE_STORE_STRING };

/* What else an instruction accesses that begins with a load, and where: must be allowed before anybody is asked. */
enum decode_apart {
    DECODE_APART_NONE,
    DECODE_APART_STORE, /* its store (MOVS, PUSH, POP, CALL with a memory operand) */
    DECODE_APART_LOAD,  /* CMPS, which loads through rdi first: through rsi */
};

/* Where all that it accesses lies. */
enum decode_reach {
    DECODE_REACH_UNKNOWN,
    DECODE_REACH_OPERAND, /* at its memory operand, whose location is noted */
    DECODE_REACH_STACK,   /* at the top of the stack */
    DECODE_REACH_STRING,  /* at rsi and rdi */
    DECODE_REACH_FRAMES,  /* ENTER with a level: below rsp and rbp */
};

struct decoded {
    uint64_t pc;
    uint64_t generation; /* emu.mmu.fetches when the bytes were last found equal; 0: not to be reused */
    const uint8_t *code; /* host address of bytes that may change unnoticed, NULL: they can't */
    uint8_t bytes[DECODE_BYTES_MAX + 1];
    uint8_t size;       /* bytes; 0: not an instruction we can decode */
    uint16_t flags;     /* enum decode_flag */
    uint8_t store;      /* enum decode_store */
    uint8_t store_size; /* bytes; with DECODE_APART_LOAD, of that load */
    uint8_t apart;      /* enum decode_apart */
    uint8_t reach;      /* enum decode_reach */
    uint8_t level;      /* of ENTER: loads so many pointers but one below rbp, pushes one more */
    uint16_t wide;      /* bytes of the memory operand that the engine moves in several pieces; 0: it has none */
    /* The destination operand, for DECODE_STORE_OPERAND, or the wide one. Register numbers index struct facet_regs; -1:
     * none. */
    int8_t base, index, segment; /* segment: index of fs_base or gs_base, -1: none */
    uint8_t scale;
    uint32_t registers; /* a bit for each word of struct facet_regs that the addresses below are made of */
    bool rip_relative, address32;
    bool pops; /* POP: rsp as base is taken after the increment */
    int64_t displacement;
};

struct decoder;

struct decoder *decoder_create(void);
void decoder_destroy(struct decoder *decoder);

/* Decodes the available bytes (at most DECODE_BYTES_MAX are used) at pc into *slot. */
void decoder_fill(struct decoder *decoder, struct decoded *slot, uint64_t pc, const uint8_t *code, unsigned available);

/* Address of the store that the instruction makes with these registers (of before the instruction). False: unknown. */
bool decoded_store_address(const struct decoded *decoded, const struct facet_regs *regs, uint64_t *address);
/* Address of what it accesses apart from its first load. False: it does not, or unknown. */
bool decoded_apart_address(const struct decoded *decoded, const struct facet_regs *regs, uint64_t *address);
/* The ranges, of less than a page each, that hold all its accesses. Returns how many; 0: unknown. */
#define DECODE_RANGES 2
struct decoded_range {
    uint64_t va, size;
};
unsigned decoded_reach(const struct decoded *decoded, const struct facet_regs *regs,
                       struct decoded_range range[DECODE_RANGES]);
/* Address of the wide operand, likewise. */
uint64_t decoded_wide_address(const struct decoded *decoded, const struct facet_regs *regs);

#endif
