/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Capstone decodes; its operands are put in AT&T's order and spelling here, as gdb and objdump have them: a size letter
 * only where no register tells the size.
 */
#include "disasm.h"

#include "expr.h"
#include "frame.h"

#include <capstone/capstone.h>
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

struct text {
    char *at;
    size_t size, used;
};

static void add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct text *t, const char *format, ...) {
    va_list args;
    va_start(args, format);
    if (t->used < t->size)
        t->used += (size_t)vsnprintf(t->at + t->used, t->size - t->used, format, args);
    va_end(args);
}

/* ---- Mnemonics */

static const char *renamed(const char *name) {
    static const struct {
        const char *intel, *att;
    } names[] = {
        {"cdqe", "cltq"},  {"cqo", "cqto"},   {"cdq", "cltd"},    {"cwde", "cwtl"},     {"cbw", "cbtw"},
        {"cwd", "cwtd"},   {"repe", "repz"},  {"repne", "repnz"}, {"movsxd", "movslq"}, {"lodsb", "lods"},
        {"lodsw", "lods"}, {"lodsd", "lods"}, {"lodsq", "lods"},  {"stosb", "stos"},    {"stosw", "stos"},
        {"stosd", "stos"}, {"stosq", "stos"}, {"scasb", "scas"},  {"scasw", "scas"},    {"scasd", "scas"},
        {"scasq", "scas"}, {"movsb", "movs"}, {"movsw", "movs"},  {"movsq", "movs"},    {"cmpsb", "cmps"},
        {"cmpsw", "cmps"}, {"cmpsq", "cmps"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(name, names[i].intel))
            return names[i].att;
    return name;
}

static char size_letter(unsigned bytes) {
    return bytes == 1 ? 'b' : bytes == 2 ? 'w' : bytes == 4 ? 'l' : 'q';
}

/* Does an instruction with a memory operand and no register say how large that is? */
static bool wants_size(const cs_insn *insn) {
    static const char *const without[] = {"call",    "push",    "pop",      "jmp",     "set",  "fx",
                                          "xsave",   "xrstor",  "prefetch", "clflush", "lea",  "ldmxcsr",
                                          "stmxcsr", "cmpxchg", "inv",      "lgdt",    "lidt", "f"};
    for (size_t i = 0; i < sizeof without / sizeof *without; i++)
        if (!strncmp(insn->mnemonic, without[i], strlen(without[i])))
            return false;
    return true;
}

static bool is_shift_by_cl(const cs_x86 *x) {
    return x->op_count == 2 && x->operands[1].type == X86_OP_REG && x->operands[1].reg == X86_REG_CL &&
           x->operands[0].type == X86_OP_MEM;
}

static bool is_shift(const cs_insn *insn) {
    return insn->id == X86_INS_SHL || insn->id == X86_INS_SHR || insn->id == X86_INS_SAR || insn->id == X86_INS_ROL ||
           insn->id == X86_INS_ROR || insn->id == X86_INS_RCL || insn->id == X86_INS_RCR;
}

/* The x87's letters: s and l are floating, in fild and fist s, l and ll are integers. */
static const char *float_suffix(const cs_insn *insn) {
    const cs_x86 *x = &insn->detail->x86;
    const char *name = insn->mnemonic;
    bool integer = !strncmp(name, "fi", 2);
    static const char *const plain[] = {"fld",  "fst",  "fstp",  "fadd", "fsub", "fsubr",
                                        "fmul", "fdiv", "fdivr", "fcom", "fcomp"};
    bool sized = integer;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        sized = sized || !strcmp(name, plain[i]);
    if (!sized || x->op_count != 1 || x->operands[0].type != X86_OP_MEM)
        return "";
    unsigned size = x->operands[0].size;
    if (integer)
        return size == 2 ? "s" : size == 4 ? "l" : "ll";
    return size == 4 ? "s" : size == 8 ? "l" : "t";
}

static char suffix(const cs_insn *insn) {
    const cs_x86 *x = &insn->detail->x86;
    const cs_x86_op *memory = NULL;
    bool sized = false;
    for (int i = 0; i < x->op_count; i++)
        if (x->operands[i].type == X86_OP_MEM)
            memory = &x->operands[i];
        else
            sized = sized || x->operands[i].type == X86_OP_REG;
    if (insn->id == X86_INS_CVTSI2SD || insn->id == X86_INS_CVTSI2SS)
        sized = false;
    if (!memory || (sized && !(is_shift(insn) && is_shift_by_cl(x))) || !wants_size(insn))
        return 0;
    return size_letter(memory->size);
}

/* movzx and movsx name both sizes in AT&T's syntax. */
static bool is_extension(const cs_insn *insn) {
    return insn->id == X86_INS_MOVZX || insn->id == X86_INS_MOVSX;
}

static bool is_string(const cs_insn *insn) {
    const cs_x86 *x = &insn->detail->x86;
    const char *name = strrchr(insn->mnemonic, ' ');
    name = name ? name + 1 : insn->mnemonic;
    return (!strncmp(name, "movs", 4) || !strncmp(name, "cmps", 4) || !strncmp(name, "stos", 4) ||
            !strncmp(name, "scas", 4) || !strncmp(name, "lods", 4)) &&
           x->op_count == 2 && (x->opcode[0] & 0xf0) == 0xa0;
}

/* "movsd" is another one with vectors. */
static const char *string_name(const char *word) {
    return !strcmp(word, "movsd") ? "movs" : !strcmp(word, "cmpsd") ? "cmps" : renamed(word);
}

/* Prefixes that do nothing here are written all the same: compilers fill gaps with them. */
static void add_prefixes(char *to, size_t size, const cs_insn *insn) {
    unsigned wide = 0;
    bool nop = insn->id == X86_INS_NOP, code_segment = false, short_address = false;
    for (unsigned i = 0; i < insn->size && strchr("\x66\x2e\x67", insn->bytes[i]); i++) {
        wide += insn->bytes[i] == 0x66;
        code_segment = code_segment || insn->bytes[i] == 0x2e;
        short_address = short_address || insn->bytes[i] == 0x67;
    }
    *to = 0;
    while (nop && wide-- > 1)
        strncat(to, "data16 ", size - strlen(to) - 1);
    if (nop && code_segment)
        strncat(to, "cs ", size - strlen(to) - 1);
    if (insn->id == X86_INS_CALL && short_address)
        strncat(to, "addr32 ", size - strlen(to) - 1);
    const cs_x86 *x = &insn->detail->x86;
    bool indirect = (insn->id == X86_INS_JMP || insn->id == X86_INS_CALL) && x->operands[0].type != X86_OP_IMM;
    if (indirect && insn->bytes[0] == 0x3e)
        strncat(to, "notrack ", size - strlen(to) - 1);
}

static void add_mnemonic(struct text *t, const cs_insn *insn) {
    const cs_x86 *x = &insn->detail->x86;
    char all[128], name[sizeof insn->mnemonic + 4], *rest = name, *word;
    snprintf(name, sizeof name, "%s", insn->mnemonic);
    add_prefixes(all, sizeof all, insn);
    while ((word = strsep(&rest, " ")) && rest)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s ", renamed(word));
    if (is_extension(insn))
        snprintf(all + strlen(all), sizeof all - strlen(all), "mov%c%c%c", insn->id == X86_INS_MOVZX ? 'z' : 's',
                 size_letter(x->operands[1].size), size_letter(x->operands[0].size));
    else
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%.1s%s",
                 is_string(insn) ? string_name(word) : renamed(word), (char[]){suffix(insn), 0}, float_suffix(insn));
    add(t, x->op_count ? "%-6s " : "%s", all);
}

