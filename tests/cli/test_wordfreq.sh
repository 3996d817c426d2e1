# SPDX-License-Identifier: GPL-2.0-or-later
# wordfreq counts as tr, sort and uniq do, whatever handler sits on its table.
. tests/cli/lib.sh

pipeline <README.md >"$T/want"
expect 0 "$FACET" run "$WORDFREQ" <README.md
out_is "$T/want"
err_empty
expect 0 "$B/tests/native/wordfreq" <README.md
out_is "$T/want"

for handler in count trace "$B/handlers/tracer.so" watch:store,off=999999999; do
    expect 0 "$FACET" run --swap "sym:table=$handler" "$WORDFREQ" <README.md
    out_is "$T/want"
    err_has table
done
expect 0 "$FACET" run --swap sym:table=count --swap sym:table="$B/handlers/tracer.so" --swap sym:word=count "$WORDFREQ" <README.md
out_is "$T/want"

expect 0 "$FACET" run "$WORDFREQ" </dev/null
[ ! -s "$T/out" ] || fail "words out of nothing"
printf 'b a B\n\nccc' >"$T/in"
expect 0 "$FACET" run "$WORDFREQ" <"$T/in"
pipeline <"$T/in" >"$T/want"
out_is "$T/want"
