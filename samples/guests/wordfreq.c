/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Prints the ten most frequent words of standard input, as this does:
 *
 *     tr -cs A-Za-z '\n' | tr A-Z a-z | grep . | sort | uniq -c | sort -k1,1nr -k2,2 | head
 *
 * The words live in a hash table, the static object `table` of wordtable.c: swap it and watch.
 */
#include "text.h"
#include "wordtable.h"

#define TOP 10

static char word[WORD_MAX + 1];
static unsigned length; /* of the word being read; 0: between words */

static int end_word(void) {
    int failed = length > 0 && table_add(word, length) != 0;
    length = 0;
    return failed;
}

static int take(const char *text, long size) {
    for (long i = 0; i < size; i++) {
        char c = text[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c < 'a' || c > 'z') {
            if (end_word() != 0)
                return -1;
        } else if (length < WORD_MAX) {
            word[length++] = c;
        }
    }
    return 0;
}

static int fail(const char *why) {
    facet_write(CR_STDERR, why, text_length(why));
    return 1;
}

int main(void) {
    static char buffer[4096];
    long size;
    while ((size = facet_read(CR_STDIN, buffer, sizeof buffer)) > 0)
        if (take(buffer, size) != 0)
            return fail("wordfreq: too many different words\n");
    if (size < 0)
        return fail("wordfreq: standard input cannot be read\n");
    if (end_word() != 0)
        return fail("wordfreq: too many different words\n");

    const struct word *top[TOP];
    unsigned count = table_top(top, TOP);
    for (unsigned i = 0; i < count; i++) {
        text_put_number(top[i]->count, 7);
        facet_puts(" ");
        facet_puts(top[i]->text);
        facet_puts("\n");
    }
    return 0;
}
