#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Programs as Debian ships them, busybox-static and bash-static, natively and under facet: the same output, exit status and
# files. Each runs in a directory of its own with the same contents, granted as a whole.
#
# usage: packages.sh BUILD-FOLDER
set -u
cd "$(dirname "$0")/../.." || exit 2
B=$(realpath "$1")
SOURCES=$(pwd)
BUSYBOX=$(command -v busybox)
BASH_STATIC=$(command -v bash-static)
[ -n "$BUSYBOX" ] && [ -n "$BASH_STATIC" ] || {
    echo "packages: busybox-static and bash-static are missing: make deps"
    exit 1
}
export LC_ALL=C TZ=UTC
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
passed=0
failed=0

prepare() {
    mkdir -p "$1/tree/below/deeper" "$1/tree/empty"
    cp "$SOURCES/README.md" "$1/readme"
    cp "$SOURCES/LICENSE" "$1/licence"
    printf 'pear\napple\nfig\napple\n' >"$1/fruit"
    printf '3 three\n1 one\n2 two\n10 ten\n' >"$1/numbers"
    cp "$1/fruit" "$1/tree/below/fruit"
    sed 's/fig/plum/' "$1/fruit" >"$1/tree/below/deeper/other"
    ln -s below/fruit "$1/tree/link"
    head -c 300000 "$BUSYBOX" >"$1/binary"
    find "$1" -exec touch -h -d '2020-02-02 02:02:02' {} +
}
prepare "$T/native"
prepare "$T/facet"

# Both runs happen in a directory of the same name, here: in NAME COMMAND…
in_tree() {
    mv "$T/$1" "$T/here"
    (cd "$T/here" && shift && "$@" <"$T/in")
    result=$?
    mv "$T/here" "$T/$1"
    return $result
}

# both PROGRAM ARGS…: standard input is $T/in
both() {
    program=$1
    shift
    in_tree native env -i LC_ALL=C TZ=UTC "$program" "$@" >"$T/native.out" 2>"$T/native.err"
    native=$?
    in_tree facet timeout 300 "$B/facet" run --memory 256M --grant dir:.:rw --grant env:LC_ALL --grant env:TZ --grant file:/etc/passwd:ro --grant file:/etc/group:ro "$program" "$@" \
        >"$T/facet.out" 2>"$T/facet.err"
    status=$?
    if [ $status = $native ] && cmp -s "$T/native.out" "$T/facet.out" && diff -r "$T/native" "$T/facet" >"$T/diff" 2>&1; then
        passed=$((passed + 1))
        return
    fi
    failed=$((failed + 1))
    echo "FAIL $(basename "$program") $*: exit status $status, natively $native"
    diff "$T/native.out" "$T/facet.out" | head -n 8 | sed 's/^/    /'
    head -n 5 "$T/facet.err" | sed 's/^/    stderr: /'
    head -n 5 "$T/diff" 2>/dev/null | sed 's/^/    /'
    rm -rf "$T/facet" && cp -a "$T/native" "$T/facet"
}
box() {
    both "$BUSYBOX" "$@"
}
script() {
    both "$BASH_STATIC" -c "$@"
}
: >"$T/in"

box echo one two
box echo -n -e 'a\tb\n'
box true
box false
box ls
box ls -l tree
box ls -lR tree
box ls nothing
box cat fruit numbers
box cat nothing
box wc readme licence fruit
box sort fruit
box sort -n numbers
box sort -r -k 2 numbers
box sort -u fruit -o sorted
box uniq -c fruit
box tr a-z A-Z
box sed -n 's/a\(.\)/[\1]/gp' fruit
box sed -i 's/pear/quince/' fruit
box awk '{ count[$1]++ } END { for (word in count) print word, count[word] }' fruit
box awk 'BEGIN { printf "%.3f %d %s\n", atan2(1, 1) * 4, 7 / 2, substr("capability", 3, 4) }'
box grep -n handler readme
box grep -c nothing-like-it readme
box grep -r apple tree
box find tree -type f
box find . -name '*e*' -size +1k
box md5sum readme licence binary
box sha256sum binary
box gzip -k binary
box gunzip -c binary.gz
box gzip -dc nothing.gz
box tar cf tree.tar tree
box tar tvf tree.tar
box tar xf tree.tar -O tree/below/fruit
box dc -e '2 64 ^ p 10 k 2 v p'
box od -A x -t x1z -N 200 binary
box od -c fruit
box diff fruit tree/below/fruit
box diff -r tree tree
box cp -r tree copy
box mv copy moved
box rm -r moved
box mkdir -p new/deep/er
box touch -d '2021-01-01 00:00:00' new/file
box ln -s ../fruit new/soft
box readlink new/soft
box stat -c '%n %s %f %h' fruit tree/link
box head -n 3 readme
box tail -n 3 readme
box cut -d ' ' -f 2 numbers
box tac numbers
box expr 6 \* 7
box seq 1 5
box cksum binary
box cmp binary readme
box comm fruit sorted
box dd if=binary of=part bs=1000 skip=7 count=11
box printf '%5.2f|%-5s|%x\n' 3.14159 ab 255
box env
box pwd
box test -d tree
box test -f tree
box basename /a/b/c.d .d
box dirname /a/b/c
box fold -w 20 fruit
box nl fruit
box paste fruit numbers
box split -l 2 fruit piece
box sum binary
box strings -n 8 binary
box vi -h
box nonsense
printf 'from standard input\nin two lines\n' >"$T/in"
box cat
box tr -d aeiou
box sort
box wc
box sh -c 'read line; echo "got $line"; while read word rest; do echo "$word-$rest"; done'
box sh -c 'i=0; while [ $i -lt 1000 ]; do i=$((i+1)); done; echo $i; exit 7'
box sh -c 'echo one > file; echo two >> file; read x < file; echo $x'
script 'echo hello; read line; echo "read: $line"'
script 'f() { local n=$1; if (( n < 2 )); then r=$n; else f $((n-1)); local a=$r; f $((n-2)); r=$((a+r)); fi; }; f 15; echo $r'
script 'a=(one two three); a+=(four); for i in "${!a[@]}"; do echo "$i=${a[i]}"; done; echo "${#a[@]} ${a[@]:1:2}"'
script 'declare -A m; m[x]=1; m[y]=2; for k in x y; do echo $k ${m[$k]}; done'
script 'echo $((2**40 + 0x10 - 7 % 3)); ((1 > 2)) || echo no; let "z = 5 << 3"; echo $z'
script 'read -r first <<END
line one
line two
END
echo "first: $first"
while read -r word; do echo "<$word>"; done <<<"here string"'
script 'mapfile -t lines < numbers; printf "%s;" "${lines[@]}"; echo'
script 'x=abcdef; echo ${x:2:3} ${x/cd/XY} ${x^^} ${#x} ${x%ef} ${x#ab}'
script 'case file.tar.gz in *.tar.*) echo tar;; *) echo other;; esac; for f in tree/*; do echo $f; done'
script 'printf "%d %s %q\n" 42 text "two words"; printf -v v "%03d" 7; echo $v'
script 'trap "echo bye" EXIT; set -e; [[ abc =~ ^a(.)c$ ]] && echo ${BASH_REMATCH[1]}; exit 3'
script 'exec 3>out; echo to three >&3; exec 3>&-; exec 4<out; read -u 4 x; echo $x; cd tree; pwd >/dev/null; echo ${PWD##*/}'

echo "packages: $passed passed, $failed failed"
[ $failed = 0 ]
