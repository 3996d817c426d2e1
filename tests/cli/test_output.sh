# SPDX-License-Identifier: GPL-2.0-or-later
# Full disks and closed pipes: said once, the run goes on, status 125 at the end if the file was facet's own.
. tests/cli/lib.sh

pipeline <README.md >"$T/want"
for option in --events --stats; do
    expect 125 "$FACET" run --swap sym:table=count $option /dev/full "$WORDFREQ" <README.md
    out_is "$T/want"
    err_has 'No space left'
    [ "$(grep -c 'No space left' "$T/err")" = 1 ] || fail "said more than once"
    expect 125 "$FACET" run --swap sym:table=count $option "$T/no/such/folder" "$WORDFREQ" </dev/null
    err_has 'No such file'
done

# A reader that goes away after one line.
mkfifo "$T/pipe"
head -n 1 <"$T/pipe" >"$T/first" &
expect 125 "$FACET" run --swap sym:table=count --events "$T/pipe" "$WORDFREQ" <README.md
wait
out_is "$T/want"
err_has 'Broken pipe'
holds '.n == 0' "$T/first"

# The guest's own output: its write fails, which is the guest's business. wordfreq does not look.
status=$({ set +e; "$FACET" run "$WORDFREQ" <README.md 2>"$T/err"; echo $? >&3; } 3>"$T/status" | head -n 0; cat "$T/status")
[ "$status" = 0 ] || fail "a closed pipe on the guest's output gave status $status"
err_empty
expect 0 sh -c '"$FACET" run "$WORDFREQ" <README.md >/dev/full'
# Closed from the start: nothing to read, nowhere to write, and never one of facet's own files instead.
expect 0 sh -c '"$FACET" run "$WORDFREQ" <&-'
[ ! -s "$T/out" ] || fail "it read words from somewhere"
expect 0 sh -c '"$FACET" run --swap sym:table=count --events "$T/events" "$WORDFREQ" <README.md >&- 2>&-'
holds '.v == 1' "$T/events"
