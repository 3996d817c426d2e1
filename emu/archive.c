/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "archive.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX (1u << 20)
#define TEXT_COST 64 /* of the shortest one, and what points to it */

void archive_fail(struct archive *a) {
    a->bad = true;
}

bool archive_take(struct archive *a, uint64_t bytes) {
    if (a->loading && bytes > ARCHIVE_ROOM - a->taken)
        a->bad = true;
    else if (a->loading)
        a->taken += bytes;
    return !a->bad;
}

void archive_bytes(struct archive *a, void *bytes, size_t size) {
    if (size == 0)
        return;
    if (!a->loading)
        a->bad = a->bad || fwrite(bytes, 1, size, a->file) != size;
    else if (a->bad || fread(bytes, 1, size, a->file) != size) {
        a->bad = true;
        memset(bytes, 0, size);
    }
}

void archive_flag(struct archive *a, bool *flag) {
    uint8_t byte = *flag;
    archive_value(a, byte);
    if (byte > 1)
        a->bad = true;
    *flag = byte == 1;
}

uint64_t archive_number(struct archive *a, uint64_t number, uint64_t most) {
    archive_value(a, number);
    if (number <= most)
        return number;
    a->bad = true;
    return 0;
}

void archive_text(struct archive *a, char **text) {
    bool any = *text != NULL;
    archive_flag(a, &any);
    if (!any) {
        *text = NULL;
        return;
    }
    uint64_t length = archive_number(a, a->loading ? 0 : strlen(*text), TEXT_MAX);
    if (a->loading && (!archive_take(a, length + TEXT_COST) || (*text = calloc(1, length + 1)) == NULL)) {
        a->bad = true;
        *text = NULL;
        return;
    }
    archive_bytes(a, *text, length);
    if (a->loading && strlen(*text) != length)
        a->bad = true;
}
