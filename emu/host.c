/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Files of the host: the table of handles, and requests. Whatever a request contains, it is checked here or refused by
 * the host's kernel.
 */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STREAMS 3

/* ---- The table */

static void slot_free(struct host *host, unsigned slot) {
    struct host_file *file = &host->file[slot];
    unsigned uses = file->uses + 1;
    free(file->name);
    *file = (struct host_file){.fd = -1, .uses = uses};
    host->used--;
    if (uses == HOST_USES)
        return; /* its numbers are used up */
    if (host->free_first == HOST_SLOTS)
        host->free_first = slot;
    else
        host->file[host->free_last].next = slot;
    host->free_last = slot;
    file->next = HOST_SLOTS;
}

long host_add(struct host *host, struct host_file file) {
    unsigned slot = host->free_first;
    if (slot == HOST_SLOTS || host->used >= HOST_OPEN_MAX) {
        close(file.fd);
        return -EMFILE;
    }
    host->free_first = host->file[slot].next;
    file.uses = host->file[slot].uses;
    host->file[slot] = file;
    host->used++;
    return (long)host_handle(host, &host->file[slot]);
}

static struct host_file *host_find(struct host *host, unsigned handle) {
    struct host_file *file = &host->file[handle % HOST_SLOTS];
    return file->kind != HOST_FREE && file->uses == handle / HOST_SLOTS ? file : NULL;
}

long host_close(struct host_call *call) {
    if (call->file->grant)
        return 0; /* others may take it again */
    if (call->file->fd >= 0)
        close(call->file->fd); /* whatever it says, the descriptor is gone */
    slot_free(call->host, (unsigned)(call->file - call->host->file));
    return 0;
}

static long host_take(struct host_call *call) {
    struct host *host = call->host;
    if (call->arg[0] >= host->grants || host->file[call->arg[0]].fd < 0)
        return -EBADF;
    call->result2 = host->file[call->arg[0]].write;
    return (long)call->arg[0];
}

/* ---- Create and destroy */

static bool never_blocks(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode));
}

static struct host_file stream_file(int fd) {
    int flags = fd >= 0 ? fcntl(fd, F_GETFL) : -1;
    return (struct host_file){.kind = HOST_STREAM,
                              .fd = fd,
                              .write = true,
                              .grant = true,
                              .ready = fd >= 0 && never_blocks(fd),
                              .flags = flags < 0 ? 0 : flags & (O_APPEND | O_NONBLOCK)};
}

static enum facet_status grant_add(struct host *host, const struct emu_grant *grant, struct facet_error *error) {
    const char *name = grant->name;
    if (name && (!*name || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0))
        return facet_fail(error, FACET_ERR_USAGE, "\"%s\" is not the name of a file in a directory", name);
    if (host->used >= HOST_OPEN_MAX)
        return facet_fail(error, FACET_ERR_USAGE, "more than %u grants", HOST_OPEN_MAX - STREAMS);
    if (!host_path_possible(grant->fd))
        return facet_fail(error, FACET_ERR_FAILED,
                          errno == ENOSYS
                              ? "this Linux cannot confine a program to a directory (%s: openat2 is missing, "
                                "which Linux has since 5.6): run without granting files"
                              : "cannot open beneath a granted directory: %s",
                          strerror(errno));
    struct host_file file = {.kind = name ? HOST_NAME : HOST_TREE, .write = grant->write, .grant = true, .ready = true};
    file.fd = fcntl(grant->fd, F_DUPFD_CLOEXEC, 0);
    file.name = name ? strdup(name) : NULL;
    if (file.fd < 0 || (name && !file.name)) {
        int why = errno;
        free(file.name);
        return facet_fail(error, FACET_ERR_FAILED, "cannot keep a granted directory open: %s", strerror(why));
    }
    host_add(host, file);
    return FACET_OK;
}

