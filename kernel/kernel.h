/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What every file of the kernel uses: addresses, ports, assertions, the console.
 */
#ifndef KERNEL_H
#define KERNEL_H

#include <facet/object.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE 4096ul
#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* For the variables that every way through the kernel reads: together they lie on one page, with the top of the stack.
 * Each switch of address space empties the emulated TLB, so a page saved is a fill saved. They start as zero. */
#define HOT __attribute__((section(".bss.hot")))

extern struct kernel_info kernel_info;
#define current_process (kernel_info.current)

/* Low `bits` bits set; bits 0 … 64. */
static inline unsigned long mask_low(unsigned bits) {
    return bits >= 64 ? ~0ul : (1ul << bits) - 1;
}

/* ---- Addresses: everything the kernel touches lies in RAM, seen through the direct map, or in its own image. */

static inline void *direct(unsigned long physical) {
    return (void *)(physical + KERNEL_DIRECT_MAP);
}
static inline unsigned long physical(const void *virtual) {
    unsigned long address = (unsigned long)virtual;
    return address >= KERNEL_LINK_BASE ? address - KERNEL_LINK_BASE : address - KERNEL_DIRECT_MAP;
}

/* ---- Ports */

static inline void port_out8(unsigned short port, unsigned char value) {
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}
static inline unsigned char port_in8(unsigned short port) {
    unsigned char value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}
/* To a port below 256; edx carries an argument of the debug port. */
#define port_out32(port, value, edx)                                                                                   \
    __asm__ volatile("outl %0, %1" : : "a"((unsigned)(value)), "N"(port), "d"((unsigned long)(edx)) : "memory")

static inline unsigned port_in32(unsigned short port) {
    unsigned value;
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

/* ---- Memory */

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);

/* ---- console.c: the serial line. Formats: %s, %c, %u (unsigned), %x (unsigned long, hexadecimal). */

void console_init(void);
void console_put(char c);
void print(const char *format, ...);
/* Tells the host and the console that the kernel found itself inconsistent, and ends the machine. */
_Noreturn void panic(const char *format, ...);

/* On in every build. The message shows the condition and the values given. */
#define kassert(condition, ...)                                                                                        \
    do {                                                                                                               \
        if (__builtin_expect(!(condition), 0))                                                                         \
            kassert_failed(__FILE__, __LINE__, #condition, (unsigned long[]){__VA_ARGS__},                             \
                           sizeof((unsigned long[]){__VA_ARGS__}) / sizeof(unsigned long));                            \
    } while (0)
_Noreturn void kassert_failed(const char *file, int line, const char *condition, const unsigned long *values,
                              size_t count);

/* ---- power.c */
_Noreturn void power_off(unsigned status);

#endif
