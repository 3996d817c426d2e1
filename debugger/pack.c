/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pack.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define VERSION 2u
#define CHUNK (1u << 20) /* bytes compressed at once */
#define LEVEL 3
#define POLYNOMIAL 0xc96c5795d7870f42
static const char magic[8] = "FACETCP\n";

struct head {
    char magic[8];
    uint32_t version, zero;
};
struct piece {
    uint32_t size, stored;
};
struct tail {
    uint64_t length, crc;
};

uint64_t pack_crc(uint64_t crc, const void *bytes, size_t size) {
    static uint64_t table[256];
    const uint8_t *at = bytes;
    for (unsigned i = 0; i < 256 && !table[255]; i++) {
        table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            table[i] = table[i] >> 1 ^ (table[i] & 1 ? POLYNOMIAL : 0);
    }
    crc = ~crc;
    while (size-- > 0)
        crc = table[(uint8_t)crc ^ *at++] ^ crc >> 8;
    return ~crc;
}

/* ---- Writing */

struct pack {
    char *path, *folder, *temporary; /* temporary: its name until it is whole; NULL: it has none yet */
    int fd;
    int why; /* errno of what went wrong first; 0 */
    uint64_t length, crc;
    FILE *stream;
    ZSTD_CCtx *context;
    uint8_t *chunk, *stored;
    size_t used, room;
};

static void put(struct pack *p, const void *bytes, size_t size) {
    const uint8_t *at = bytes;
    p->crc = pack_crc(p->crc, bytes, size);
    p->length += size;
    while (size > 0 && !p->why) {
        ssize_t done = write(p->fd, at, size);
        if (done < 0 && errno != EINTR)
            p->why = errno;
        at += done > 0 ? done : 0;
        size -= done > 0 ? (size_t)done : 0;
    }
}

static void put_chunk(struct pack *p) {
    size_t stored = ZSTD_compress2(p->context, p->stored, p->room, p->chunk, p->used);
    facet_assert(!ZSTD_isError(stored), "zstd: %s", ZSTD_getErrorName(stored));
    const struct piece piece = {(uint32_t)p->used, (uint32_t)stored};
    put(p, &piece, sizeof piece);
    put(p, p->stored, stored);
    p->used = 0;
}

static ssize_t on_write(void *cookie, const char *bytes, size_t size) {
    struct pack *p = cookie;
    for (size_t done = 0; done < size;) {
        size_t room = CHUNK - p->used, part = size - done < room ? size - done : room;
        memcpy(p->chunk + p->used, bytes + done, part);
        p->used += part;
        done += part;
        if (p->used == CHUNK)
            put_chunk(p);
    }
    return p->why ? 0 : (ssize_t)size;
}

