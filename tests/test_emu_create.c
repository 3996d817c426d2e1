/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What emu_create refuses, and with which words.
 */
#include "emu/internal.h"
#include "ladder_boot.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <string.h>

Test(emu_create, an_old_engine_is_refused_by_name) {
    struct facet_error error = {""};
    cr_expect_eq(engine_check_version(0x02000100, &error), FACET_ERR_FAILED);
    cr_expect_not_null(strstr(error.text, "Unicorn 2.0.1 is too old"), "%s", error.text);
    cr_expect_not_null(strstr(error.text, "2.1.4"), "%s", error.text);
    cr_expect_eq(engine_check_version(0x020103ff, &error), FACET_ERR_FAILED);
    cr_expect_eq(engine_check_version(0x02010400, &error), FACET_OK);
    cr_expect_eq(engine_check_version(0x020104ff, &error), FACET_OK);
    cr_expect_eq(engine_check_version(0x03000000, &error), FACET_OK);
}

Test(emu_create, this_engine_passes_its_self_test) {
    struct facet_error error = {""};
    cr_expect_eq(engine_self_test(&error), FACET_OK, "%s", error.text);
}

/* A copy of a good image that a test may spoil. */
static uint8_t *good_image(size_t *size) {
    struct ladder ladder = ladder_boot("02_console", -1, false);
    uint8_t *copy = malloc(ladder.image_size);
    cr_assert_not_null(copy);
    memcpy(copy, ladder.image, ladder.image_size);
    *size = ladder.image_size;
    ladder_end(&ladder);
    return copy;
}

static void refused(const void *image, size_t size, size_t ram, const char *why) {
    struct emu_config config = {.ram_size = ram, .kernel = {image, size}, .stream_fd = {-1, -1, -1}, .console_fd = -1};
    struct facet_error error = {""};
    struct emu *emu = (struct emu *)&config;
    cr_expect_neq(emu_create(&config, &emu, &error), FACET_OK, "expected: %s", why);
    cr_expect_null(emu);
    cr_expect_not_null(strstr(error.text, why), "\"%s\" lacks \"%s\"", error.text, why);
}

Test(emu_create, bad_kernel_images_are_refused) {
    size_t size;
    uint8_t *image = good_image(&size);
    Elf64_Ehdr *header = (Elf64_Ehdr *)image, kept = *header;
    Elf64_Phdr *phdr = (Elf64_Phdr *)(image + header->e_phoff), first = *phdr;

    refused(image, 10, 64ul << 20, "not an ELF file");
    refused(image, sizeof kept, 64ul << 20, "truncated");
    refused(image, 0x1100, 64ul << 20, "truncated");
    header->e_machine = EM_386;
    refused(image, size, 64ul << 20, "not for x86-64");
    *header = kept;
    header->e_phoff = ~0ul;
    refused(image, size, 64ul << 20, "truncated");
    *header = kept;
    header->e_entry = 5;
    refused(image, size, 64ul << 20, "entry point");
    *header = kept;
    phdr->p_paddr = ~0ul - 100;
    refused(image, size, 64ul << 20, "too large");
    *phdr = first;
    phdr->p_offset = ~0ul - 10;
    refused(image, size, 64ul << 20, "truncated");
    *phdr = first;
    phdr->p_memsz = 128ul << 20;
    refused(image, size, 64ul << 20, "too large");
    free(image);
}

Test(emu_create, an_impossible_memory_size_is_refused) {
    size_t size;
    uint8_t *image = good_image(&size);
    refused(image, size, 1ul << 20, "memory size");
    refused(image, size, (16ul << 20) + 4096, "memory size");
    refused(image, size, 8ul << 30, "memory size");
    free(image);
}

Test(emu_create, modules_that_do_not_fit_are_refused) {
    size_t size;
    uint8_t *image = good_image(&size), *big = calloc(1, 16ul << 20);
    struct emu_module module = {big, 16ul << 20};
    struct emu_config config = {.ram_size = 16ul << 20,
                                .kernel = {image, size},
                                .modules = &module,
                                .module_count = 1,
                                .stream_fd = {-1, -1, -1},
                                .console_fd = -1};
    struct facet_error error = {""};
    struct emu *emu;
    cr_expect_eq(emu_create(&config, &emu, &error), FACET_ERR_FAILED);
    cr_expect_not_null(strstr(error.text, "too little"), "%s", error.text);
    free(image);
    free(big);
}
