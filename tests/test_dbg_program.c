/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debugger/object.h"
#include "debugger/program.h"
#include "debugger/symbols.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <facet/abi.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A small native program with one segment of text and one of data, to be damaged by the tests. */
struct image {
    Elf64_Ehdr header;
    Elf64_Phdr segment[4];
    struct {
        Elf64_Nhdr head;
        char name[8];
        uint32_t version;
    } note;
    uint8_t code[64];
};

static struct image good_image(void) {
    struct image i = {
        .header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                   .e_type = ET_EXEC,
                   .e_machine = EM_X86_64,
                   .e_version = EV_CURRENT,
                   .e_entry = 0x400000,
                   .e_phoff = offsetof(struct image, segment),
                   .e_ehsize = sizeof(Elf64_Ehdr),
                   .e_phentsize = sizeof(Elf64_Phdr),
                   .e_phnum = 3},
        .segment = {{.p_type = PT_LOAD,
                     .p_flags = PF_R | PF_X,
                     .p_vaddr = 0x400000,
                     .p_filesz = sizeof(struct image),
                     .p_memsz = sizeof(struct image)},
                    {.p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_vaddr = 0x402010, .p_filesz = 16, .p_memsz = 4096},
                    {.p_type = PT_NOTE, .p_offset = offsetof(struct image, note), .p_filesz = 24}},
        .note = {{6, 4, NATIVE_NOTE_TYPE}, NATIVE_NOTE_NAME, ABI_VERSION},
    };
    return i;
}

static char path[] = "/tmp/facet-test-XXXXXX";
static mode_t mode = 0700;

static enum facet_status open_bytes(const void *bytes, size_t size, struct program **program,
                                    struct facet_error *error) {
    strcpy(path, "/tmp/facet-test-XXXXXX");
    int fd = mkstemp(path);
    cr_assert(fd >= 0 && write(fd, bytes, size) == (ssize_t)size && fchmod(fd, mode) == 0);
    close(fd);
    enum facet_status status = program_open(path, 64 << 20, program, error);
    unlink(path);
    return status;
}

/* Refused with status 126 and one line that says this. */
static void assert_refused(const void *bytes, size_t size, const char *why) {
    struct program *program;
    struct facet_error error = {""};
    cr_assert_eq(open_bytes(bytes, size, &program, &error), FACET_ERR_PROGRAM, "not refused: %s", why);
    cr_assert_null(program);
    cr_assert(strstr(error.text, why), "\"%s\" does not say \"%s\"", error.text, why);
    cr_assert_null(strchr(error.text, '\n'));
}

Test(dbg_program, a_native_program_is_accepted_with_its_parts) {
    struct image image = good_image();
    struct program *p;
    uint64_t va, size;
    cr_assert_eq(open_bytes(&image, sizeof image, &p, NULL), FACET_OK);
    cr_assert(program_find_part(p, PART_TEXT, &va, &size) && va == 0x400000 && size == sizeof image);
    cr_assert(program_find_part(p, PART_DATA, &va, &size) && va == 0x402010 && size == 16);
    cr_assert(program_find_part(p, PART_BSS, &va, &size) && va == 0x402020 && size == 4080);
    cr_assert(program_find_part(p, PART_STACK, &va, &size) && va + size == GUEST_STACK_TOP);
    cr_assert_not(program_find_part(p, PART_RODATA, &va, &size));
    cr_assert(program_executable(p, 0x400000) && !program_executable(p, 0x402010));
    program_close(p);
}

Test(dbg_program, what_is_no_elf_file_is_refused) {
    assert_refused("", 0, "no ELF file");
    assert_refused("#!/bin/sh -e\necho hello\n", 24,
                   "is a script, no ELF file: run a static build of its interpreter /bin/sh");
    assert_refused("#!", 2, "no ELF file");
    assert_refused("#!  ", 4, "is a script");
}

Test(dbg_program, every_truncation_is_refused) {
    struct image image = good_image();
    for (size_t size = 4; size < sizeof image; size++)
        assert_refused(&image, size, "truncated");
}

