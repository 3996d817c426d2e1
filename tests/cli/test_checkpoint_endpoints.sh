# SPDX-License-Identifier: GPL-2.0-or-later
# A process that serves a swapped object goes on serving it in the resumed run: wherever the run was saved, before, within
# and after its answers, what follows is the rest of the run that was saved.
. tests/cli/lib.sh
SERVED="--clock --program once=$B/guests/writeonce --swap sym:ledger=endpoint:once"

# said WORD: what the checkpoint says of itself
said() { "$FACET" resume --describe "$T/cp" | sed -n "s/^$1 *\([0-9]*\).*/\1/p"; }
# goes_on STATUS RUN-OPTIONS…: the run that was saved in $T/cp goes on to the end that $T/all and $T/whole have
goes_on() {
    expect "$1" "$FACET" resume --events "$T/rest" "$T/cp"
    head -n "$(said events)" "$T/all" | cat - "$T/rest" | cmp - "$T/all" || fail "events are not the rest: $2"
    head -c "$(said stdout)" "$T/whole" | cat - "$T/out" | cmp - "$T/whole" || fail "the output is not the rest: $2"
}

# writeonce refuses the second store to a byte, by which ledger dies.
# shellcheck disable=SC2086
{
    expect 139 "$FACET" run --stats "$T/stats" $SERVED --events "$T/all" "$LEDGER"
    cp "$T/out" "$T/whole"
    ended=$(jq .clock "$T/stats") events=$(wc -l <"$T/all")
    [ "$events" -ge 20 ] || fail "only $events events"
    for at in 1 2 7 $((events / 2)) $((events - 1)); do
        expect 139 "$FACET" run $SERVED --events "$T/all2" --checkpoint "$T/cp@event:$at" "$LEDGER"
        cmp "$T/all" "$T/all2" || fail "the run that was saved is another one"
        goes_on 139 "saved at event $at"
    done
    # Between two events of the middle: somewhere there the message is under way, and the program waits.
    for step in 0 1 2 3 4 5 6 7; do
        expect 139 "$FACET" run $SERVED --events "$T/all2" --checkpoint "$T/cp@$((ended - 30000 + 1711 * step))" "$LEDGER"
        goes_on 139 "saved at $((ended - 30000 + 1711 * step))"
    done
}

# One that is swapped in only now serves as if it had from the start.
expect 0 "$FACET" debug -nx -q --batch --program "once=$B/guests/writeonce" -ex starti -ex "checkpoint $T/cp" "$LEDGER"
expect 139 "$FACET" resume --swap sym:ledger=endpoint:once --events "$T/rest" "$T/cp"
out_is "$T/whole"
jq -c 'del(.clock)' "$T/all" >"$T/wanted"
jq -c 'del(.clock)' "$T/rest" | cmp - "$T/wanted" || fail "swapped in after the checkpoint it has other events"
expect 2 "$FACET" resume --swap sym:ledger=endpoint:nobody "$T/cp"
err_has 'no endpoint "nobody"'
