# SPDX-License-Identifier: GPL-2.0-or-later
# A program and the files that were granted to it, through the kernel's Host and HostFile.
. tests/cli/lib.sh

guest=$B/tests/guests/host
for facet in "$FACET" build/debug/facet; do
    rm -rf "$T/granted"
    mkdir "$T/granted"
    expect 0 "$facet" run --grant range --grant host --grant "dir:$T/granted:rw" "$guest"
    [ "$(grep -c '^ok: ' "$T/out")" = 5 ] || fail 'not all has passed'
done
# What the host sees of it.
[ "$(stat -c %s,%h "$T/granted/second")" = 6100,2 ] || fail 'the file is another one'
cmp -s "$T/granted/second" "$T/granted/folder/moved" || fail 'the link is another file'
[ "$(head -c 6000 "$T/granted/second" | tr -d '\007' | wc -c)" = 0 ] || fail 'other bytes than were written'

# Nothing without a grant: the register is empty, or the number is none.
expect 1 "$FACET" run --grant range "$guest"
out_has '^FAILED: take: got 0x1000,'
expect 1 "$FACET" run --grant range --grant host "$guest"
out_has '^FAILED: take: got 0x1006,'

# What cannot be stored is not taken from a pipe.
printf '%.100s' "$(seq 1000 1999)" >"$T/in"
# shellcheck disable=SC2002 # it has to be a pipe
cat "$T/in" | expect 0 "$FACET" run --grant range --grant host "$guest" edge
cmp "$T/in" "$T/out" || fail 'other bytes than were sent'

# A handler stops the kernel in the middle of what the host has given only once; then all of it arrives.
head -c 3000 /dev/urandom | base64 -w 0 | head -c 2000 >"$T/in"
mkfifo "$T/pipe"
cat "$T/in" >"$T/pipe" &
expect 0 "$FACET" debug -q --batch -ex 'swap sym:target watch:store' -ex "run pipe <$T/pipe" -ex continue -ex continue \
    -ex continue -ex continue --grant range --grant host "$guest"
[ "$(grep -c 'Handler watch:store' "$T/out")" = 4 ] || fail 'the kernel stores 2000 bytes in four pieces'
grep -qF "$(cat "$T/in")" "$T/out" || fail 'other bytes than were sent'
