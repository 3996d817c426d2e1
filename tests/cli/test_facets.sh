# SPDX-License-Identifier: GPL-2.0-or-later
# A service knows its own capabilities when it sees them again, and no others.
. tests/cli/lib.sh

cat >"$T/expected" <<'END'
stored through what A gave, read through B: 4711
B gives nothing
and its pages can't be got out of it
A: facet A
B: facet B
what A gave, weak and without calls: the memory object
the client's own entry with the payload of A: not mine
the client's own GPT, whose keeper is B: not mine
nothing: not mine
END
for facet in "$FACET" build/debug/facet; do
    expect 0 "$facet" run --grant range "$B/guests/facets"
    cmp -s "$T/expected" "$T/out" || fail "it prints: $(diff "$T/expected" "$T/out")"
done
