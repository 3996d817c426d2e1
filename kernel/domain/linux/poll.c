/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Waiting for files. Only the host's can become ready while the program waits, so that a wait for others is over when
 * its time is.
 */
#include "files.h"
#include <asm/poll.h>
#include <linux/time_types.h>

#define FOR_EVER (-1l)
#define SLICE 10l /* milliseconds that one of several files is waited for */
#define HOST_FOR_EVER (~0ul)
#define ALWAYS (POLLERR | POLLHUP | POLLNVAL)

unsigned file_poll(struct file *file, unsigned events, long milliseconds) {
    if (file->class == &host_class) {
        struct facet_message m = {.word = {events, milliseconds < 0 ? HOST_FOR_EVER : (unsigned long)milliseconds}};
        return host_call(file, OP_HOST_POLL, &m) < 0 ? 0 : (unsigned)m.word[0];
    }
    unsigned ready = file->class->poll ? file->class->poll(file) : POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
    return ready & (events | ALWAYS);
}

static struct pollfd set[DESCRIPTORS];

static int one_poll(struct pollfd *poll, long milliseconds) {
    struct file *file = poll->fd < 0 ? 0 : fd_open((unsigned)poll->fd);
    poll->revents = 0;
    if (poll->fd >= 0)
        poll->revents = (short)(file ? file_poll(file, (unsigned short)poll->events, milliseconds) : POLLNVAL);
    return poll->revents != 0;
}

static long all_poll(unsigned long count) {
    long ready = 0;
    for (unsigned long i = 0; i < count; i++)
        ready += one_poll(&set[i], 0);
    return ready;
}

static int waits_for_host(const struct pollfd *poll) {
    struct file *file = poll->fd < 0 ? 0 : fd_open((unsigned)poll->fd);
    return file && file->class == &host_class;
}

/* The next one of the host's after `from`, around; -1: none. */
static long next_host(unsigned long count, unsigned long from) {
    for (unsigned long i = 1; i <= count; i++)
        if (waits_for_host(&set[(from + i) % count]))
            return (long)((from + i) % count);
    return -1;
}

/* Waits, in the host's time, until one of the host's files is ready; up to so many milliseconds. */
static long wait_host(unsigned long count, long milliseconds) {
    long first = next_host(count, 0), at = first;
    int several = next_host(count, (unsigned long)first) != first;
    while (milliseconds != 0) {
        long part = several && (milliseconds < 0 || milliseconds > SLICE) ? SLICE : milliseconds;
        if (one_poll(&set[at], part))
            return all_poll(count);
        if (milliseconds > 0)
            milliseconds -= part;
        at = next_host(count, (unsigned long)at);
    }
    return 0;
}

/* Rounded up. */
static long milliseconds_of(const struct moment *time) {
    const long most = 1l << 50;
    return !time || time->seconds > most ? FOR_EVER : time->seconds * 1000 + (time->nanoseconds + 999999) / 1000000;
}

/* The files of `set`; a time or NULL: for ever. */
static long wait(unsigned long count, const struct moment *time) {
    long ready = all_poll(count);
    if (ready || (time && time->seconds == 0 && time->nanoseconds == 0))
        return ready;
    if (count && next_host(count, 0) >= 0) {
        ready = wait_host(count, milliseconds_of(time));
        if (!ready && time && !(boot.grants & GRANT_TIME))
            clock_sleep(time);
        return ready;
    }
    if (time)
        return clock_sleep(time);
    if (timer_wait())
        return -EINTR;
    say("facet: the program waits for ever: nobody else has the files that it waits for");
    linux_exit(125);
}

static long poll_call(unsigned long address, unsigned long count, const struct moment *time) {
    count = (unsigned)count;
    if (count > limit_of(7) || count > DESCRIPTORS)
        return -EINVAL;
    if (count && user_read(address, set, count * sizeof *set) < 0)
        return -EFAULT;
    long ready = wait(count, time);
    if (count && user_write(address, set, count * sizeof *set) < 0)
        return -EFAULT;
    return ready;
}

long call_poll(const unsigned long arg[6]) {
    int milliseconds = (int)arg[2];
    struct moment time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    return poll_call(arg[0], arg[1], milliseconds < 0 ? 0 : &time);
}

/* A struct timespec. Returns 0, and *time is what it says (NULL: for ever). */
static long time_read(unsigned long address, struct moment *room, const struct moment **time) {
    *time = 0;
    if (address == 0)
        return 0;
    if (user_read(address, room, sizeof *room) < 0)
        return -EFAULT;
    *time = room;
    return room->seconds < 0 || room->nanoseconds < 0 || room->nanoseconds >= 1000000000 ? -EINVAL : 0;
}

