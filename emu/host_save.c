/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Open files of the host in a checkpoint: each is remembered as the grant beneath which it was opened, its path from
 * there, how it was opened and where it stands, and is opened again by the same rules as ever (host_path.c). Contents
 * are the host's, and stay there. A file that has been deleted or moved away while it was open is lost.
 */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REOPEN_FLAGS (O_ACCMODE | O_APPEND | O_DSYNC | O_SYNC | O_NOATIME | O_DIRECTORY | O_PATH)

/* What is remembered of a file beside its slot. */
struct remembered {
    char *path; /* from the grant; NULL: it is lost */
    uint64_t flags, offset, type;
};

/* ---- Saving */

/* Where a descriptor leads now; false: nowhere. */
static bool path_of(int fd, char path[PATH_MAX]) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length <= 0)
        return false;
    path[length] = '\0';
    return true;
}

/* The same file is found by the path beneath the grant. */
static bool leads_to(const struct host_file *grant, const char *path, int fd) {
    struct stat wanted, found;
    int at = host_path_object(grant, grant->kind == HOST_NAME ? "" : path, false);
    bool same = at >= 0 && fstat(at, &found) == 0 && fstat(fd, &wanted) == 0 && found.st_dev == wanted.st_dev &&
                found.st_ino == wanted.st_ino;
    if (at >= 0)
        close(at);
    return same;
}

static char *path_beneath(const struct host_file *grant, int fd) {
    char whole[PATH_MAX], root[PATH_MAX];
    const char *path = "";
    if (grant->kind == HOST_TREE) {
        if (!path_of(fd, whole) || !path_of(grant->fd, root))
            return NULL;
        size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);
        if (strncmp(whole, root, length) != 0 || (whole[length] && whole[length] != '/'))
            return NULL;
        path = whole + length + (whole[length] == '/');
    }
    return leads_to(grant, path, fd) ? strdup(path) : NULL;
}

static struct remembered remember(const struct host *host, const struct host_file *file) {
    struct remembered r = {0};
    struct stat status;
    int flags = fcntl(file->fd, F_GETFL);
    off_t at = lseek(file->fd, 0, SEEK_CUR);
    if (file->fd < 0 || flags < 0 || fstat(file->fd, &status) < 0)
        return r;
    r.path = path_beneath(&host->file[file->origin], file->fd);
    r.flags = (uint64_t)(flags & REOPEN_FLAGS);
    r.offset = at < 0 ? 0 : (uint64_t)at;
    r.type = status.st_mode & S_IFMT;
    return r;
}

/* ---- Loading */

static const char *type_name(uint64_t type) {
    return type == S_IFREG   ? "a file"
           : type == S_IFDIR ? "a directory"
           : type == S_IFIFO ? "a FIFO"
           : type == S_IFLNK ? "a symbolic link"
                             : "a device";
}

/* The descriptor, or -errno. */
static int open_again(const struct host_file *grant, const struct remembered *r) {
    bool name = grant->kind == HOST_NAME;
    uint64_t flags = r->flags | (r->flags & O_PATH ? 0 : O_NOCTTY | O_NONBLOCK) | (r->type == S_IFLNK ? O_NOFOLLOW : 0);
    bool writes = (flags & O_ACCMODE) != O_RDONLY && !(flags & O_PATH);
    struct stat status;
    if (writes && !grant->write)
        return -EROFS;
    int object = host_path_object(grant, name ? "" : r->path, false);
    if (object < 0)
        return object;
    bool same = fstat(object, &status) == 0 && (status.st_mode & S_IFMT) == r->type;
    close(object);
    if (!same)
        return -EINVAL;
    return host_path_open(grant->fd, name ? grant->name : *r->path ? r->path : ".", flags, 0);
}

static enum facet_status file_load(struct host *host, struct host_file *file, const struct remembered *r,
                                   struct facet_error *error) {
    const struct host_file *grant = &host->file[file->origin];
    file->lost = !r->path;
    if (!r->path)
        return FACET_OK;
    file->fd = open_again(grant, r);
    if (file->fd == -EINVAL)
        return facet_fail(error, FACET_ERR_USAGE, "the program has %s open, which is not %s any more",
                          *r->path ? r->path : "a granted file", type_name(r->type));
    if (file->fd < 0)
        return facet_fail(error, FACET_ERR_USAGE, "the program has %s open, which cannot be opened again: %s",
                          *r->path ? r->path : "a granted file", strerror(-file->fd));
    if (r->type == S_IFREG || r->type == S_IFDIR)
        lseek(file->fd, (off_t)r->offset, SEEK_SET);
    return FACET_OK;
}

