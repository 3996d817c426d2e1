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

# figure NAME UNIT RUNS "VALUE MIN MAX" GOAL: GOAL is the most it should be
missed=0
figure() {
    # shellcheck disable=SC2086
    set -- "$1" "$2" "$3" $4 "$5"
    printf '{"v":1,"bench":"%s","unit":"%s","value":%s,"n":%s,"min":%s,"max":%s}\n' "$1" "$2" "$4" "$3" "$5" "$6" >>"$out"
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

# What the kernel executes for one of each, in instructions of ring 0: two runs that differ in nothing but how often.
# kernel_figure NAME UNIT WHAT FEW MANY PER GOAL PUBLISHED: PER of them in each round
kernel_figure() {
    name=$1 unit=$2 what=$3 few=$4 many=$5 per=$6 goal=$7
    field=instructions_cpl0
    [ "$unit" = insn ] || field=fills
    a=$(stat_of $field --instructions --grant range "$bench/kernel" "$what" "$few")
    b=$(stat_of $field --instructions --grant range "$bench/kernel" "$what" "$many")
    each=$(awk -v a="$a" -v b="$b" -v n=$(((many - few) * per)) 'BEGIN { printf "%.6g", (b - a) / n }')
    figure "$name" "$unit" 1 "$each $each $each" "$goal"
    [ -z "$8" ] || printf '%28s %s\n' '' "published: $8"
}
kernel_figure null_call insn null 100 1100 1 150 ''
kernel_figure ipc_oneway insn oneway 100 1100 2 400 'seL4, x86-64 Skylake: call 375 cycles, reply 382 cycles'
kernel_figure ipc_roundtrip insn roundtrip 100 1100 1 800 'seL4: 757 cycles both ways'
kernel_figure fault_keeper_resume insn fault 100 1100 1 1500 'KeyKOS: about 4,000 instructions a page fault'
kernel_figure map_page insn map 128 384 1 1000 ''
kernel_figure revoke_page insn revoke 128 384 1 1000 ''
kernel_figure ipc_roundtrip_fills count roundtrip 100 1100 1 32 ''

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

# The kernel with paging and ring 3 against the engine alone.
ratio=$("$bench/pairs" 11 "$facet run $bench/compute 600" "$bench/flat $bench/compute 600" \
    "$facet run $bench/compute 0" "$bench/flat $bench/compute 0")
figure kernel_over_bare ratio 11 "$ratio" 1.05

[ $missed = 0 ] || echo 'some figures miss their goals'
exit $missed
