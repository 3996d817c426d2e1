/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Pipes and event counters inside the one process there is. Whoever waits at one waits for itself.
 */
#include "files.h"
#include <asm/poll.h>

#define CAPACITY 65536ul
#define CAPACITY_MAX 1048576ul

struct pipe {
    unsigned readers, writers;
    unsigned long capacity; /* as it is told; a power of two pages */
    unsigned long room;     /* of `data` so far */
    unsigned long start, length;
    unsigned char *data;
};

static unsigned char buffer[PAGE_SIZE];

static _Noreturn void waits_for_ever(const char *what) {
    say("facet: the program waits for ever: it %s, and nobody else has the other end", what);
    linux_exit(125);
}

/* Room for `size` bytes more, as far as the capacity goes. */
static unsigned long room_make(struct pipe *pipe, unsigned long size) {
    unsigned long wanted = pipe->length + size < pipe->capacity ? pipe->length + size : pipe->capacity,
                  room = PAGE_SIZE;
    if (wanted <= pipe->room)
        return pipe->room - pipe->length < size ? pipe->room - pipe->length : size;
    while (room < wanted)
        room *= 2;
    unsigned char *data = block_alloc(room);
    if (!data)
        return 0;
    for (unsigned long i = 0; i < pipe->length; i++)
        data[i] = pipe->data[(pipe->start + i) % pipe->room];
    block_free(pipe->data, pipe->room);
    pipe->data = data;
    pipe->room = room;
    pipe->start = 0;
    return room - pipe->length < size ? room - pipe->length : size;
}

static long pipe_read(struct file *file, unsigned long address, unsigned long size, unsigned long at) {
    struct pipe *pipe = file->state;
    unsigned long done = 0;
    (void)at;
    if (size && pipe->length == 0 && pipe->writers) {
        if (file->flags & O_NONBLOCK)
            return -EAGAIN;
        waits_for_ever("reads an empty pipe");
    }
    while (done < size && pipe->length) {
        unsigned long part = pipe->length < size - done ? pipe->length : size - done;
        part = part < pipe->room - pipe->start ? part : pipe->room - pipe->start;
        part = vm_populate(address + done, part, 1);
        if (part == 0 || user_write(address + done, pipe->data + pipe->start, part) < 0)
            return done ? (long)done : -EFAULT;
        pipe->start = (pipe->start + part) % pipe->room;
        pipe->length -= part;
        done += part;
    }
    return (long)done;
}

static void pipe_put(struct pipe *pipe, const unsigned char *from, unsigned long size) {
    for (unsigned long i = 0; i < size; i++)
        pipe->data[(pipe->start + pipe->length + i) % pipe->room] = from[i];
    pipe->length += size;
}

static long pipe_write(struct file *file, unsigned long address, unsigned long size, unsigned long at) {
    struct pipe *pipe = file->state;
    unsigned long done = 0;
    (void)at;
    if (size && !pipe->readers)
        return -EPIPE;
    if (size <= PAGE_SIZE && pipe->capacity - pipe->length < size && file->flags & O_NONBLOCK)
        return -EAGAIN; /* so much is written at once or not at all */
    while (done < size) {
        unsigned long part = room_make(pipe, size - done < sizeof buffer ? size - done : sizeof buffer);
        if (part == 0 && file->flags & O_NONBLOCK)
            return done ? (long)done : -EAGAIN;
        if (part == 0)
            waits_for_ever("writes into a full pipe");
        part = vm_populate(address + done, part, 0);
        if (part == 0 || user_read(address + done, buffer, part) < 0)
            return done ? (long)done : -EFAULT;
        pipe_put(pipe, buffer, part);
        done += part;
    }
    return (long)size;
}

static unsigned pipe_poll_read(struct file *file) {
    struct pipe *pipe = file->state;
    return (pipe->length ? POLLIN | POLLRDNORM : 0) | (pipe->writers ? 0 : POLLHUP);
}

static unsigned pipe_poll_write(struct file *file) {
    struct pipe *pipe = file->state;
    return (pipe->length < pipe->capacity ? POLLOUT | POLLWRNORM : 0) | (pipe->readers ? 0 : POLLERR);
}

static void pipe_end(struct pipe *pipe) {
    if (pipe->readers || pipe->writers)
        return;
    block_free(pipe->data, pipe->room);
    block_free(pipe, sizeof *pipe);
}

static void close_read(struct file *file) {
    struct pipe *pipe = file->state;
    pipe->readers--;
    pipe_end(pipe);
}

static void close_write(struct file *file) {
    struct pipe *pipe = file->state;
    pipe->writers--;
    pipe_end(pipe);
}

static const struct file_class read_class = {.read = pipe_read, .poll = pipe_poll_read, .close = close_read};
static const struct file_class write_class = {.write = pipe_write, .poll = pipe_poll_write, .close = close_write};

static int is_pipe(const struct file *file) {
    return file->class == &read_class || file->class == &write_class;
}

long pipe_waiting(struct file *file) {
    return is_pipe(file) ? (long)((struct pipe *)file->state)->length : -ENOTTY;
}

