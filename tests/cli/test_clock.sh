# SPDX-License-Identifier: GPL-2.0-or-later
# --clock: events carry the deterministic time, the same in each run and under each kind of handler.
. tests/cli/lib.sh

expect 1 "$FACET" run --swap sym:ledger=count --events "$T/plain" "$LEDGER"
holds 'has("clock") | not' "$T/plain"
expect 1 "$FACET" run --clock --swap sym:ledger=count --events "$T/e" "$LEDGER"
jq -c 'del(.clock)' "$T/e" >"$T/bare"
jq -c . "$T/plain" | cmp -s - "$T/bare" || fail "other events with --clock than without"
holds '.clock > 0' "$T/e"
# A process shares the processor with another while the program is started, so a timer is set. Nobody wants it for long.
printf . >"$T/piece"
expect 0 "$FACET" run --stats "$T/stats" "$B/tests/bench/compute" 100 <"$T/piece"
[ "$(jq '(.clock // 0) < 16000000' "$T/stats")" = true ] || fail "the clock went on for $(jq .clock "$T/stats") bytes"

# Time does not go back, and stands still within an instruction.
[ "$(jq -s '. as $e | [range(1; length) | select($e[.].clock < $e[. - 1].clock)] | length' "$T/e")" = 0 ] ||
    fail "time goes back"
[ "$(jq -s '. as $e | [range(1; length) | select($e[.].rmw and $e[.].ev == "store" and $e[.].clock != $e[. - 1].clock)] | length' "$T/e")" = 0 ] ||
    fail "time goes on within an instruction"

expect 1 "$FACET" run --clock --swap sym:ledger=count --events "$T/e2" "$LEDGER"
cmp -s "$T/e" "$T/e2" || fail "a second run gave other times"
expect 1 "$FACET" run --clock --swap sym:ledger=watch:off=99999999 --events "$T/e3" "$LEDGER"
cmp -s "$T/e" "$T/e3" || fail "other times under a handler that may stop"

# The same when each access stops the machine, up to the first copy of the kernel: that one has its own time, but the kernel
# takes another way when it makes a stopped copy again.
(echo run && yes continue | head -n "$(wc -l <"$T/e")") >"$T/go"
expect 0 "$FACET" debug --clock --batch -q --swap sym:ledger=watch --events "$T/e5" -x "$T/go" "$LEDGER"
[ "$(jq -s 'map(select(.verdict == "stop")) | length' "$T/e5")" = "$(wc -l <"$T/e")" ] || fail "not every access stopped"
until_copy() {
    jq -c '[.by, .pc, .off, .clock]' "$1" | sed '/kernel/q'
}
until_copy "$T/e" >"$T/a"
until_copy "$T/e5" | cmp -s - "$T/a" || fail "other times where accesses stop: $(until_copy "$T/e5" | diff "$T/a" - | head -n 4)"
[ "$(wc -l <"$T/a")" -gt 100 ] || fail "the kernel copied too early"

# A debugger that stops, steps, looks around (which asks the kernel) and goes on: its requests take no time.
cat >"$T/script" <<'END'
break add_to_balance
run
stepi 100
x/4dg &ledger
continue
traverse --check &ledger
stepi 150
delete
continue
END
expect 0 "$FACET" debug --clock --batch -q --swap sym:ledger=count --events "$T/e4" -x "$T/script" "$LEDGER"
cmp -s "$T/e" "$T/e4" || fail "other times in the debugger: $(diff "$T/e" "$T/e4" | head -n 4)"
