# SPDX-License-Identifier: GPL-2.0-or-later
# How a Linux program starts: its arguments, environment, directory and own path are as natively if they were granted.
. tests/cli/lib.sh
FACET=$(realpath "$FACET")
cat >"$T/start.c" <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>
#include <unistd.h>
extern char **environ;
int main(int argc, char **argv) {
    char text[4096];
    if (argc > 1 && strcmp(argv[1], "chance") == 0)
        return printf("%d %ld\n", getentropy(text, 16) ? -1 : memcmp(text, text + 8, 8), (long)time(NULL)) < 0;
    for (int i = 0; i < argc; i++)
        printf("argument %s\n", argv[i]);
    for (char **e = environ; *e; e++)
        printf("environment %s\n", *e);
    printf("directory %s\n", getcwd(text, sizeof text));
    ssize_t length = readlink("/proc/self/exe", text, sizeof text);
    printf("exe %.*s\n", (int)length, text);
    printf("aligned %d\n", (unsigned long)__builtin_frame_address(0) % 16 == 0);
    return 0;
}
C
T=$(realpath "$T")
mkdir -p "$T/dir/sub"
for kind in glibc musl pie; do
    case $kind in
    glibc) gcc -static -o "$T/dir/$kind" "$T/start.c" ;;
    pie) gcc -static-pie -fPIE -o "$T/dir/$kind" "$T/start.c" ;;
    musl) musl-gcc -static -o "$T/dir/$kind" "$T/start.c" ;;
    esac
    cd "$T/dir/sub"
    expect 0 env -i A=1 'B=two = 2' C= "../$kind" '' 'a b' --help '*'
    cp "$T/out" "$T/native"
    export C=
    expect 0 "$FACET" run --grant "dir:$T/dir:ro" --grant env:A=1 --grant 'env:B=two = 2' --grant env:C \
        "../$kind" '' 'a b' --help '*'
    out_is "$T/native"
    # Nothing is ambient but the name of the working directory, so that relative paths mean what the user thinks.
    expect 0 "$FACET" run "../$kind"
    out_has "^directory $T/dir/sub\$"
    ! grep -q environment "$T/out" || fail "an environment that nobody granted"
    # Under another name.
    expect 0 "$FACET" run --grant "dir:..:ro:/x" "../$kind"
    out_has '^directory /x/sub$'
    out_has "^exe /x/$kind\$"
done
# Chance is the seed's; time is the host's only if granted.
for seed in 0 1; do
    expect 0 "$FACET" run --seed $seed "$T/dir/musl" chance
    cp "$T/out" "$T/chance.$seed"
    expect 0 "$FACET" run --seed $seed "$T/dir/musl" chance
    out_is "$T/chance.$seed"
done
before=$(date +%s)
expect 0 "$FACET" run --grant time "$T/dir/musl" chance
told=$(cut -d ' ' -f 2 "$T/out") now=$(date +%s)
[ "$before" -le "$told" ] && [ "$told" -le "$now" ] || fail "its clock says $told, the host's $before to $now"
