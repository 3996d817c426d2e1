/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "matrix.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

long tell(const char *call, const char *what, long result, int hide) {
    int failed = result == -1 ? errno : 0;
    if (failed)
        printf("%s | %s | %s\n", call, what, strerrorname_np(failed) ? strerrorname_np(failed) : "an unknown errno");
    else if (hide)
        printf("%s | %s | ok\n", call, what);
    else
        printf("%s | %s | %ld\n", call, what, result);
    return result;
}

void note(const char *call, const char *what, long value) {
    printf("%s | %s | %ld\n", call, what, value);
}

void note_text(const char *call, const char *what, const char *text) {
    printf("%s | %s | %s\n", call, what, text);
}

int make_file(const char *name, long size, int flags) {
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
    for (long i = 0; i < size; i++)
        if (write(fd, &(char){(char)('a' + i % 26)}, 1) != 1)
            perror(name);
    close(fd);
    return open(name, flags);
}

int main(void) {
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    umask(022);
    static const struct {
        const char *area;
        void (*run)(void);
    } areas[] = {{"Memory", matrix_memory}, {"Process", matrix_process},   {"Signals", matrix_signals},
                 {"Time", matrix_time},     {"Contents", matrix_contents}, {"Descriptors", matrix_descriptors},
                 {"Names", matrix_names},   {"Status", matrix_status}};
    for (size_t i = 0; i < sizeof areas / sizeof *areas; i++) {
        printf("# %s\n", areas[i].area);
        areas[i].run();
        fflush(stdout);
    }
    return 0;
}
