#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Attempts to leave a granted directory (tests/linux/escape.c), form by form in a fresh tree. Under facet none may see or
# change what lies outside; natively nearly every form does, or the test would prove nothing. Natively they run in a jail
# (chroot), so that what they reach is the tree and nothing of this machine.
#
# usage: escape.sh BUILD-FOLDER [FORM…]
set -u
cd "$(dirname "$0")/../.." || exit 2
B=$(realpath "$1")
shift
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
failed=0
ESCAPE=$B/tests/linux/escape
J=$T/jail

# prepare TREE-AS-THE-PROGRAM-SEES-IT: `in` is granted, `readonly` only for reading; all else of the tree is outside.
prepare() {
    rm -rf "$J"
    mkdir -p "$J/tree/in/sub/deep" "$J/tree/in/swap" "$J/tree/out/sub" "$J/tree/readonly"
    cp "$ESCAPE" "$J/escape"
    cd "$J/tree" || exit 2
    # 4242 bytes, by which it is known
    { printf SECRET-7f3a && head -c 4231 /dev/zero; } >out/secret
    echo victim >out/victim
    echo hidden >out/hidden
    ln -s SECRET-7f3a out/link
    echo fixed >readonly/file
    ln -s ../out readonly/away
    echo harmless | tee in/file in/swap/secret >in/swap/victim
    ln -s ../out in/swaplink
    ln -s "$1/out" in/absolute
    ln -s ../out in/relative
    ln -s chain2 in/chain
    ln -s ./sub/../chain3 in/chain2
    ln -s ../in/../out in/chain3
    ln -s ../../out in/sub/up
    ln -s ../../../out in/sub/deep/upup
    ln -s / in/root
    ln -s /proc/self/root in/procroot
    ln -s /proc/self/cwd in/proccwd
    ln -s .. in/mixed
    ln -s ../readonly in/to-readonly-dir
    ln -s ../readonly/file in/to-readonly
    ln -s ../out/secret in/to-secret
    ln -s "$1/out/secret" in/to-secret-absolute
    ln -s ../out/new in/to-new
    ln -s to-secret in/to-chain
    ln -s ../to-secret in/sub/to-secret
    chmod 600 out/secret
    find out readonly -exec touch -h -d '2020-02-02 02:02:02' {} +
    cd "$T" || exit 2
}

# Everything that can be known of what lies outside, but times of access.
outside() {
    (cd "$J/tree" && find . ! -path './in*' -printf '%p %y %m %U %G %s %l %T@\n' | grep -v '^\. ' | sort &&
        find out readonly -type f -exec sha256sum {} + | sort)
}

# attempt native|facet: how many escapes it tells of, or that there are traces of
attempt() {
    tree=$J/tree
    [ "$1" = facet ] || tree=/tree
    prepare "$tree"
    outside >"$T/before"
    [ "$form" != race ] || { (cd "$J/tree/in" && exec "$ESCAPE" swap swaplink) & swapper=$!; }
    if [ "$1" = facet ]; then
        (cd "$J/tree/in" && "$B/facet" run --grant dir:.:rw --grant dir:../readonly:ro "$ESCAPE" "$form" "$tree")
    else
        chroot "$J" /escape "$form" "$tree"
    fi </dev/null >"$T/told" 2>"$T/complaints"
    status=$?
    [ "$form" != race ] || { kill $swapper && wait $swapper; } 2>/dev/null
    outside >"$T/after"
    escapes=$(grep -c '^escaped' "$T/told")
    cmp -s "$T/before" "$T/after" || escapes=$((escapes + 1))
}

forms=${*:-$("$ESCAPE" forms)}
tried=0
native=0
jailed=1
[ "$(id -u)" = 0 ] || {
    echo 'escape: not tried natively, the jail takes root'
    jailed=0
}
for form in $forms; do
    # Who may call chroot may leave a jail by it.
    if [ "$jailed" = 1 ] && [ "$form" != chroot ]; then
        attempt native
        [ $escapes = 0 ] || native=$((native + 1))
    fi
    attempt facet
    tried=$((tried + 1))
    if [ $escapes != 0 ] || [ $status != 0 ]; then
        echo "escape: $form: exit status $status, $escapes escapes"
        head -n 5 "$T/told" | sed 's/^/    /'
        diff "$T/before" "$T/after" | head -n 5 | sed 's/^/    /'
        grep -v 'was refused' "$T/complaints" | head -n 3 | sed 's/^/    /'
        failed=1
    fi
done
[ -n "$*" ] || [ $jailed = 0 ] || [ $native -gt 25 ] || {
    echo "escape: natively only $native of $tried forms leave the directory: the test sees too little"
    failed=1
}
[ $failed = 0 ] && echo "escape: $tried forms fail under facet; $native of them succeed natively"
exit $failed
