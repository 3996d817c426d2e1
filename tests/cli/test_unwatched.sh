# SPDX-License-Identifier: GPL-2.0-or-later
# A program that does not touch a swapped object executes the same instructions and needs the same TLB fills as without.
. tests/cli/lib.sh

# The release build: the debug kernel checks itself after each trap, and with a front there is one more thing to check.
compute=$B/tests/bench/compute
printf . >"$T/piece"
# work FIELD OPTIONS…: what two rounds add to none
work() {
    field=$1
    shift
    for rounds in 0 2; do
        last="$FACET run $* $compute $rounds"
        still "$FACET" run --stats "$T/stats$rounds" "$@" "$compute" $rounds <"$T/piece" >/dev/null 2>"$T/err"
    done
    echo $(($(jq ".$field" "$T/stats2") - $(jq ".$field" "$T/stats0")))
}
for what in 'instructions_cpl3 --instructions' 'instructions_cpl0 --instructions' fills; do
    # shellcheck disable=SC2086
    plain=$(work $what)
    for handler in count watch; do
        # shellcheck disable=SC2086
        armed=$(work $what --swap "sym:unused=$handler")
        [ "$armed" = "$plain" ] || fail "${what% *}: $plain plain, $armed with sym:unused=$handler"
    done
    [ "$plain" -gt 0 ] || fail "no ${what% *} at all"
done