/* A file without a name where that is possible: then nothing is left of it if facet is killed. */
static void create_file(struct pack *p) {
    p->fd = open(p->folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (p->fd >= 0)
        return;
    p->temporary = text_format("%s/.%s.XXXXXX", p->folder, text_basename(p->path));
    p->fd = mkostemp(p->temporary, O_CLOEXEC);
}

/* Where a symbolic link leads; only a file is replaced. */
static enum facet_status find_place(struct pack *p, const char *path, struct facet_error *error) {
    struct stat status;
    bool there = stat(path, &status) == 0;
    if (there && !S_ISREG(status.st_mode))
        return facet_fail(error, FACET_ERR_USAGE, "cannot save into %s: it is no file", path);
    p->path = there ? realpath(path, NULL) : text_copy(path);
    if (!p->path || !*text_basename(p->path))
        return facet_fail(error, FACET_ERR_USAGE, "cannot save into \"%s\": that is no name of a file", path);
    const char *name = text_basename(p->path);
    p->folder = name == p->path ? text_copy(".") : text_format("%.*s", (int)(name - p->path), p->path);
    return FACET_OK;
}

static void release(struct pack *p) {
    if (p->stream)
        fclose(p->stream);
    if (p->temporary)
        unlink(p->temporary);
    if (p->fd >= 0)
        close(p->fd);
    ZSTD_freeCCtx(p->context);
    free(p->path);
    free(p->folder);
    free(p->temporary);
    free(p->chunk);
    free(p->stored);
    free(p);
}

enum facet_status pack_create(const char *path, struct pack **pack, FILE **stream, struct facet_error *error) {
    struct pack *p = text_grow(NULL, 1, sizeof *p);
    struct head head = {.version = VERSION};
    memset(p, 0, sizeof *p);
    p->fd = -1;
    enum facet_status status = find_place(p, path, error);
    if (status == FACET_OK)
        create_file(p);
    if (status == FACET_OK && p->fd < 0) {
        free(p->temporary);
        p->temporary = NULL;
        status = facet_fail(error, FACET_ERR_USAGE, "cannot save into %s: %s", path, strerror(errno));
    }
    if (status != FACET_OK) {
        release(p);
        return status;
    }
    p->room = ZSTD_compressBound(CHUNK);
    p->chunk = text_grow(NULL, CHUNK, 1);
    p->stored = text_grow(NULL, p->room, 1);
    p->context = ZSTD_createCCtx();
    p->stream = fopencookie(p, "w", (cookie_io_functions_t){.write = on_write});
    facet_assert(p->context && p->stream, "out of memory");
    ZSTD_CCtx_setParameter(p->context, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(p->context, ZSTD_c_checksumFlag, 1);
    memcpy(head.magic, magic, sizeof magic);
    put(p, &head, sizeof head);
    *pack = p;
    *stream = p->stream;
    return FACET_OK;
}

/* Gives it a name beside the one that it is to have. */
static bool name_file(struct pack *p) {
    char link[64];
    if (p->temporary)
        return true;
    snprintf(link, sizeof link, "/proc/self/fd/%d", p->fd);
    p->temporary = text_format("%s/.%s.%d", p->folder, text_basename(p->path), getpid());
    unlink(p->temporary); /* of one that had the same number and was killed here */
    return linkat(AT_FDCWD, link, AT_FDCWD, p->temporary, AT_SYMLINK_FOLLOW) == 0;
}

static bool sync_folder(const struct pack *p) {
    int fd = open(p->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);
    int why = errno;
    if (fd >= 0)
        close(fd);
    errno = why;
    return good;
}

static void put_end(struct pack *p) {
    const struct piece end = {0, 0};
    struct tail tail;
    if (p->used > 0)
        put_chunk(p);
    put(p, &end, sizeof end);
    tail.length = p->length + sizeof tail;
    tail.crc = pack_crc(p->crc, &tail.length, sizeof tail.length);
    put(p, &tail, sizeof tail);
}

enum facet_status pack_finish(struct pack *p, bool keep, struct facet_error *error) {
    enum facet_status status = FACET_OK;
    if (keep) {
        fflush(p->stream);
        put_end(p);
        if (!p->why && (fsync(p->fd) != 0 || !name_file(p) || rename(p->temporary, p->path) != 0))
            p->why = errno;
        if (!p->why) {
            free(p->temporary);
            p->temporary = NULL;
            if (!sync_folder(p))
                p->why = errno;
        }
        if (p->why)
            status = facet_fail(error, FACET_ERR_FAILED, "cannot save into %s: %s", p->path, strerror(p->why));
    }
    release(p);
    return status;
}

/* ---- Reading */

struct unpack {
    int fd;
    uint64_t at, size; /* of the file: read so far, before its tail */
    uint64_t crc;      /* of what was read */
    ZSTD_DCtx *context;
    uint8_t *stored, *chunk;
    size_t used, left; /* of chunk: given away, not yet */
};

static int on_close(void *cookie) {
    struct unpack *u = cookie;
    if (u->fd >= 0)
        close(u->fd);
    ZSTD_freeDCtx(u->context);
    free(u->stored);
    free(u->chunk);
    free(u);
    return 0;
}

static bool take(struct unpack *u, void *bytes, size_t size) {
    uint8_t *to = bytes;
    if (size > u->size - u->at)
        return false;
    for (size_t done = 0; done < size;) {
        ssize_t got = pread(u->fd, to + done, size - done, (off_t)(u->at + done));
        if (got <= 0 && !(got < 0 && errno == EINTR))
            return false;
        done += got > 0 ? (size_t)got : 0;
    }
    u->crc = pack_crc(u->crc, bytes, size);
    u->at += size;
    return true;
}

/* One piece as it is stored; of size 0: the end. False: there is none that a writer makes. */
static bool take_piece(struct unpack *u, struct piece *piece) {
    return take(u, piece, sizeof *piece) && piece->size <= CHUNK && piece->stored <= ZSTD_compressBound(CHUNK) &&
           (piece->size == 0) == (piece->stored == 0) && take(u, u->stored, piece->stored);
}

static bool next_chunk(struct unpack *u) {
    struct piece piece;
    if (!take_piece(u, &piece) || piece.size == 0)
        return false;
    size_t size = ZSTD_decompressDCtx(u->context, u->chunk, CHUNK, u->stored, piece.stored);
    u->used = 0;
    u->left = size == piece.size ? size : 0; /* or it is not what it says */
    return u->left > 0;
}

static ssize_t on_read(void *cookie, char *bytes, size_t size) {
    struct unpack *u = cookie;
    if (u->left == 0 && !next_chunk(u))
        return 0;
    size = size < u->left ? size : u->left;
    memcpy(bytes, u->chunk + u->used, size);
    u->used += size;
    u->left -= size;
    return (ssize_t)size;
}

/* All of it, once, piece by piece: nothing is as large as the file says it is. */
static bool whole(struct unpack *u) {
    struct tail tail;
    struct piece piece = {1, 1};
    while (piece.size > 0)
        if (!take_piece(u, &piece))
            return false;
    bool end = u->at == u->size;
    u->size += sizeof tail;
    uint64_t length = u->size;
    uint64_t crc = pack_crc(u->crc, &length, sizeof length);
    return end && take(u, &tail, sizeof tail) && tail.length == length && tail.crc == crc;
}

static enum facet_status check(struct unpack *u, const char *path, struct facet_error *error) {
    struct head head = {0};
    uint64_t contents = u->size;
    bool ours = take(u, head.magic, sizeof magic) && memcmp(head.magic, magic, sizeof magic) == 0;
    if (!ours)
        return facet_fail(error, FACET_ERR_USAGE, "%s is no checkpoint of facet", path);
    if (contents < sizeof head + sizeof(struct tail))
        return facet_fail(error, FACET_ERR_USAGE, "%s is cut short: use another checkpoint", path);
    u->size -= sizeof(struct tail);
    if (!take(u, &head.version, sizeof head - sizeof magic) || !whole(u))
        return facet_fail(error, FACET_ERR_USAGE, "%s is cut short or damaged: use another checkpoint", path);
    if (head.version != VERSION)
        return facet_fail(error, FACET_ERR_USAGE, "%s is a checkpoint in format %u, this facet reads format %u", path,
                          head.version, VERSION);
    u->at = sizeof head;
    return FACET_OK;
}

/* The file, and how long it is. */
static enum facet_status open_file(struct unpack *u, const char *path, struct facet_error *error) {
    struct stat status;
    u->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (u->fd < 0)
        return facet_fail(error, FACET_ERR_USAGE, "cannot read the checkpoint %s: %s", path, strerror(errno));
    if (fstat(u->fd, &status) != 0 || !S_ISREG(status.st_mode))
        return facet_fail(error, FACET_ERR_USAGE, "cannot read the checkpoint %s: it is no file", path);
    u->size = (uint64_t)status.st_size;
    return FACET_OK;
}

enum facet_status pack_open(const char *path, FILE **stream, struct facet_error *error) {
    struct unpack *u = text_grow(NULL, 1, sizeof *u);
    *u = (struct unpack){.fd = -1,
                         .context = ZSTD_createDCtx(),
                         .stored = text_grow(NULL, ZSTD_compressBound(CHUNK), 1),
                         .chunk = text_grow(NULL, CHUNK, 1)};
    facet_assert(u->context, "out of memory");
    enum facet_status status = open_file(u, path, error);
    if (status == FACET_OK)
        status = check(u, path, error);
    if (status != FACET_OK) {
        on_close(u);
        return status;
    }
    *stream = fopencookie(u, "r", (cookie_io_functions_t){.read = on_read, .close = on_close});
    facet_assert(*stream, "out of memory");
    return FACET_OK;
}
