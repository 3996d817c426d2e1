# SPDX-License-Identifier: GPL-2.0-or-later
# What the debugger's user has set goes on with a checkpoint: a resumed session stops where the one would have stopped that
# was never saved, and says the same.
. tests/cli/lib.sh
STOCKROOM=$B/tests/linux/stockroom

# One -ex COMMAND for each line of a file, into "$@".
commands() {
    set --
    while IFS= read -r line; do set -- "$@" -ex "$line"; done
    expect 0 "$FACET" $HOW -nx -q --batch "$@" $WHAT
}
# same PROGRAM…: the commands of $T/before and $T/after in one session, and divided by a checkpoint.
same() {
    printf '%s\n' 'echo ---\n' | cat "$T/before" - "$T/after" >"$T/all"
    HOW=debug WHAT=$* commands <"$T/all"
    sed '1,/^---/d' "$T/out" >"$T/wanted"
    cp "$T/err" "$T/wanted.err"
    echo "checkpoint $T/cp" | cat "$T/before" - >"$T/all"
    HOW=debug WHAT=$* commands <"$T/all"
    HOW="resume --debug --trust" WHAT=$T/cp commands <"$T/after"
    out_is "$T/wanted"
    diff "$T/wanted.err" "$T/err" || fail "other complaints"
}

# Conditions, counts, what comes once, what is off; a watchpoint, whose number of accesses is the same; displays; commands.
cat >"$T/before" <<'END'
swap sym:ledger count
break remember_payment if amount > 500
tbreak remember_payment
watch -l *(long *)((char *)&ledger + 176)
break add_to_balance
ignore 4 7
watch *(long *)((char *)&ledger + 48)
disable 5
tbreak add_to_balance if amount < 0
delete 1
break remember_payment if amount > 500
commands
silent
printf "%ld remembered\n", amount
info handlers
end
run
display/x amount
display/2xg $sp
display $rip
undisplay 2
continue
condition 3 *(long *)((char *)&ledger + 176) > 100
END
cat >"$T/after" <<'END'
info breakpoints
info display
continue
info handlers
continue
enable 5
continue
break main
info breakpoints
continue
continue
info handlers
delete
continue
END
same "$LEDGER"
grep -q '^Hardware watchpoint 3: -location' "$T/out" || fail "the watchpoint did not trigger"
grep -q 'already hit 2 times' "$T/out" || fail "hits are not counted"
grep -q ' remembered$' "$T/out" || fail "the commands were not executed"
grep -q '^3: \$rip = ' "$T/out" || fail "nothing is displayed"

# What nobody vouches for is not executed.
HOW="resume --debug" WHAT=$T/cp commands <"$T/after"
err_has '^facet: the commands of breakpoint 7 are left out: .*--trust'
grep -q ' remembered$' "$T/out" && fail "commands were executed without --trust"

# Without the debugger they are carried along.
expect 1 "$FACET" resume --trust --checkpoint "$T/cp2@event:1" --events /dev/null "$T/cp"
expect 0 "$FACET" resume --debug --trust -nx -q --batch -ex 'info breakpoints' "$T/cp2"
out_has '^3 +hw watchpoint +keep y +-location'

# A variable of a function that is not the innermost, and a pointer that leads elsewhere; they end with the function.
cat >"$T/before" <<'END'
break item_rename
run
up
watch day
watch i
frame 0
watch item->quantity
rwatch item->quantity
delete 1
END
cat >"$T/after" <<'END'
info watchpoints
continue
continue
bt 2
continue
info watchpoints
END
same "$STOCKROOM"
END=$(grep -c '^Hardware watchpoint' "$T/out" || true)
[ "$END" -gt 0 ] || fail "no watchpoint triggered"

