# SPDX-License-Identifier: GPL-2.0-or-later
#
# facet. `make help` lists the targets. Everything is built into build/$(MODE)/.
# Sources are listed, never globbed: add a file to its list and it is built, linked and cleaned.

MODE ?= release
B := build/$(MODE)
PREFIX ?= /usr/local
DESTDIR ?=
CC = gcc
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-print-directory
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif

# ---- Sources --------------------------------------------------------------------------------------------------------

# The machine: libemu.a. The only folder that includes Unicorn.
EMU_SRC = emu/machine.c emu/boot.c emu/engine.c emu/mmu.c emu/coherence.c emu/trap.c emu/run.c emu/kick.c emu/step.c emu/clock.c \
	emu/device.c emu/stream.c emu/host.c emu/host_path.c emu/host_name.c emu/host_io.c emu/instruction.c emu/operand.c emu/refuse.c emu/survive.c emu/error.c \
	emu/front.c emu/access.c emu/answers.c emu/copy.c emu/transaction.c emu/message.c emu/decode.c emu/form.c \
	emu/fetch.c emu/inline.c emu/known.c emu/reach.c emu/archive.c emu/checkpoint.c emu/checkpoint_access.c emu/host_save.c

# The kernel: kernel.elf, freestanding, linked by kernel/kernel.ld. C and assembler.
KERNEL_SRC = kernel/main.c kernel/boot.c kernel/cpu.c kernel/paging.c kernel/memory.c kernel/console.c kernel/object.c \
	kernel/cap.c kernel/walk.c kernel/table.c kernel/depend.c kernel/map.c kernel/front.c kernel/front_part.c kernel/front_serve.c kernel/access.c kernel/serve.c kernel/fault.c kernel/fpu.c kernel/process.c \
	kernel/invoke.c kernel/ipc.c kernel/strings.c kernel/copy.c kernel/debug.c kernel/check.c kernel/check_object.c \
	kernel/check_depend.c kernel/damage.c kernel/start.c kernel/cap_memory.c kernel/cap_gpt.c \
	kernel/cap_process.c kernel/cap_endpoint.c kernel/cap_forwarder.c kernel/cap_tool.c kernel/forward.c kernel/cap_range.c kernel/cap_stream.c kernel/cap_debug.c kernel/cap_power.c \
	kernel/cap_discrim.c kernel/cap_host.c kernel/cap_schedule.c kernel/schedule.c kernel/report.c
KERNEL_ASM = kernel/head.S kernel/entry.S kernel/string.S

# init.elf, the one program the kernel starts; embedded in kernel.elf between init_image and init_image_end.
DOMAIN_SRC = kernel/domain/init.c kernel/domain/elf.c kernel/domain/space.c kernel/domain/programs.c kernel/domain/bank.c kernel/domain/bank_start.c kernel/domain/init_start.S

# linux.elf, the Linux personality, which init starts for a program that is not native; embedded in init.elf. C and assembler.
LINUX_SRC = $(patsubst %,kernel/domain/linux/%,main.c calls.c clock.c signal.c user.c fault.c vm.c region.c space.c \
	say.c stock.c pool.c load.c stack.c mmap.c mremap.c advice.c sync.c frame.c rseq.c timer.c process.c limits.c random.c start.S \
	text.c file.c host.c fd.c transfer.c mount.c path.c walk.c open.c refuse.c stat.c names.c attributes.c xattr.c node.c \
	device.c memory.c proc.c pipe.c directory.c poll.c terminal.c filecalls.c)

# Keepers that a program can start as processes of its own: linked to it.
KEEPER_SRC = kernel/domain/pager.c kernel/domain/copyspace.c kernel/domain/constructor.c

