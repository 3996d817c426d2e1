/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "program.h"

#include "text.h"

#include <elf.h>
#include <errno.h>
#include <facet/abi.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KERNEL_ROOM (10ull << 20)  /* what else the machine must have */
#define SEGMENT_LIMIT (7ull << 44) /* where init puts the stack's part of the space */

#define REFUSE(...) facet_fail(error, FACET_ERR_PROGRAM, __VA_ARGS__)

/* The folders of PATH are not searched; a newcomer may expect it. */
static enum facet_status cannot_open(const struct program *p, int reason, struct facet_error *error) {
    const char *search = getenv("PATH");
    char *folders = reason == ENOENT && !strchr(p->path, '/') && search ? text_copy(search) : NULL, *rest = folders;
    enum facet_status status = REFUSE("cannot read %s: %s", p->path, strerror(reason));
    for (char *folder; (folder = strsep(&rest, ":"));) {
        char *full = text_format("%s/%s", folder, p->path);
        bool there = *folder && access(full, X_OK) == 0;
        if (there)
            status = REFUSE("cannot read %s: %s; PATH is not searched: use %s", p->path, strerror(reason), full);
        free(full);
        if (there)
            break;
    }
    free(folders);
    return status;
}

static enum facet_status read_file(struct program *p, uint64_t memory, struct facet_error *error) {
    struct stat status;
    int fd = open(p->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return cannot_open(p, errno, error);
    if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
        close(fd);
        return REFUSE("cannot read %s: %s", p->path, strerror(EISDIR));
    }
    size_t room = 0;
    ssize_t got = 0;
    do {
        p->image_size += (size_t)got;
        if (p->image_size == room)
            p->image = text_grow(p->image, room = room ? 2 * room : 1 << 16, 1);
        got = read(fd, p->image + p->image_size, room - p->image_size);
    } while ((got > 0 && p->image_size <= memory) || (got < 0 && errno == EINTR && (got = 0) == 0));
    int reason = errno;
    close(fd);
    if (got > 0)
        return REFUSE("%s is larger than the machine's memory, %lu MiB: use --memory", p->path, memory >> 20);
    return got == 0 ? FACET_OK : REFUSE("cannot read %s: %s", p->path, strerror(reason));
}

static const char *machine_name(unsigned machine) {
    static const struct {
        unsigned machine;
        const char *name;
    } known[] = {{EM_386, "x86 with 32 bits"}, {EM_ARM, "arm"},   {EM_AARCH64, "arm64"},      {EM_RISCV, "RISC-V"},
                 {EM_PPC64, "ppc64"},          {EM_S390, "s390"}, {EM_MIPS, "mips"},          {EM_PPC, "ppc"},
                 {EM_SPARCV9, "sparc64"},      {EM_BPF, "bpf"},   {EM_LOONGARCH, "loongarch"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].machine == machine)
            return known[i].name;
    return "an unknown processor";
}

static enum facet_status check_machine(const struct program *p, const Elf64_Ehdr *header, struct facet_error *error) {
    if (header->e_ident[EI_DATA] != ELFDATA2LSB)
        return REFUSE("%s is a big-endian ELF file, not one for x86-64", p->path);
    if (header->e_machine != EM_X86_64)
        return REFUSE("%s is an ELF file for %s, not for x86-64", p->path, machine_name(header->e_machine));
    if (header->e_ident[EI_CLASS] != ELFCLASS64)
        return REFUSE("%s is an ELF file of 32 bits, x86-64 programs have 64 bits", p->path);
    return FACET_OK;
}

static enum facet_status refuse_script(const struct program *p, struct facet_error *error) {
    const char *line = (const char *)p->image + 2;
    size_t left = p->image_size - 2, skip = 0, length = 0;
    while (skip < left && (line[skip] == ' ' || line[skip] == '\t'))
        skip++;
    while (skip + length < left && length < 100 && line[skip + length] > ' ')
        length++;
    return REFUSE("%s is a script, no ELF file: run a static build of its interpreter %.*s with it, as in `facet run "
                  "--grant file:%s:ro /bin/busybox sh %s`",
                  p->path, (int)length, line + skip, p->path, p->path);
}