/* ---- Both */

static void remembered_visit(struct archive *a, struct remembered *r) {
    archive_text(a, &r->path);
    archive_value(a, r->flags);
    archive_value(a, r->offset);
    archive_value(a, r->type);
    r->flags &= REOPEN_FLAGS;
}

static void slot_visit(struct archive *a, struct host_file *file, unsigned grants) {
    file->uses = (unsigned)archive_number(a, file->uses, HOST_USES);
    file->next = (unsigned)archive_number(a, file->next, HOST_SLOTS);
    if (file->kind == HOST_FREE)
        return;
    archive_value(a, file->flags);
    if (file->grant)
        return;
    archive_flag(a, &file->write);
    archive_flag(a, &file->ready);
    file->origin = (unsigned)archive_number(a, file->origin, grants - 1);
}

/* Standard input that is a file goes on where it stood. */
static void input_visit(struct host *host, struct archive *a) {
    int fd = host->file[0].fd;
    off_t at = fd < 0 ? -1 : lseek(fd, 0, SEEK_CUR);
    uint64_t offset = at < 0 ? 0 : (uint64_t)at;
    archive_value(a, offset);
    if (a->loading && host->file[0].ready && at == 0)
        lseek(fd, (off_t)offset, SEEK_SET);
}

static enum facet_status slots_visit(struct host *host, struct archive *a, struct facet_error *error) {
    enum facet_status status = FACET_OK;
    for (unsigned i = 0; i < HOST_SLOTS && status == FACET_OK && !a->bad; i++) {
        struct host_file *file = &host->file[i];
        enum host_kind kind = (enum host_kind)archive_number(a, file->kind, HOST_FILE);
        bool opened = !file->grant && kind != HOST_FREE;
        if (file->grant ? kind != file->kind : kind == HOST_STREAM || kind == HOST_NAME)
            archive_fail(a);
        if (opened)
            file->kind = kind;
        slot_visit(a, file, host->grants);
        const struct host_file *grant = &host->file[file->origin];
        if (opened && (grant->kind != (kind == HOST_FILE ? HOST_NAME : HOST_TREE) || (file->write && !grant->write)))
            archive_fail(a);
        struct remembered r = {0};
        if (opened && !a->loading)
            r = remember(host, file);
        if (opened)
            remembered_visit(a, &r);
        if (opened && a->loading && !a->bad)
            status = file_load(host, file, &r, error);
        free(r.path);
    }
    return status;
}

static enum facet_status visit(struct emu *emu, struct archive *a, struct facet_error *error) {
    struct host *host = emu->host;
    uint64_t grants = archive_number(a, host->grants, HOST_OPEN_MAX);
    if (a->loading && grants != host->grants)
        archive_fail(a);
    host->used = (unsigned)archive_number(a, host->used, HOST_SLOTS);
    host->free_first = (unsigned)archive_number(a, host->free_first, HOST_SLOTS);
    host->free_last = (unsigned)archive_number(a, host->free_last, HOST_SLOTS - 1);
    input_visit(host, a);
    return a->bad ? FACET_OK : slots_visit(host, a, error);
}

void host_save(struct emu *emu, struct archive *to) {
    visit(emu, to, NULL);
}

/* The queue of free slots holds free slots only, and each once. */
static bool slots_good(const struct host *host) {
    unsigned slot = host->free_first, last = slot, length = 0, used = 0;
    for (unsigned i = 0; i < HOST_SLOTS; i++)
        used += host->file[i].kind != HOST_FREE;
    while (slot != HOST_SLOTS && length <= HOST_SLOTS && host->file[slot].kind == HOST_FREE) {
        last = slot;
        slot = host->file[slot].next;
        length++;
    }
    return slot == HOST_SLOTS && length <= HOST_SLOTS && host->used == used && (!length || last == host->free_last);
}

enum facet_status host_load(struct emu *emu, struct archive *from, struct facet_error *error) {
    enum facet_status status = visit(emu, from, error);
    if (status == FACET_OK && !slots_good(emu->host))
        archive_fail(from);
    return status;
}
