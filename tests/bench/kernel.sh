# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# Part of bench.sh: what the kernel executes for one of each, in instructions of ring 0. Two runs that differ in nothing but
# how often are subtracted, so the figures are exact.

# kernel_figure NAME UNIT WHAT FEW MANY PER GOAL PUBLISHED: a round of WHAT (kernel.c) has PER of them
kernel_figure() {
    counter=instructions_cpl0
    [ "$2" = insn ] || counter=fills
    # shellcheck disable=SC2154
    a=$(stat_of $counter --instructions --grant range --grant debug "$bench/kernel" "$3" "$4")
    b=$(stat_of $counter --instructions --grant range --grant debug "$bench/kernel" "$3" "$5")
    each=$(awk -v a="$a" -v b="$b" -v n=$((($5 - $4) * $6)) 'BEGIN { printf "%.6g", (b - a) / n }')
    figure "$1" "$2" 1 "$each $each $each" "$7"
    [ -z "$8" ] || printf '%28s published: %s\n' '' "$8"
}
kernel_figure null_call insn null 100 1100 1 150 ''
kernel_figure ipc_oneway insn oneway 100 1100 2 400 'seL4, x86-64 (Skylake): call 375 cycles, reply 382 cycles'
kernel_figure ipc_roundtrip insn roundtrip 100 1100 1 - 'seL4, the same: 757 cycles'
# An access whose handler is another process, beside a call of that process.
roundtrip=$each
kernel_figure access_message insn access 100 1100 1 - ''
ratio=$(awk -v a="$each" -v b="$roundtrip" 'BEGIN { printf "%.3f", a / b }')
figure guest_handler_over_ipc ratio 1 "$ratio $ratio $ratio" 2.5
kernel_figure fault_keeper_resume insn fault 100 1100 1 - 'KeyKOS: about 4,000 instructions for a page fault'
kernel_figure foreign_syscall insn foreign 100 1100 1 - ''
kernel_figure map_page insn map 128 384 1 - ''
kernel_figure revoke_page insn revoke 128 384 1 - ''
kernel_figure ipc_roundtrip_fills count roundtrip 100 1100 1 32 ''
kernel_figure foreign_syscall_fills count foreign 100 1100 1 - ''
