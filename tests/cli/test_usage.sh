# SPDX-License-Identifier: GPL-2.0-or-later
# Help, version and what is wrong with a command line: status 2, said on standard error.
. tests/cli/lib.sh

options='--swap --events --stats --grant --program --clock --timeout --memory --seed --strace --batch --color --help --version -ex -x -q'
expect 0 "$FACET" --help
err_empty
for word in run debug $options 'sym:' 'va:' 'seg:' 'obj:' trace count watch freeze '\.so' stdin 125 126 124 133; do
    out_has "$word"
done
cp "$T/out" "$T/help"
expect 0 "$FACET" -h
out_is "$T/help"
expect 0 "$FACET" run --help
for word in $options; do
    out_has "$word"
done

# The man page has every option that the help has, and the other way round.
grep -oE -- '(^|[ ,])--?[a-z][a-z]*' "$T/help" | tr -d ' ,' | sort -u >"$T/help.options"
for option in $(cat "$T/help.options"); do
    sed 's/\\-/-/g' debugger/facet.1 | grep -q -e "$option" || fail "the man page lacks $option"
done
for grant in $(grep -oE '\{"[a-z]+", +GRANT_' debugger/grants.c | cut -d '"' -f 2); do
    grep -q "^\.B[R]* .*$grant" debugger/facet.1 || fail "the man page lacks --grant $grant"
    out_has "$grant"
done

expect 0 "$FACET" -V
out_has '^facet '
out_has 'Unicorn [2-9]\.[0-9]+\.[0-9]+'
expect 0 "$FACET" --version
out_has 'Unicorn'

wrong() {
    expect 2 "$FACET" "$@"
    [ ! -s "$T/out" ] || fail "it printed to standard output"
    err_has '^facet: '
}
wrong
wrong frobnicate
wrong run
wrong debug --batch --nonsense
wrong run --nonsense "$WORDFREQ"
wrong run --swap
wrong run --swap table "$WORDFREQ"
wrong run --swap sym:table "$WORDFREQ"
wrong run --swap sym:=count "$WORDFREQ"
wrong run --swap sym:nosuchthing=count "$WORDFREQ"
err_has nosuchthing
wrong run --swap sym:table=nosuchhandler "$WORDFREQ"
err_has nosuchhandler
wrong run --swap sym:table=./nosuch.so "$WORDFREQ"
wrong run --swap sym:table=watch:lode "$WORDFREQ"
wrong run --swap sym:table=watch:off=x "$WORDFREQ"
wrong run --swap va:zzz=count "$WORDFREQ"
wrong run --swap va:0x123=count "$WORDFREQ"
wrong run --swap seg:nosuch=count "$WORDFREQ"
wrong run --timeout never "$WORDFREQ"
wrong run --memory 12 "$WORDFREQ"
wrong run --memory lots "$WORDFREQ"
wrong run --grant nosuch "$WORDFREQ"
wrong run --color=perhaps "$WORDFREQ"
wrong run --grant "dir:$T:rx" "$WORDFREQ"
err_has 'add :ro or :rw'
wrong run --grant "dir:$T/nosuch:ro" "$WORDFREQ"
err_has 'No such file'
wrong run --grant "dir:$T:ro:here" "$WORDFREQ"
err_has 'must be absolute'
wrong run --grant "dir:$T:ro" --grant "dir:$T:rw" "$WORDFREQ"
err_has 'granted already'

# What could be swapped, without running anything: nm is the judge of symbols.
expect 0 "$FACET" objects "$WORDFREQ"
# shellcheck disable=SC2046
set -- $(symbol "$WORDFREQ" table)
out_has "^sym:table +$(printf 0x%x "$1") +$2\$"
out_has '^seg:text '
expect 0 "$FACET" objects "$WORDFREQ" tab
out_has '^sym:table '
! grep -q seg: "$T/out" || fail "it lists what was not asked for"
wrong objects
wrong objects "$WORDFREQ" tabel
err_has 'did you mean "table"'
expect 126 "$FACET" objects /bin/cat