/* ---- Operands */

static void add_hex(struct text *t, int64_t value, bool negative) {
    negative = negative && value < 0;
    add(t, negative ? "-0x%" PRIx64 : "0x%" PRIx64, negative ? -(uint64_t)value : (uint64_t)value);
}

static void add_memory(struct text *t, csh handle, const cs_insn *insn, const cs_x86_op *op) {
    if (is_string(insn) && op->mem.base)
        add(t, op->mem.base == X86_REG_RDI ? "%%es:" : "%%ds:");
    else if (op->mem.segment && (insn->id != X86_INS_NOP || op->mem.segment != X86_REG_CS))
        add(t, "%%%s:", cs_reg_name(handle, op->mem.segment));
    if (op->mem.disp || (!op->mem.base && !op->mem.index) || insn->detail->x86.encoding.disp_size)
        add_hex(t, op->mem.disp, op->mem.base || op->mem.index);
    if (!op->mem.base && !op->mem.index)
        return;
    add(t, "(");
    if (op->mem.base)
        add(t, "%%%s", cs_reg_name(handle, op->mem.base));
    if (op->mem.index)
        add(t, ",%%%s,%d", cs_reg_name(handle, op->mem.index), op->mem.scale);
    add(t, ")");
}

static bool is_branch(csh handle, const cs_insn *insn) {
    return cs_insn_group(handle, insn, CS_GRP_JUMP) || cs_insn_group(handle, insn, CS_GRP_CALL);
}

static void add_name(struct text *t, struct cli *cli, uint64_t va) {
    char name[SYMBOL_TEXT];
    symbols_gdb_name(session_symbols(cli->session), va, name);
    add(t, *name ? "0x%" PRIx64 " <%s>" : "0x%" PRIx64, va, name);
}

/* As wide as the operands are: -1 in a 32-bit instruction is 0xffffffff. */
static uint64_t immediate(const cs_insn *insn, const cs_x86_op *op) {
    unsigned bytes = insn->detail->x86.operands[0].size;
    uint64_t value = (uint64_t)op->imm;
    if (insn->id == X86_INS_PUSH || insn->id == X86_INS_RET || insn->id == X86_INS_INT)
        return value;
    return bytes == 1 || bytes == 2 || bytes == 4 ? value & ((1ull << 8 * bytes) - 1) : value;
}

