# SPDX-License-Identifier: GPL-2.0-or-later
# 10,000 objects swapped at once: each is seen, each can be restored, and memory beside them is as if there were none.
. tests/cli/lib.sh
guest=$B/tests/bench/thousands
# shellcheck disable=SC2046
set -- $(symbol "$guest" pages)
objects() { # objects PREFIX SUFFIX: a line for each
    awk -v at="$1" -v prefix="$2" -v suffix="$3" \
        'BEGIN { for (i = 0; i < 10000; i++) printf "%sva:0x%x+8%s\n", prefix, at + 4096 * i, suffix }'
}
objects "$1" --swap= =count >"$T/options"
objects "$1" 'swap ' ' count' >"$T/swaps"
objects "$1" 'restore ' '' >"$T/restores"

# Unrelated work: forty rounds more, 1.3 million accesses, cost the same instructions and fills.
work() { # work FIELD OPTIONS…
    field=$1
    shift
    for rounds in 1 41; do
        last="$FACET run $guest $rounds"
        still "$FACET" run --stats "$T/stats$rounds" "$@" "$guest" $rounds >/dev/null 2>"$T/err" || fail "status $?"
    done
    echo $(($(jq ".$field" "$T/stats41") - $(jq ".$field" "$T/stats1")))
}
for what in 'instructions_cpl3 --instructions' 'instructions_cpl0 --instructions' fills; do
    # shellcheck disable=SC2086
    plain=$(work $what)
    # shellcheck disable=SC2086,SC2046
    armed=$(work $what $(cat "$T/options"))
    [ "$armed" = "$plain" ] || fail "${what% *}: $plain plain, $armed with 10,000 objects swapped"
    [ "$plain" -gt 1000000 ] || [ "${what% *}" != instructions_cpl3 ] || fail "no work: $plain instructions"
done
# Each is seen once, at its own offset; restored, none is.
expect 0 "$FACET" debug -q --batch --events "$T/events" -ex 'tbreak main' -ex run -x "$T/swaps" -ex continue "$guest" 0 touch
[ "$(jq -r '.obj' "$T/events" | sort -u | wc -l)" = 10000 ] || fail "not each was seen"
[ "$(wc -l <"$T/events")" = 10000 ] || fail "$(wc -l <"$T/events") events"
holds '.ev == "store" and .n % 8 == .off and .value == "0x01" and .old == "0x00"' "$T/events"
expect 0 "$FACET" debug -q --batch --events "$T/events" -ex 'tbreak main' -ex run -x "$T/swaps" -x "$T/restores" \
    -ex continue "$guest" 0 touch
[ ! -s "$T/events" ] || fail "restored, they are seen"

# More than the machine has fronts for: said so, and nothing is half swapped.
expect 2 "$FACET" run --memory 52M --swap sym:pages=count "$guest" 0 touch
err_has 'cannot swap sym:pages: the front table is full: swap smaller objects, or give the machine more memory \(--memory\)'
