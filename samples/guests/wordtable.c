/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The table of wordfreq: open addressing, linear probing, never more than full. Calls nothing, so that this very object
 * file also runs natively, where another tool can watch its accesses.
 */
#include "wordtable.h"

#define SLOTS 4096 /* a power of two */

static struct word table[SLOTS];

static unsigned hash(const char *letters, unsigned length) {
    unsigned h = 2166136261u; /* FNV-1a */
    for (unsigned i = 0; i < length; i++)
        h = (h ^ (unsigned char)letters[i]) * 16777619u;
    return h;
}

static int same(const struct word *word, const char *letters, unsigned length) {
    for (unsigned i = 0; i < length; i++)
        if (word->text[i] != letters[i])
            return 0;
    return word->text[length] == '\0';
}

int table_add(const char *letters, unsigned length) {
    if (length > WORD_MAX)
        length = WORD_MAX;
    unsigned start = hash(letters, length);
    for (unsigned probe = 0; probe < SLOTS; probe++) {
        struct word *word = &table[(start + probe) % SLOTS];
        if (word->count == 0) {
            for (unsigned i = 0; i < length; i++)
                word->text[i] = letters[i];
            word->text[length] = '\0';
        } else if (!same(word, letters, length)) {
            continue;
        }
        word->count++;
        return 0;
    }
    return -1;
}

static int before(const struct word *a, const struct word *b) {
    if (a->count != b->count)
        return a->count > b->count;
    unsigned i = 0;
    while (a->text[i] == b->text[i] && a->text[i] != '\0')
        i++;
    return a->text[i] < b->text[i];
}

unsigned table_top(const struct word **top, unsigned max) {
    unsigned filled = 0;
    for (const struct word *word = table; word < table + SLOTS; word++) {
        if (word->count == 0 || (filled == max && !before(word, top[max - 1])))
            continue;
        unsigned at = filled < max ? filled++ : max - 1;
        for (; at > 0 && before(word, top[at - 1]); at--)
            top[at] = top[at - 1];
        top[at] = word;
    }
    return filled;
}