static enum facet_status check_header(const struct program *p, struct facet_error *error) {
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)p->image;
    if (p->image_size > 2 && memcmp(p->image, "#!", 2) == 0)
        return refuse_script(p, error);
    if (p->image_size < SELFMAG || memcmp(p->image, ELFMAG, SELFMAG) != 0)
        return REFUSE("%s is not a program: it is no ELF file", p->path);
    if (p->image_size < sizeof *header)
        return REFUSE("%s is truncated: its ELF header is incomplete", p->path);
    enum facet_status status = check_machine(p, header, error);
    if (status != FACET_OK)
        return status;
    if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
        return REFUSE("%s is not a program: it is %s", p->path,
                      header->e_type == ET_REL    ? "an object file (link it first)"
                      : header->e_type == ET_CORE ? "a core dump"
                                                  : "an ELF file of an unknown type");
    if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phoff % 8 != 0 || header->e_phnum == 0)
        return REFUSE("%s is malformed: it has no usable program headers", p->path);
    if (header->e_phoff > p->image_size || header->e_phnum > (p->image_size - header->e_phoff) / sizeof(Elf64_Phdr))
        return REFUSE("%s is truncated: its program headers lie behind its end", p->path);
    return FACET_OK;
}

static const Elf64_Phdr *program_headers(const struct program *p, size_t *count) {
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)p->image;
    *count = header->e_phnum;
    return (const Elf64_Phdr *)(p->image + header->e_phoff);
}

static bool inside_file(const struct program *p, const Elf64_Phdr *ph) {
    return ph->p_offset <= p->image_size && ph->p_filesz <= p->image_size - ph->p_offset;
}

/* The contents of the native note, or 0. Notes are 4-byte aligned: sizes, type, owner, contents. */
static uint32_t find_note(const struct program *p, const Elf64_Phdr *ph) {
    uint64_t at = 0;
    while (ph->p_filesz - at >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr note;
        const uint8_t *start = p->image + ph->p_offset + at;
        memcpy(&note, start, sizeof note);
        uint64_t name = (note.n_namesz + 3ull) & ~3ull, contents = (note.n_descsz + 3ull) & ~3ull;
        if (sizeof note + name + contents > ph->p_filesz - at)
            return 0;
        uint32_t version;
        if (note.n_type == NATIVE_NOTE_TYPE && note.n_namesz == sizeof NATIVE_NOTE_NAME &&
            memcmp(start + sizeof note, NATIVE_NOTE_NAME, sizeof NATIVE_NOTE_NAME) == 0 && contents >= sizeof version) {
            memcpy(&version, start + sizeof note + name, sizeof version);
            return version;
        }
        at += sizeof note + name + contents;
    }
    return 0;
}

static enum facet_status refuse_dynamic(const struct program *p, const Elf64_Phdr *ph, struct facet_error *error) {
    const char *interpreter = (const char *)p->image + ph->p_offset;
    return REFUSE("%s: dynamically linked programs are not supported (it wants %.*s): link it with -static, or use a "
                  "static build, such as Debian's busybox-static or bash-static",
                  p->path, (int)strnlen(interpreter, ph->p_filesz < 80 ? ph->p_filesz : 80), interpreter);
}

static enum facet_status check_native(const struct program *p, uint32_t version, struct facet_error *error) {
    if (version != ABI_VERSION)
        return REFUSE("%s was built for version %u of the kernel's interface, this facet has version %u", p->path,
                      version, ABI_VERSION);
    if (((const Elf64_Ehdr *)p->image)->e_type == ET_DYN)
        return REFUSE("%s is a position-independent native program, which is not supported: link with -static -no-pie",
                      p->path);
    return FACET_OK;
}

static enum facet_status check_kind(struct program *p, struct facet_error *error) {
    size_t count;
    const Elf64_Phdr *ph = program_headers(p, &count);
    uint32_t version = 0;
    for (size_t i = 0; i < count; i++)
        if (ph[i].p_type != PT_NULL && !inside_file(p, &ph[i]))
            return REFUSE("%s is truncated: a segment lies behind its end", p->path);
    for (size_t i = 0; i < count; i++) {
        if (ph[i].p_type == PT_INTERP)
            return refuse_dynamic(p, &ph[i], error);
        if (ph[i].p_type == PT_NOTE && ph[i].p_offset % 4 == 0 && !version)
            version = find_note(p, &ph[i]);
    }
    p->native = version != 0;
    if (p->native)
        return check_native(p, version, error);
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)p->image;
    if (header->e_type == ET_DYN && header->e_entry == 0)
        return REFUSE("%s is not a program: it is a shared library", p->path);
    p->bias = header->e_type == ET_DYN ? PROGRAM_BIAS : 0;
    return FACET_OK;
}

