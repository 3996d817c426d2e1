# SPDX-License-Identifier: GPL-2.0-or-later
# The sample handlers and the built-in ones that change what a program sees.
. tests/cli/lib.sh

# Bit 3 of dave's balance is stuck at 1: 70 = 0b1000110 is read as 78. Every balance is also added to: dave's first sum
# is 8 + 77 = 85, then (85 | 8) - 7 = 86 ... so only the printed value is asked here, computed as the program would.
sum=0
for amount in 77 -7; do sum=$(((sum | 8) + amount)); done
shown=$((sum | 8))
bit=$((8 * (3 * 64 + 16 + 32) + 3))
expect 1 "$FACET" run --swap "sym:ledger=$B/handlers/stuckbit.so:$bit" "$LEDGER"
out_has "^dave +$shown +wrong"
out_has '^alice +650$'
err_has 'stuckbit: [0-9]+ loads'
expect 2 "$FACET" run --swap "sym:ledger=$B/handlers/stuckbit.so:99999" "$LEDGER"
err_has 'stuckbit:BIT needs'

# Frozen memory: every balance stays 0, every sum is wrong.
expect 1 "$FACET" run --swap sym:ledger=freeze "$LEDGER"
out_has '^alice +0 +wrong: the payments add up to 650$'
out_has '^dave +0 +wrong: the payments add up to 70$'
err_has 'freeze sym:ledger: [0-9]+ stores'

# The tracer's log has one line for each event, in the same words.
expect 1 "$FACET" run --swap "sym:ledger=$B/handlers/tracer.so:$T/log" --events "$T/events" "$LEDGER"
jq -r '"\(.ev) \(.obj)+\(.off) \(.size)"' "$T/events" >"$T/want"
cut -d ' ' -f 1-3 "$T/log" >"$T/have"
cmp "$T/want" "$T/have" || fail "log and events differ"
err_has 'add_to_balance'
expect 1 "$FACET" run --swap "sym:ledger=trace:$T/trace" "$LEDGER"
[ "$(wc -l <"$T/trace")" = "$(wc -l <"$T/events")" ] || fail "trace printed another number of accesses"

# The newest handler is asked first; what it does not pass, the older one never sees.
expect 1 "$FACET" run --swap sym:ledger=count --swap sym:ledger=freeze "$LEDGER"
err_has 'count sym:ledger: [0-9]+ loads .*, 0 stores'
expect 1 "$FACET" run --swap sym:ledger=freeze --swap sym:ledger=count "$LEDGER"
err_lacks 'count sym:ledger: .* 0 stores'

# Undeclared verdicts and foreign files are refused by name; STEP and BLOCK: test_suspend.sh.
handler() {
    printf '#include <facet/handler.h>
static uint32_t verdicts(const char *a) { (void)a; return %s; }
static enum facet_verdict access(void *s, const struct facet_access *a, struct facet_reply *r)
{ (void)s; (void)a; (void)r; return %s; }
const struct facet_handler facet_handler = { .abi = %s, .name = "odd", .summary = "odd", .verdicts = verdicts, .access = access };
' "$1" "$2" "$3" >"$T/odd.c"
    gcc -shared -fPIC -Iinclude -o "$T/odd.so" "$T/odd.c"
}
handler 'FACET_MAY(FACET_PASS) | FACET_MAY(6)' FACET_PASS FACET_HANDLER_ABI
expect 2 "$FACET" run --swap "sym:ledger=$T/odd.so" "$LEDGER"
err_has 'declares verdicts that do not exist'
handler 'FACET_MAY(FACET_PASS)' FACET_PASS 99
expect 2 "$FACET" run --swap "sym:ledger=$T/odd.so" "$LEDGER"
err_has '99'
handler 'FACET_MAY(FACET_PASS)' FACET_STOP FACET_HANDLER_ABI
expect 125 "$FACET" run --swap "sym:ledger=$T/odd.so" "$LEDGER"
err_has 'verdict stop .*not declare'
out_has '^alice +650$'
handler 'FACET_MAY(FACET_PASS) | FACET_MAY(FACET_FAULT)' FACET_FAULT FACET_HANDLER_ABI
expect 139 "$FACET" run --swap "sym:ledger=$T/odd.so" "$LEDGER"
err_has 'SIGSEGV|Segmentation fault'
echo 'int facet_handler_not;' | gcc -shared -fPIC -x c -o "$T/none.so" -
expect 2 "$FACET" run --swap "sym:ledger=$T/none.so" "$LEDGER"
err_has 'facet_handler'
echo text >"$T/text.so"
expect 2 "$FACET" run --swap "sym:ledger=$T/text.so" "$LEDGER"

# What the design names and this version lacks says so.
expect 2 "$FACET" run --swap sym:ledger=endpoint:x "$LEDGER"
err_has 'endpoint'
