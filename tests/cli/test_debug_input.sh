# SPDX-License-Identifier: GPL-2.0-or-later
#
# Where the debugger's commands, and the program's arguments and streams come from.
. tests/cli/lib.sh
export XDG_CONFIG_HOME="$T/config" XDG_STATE_HOME="$T/state"

# run < FILE > FILE: as without the debugger
expect 0 "$FACET" run "$WORDFREQ" <README.md
cp "$T/out" "$T/plain"
expect 0 "$FACET" debug -q --batch -ex "run < README.md > $T/written" "$WORDFREQ"
cmp "$T/plain" "$T/written" || fail "another output with redirections"
expect 0 "$FACET" debug -q --batch -ex "run <README.md >$T/written" -ex "run >>$T/written" "$WORDFREQ" </dev/null
cmp "$T/plain" "$T/written" || fail "the second run had standard input again, and appended nothing to it"
expect 0 "$FACET" debug -q --batch -ex "set args <README.md" -ex "run" "$WORDFREQ"
sed '$d' "$T/out" | cmp - "$T/plain" || fail "set args did not redirect"
expect 1 "$FACET" debug -q --batch -ex "run <$T/missing" "$WORDFREQ"
err_has 'missing: No such file or directory\.$'

# commands from standard input, those of several lines too; the program reads what follows `run` up to there
expect 0 "$FACET" debug -q "$WORDFREQ" <<END
define hello
  echo hello \$arg0\n
end
hello you
if 1
  echo one\n
end
END
printf 'hello you\none\n' >"$T/want"
out_is "$T/want"

# a command of -ex takes its further lines from the next -ex
expect 0 "$FACET" debug -q --batch -ex 'define hello' -ex 'echo hello\n' -ex 'end' -ex 'hello' "$WORDFREQ"
echo hello >"$T/want"
out_is "$T/want"
expect 1 "$FACET" debug -q --batch -ex 'define hello' -ex 'echo hello\n' "$WORDFREQ" </dev/null
err_has '^No `end` for this `define`\.$'

# the user's own file comes first, one in the current folder never
mkdir -p "$XDG_CONFIG_HOME/facet"
printf 'define own\necho mine\\n\nend\n' >"$XDG_CONFIG_HOME/facet/init"
expect 0 "$FACET" debug -q --batch -ex own "$WORDFREQ"
echo mine >"$T/want"
out_is "$T/want"
expect 1 "$FACET" debug -nx -q --batch -ex own "$WORDFREQ"
err_has '^Undefined command: "own"'

# ~, and an exit status of the script's own
printf 'quit 6 * 7\n' >"$T/status"
HOME=$T expect 42 "$FACET" debug -nx -q -ex 'source ~/status' "$WORDFREQ"
expect 1 "$FACET" debug -nx -q --batch -ex frob -ex quit "$WORDFREQ"

# commands that call each other for ever, and nested too deeply
expect 1 "$FACET" debug -q --batch -ex 'define a' -ex 'a' -ex 'end' -ex 'a' "$WORDFREQ"
err_has 'nested too deeply'
printf 'source %s/self\n' "$T" >"$T/self"
expect 1 "$FACET" debug -q --batch -x "$T/self" "$WORDFREQ"
err_has 'nested too deeply'

# no colour outside of a terminal, unless it is wanted
expect 0 "$FACET" debug -q --batch -ex 'break main' -ex run -ex 'x/2xg $sp' "$LEDGER"
! grep -q "$(printf '\033')" "$T/out" || fail "colour in a file"
[ ! -e "$XDG_STATE_HOME" ] || fail "a history of a session without a terminal"

# scripts.facet prints the same under gdb; at its end both miss an argument
expect 1 gdb -nx -q --batch -x tests/sessions/scripts.facet
err_has '^Missing argument 0 in user function\.$'
sed '$d' tests/sessions/scripts.expected >"$T/want"
out_is "$T/want"