Test(dbg_program, other_processors_are_refused) {
    struct image image = good_image();
    image.header.e_machine = EM_AARCH64;
    assert_refused(&image, sizeof image, "not for x86-64");
    image = good_image();
    image.header.e_ident[EI_CLASS] = ELFCLASS32;
    assert_refused(&image, sizeof image, "32 bits");
    image = good_image();
    image.header.e_ident[EI_DATA] = ELFDATA2MSB;
    assert_refused(&image, sizeof image, "big-endian");
}

Test(dbg_program, dynamically_linked_programs_are_refused_with_advice) {
    struct image image = good_image();
    image.header.e_phnum = 4;
    image.segment[3] =
        (Elf64_Phdr){.p_type = PT_INTERP, .p_offset = offsetof(struct image, code), .p_filesz = sizeof image.code};
    strcpy((char *)image.code, "/lib/ld.so");
    assert_refused(&image, sizeof image,
                   "dynamically linked programs are not supported (it wants /lib/ld.so): link it");
    memset(image.code, 'x', sizeof image.code); /* no end */
    assert_refused(&image, sizeof image, "dynamically linked programs are not supported (it wants xxxxxx");
}

Test(dbg_program, programs_without_the_note_are_linux_programs) {
    struct image image = good_image();
    struct program *p;
    uint64_t va, size;
    image.segment[1].p_offset = 0x10; /* as their address, but for whole pages */
    cr_assert(open_bytes(&image, sizeof image, &p, NULL) == FACET_OK && p->native);
    program_close(p);
    image.note.head.n_namesz = 0xfffffff0;
    cr_assert(open_bytes(&image, sizeof image, &p, NULL) == FACET_OK && !p->native);
    program_close(p);
    image.note.head.n_namesz = 6;
    image.note.name[0] = 'G';
    cr_assert(open_bytes(&image, sizeof image, &p, NULL) == FACET_OK && !p->native && p->bias == 0);
    cr_assert(program_find_part(p, PART_STACK, &va, &size) && size == 8 << 20 && va + size == GUEST_STACK_TOP);
    program_close(p);
    image.segment[1].p_offset = 0;
    assert_refused(&image, sizeof image, "malformed");
}

Test(dbg_program, position_independent_linux_programs_are_moved) {
    struct image image = good_image();
    struct program *p;
    uint64_t va, size;
    image.note.name[0] = 'G';
    image.header.e_type = ET_DYN;
    image.segment[0].p_vaddr = 0;
    image.segment[1].p_vaddr = 0x2010;
    image.segment[1].p_offset = 0x10;
    image.header.e_entry = offsetof(struct image, code);
    cr_assert(open_bytes(&image, sizeof image, &p, NULL) == FACET_OK && p->bias == 0x555555554000);
    cr_assert_eq(p->entry, 0x555555554000 + offsetof(struct image, code));
    cr_assert(program_find_part(p, PART_DATA, &va, &size) && va == 0x555555556010);
    program_close(p);
    image.header.e_entry = 0;
    assert_refused(&image, sizeof image, "shared library");
}

Test(dbg_program, files_that_are_not_executable_are_refused) {
    struct image image = good_image();
    mode = 0600;
    assert_refused(&image, sizeof image, "not executable: use `chmod +x");
    mode = 0700;
}

Test(dbg_program, another_version_of_the_interface_is_refused) {
    struct image image = good_image();
    image.note.version = ABI_VERSION + 1;
    assert_refused(&image, sizeof image, "version");
}

Test(dbg_program, impossible_segments_are_refused) {
    struct image image = good_image();
    image.segment[1].p_vaddr = 0xffffffff80000000;
    assert_refused(&image, sizeof image, "impossible");
    image = good_image();
    image.segment[1].p_memsz = UINT64_MAX - 5;
    assert_refused(&image, sizeof image, "impossible");
    image = good_image();
    image.segment[1].p_memsz = 8;
    assert_refused(&image, sizeof image, "impossible");
    image = good_image();
    image.segment[1].p_memsz = 1ul << 30;
    assert_refused(&image, sizeof image, "--memory");
    image = good_image();
    image.header.e_entry = 0x402010;
    assert_refused(&image, sizeof image, "entry point");
}

