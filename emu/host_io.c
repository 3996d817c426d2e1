/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Files of the host: contents, waiting, terminals, time. Our own descriptors are all O_NONBLOCK, those of the standard
 * streams are as they were given; whether the guest waits is in host_file.flags, and it waits here, where emu_interrupt
 * ends it. Flags of a stream's descriptor are shared with whoever else has it, so they are never changed.
 */
#include "host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define SECOND 1000000000l
#define FLAGS_OURS (O_APPEND | O_NONBLOCK)
#define TERMIOS_SIZE 36 /* as the kernel has it */

/* ---- Waiting */

static struct timespec after(uint64_t nanoseconds) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    now.tv_sec += (time_t)(nanoseconds / SECOND);
    now.tv_nsec += (long)(nanoseconds % SECOND);
    if (now.tv_nsec >= SECOND)
        now.tv_sec++, now.tv_nsec -= SECOND;
    return now;
}

static struct timespec left(const struct timespec *until) {
    struct timespec now, left = {0, 0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec > until->tv_sec || (now.tv_sec == until->tv_sec && now.tv_nsec >= until->tv_nsec))
        return left;
    left = (struct timespec){until->tv_sec - now.tv_sec, until->tv_nsec - now.tv_nsec};
    if (left.tv_nsec < 0)
        left.tv_sec--, left.tv_nsec += SECOND;
    return left;
}

/* Waits for events of fd (-1: for none) until then, NULL: for ever. Events, 0: the time is up, -EINTR: interrupted. */
static long wait_for(struct emu *emu, int fd, short events, const struct timespec *until) {
    struct pollfd fds[2] = {{.fd = fd, .events = events}, {.fd = emu->wake_fd, .events = POLLIN}};
    for (;;) {
        if (atomic_load(&emu->interrupted))
            return -EINTR;
        struct timespec rest = until ? left(until) : (struct timespec){0, 0};
        int ready = ppoll(fds, 2, until ? &rest : NULL, NULL);
        if (ready < 0 && errno != EINTR)
            return -errno;
        if (ready > 0 && fds[0].revents)
            return fds[0].revents;
        if (ready == 0)
            return 0;
    }
}

/* 0: it can be read or written now. */
static long wait_ready(struct host_call *call, short events) {
    static const struct timespec at_once;
    if (call->file->ready || (call->in_size | call->out_size) == 0)
        return 0;
    long got = wait_for(call->emu, call->file->fd, events, call->file->flags & O_NONBLOCK ? &at_once : NULL);
    return got < 0 ? got : got == 0 ? -EAGAIN : 0;
}

static bool come_again(const struct host_file *file) {
    return errno == EINTR || (errno == EAGAIN && !(file->flags & O_NONBLOCK));
}

/* ---- Contents. arg[0]: offset or HOST_HERE */

static void moved(struct host_call *call, ssize_t bytes) {
    if (call->file->kind == HOST_STREAM && bytes > 0)
        call->emu->moved[call->file - call->host->file] += (uint64_t)bytes;
}

long host_read(struct host_call *call) {
    void *bytes = call->host->out;
    ssize_t got;
    do {
        long wrong = wait_ready(call, POLLIN);
        if (wrong)
            return wrong;
        got = call->arg[0] == HOST_HERE ? read(call->file->fd, bytes, call->out_size)
                                        : pread(call->file->fd, bytes, call->out_size, (off_t)call->arg[0]);
    } while (got < 0 && come_again(call->file));
    call->got = got < 0 ? 0 : (size_t)got;
    moved(call, got);
    return got < 0 ? -errno : got;
}

/* No more than a pipe that is ready takes without waiting. */
static size_t piece(const struct host_call *call, size_t done) {
    size_t left = call->in_size - done;
    return call->file->ready || left < PIPE_BUF ? left : PIPE_BUF;
}

long host_write(struct host_call *call) {
    const struct host_file *file = call->file;
    size_t done = 0;
    if (file->kind == HOST_STREAM && file->flags & O_APPEND)
        lseek(file->fd, 0, SEEK_END); /* what has no end needs none */
    do {
        long wrong = wait_ready(call, POLLOUT);
        if (wrong)
            return done ? (long)done : wrong;
        const uint8_t *bytes = call->host->in + done;
        ssize_t put = call->arg[0] == HOST_HERE
                          ? write(file->fd, bytes, piece(call, done))
                          : pwrite(file->fd, bytes, piece(call, done), (off_t)(call->arg[0] + done));
        if (put < 0 && come_again(file))
            continue;
        if (put < 0)
            return done ? (long)done : -errno;
        done += (size_t)put;
        moved(call, put);
        if (put == 0)
            break;
    } while (done < call->in_size);
    return (long)done;
}

