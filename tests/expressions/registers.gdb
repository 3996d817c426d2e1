break variadic
run
p $edi
p $dil
p $edi=99
p $edi
p $rip==&variadic
p *(int (*)(int, ...))$rip
set var $rax=-1
p $eax
p $ax
p $ah
p $al
p/x $rax
p $al=5
p/x $rax
p $ax=0x1234
p/x $rax
p $eax=7
p/x $rax
p $rax=7
info registers rax
info registers al
info registers nosuch
whatis $r8d
whatis $r9w
whatis $xmm1
p $xmm1.v4_float[5-5]==$xmm1.v4_float[0]
p $rsp-$sp
p $pc=$pc
p $fs_base!=0
p ($rdi&0)+sizeof $rdi
p $nosuch
p &$rax
up
p $rip
p $rsp-(long)$sp
p $rax=1
x/i $pc
continue
