/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pack.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define VERSION 1u
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
    uint8_t *file; /* all of it */
    size_t at, size;
    ZSTD_DCtx *context;
    uint8_t *chunk;
    size_t used, left; /* of chunk: given away, not yet */
};

static int on_close(void *cookie) {
    struct unpack *u = cookie;
    ZSTD_freeDCtx(u->context);
    free(u->file);
    free(u->chunk);
    free(u);
    return 0;
}

/* False: there is none, or it is not what it says. */
static bool next_chunk(struct unpack *u) {
    struct piece piece;
    if (u->size - u->at < sizeof piece)
        return false;
    memcpy(&piece, u->file + u->at, sizeof piece);
    u->at += sizeof piece;
    if (piece.size == 0 || piece.size > CHUNK || piece.stored > u->size - u->at)
        return false;
    size_t size = ZSTD_decompressDCtx(u->context, u->chunk, CHUNK, u->file + u->at, piece.stored);
    u->at += piece.stored;
    u->used = 0;
    u->left = size == piece.size ? size : 0;
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

static enum facet_status check(const struct unpack *u, const char *path, struct facet_error *error) {
    struct head head;
    struct tail tail;
    if (u->size < sizeof magic || memcmp(u->file, magic, sizeof magic) != 0)
        return facet_fail(error, FACET_ERR_USAGE, "%s is no checkpoint of facet", path);
    if (u->size < sizeof head + sizeof tail)
        return facet_fail(error, FACET_ERR_USAGE, "%s is cut short: use another checkpoint", path);
    memcpy(&head, u->file, sizeof head);
    memcpy(&tail, u->file + u->size - sizeof tail, sizeof tail);
    if (tail.length != u->size || tail.crc != pack_crc(0, u->file, u->size - sizeof tail.crc))
        return facet_fail(error, FACET_ERR_USAGE, "%s is cut short or damaged: use another checkpoint", path);
    if (head.version != VERSION)
        return facet_fail(error, FACET_ERR_USAGE, "%s is a checkpoint in format %u, this facet reads format %u", path,
                          head.version, VERSION);
    return FACET_OK;
}

static enum facet_status read_all(struct unpack *u, const char *path, struct facet_error *error) {
    struct stat status;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        int why = errno;
        if (fd >= 0)
            close(fd);
        return facet_fail(error, FACET_ERR_USAGE, "cannot read the checkpoint %s: %s", path,
                          fd < 0 ? strerror(why) : "it is no file");
    }
    u->file = text_grow(NULL, (size_t)status.st_size + 1, 1);
    ssize_t got = 1;
    while (u->size < (size_t)status.st_size && got > 0) {
        got = read(fd, u->file + u->size, (size_t)status.st_size - u->size);
        u->size += got > 0 ? (size_t)got : 0;
    }
    close(fd);
    return FACET_OK;
}

enum facet_status pack_open(const char *path, FILE **stream, struct facet_error *error) {
    struct unpack *u = text_grow(NULL, 1, sizeof *u);
    *u = (struct unpack){.context = ZSTD_createDCtx(), .chunk = text_grow(NULL, CHUNK, 1)};
    facet_assert(u->context, "out of memory");
    enum facet_status status = read_all(u, path, error);
    if (status == FACET_OK)
        status = check(u, path, error);
    if (status != FACET_OK) {
        on_close(u);
        return status;
    }
    u->at = sizeof(struct head);
    u->size -= sizeof(struct tail);
    *stream = fopencookie(u, "r", (cookie_io_functions_t){.read = on_read, .close = on_close});
    facet_assert(*stream, "out of memory");
    return FACET_OK;
}
