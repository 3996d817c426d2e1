/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events.h"

#include "handlers.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define ROOM 65536
#define EVENT_MAX 8192 /* three numbers of 512 bytes, a long object name escaped, and the rest */

struct events {
    char *path;
    int fd;
    bool failed;
    uint64_t count;
    uint64_t alarm; /* count at which `call` is due */
    void (*call)(void *context);
    void *context;
    size_t used;
    char buffer[ROOM];
};

enum facet_status events_open(const char *path, struct events **events, struct facet_error *error) {
    int fd = strcmp(path, "-") == 0 ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    *events = NULL;
    if (fd < 0)
        return facet_fail(error, FACET_ERR_FAILED, "cannot write events to %s: %s", path, strerror(errno));
    struct events *e = text_grow(NULL, 1, sizeof *e);
    e->path = text_copy(path);
    e->fd = fd;
    e->failed = false;
    e->count = 0;
    e->used = 0;
    e->alarm = UINT64_MAX;
    *events = e;
    return FACET_OK;
}

void events_flush(struct events *e) {
    for (size_t done = 0; done < e->used && !e->failed;) {
        ssize_t n = write(e->fd, e->buffer + done, e->used - done);
        if (n > 0)
            done += (size_t)n;
        else if (n == 0 || errno != EINTR) {
            fprintf(stderr, "facet: cannot write events to %s: %s; the run goes on without them\n", e->path,
                    n == 0 ? "no progress" : strerror(errno));
            e->failed = true;
        }
    }
    e->used = 0;
}

static char *put(char *to, const char *text) {
    return stpcpy(to, text);
}

static char *put_decimal(char *to, uint64_t value) {
    char digits[24], *at = digits + sizeof digits;
    size_t length = 0;
    do {
        *--at = (char)('0' + value % 10);
        length++;
    } while (value /= 10);
    memcpy(to, at, length);
    return to + length;
}

static char *put_signed(char *to, int64_t value) {
    if (value >= 0)
        return put_decimal(to, (uint64_t)value);
    *to++ = '-';
    return put_decimal(to, -(uint64_t)value);
}

static char *put_hex(char *to, uint64_t value) {
    static const char digit[] = "0123456789abcdef";
    int shift = value ? (63 - __builtin_clzll(value)) & ~3 : 0;
    *to++ = '0';
    *to++ = 'x';
    for (; shift >= 0; shift -= 4)
        *to++ = digit[value >> shift & 15];
    return to;
}

/* A JSON string without its quotes; what is longer than any sensible name is cut. */
static char *put_string(char *to, const char *text) {
    for (size_t i = 0; i < 512 && text[i]; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20)
            to += sprintf(to, "\\u%04x", c);
        else {
            if (c == '"' || c == '\\')
                *to++ = '\\';
            *to++ = (char)c;
        }
    }
    return to;
}

static char *put_bytes(char *to, const char *key, const uint8_t *bytes, uint32_t size) {
    to = put(to, key);
    to += text_bytes(to, bytes, size);
    *to++ = '"';
    return to;
}

static char *format(char *to, uint64_t n, const struct facet_access *a, const uint8_t *value,
                    enum facet_verdict verdict) {
    to = put(put(to, "{\"v\":1,\"ev\":\""), handler_kind_name(a->kind));
    to = put_decimal(put(to, "\",\"n\":"), n);
    to = put_decimal(put(to, ",\"proc\":"), a->process);
    to = put_hex(put(to, ",\"pc\":\""), a->pc);
    to = put_hex(put(to, "\",\"va\":\""), a->va);
    to = put_string(put(to, "\",\"obj\":\""), a->object);
    to = put_signed(put(to, "\",\"off\":"), a->offset);
    to = put_decimal(put(to, ",\"size\":"), a->size);
    if (value)
        to = put_bytes(to, ",\"value\":\"", value, a->size);
    if (a->kind == FACET_STORE && a->backing)
        to = put_bytes(to, ",\"old\":\"", a->backing, a->size);
    to = put(put(to, ",\"verdict\":\""), handler_verdict_name(verdict));
    to = put(to, a->flags & FACET_KERNEL ? "\",\"by\":\"kernel\"" : "\",\"by\":\"user\"");
    if (a->flags & FACET_RMW)
        to = put(to, ",\"rmw\":true");
    if (a->flags & FACET_ATOMIC)
        to = put(to, ",\"atomic\":true");
    if (a->flags & FACET_PART)
        to = put(to, ",\"part\":true");
    if (a->clock)
        to = put_decimal(put(to, ",\"clock\":"), a->clock);
    return put(to, "}\n");
}

void events_write(struct events *e, const struct facet_access *access, const uint8_t *value,
                  enum facet_verdict verdict) {
    if (sizeof e->buffer - e->used < EVENT_MAX)
        events_flush(e);
    e->used = (size_t)(format(e->buffer + e->used, e->count++, access, value, verdict) - e->buffer);
    if (__builtin_expect(e->count == e->alarm, 0))
        e->call(e->context);
}

void events_alarm(struct events *e, uint64_t count, void (*call)(void *context), void *context) {
    e->alarm = count;
    e->call = call;
    e->context = context;
}

void events_continue(struct events *events, uint64_t count) {
    events->count = count;
}

uint64_t events_count(const struct events *events) {
    return events->count;
}

bool events_close(struct events *e) {
    events_flush(e);
    if (e->fd != STDOUT_FILENO && close(e->fd) != 0 && !e->failed) {
        fprintf(stderr, "facet: cannot write events to %s: %s\n", e->path, strerror(errno));
        e->failed = true;
    }
    bool good = !e->failed;
    free(e->path);
    free(e);
    return good;
}
