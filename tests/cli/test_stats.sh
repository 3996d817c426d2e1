# SPDX-License-Identifier: GPL-2.0-or-later
# --stats: one JSON object; the debug build also counts instructions of the kernel and of programs.
. tests/cli/lib.sh

expect 0 "$FACET" run --stats "$T/stats" --swap sym:table=count --events "$T/events" "$WORDFREQ" <README.md
[ "$(jq -s length "$T/stats")" = 1 ] || fail "not one object"
holds '.v == 1 and .end == "exited" and .exit == 0 and .syscalls > 0 and .fills > 0 and .exceptions > 0' "$T/stats"
events=$(wc -l <"$T/events")
holds ".events == $events and .accesses >= $events" "$T/stats"
holds ".swaps == [{\"object\": \"sym:table\", \"handler\": \"count\", \"accesses\": $events}]" "$T/stats"
# What the machine delivered is what the kernel counted.
holds '.kernel_syscalls == .syscalls' "$T/stats"
expect 0 "$FACET" run --stats - "$WORDFREQ" </dev/null
holds '.accesses == 0' "$T/out"

[ -x build/debug/facet ] || fail "no debug build"
expect 0 build/debug/facet run --stats "$T/stats" build/debug/guests/wordfreq <README.md
pipeline <README.md >"$T/want"
out_is "$T/want"
holds '.instructions_cpl0 > 10000 and .instructions_cpl3 > 100000' "$T/stats"
# The same to the last instruction, again and again.
cp "$T/stats" "$T/first"
expect 0 build/debug/facet run --stats "$T/stats" build/debug/guests/wordfreq <README.md
for field in instructions_cpl0 instructions_cpl3; do
    [ "$(jq .$field "$T/stats")" = "$(jq .$field "$T/first")" ] || fail "$field differs between two runs"
done
