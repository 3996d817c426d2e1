# SPDX-License-Identifier: GPL-2.0-or-later
# Checkpoints: what is resumed goes on with all it had; what does not fit, must not be trusted or cannot be saved is said.
# Random moments: test_checkpoint_moments.sh; damaged files and killed saves: test_checkpoint_safe.sh.
. tests/cli/lib.sh
run() { expect 1 "$FACET" run "$@" "$LEDGER"; } # ledger's own status is 1

# The same command line makes the same file (it counts the fills of the TLB, too); the clock of the program's first
# instruction is in it.
for name in start start2; do
    expect 1 still "$FACET" run --checkpoint "$T/$name@1" --swap sym:ledger=count --events "$T/all" "$LEDGER"
done
cmp "$T/start" "$T/start2" || fail "the same run gives two checkpoints"
expect 0 "$FACET" resume --describe "$T/start"
out_has '^program +/.*/ledger$'
out_has '^swap +sym:ledger=count$'
start=$(sed -n 's/^clock *//p' "$T/out")

# Words of whoever made the file stay on their line, and do nothing to a terminal.
expect 1 "$FACET" run --checkpoint "$T/words@1" "$LEDGER" "$(printf '\033[2J\nclock     1')"
expect 0 "$FACET" resume --describe "$T/words"
out_has '^arguments \?\[2J\?clock     1$' && [ "$(grep -c '^clock' "$T/out")" = 1 ] || fail "an argument has a line of its own"

# Two runs from one file are the same: output, events, counters (but those of the TLB, which grows by the host's time).
run --checkpoint "$T/middle@$((start + 60000))" --swap sym:ledger=count --events "$T/all"
for i in 1 2; do
    expect 1 "$FACET" resume --events "$T/events$i" --stats "$T/stats$i" "$T/middle"
    cp "$T/out" "$T/out$i"
    cp "$T/err" "$T/err$i"
    jq 'del(.seconds, .fills, .flushes)' "$T/stats$i" >"$T/counters$i"
done
for what in events out err counters; do
    cmp "$T/${what}1" "$T/${what}2" || fail "two runs from one file: $what differ"
done
[ "$(jq -s '.[0].n' "$T/events1")" -gt 10 ] || fail "events begin anew"
tail -n "$(wc -l <"$T/events1")" "$T/all" | cmp - "$T/events1" || fail "events are not the rest"
grep -q '"n":178,' "$T/events1" || fail "the last event is missing"
err_has '^count sym:ledger: '
run --swap sym:ledger=count
grep '^count' "$T/err" >"$T/counted"
grep '^count' "$T/err1" | cmp - "$T/counted" || fail "count has forgotten something"

# In the debugger, at a breakpoint, inside a function.
expect 0 "$FACET" debug -q --batch -ex 'break remember_payment if amount == 900' -ex run -ex bt -ex 'info registers' -ex 'x/8xg &ledger' \
    -ex "checkpoint $T/stopped" "$LEDGER"
out_has "^Saved; .facet resume $T/stopped. goes on from here"
sed -n '/^#0/,/^Saved/p' "$T/out" | sed '$d' >"$T/seen"
expect 0 "$FACET" resume --debug -q --batch -ex bt -ex 'info registers' -ex 'x/8xg &ledger' "$T/stopped"
grep -v '^Saved' "$T/out" | cmp - "$T/seen" || fail "it does not stand where it stood"
expect 0 "$FACET" resume --debug -q --batch -ex 'break remember_payment' -ex c -ex 'p amount' -ex delete -ex c -ex run "$T/stopped"
out_has '^\$1 = '
out_has 'exited with code 01'
expect 1 "$FACET" debug -q --batch -ex "checkpoint $T/none" "$LEDGER"
err_has 'not being run|not running|no program' 

# Before an access at which a handler stopped: it is not asked about that one again.
expect 0 "$FACET" debug -q --batch --swap sym:ledger=watch:store,off=176,value=75 -ex run -ex "checkpoint $T/store" "$LEDGER"
expect 1 "$FACET" resume "$T/store"
err_has '^watch sym:ledger: 1 of 179 accesses matched'
out_has '^carol +75'
expect 0 "$FACET" debug -q --batch -ex starti -ex 'watch *(long *)((char *)&ledger + 176)' -ex c -ex "checkpoint $T/own" "$LEDGER"
expect 1 "$FACET" resume "$T/own"
out_has '^carol +75'

