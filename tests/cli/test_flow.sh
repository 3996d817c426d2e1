# SPDX-License-Identifier: GPL-2.0-or-later
# facet flow and the debugger's flow: questions, forms of answers, statuses.
. tests/cli/lib.sh
MEMBRANE=$B/guests/membrane
swapped="--program log=$MEMBRANE --swap sym:ledger=endpoint:log"

# Two programs have nothing to do with each other, until one serves memory of the other.
expect 0 "$FACET" flow --program "log=$MEMBRANE" --deny 'write ledger log' --deny 'read ledger log' "$LEDGER"
out_has '^Can ledger ever write to log\? No\.$'
out_has '^Can ledger ever read from log\? No\.$'
# shellcheck disable=SC2086
expect 1 "$FACET" flow $swapped --deny 'write ledger log' "$LEDGER"
out_has '^  ledger -> log$'
out_has 'the handler of a page or GPT is told of each access \(1, 2, 3\)$'
# The handler answers loads, too; it gets no capability.
# shellcheck disable=SC2086
expect 1 "$FACET" flow $swapped --deny 'obtain log ledger' --deny 'read ledger log' "$LEDGER"
out_has '^Can ledger ever read from log\? Yes:$'
# shellcheck disable=SC2086
expect 0 "$FACET" flow $swapped --deny 'obtain ledger log' "$LEDGER"
# So is one of addresses where nothing is: the program need only try.
expect 1 "$FACET" flow --program "log=$MEMBRANE" --swap va:0x100000000000+0x10000=endpoint:log --deny 'write ledger log' "$LEDGER"
out_has '^   1\. the handler of GPT obj:[0-9]+ is Entry endpoint:log$'
# Who is trusted passes nothing on.
# shellcheck disable=SC2086
expect 0 "$FACET" flow $swapped --deny '--trust ledger write ledger log' "$LEDGER"
# A program that is called like one of the system is none of it.
expect 0 "$FACET" flow --program "init=$MEMBRANE" --program "bank=$MEMBRANE" "$LEDGER"
out_has '^init .* trusted$'
out_has '^init#2 .*  $'
out_has '^bank#2 .*  $'
# init is their parent: if it is hostile, it passes things on.
expect 1 "$FACET" flow --program "log=$MEMBRANE" --deny '--hostile init write ledger log' "$LEDGER"
out_has '^  ledger -> log$'

# Handlers of the host.
expect 1 "$FACET" flow --swap sym:ledger=count --deny 'write ledger handler:count' "$LEDGER"
out_has 'ledger -> handler:count: a handler of the host'

# Names of memory, and where it is asked.
expect 0 "$FACET" flow --ask 'read ledger sym:ledger' --ask 'obtain ledger seg:text' --at remember_payment "$LEDGER"
out_has '^Can ledger ever read from sym:ledger\? Yes:$'
out_has '^Can ledger ever obtain a capability to seg:text\? No\.$'
expect 1 "$FACET" flow --grant range --deny 'obtain ledger seg:text' "$LEDGER"
# With a Range all objects are within reach, by their numbers: also what nobody has given it.
expect 1 "$FACET" flow --grant range --program "log=$MEMBRANE" --deny 'obtain ledger log' "$LEDGER"
out_has 'a Range gives any object by its number'

# A fault that waits to be told comes to whom it waits for, although its GPT has no keeper any more.
LATE="--grant range --grant time $B/tests/guests/late"
# shellcheck disable=SC2086
expect 0 "$FACET" run $LATE
# shellcheck disable=SC2086
expect 0 "$FACET" debug -nx -q --batch -ex 'break look' -ex run -ex caps $LATE
id() { sed -n "s/^c$1  *[A-Za-z]*  *\\(obj:[0-9]*\\) .*/\\1/p; s/^c$1  *[A-Za-z]*  *\\(obj:[0-9]*\\)\$/\\1/p" "$T/out"; }
keeper=$(id 17) gpt=$(id 16)
# shellcheck disable=SC2086
expect 1 "$FACET" flow --at look --deny "--trust late obtain $keeper $gpt" $LATE
out_has 'the keeper of a GPT is given that GPT'

# JSON says the same.
# shellcheck disable=SC2086
expect 0 "$FACET" flow $swapped --ask '--json ledger log' "$LEDGER"
holds '.v == 1 and .a == "ledger" and (.answers | map(.answer)) == [true, true, false]' "$T/out"
holds '.answers[0].path == ["ledger", "log"] and .answers[0].steps[-1].rule == "handler"' "$T/out"
holds '[.answers[].steps | to_entries[] | .value.n == .key + 1] | all' "$T/out"
# shellcheck disable=SC2086
expect 0 "$FACET" flow $swapped --ask --json "$LEDGER"
holds '(.flows | map(select(.from == "ledger" and .to == "log")) | length) == 1 and (.nodes | index("init"))' "$T/out"

# Graphs, also into files.
# shellcheck disable=SC2086
expect 0 "$FACET" flow $swapped --ask "--dot write ledger log > $T/dot" "$LEDGER"
[ ! -s "$T/out" ] || fail "the graph is also on standard output"
grep -q '^digraph flow {$' "$T/dot" || fail "no graph"
grep -q '^}$' "$T/dot" || fail "the graph does not end"
grep -q 'label="handler" color=red' "$T/dot" || fail "the graph lacks the flow"
if command -v dot >/dev/null; then dot -Tsvg "$T/dot" >/dev/null || fail "graphviz does not read it"; fi

# What is no question.
expect 2 "$FACET" flow --ask 'write ledger ledger' "$LEDGER"
err_has 'ledger and ledger have ledger in common'
expect 2 "$FACET" flow --ask 'write ledger' "$LEDGER"
err_has 'two names'
expect 2 "$FACET" flow --ask 'write ledger nobody' "$LEDGER"
err_has 'Nothing is called "nobody"'
expect 2 "$FACET" flow --ask '--trust nobody' "$LEDGER"
err_has 'no process "nobody"'
expect 2 "$FACET" flow --ask '--twice' "$LEDGER"
expect 2 "$FACET" flow --at nowhere "$LEDGER"
expect 2 "$FACET" run --ask x "$LEDGER"
err_has 'belongs to `facet flow`'
expect 2 "$FACET" flow --ask "> $T/none/file" "$LEDGER"
err_has 'cannot be written'

# In the debugger.
expect 0 "$FACET" debug -nx -q --batch -ex 'break remember_payment' -ex run -ex 'flow write ledger stdout' -ex flow "$LEDGER"
out_has '^Can ledger ever write to stdout\? Yes:$'
out_has '^ledger .* yes '