long host_seek(struct host_call *call) {
    if (call->arg[1] > SEEK_HOLE)
        return -EINVAL;
    off_t at = lseek(call->file->fd, (off_t)call->arg[0], (int)call->arg[1]);
    return at < 0 ? -errno : at;
}

long host_truncate(struct host_call *call) {
    return ftruncate(call->file->fd, (off_t)call->arg[0]) < 0 ? errno == EINTR ? -EIO : -errno : 0;
}

long host_sync(struct host_call *call) {
    int result = call->arg[0] ? fdatasync(call->file->fd) : fsync(call->file->fd);
    return result < 0 ? errno == EINTR ? -EIO : -errno : 0;
}

long host_list(struct host_call *call) {
    ssize_t got = getdents64(call->file->fd, call->host->out, call->out_size);
    call->got = got < 0 ? 0 : (size_t)got;
    return got < 0 ? -errno : got;
}

/* arg: events, milliseconds (more than INT_MAX: for ever) */
long host_poll(struct host_call *call) {
    bool forever = call->arg[1] > INT_MAX;
    struct timespec until = after(forever ? 0 : call->arg[1] * 1000000ul);
    return wait_for(call->emu, call->file->fd, (short)call->arg[0], forever ? NULL : &until);
}

/* ---- Terminals: what a program asks of its standard streams, and nothing else */

static const struct {
    unsigned request;
    unsigned size; /* of the argument */
    bool sets;
} controls[] = {{TCGETS, TERMIOS_SIZE, false},
                {TCSETS, TERMIOS_SIZE, true},
                {TCSETSW, TERMIOS_SIZE, true},
                {TCSETSF, TERMIOS_SIZE, true},
                {FIONREAD, sizeof(int), false},
                {TIOCGPGRP, sizeof(int), false},
                {TIOCGWINSZ, sizeof(struct winsize), false}};

long host_control(struct host_call *call) {
    uint64_t argument[(TERMIOS_SIZE + 7) / 8 + 1] = {0};
    unsigned i = 0, count = sizeof controls / sizeof *controls;
    while (i < count && controls[i].request != call->arg[0])
        i++;
    if (i == count)
        return -ENOTTY;
    if (controls[i].sets ? call->in_size != controls[i].size : call->out_size < controls[i].size)
        return -EINVAL;
    if (controls[i].sets && !(call->write && call->file->write))
        return -EROFS;
    if (controls[i].sets)
        memcpy(argument, call->host->in, controls[i].size);
    int result = ioctl(call->file->fd, controls[i].request, argument);
    if (result < 0)
        return errno == EINTR ? -EIO : -errno;
    if (!controls[i].sets) {
        call->got = controls[i].size;
        memcpy(call->host->out, argument, call->got);
    }
    return result;
}

/* arg: F_GETFL or F_SETFL, flags */
long host_fcntl(struct host_call *call) {
    struct host_file *file = call->file;
    int flags = fcntl(file->fd, F_GETFL), ours = FLAGS_OURS;
    if (flags < 0)
        return -errno;
    if (file->kind != HOST_STREAM)
        ours = O_NONBLOCK;
    if (call->arg[0] == F_GETFL)
        return (flags & ~ours) | (file->flags & ours);
    if (call->arg[0] != F_SETFL)
        return -EINVAL;
    int append = (int)(call->arg[1] & O_APPEND);
    if (file->kind != HOST_STREAM && fcntl(file->fd, F_SETFL, (flags & ~O_APPEND) | append) < 0)
        return -errno;
    file->flags = (int)(call->arg[1] & FLAGS_OURS);
    return 0;
}

/* ---- Time, if it was granted */

/* Not the clocks of other processes, whose ids are negative. */
long host_time(struct host_call *call) {
    struct timespec now;
    if (!call->host->time)
        return -EPERM;
    if (call->arg[0] > CLOCK_TAI || clock_gettime((clockid_t)call->arg[0], &now) < 0)
        return -EINVAL;
    call->result2 = (uint64_t)now.tv_nsec;
    return now.tv_sec;
}

/* arg: nanoseconds. One that was interrupted ends when it would have ended. */
long host_sleep(struct host_call *call) {
    struct host *host = call->host;
    if (!host->time)
        return -EPERM;
    if (!host->sleep.valid || host->sleep.nanoseconds != call->arg[0])
        host->sleep.until = after(call->arg[0]);
    host->sleep.nanoseconds = call->arg[0];
    host->sleep.valid = wait_for(call->emu, -1, 0, &host->sleep.until) == -EINTR;
    return host->sleep.valid ? -EINTR : 0;
}