# The host tool. main.c stays out of libdebugger.a, which the unit tests link.
DEBUGGER_SRC = debugger/main.c debugger/options.c debugger/run.c debugger/session.c debugger/session_run.c debugger/session_boot.c debugger/pack.c debugger/checkpoint.c debugger/checkpoint_plan.c debugger/checkpoint_swaps.c debugger/cmd_checkpoint.c debugger/keep.c debugger/grants.c debugger/objects.c debugger/regions.c debugger/strace.c debugger/strace_args.c debugger/strace_structs.c \
	debugger/strace_calls.c debugger/strace_flags.c debugger/report.c debugger/stats.c \
	debugger/program.c debugger/symbols.c debugger/object.c debugger/text.c debugger/kernel.c debugger/swap.c debugger/fronts.c debugger/endpoints.c \
	debugger/dispatch.c debugger/hold.c debugger/broken.c debugger/guard.c debugger/services.c debugger/events.c debugger/handlers.c debugger/script.c debugger/script_access.c debugger/script_services.c debugger/builtin_trace.c \
	debugger/builtin_count.c debugger/builtin_watch.c debugger/builtin_freeze.c debugger/builtin_once.c debugger/builtin_flip.c debugger/builtin_poison.c debugger/byteset.c debugger/builtin_log.c debugger/history.c debugger/cmd_accesses.c debugger/cli.c debugger/cli_input.c debugger/cli_terminal.c debugger/cli_complete.c debugger/cli_script.c debugger/cli_help.c debugger/cli_help_text.c debugger/cli_info.c \
	debugger/cli_settings.c debugger/cli_arguments.c debugger/cmd_print.c debugger/color.c debugger/address.c \
	debugger/frame.c debugger/frame_guess.c debugger/inlined.c debugger/ifunc.c debugger/disasm.c debugger/lines.c debugger/linespec.c debugger/source.c debugger/point.c \
	debugger/watchpoint.c debugger/control.c debugger/step.c debugger/tell.c debugger/returned.c debugger/cmd_step.c \
	debugger/cmd_break.c debugger/cmd_watch.c debugger/cmd_stack.c debugger/cmd_list.c debugger/cmd_disassemble.c \
	debugger/cmd_run.c debugger/cmd_data.c debugger/cmd_space.c debugger/cmd_traverse.c debugger/traverse_steps.c debugger/caps.c debugger/graph.c debugger/graph_text.c debugger/space.c debugger/who.c debugger/tree.c debugger/query.c debugger/cmd_caps.c debugger/cmd_who.c debugger/cmd_tree.c debugger/cmd_processes.c \
	debugger/flow.c debugger/flow_rules.c debugger/flow_walk.c debugger/flow_message.c debugger/flow_explain.c debugger/flow_live.c debugger/flow_ask.c debugger/flow_write.c debugger/cmd_flow.c \
	debugger/expr.c debugger/expr_lex.c debugger/expr_parse.c debugger/expr_type.c \
	debugger/expr_eval.c debugger/expr_op.c debugger/expr_variable.c debugger/vector.c debugger/data.c debugger/value.c debugger/value_part.c \
	debugger/value_print.c debugger/value_text.c debugger/type.c debugger/type_dwarf.c debugger/type_dynamic.c debugger/type_print.c debugger/catalogue.c \
	debugger/scope.c debugger/location.c debugger/location_value.c debugger/location_entry.c debugger/format.c debugger/cmd_value.c debugger/cmd_display.c debugger/cmd_info.c debugger/cmd_symbols.c

# What flow says against a search of all states, on its own: neither the kernel nor a machine.
FLOW_SRC = $(patsubst %,debugger/%.c,flow flow_rules flow_walk flow_message flow_explain text)
FLOW_TEST_SRC = $(patsubst %,tests/flow/%.c,enumerate bases choose graphs compare world explore authority)
FLOW_WALK_SRC = $(patsubst %,tests/flow/%.c,walk graphs compare world explore authority)
FLOW_KERNEL_SRC = tests/flow/kernel.c tests/flow/kernel_look.c

# One source each. Guests are linked with $(B)/crt0.o (kernel/domain/crt0.S), handlers are shared objects.
SAMPLE_GUESTS = samples/guests/wordfreq.c samples/guests/ledger.c samples/guests/remote.c samples/guests/membrane.c samples/guests/writeonce.c samples/guests/uart.c samples/guests/facets.c samples/guests/wrap.c
SAMPLE_HANDLERS = samples/handlers/tracer.c samples/handlers/stuckbit.c samples/handlers/future.c samples/handlers/effect.c samples/handlers/sparse.c
TEST_GUESTS = tests/guests/ipc.c tests/guests/keeper.c tests/guests/revoke.c tests/guests/code.c tests/guests/fuzz.c \
	tests/guests/host.c tests/guests/hostile.c tests/guests/trees.c tests/guests/operations.c tests/guests/strings.c tests/guests/windows.c \
	tests/guests/paths.c tests/guests/badop.c tests/guests/rescind.c tests/guests/damage.c tests/guests/keepers.c \
	tests/guests/steps.S
TEST_GUESTS += tests/guests/handlers.c tests/guests/parts.c tests/guests/lost.c tests/guests/crossing.c tests/guests/nested.c tests/guests/mortal.c tests/guests/brands.c tests/guests/forwarders.c tests/guests/fronts.c tests/guests/confined.c tests/guests/accounts.c tests/guests/banks.c tests/guests/serving.c tests/guests/adjoin.c tests/guests/turns.c tests/guests/schedule.c tests/guests/singlestep.c tests/guests/deadlock.c
TEST_GUESTS += tests/guests/foreign.c tests/guests/plenty.c tests/guests/peek.c tests/guests/machine.c tests/guests/messages.c tests/guests/model.c
TEST_GUESTS += tests/guests/holders.c tests/guests/ways.c tests/guests/mob.c tests/guests/late.c
# Linked to tests/guests/model: the model and what compares the kernel with it.
MODEL_SRC = tests/model/model.c tests/model/ways.c tests/model/objects.c tests/model/operations.c tests/model/access.c tests/model/forwarders.c \
	tests/model/messages.c tests/model/banks.c
BENCH_GUESTS = tests/bench/thousands.c tests/bench/random16m.c tests/bench/compute.c tests/bench/touch.c tests/bench/captured.c tests/bench/kernel.c
BENCH_HOST = tests/bench/pairs.c tests/bench/flat.c tests/bench/bare.c tests/bench/access.c
QEMU_HOST = tests/qemu/alone.c
QEMU_RUNGS = 03_paging 04_page_fault 05_ring3 06_syscall

# Linux programs that run natively and under facet: one of several files …
HOSTILE_SRC = $(patsubst %,tests/linux/hostile/%.c,main instructions memory signals calls)
MATRIX_SRC = $(patsubst %,tests/linux/matrix/%.c,main memory process signals contents descriptors names status)
# … those that the debugger's tests debug, of one file each, not optimized.
DEBUGGED = tests/linux/stockroom.c tests/linux/talk.c

