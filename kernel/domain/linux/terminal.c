/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * ioctl: terminals, and what every descriptor answers.
 */
#include "calls.h"
#include "files.h"
#include <asm/ioctls.h>

#define TERMIOS_SIZE 36ul /* as the kernel has it */
#define WINSIZE 8ul

int terminal_is(struct file *file) {
    unsigned char settings[TERMIOS_SIZE];
    struct facet_message m = {.word = {TCGETS}, .room = settings, .room_size = sizeof settings};
    return file->class == &host_class && host_call(file, OP_HOST_CONTROL, &m) == 0;
}

/* The host gives an argument, which the program gets. */
static long get(struct file *file, unsigned long request, unsigned long address, unsigned long size) {
    unsigned char argument[64];
    struct facet_message m = {.word = {request}, .room = argument, .room_size = size};
    long result = file->class == &host_class ? host_call(file, OP_HOST_CONTROL, &m) : -ENOTTY;
    return result < 0 ? result : user_write(address, argument, size);
}

static long set(struct file *file, unsigned long request, unsigned long address, unsigned long size) {
    unsigned char argument[64];
    if (file->class != &host_class || !terminal_is(file))
        return -ENOTTY;
    if (user_read(address, argument, size) < 0)
        return -EFAULT;
    struct facet_message m = {.word = {request}, .string = argument, .string_size = size};
    return host_call(file, OP_HOST_CONTROL, &m);
}

/* The program is alone in its group, in its session, at its terminal. */
static long group(struct file *file, unsigned long address) {
    int number = PID;
    if (!terminal_is(file))
        return -ENOTTY;
    return user_write(address, &number, sizeof number);
}

static long waiting(struct file *file, unsigned long address) {
    long length = pipe_waiting(file);
    struct stat st;
    if (length == -ENOTTY && file->class == &host_class && file_type(file) == S_IFREG) {
        struct facet_message m = {.word = {0, 1}};
        long result = host_call(file, OP_HOST_SEEK, &m);
        if (result == 0)
            result = file_stat(file, &st);
        if (result < 0)
            return result;
        length = st.st_size - (long)m.word[0];
    }
    if (length == -ENOTTY)
        return get(file, FIONREAD, address, sizeof(int));
    int told = (int)length;
    return user_write(address, &told, sizeof told);
}

static long nonblock(struct file *file, unsigned long fd, unsigned long address) {
    int on;
    if (user_read(address, &on, sizeof on) < 0)
        return -EFAULT;
    const unsigned long set_flags[6] = {fd, F_SETFL,
                                        on ? file->flags | O_NONBLOCK : file->flags & ~(unsigned)O_NONBLOCK};
    return call_fcntl(set_flags);
}

static long cloexec(unsigned long fd, unsigned long on) {
    const unsigned long set_flag[6] = {fd, F_SETFD, on};
    return call_fcntl(set_flag);
}

long call_ioctl(const unsigned long arg[6]) {
    struct file *file = fd_open(arg[0]);
    if (!file)
        return -EBADF;
    switch ((unsigned)arg[1]) {
    case FIOCLEX:
        return cloexec(arg[0], FD_CLOEXEC);
    case FIONCLEX:
        return cloexec(arg[0], 0);
    case FIONBIO:
        return nonblock(file, arg[0], arg[2]);
    case FIONREAD:
        return waiting(file, arg[2]);
    case TCGETS:
        return get(file, TCGETS, arg[2], TERMIOS_SIZE);
    case TIOCGWINSZ:
        return get(file, TIOCGWINSZ, arg[2], WINSIZE);
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
        return set(file, (unsigned)arg[1], arg[2], TERMIOS_SIZE);
    case TIOCGPGRP:
    case TIOCGSID:
        return group(file, arg[2]);
    case TIOCSPGRP:
    case TIOCSCTTY:
    case TCFLSH:
    case TCXONC:
        return terminal_is(file) ? 0 : -ENOTTY;
    }
    return -ENOTTY;
}
