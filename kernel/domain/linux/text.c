/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "files.h"

unsigned long text_length(const char *text) {
    unsigned long length = 0;
    while (text[length])
        length++;
    return length;
}

int text_equal(const char *a, const char *b) {
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

int text_starts(const char *text, const char *prefix) {
    while (*prefix && *text == *prefix)
        text++, prefix++;
    return !*prefix;
}

long text_append(char *to, unsigned long room, const char *text) {
    unsigned long length = text_length(to), size = text_length(text) + 1;
    if (size > room - length)
        return -ENAMETOOLONG;
    memcpy(to + length, text, size);
    return 0;
}

/* Freed blocks wait in a list for the next one of their size, a power of two. */
#define CLASS_LEAST 5
#define CLASSES 17
static void *freed[CLASSES];

static unsigned class_of(unsigned long size) {
    unsigned class = CLASS_LEAST;
    while (1ul << class < size)
        class ++;
    return class - CLASS_LEAST;
}

void *block_alloc(unsigned long size) {
    unsigned class = class_of(size);
    if (class >= CLASSES)
        return 0;
    void **block = freed[class];
    if (!block)
        return pool_alloc(1ul << (class + CLASS_LEAST));
    freed[class] = *block;
    return block;
}

void block_free(void *block, unsigned long size) {
    if (!block)
        return;
    unsigned class = class_of(size);
    *(void **)block = freed[class];
    freed[class] = block;
}

char *text_keep(const char *text) {
    unsigned long size = text_length(text) + 1;
    char *copy = block_alloc(size);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

void text_free(char *text) {
    if (text)
        block_free(text, text_length(text) + 1);
}
