#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A run that is saved at a random moment and resumed must be the run that nobody disturbed: the same output, exit
# status and events, what came before the checkpoint taken from the run that was saved. Some of the resumed runs are
# saved and resumed once more.
#
# usage: moments.sh BUILD-FOLDER MOMENTS [SEED [NAME]]      NAME: only what has that in its name
set -u
B=$1 MOMENTS=$2 SEED=${3-1} ONLY=${4-}
FACET=$B/facet
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT INT TERM
failed=0 done=0 chains=0

random() { # BELOW, into $random
    SEED=$(((SEED * 1103515245 + 12345) % 2147483648))
    random=$((SEED / 8 % $1))
}

fail() {
    printf 'moments: %s: %s\n' "$name" "$*" >&2
    [ ! -s "$T/err" ] || head -n 5 "$T/err" >&2
    failed=1
}

said() { "$FACET" resume --describe "$1" | sed -n "s/^$2 *\([0-9]*\).*/\1/p"; }

# Standard input: the file, or through a pipe what is left of it behind SKIP bytes.
facet() { # SKIP ARGUMENTS…
    skip=$1
    shift
    if [ "$piped" ]; then
        tail -c +$((skip + 1)) "$T/in" | "$FACET" "$@" >"$T/out" 2>"$T/err"
    else
        "$FACET" "$@" <"$T/in" >"$T/out" 2>"$T/err"
    fi
    status=$?
}

# The undisturbed run, and between which moments of the clock the program lives.
straight() {
    facet 0 run --clock --events "$T/events.all" --stats "$T/stats" "$@"
    cp "$T/out" "$T/out.all"
    wanted=$status last=$(jq .clock "$T/stats")
    facet 0 run --checkpoint "$T/first@1" "$@"
    first=$(said "$T/first" clock)
    [ "$last" -gt "$first" ] || fail "no clock: $first to $last"
}

# The run that was saved is not disturbed by it.
same() {
    cmp -s "$T/events" "$T/events.all" || fail "$1: the events are others"
    cmp -s "$T/out" "$T/out.all" || fail "$1: the output is another one"
    [ $status -eq $wanted ] || fail "$1: exit status $status, not $wanted"
}

# What comes after a checkpoint, behind what came before it.
resume() { # CHECKPOINT WHAT OPTIONS…
    from=$1 what=$2
    shift 2
    facet "$(said "$from" stdin)" resume --trust --events "$T/events.after" "$@" "$from"
    mv "$T/out" "$T/out.after"
    head -n "$(said "$from" events)" "$T/events.all" | cat - "$T/events.after" >"$T/events"
    head -c "$(said "$from" stdout)" "$T/out.all" | cat - "$T/out.after" >"$T/out"
    same "$what"
}

moment() { # AT COMMAND…
    at=$1
    shift
    facet 0 run --events "$T/events" --checkpoint "$T/cp@$at" "$@"
    same "saved @$at"
    resume "$T/cp" "resumed @$at"
}

# The resumed run is saved, too.
chain() {
    now=$(said "$T/cp" clock)
    random $((last - now))
    resume "$T/cp" "resumed @$at, and saved" --checkpoint "$T/cp2@$((now + 1 + random))"
    [ -e "$T/cp2" ] || return
    resume "$T/cp2" "resumed twice, @$at and @$((now + 1 + random))"
    rm "$T/cp2"
    chains=$((chains + 1))
}

try() { # NAME MOMENTS COMMAND…
    name=$1 moments=$2
    case $name in *"$ONLY"*) ;; *) return ;; esac
    shift 2
    straight "$@"
    for i in $(seq "$moments"); do
        [ $failed = 0 ] || return
        random $((last - first - 1))
        moment $((first + 1 + random)) "$@"
        [ $((done % 4)) -ne 3 ] || chain
        done=$((done + 1))
    done
}

cat >"$T/program.sh" <<'END'
trap 'echo signal $i' USR1
i=0
while [ $i -lt 12 ]; do
    i=$((i + 1))
    text=
    for k in 1 2 3 4 5; do text="$text $((i * k * 7919 % 1000))"; done
    lists[$((i % 5))]="${lists[$((i % 5))]} $text"
    [ $((i % 4)) -ne 0 ] || kill -USR1 $$
done
for k in 0 1 2 3 4; do echo "$k: ${lists[$k]}"; done
while read -r line; do echo "<$line>"; done
END

cat >"$T/echo.lua" <<'END'
verdicts = {PASS, DONE}
local values, count = {}, 0
function access(a)
  count = count + 1
  if a.kind == "store" then values[a.offset] = a.value return PASS end
  if a.offset == 4 or a.offset == 8 then return DONE, count % 3 == 0 and 1 or 0 end
  return DONE, (values[a.offset] or 0) + count % 7
end
function save()
  local text = {tostring(count)}
  for at, value in pairs(values) do text[#text + 1] = at .. "=" .. value end
  return table.concat(text, " ")
end
function resume(text)
  count = tonumber(text:match("^%d+"))
  for at, value in text:gmatch("(%d+)=(-?%d+)") do values[tonumber(at)] = tonumber(value) end
end
END

piped=
part=$(((MOMENTS + 15) / 16))
head -n 40 LICENSE >"$T/in"
# Programs that use capabilities, and every kind of handler and front.
try 'a program' $part --swap sym:ledger=count "$B/guests/ledger"
try 'a program that reads' $part --swap sym:table=count "$B/guests/wordfreq"
try 'two processes' $part --grant range --grant debug "$B/guests/remote"
try 'a handler that is a process' $part --program once="$B/guests/writeonce" --swap sym:ledger=endpoint:once \
    --swap va:0x403100+64=trace "$B/guests/ledger"
try 'a process that prints' $part --program log="$B/guests/membrane" --swap sym:ledger=endpoint:log "$B/guests/ledger"
try 'handlers that answer' $part --swap sym:ledger=once:ignore --swap sym:ledger=flip:p=0.1 --swap sym:ledger=freeze \
    "$B/guests/ledger"
try 'a handler that might stop' $part --swap sym:table=watch:store,value=123456789 "$B/guests/wordfreq"
try 'a handler that steps' $part --grant range --swap "sym:word=$B/handlers/effect.so" "$B/tests/guests/turns" add
try 'a handler that blocks' $part --grant range --swap "sym:cell=$B/handlers/future.so" "$B/tests/guests/turns" wait
try 'code' $part --swap sym:remember_payment=count --swap sym:add_to_balance=watch:off=9999 "$B/guests/ledger"
try 'a handler in Lua' $part --swap "sym:uart=$T/echo.lua" "$B/guests/uart"
try 'a device' $part --swap sym:uart=device:samples/handlers/uart.lua:abc "$B/guests/uart"
# Linux programs.
try 'sort' $part /bin/busybox sort
try 'copies of files' $part --grant "dir:$T:rw" /bin/busybox cp "$T/in" "$T/copy"
piped=1
# (Not the stack: fstat puts there what the host says of the pipe.)
try 'sed through a pipe' $part --swap seg:heap=count /bin/busybox sed 's/[aeiou]/_/g'
try 'a shell with a heap and signals' $part --grant "file:$T/program.sh:ro" --swap map:1=count /bin/bash-static "$T/program.sh"
printf 'moments: %s, %s of them saved twice\n' "$done" "$chains"
exit $failed