enum facet_status host_init(struct emu *emu, const struct emu_config *config, struct facet_error *error) {
    struct host *host = emu->host = calloc(1, sizeof *host);
    if (!host)
        return facet_fail(error, FACET_ERR_FAILED, "out of memory");
    for (unsigned i = 0; i < HOST_SLOTS; i++)
        host->file[i] = (struct host_file){.fd = -1, .next = i + 1};
    host->free_last = HOST_SLOTS - 1;
    host->time = config->host_time;
    host->proc = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (unsigned i = 0; i < STREAMS; i++)
        host_add(host, stream_file(config->stream_fd[i]));
    for (size_t i = 0; i < config->grant_count; i++) {
        enum facet_status status = grant_add(host, &config->grants[i], error);
        if (status != FACET_OK)
            return status;
    }
    host->grants = host->used;
    return FACET_OK;
}

void host_destroy(struct emu *emu) {
    struct host *host = emu->host;
    if (!host)
        return;
    for (unsigned i = 0; i < HOST_SLOTS; i++) {
        if (host->file[i].kind != HOST_STREAM && host->file[i].fd >= 0)
            close(host->file[i].fd);
        free(host->file[i].name);
    }
    if (host->proc >= 0)
        close(host->proc);
    free(host);
    emu->host = NULL;
}

/* ---- Requests */

enum needs {
    NO_FILE = 1, /* it is asked of the device itself */
    CHANGE = 2,  /* the right to change the file */
    PATH = 4,
    TWO_PATHS = 8, /* and the second one is in handle2's directory, which is changed */
    TARGET = 16,   /* first what a symbolic link is to say */
    TIMES = 32,    /* first two struct timespec */
};
#define HOST_OP(op) [OP_HOST_##op - OP_HOST_TAKE]
static const struct {
    host_operation *serve;
    unsigned needs;
} operations[] = {
    HOST_OP(TAKE) = {host_take, NO_FILE},
    HOST_OP(TIME) = {host_time, NO_FILE},
    HOST_OP(SLEEP) = {host_sleep, NO_FILE},
    HOST_OP(OPEN) = {host_open, PATH},
    HOST_OP(CLOSE) = {host_close, 0},
    HOST_OP(READ) = {host_read, 0},
    HOST_OP(WRITE) = {host_write, CHANGE},
    HOST_OP(SEEK) = {host_seek, 0},
    HOST_OP(TRUNCATE) = {host_truncate, CHANGE},
    HOST_OP(SYNC) = {host_sync, 0},
    HOST_OP(POLL) = {host_poll, 0},
    HOST_OP(CONTROL) = {host_control, 0},
    HOST_OP(FCNTL) = {host_fcntl, 0},
    HOST_OP(LIST) = {host_list, 0},
    HOST_OP(STAT) = {host_stat, PATH},
    HOST_OP(STATFS) = {host_statfs, 0},
    HOST_OP(ACCESS) = {host_access, PATH},
    HOST_OP(READLINK) = {host_readlink, PATH},
    HOST_OP(UNLINK) = {host_unlink, CHANGE | PATH},
    HOST_OP(MKDIR) = {host_mkdir, CHANGE | PATH},
    HOST_OP(RENAME) = {host_rename, CHANGE | TWO_PATHS},
    HOST_OP(LINK) = {host_link, CHANGE | TWO_PATHS},
    HOST_OP(SYMLINK) = {host_symlink, CHANGE | TARGET},
    HOST_OP(CHMOD) = {host_chmod, CHANGE | PATH},
    HOST_OP(CHOWN) = {host_chown, CHANGE | PATH},
    HOST_OP(UTIMES) = {host_utimes, CHANGE | PATH | TIMES},
};

/* Finds the paths in the string, which ends with a NUL of our own. 0 or -errno. */
static long paths_read(struct host_call *call, unsigned needs) {
    const char *text = (const char *)call->host->in;
    size_t size = call->in_size, before = needs & TIMES ? 2 * sizeof(struct timespec) : 0;
    unsigned count = needs & (TWO_PATHS | TARGET) ? 2 : 1;
    if (size < before)
        return -EINVAL;
    text += before;
    size -= before;
    for (unsigned i = 0; i < count; i++) {
        size_t length = strnlen(text, size);
        if ((i + 1 < count) == (length == size)) /* too few NULs or too many */
            return -EINVAL;
        if (length >= PATH_MAX)
            return -ENAMETOOLONG;
        call->path[i] = text;
        text += length + 1;
        size -= i + 1 < count ? length + 1 : 0;
    }
    return 0;
}

