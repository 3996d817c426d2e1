# SPDX-License-Identifier: GPL-2.0-or-later
# No client can tell what stands before an entry capability: what it finds out, and what the service is told, is the same
# with the original, behind one, two and three forwarders and behind a membrane.
. tests/cli/lib.sh

transcript() { # transcript FACET WHAT…
    facet=$1
    shift
    expect 0 "$facet" run --grant range --grant debug "$B/tests/guests/fronts" "$@"
}
for facet in "$FACET" build/debug/facet; do
    transcript "$facet" direct
    mv "$T/out" "$T/direct"
    # It has asked for everything: 600 messages, of which the service has seen all but the kernel's labels; and the end.
    [ "$(grep -c '^label .* it: [0-9a-f]* payload 5e71' "$T/direct")" -ge 500 ] || fail "few messages"
    [ "$(grep -c '^OP_' "$T/direct")" -ge 30 ] || fail "few operations"
    for sign in '^poked -> 4201' '^keeper of a GPT .* there 6' '^handler -> 0 a load 1234567' '^foreign .*800000000002002' \
        '^the service is gone -> 1000'; do
        grep -q -e "$sign" "$T/direct" || fail "no line of it matches: $sign"
    done
    for count in 1 2 3; do
        transcript "$facet" forwarders $count
        cmp -s "$T/direct" "$T/out" || fail "behind $count forwarders: $(diff "$T/direct" "$T/out" | head -n 8)"
    done
    [ "$facet" = "$FACET" ] || continue
    # A membrane is a process: the kernel's messages do not go through it, and it outlives the service.
    grep -v -e '^keeper ' -e '^handler ' -e '^foreign ' -e '^the service ' "$T/direct" >"$T/messages"
    transcript "$facet" membrane
    cmp -s "$T/messages" "$T/out" || fail "behind a membrane: $(diff "$T/messages" "$T/out" | head -n 8)"
    [ "$(grep -c '^call 0x' "$T/err")" -ge 500 ] || fail "the membrane has seen few calls"
done

# The membrane of the samples says what passes, and unwraps what comes back.
expect 0 "$FACET" run --grant range "$B/guests/wrap"
out_has '^counted 42, and what comes back is what was sent$'
err_has '^call 0x40000 28 0 0 0, bytes 0$'
err_has '^  answer 0x0 2a 0 0 0, bytes 0$'