Test(dbg_program, object_files_and_position_independent_programs_are_refused) {
    struct image image = good_image();
    image.header.e_type = ET_REL;
    assert_refused(&image, sizeof image, "object file");
    image = good_image();
    image.header.e_type = ET_DYN;
    assert_refused(&image, sizeof image, "-no-pie");
}

/* ---- The names of objects, on a sample program. nm is the judge of symbols. */

static struct program *program;
static struct symbols *symbols;

static void open_sample(void) {
    struct facet_error error;
    cr_assert_eq(program_open(BUILD_DIR "/guests/wordfreq", 64 << 20, &program, &error), FACET_OK, "%s", error.text);
    cr_assert_eq(symbols_open(BUILD_DIR "/guests/wordfreq", 0, &symbols, &error), FACET_OK, "%s", error.text);
}

static void close_sample(void) {
    symbols_close(symbols);
    program_close(program);
}

static void assert_no_object(const char *text, const char *why) {
    struct object_name name;
    struct facet_error error = {""};
    cr_assert_eq(object_parse(text, program, symbols, &name, &error), FACET_ERR_USAGE, "%s", text);
    cr_assert(strstr(error.text, why), "%s: \"%s\" does not say \"%s\"", text, error.text, why);
}

TestSuite(dbg_object, .init = open_sample, .fini = close_sample);

Test(dbg_object, a_symbol_has_the_range_that_nm_prints) {
    struct object_name name;
    unsigned long va, size;
    FILE *nm = popen("nm -S " BUILD_DIR "/guests/wordfreq | grep ' table$'", "r");
    cr_assert(nm && fscanf(nm, "%lx %lx", &va, &size) == 2);
    pclose(nm);
    cr_assert_eq(object_parse("sym:table", program, symbols, &name, NULL), FACET_OK);
    cr_assert(name.va == va && name.size == size && !name.executable && !name.by_id);
    cr_assert_str_eq(name.text, "sym:table");
    free(name.text);
}

Test(dbg_object, a_function_is_executable) {
    struct object_name name;
    cr_assert_eq(object_parse("sym:main", program, symbols, &name, NULL), FACET_OK);
    cr_assert(name.executable);
    free(name.text);
}

Test(dbg_object, unknown_names_bring_a_hint) {
    assert_no_object("sym:tabel", "did you mean \"table\"");
    assert_no_object("sym:qqqqqqqq", "no symbol");
    assert_no_object("table", "use sym:NAME");
    assert_no_object("seg:heap", "no heap");
    assert_no_object("seg:tls", "seg:text");
}

Test(dbg_object, addresses_have_a_length_of_eight_unless_given) {
    struct object_name name;
    cr_assert_eq(object_parse("va:0x402000", program, symbols, &name, NULL), FACET_OK);
    cr_assert(name.va == 0x402000 && name.size == 8);
    free(name.text);
    cr_assert_eq(object_parse("va:4202496+0x20", program, symbols, &name, NULL), FACET_OK);
    cr_assert(name.va == 0x402000 && name.size == 32);
    free(name.text);
    assert_no_object("va:", "va:ADDRESS");
    assert_no_object("va:0x402000+", "va:ADDRESS");
    assert_no_object("va:402000h", "va:ADDRESS");
    assert_no_object("va:0x402000+0", "not a range");
    assert_no_object("va:0xffff800000000000+8", "not a range");
}

Test(dbg_object, pages_are_named_by_id) {
    struct object_name name;
    cr_assert_eq(object_parse("obj:12", program, symbols, &name, NULL), FACET_OK);
    cr_assert(name.by_id && name.id == 12 && name.size == 4096);
    free(name.text);
    assert_no_object("obj:", "obj:ID");
    assert_no_object("obj:0", "obj:ID");
}