/* size 0: only tells. */
long pipe_capacity(struct file *file, unsigned long size) {
    struct pipe *pipe = file->state;
    unsigned long capacity = PAGE_SIZE;
    if (!is_pipe(file))
        return -EBADF;
    if (size == 0)
        return (long)pipe->capacity;
    if (size > CAPACITY_MAX)
        return -EPERM;
    while (capacity < size)
        capacity *= 2;
    if (capacity < pipe->length)
        return -EBUSY;
    if (capacity >= pipe->room)
        pipe->capacity = capacity;
    return (long)pipe->capacity;
}

static struct file *end_new(const struct file_class *class, unsigned flags, struct pipe *pipe) {
    struct file *file = file_new(class, flags, 0);
    if (file) {
        file->state = pipe;
        file->mode = S_IFIFO | 0600;
    }
    return file;
}

/* Both ends, or an errno and none. */
static long ends_make(unsigned flags, struct file *end[2]) {
    struct pipe *pipe = block_alloc(sizeof *pipe);
    if (!pipe)
        return -ENFILE;
    *pipe = (struct pipe){.readers = 1, .writers = 1, .capacity = CAPACITY};
    end[0] = end_new(&read_class, flags | O_RDONLY, pipe);
    end[1] = end[0] ? end_new(&write_class, flags | O_WRONLY, pipe) : 0;
    if (end[1])
        return 0;
    pipe->writers = 0;
    if (end[0])
        file_drop(end[0]);
    else
        block_free(pipe, sizeof *pipe);
    return -ENFILE;
}

static void undo(int fd) {
    call_close(&(const unsigned long){(unsigned)fd});
}

static long pipe_make(unsigned long address, unsigned flags) {
    struct file *end[2];
    int fd[2];
    if (flags & ~(unsigned)(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
        return -EINVAL;
    long result = ends_make(flags & ~(unsigned)O_CLOEXEC, end);
    if (result < 0)
        return result;
    fd[0] = (int)fd_install(end[0], 0, (flags & O_CLOEXEC) != 0);
    fd[1] = fd[0] < 0 ? -EMFILE : (int)fd_install(end[1], 0, (flags & O_CLOEXEC) != 0);
    if (fd[0] < 0)
        file_drop(end[1]);
    if (fd[0] >= 0 && fd[1] >= 0 && user_write(address, fd, sizeof fd) == 0)
        return 0;
    result = fd[1] < 0 ? -EMFILE : -EFAULT;
    for (int i = 0; i < 2; i++)
        if (fd[i] >= 0)
            undo(fd[i]);
    return result;
}

long call_pipe(const unsigned long arg[6]) {
    return pipe_make(arg[0], 0);
}

long call_pipe2(const unsigned long arg[6]) {
    return pipe_make(arg[0], (unsigned)arg[1]);
}

/* ---- eventfd: file->position is the counter */

enum { EVENT_SEMAPHORE = 1 };

static long event_read(struct file *file, unsigned long address, unsigned long size, unsigned long at) {
    unsigned long value = file->state ? 1 : file->position;
    (void)at;
    if (size < sizeof value)
        return -EINVAL;
    if (file->position == 0 && file->flags & O_NONBLOCK)
        return -EAGAIN;
    if (file->position == 0)
        waits_for_ever("waits for an event");
    if (user_write(address, &value, sizeof value) < 0)
        return -EFAULT;
    file->position -= value;
    return sizeof value;
}

static long event_write(struct file *file, unsigned long address, unsigned long size, unsigned long at) {
    unsigned long value;
    (void)at;
    if (size < sizeof value)
        return -EINVAL;
    if (user_read(address, &value, sizeof value) < 0)
        return -EFAULT;
    if (value == ~0ul)
        return -EINVAL;
    if (value >= ~0ul - file->position && file->flags & O_NONBLOCK)
        return -EAGAIN;
    if (value >= ~0ul - file->position)
        waits_for_ever("adds too much to an event counter");
    file->position += value;
    return sizeof value;
}

static unsigned event_poll(struct file *file) {
    return (file->position ? POLLIN | POLLRDNORM : 0) | (file->position < ~0ul - 1 ? POLLOUT | POLLWRNORM : 0);
}

static const struct file_class event_class = {.read = event_read, .write = event_write, .poll = event_poll};

long call_eventfd2(const unsigned long arg[6]) {
    unsigned flags = (unsigned)arg[1];
    static char semaphore;
    if (flags & ~(unsigned)(EVENT_SEMAPHORE | O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    struct file *file = file_new(&event_class, O_RDWR | (flags & O_NONBLOCK), 0);
    if (!file)
        return -ENFILE;
    file->position = (unsigned)arg[0];
    file->state = flags & EVENT_SEMAPHORE ? &semaphore : 0;
    file->mode = 0600;
    return fd_install(file, 0, (flags & O_CLOEXEC) != 0);
}

long call_eventfd(const unsigned long arg[6]) {
    const unsigned long two[6] = {arg[0]};
    return call_eventfd2(two);
}