# Kernel-like images for the machine alone: -Ttext=0x100000, one segment, entry _start.
LADDER = $(patsubst %,tests/ladder/%.S,01_halt 02_console 03_paging 04_page_fault 05_ring3 06_syscall \
	07_int_dpl 08_privileged 09_rewrite 10_frame_reuse 11_pressure 12_exceptions 13_nested 14_border 15_microcode \
	16_trap_flag 17_odd 20_debug 21_loop 22_steps 23_clock 30_triple 31_bus 32_halted 33_cr3 34_stuck 40_random 41_abort)

# Criterion. Linked together into $(B)/tests/unit; `make $(B)/tests/test_x` makes one of them alone.
UNIT_TESTS = tests/test_emu_host.c tests/test_emu_host_paths.c tests/host_machine.c tests/test_emu_create.c tests/test_emu_ladder.c tests/test_emu_run.c tests/test_emu_random.c tests/test_emu_clock.c tests/test_emu_checkpoint.c tests/ladder_boot.c \
	tests/test_access.c tests/test_access_fetch.c tests/test_access_copies.c tests/test_access_faults.c tests/test_access_verdicts.c \
	tests/test_access_inline.c tests/access_machine.c tests/access_run.c tests/access_compare.c tests/access_native.c \
	tests/test_dbg_expr.c tests/test_kernel.c tests/test_dbg_watch.c tests/test_dbg_session.c tests/test_dbg_graph.c tests/test_dbg_who.c tests/test_dbg_flow.c tests/test_dbg_symbols.c tests/test_dbg_program.c tests/test_dbg_dispatch.c tests/test_dbg_events.c tests/test_dbg_cli.c tests/test_dbg_regions.c tests/test_dbg_grants.c tests/test_dbg_checkpoint.c

# ---- Flags ----------------------------------------------------------------------------------------------------------

WARN = -Wall -Wextra -Werror -Wmissing-prototypes -Wconversion
DEPFLAGS = -MMD -MP

OPT_release = -O2
OPT_debug = -O1 -DFACET_DEBUG
OPT_asan = -O1 -fsanitize=address -fno-omit-frame-pointer
# (Unicorn's own macros shift a 3 into the sign bit.)
OPT_ubsan = -O1 -fsanitize=undefined -fno-sanitize=shift-base -fno-sanitize-recover=undefined
OPT_cov = -O0 --coverage
ifeq ($(OPT_$(MODE)),)
$(error MODE=$(MODE): there is release, debug, asan, ubsan, cov)
endif

# The host side: emu/, debugger/, tests. -I. for "emu/emu.h".
HOST_CFLAGS = -std=gnu11 -g $(OPT_$(MODE)) $(WARN) -D_GNU_SOURCE -I. -Iinclude
HOST_LIBS = $(UNICORN_LIBS) $(LUA_LIBS) -lcapstone -ldw -lelf -ledit -lsqlite3 -lzstd -ldl -lm

# The kernel: no host, no floating point, no red zone under interrupts, high half.
KERNEL_OPT_debug = -DFACET_DEBUG
KERNEL_CFLAGS = -std=gnu11 -g -O2 $(WARN) $(KERNEL_OPT_$(MODE)) -Iinclude -ffreestanding -fno-pic -fno-pie \
	-mcmodel=kernel -mno-red-zone -mgeneral-regs-only -fno-stack-protector -fcf-protection=none \
	-fno-asynchronous-unwind-tables -fno-strict-aliasing -ffunction-sections
KERNEL_LDFLAGS = -nostdlib -static -no-pie -Wl,--build-id=none,-z,max-page-size=4096,-z,noexecstack,--no-warn-rwx-segments

# Programs of ring 3: fixed addresses, no host, symbols and lines kept. The same in every mode.
GUEST_CFLAGS = -std=gnu11 -g -O2 $(WARN) -Iinclude -ffreestanding -fno-pic -fno-pie -fno-stack-protector \
	-fcf-protection=none -fno-asynchronous-unwind-tables -fno-tree-loop-distribute-patterns
GUEST_LDFLAGS = -nostdlib -static -no-pie -Wl,--build-id=none,-z,max-page-size=4096,-z,noexecstack

HANDLER_CFLAGS = -std=gnu11 -g -O2 $(WARN) -Iinclude -fPIC -shared

# ---- Dependencies ---------------------------------------------------------------------------------------------------
# build/deps.mk says where Unicorn lies: UNICORN_CFLAGS, UNICORN_LIBS, and UNICORN_DIR (relative to build/; empty: the
# system's own); and Lua: LUA_CFLAGS, LUA_LIBS. Make remakes it, and starts over with it, before anything else.

NO_DEPS = help clean distclean deps
ifneq ($(filter-out $(NO_DEPS),$(or $(MAKECMDGOALS),all)),)
include build/deps.mk
endif
build/deps.mk: .ci/deps.sh
	@.ci/deps.sh build
build/deps-test: .ci/deps.sh build/deps.mk
	@.ci/deps.sh test

# ---- Outputs --------------------------------------------------------------------------------------------------------

