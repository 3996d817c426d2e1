/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Debug: questions about spaces, and news for the host.
 *
 * TRAVERSE and WALK put the same question to the definition of an access and to the page tables made from it. A memory
 * capability becomes the space of a process that exists only for that.
 */
#include "check.h"
#include "debug.h"
#include "front.h"
#include "invoke.h"
#include "table.h"

static struct process prober = {.header = {.type = CAP_PROCESS}};

/* The process whose space is asked about. NULL: the capability sent is neither memory nor process. */
static struct process *asked(struct invocation *in) {
    struct cap *cap = invoke_sent(in, 0);
    if (cap->type == CAP_PROCESS)
        return (struct process *)cap->object;
    if (!cap_is_memory(cap))
        return NULL;
    prober.space = *cap;
    return &prober;
}

static void answer(struct invocation *in, unsigned long target, unsigned long fault, unsigned long restr,
                   unsigned long steps) {
    struct facet_regs *regs = &in->caller->regs;
    regs->rdx = target;
    regs->r10 = fault;
    regs->r8 = restr;
    regs->r9 = steps;
}

static void act_traverse(struct invocation *in) {
    struct walk walk;
    enum fault fault = walk_process(&walk, asked(in), in->word[0], (enum access)in->word[1], NULL);
    answer(in, walk_target(&walk), fault, walk.restr, walk.depth);
}

static bool entry_allows(unsigned long entry, enum access access) {
    return entry & PTE_P && (access != ACCESS_STORE || entry & PTE_W) && (access != ACCESS_FETCH || !(entry & PTE_NX));
}

static void act_walk(struct invocation *in) {
    struct process *process = asked(in);
    unsigned long address = in->word[0], fault = FAULT_NONE, entry = 0;
    enum access access = (enum access)in->word[1];
    if (process->cr3 && address < GUEST_ADDRESS_MAX)
        entry = table_lookup(process->cr3, address);
    if (!entry_allows(entry, access)) { /* a page fault */
        struct walk walk;
        fault = map_fault(process, address, access, &walk);
        entry = fault == FAULT_NONE ? table_lookup(process->cr3, address) : 0;
    }
    answer(in, entry & PTE_ADDRESS, fault, (entry & PTE_W ? 0 : CAP_RO) | (entry & PTE_NX ? CAP_NX : 0), 0);
    if (process == &prober)
        map_forget_space(process);
}

static void act_started(struct invocation *in) {
    debug_started((struct process *)invoke_sent(in, 0)->object);
}

static void act_faulted(struct invocation *in) {
    debug_faulted((struct process *)invoke_sent(in, 0)->object, (unsigned)in->word[0]);
}

static bool swap_possible(struct invocation *in) {
    return front_available() && (invoke_sent(in, 1)->type == CAP_NULL || front_service_left());
}

static unsigned long decode_swap(struct invocation *in) {
    const struct page *page = (struct page *)invoke_sent(in, 0)->object;
    if (page->front >= 0)
        return RC_BAD_ARG;
    return swap_possible(in) ? RC_OK : RC_NO_MEMORY;
}

/* The bytes [low, high) of the front's range have a handler, if one was sent. */
static void swapped(struct invocation *in, int index, unsigned long low, unsigned long high) {
    struct front_service service = {
        .entry = *invoke_sent(in, 1), .low = low, .high = high, .program = true, .fetches = true};
    if (service.entry.type != CAP_NULL)
        front_serve(index, &service);
    in->caller->regs.rdx = (unsigned long)index;
}

static void act_swap(struct invocation *in) {
    int index;
    front_install((struct page *)invoke_sent(in, 0)->object, (in->word[0] ? FRONT_CAREFUL : 0u) | FRONT_PROGRAM,
                  &index);
    swapped(in, index, 0, PAGE_SIZE);
}

static unsigned long decode_restore(struct invocation *in) {
    return front_of_program((struct page *)invoke_sent(in, 0)->object) ? RC_OK : RC_BAD_ARG;
}

static void act_restore(struct invocation *in) {
    front_remove((unsigned long)((struct page *)invoke_sent(in, 0)->object)->front);
}

static struct gpt *gpt_sent(struct invocation *in) {
    return (struct gpt *)invoke_sent(in, 0)->object;
}

