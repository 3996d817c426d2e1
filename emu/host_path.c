/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Files of the host: how a path leads to a file beneath a grant, and to nothing else.
 */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A rename somewhere in the system makes a walk through ".." unsure of itself; then it is to be repeated. */
#define RESOLVE_TRIES 100
#define SETS_ID (S_ISUID | S_ISGID)

/* What a guest may ask for: no signals (O_ASYNC), no alignment that our buffers do not have (O_DIRECT). */
#define OPEN_FLAGS                                                                                                     \
    (O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC | O_APPEND | O_DSYNC | O_SYNC | O_DIRECTORY | O_NOFOLLOW | O_NOATIME |     \
     O_TMPFILE)
#define OPEN_FLAGS_PATH (O_PATH | O_DIRECTORY | O_NOFOLLOW)
#define CREATES(flags) ((flags)&O_CREAT || ((flags)&O_TMPFILE) == O_TMPFILE)

int host_path_open(int directory, const char *path, uint64_t flags, uint64_t mode) {
    struct open_how how = {
        .flags = flags | O_CLOEXEC, .mode = mode, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    for (int tries = 0;; tries++) {
        mode_t mask = umask(0); /* the guest has one of its own */
        long fd = syscall(SYS_openat2, directory, path, &how, sizeof how);
        umask(mask);
        if (fd >= 0)
            return (int)fd;
        if (tries >= RESOLVE_TRIES || (errno != EAGAIN && errno != EINTR))
            return errno == EINTR ? -EIO : -errno; /* EINTR would undo the system call */
    }
}

bool host_path_possible(int directory) {
    int fd = host_path_open(directory, ".", O_PATH | O_DIRECTORY, 0);
    if (fd >= 0)
        close(fd);
    errno = fd >= 0 ? 0 : -fd;
    return fd >= 0;
}

static int duplicate(int fd) {
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return copy < 0 ? -errno : copy;
}

int host_path_object(const struct host_file *file, const char *path, bool follow) {
    uint64_t flags = O_PATH | (follow ? 0u : (unsigned)O_NOFOLLOW);
    if (!*path)
        return file->kind == HOST_NAME ? host_path_open(file->fd, file->name, flags, 0) : duplicate(file->fd);
    return file->kind == HOST_TREE ? host_path_open(file->fd, path, flags, 0) : -ENOTDIR;
}

/* Splits "a/b/c//" into the directory "a/b" and the name "c/". False: there is no name. */
static bool path_split(const char *path, char *directory, char *name) {
    size_t end = strlen(path);
    while (end > 0 && path[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && path[start - 1] != '/')
        start--;
    memcpy(name, path + start, end - start);
    strcpy(name + (end - start), path[end] == '/' ? "/" : "");
    memcpy(directory, path, start);
    strcpy(directory + start, start ? "" : ".");
    return end > start;
}

static bool is_dots(const char *name) {
    size_t dots = strspn(name, ".");
    return (dots == 1 || dots == 2) && (!name[dots] || name[dots] == '/');
}

void host_path_place(const struct host_file *file, const char *path, int dots, struct host_place *place) {
    char directory[PATH_MAX];
    place->fd = file->kind == HOST_NAME && !*path ? -EACCES : file->kind != HOST_TREE ? -ENOTDIR : !*path ? -ENOENT : 0;
    if (place->fd < 0)
        return;
    bool named = path_split(path, directory, place->name);
    place->fd = host_path_open(file->fd, directory, O_PATH | O_DIRECTORY, 0); /* "/" leads out: EXDEV */
    if (place->fd < 0 || (named && !is_dots(place->name)))
        return;
    close(place->fd);
    place->fd = dots;
}

/* ---- Open */

/* To open a device is to use it, and what it does is not said by its name. A FIFO is opened without waiting for its
 * other end; without a reader it can't be written to (ENXIO). */
static long type_refused(int fd) {
    struct stat status;
    if (fstat(fd, &status) < 0)
        return -errno;
    return S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode) ? -EACCES : S_ISSOCK(status.st_mode) ? -ENXIO : 0;
}

/* Looks before it opens: false only if there is something that must not be opened. */
static long type_check(int directory, const char *path, uint64_t flags) {
    int object = host_path_open(directory, path, O_PATH | (flags & O_NOFOLLOW), 0);
    if (object < 0)
        return 0; /* the open will say why, or make it */
    long refused = type_refused(object);
    close(object);
    return refused;
}

static long open_file(int directory, const char *path, uint64_t flags, uint64_t mode, bool devices) {
    long refused = devices || flags & O_PATH ? 0 : type_check(directory, path, flags);
    if (refused)
        return refused;
    int fd = host_path_open(directory, path, flags, mode);
    if (fd < 0 || devices || flags & O_PATH)
        return fd;
    refused = type_refused(fd); /* somebody may have been quick */
    if (refused)
        close(fd);
    return refused ? refused : fd;
}

static uint64_t open_flags(uint64_t wanted) {
    if (wanted & O_PATH)
        return wanted & OPEN_FLAGS_PATH;
    return (wanted & OPEN_FLAGS) | O_NOCTTY | O_NONBLOCK; /* nothing may block facet; see host_io.c */
}

static bool open_changes(uint64_t flags) {
    return !(flags & O_PATH) && ((flags & O_ACCMODE) != O_RDONLY || flags & O_TRUNC || CREATES(flags));
}

/* A descriptor of our own, as the file that the guest gets. */
static long opened(struct host_call *call, int fd, uint64_t wanted) {
    struct stat status;
    call->result2 = call->write && call->file->write;
    bool ready = fstat(fd, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode));
    return host_add(call->host, (struct host_file){.kind = call->file->kind == HOST_NAME ? HOST_FILE : HOST_TREE,
                                                   .fd = fd,
                                                   .write = call->result2,
                                                   .origin = host_origin(call->host, call->file),
                                                   .ready = ready || wanted & O_PATH,
                                                   .flags = (int)(wanted & O_NONBLOCK)});
}

/* arg: flags, mode */
long host_open(struct host_call *call) {
    const struct host_file *file = call->file;
    uint64_t flags = open_flags(call->arg[0]), mode = CREATES(flags) && !(flags & O_PATH) ? call->arg[1] & 07777 : 0;
    const char *path = call->path[0];
    bool name = file->kind == HOST_NAME;
    if (name ? *path : file->kind != HOST_TREE)
        return -ENOTDIR;
    if (open_changes(flags) && !(call->write && file->write))
        return -EROFS;
    if (mode & SETS_ID)
        return -EPERM; /* nobody shall run with the rights of facet's user what a guest has made */
    long fd = open_file(file->fd, name ? file->name : *path ? path : ".", flags, mode, name);
    return fd < 0 ? fd : opened(call, (int)fd, call->arg[0]);
}