GUEST_NAMES = $(basename $(notdir $(1)))
SAMPLE_GUEST_BIN = $(addprefix $(B)/guests/,$(call GUEST_NAMES,$(SAMPLE_GUESTS)))
TEST_GUEST_BIN = $(addprefix $(B)/tests/guests/,$(call GUEST_NAMES,$(TEST_GUESTS)))
BENCH_GUEST_BIN = $(addprefix $(B)/tests/bench/,$(call GUEST_NAMES,$(BENCH_GUESTS)))
BENCH_HOST_BIN = $(BENCH_HOST:%.c=$(B)/%)
QEMU_BIN = $(QEMU_HOST:%.c=$(B)/%) $(QEMU_RUNGS:%=$(B)/tests/ladder/%.elf)
HANDLER_BIN = $(SAMPLE_HANDLERS:samples/handlers/%.c=$(B)/handlers/%.so)
LADDER_BIN = $(LADDER:%.S=$(B)/%.elf)
DEBUGGED_BIN = $(DEBUGGED:%.c=$(B)/%)
UNIT_OBJ = $(UNIT_TESTS:%.c=$(B)/%.o)

OBJ = $(addprefix $(B)/,$(addsuffix .o,$(basename $(1))))
EMU_OBJ = $(call OBJ,$(EMU_SRC))
KERNEL_OBJ = $(call OBJ,$(KERNEL_SRC) $(KERNEL_ASM))
DOMAIN_OBJ = $(call OBJ,$(DOMAIN_SRC))
LINUX_OBJ = $(call OBJ,$(LINUX_SRC))
MODEL_OBJ = $(call OBJ,$(MODEL_SRC))
KEEPER_OBJ = $(call OBJ,$(KEEPER_SRC))
DEBUGGER_OBJ = $(call OBJ,$(filter-out %/main.c,$(DEBUGGER_SRC)))

all: $(if $(DEBUGGER_SRC),$(B)/facet) $(if $(EMU_SRC),$(B)/libemu.a) $(if $(KERNEL_SRC),$(B)/kernel.elf) \
	$(SAMPLE_GUEST_BIN) $(HANDLER_BIN)

MKDIR = @mkdir -p $(@D)
# One line for each output; V=1 shows the commands.
say = $(if $(V),,@echo "  $@"; )

$(EMU_OBJ): $(B)/%.o: %.c
	$(MKDIR)
	$(say)$(CC) $(HOST_CFLAGS) $(UNICORN_CFLAGS) $(DEPFLAGS) -c -o $@ $<
$(DEBUGGER_OBJ) $(B)/debugger/main.o: $(B)/%.o: %.c
	$(MKDIR)
	$(say)$(CC) $(HOST_CFLAGS) $(LUA_CFLAGS) $(DEPFLAGS) -c -o $@ $<
$(UNIT_OBJ): $(B)/%.o: %.c
	$(MKDIR)
	$(say)$(CC) $(HOST_CFLAGS) $(UNICORN_CFLAGS) -DBUILD_DIR='"$(B)"' $(DEPFLAGS) -c -o $@ $<
$(KERNEL_OBJ): CFLAGS_HERE = $(KERNEL_CFLAGS) -Ikernel
$(KEEPER_OBJ) $(B)/kernel/domain/crt0.o: CFLAGS_HERE = $(GUEST_CFLAGS) -Ikernel/domain
$(DOMAIN_OBJ): CFLAGS_HERE = $(GUEST_CFLAGS) -mgeneral-regs-only -Ikernel/domain
$(LINUX_OBJ): CFLAGS_HERE = $(GUEST_CFLAGS) -mgeneral-regs-only
$(B)/samples/guests/%.o $(B)/tests/guests/%.o $(B)/tests/bench/%.o $(B)/tests/model/%.o: CFLAGS_HERE = $(GUEST_CFLAGS)
$(B)/kernel/%.o $(B)/samples/%.o $(B)/tests/%.o: CFLAGS_HERE ?= $(GUEST_CFLAGS)
$(B)/%.o: %.c
	$(MKDIR)
	$(say)$(CC) $(CFLAGS_HERE) $(DEPFLAGS) -c -o $@ $<
$(B)/%.o: %.S
	$(MKDIR)
	$(say)$(CC) $(CFLAGS_HERE) $(DEPFLAGS) -c -o $@ $<

# A file as read-only data between NAME and NAME_end: $(call embed,NAME,FILE)
embed = printf '.section .rodata\n.balign 4096\n.globl $(1),$(1)_end\n$(1):\n.incbin "$(2)"\n$(1)_end:\n.byte 0\n.section .note.GNU-stack,"",@progbits\n' \
	| $(CC) -x assembler -c -o $@ -

# The system calls as the kernel's dispatcher has them.
$(B)/tests/optable: tests/optable.c
	$(MKDIR)
	$(say)$(CC) -std=gnu11 -g -O1 $(WARN) -D_GNU_SOURCE -I. -Iinclude $(DEPFLAGS) -o $@ $<
$(B)/tests/guests/operations.inc: $(B)/tests/optable $(B)/kernel.elf
	$(MKDIR)
	$(say)$(B)/tests/optable $(B)/kernel.elf rows > $@
OPERATIONS_OBJ = $(patsubst %,$(B)/tests/guests/%.o,operations fronts confined mob)
$(OPERATIONS_OBJ): CFLAGS_HERE = $(GUEST_CFLAGS) -I$(B)/tests/guests
$(OPERATIONS_OBJ): $(B)/tests/guests/operations.inc

