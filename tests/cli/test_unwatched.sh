# SPDX-License-Identifier: GPL-2.0-or-later
# A program that does not touch a swapped object executes the same instructions and needs the same TLB fills as without.
. tests/cli/lib.sh

[ -x build/debug/facet ] || fail "no debug build"
compute=$B/tests/bench/compute
# work FACET FIELD OPTIONS…: what two rounds add to none
work() {
    binary=$1
    field=$2
    shift 2
    for rounds in 0 2; do
        last="$binary run $* $compute $rounds"
        "$binary" run --stats "$T/stats$rounds" "$@" "$compute" $rounds >/dev/null 2>"$T/err"
    done
    echo $(($(jq ".$field" "$T/stats2") - $(jq ".$field" "$T/stats0")))
}
for what in 'build/debug/facet instructions_cpl3' 'build/debug/facet instructions_cpl0' "$FACET fills"; do
    # shellcheck disable=SC2086
    plain=$(work $what)
    for handler in count watch; do
        # shellcheck disable=SC2086
        armed=$(work $what --swap "sym:unused=$handler")
        [ "$armed" = "$plain" ] || fail "${what#* }: $plain plain, $armed with sym:unused=$handler"
    done
    [ "$plain" -gt 0 ] || fail "no ${what#* } at all"
done