static unsigned long decode_swap_part(struct invocation *in) {
    if (!front_part_free(gpt_sent(in), in->word[1], in->word[2]))
        return RC_BAD_ARG;
    return swap_possible(in) ? RC_OK : RC_NO_MEMORY;
}

static void act_swap_part(struct invocation *in) {
    int index;
    front_part_install(gpt_sent(in), in->word[1], in->word[2], (in->word[0] ? FRONT_CAREFUL : 0u) | FRONT_PROGRAM,
                       &index);
    unsigned long low = in->word[1] & mask_low(FRONT_SHIFT);
    swapped(in, index, low, low + in->word[2]);
}

static unsigned long decode_restore_part(struct invocation *in) {
    int index = front_at(gpt_sent(in), in->word[0]);
    return index >= 0 && front_by_program((unsigned long)index) ? RC_OK : RC_BAD_ARG;
}

static void act_restore_part(struct invocation *in) {
    front_remove((unsigned long)front_at(gpt_sent(in), in->word[0]));
}

/* ---- News of a process that another one provides for */

static const struct process *told_of(struct invocation *in) {
    return (struct process *)invoke_sent(in, 0)->object;
}

#define REGION_FLAGS (REGION_R | REGION_W | REGION_X | REGION_SHARED)
static unsigned long decode_region(struct invocation *in) {
    in->size = in->caller->regs.r13;
    if ((in->word[2] & REGION_KIND) > REGION_FILE || in->word[2] & ~(REGION_FLAGS | REGION_KIND * 1ul) ||
        in->size > DEBUG_NAME_MAX)
        return RC_BAD_ARG;
    return string_result(copy_in(in->caller, in->caller->regs.r12, copy_buffer, in->size));
}

static void act_region(struct invocation *in) {
    debug_region(told_of(in), in->word[0], in->word[1], in->word[2], copy_buffer, in->size);
}

static void act_pages(struct invocation *in) {
    debug_pages(told_of(in), in->word[0], in->word[1]);
}

static unsigned long decode_endpoint(struct invocation *in) {
    in->size = in->caller->regs.r13;
    if (in->size == 0 || in->size > DEBUG_NAME_MAX)
        return RC_BAD_ARG;
    return string_result(copy_in(in->caller, in->caller->regs.r12, copy_buffer, in->size));
}

static void act_endpoint(struct invocation *in) {
    debug_endpoint((struct endpoint *)invoke_sent(in, 0)->object, copy_buffer, in->size);
}

static unsigned long decode_syscall(struct invocation *in) {
    return string_result(copy_in(in->caller, in->caller->regs.r12, copy_buffer, in->caller->regs.r13));
}

static void act_syscall(struct invocation *in) {
    unsigned long arguments[6];
    memcpy(arguments, copy_buffer, sizeof arguments);
    debug_syscall(told_of(in), in->word[0], in->word[1], in->word[2], arguments);
}

static unsigned long decode_damage(struct invocation *in) {
    (void)in;
#ifdef FACET_DEBUG
    return RC_OK;
#else
    return RC_BAD_OP;
#endif
}

static void act_damage(struct invocation *in) {
    kernel_damage((enum damage)in->word[0], (struct gpt *)invoke_sent(in, 0)->object);
}

#define PROCESS_SENT                                                                                                   \
    { "process", CAP_SET(CAP_PROCESS) }