$(B)/libemu.a: $(EMU_OBJ)
	$(MKDIR)
	@rm -f $@
	$(say)ar rcs $@ $^
$(B)/device_lua.o: debugger/device.lua
	$(MKDIR)
	$(say)$(call embed,device_lua,$<)
$(B)/libdebugger.a: $(DEBUGGER_OBJ) $(B)/device_lua.o $(if $(KERNEL_SRC),$(B)/kernel_image.o)
	$(MKDIR)
	@rm -f $@
	$(say)ar rcs $@ $^

$(B)/linux.elf: $(LINUX_OBJ)
	$(say)$(CC) $(GUEST_LDFLAGS) -o $@ $^
$(B)/linux_image.o: $(B)/linux.elf
	$(say)$(call embed,linux_image,$<)
$(B)/init.elf: $(DOMAIN_OBJ) $(B)/linux_image.o
	$(say)$(CC) $(GUEST_LDFLAGS) -o $@ $^
$(B)/init_image.o: $(B)/init.elf
	$(say)$(call embed,init_image,$<)
$(B)/kernel.elf: kernel/kernel.ld $(KERNEL_OBJ) $(if $(DOMAIN_SRC),$(B)/init_image.o)
	$(say)$(CC) $(KERNEL_LDFLAGS) -Wl,-T,kernel/kernel.ld -o $@ $(filter %.o,$^)
$(B)/kernel_image.o: $(B)/kernel.elf
	$(say)$(call embed,kernel_image,$<)

# $(call rpath,FOLDERS UP TO build/)
rpath = $(if $(UNICORN_DIR),-Wl$(,)-rpath$(,)'$$ORIGIN/$(1)/$(UNICORN_DIR)')
, := ,
$(B)/facet: $(B)/debugger/main.o $(B)/libdebugger.a $(B)/libemu.a
	$(say)$(CC) $(HOST_CFLAGS) -rdynamic -o $@.new $^ $(HOST_LIBS) $(call rpath,..)
	@mv $@.new $@

$(B)/crt0.o: $(B)/kernel/domain/crt0.o
	$(say)cp $< $@
$(B)/guests/wordfreq: $(B)/samples/guests/wordtable.o
$(SAMPLE_GUEST_BIN): $(B)/guests/%: $(B)/samples/guests/%.o $(B)/crt0.o
	$(MKDIR)
	$(say)$(CC) $(GUEST_LDFLAGS) -o $@ $^
# The same program for the host: tests/native/ stands in for the guest's header, the table's object file is the same.
$(B)/tests/native/wordfreq: samples/guests/wordfreq.c $(B)/samples/guests/wordtable.o
	$(MKDIR)
	$(say)$(CC) -std=gnu11 -g -O2 $(WARN) -fno-tree-loop-distribute-patterns -Itests/native -no-pie $(DEPFLAGS) -o $@ $^
$(TEST_GUEST_BIN): $(B)/tests/guests/%: $(B)/tests/guests/%.o $(B)/crt0.o
	$(MKDIR)
	$(say)$(CC) $(GUEST_LDFLAGS) -o $@ $(B)/crt0.o $(filter-out $(B)/crt0.o,$(filter %.o,$^))
$(B)/tests/guests/model: $(MODEL_OBJ)
$(B)/tests/guests/keepers $(B)/tests/guests/confined: $(KEEPER_OBJ)
$(BENCH_GUEST_BIN): $(B)/tests/bench/%: $(B)/tests/bench/%.o $(B)/crt0.o
	$(MKDIR)
	$(say)$(CC) $(GUEST_LDFLAGS) -o $@ $(B)/crt0.o $<
# Host programs that measure: the machine without facet, or two commands against each other.
$(BENCH_HOST_BIN): $(B)/tests/bench/%: tests/bench/%.c $(B)/libemu.a
	$(MKDIR)
	$(say)$(CC) $(HOST_CFLAGS) $(UNICORN_CFLAGS) $(DEPFLAGS) -o $@ $< $(B)/libemu.a $(HOST_LIBS) $(call rpath,../../..)
$(call OBJ,$(sort $(FLOW_TEST_SRC) $(FLOW_KERNEL_SRC))): $(B)/%.o: %.c
	$(MKDIR)
	$(say)$(CC) $(HOST_CFLAGS) $(DEPFLAGS) -c -o $@ $<
$(B)/tests/flow/enumerate: $(call OBJ,$(FLOW_TEST_SRC) $(FLOW_SRC))
	$(say)$(CC) $(HOST_CFLAGS) -o $@ $^
FLOW_TEST_H = $(patsubst %,tests/flow/%.h,world run graphs bases choose compare)
# With room for what a Range makes; for larger graphs.
$(B)/tests/flow/enumerate16: $(FLOW_TEST_SRC) $(call OBJ,$(FLOW_SRC)) $(FLOW_TEST_H)
	$(say)$(CC) $(HOST_CFLAGS) -DNODES=16 -o $@ $(filter %.c %.o,$^)
$(B)/tests/flow/walk: $(FLOW_WALK_SRC) $(call OBJ,$(FLOW_SRC)) $(FLOW_TEST_H)
	$(say)$(CC) $(HOST_CFLAGS) -DNODES=64 -o $@ $(filter %.c %.o,$^)
