# SPDX-License-Identifier: GPL-2.0-or-later
# Handlers that crash, or do not return: facet and the program go on without them.
. tests/cli/lib.sh

# make NAME 'WHAT access() DOES' ['WHAT attach() DOES' ['WHAT report() DOES' ['WHAT detach() DOES']]]: $T/NAME.so
make() {
    cat >"$T/$1.c" <<C
#include <facet/handler.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static int calls;
static volatile int zero;
static char *volatile null;
static int deeper(volatile char *a) { volatile char more[4096]; more[0] = a[0]; return deeper(more) + more[0] + a[1]; }
static uint32_t verdicts(const char *a) { (void)a; return FACET_MAY(FACET_PASS) | FACET_MAY(FACET_DONE); }
static void *attach(const struct facet_object *o, const char *a, struct facet_handler_error *e)
{ (void)o; (void)a; (void)e; ${3-}; return &calls; }
static enum facet_verdict access_(void *s, const struct facet_access *a, struct facet_reply *r)
{ (void)s; (void)a; (void)deeper; if (++calls == 5) { memset(r, 0x55, sizeof *r); $2; } return FACET_PASS; }
static void report(void *s, FILE *out) { (void)s; fprintf(out, "$1: %d accesses\n", calls); ${4-}; }
static void detach(void *s) { (void)s; ${5-}; fprintf(stderr, "$1: detached\n"); }
const struct facet_handler facet_handler = { .abi = FACET_HANDLER_ABI, .name = "$1", .summary = "$1", .verdicts = verdicts,
    .attach = attach, .access = access_, .report = report, .detach = detach };
C
    gcc -O1 -w -shared -fPIC -Iinclude -o "$T/$1.so" "$T/$1.c"
}

cat >"$T/sum.c" <<'C'
#include <stdio.h>
#include <unistd.h>
volatile int total, other;
int main(int argc, char **argv) {
    for (int i = 1; i <= 20; i++)
        total += i, other++;
    (void)argv;
    for (volatile long i = 0; argc > 1; i++)
        total += 1;
    printf("%d %d\n", total, other);
}
C
gcc -g -O1 -static -o "$T/sum" "$T/sum.c"

# ---- Each way to crash, at the fifth access: the load of the third round. An older handler goes on to see them all.
crash() {
    make "$1" "$3"
    expect 125 "$FACET" run --swap sym:total=count --swap "sym:total=$T/$1.so" "$T/sum"
    out_has '^210 20$'
    err_has "^facet: handler .*/$1\.so: crashed \($2, .*\) at a load of 4 bytes at offset 0 by 0x[0-9a-f]+, main\+0x.*sum\.c:6\); it is detached from sym:total\$"
    err_has 'stays half done'
    err_has '^count sym:total: 21 loads .*, 20 stores'
    err_lacks "^$1: "
}
crash segv SIGSEGV '*null = 1'
crash fpe SIGFPE 'zero = 7 / zero'
crash abrt SIGABRT 'abort()'
crash ill SIGILL '__builtin_trap()'
crash bus SIGBUS 'raise(SIGBUS)'
crash deep SIGSEGV 'deeper((char *)r)'
crash service SIGSEGV 'memcpy(null, r, sizeof *r)'

# Two at once, and the same on two objects: each is said of its own.
expect 125 "$FACET" run --swap "sym:total=$T/segv.so" --swap "sym:other=$T/fpe.so" "$T/sum"
out_has '^210 20$'
err_has 'segv\.so: crashed \(SIGSEGV.*sym:total$'
err_has 'fpe\.so: crashed \(SIGFPE.*sym:other$'
expect 125 "$FACET" run --swap "sym:ledger=$T/segv.so" "$LEDGER"
out_has '^alice +650$'

# ---- In its other functions.
make attach ';' '*null = 1'
expect 2 "$FACET" run --swap "sym:total=$T/attach.so" "$T/sum"
err_has 'handler .*/attach\.so: crashed \(SIGSEGV.*\) in attach\(\)'
make report ';' ';' 'abort()'
expect 125 "$FACET" run --swap "sym:total=$T/report.so" "$T/sum"
out_has '^210 20$'
err_has '^report: 41 accesses'
err_has 'report\.so: crashed \(SIGABRT.*\) in report\(\)'
err_lacks 'report: detached'
make detach ';' ';' ';' '*null = 1'
expect 125 "$FACET" run --swap "sym:total=$T/detach.so" "$T/sum"
err_has 'detach\.so on sym:total: crashed \(SIGSEGV.*\) in detach\(\)'

# ---- One that does not return ends with --timeout and Ctrl-C all the same.
# What the time limit or Ctrl-C sends comes while it stands there, however slow the host.
make loop 'kill(getpid(), SIGALRM); for (;;) zero++'
make sleep 'kill(getpid(), SIGALRM); for (;;) pause()'
for name in loop sleep; do
    expect 124 "$FACET" run --timeout 100 --swap "sym:total=$T/$name.so" "$T/sum"
    err_has "$name\.so: did not return for 1 second at a load of 4 bytes"
    err_has 'timeout after 100 seconds'
done
make interrupted 'kill(getpid(), SIGINT); for (;;) zero++'
expect 130 "$FACET" run --swap "sym:total=$T/interrupted.so" "$T/sum"
err_has 'did not return'
make report ';' ';' 'kill(getpid(), SIGALRM); for (;;) zero++'
expect 125 "$FACET" run --timeout 100 --swap "sym:total=$T/report.so" "$T/sum"
err_has 'report\.so: did not return .* in report\(\)'

# Healthy ones are interrupted as ever.
for tenth in 1 2 3 4 5; do
    make well ';'
    expect 124 "$FACET" run --timeout 0.$tenth --swap "sym:total=$T/well.so" "$T/sum" forever
    err_has '^well: [0-9]+ accesses'
    err_has '^well: detached'
done

# ---- The debugger stops there, unless it is told not to.
expect 125 "$FACET" debug --batch -ex run -ex 'print total' -ex 'print other' -ex continue -ex run \
    -ex 'info handlers' --swap "sym:total=$T/segv.so" "$T/sum"
out_has '^The program was stopped: handler .*segv\.so: crashed \(SIGSEGV.*it is detached from sym:total\.$'
out_has '^main \(|in main \('
out_has '^\$1 = [36]$'
out_has 'No handlers\.'
[ "$(grep -c 'exited normally' "$T/out")" = 2 ] || fail "the program did not come to its end twice"
expect 125 "$FACET" debug --batch -ex 'set on-handler-error continue' -ex 'show on-handler-error' -ex run \
    --swap "sym:total=$T/segv.so" "$T/sum"
out_has 'program is to continue\.$'
out_has '^210 20$'
out_has 'exited normally'
err_has 'segv\.so: crashed'
expect 1 "$FACET" debug --batch -ex 'set on-handler-error maybe' "$T/sum"
err_has '"stop" or "continue" expected'
