# SPDX-License-Identifier: GPL-2.0-or-later
# What a Linux program sees of what it was granted, what it is refused, and what its user is told of it.
. tests/cli/lib.sh
FACET=$(realpath "$FACET")
T=$(realpath "$T")
BUSYBOX=$(command -v busybox)
mkdir -p "$T/tree/a/sub" "$T/tree/b" "$T/tree/c"
cd "$T/tree"
echo one >a/one
echo two >b/two
echo three >c/three
ln -s "$T/tree/b/two" a/absolute
ln -s ../b/two a/relative
ln -s ../c/three a/elsewhere
ln -s "$T/tree/b" a/folder

box() {
    status=$1
    shift
    # shellcheck disable=SC2086 # grants are words
    expect "$status" "$FACET" run $grants "$BUSYBOX" "$@"
}

# Without any grant: no file, one line that says which grant, and only one however often it is tried.
grants=
box 1 cat a/one a/one "$T/tree/a/one"
err_has "^facet: the program was refused $T/tree/a/one: --grant file:$T/tree/a/one:ro would allow it\$"
[ "$(grep -c 'was refused' "$T/err")" = 1 ] || fail "it is told more than once"
box 0 pwd
out_has "^$T/tree\$"
box 1 ls a
err_has "refused $T/tree/a: --grant dir:$T/tree/a:ro, or file:$T/tree/a:ro, would allow it"
# What a C library looks up by itself is not worth a line, unless the user has named it.
grants='--grant dir:.:ro'
box 0 ls -l a/one
err_empty
box 1 cat /etc/passwd
err_has 'was refused /etc/passwd: --grant file:/etc/passwd:ro'
# … and no line for what is granted and is not there.
box 1 cat nothing
err_lacks 'was refused'

# Only to be read.
box 1 touch a/new
err_has "refused $T/tree/a/new: --grant dir:$T/tree/a:rw would allow it"
err_has 'Read-only file system'
for change in 'rm a/one' 'mv a/one a/two' 'mkdir a/new' 'rmdir a/sub' 'chmod 600 a/one' 'ln a/one a/two' 'ln -s x a/two' \
    'truncate -s 0 a/one' 'cp a/one a/two' 'dd if=a/one of=b/two' 'sed -i s/o/x/ a/one'; do
    # shellcheck disable=SC2086
    box 1 $change
    err_has 'Read-only file system'
done
[ "$(find . | wc -l)" = 12 ] && [ "$(cat a/one b/two)" = "$(printf 'one\ntwo')" ] || fail "something has changed"

# A link may lead from one grant to another, and nowhere else.
grants='--grant dir:a:ro --grant dir:b:rw'
box 0 cat a/absolute a/relative a/folder/two a/../b/two
printf 'two\ntwo\ntwo\ntwo\n' >"$T/expected"
out_is "$T/expected"
box 1 cat a/elsewhere
err_has "refused $T/tree/c/three: --grant file:$T/tree/c/three:ro would allow it"
box 0 dd if=a/one of=a/folder/copy
cmp a/one b/copy || fail "through a link into what may be written"
# The directories above are there, and nothing else is in them.
box 0 ls -a .
printf '.\n..\na\nb\n' >"$T/expected"
out_is "$T/expected"
box 1 touch c
err_has 'Read-only file system'
box 1 rmdir a
err_has 'Device or resource busy'

# Under another name, one inside the other.
grants='--grant dir:a:ro:/data --grant dir:b:rw:/data/sub/in'
box 0 ls -a /data/sub/in /data/one
out_has '^two$'
box 0 cp /data/one /data/sub/in/again
cmp a/one b/again || fail "it was not copied"
box 1 cp /data/one /data/sub/again
box 0 sh -c 'cd /data/sub/in && pwd && cd ../.. && pwd && cd / && echo *'
printf '/data/sub/in\n/data\ndata dev proc\n' >"$T/expected"
out_is "$T/expected"

# One file.
grants='--grant file:b/two:rw'
box 0 sh -c 'read line <b/two && echo "$line and more" >b/two'
[ "$(cat b/two)" = 'two and more' ] || fail "it was not written"
box 1 rm b/two
err_has 'Device or resource busy'
box 1 cat b/two/
err_has 'Not a directory'
box 0 ls -a b
printf '.\n..\ntwo\n' >"$T/expected"
out_is "$T/expected"

# A stream that is closed stays closed: no file of facet's own takes its number.
grants='--grant dir:.:rw'
last='a closed standard input'
got=0
"$FACET" run $grants "$BUSYBOX" cat <&- >"$T/out" 2>"$T/err" || got=$?
[ $got = 1 ] || fail "exit status $got"
err_has 'Bad file descriptor'