static bool may_change(const struct host_call *call, unsigned needs) {
    return !(needs & CHANGE) || (call->write && call->file->write && (!call->second || call->second->write));
}

static long serve(struct host_call *call, const struct host_request *request) {
    unsigned needs = operations[request->op].needs;
    if (!(needs & NO_FILE)) {
        call->file = host_find(call->host, request->handle);
        if (!call->file || (call->file->fd < 0 && !call->file->lost))
            return -EBADF;
        if (call->file->lost && operations[request->op].serve != host_close)
            return -EIO;
    }
    if (needs & TWO_PATHS) {
        call->second = host_find(call->host, request->handle2);
        if (!call->second || call->second->fd < 0)
            return call->second && call->second->lost ? -EIO : -EBADF;
    }
    if (!may_change(call, needs))
        return -EROFS;
    long wrong = needs & (PATH | TWO_PATHS | TARGET) ? paths_read(call, needs) : 0;
    return wrong ? wrong : operations[request->op].serve(call);
}

/* ---- Bytes of requests in RAM */

enum move { LOOK, TAKE, GIVE }; /* is it there? from there, to there */

/* `at` and on, or, behind each end of a page, on in the next one of `pages`. False: not in RAM. */
static bool move(struct emu *emu, enum move how, uint64_t at, uint64_t pages, uint8_t *bytes, size_t size) {
    while (size) {
        size_t room = PAGE_SIZE - at % PAGE_SIZE;
        room = pages && room < size ? room : size;
        uint8_t *ram = ram_pointer(emu, at, room);
        if (!ram)
            return false;
        if (how == TAKE)
            memcpy(bytes, ram, room);
        if (how == GIVE) {
            memcpy(ram, bytes, room);
            coherence_host_store(emu, at, room);
        }
        bytes += room;
        size -= room;
        at += room;
        if (size) {
            const uint8_t *next = ram_pointer(emu, pages, sizeof at);
            if (!next)
                return false;
            memcpy(&at, next, sizeof at);
            pages += sizeof at;
        }
    }
    return true;
}

/* The request is a copy: nothing of it changes while it is looked at. */
static long serve_checked(struct emu *emu, struct host_request *request) {
    struct host_call call = {.emu = emu,
                             .host = emu->host,
                             .arg = {request->arg[0], request->arg[1], request->arg[2]},
                             .write = request->write,
                             .in_size = request->in_size,
                             .out_size = request->out_size < STRING_MAX ? request->out_size : STRING_MAX};
    uint64_t in_pages = call.in_size ? request->pages : 0, out_pages = call.in_size ? 0 : request->pages;
    if (request->op >= sizeof operations / sizeof *operations)
        return -ENOSYS;
    if (request->in_size > STRING_MAX)
        return -EINVAL;
    if (!move(emu, LOOK, request->out, out_pages, emu->host->out, call.out_size) ||
        !move(emu, TAKE, request->in, in_pages, emu->host->in, call.in_size))
        return -EFAULT;
    emu->host->in[call.in_size] = 0;
    long result = serve(&call, request);
    move(emu, GIVE, request->out, out_pages, emu->host->out, call.got);
    request->got = call.got;
    request->result2 = call.result2;
    return result;
}

void host_serve(struct emu *emu, uint64_t request_gpa) {
    struct host_request *request = (struct host_request *)ram_pointer(emu, request_gpa, sizeof *request);
    if (!request || request_gpa % 8) {
        run_dead(emu, "the kernel sent a host request at 0x%lx, which is not RAM", request_gpa);
        run_want(emu, 0);
        return;
    }
    struct host_request copy = *request;
    copy.result = serve_checked(emu, &copy);
    request->got = copy.got;
    request->result2 = copy.result2;
    request->result = copy.result;
    if (copy.result == -EINTR)
        clock_undo(emu);
}