static void add_operand(struct text *t, struct cli *cli, csh handle, const cs_insn *insn, const cs_x86_op *op) {
    bool branch = is_branch(handle, insn);
    if (branch && op->type != X86_OP_IMM)
        add(t, "*");
    if (op->type == X86_OP_REG)
        add(t, "%%%s", cs_reg_name(handle, op->reg));
    else if (op->type == X86_OP_MEM)
        add_memory(t, handle, insn, op);
    else if (branch)
        add_name(t, cli, (uint64_t)op->imm);
    else
        add(t, "$0x%" PRIx64, immediate(insn, op));
}

/* What an address relative to rip is. */
static void add_relative(struct text *t, struct cli *cli, const cs_insn *insn) {
    const cs_x86 *x = &insn->detail->x86;
    for (int i = 0; i < x->op_count; i++)
        if (x->operands[i].type == X86_OP_MEM && x->operands[i].mem.base == X86_REG_RIP) {
            add(t, "        # ");
            add_name(t, cli, insn->address + insn->size + (uint64_t)x->operands[i].mem.disp);
        }
}

static void add_operands(struct text *t, struct cli *cli, csh handle, const cs_insn *insn) {
    const cs_x86 *x = &insn->detail->x86;
    int count = x->op_count;
    if (is_shift(insn) && count == 2 && (x->opcode[0] & 0xfe) == 0xd0)
        count = 1; /* by one: not written */
    for (int i = count; i-- > 0;) {
        add_operand(t, cli, handle, insn, &x->operands[i]);
        add(t, i ? "," : "");
    }
    add_relative(t, cli, insn);
}

/* Capstone's operands as gdb spells them: no blanks, hexadecimal numbers but for scales, sizes in capitals. */
static void add_intel_operands(struct text *t, const char *from) {
    static const char *const sizes[] = {"byte ptr",    "word ptr",    "dword ptr", "qword ptr", "xmmword ptr",
                                        "ymmword ptr", "zmmword ptr", "tbyte ptr", "fword ptr", "ptr"};
    char before = ' '; /* what was written last */
    while (*from) {
        size_t length = 0;
        bool fresh = !isalnum((unsigned char)before) && before != '_';
        for (size_t i = 0; fresh && !length && i < sizeof sizes / sizeof *sizes; i++)
            if (!strncmp(from, sizes[i], strlen(sizes[i])))
                length = strlen(sizes[i]);
        if (*from == ' ' && (strchr(",+-*", before) || strchr("+-*", from[1]))) {
            from++;
            continue;
        }
        if (fresh && isdigit((unsigned char)*from) && before != '*' && before != '(' && strncmp(from, "0x", 2))
            add(t, "0x");
        for (size_t i = 0; i < length; i++)
            add(t, "%c", toupper((unsigned char)from[i]));
        if (!length)
            add(t, "%c", *from);
        from += length ? length : 1;
        before = from[-1];
    }
}

static void add_intel(struct text *t, struct cli *cli, csh handle, const cs_insn *insn) {
    const cs_x86 *x = &insn->detail->x86;
    add(t, *insn->op_str ? "%-6s " : "%s", insn->mnemonic);
    if (is_branch(handle, insn) && x->op_count == 1 && x->operands[0].type == X86_OP_IMM)
        add_name(t, cli, (uint64_t)x->operands[0].imm);
    else
        add_intel_operands(t, insn->op_str);
    add_relative(t, cli, insn);
}

/* ---- One instruction */

static csh decoder(void) {
    static csh handle;
    if (!handle && cs_open(CS_ARCH_X86, CS_MODE_64, &handle) == CS_ERR_OK)
        cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
    return handle;
}

unsigned disasm_one(struct cli *cli, uint64_t va, char *text, size_t size) {
    uint8_t code[DISASM_LONGEST];
    size_t got = expr_read(cli, va, code, sizeof code);
    struct text t = {text, size, 0};
    cs_insn *insn;
    if (!got)
        return 0;
    if (got > 1 && code[0] == 0x66 && code[1] == 0x90 && !cli->set.intel) {
        snprintf(text, size, "xchg   %%ax,%%ax");
        return 2;
    }
    if (cs_disasm(decoder(), code, got, va, 1, &insn) != 1) {
        snprintf(text, size, "(bad)");
        return 1;
    }
    if (cli->set.intel) {
        add_intel(&t, cli, decoder(), insn);
    } else {
        add_mnemonic(&t, insn);
        add_operands(&t, cli, decoder(), insn);
    }
    unsigned bytes = insn->size;
    cs_free(insn, 1);
    return bytes;
}

static bool is_selected(struct cli *cli, uint64_t va) {
    struct frame frame;
    return frame_selected(cli, &frame, NULL) == FACET_OK && frame.pc == va;
}

unsigned disasm_print(struct cli *cli, uint64_t va) {
    char text[256], name[SYMBOL_TEXT];
    unsigned bytes = disasm_one(cli, va, text, sizeof text);
    if (!bytes)
        return 0;
    symbols_gdb_name(session_symbols(cli->session), va, name);
    printf(is_selected(cli, va) ? "=> " : "   ");
    printf(*name ? "0x%" PRIx64 " <%s>:\t%s\n" : "0x%" PRIx64 "%s:\t%s\n", va, name, text);
    return bytes;
}