/* How long it would still have been: nothing if the time is up. */
static void time_write(unsigned long address, const struct moment *time, long ready) {
    static const struct moment nothing;
    if (time && ready >= 0)
        user_write(address, ready ? time : &nothing, sizeof *time);
}

long call_ppoll(const unsigned long arg[6]) {
    struct moment room;
    const struct moment *time;
    long result = time_read(arg[2], &room, &time);
    if (result == 0 && arg[3] && arg[4] != 8)
        result = -EINVAL;
    if (result < 0)
        return result;
    result = poll_call(arg[0], arg[1], time);
    time_write(arg[2], time, result);
    return result;
}

/* ---- select */

#define WORDS (DESCRIPTORS / 64)
enum { READ, WRITE, EXCEPT, SETS };
static unsigned long bits[SETS][WORDS];

static const struct {
    short asks, counts;
} means[SETS] = {{POLLRDNORM | POLLIN, POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR},
                 {POLLWRNORM | POLLOUT, POLLWRNORM | POLLWRBAND | POLLOUT | POLLERR},
                 {POLLPRI, POLLPRI}};

static int bit(unsigned which, unsigned fd) {
    return (int)(bits[which][fd / 64] >> fd % 64 & 1);
}

static long sets_read(const unsigned long address[SETS], unsigned long bytes) {
    memset(bits, 0, sizeof bits);
    for (unsigned i = 0; i < SETS; i++)
        if (address[i] && user_read(address[i], bits[i], bytes) < 0)
            return -EFAULT;
    return 0;
}

/* Makes `set` of them. Returns how many, or -EBADF. */
static long sets_to_poll(unsigned limit) {
    long count = 0;
    for (unsigned fd = 0; fd < limit; fd++) {
        int events = 0, asked = 0;
        for (unsigned i = 0; i < SETS; i++)
            if (bit(i, fd))
                events |= means[i].asks, asked = 1;
        if (asked && !fd_open(fd))
            return -EBADF;
        if (asked)
            set[count++] = (struct pollfd){.fd = (int)fd, .events = (short)events};
    }
    return count;
}

static long sets_from_poll(long count) {
    long ready = 0;
    for (long k = 0; k < count; k++) {
        unsigned fd = (unsigned)set[k].fd;
        for (unsigned i = 0; i < SETS; i++)
            if (bit(i, fd) && set[k].revents & means[i].counts)
                ready++;
            else
                bits[i][fd / 64] &= ~(1ul << fd % 64);
    }
    return ready;
}

static long select_call(const unsigned long arg[6], const struct moment *time) {
    const unsigned long address[SETS] = {arg[1], arg[2], arg[3]};
    if ((int)arg[0] < 0)
        return -EINVAL;
    unsigned limit = (unsigned)arg[0] < DESCRIPTORS ? (unsigned)arg[0] : DESCRIPTORS;
    unsigned long bytes = (limit + 63) / 64 * 8;
    long result = sets_read(address, bytes);
    if (result < 0)
        return result;
    long count = sets_to_poll(limit);
    if (count < 0)
        return count;
    wait((unsigned long)count, time);
    result = sets_from_poll(count);
    for (unsigned i = 0; i < SETS; i++)
        if (address[i] && user_write(address[i], bits[i], bytes) < 0)
            return -EFAULT;
    return result;
}

long call_select(const unsigned long arg[6]) {
    struct moment given;
    if (!arg[4])
        return select_call(arg, 0);
    if (user_read(arg[4], &given, sizeof given) < 0)
        return -EFAULT;
    struct moment time = {given.seconds + given.nanoseconds / 1000000, given.nanoseconds % 1000000 * 1000};
    if (time.seconds < 0 || time.nanoseconds < 0)
        return -EINVAL;
    long result = select_call(arg, &time);
    time_write(arg[4], &given, result);
    return result;
}

long call_pselect6(const unsigned long arg[6]) {
    struct moment room;
    const struct moment *time;
    unsigned long mask[2] = {0};
    if (arg[5] && user_read(arg[5], mask, sizeof mask) < 0)
        return -EFAULT;
    long result = time_read(arg[4], &room, &time);
    if (result == 0 && mask[0] && mask[1] != 8)
        result = -EINVAL;
    if (result < 0)
        return result;
    result = select_call(arg, time);
    time_write(arg[4], time, result);
    return result;
}
