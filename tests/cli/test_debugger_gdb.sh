# SPDX-License-Identifier: GPL-2.0-or-later
# facet debugs a Linux program as gdb debugs it natively: the same commands say the same, line by line (tests/debug/PROGRAM_*.gdb).
#
# Left out: what gdb says only to somebody at a terminal, what only facet knows of a fault, and addresses of the stack, which the kernel chooses.
. tests/cli/lib.sh

cc -static -g -O0 -o "$T/program" tests/debug/program.c
cc -static -g -O0 -o "$T/chains" tests/debug/chains.c
cc -static -g -O0 -o "$T/signals" tests/debug/signals.c
cc -static -g -O2 -o "$T/inlined" tests/debug/inlined.c

mask() {
    sed -E -e 's/0x7ff[0-9a-f]{9}/STACK/g; s/process [0-9]+/process N/; s#^[^ ]*\.gdb:[0-9]+: (Error in sourced command file:)?##' \
        -e '/^(Continuing\.|Run till exit from .*|Will ignore next .*|Deleted breakpoint.*|Make breakpoint pending .*|Kill the .*|Breakpoint [0-9]+ now unconditional.|cannot (load|store) .*|)$/d' "$1"
}

for case in tests/debug/*.gdb; do
    P=$(basename "$case")
    P=$T/${P%%_*}
    if grep -q '^commands' "$case"; then
        set -- -x "$case"
    else
        set --
        while IFS= read -r line; do set -- "$@" -ex "$line"; done <"$case"
    fi
    gdb -q -batch -nx -iex 'set debuginfod enabled off' -iex 'set filename-display basename' -iex 'set width 0' "$@" "$P" \
        </dev/null >"$T/gdb.raw" 2>&1 || true
    last="facet debug, $case"
    "$FACET" debug -q --batch "$@" "$P" </dev/null >"$T/facet.raw" 2>&1 || true
    mask "$T/gdb.raw" >"$T/gdb"
    mask "$T/facet.raw" >"$T/facet"
    : >"$T/err"
    [ "$(wc -l <"$T/gdb")" -gt 15 ] || fail "gdb did not debug the program"
    diff -u "$T/gdb" "$T/facet" || fail "gdb (-) and facet (+) differ"
done
