# SPDX-License-Identifier: GPL-2.0-or-later
# Stops while a Linux program is inside a system call: what its personality reads and writes of its memory is the program's own
# access, at its system call; handlers may stop, answer and refuse it; Ctrl-C finds the program where it waits.
. tests/cli/lib.sh
FACET=$(realpath "$FACET")
cat >"$T/read.c" <<'C'
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
char buffer[100] = "before";
static long wait_for_input(void) { return read(0, buffer, 100); }
int main(void) {
    long got = wait_for_input();
    int error = errno;
    printf("%ld %s %.*s\n", got, got < 0 ? strerror(error) : "", (int)strcspn(buffer, "\n"), buffer);
    return 0;
}
C
gcc -g -static -o "$T/read" "$T/read.c"
echo hello >"$T/input"
# The pc of an event is that of the SYSCALL instruction; the debugger stands behind it, as gdb does.
calls=$(objdump -d "$T/read" | awk '$NF == "syscall" { sub(":", "", $1); print "0x" $1 }')

expect 0 "$FACET" run --events "$T/events" --swap sym:buffer=count "$T/read" <"$T/input"
out_has '^6  hello$'
jq -es 'map(select(.by == "kernel")) | length == 1 and .[0].ev == "store" and .[0].size == 6 and .[0].proc == 1 and
    .[0].value == "0x0a6f6c6c6568" and .[0].old == "0x65726f666562"' "$T/events" >/dev/null ||
    fail "not one store of 6 bytes by the kernel"
pc=$(jq -r 'select(.by == "kernel").pc' "$T/events")
echo "$calls" | grep -qx "$pc" || fail "the event's pc, $pc, is no system call"

expect 133 "$FACET" run --swap sym:buffer=watch:store "$T/read" <"$T/input"
err_has 'store of 6 bytes at offset 0 \(0x[0-9a-f]+\) by the kernel$'
err_has "at pc $(printf '0x%x' $((pc + 2))) in .*read"
expect 0 "$FACET" run --swap sym:buffer=freeze "$T/read" <"$T/input"
out_has '^6  before$'

cat >"$T/refuse.c" <<'C'
#include <facet/handler.h>
static uint32_t verdicts(const char *args) {
    (void)args;
    return FACET_MAY(FACET_PASS) | FACET_MAY(FACET_FAULT);
}
static enum facet_verdict access(void *state, const struct facet_access *a, struct facet_reply *reply) {
    (void)state, (void)reply;
    return a->kind == FACET_STORE ? FACET_FAULT : FACET_PASS;
}
const struct facet_handler facet_handler = {
    .abi = FACET_HANDLER_ABI, .name = "refuse", .summary = "refuses stores", .verdicts = verdicts, .access = access,
};
C
cc -shared -fPIC -Iinclude -o "$T/refuse.so" "$T/refuse.c"
expect 0 "$FACET" run --swap "sym:buffer=$T/refuse.so" "$T/read" <"$T/input"
out_has '^-1 Bad address before$'

# Continued after the stop, the store happens once.
expect 0 "$FACET" debug -q --batch -ex 'swap sym:buffer watch:store' -ex run -ex bt -ex continue \
    "$T/read" <"$T/input"
out_has '^#[0-9] .* in wait_for_input \(\) at read.c:6$'
out_has '^6  hello$'

# Ctrl-C while it waits for input; then it goes on with the same read.
mkfifo "$T/fifo"
"$FACET" debug -q --batch -ex run -ex bt -ex 'info registers rip' -ex stepi -ex continue "$T/read" <"$T/fifo" >"$T/out" 2>&1 &
debugger=$!
exec 9>"$T/fifo"
comes polls $debugger
kill -INT $debugger
comes grep -q '^#' "$T/out"
echo late >&9
exec 9>&-
wait $debugger || fail "the debugger failed"
out_has '^Program received signal SIGINT, Interrupt\.$'
out_has '^#[0-9] .* in wait_for_input \(\) at read.c:6$'
out_has "^rip +$(printf '0x%x' $((pc + 2)))"
out_has '^5  late$'
