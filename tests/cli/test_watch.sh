# SPDX-License-Identifier: GPL-2.0-or-later
# watch finds the stray store of ledger, before it happens: status 133 and a report that names it.
. tests/cli/lib.sh

# shellcheck disable=SC2046
set -- $(symbol "$LEDGER" ledger)
ledger=$1
account=$(($2 / 5))                # five of them
balance=$((2 * account + 16 + 32)) # carol's: third account, behind owner and recent[4]
line=$(grep -n 'account->recent\[account->next\] = amount' samples/guests/ledger.c | cut -d: -f1)

reported() {
    err_has 'remember_payment'
    err_has "ledger\.c:$line"
    err_has '0x4b|75'             # new
    err_has '0x0*4d8|1240'        # old: the right balance
    err_has 'sym:ledger'
    [ ! -s "$T/out" ] || fail "the program went on"
    # The pc it prints is that of the store.
    pc=$(grep -oE '0x[0-9a-f]+' "$T/err" | while read -r hex; do
        addr2line -f -e "$LEDGER" "$hex" | grep -qx remember_payment && echo "$hex"
    done | sort -u)
    [ "$(echo "$pc" | wc -w)" = 1 ] || fail "not one address in remember_payment: $pc"
    objdump -d --start-address="$pc" --stop-address=$((pc + 16)) "$LEDGER" | grep -A 1 '>:$' | grep -qE 'mov +%r[a-z0-9]+,[0-9a-fx]*\(' || fail "no store at $pc"
}

expect 133 "$FACET" run --swap "sym:ledger=watch:store,off=$balance,value=75" "$LEDGER"
reported
expect 133 "$FACET" run --swap "sym:ledger=watch:store,off=$balance..$((balance + 8)),size=8,old=1240,value<100" "$LEDGER"
reported
expect 133 "$FACET" run --swap "va:$((ledger + balance))+8=watch:value=0x4b" "$LEDGER"
err_has 'remember_payment'

# What never matches never stops; loads and stores are told apart.
for args in "store,off=$balance,value=76" "store,off=$balance,size=4" "load,off=0..8,old=1" "store,off=$((5 * account))"; do
    expect 1 "$FACET" run --swap "sym:ledger=watch:$args" "$LEDGER"
    out_has '^carol +75 +wrong'
done
expect 133 "$FACET" run --swap "sym:ledger=watch:load,off=$balance" "$LEDGER"
err_has 'add_to_balance'
