#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Speed as ratios of processor times within one run, and as counts. usage: bench.sh BUILD-FOLDER FILE
# Prints a table and writes one JSON object a figure into FILE.
set -eu
cd "$(dirname "$0")/../.."
B=$1
out=$2
facet=$B/facet
bench=$B/tests/bench
export LC_ALL=C
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
: >"$out"

# figure NAME UNIT RUNS "VALUE MIN MAX" GOAL: GOAL is the most it should be; -: none
missed=0
figure() {
    # shellcheck disable=SC2086
    set -- "$1" "$2" "$3" $4 "$5"
    printf '{"v":1,"bench":"%s","unit":"%s","value":%s,"n":%s,"min":%s,"max":%s}\n' "$1" "$2" "$4" "$3" "$5" "$6" >>"$out"
    if [ "$7" = - ]; then
        printf '%-28s %-6s %10s\n' "$1" "$2" "$4"
        return
    fi
    verdict=$(awk -v value="$4" -v goal="$7" 'BEGIN { print value <= goal ? "ok" : "MISSED" }')
    [ "$verdict" = ok ] || missed=1
    printf '%-28s %-6s %10s  [%s … %s]  n=%-3s goal <= %-6s %s\n' "$1" "$2" "$4" "$5" "$6" "$3" "$7" "$verdict"
}

stat_of() { # stat_of FIELD COMMAND…
    field=$1
    shift
    "$facet" run --stats "$T/stats" "$@" >/dev/null
    jq -r ".$field" "$T/stats"
}

. tests/bench/kernel.sh

# TLB fills for each access of a program that touches 16 MiB at random.
accesses=4000000
fills=$(($(stat_of fills "$bench/random16m" $accesses) - $(stat_of fills "$bench/random16m" 0)))
ratio=$(awk -v a="$fills" -v b=$accesses 'BEGIN { printf "%.5f", a / b }')
figure fills_per_access_16m ratio 1 "$ratio $ratio $ratio" 0.05

# A swapped object that the program does not touch costs nothing.
plain="$facet run $bench/compute 300"
armed="$facet run --swap sym:unused=count $bench/compute 300"
ratio=$("$bench/pairs" 21 "$armed 2>/dev/null" "$plain")
figure armed_over_plain ratio 21 "$ratio" 1.03

# 10,000 objects swapped, and restored: nanoseconds each, the debugger's part included.
awk -v at=$((0x$(nm "$bench/thousands" | awk '$3 == "pages" { print $1 }'))) -v swaps="$T/swaps" -v restores="$T/restores" 'BEGIN {
    for (i = 0; i < 10000; i++) {
        printf "swap va:0x%x+8 count\n", at + 4096 * i >swaps
        printf "restore va:0x%x+8\n", at + 4096 * i >restores
    }
}'
started="$facet debug -q --batch -ex 'tbreak main' -ex run"
each=$("$bench/pairs" 5 "$started -x $T/swaps -x $T/restores $bench/thousands 0 >/dev/null" 10000 \
    "$started $bench/thousands 0 >/dev/null" 0)
figure swap_and_restore ns 5 "$each" 100000

# The kernel with paging and ring 3 against the engine alone. Many short pairs: the host's speed changes within seconds.
ratio=$("$bench/pairs" 41 "$facet run $bench/compute 200" "$bench/flat $bench/compute 200" \
    "$facet run $bench/compute 0" "$bench/flat $bench/compute 0")
figure kernel_over_bare ratio 41 "$ratio" 1.05

# An access under a handler in a shared object that passes it, against the engine's bare mechanism; and how much of that
# is the machine alone, without the debugger.
watched="$facet run --swap sym:page=$bench/pass.so $bench/touch"
ratio=$("$bench/pairs" 11 "$watched 8000000 2>/dev/null" "$bench/bare 8000000 >/dev/null" "$watched 0 2>/dev/null" "$bench/bare 0")
figure access_over_bare_mechanism ratio 11 "$ratio" 1.3
watched="$facet run --swap sym:page=$bench/pass.so:careful $bench/touch"
ratio=$("$bench/pairs" 11 "$watched 8000000 2>/dev/null" "$bench/bare 8000000 >/dev/null" "$watched 0 2>/dev/null" "$bench/bare 0")
figure careful_over_bare ratio 11 "$ratio" 8
# The same by instructions that run captured, as transactions, in the seven forms of captured.c in equal parts; how many of
# them there are for each access; and by FXSAVE and FXRSTOR, whose 512 bytes the engine moves in a hundred accesses.
watched="$facet run --swap sym:page=$bench/pass.so:careful $bench/captured"
ratio=$("$bench/pairs" 11 "$watched 2000000 2>/dev/null" "$bench/bare 2000000 >/dev/null" "$watched 0 2>/dev/null" "$bench/bare 0")
figure captured_over_bare ratio 11 "$ratio" 25
ratio=$(stat_of transactions --swap "sym:page=$bench/pass.so:careful" "$bench/captured" 140000 2>/dev/null | awk '{ printf "%.3f", $1 / 140000 }')
figure captured_per_access ratio 1 "$ratio $ratio $ratio" -
ratio=$("$bench/pairs" 5 "$watched 200000 state 2>/dev/null" "$bench/bare 200000 >/dev/null" "$watched 0 2>/dev/null" "$bench/bare 0")
figure captured_state_over_bare ratio 5 "$ratio" -
ratio=$("$bench/pairs" 11 "$bench/access fast 8000000 >/dev/null" "$bench/bare 8000000 >/dev/null" "$bench/access fast 0" "$bench/bare 0")
figure machine_access_over_bare ratio 11 "$ratio" 1.3

# A handler in Lua that passes it, and one that looks at the access: nanoseconds of each access, all included; and the
# former against the handler in a shared object.
lua="$facet run --swap sym:page=tests/bench/pass.lua $bench/touch"
each=$("$bench/pairs" 11 "$lua 4000000 2>/dev/null" 4000000 "$lua 0 2>/dev/null" 0)
figure lua_pass_access ns 11 "$each" 1000
fields="$facet run --swap sym:page=tests/bench/pass.lua:fields $bench/touch"
each=$("$bench/pairs" 11 "$fields 4000000 2>/dev/null" 4000000 "$fields 0 2>/dev/null" 0)
figure lua_fields_access ns 11 "$each" 1000
watched="$facet run --swap sym:page=$bench/pass.so $bench/touch"
ratio=$("$bench/pairs" 11 "$lua 4000000 2>/dev/null" "$watched 4000000 2>/dev/null" "$lua 0 2>/dev/null" "$watched 0 2>/dev/null")
figure lua_over_shared_object ratio 11 "$ratio" -

# An access whose handler is another process, against a call of that process.
timed="$facet run --grant range --grant debug $bench/kernel"
ratio=$("$bench/pairs" 11 "$timed access 100000" "$timed roundtrip 100000" "$timed access 0" "$timed roundtrip 0")
figure guest_handler_time_over_ipc ratio 11 "$ratio" -

# A Linux program, against QEMU's emulator of Linux programs.
busybox=$(command -v busybox)
head -c 67108864 /dev/zero | tr '\0' 'x' >"$T/64m"
ratio=$("$bench/pairs" 5 "$facet run --grant file:$T/64m:ro $busybox sha256sum $T/64m >/dev/null" \
    "qemu-x86_64 $busybox sha256sum $T/64m >/dev/null")
figure linux_sha256_over_qemu ratio 5 "$ratio" 3

[ $missed = 0 ] || echo 'some figures miss their goals'
exit $missed
