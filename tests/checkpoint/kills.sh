#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Kills facet at random moments while it saves, again and again over the same file, which must always be one that can be
# loaded. (tests/cli/test_checkpoint_safe.sh kills it at each system call.)
#
# usage: kills.sh BUILD-FOLDER KILLS [SEED]
set -u
B=$1 KILLS=$2 SEED=${3-1}
FACET=$B/facet
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT INT TERM
saved=0

cat >"$T/script" <<END
starti
while 1
checkpoint $T/cp
end
END
"$FACET" run --checkpoint "$T/cp@1" "$B/guests/ledger" >/dev/null 2>&1
for i in $(seq "$KILLS"); do
    SEED=$(((SEED * 1103515245 + 12345) % 2147483648))
    rm -f "$T/said"
    "$FACET" debug -q --batch -x "$T/script" "$B/guests/wordfreq" </dev/null >"$T/said" 2>&1 &
    pid=$!
    while ! [ -s "$T/said" ] && kill -0 $pid 2>/dev/null; do sleep 0.02; done
    sleep "0.$(printf %03d $((SEED / 8 % 150)))"
    kill -KILL $pid 2>/dev/null || { echo "kills: $i: it had ended: $(cat "$T/said")"; exit 1; }
    wait $pid 2>/dev/null
    saved=$((saved + $(grep -c '^Saved' "$T/said")))
    "$FACET" resume --describe "$T/cp" >/dev/null || { echo "kills: $i: the file cannot be loaded"; exit 1; }
    [ $((i % 20)) -ne 0 ] || timeout 60 "$FACET" resume "$T/cp" </dev/null >/dev/null 2>&1
    [ $? -le 1 ] || { echo "kills: $i: one cannot go on from the file"; exit 1; }
    rm -f "$T"/.cp.*
done
[ $saved -gt 0 ] || { echo "kills: only $saved saves"; exit 1; }
printf 'kills: %s, while it saved over and over (%s saves were complete)\n' "$KILLS" "$saved"
