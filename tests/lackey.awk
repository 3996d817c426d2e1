# SPDX-License-Identifier: GPL-2.0-or-later
#
# What valgrind's lackey (--trace-mem=yes) saw of one object, as "load|store OFFSET SIZE PC" a line, PC in hexadecimal.
#   -v base=ADDRESS -v size=BYTES       of the object, decimal
#   -v code=ADDRESS -v code_size=BYTES  PC is an offset there, decimal, or "elsewhere"
#   -v special='PC NAME …'              where FXSAVE, FXRSTOR and MASKMOVDQU are, hexadecimal without 0x
#
# "I  00401136,3" is an instruction, then come its accesses: " L 0403c0a0,4" load, " S" store, " M" both. A locked one is
# printed as L and then M at the same address: the L goes. FXSAVE and FXRSTOR come in parts, of which the first stands for
# the 512 bytes; MASKMOVDQU as M, though it does not load.
function number(hex,   i, n) {
    for (i = 1; i <= length(hex); i++)
        n = 16 * n + index("0123456789abcdef", substr(hex, i, 1)) - 1
    return n
}
function flush() {
    if (held != "") print "load " held
    held = ""
}
function place() {
    if (code == "") return "0x" pc
    off = number(pc) - code
    return off >= 0 && off < code_size ? off : "elsewhere"
}
BEGIN {
    n = split(special, word, /[ \n]/)
    for (i = 1; i < n; i += 2) kind[word[i]] = word[i + 1]
}
{ split($2, part, ",") }
/^I  / {
    flush()
    pc = part[1]
    sub(/^0+/, "", pc)
    first = 1
}
/^ [LSM] / {
    offset = number(part[1]) - base
    if (offset + part[2] <= 0 || offset >= size) next
    if (kind[pc] ~ /^fx/) {
        if (first) print (kind[pc] == "fxsave" ? "store " : "load ") offset " 512 " place()
        first = 0
        next
    }
    line = offset " " part[2] " " place()
    if ($1 == "M" && held == line) held = ""
    flush()
    if ($1 == "L") held = line
    if ($1 == "M" && kind[pc] != "maskmovdqu") print "load " line
    if ($1 != "L") print "store " line
}
END { flush() }
