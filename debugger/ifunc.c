/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ifunc.h"

#include "text.h"

#include <elf.h>
#include <string.h>

/* ---- What has been chosen: relocations say where that is noted */

static bool is_function(struct cli *cli, uint64_t va) {
    const struct symbol *symbol = symbols_at(session_symbols(cli->session), va);
    return symbol && symbol->function && symbol->va == va;
}

static uint64_t chosen_by(struct cli *cli, const Elf64_Rela *relocations, size_t count, uint64_t resolver) {
    uint64_t bias = session_program(cli->session)->bias, chosen;
    for (size_t i = 0; i < count; i++) {
        Elf64_Rela r;
        memcpy(&r, relocations + i, sizeof r);
        if (ELF64_R_TYPE(r.r_info) == R_X86_64_IRELATIVE && (uint64_t)r.r_addend + bias == resolver &&
            session_read(cli->session, r.r_offset + bias, &chosen, sizeof chosen) == sizeof chosen &&
            chosen != resolver && is_function(cli, chosen))
            return chosen;
    }
    return 0;
}

uint64_t ifunc_chosen(struct cli *cli, const struct symbol *resolver) {
    const struct program *program = session_program(cli->session);
    uint64_t chosen = 0;
    Elf64_Ehdr header;
    if (!cli->started || program->image_size < sizeof header)
        return 0;
    memcpy(&header, program->image, sizeof header);
    for (unsigned i = 0; i < header.e_shnum && !chosen; i++) {
        Elf64_Shdr section;
        uint64_t at = header.e_shoff + (uint64_t)i * sizeof section;
        if (at > program->image_size || program->image_size - at < sizeof section)
            return 0;
        memcpy(&section, program->image + at, sizeof section);
        if (section.sh_type == SHT_RELA && section.sh_offset <= program->image_size &&
            program->image_size - section.sh_offset >= section.sh_size)
            chosen = chosen_by(cli, (const Elf64_Rela *)(const void *)(program->image + section.sh_offset),
                               section.sh_size / sizeof(Elf64_Rela), resolver->va);
    }
    return chosen;
}

/* ---- At a resolver */

static bool is_on_resolver(const struct point *p, uint64_t pc) {
    return p->ifunc && !p->dead && p->place_count && p->places[0] == pc;
}

/* Runs to the resolver's return; rax is what it says. */
static bool finish_resolver(struct cli *cli, uint64_t *chosen, struct session_stop *stop) {
    struct facet_regs regs;
    uint64_t back;
    session_regs(cli->session, &regs);
    uint64_t above = regs.rsp + 8;
    if (session_read(cli->session, regs.rsp, &back, sizeof back) != sizeof back)
        return true; /* no call: not a resolver's way */
    points_insert(cli, &back, 1);
    do {
        *stop = session_continue(cli->session);
        if (stop->event != SESSION_BREAKPOINT)
            return false;
        session_regs(cli->session, &regs);
    } while (regs.rip != back || regs.rsp != above);
    *chosen = regs.rax;
    return true;
}

enum ifunc_outcome ifunc_resolve(struct cli *cli, struct session_stop *stop) {
    struct facet_regs regs;
    uint64_t chosen = 0;
    bool found = false;
    session_regs(cli->session, &regs);
    for (size_t i = 0; i < cli->point_count; i++)
        found = found || is_on_resolver(cli->points[i], regs.rip);
    if (!found)
        return IFUNC_NONE;
    if (!finish_resolver(cli, &chosen, stop))
        return IFUNC_STOPPED;
    for (size_t i = 0; i < cli->point_count && is_function(cli, chosen); i++)
        if (is_on_resolver(cli->points[i], regs.rip)) {
            cli->points[i]->places[0] = chosen;
            cli->points[i]->ifunc = false;
        }
    return IFUNC_RESOLVED;
}
