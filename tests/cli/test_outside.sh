# SPDX-License-Identifier: GPL-2.0-or-later
# What `make install` puts down is enough: facet runs from there, the README's handler and program compile against it.
. tests/cli/lib.sh

make -s install MODE="$(basename "$B")" DESTDIR="$T/dest" PREFIX=/opt/facet >"$T/install" 2>&1 || { cat "$T/install"; exit 1; }
prefix=$T/dest/opt/facet
for file in bin/facet include/facet/handler.h include/facet/guest.h lib/facet/crt0.o share/man/man1/facet.1; do
    [ -f "$prefix/$file" ] || fail "not installed: $file"
done
readelf -d "$prefix/bin/facet" | grep -E 'R(UN)?PATH' | grep -v 'ORIGIN/\.\./lib' && fail "it looks for libraries outside the installation"

# The C blocks of the README, as a newcomer would copy them.
block() { # block FIRST-LINE-REGEX: the fenced C block with a line that matches
    awk -v want="$1" '/^```c$/ { inside = 1; text = ""; next }
        /^```$/ { if (inside && text ~ want) { printf "%s", text; exit } inside = 0; next }
        inside { text = text $0 "\n" }' README.md
}
block 'facet_handler' >"$T/mine.c"
[ -s "$T/mine.c" ] || fail "no handler in the README"
ledger=$(realpath "$LEDGER")
(cd "$T" && cc -Wall -Wextra -Werror -shared -fPIC -I"$prefix/include" -o mine.so mine.c)
expect 133 sh -c 'cd "$1" && "$2/bin/facet" run --swap sym:ledger=./mine.so "$3"' - "$T" "$prefix" "$ledger"
err_has remember_payment

block 'int main' >"$T/hello.c"
[ -s "$T/hello.c" ] || fail "no program in the README"
(cd "$T" && cc -ffreestanding -O2 -g -fno-pic -fno-stack-protector -fcf-protection=none -I"$prefix/include" -c hello.c &&
    cc -nostdlib -static -no-pie -o hello "$prefix/lib/facet/crt0.o" hello.o)
expect 0 "$prefix/bin/facet" run "$T/hello"
out_has 'hello'

block 'facet_serve' >"$T/guard.c"
[ -s "$T/guard.c" ] || fail "no handler process in the README"
(cd "$T" && cc -Wall -Wextra -Werror -ffreestanding -O2 -g -fno-pic -fno-stack-protector -fcf-protection=none -I"$prefix/include" -c guard.c &&
    cc -nostdlib -static -no-pie -o guard "$prefix/lib/facet/crt0.o" guard.o)
expect 139 "$prefix/bin/facet" run --program guard="$T/guard" --swap sym:ledger=endpoint:guard "$ledger"
err_has 'refused with code 7$'
