/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * alone KERNEL [MODULE]: boots a kernel as another machine would, with nothing but the processor, RAM and a serial
 * line: no command line, hence no debug device, no streams, no aperture. The serial line is standard output.
 */
#include "emu/emu.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RAM (64ul << 20)

static struct emu_module file_read(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(2);
    }
    size_t room = 16ul << 20;
    char *data = malloc(room);
    size_t size = data ? fread(data, 1, room, file) : 0;
    fclose(file);
    return (struct emu_module){data, size};
}

int main(int argc, char **argv) {
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: alone KERNEL [MODULE]\n");
        return 2;
    }
    struct emu_module module = argc > 2 ? file_read(argv[2]) : (struct emu_module){0};
    struct emu_config config = {.ram_size = RAM,
                                .kernel = file_read(argv[1]),
                                .modules = &module,
                                .cmdline = "",
                                .module_count = argc > 2,
                                .stream_fd = {-1, -1, -1},
                                .console_fd = STDOUT_FILENO};
    struct emu *emu;
    struct facet_error error;
    if (emu_create(&config, &emu, &error) != FACET_OK) {
        fprintf(stderr, "alone: %s\n", error.text);
        return 125;
    }
    struct emu_stop stop = emu_run(emu);
    emu_destroy(emu);
    free((void *)(uintptr_t)module.data);
    free((void *)(uintptr_t)config.kernel.data);
    if (stop.reason == EMU_STOP_POWEROFF)
        return (int)stop.code & 0xff;
    fprintf(stderr, "alone: the machine stopped: %s\n", stop.text);
    return 125;
}