# Built-in handlers go on with what they know.
for handler in once:ignore freeze flip:p=0.1,bit=1 poison:off=40..48,report trace; do
    run --swap "sym:ledger=$handler" --checkpoint "$T/cp@$((start + 50000))"
    cp "$T/out" "$T/whole"
    grep -E '^(once|freeze|flip|poison|trace) sym:ledger: [0-9]' "$T/err" >"$T/report" || fail "no report of $handler"
    expect 1 "$FACET" resume "$T/cp"
    out_is "$T/whole"
    grep -E '^(once|freeze|flip|poison|trace) sym:ledger: [0-9]' "$T/err" | cmp - "$T/report" || fail "$handler has forgotten something"
done

# One of one's own needs save() and load(); in Lua, save() and resume(). Nobody's file is loaded without --trust.
cat >"$T/sum.c" <<'END'
#include <facet/handler.h>
#include <stdlib.h>
static uint32_t verdicts(const char *a) { (void)a; return FACET_MAY(FACET_PASS); }
static void *attach(const struct facet_object *o, const char *a, struct facet_handler_error *e) {
    (void)o, (void)a, (void)e;
    return calloc(1, sizeof(long));
}
static enum facet_verdict access(void *s, const struct facet_access *a, struct facet_reply *r) {
    (void)r;
    *(long *)s += a->size;
    return FACET_PASS;
}
static void report(void *s, FILE *out) { fprintf(out, "sum: %ld\n", *(long *)s); }
#ifdef SAVES
static void save(void *s, FILE *out) { fwrite(s, sizeof(long), 1, out); }
static int load(void *s, FILE *in, struct facet_handler_error *e) {
    snprintf(e->text, sizeof e->text, "too short");
    return fread(s, sizeof(long), 1, in) == 1 ? 0 : -1;
}
#endif
const struct facet_handler facet_handler = {.abi = ABI, .name = "sum", .summary = "-", .verdicts = verdicts, .attach = attach,
    .access = access, .report = report, .detach = free,
#ifdef SAVES
    .save = save, .load = load,
#endif
};
END
gcc -shared -fPIC -Iinclude -DABI=2 -DSAVES -o "$T/sum.so" "$T/sum.c"
gcc -shared -fPIC -Iinclude -DABI=1 -o "$T/old.so" "$T/sum.c"
cat >"$T/sum.lua" <<'END'
local sum = 0
function access(a) sum = sum + a.size end
function report() print(string.format("sum: %d", sum)) end
function save() return tostring(sum) end
function resume(text) sum = tonumber(text) end
END
for file in sum.so sum.lua old.so; do
    run --swap "sym:ledger=$T/$file" --checkpoint "$T/cp@$((start + 60000))"
    grep '^sum: ' "$T/err" >"$T/report"
    expect 2 "$FACET" resume "$T/cp"
    err_has "the handler $T/$file.*--trust"
    expect 1 "$FACET" resume --trust "$T/cp"
    if [ $file = old.so ]; then
        err_has 'old.so on sym:ledger keeps nothing in checkpoints: it begins afresh'
        continue
    fi
    grep '^sum: ' "$T/err" | cmp - "$T/report" || fail "$file has forgotten something"
done

expect 0 "$FACET" run --clock --stats "$T/stats" --swap sym:uart=device:samples/handlers/uart.lua:abc "$B/guests/uart"
sed -n '/^device/,$p' "$T/err" >"$T/report"
expect 0 "$FACET" run --checkpoint "$T/cp@$(($(jq .clock "$T/stats") - 3000))" --swap sym:uart=device:samples/handlers/uart.lua:abc \
    "$B/guests/uart"
expect 0 "$FACET" resume --trust "$T/cp"
sed -n '/^device/,$p' "$T/err" | cmp - "$T/report" || fail "the device has forgotten something"

# A log in a file has each access once, whatever the saved run wrote after the checkpoint.
run --swap "sym:ledger=log:$T/log.db" --checkpoint "$T/cp@$((start + 60000))"
grep '^log' "$T/err" >"$T/report"
expect 1 "$FACET" resume --trust "$T/cp"
grep '^log' "$T/err" | cmp - "$T/report" || fail "the log has lost something"

# Processes that wait: for a handler that blocks, for a handler that is a process.
expect 139 "$FACET" run --program "once=$B/guests/writeonce" --swap sym:ledger=endpoint:once --checkpoint "$T/cp@$((start + 100000))" \
    "$LEDGER"
cp "$T/out" "$T/whole"
expect 139 "$FACET" resume "$T/cp"
out_is "$T/whole"
err_has 'the handler of a swapped object refused with code 176'

