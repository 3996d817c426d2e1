/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A hash table of words and how often each was seen. The static object `table` is all its memory.
 */
#ifndef SAMPLES_WORDTABLE_H
#define SAMPLES_WORDTABLE_H

#define WORD_MAX 59 /* letters; the rest of a longer word is not told apart */

struct word {
    unsigned count; /* 0: this place is free */
    char text[WORD_MAX + 1];
};

/* Counts one more of the word of `length` letters. Returns 0, or -1 if the table is full. */
int table_add(const char *letters, unsigned length);

/* Fills top[] with the most frequent words, equal counts in alphabetical order. Returns how many there are, at most
 * max. */
unsigned table_top(const struct word **top, unsigned max);

#endif