FLOW_TEST_BIN = $(patsubst %,$(B)/tests/flow/%,enumerate enumerate16 walk kernel)
$(B)/tests/flow/kernel: $(call OBJ,$(FLOW_KERNEL_SRC)) $(B)/libdebugger.a $(B)/libemu.a
	$(say)$(CC) $(HOST_CFLAGS) -rdynamic -o $@ $^ $(HOST_LIBS) $(call rpath,../../..)
# Checkpoints made to harm: it sees the fields of good ones while they are saved.
FUZZ_SRC = $(patsubst %,tests/checkpoint/%.c,fuzz mutate stub) $(B)/libdebugger.a $(B)/libemu.a
$(B)/tests/checkpoint/fuzz: $(FUZZ_SRC) tests/checkpoint/mutate.h
	$(MKDIR)
	$(say)$(CC) $(HOST_CFLAGS) $(UNICORN_CFLAGS) $(patsubst %,-Wl$(,)--wrap=archive_%,bytes flag number text) -o $@ $(FUZZ_SRC) $(HOST_LIBS) $(call rpath,../../..)
$(B)/tests/qemu/alone: tests/qemu/alone.c $(B)/libemu.a
	$(MKDIR)
	$(say)$(CC) $(HOST_CFLAGS) $(DEPFLAGS) -o $@ $< $(B)/libemu.a $(HOST_LIBS) $(call rpath,../../..)
$(B)/tests/bench/pass.so: tests/bench/pass.c
	$(MKDIR)
	$(say)$(CC) $(HANDLER_CFLAGS) $(DEPFLAGS) -o $@ $<
$(HANDLER_BIN): $(B)/handlers/%.so: samples/handlers/%.c
	$(MKDIR)
	$(say)$(CC) $(HANDLER_CFLAGS) $(DEPFLAGS) -o $@ $<
$(LADDER_BIN): $(B)/%.elf: %.S
	$(MKDIR)
	$(say)$(CC) -Iinclude $(DEPFLAGS) -nostdlib -static -no-pie -Wl,-N,-Ttext=0x100000,--build-id=none,--no-warn-rwx-segments -o $@ $<

# Ordinary static Linux programs.
LINUX_CFLAGS = -std=gnu11 -g -O1 -Wall -Wextra -Werror -D_GNU_SOURCE -static
$(B)/tests/linux/matrix: $(MATRIX_SRC) tests/linux/matrix/matrix.h
	$(MKDIR)
	$(say)$(CC) $(LINUX_CFLAGS) -o $@ $(MATRIX_SRC)
$(B)/tests/linux/hostile: $(HOSTILE_SRC) tests/linux/hostile/hostile.h
	$(MKDIR)
	$(say)$(CC) $(LINUX_CFLAGS) -o $@ $(HOSTILE_SRC)
$(B)/tests/linux/escape $(B)/tests/linux/fuzz $(B)/tests/linux/elfs: $(B)/%: %.c
	$(MKDIR)
	$(say)$(CC) $(LINUX_CFLAGS) -o $@ $<
$(DEBUGGED_BIN): $(B)/tests/linux/%: tests/linux/%.c
	$(MKDIR)
	$(say)$(CC) $(filter-out -O1,$(LINUX_CFLAGS)) -O0 $(DEPFLAGS) -o $@ $<
# A libc without call frame information.
$(B)/tests/linux/stockroom-musl: tests/linux/stockroom.c | build/deps-test
	$(MKDIR)
	$(say)musl-gcc $(filter-out -O1,$(LINUX_CFLAGS)) -O0 -o $@ $<

UNIT_LIBS = $(B)/libdebugger.a $(B)/libemu.a
$(B)/tests/unit: $(UNIT_OBJ) $(UNIT_LIBS)
	$(say)$(CC) $(HOST_CFLAGS) -o $@ $^ -lcriterion $(HOST_LIBS) $(call rpath,../..)
$(UNIT_TESTS:%.c=$(B)/%): %: %.o $(UNIT_LIBS)
	$(say)$(CC) $(HOST_CFLAGS) -o $@ $(filter %.o,$^) $(UNIT_LIBS) -lcriterion $(HOST_LIBS) $(call rpath,../..)

$(B)/tests/test_emu_checkpoint $(B)/tests/test_emu_create $(B)/tests/test_emu_ladder $(B)/tests/test_emu_run $(B)/tests/test_emu_random $(B)/tests/test_emu_clock: $(B)/tests/ladder_boot.o
$(B)/tests/test_emu_host $(B)/tests/test_emu_host_paths: $(B)/tests/host_machine.o $(B)/tests/ladder_boot.o
$(B)/tests/test_access $(B)/tests/test_access_verdicts $(B)/tests/test_access_inline $(B)/tests/test_emu_clock $(B)/tests/test_emu_checkpoint: $(B)/tests/access_machine.o
$(B)/tests/test_access_fetch $(B)/tests/test_access_copies $(B)/tests/test_access_faults: $(B)/tests/access_machine.o
$(B)/tests/test_access $(B)/tests/test_access_fetch $(B)/tests/test_access_faults: $(B)/tests/access_run.o $(B)/tests/access_compare.o $(B)/tests/access_native.o

-include $(shell find $(B) -name '*.d' 2>/dev/null)