# Open files of a Linux program stand where they stood.
seq 1 300 >"$T/numbers"
cat >"$T/script.sh" <<END
exec 3<$T/numbers 4>$T/doubled
while read -r n <&3; do echo \$((2 * n)) >&4; done
echo done
END
set -- --grant "dir:$T:rw" /bin/bash-static "$T/script.sh"
expect 0 "$FACET" run --clock --stats "$T/stats" "$@"
end=$(jq .clock "$T/stats")
mv "$T/doubled" "$T/wanted"
expect 0 "$FACET" run --checkpoint "$T/cp@$((end / 4 * 3))" "$@"
cmp "$T/doubled" "$T/wanted"
truncate -s 100 "$T/doubled"
expect 2 "$FACET" resume "$T/cp"
err_has "dir:$T:rw.*--trust"
expect 0 "$FACET" resume --trust "$T/cp"
out_has '^done$'
tail -c 300 "$T/doubled" >"$T/tail"
tail -c 300 "$T/wanted" | cmp - "$T/tail" || fail "it did not write where it stood"
mv "$T/numbers" "$T/away"
expect 2 "$FACET" resume --trust "$T/cp"
err_has 'the program has numbers open, which cannot be opened again: No such file'
mkdir "$T/numbers"
expect 2 "$FACET" resume --trust "$T/cp"
err_has 'the program has numbers open, which is not a file any more'

# At the end of a run that is ended.
printf 'while :; do i=$((i + 1)); done\n' >"$T/endless.sh"
expect 124 "$FACET" run --timeout 1 --checkpoint "$T/end" --grant "file:$T/endless.sh:ro" /bin/bash-static "$T/endless.sh"
expect 124 "$FACET" resume --trust --timeout 0.2 "$T/end"

expect 124 "$FACET" resume --trust --timeout 0.000001 "$T/end"
err_has '^facet: timeout while the checkpoint was loaded'

# What does not fit.
cp "$LEDGER" "$T/ledger"
expect 1 "$FACET" run --checkpoint "$T/cp@1" "$T/ledger"
strip "$T/ledger"
expect 2 "$FACET" resume "$T/cp"
err_has "$T/ledger has changed since the checkpoint was made"
rm "$T/ledger"
expect 126 "$FACET" resume "$T/cp"
expect 1 "$FACET" run --kernel "$B/kernel.elf" --checkpoint "$T/cp@1" "$LEDGER"
expect 1 "$FACET" resume --kernel "$B/kernel.elf" "$T/cp"
cp "$B/kernel.elf" "$T/kernel.elf"
printf x >>"$T/kernel.elf"
expect 2 "$FACET" resume --kernel "$T/kernel.elf" "$T/start"
err_has 'another build of facet'

# Wrong usage.
expect 2 "$FACET" resume
expect 2 "$FACET" resume "$T/nosuch"
err_has 'cannot read the checkpoint .*No such file'
expect 2 "$FACET" resume "$LEDGER"
err_has 'is no checkpoint of facet'
for option in --memory=64M --grant=time --seed=1 --program=a=b --clock --strace; do
    expect 2 "$FACET" resume "$option" "$T/start"
    err_has 'settled when the program was started'
done
expect 0 "$FACET" debug -q --batch -ex starti -ex "checkpoint $T/cp" "$LEDGER"
expect 2 "$FACET" resume --checkpoint "$T/x@99999999" "$T/cp"
err_has 'started without --clock'
run --checkpoint "$T/x@99999999999"
err_has 'the run ended before the moment of the checkpoint: nothing was saved in'
expect 2 "$FACET" run --checkpoint "$T/x@event:5" "$LEDGER"
err_has 'events'
run --checkpoint "$T/cp@event:100" --swap sym:ledger=count --events "$T/all"
expect 0 "$FACET" resume --describe "$T/cp"
events=$(sed -n 's/^events *//p' "$T/out")
[ "$events" -ge 100 ] && [ "$events" -lt 179 ] || fail "saved after $events events, not after 100"
expect 1 "$FACET" resume --events "$T/rest" "$T/cp"
head -n "$events" "$T/all" | cat - "$T/rest" | cmp - "$T/all" || fail "events are not the rest"
expect 2 "$FACET" resume --batch "$T/start"
expect 2 "$FACET" run --debug "$LEDGER"
expect 2 "$FACET" debug --checkpoint "$T/x" "$LEDGER"
expect 2 "$FACET" run --checkpoint "$T/x@event:no" "$LEDGER"
expect 2 "$FACET" run --checkpoint "$T/nosuch/x" "$LEDGER"
err_has 'cannot save into .*nosuch/x: No such file'
expect 2 "$FACET" run --checkpoint "$T@1" "$LEDGER"
err_has 'it is no file'
