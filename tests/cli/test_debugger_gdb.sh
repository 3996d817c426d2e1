# SPDX-License-Identifier: GPL-2.0-or-later
# facet debugs a Linux program as gdb debugs it natively: the same commands say the same, line by line
# (tests/debug/PROGRAM_*.gdb).
#
# Left out: what gdb says only to somebody at a terminal, what only facet knows of a fault, and addresses of the stack, which
# the kernel chooses.
. tests/cli/lib.sh

cc -static -g -O0 -o "$T/program" tests/debug/program.c
cc -static -g -O0 -o "$T/chains" tests/debug/chains.c
cc -static -g -O0 -o "$T/signals" tests/debug/signals.c
cc -static -g -O2 -o "$T/inlined" tests/debug/inlined.c
mkdir "$T/musl"
musl-gcc -static -g -O0 -o "$T/musl/program" tests/debug/program.c
musl-gcc -static -g -O0 -o "$T/musl/chains" tests/debug/chains.c

mask() {
    sed -E -e 's/0x7ff[0-9a-f]{9}/STACK/g; s/process [0-9]+/process N/; s#^[^ ]*\.gdb:[0-9]+: (Error in sourced command file:)?##' \
        -e '/^(Continuing\.|Run till exit from .*|Will ignore next .*|Deleted breakpoint.*|Make breakpoint pending .*|Kill the .*|Breakpoint [0-9]+ now unconditional.|cannot (load|store) .*|)$/d' "$1"
}

# compare CASE PROGRAM
compare() {
    case=$1
    P=$2
    if grep -q '^commands' "$case"; then
        set -- -x "$case"
    else
        set --
        while IFS= read -r line; do set -- "$@" -ex "$line"; done <"$case"
    fi
    gdb -q -batch -nx -iex 'set debuginfod enabled off' -iex 'set filename-display basename' -iex 'set width 0' "$@" "$P" \
        </dev/null >"$T/gdb.raw" 2>&1 || true
    last="facet debug, $case, $P"
    "$FACET" debug -q --batch "$@" "$P" </dev/null >"$T/facet.raw" 2>&1 || true
    mask "$T/gdb.raw" >"$T/gdb"
    mask "$T/facet.raw" >"$T/facet"
    : >"$T/err"
    [ "$(wc -l <"$T/gdb")" -gt 15 ] || fail "gdb did not debug the program"
    diff -u "$T/gdb" "$T/facet" || fail "gdb (-) and facet (+) differ"
}

for case in tests/debug/*.gdb; do
    program=$(basename "$case")
    compare "$case" "$T/${program%%_*}"
done
# Without call frame information in the library. (What gdb cannot do there is left out.)
for case in program_step program_recursion program_watch program_watch_local program_watch_value program_commands chains_watch \
    chains_conditions; do
    compare tests/debug/$case.gdb "$T/musl/${case%%_*}"
done

# The C library's functions of which one is chosen at the start, by the processor: the breakpoint is at that one.
expect 0 "$FACET" debug -q --batch -ex 'break strlen' -ex 'break longest' -ex 'run > /dev/null' -ex 'delete 1' -ex 'continue' \
    -ex 'tbreak strlen' -ex continue -ex bt "$T/program"
out_has '^Breakpoint 1 at gnu-indirect-function resolver at 0x'
out_has '^Breakpoint 1, 0x[0-9a-f]+ in __strlen_[a-z0-9]+ \(\)$'
out_has '^Temporary breakpoint 3, 0x[0-9a-f]+ in __strlen_[a-z0-9]+ \(\)$'
out_has '^#1  0x[0-9a-f]+ in longest \(count=3\) at program\.c:51$'
