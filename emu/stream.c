/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Host streams: one request at a time, served while the OUT instruction executes. A read that blocks ends with EINTR
 * when emu_interrupt is called; so does a write, unless some bytes have gone already.
 */
#include "internal.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define STREAMS 3

/* Waits until fd is ready; false: interrupted. A descriptor that poll() knows nothing about is ready. */
static bool wait_ready(struct emu *emu, int fd, short events) {
    struct pollfd fds[2] = {{.fd = fd, .events = events}, {.fd = emu->wake_fd, .events = POLLIN}};
    for (;;) {
        if (atomic_load(&emu->interrupted))
            return false;
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return true;
        if (fds[0].revents)
            return true;
    }
}

static long stream_read(struct emu *emu, int fd, uint64_t buffer, size_t size) {
    uint8_t bytes[STRING_MAX];
    ssize_t got;
    if (fd < 0)
        return 0;
    size = size < sizeof bytes ? size : sizeof bytes;
    do {
        if (!wait_ready(emu, fd, POLLIN))
            return -EINTR;
        got = read(fd, bytes, size);
    } while (got < 0 && (errno == EINTR || errno == EAGAIN));
    if (got < 0)
        return -errno;
    memcpy(emu->ram + buffer, bytes, (size_t)got);
    coherence_host_store(emu, buffer, (uint64_t)got);
    return got;
}

/* By way of a buffer: RAM may be away for a moment (kick.c), which a system call would not forgive. */
static long stream_write(struct emu *emu, int fd, uint64_t buffer, size_t size) {
    uint8_t bytes[PIPE_BUF];
    size_t done = 0;
    if (fd < 0)
        return -EBADF;
    while (done < size) {
        size_t chunk = size - done < PIPE_BUF ? size - done : PIPE_BUF; /* as much as never blocks when ready */
        if (!wait_ready(emu, fd, POLLOUT))
            return done ? (long)done : -EINTR;
        memcpy(bytes, emu->ram + buffer + done, chunk);
        ssize_t put = write(fd, bytes, chunk);
        if (put < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (put < 0)
            return done ? (long)done : -errno;
        done += (size_t)put;
    }
    return (long)done;
}

void stream_serve(struct emu *emu, uint64_t request_gpa) {
    struct stream_request *request = (struct stream_request *)ram_pointer(emu, request_gpa, sizeof *request);
    if (!request || request_gpa % 8) {
        run_dead(emu, "the kernel sent a stream request at 0x%lx, which is not RAM", request_gpa);
        run_want(emu, 0);
        return;
    }
    uint64_t buffer = request->buffer, size = request->size;
    if (request->stream >= STREAMS || request->op > STREAM_WRITE)
        request->result = -EINVAL;
    else if (!ram_pointer(emu, buffer, size))
        request->result = -EFAULT;
    else if (request->op == STREAM_READ)
        request->result = stream_read(emu, emu->stream_fd[request->stream], buffer, size);
    else
        request->result = stream_write(emu, emu->stream_fd[request->stream], buffer, size);
    if (request->result > 0)
        emu->moved[request->stream] += (uint64_t)request->result;
    if (request->result == -EINTR)
        clock_undo(emu);
}