static enum facet_status add_segment(struct program *p, const Elf64_Phdr *ph, struct facet_error *error) {
    if (ph->p_memsz < ph->p_filesz || ph->p_vaddr > SEGMENT_LIMIT || ph->p_memsz > SEGMENT_LIMIT - ph->p_vaddr ||
        (!p->native && ph->p_filesz && (ph->p_vaddr ^ ph->p_offset) % 4096 != 0))
        return REFUSE("%s is malformed: a segment of 0x%lx bytes at 0x%lx is impossible", p->path, ph->p_memsz,
                      ph->p_vaddr);
    const struct program_segment *last = p->segment_count ? &p->segments[p->segment_count - 1] : NULL;
    if (last && ph->p_vaddr + p->bias < last->va + last->size)
        return REFUSE("%s is malformed: its segments overlap or are not in order", p->path);
    p->segments = text_grow(p->segments, p->segment_count + 1, sizeof *p->segments);
    p->segments[p->segment_count++] = (struct program_segment){
        .va = ph->p_vaddr + p->bias,
        .file_size = ph->p_filesz,
        .size = ph->p_memsz,
        .write = ph->p_flags & PF_W,
        .execute = ph->p_flags & PF_X,
    };
    return FACET_OK;
}

static enum facet_status take_segments(struct program *p, uint64_t memory, struct facet_error *error) {
    size_t count;
    const Elf64_Phdr *ph = program_headers(p, &count);
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        if (ph[i].p_type != PT_LOAD)
            continue;
        enum facet_status status = add_segment(p, &ph[i], error);
        if (status != FACET_OK)
            return status;
        total += p->native ? ph[i].p_memsz : ph[i].p_filesz; /* Linux programs get the rest when they use it */
    }
    p->entry = ((const Elf64_Ehdr *)p->image)->e_entry + p->bias;
    if (p->segment_count == 0)
        return REFUSE("%s is malformed: it has nothing to load", p->path);
    if (!program_executable(p, p->entry))
        return REFUSE("%s is malformed: its entry point 0x%lx is not in executable memory", p->path, p->entry);
    total += p->image_size + KERNEL_ROOM; /* the file lies in the machine's memory too */
    if (total > memory)
        return REFUSE("%s needs %lu MiB of memory, the machine has %lu: use --memory", p->path, (total >> 20) + 1,
                      memory >> 20);
    if (access(p->path, X_OK) != 0)
        return REFUSE("%s is not executable: use `chmod +x %s`", p->path, p->path);
    return FACET_OK;
}

enum facet_status program_open(const char *path, uint64_t memory, struct program **program, struct facet_error *error) {
    struct program *p = calloc(1, sizeof *p);
    facet_assert(p, "out of memory");
    p->path = text_copy(path);
    enum facet_status status = read_file(p, memory, error);
    if (status == FACET_OK)
        status = check_header(p, error);
    if (status == FACET_OK)
        status = check_kind(p, error);
    if (status == FACET_OK)
        status = take_segments(p, memory, error);
    if (status != FACET_OK) {
        program_close(p);
        p = NULL;
    }
    *program = p;
    return status;
}

void program_close(struct program *program) {
    if (!program)
        return;
    free(program->path);
    free(program->image);
    free(program->segments);
    free(program);
}

/* rodata is the read-only segment with the highest address: the linker puts the file's headers into a lower one. */
static bool segment_matches(const struct program_segment *s, enum program_part part) {
    switch (part) {
    case PART_TEXT:
        return s->execute;
    case PART_RODATA:
        return !s->execute && !s->write;
    case PART_DATA:
        return s->write && s->file_size > 0;
    case PART_BSS:
        return s->write && s->size > s->file_size;
    default:
        return false;
    }
}

bool program_find_part(const struct program *program, enum program_part part, uint64_t *va, uint64_t *size) {
    const struct program_segment *found = NULL;
    *size = program->native ? GUEST_STACK_SIZE : LINUX_STACK_SIZE;
    *va = GUEST_STACK_TOP - *size;
    if (part == PART_STACK)
        return true;
    for (size_t i = 0; i < program->segment_count; i++)
        if (segment_matches(&program->segments[i], part) && (!found || program->segments[i].va > found->va))
            found = &program->segments[i];
    if (!found)
        return false;
    *va = found->va + (part == PART_BSS ? found->file_size : 0);
    *size = part == PART_BSS ? found->size - found->file_size : found->file_size;
    return true;
}

static const struct program_segment *segment_at(const struct program *program, uint64_t va) {
    for (size_t i = 0; i < program->segment_count; i++)
        if (va - program->segments[i].va < program->segments[i].size)
            return &program->segments[i];
    return NULL;
}

bool program_has_address(const struct program *program, uint64_t va) {
    return segment_at(program, va) != NULL;
}

bool program_executable(const struct program *program, uint64_t va) {
    const struct program_segment *s = segment_at(program, va);
    return s && s->execute;
}
