/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ladder_boot.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct ladder boot(const char *name, int stdin_fd, bool count, bool clock) {
    struct ladder ladder = {.console = memfd_create("console", 0)};
    struct facet_error error = {""};
    struct stat status;

    snprintf(ladder.path, sizeof ladder.path, "%s/tests/ladder/%s.elf", BUILD_DIR, name);
    int fd = open(ladder.path, O_RDONLY);
    cr_assert(fd >= 0 && fstat(fd, &status) == 0, "cannot open %s", ladder.path);
    ladder.image_size = (size_t)status.st_size;
    ladder.image = mmap(NULL, ladder.image_size, PROT_READ, MAP_PRIVATE, fd, 0);
    cr_assert(ladder.image != MAP_FAILED);
    close(fd);
    struct emu_config config = {.ram_size = 64ul << 20,
                                .kernel = {ladder.image, ladder.image_size},
                                .cmdline = "",
                                .stream_fd = {stdin_fd, -1, -1},
                                .console_fd = ladder.console,
                                .clock = clock,
                                .count_instructions = count};
    cr_assert(emu_create(&config, &ladder.emu, &error) == FACET_OK, "%s", error.text);
    return ladder;
}

struct ladder ladder_boot(const char *name, int stdin_fd, bool count) {
    return boot(name, stdin_fd, count, false);
}

struct ladder ladder_boot_clock(const char *name, bool clock) {
    return boot(name, -1, false, clock);
}

void ladder_end(struct ladder *ladder) {
    emu_destroy(ladder->emu);
    munmap(ladder->image, ladder->image_size);
    close(ladder->console);
}

char *ladder_output(const struct ladder *ladder) {
    off_t size = lseek(ladder->console, 0, SEEK_END);
    char *text = calloc(1, (size_t)size + 1);
    cr_assert(text && pread(ladder->console, text, (size_t)size, 0) == size);
    return text;
}

uint64_t ladder_symbol(const struct ladder *ladder, const char *name) {
    const uint8_t *image = ladder->image;
    const Elf64_Ehdr *header = ladder->image;
    const Elf64_Shdr *sections = (const void *)(image + header->e_shoff);
    for (unsigned i = 0; i < header->e_shnum; i++) {
        if (sections[i].sh_type != SHT_SYMTAB)
            continue;
        const char *names = (const char *)image + sections[sections[i].sh_link].sh_offset;
        const Elf64_Sym *symbols = (const void *)(image + sections[i].sh_offset);
        for (size_t k = 0; k < sections[i].sh_size / sizeof *symbols; k++)
            if (strcmp(names + symbols[k].st_name, name) == 0)
                return symbols[k].st_value;
    }
    cr_assert_fail("no symbol %s in %s", name, ladder->path);
    return 0;
}

uint64_t ladder_user_symbol(const struct ladder *ladder, const char *name) {
    return ladder_symbol(ladder, name) - ladder_symbol(ladder, "user_code") + LADDER_PAGE;
}

uint64_t ladder_word(const struct ladder *ladder, uint64_t physical) {
    uint64_t value;
    const uint8_t *at = emu_ram(ladder->emu, (gpa_t){physical}, sizeof value);
    cr_assert_not_null(at);
    memcpy(&value, at, sizeof value);
    return value;
}
