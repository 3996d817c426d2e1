/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Ports: serial line, debug device, host streams and files, power, timer. The engine lets ring 3 use any port, so the
 * check is here: IN and OUT of ring 3 raise #GP(0), as with IOPL 0 and no I/O map.
 */
#include "internal.h"

#include <errno.h>
#include <unistd.h>

/* 16550 registers, and the divisor latch behind LCR.DLAB. */
#define UART_DATA 0
#define UART_IER 1
#define UART_IIR 2
#define UART_LCR 3
#define UART_MCR 4
#define UART_LSR 5
#define UART_MSR 6
#define UART_SCRATCH 7
#define LCR_DLAB 0x80
#define LSR_IDLE 0x60  /* transmitter empty, nothing received */
#define MSR_READY 0xb0 /* carrier, data set ready, clear to send */
#define IIR_NONE 0x01
#define IIR_FIFOS 0xc0

static void console_put(struct emu *emu, uint8_t byte) {
    while (emu->console_fd >= 0 && write(emu->console_fd, &byte, 1) < 0 && errno == EINTR)
        ;
}

static void uart_write(struct emu *emu, unsigned reg, uint8_t value) {
    struct uart *uart = &emu->uart;
    bool latch = uart->lcr & LCR_DLAB;
    switch (reg) {
    case UART_DATA:
        if (latch)
            uart->dll = value;
        else if (!(uart->mcr & 0x10)) /* loop-back prints nothing */
            console_put(emu, value);
        break;
    case UART_IER:
        *(latch ? &uart->dlm : &uart->ier) = value;
        break;
    case UART_IIR:
        uart->fcr = value;
        break;
    case UART_LCR:
        uart->lcr = value;
        break;
    case UART_MCR:
        uart->mcr = value;
        break;
    case UART_SCRATCH:
        uart->scratch = value;
        break;
    default:
        break;
    }
}

static uint8_t uart_read(const struct emu *emu, unsigned reg) {
    const struct uart *uart = &emu->uart;
    bool latch = uart->lcr & LCR_DLAB;
    switch (reg) {
    case UART_DATA:
        return latch ? uart->dll : 0;
    case UART_IER:
        return latch ? uart->dlm : uart->ier;
    case UART_IIR:
        return IIR_NONE | (uart->fcr & 1 ? IIR_FIFOS : 0);
    case UART_LCR:
        return uart->lcr;
    case UART_MCR:
        return uart->mcr;
    case UART_LSR:
        return LSR_IDLE;
    case UART_MSR:
        return MSR_READY;
    default:
        return uart->scratch;
    }
}

/* ---- Debug device */

static void debug_attach(struct emu *emu) {
    uint64_t gpa = reg_get(emu, UC_X86_REG_RDX) & 0xffffffff;
    struct debug_block *block = (struct debug_block *)ram_pointer(emu, gpa, sizeof *block);
    if (emu->debug || !block || gpa % PAGE_SIZE || block->magic != DEBUG_MAGIC)
        run_dead(emu, "the kernel attached an impossible debug block at 0x%lx", gpa);
    else
        emu->debug = block;
}

static void debug_panic(struct emu *emu) {
    if (emu->debug)
        run_dead(emu, "kernel panic: %.*s", (int)sizeof emu->debug->text, emu->debug->text);
    else
        run_dead(emu, "kernel panic before the debug block was attached");
}

/* The machine cannot go on; a few instructions more of this block are harmless, the loop sees emu->dead. */
static void stop_soon(struct emu *emu) {
    emu->pending = PENDING_NONE;
    run_want(emu, 0);
}

static void debug_command(struct emu *emu, uint32_t command) {
    if (command != DEBUG_PORT_ATTACH && command != DEBUG_PORT_PANIC && !emu->debug) {
        run_dead(emu, "the kernel used the debug port before it attached a block");
        command = 0;
    }
    switch (command) {
    case DEBUG_PORT_ATTACH:
        debug_attach(emu);
        break;
    case DEBUG_PORT_DONE:
        emu->request_done = true;
        break;
    case DEBUG_PORT_EVENT:
        emu->event = emu->debug->event.kind;
        run_want(emu, WANT_RING3);
        break;
    case DEBUG_PORT_COPY:
        access_kernel_copy(emu);
        break;
    case DEBUG_PORT_ANSWER:
        access_answer(emu);
        break;
    case DEBUG_PORT_PANIC:
        debug_panic(emu);
        break;
    default:
        break;
    }
    if (emu->dead)
        stop_soon(emu);
}

static void power_off(struct emu *emu, uint32_t status) {
    if (emu->dead)
        return;
    emu->dead = true;
    emu->stop = (struct emu_stop){.reason = EMU_STOP_POWEROFF, .code = status, .text = "power off"};
    stop_soon(emu);
}

/* ---- Ports */

/* Leaves the engine with nothing of the instruction done. */
static void check_privilege(struct emu *emu) {
    if (reg_cpl(emu) != 3)
        return;
    emu->trap.vector = VECTOR_GP;
    emu->trap.has_error = true;
    emu->trap.error = 0;
    engine_abort(emu, PENDING_TRAP);
}

static void on_out(uc_engine *uc, uint32_t port, int size, uint32_t value, void *data) {
    struct emu *emu = data;
    (void)uc, (void)size;
    check_privilege(emu);
    if (port >= PORT_COM1 && port < PORT_COM1 + 8)
        uart_write(emu, port - PORT_COM1, (uint8_t)value);
    else if (port == PORT_MICROCODE)
        trap_microcode_out(emu);
    else if (port == PORT_DEBUG)
        debug_command(emu, value);
    else if (port == PORT_STREAM)
        stream_serve(emu, value);
    else if (port == PORT_HOST)
        host_serve(emu, value);
    else if (port == PORT_POWER)
        power_off(emu, value);
    else if (port == PORT_TIMER)
        clock_out(emu, value);
    clock_device(emu);
}

static uint32_t on_in(uc_engine *uc, uint32_t port, int size, void *data) {
    struct emu *emu = data;
    (void)uc;
    uint32_t value = ~0u; /* nobody drives the bus */
    check_privilege(emu);
    if (port >= PORT_COM1 && port < PORT_COM1 + 8)
        value = uart_read(emu, port - PORT_COM1);
    else if (port == PORT_TIMER)
        value = clock_in(emu);
    clock_device(emu);
    return size == 4 ? value : value & ((1u << 8 * size) - 1);
}

bool device_init(struct emu *emu) {
    uc_hook hook;
    return uc_hook_add(emu->uc, &hook, UC_HOOK_INSN, (void *)on_out, emu, 1, 0, UC_X86_INS_OUT) == UC_ERR_OK &&
           uc_hook_add(emu->uc, &hook, UC_HOOK_INSN, (void *)on_in, emu, 1, 0, UC_X86_INS_IN) == UC_ERR_OK;
}
