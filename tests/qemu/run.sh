#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The same kernel.elf and the same programs on emu/ and on other machines, nothing but a serial line each: what they print
# must be identical line by line, and so must the exit status. usage: run.sh BUILD-FOLDER
set -u
cd "$(dirname "$0")/../.." || exit 2
B=$1
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
export LC_ALL=C
GUESTS='machine trees ipc keeper revoke rescind windows strings keepers code foreign'
failed=0

# on_qemu ACCEL KERNEL [MODULE] >LOG: exit status the guest's own
on_qemu() {
    accel=$1 kernel=$2
    shift 2
    status=0
    timeout 120 qemu-system-x86_64 -accel "$accel" -m 64 -kernel "$kernel" ${1:+-initrd "$1"} -nodefaults -display none \
        -no-reboot -serial stdio -device isa-debug-exit,iobase=0xf4,iosize=4 </dev/null 2>"$T/errors" || status=$?
    # isa-debug-exit ends QEMU with 2 * status + 1
    case $status in
    0 | 124 | 134) echo "(QEMU ended with $status)" && cat "$T/errors" && return 124 ;;
    esac
    return $((status >> 1))
}

# same NAME ACCEL: the last logs of emu/ and of QEMU
same() {
    if cmp -s "$T/emu" "$T/qemu"; then
        printf '%-12s %-4s %5s lines, identical, status %s\n' "$1" "$2" "$(wc -l <"$T/emu")" "$(tail -n 1 "$T/emu")"
    else
        failed=1
        printf '%-12s %-4s DIFFERS (< emu/, > QEMU):\n' "$1" "$2"
        diff "$T/emu" "$T/qemu" | head -n 20
    fi
}

# A processor that is not ours to trust: does it run the ladder's traps, ring changes and SYSCALL as the emulated one does?
kvm_usable() {
    [ -w /dev/kvm ] || return 1
    for rung in 03_paging 04_page_fault 05_ring3 06_syscall; do
        on_qemu tcg "$B/tests/ladder/$rung.elf" >"$T/tcg" || true
        on_qemu kvm "$B/tests/ladder/$rung.elf" >"$T/kvm" || true
        cmp -s "$T/tcg" "$T/kvm" || {
            echo "/dev/kvm is there, but not usable: $rung runs otherwise on it than on a processor:"
            diff "$T/tcg" "$T/kvm" | head -n 4
            return 1
        }
    done
}

command -v qemu-system-x86_64 >/dev/null || {
    echo 'qemu-system-x86_64 is missing (Debian: qemu-system-x86)'
    exit 1
}
accels=tcg
if kvm_usable; then accels='tcg kvm'; else echo 'test-qemu: without -accel kvm'; fi
# shellcheck disable=SC2086
set -- $GUESTS nothing
for guest in "$@"; do
    module=$B/tests/guests/$guest
    [ "$guest" != nothing ] || module=
    "$B/tests/qemu/alone" "$B/kernel.elf" ${module:+"$module"} >"$T/emu" 2>&1
    echo "exit $?" >>"$T/emu"
    for accel in $accels; do
        on_qemu "$accel" "$B/kernel.elf" ${module:+"$module"} >"$T/qemu"
        echo "exit $?" >>"$T/qemu"
        same "$guest" "$accel"
    done
done
[ $failed = 0 ] || { echo 'test-qemu: FAILED'; exit 1; }