static const struct operation rows[] = {
    {.op = OP_DEBUG_TRAVERSE,
     .name = "OP_DEBUG_TRAVERSE",
     .types = CAP_SET(CAP_DEBUG),
     .word = {{"address", 0, ~0ul}, {"enum access", ACCESS_LOAD, ACCESS_FETCH}},
     .sent = {{"space or process", CAP_SET(CAP_PROCESS) | CAP_SET_MEMORY}},
     .result = "w0 frame or front address, w1 enum fault, w2 restrictions, w3 steps",
     .act = act_traverse},
    {.op = OP_DEBUG_WALK,
     .name = "OP_DEBUG_WALK",
     .types = CAP_SET(CAP_DEBUG),
     .word = {{"address", 0, ~0ul}, {"enum access", ACCESS_LOAD, ACCESS_FETCH}},
     .sent = {{"space or process", CAP_SET(CAP_PROCESS) | CAP_SET_MEMORY}},
     .result = "the same of the page tables",
     .act = act_walk},
    {.op = OP_DEBUG_STARTED,
     .name = "OP_DEBUG_STARTED",
     .types = CAP_SET(CAP_DEBUG),
     .sent = {PROCESS_SENT},
     .act = act_started},
    {.op = OP_DEBUG_FAULTED,
     .name = "OP_DEBUG_FAULTED",
     .types = CAP_SET(CAP_DEBUG),
     .word = {{"signal", 1, 64}},
     .sent = {PROCESS_SENT},
     .act = act_faulted},
    {.op = OP_DEBUG_SWAP,
     .name = "OP_DEBUG_SWAP",
     .types = CAP_SET(CAP_DEBUG),
     .word = {{"careful", 0, 1}},
     .sent = {{"page", CAP_SET(CAP_PAGE)}, {"its handler", CAP_SET(CAP_NULL) | CAP_SET_ENTRY}},
     .result = "w0 number of the front",
     .decode = decode_swap,
     .act = act_swap},
    {.op = OP_DEBUG_RESTORE,
     .name = "OP_DEBUG_RESTORE",
     .types = CAP_SET(CAP_DEBUG),
     .sent = {{"page", CAP_SET(CAP_PAGE)}},
     .decode = decode_restore,
     .act = act_restore},
    {.op = OP_DEBUG_DAMAGE,
     .name = "OP_DEBUG_DAMAGE",
     .types = CAP_SET(CAP_DEBUG),
     .word = {{"enum damage", 0, DAMAGE_COUNT - 1}},
     .sent = {{"GPT", CAP_SET(CAP_GPT)}},
     .result = "only in debug builds, which it ends; else RC_BAD_OP",
     .decode = decode_damage,
     .act = act_damage},
    {.op = OP_DEBUG_REGION,
     .name = "OP_DEBUG_REGION",
     .types = CAP_SET(CAP_DEBUG),
     .word = {{"address", 0, ~0ul},
              {"bytes", 0, ~0ul},
              {"enum region + enum region_flag", 0, REGION_FLAGS | REGION_FILE}},
     .sent = {PROCESS_SENT},
     .decode = decode_region,
     .act = act_region},
    {.op = OP_DEBUG_PAGES,
     .name = "OP_DEBUG_PAGES",
     .types = CAP_SET(CAP_DEBUG),
     .word = {{"address", 0, ~0ul}, {"bytes", 0, ~0ul}},
     .sent = {PROCESS_SENT},
     .act = act_pages},
    {.op = OP_DEBUG_SYSCALL,
     .name = "OP_DEBUG_SYSCALL",
     .types = CAP_SET(CAP_DEBUG),
     .string = 6 * sizeof(unsigned long),
     .word = {{"number", 0, ~0ul}, {"result", 0, ~0ul}, {"enum syscall_flag", 0, SYSCALL_UNKNOWN | SYSCALL_NO_RETURN}},
     .sent = {PROCESS_SENT},
     .decode = decode_syscall,
     .act = act_syscall},
    {.op = OP_DEBUG_ENDPOINT,
     .name = "OP_DEBUG_ENDPOINT",
     .types = CAP_SET(CAP_DEBUG),
     .sent = {{"endpoint", CAP_SET(CAP_ENDPOINT)}},
     .result = "a string: its name",
     .decode = decode_endpoint,
     .act = act_endpoint},
    {.op = OP_DEBUG_SWAP_PART,
     .name = "OP_DEBUG_SWAP_PART",
     .types = CAP_SET(CAP_DEBUG),
     .word = {{"careful", 0, 1}, {"offset", 0, ~0ul}, {"bytes", 0, ~0ul}},
     .sent = {{"GPT", CAP_SET(CAP_GPT)}, {"its handler", CAP_SET(CAP_NULL) | CAP_SET_ENTRY}},
     .result = "w0 number of the front",
     .decode = decode_swap_part,
     .act = act_swap_part},
    {.op = OP_DEBUG_RESTORE_PART,
     .name = "OP_DEBUG_RESTORE_PART",
     .types = CAP_SET(CAP_DEBUG),
     .word = {{"offset", 0, ~0ul}},
     .sent = {{"GPT", CAP_SET(CAP_GPT)}},
     .decode = decode_restore_part,
     .act = act_restore_part},
};
const struct operation_group debug_operations = OPERATION_GROUP(rows);