# ---- Targets --------------------------------------------------------------------------------------------------------

help:
	@echo 'make [TARGET] [MODE=release|debug|asan|ubsan|cov] [V=1]'
	@echo
	@echo '  all       facet, its kernel, the samples                    (build/$(MODE)/; the default)'
	@echo '  demo      builds and shows wordfreq with a handler on its hash table'
	@echo '  test      builds and runs everything that must pass'
	@echo '  check     test, the unit tests under sanitizers, format, cppcheck'
	@echo '  accounts-million  a million random requests to banks, against a model'
	@echo '  mutants   does a test notice when the kernel is wrong? one change at a time'
	@echo '  unit      only the unit tests'
	@echo '  matrix-full  every access form at every place under every verdict; `make test` tries a part (four minutes)'
	@echo '  flow-full  what flow says, on every graph of up to five nodes and four capabilities and on random ones, against a search of all states (an hour)'
	@echo '  flow-kernel SYSTEMS=500  what flow says, against hostile processes on the kernel in so many random systems'
	@echo '  flow-mutants  does a comparison notice when flow is wrong? one rule or line at a time'
	@echo '  mixed-million  a million accesses for each of SEEDS, against what valgrind sees'
	@echo '  test-qemu runs the kernel under emu/ and under qemu-system-x86_64: the logs must be identical'
	@echo '  test-linux  runs Linux programs natively and under facet: outputs must be identical'
	@echo '  fuzz-linux  random system calls and damaged ELF files, in numbers'
	@echo '  moments   a thousand runs saved at random moments and resumed; a thousand saves killed'
	@echo '  fuzz-checkpoints  thousands of checkpoints made to harm, resumed under sanitizers (FUZZ="SEED CASES")'
	@echo '  bench     prints the speed table, writes build/bench.ndjson'
	@echo '  install   into PREFIX (/usr/local), below DESTDIR if given'
	@echo '  deps      installs missing Debian packages, fetches Unicorn into build/deps'
	@echo '  operations  writes the system-call table of kernel/README.md'
	@echo '  format    rewrites the sources with clang-format'
	@echo '  clean     removes what was built; distclean also what deps fetched'

demo: all
	@echo
	@echo 'The ten most frequent words of LICENSE, counted by a guest program whose hash table, the object `table`, is'
	@echo 'swapped for a handler that sees each load and store of it:'
	@echo
	@echo '  $$ $(DEMO)'
	@$(DEMO)
DEMO = $(B)/facet run --swap sym:table=$(B)/handlers/tracer.so $(B)/guests/wordfreq < LICENSE

test-files: all $(B)/tests/optable $(TEST_GUEST_BIN) $(BENCH_GUEST_BIN) $(LADDER_BIN) $(B)/tests/native/wordfreq $(DEBUGGED_BIN) $(B)/tests/linux/stockroom-musl $(B)/tests/linux/hostile $(B)/tests/linux/fuzz $(B)/tests/linux/elfs $(B)/tests/checkpoint/fuzz $(B)/tests/unit
$(UNIT_OBJ): | build/deps-test
unit: test-files
	$(RUN_UNIT)
RUN_UNIT = LSAN_OPTIONS=suppressions=tests/lsan.txt:print_suppressions=0 $(B)/tests/unit

matrix-full: test-files
	FACET_MATRIX=full $(B)/tests/unit --verbose --filter 'access*/*'

# Every graph of up to five nodes, as connected as it can be with so many capabilities, and random ones.
flow-full: $(FLOW_TEST_BIN)
	tests/flow/run.sh $(B)/tests/flow/enumerate full

# Do these comparisons notice when flow is wrong? One rule left out, or one line changed, at a time.
flow-mutants: $(FLOW_TEST_BIN)
	tests/flow/mutants.sh $(B)

SYSTEMS = 500
flow-kernel: $(B)/tests/flow/kernel $(B)/tests/guests/mob
	$(B)/tests/flow/kernel $(B)/tests/guests/mob 1 $(SYSTEMS) 100 rules

# A million accesses of any form for each seed, against lackey.
SEEDS = 1 2 3
mixed-million: all build/deps-test
	tests/linux/mixed.sh $(B) 1000000 $(SEEDS)

# Linux programs natively and under facet: the same output, exit status and files.
LINUX_FILES = $(patsubst %,$(B)/tests/linux/%,matrix escape hostile fuzz elfs)
FLOW_TESTS = 'tests/flow/run.sh $(B)/tests/flow/enumerate' '$(B)/tests/flow/kernel $(B)/tests/guests/mob 1 20 50'
LINUX_TESTS = $(patsubst %,'tests/linux/%.sh $(B)',programs matrix escape packages) 'tests/linux/mixed.sh $(B) 50000 1'

# The debug build is tested for what only it has: instruction counts.
debug-build:
	+@$(MAKE) -s MODE=debug all
test: test-files $(FLOW_TEST_BIN) $(LINUX_FILES) build/deps-test $(if $(filter debug,$(MODE)),,debug-build)
	tests/layering.sh
	@printf '%s\n' $(LISTED) > $(B)/lists
	tests/hygiene.sh . $(B)/lists
	tests/checkers.sh
	tests/mutants/apply.sh
	groff -man -ww -z -Tutf8 debugger/facet.1
	tests/cli/run.sh $(B)
	tests/sessions/run.sh $(B)
	tests/model/run.sh build/debug/facet $(B)/tests/guests/model 25000 2
	tests/jobs.sh $(FLOW_TESTS) $(LINUX_TESTS)
	$(B)/tests/unit
LISTED = $(EMU_SRC) $(KERNEL_SRC) $(KERNEL_ASM) $(DOMAIN_SRC) $(LINUX_SRC) $(KEEPER_SRC) $(DEBUGGER_SRC) kernel/domain/crt0.S $(SAMPLE_GUESTS) \
	samples/guests/wordtable.c $(SAMPLE_HANDLERS) $(TEST_GUESTS) $(MODEL_SRC) $(LADDER) $(UNIT_TESTS)

check: test format-check cppcheck model-million
	+$(MAKE) MODE=asan unit
	+$(MAKE) MODE=ubsan unit

# A million operations, the kernel checking itself after each.
model-million: test-files debug-build
	tests/model/run.sh build/debug/facet $(B)/tests/guests/model 50000 20
# As many requests to banks.
accounts-million: test-files
	for seed in 1 2 3 4 5 6 7 8 9 10; do $(B)/facet run --grant bank $(B)/tests/guests/accounts 100000 $$seed || exit 1; done
fuzz-checkpoints:
	+@$(MAKE) MODE=asan B=build/fuzz OPT_asan="$(OPT_asan) $(filter-out -O1,$(OPT_ubsan))" all build/fuzz/tests/checkpoint/fuzz build/fuzz/tests/linux/stockroom
	ASAN_OPTIONS=detect_leaks=0 build/fuzz/tests/checkpoint/fuzz build/fuzz $(or $(FUZZ),1 5000)
moments: test-files
	tests/checkpoint/moments.sh $(B) 1000
	tests/checkpoint/kills.sh $(B) 1000
mutants: test-files debug-build
	tests/mutants/run.sh $(B) build/debug

FORMATTED = $(shell find include emu kernel debugger samples tests -name '*.[ch]' | sort)
format:
	clang-format -i $(FORMATTED)
format-check:
	clang-format --dry-run -Werror $(FORMATTED)
cppcheck: build/deps-test
	cppcheck -q --std=c11 --platform=unix64 --enable=warning,portability --inline-suppr --error-exitcode=1 \
		--suppress=missingIncludeSystem --suppressions-list=tests/cppcheck.txt -Iinclude -I. emu kernel debugger samples

operations: $(B)/kernel.elf $(B)/tests/optable
	tests/operations.sh $(B) write

# The same kernel on emu/ and on QEMU: what the guests print is identical.
test-qemu: test-files $(QEMU_BIN)
	tests/qemu/run.sh $(B)

# And what harms, at length; and SQLite, whose source has to be fetched.
test-linux: all $(LINUX_FILES) build/deps-test
	tests/jobs.sh $(LINUX_TESTS)
	tests/linux/hostile.sh $(B)
	tests/linux/sqlite.sh $(B)
	tests/linux/mixed.sh $(B) 1000000 2

# Random system calls and damaged files in numbers; `make test` has a few. Some random runs still differ from Linux.
fuzz-linux: all build/deps-test
	tests/linux/fuzz.sh $(B) 200 2000 2000

bench: all build/deps-test $(B)/tests/bench/pass.so $(BENCH_GUEST_BIN) $(BENCH_HOST_BIN)
	tests/bench/bench.sh $(B) build/bench.ndjson

# Installed, facet finds its Unicorn beside it; a system's own needs no help.
$(B)/installed/facet: $(B)/debugger/main.o $(B)/libdebugger.a $(B)/libemu.a
	$(MKDIR)
	$(say)$(CC) $(HOST_CFLAGS) -rdynamic -o $@ $^ $(HOST_LIBS) $(if $(UNICORN_DIR),-Wl$(,)-rpath$(,)'$$ORIGIN/../lib/facet')
TO = $(DESTDIR)$(PREFIX)
install: all $(B)/installed/facet
	install -d $(TO)/bin $(TO)/lib/facet $(TO)/include/facet $(TO)/share/man/man1 $(TO)/share/doc/facet/samples
	install -m 755 $(B)/installed/facet $(TO)/bin/facet
	install -m 644 $(B)/crt0.o $(TO)/lib/facet/
	$(if $(UNICORN_DIR),install -m 644 build/$(UNICORN_DIR)/libunicorn.so.2 $(TO)/lib/facet/)
	install -m 644 include/facet/*.h $(TO)/include/facet/
	install -m 644 debugger/facet.1 $(TO)/share/man/man1/
	install -m 644 README.md CHANGELOG.md LICENSE $(TO)/share/doc/facet/
	install -m 644 samples/handlers/*.c samples/handlers/*.lua samples/guests/*.[ch] $(TO)/share/doc/facet/samples/

clean:
	rm -rf build/release build/debug build/asan build/ubsan build/cov build/fuzz build/bench.ndjson
distclean:
	rm -rf build
deps:
	@.ci/deps.sh build
	@.ci/deps.sh test
.PHONY: fuzz-checkpoints flow-full flow-kernel flow-mutants help all operations demo test-files moments test-qemu test-linux fuzz-linux model-million mutants unit matrix-full mixed-million debug-build test check format format-check cppcheck bench install clean distclean deps
