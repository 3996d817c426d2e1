/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Families of access forms, as access_forms.h writes single ones: an operation in every size, direction, with every
 * prefix. n is the operand's size, n2 twice that.
 */
#ifndef FACET_TEST_ACCESS_FORMS_MORE_H
#define FACET_TEST_ACCESS_FORMS_MORE_H

/* clang-format off */
#define EACH_SIZE(F, M) M(F, b, 1, 2, %bl, %al) M(F, w, 2, 4, %bx, %ax) M(F, l, 4, 8, %ebx, %eax) M(F, q, 8, 16, %rbx, %rax)

/* ---- String instructions: up, down, repeated, repeated while equal or not, ended by the data, with 32-bit addresses.
 * SCAS loads al … rax from memory first, so that it is known where it ends; CMPS compares memory with itself. */
#define STRING(F, x, n, n2, r, a) \
    F(movs##x##_up, "cld; movs" #x, "Lp:" #n " Sq:" #n, F_ALL) \
    F(movs##x##_down, "std; movs" #x "; cld", "Lp:" #n " Sq:" #n, F_ALL) \
    F(rep_movs##x##_up, "cld; rep movs" #x, \
      "Lp:" #n " Sq:" #n " Lp+" #n ":" #n " Sq+" #n ":" #n " Lp+" #n2 ":" #n " Sq+" #n2 ":" #n, F_ALL) \
    F(rep_movs##x##_down, "std; rep movs" #x "; cld", \
      "Lp:" #n " Sq:" #n " Lp-" #n ":" #n " Sq-" #n ":" #n " Lp-" #n2 ":" #n " Sq-" #n2 ":" #n, F_ALL) \
    F(movs##x##_addr32, "cld; addr32 rep movs" #x, \
      "Lp:" #n " Sq:" #n " Lp+" #n ":" #n " Sq+" #n ":" #n " Lp+" #n2 ":" #n " Sq+" #n2 ":" #n, F_ALL) \
    F(movs##x##_gs, "cld; sub %rsi,%rsi; gs movs" #x, "Lp:" #n " Sq:" #n, F_LOGIC) \
    F(movs##x##_onto_itself, "cld; lea " #n "(%rsi),%rdi; rep movs" #x, \
      "Lp:" #n " Sp+" #n ":" #n " Lp+" #n ":" #n " Sp+" #n2 ":" #n " Lp+" #n2 ":" #n " Sp+(" #n "+" #n2 "):" #n, F_ALL) \
    F(stos##x##_up, "cld; stos" #x, "Sq:" #n, F_ALL) \
    F(stos##x##_down, "std; stos" #x "; cld", "Sq:" #n, F_ALL) \
    F(rep_stos##x##_up, "cld; rep stos" #x, "Sq:" #n " Sq+" #n ":" #n " Sq+" #n2 ":" #n, F_ALL) \
    F(rep_stos##x##_down, "std; rep stos" #x "; cld", "Sq:" #n " Sq-" #n ":" #n " Sq-" #n2 ":" #n, F_ALL) \
    F(stos##x##_addr32, "cld; addr32 stos" #x, "Sq:" #n, F_ALL) \
    F(lods##x##_up, "cld; lods" #x, "Lp:" #n, F_ALL) \
    F(lods##x##_down, "std; lods" #x "; cld", "Lp:" #n, F_ALL) \
    F(rep_lods##x##_up, "cld; rep lods" #x, "Lp:" #n " Lp+" #n ":" #n " Lp+" #n2 ":" #n, F_ALL) \
    F(rep_lods##x##_down, "std; rep lods" #x "; cld", "Lp:" #n " Lp-" #n ":" #n " Lp-" #n2 ":" #n, F_ALL) \
    F(scas##x##_up, "cld; scas" #x, "Lq:" #n, F_ALL) \
    F(scas##x##_down, "std; scas" #x "; cld", "Lq:" #n, F_ALL) \
    F(repe_scas##x, "mov (%rdi)," #a "; cld; repe scas" #x, "Lq:" #n " Lq:" #n " Lq+" #n ":" #n, F_ALL) \
    F(repe_scas##x##_down, "mov (%rdi)," #a "; std; repe scas" #x "; cld", "Lq:" #n " Lq:" #n " Lq-" #n ":" #n, F_ALL) \
    F(repne_scas##x, "mov (%rdi)," #a "; add $3,%al; cld; repne scas" #x, \
      "Lq:" #n " Lq:" #n " Lq+" #n ":" #n " Lq+" #n2 ":" #n, F_ALL) \
    F(repne_scas##x##_down, "mov (%rdi)," #a "; add $3,%al; std; repne scas" #x "; cld", \
      "Lq:" #n " Lq:" #n " Lq-" #n ":" #n " Lq-" #n2 ":" #n, F_ALL) \
    F(repne_scas##x##_found, "mov " #n "(%rdi)," #a "; cld; repne scas" #x, "Lq+" #n ":" #n " Lq:" #n " Lq+" #n ":" #n, F_ALL) \
    F(cmps##x##_up, "cld; cmps" #x, "Lq:" #n " Lp:" #n, F_ALL) \
    F(cmps##x##_down, "std; cmps" #x "; cld", "Lq:" #n " Lp:" #n, F_ALL) \
    F(repe_cmps##x, "cld; mov %rsi,%rdi; repe cmps" #x, \
      "Lp:" #n " Lp:" #n " Lp+" #n ":" #n " Lp+" #n ":" #n " Lp+" #n2 ":" #n " Lp+" #n2 ":" #n, F_ALL) \
    F(repe_cmps##x##_down, "std; mov %rsi,%rdi; repe cmps" #x "; cld", \
      "Lp:" #n " Lp:" #n " Lp-" #n ":" #n " Lp-" #n ":" #n " Lp-" #n2 ":" #n " Lp-" #n2 ":" #n, F_ALL) \
    F(repe_cmps##x##_differs, "cld; lea 1(%rsi),%rdi; repe cmps" #x, "Lp+1:" #n " Lp:" #n, F_ALL) \
    F(repne_cmps##x, "cld; lea 1(%rsi),%rdi; repne cmps" #x, \
      "Lp+1:" #n " Lp:" #n " Lp+(1+" #n "):" #n " Lp+" #n ":" #n " Lp+(1+" #n2 "):" #n " Lp+" #n2 ":" #n, F_ALL) \
    F(repne_cmps##x##_equal, "cld; mov %rsi,%rdi; repne cmps" #x, "Lp:" #n " Lp:" #n, F_ALL)

/* ---- Read-modify-write, plain and locked, and the same operations that only load */
#define BINARY(F, op, x, n, r, flags) \
    F(op##x##_mem_reg, #op #x " " #r ",(%rsi)", "Lp:" #n "m Sp:" #n "m", flags) \
    F(op##x##_mem_imm, #op #x " $0x55,(%rsi)", "Lp:" #n "m Sp:" #n "m", flags) \
    F(op##x##_reg_mem, #op #x " (%rsi)," #r, "Lp:" #n, flags) \
    F(lock_##op##x##_reg, "lock " #op #x " " #r ",(%rsi)", "Lp:" #n "ma Sp:" #n "ma", flags) \
    F(lock_##op##x##_imm, "lock " #op #x " $0x55,(%rsi)", "Lp:" #n "ma Sp:" #n "ma", flags)
#define UNARY(F, op, x, n, flags, locked_flags) \
    F(op##x##_mem, #op #x " (%rsi)", "Lp:" #n "m Sp:" #n "m", flags) \
    F(lock_##op##x##_mem, "lock " #op #x " (%rsi)", "Lp:" #n "ma Sp:" #n "ma", locked_flags)
#define SHIFT(F, op, x, n, one, more) \
    F(op##x##_1, "stc; " #op #x " $1,(%rsi)", "Lp:" #n "m Sp:" #n "m", one) \
    F(op##x##_imm, "stc; " #op #x " $3,(%rsi)", "Lp:" #n "m Sp:" #n "m", more) \
    F(op##x##_cl, "stc; " #op #x " %cl,(%rsi)", "Lp:" #n "m Sp:" #n "m", more) \
    F(op##x##_none, "xor %ecx,%ecx; " #op #x " %cl,(%rsi)", "Lp:" #n "m Sp:" #n "m", F_LOGIC)
#define INTEGER(F, x, n, n2, r, a) \
    BINARY(F, add, x, n, r, F_ALL) BINARY(F, adc, x, n, r, F_ALL) BINARY(F, sub, x, n, r, F_ALL) \
    BINARY(F, sbb, x, n, r, F_ALL) BINARY(F, and, x, n, r, F_LOGIC) BINARY(F, or, x, n, r, F_LOGIC) \
    BINARY(F, xor, x, n, r, F_LOGIC) \
    UNARY(F, inc, x, n, F_ALL, F_ALL) UNARY(F, dec, x, n, F_ALL, F_ALL) UNARY(F, not, x, n, F_ALL, F_ALL) \
    UNARY(F, neg, x, n, F_ALL, F_NONE) \
    SHIFT(F, rol, x, n, F_ALL, F_ROTATE) SHIFT(F, ror, x, n, F_ALL, F_ROTATE) SHIFT(F, rcl, x, n, F_ALL, F_ROTATE) \
    SHIFT(F, rcr, x, n, F_ALL, F_ROTATE) SHIFT(F, shl, x, n, F_LOGIC, F_SHIFT) SHIFT(F, shr, x, n, F_LOGIC, F_SHIFT) \
    SHIFT(F, sar, x, n, F_LOGIC, F_SHIFT) \
    F(cmp##x##_reg, "cmp" #x " " #r ",(%rsi)", "Lp:" #n, F_ALL) \
    F(cmp##x##_mem, "cmp" #x " (%rsi)," #r, "Lp:" #n, F_ALL) \
    F(cmp##x##_imm, "cmp" #x " $0x55,(%rsi)", "Lp:" #n, F_ALL) \
    F(test##x##_reg, "test" #x " " #r ",(%rsi)", "Lp:" #n, F_LOGIC) \
    F(mov##x##_imm, "mov" #x " $0x55,(%rsi)", "Sp:" #n, F_ALL) \
    F(mov##x##_from_moffs, "movabs" #x " %gs:0x10," #a, "Lp+16:" #n, F_ALL) \
    F(mov##x##_to_moffs, "movabs" #x " " #a ",%gs:0x18", "Sp+24:" #n, F_ALL) \
    F(mul##x##_mem, "mul" #x " (%rsi)", "Lp:" #n, F_MUL) \
    F(imul##x##_mem, "imul" #x " (%rsi)", "Lp:" #n, F_MUL) \
    F(xchg##x##_mem, "xchg" #x " " #r ",(%rsi)", "Lp:" #n "ma Sp:" #n "ma", F_ALL) \
    F(xadd##x##_mem, "xadd" #x " " #r ",(%rsi)", "Lp:" #n "m Sp:" #n "m", F_ALL) \
    F(lock_xadd##x, "lock xadd" #x " " #r ",(%rsi)", "Lp:" #n "ma Sp:" #n "ma", F_ALL) \
    F(cmpxchg##x##_yes, "cmpxchg" #x " " #r ",(%rsi)", "Lp:" #n "m Sp:" #n "m", F_ALL) \
    F(cmpxchg##x##_no, "not %rax; cmpxchg" #x " " #r ",(%rsi)", "Lp:" #n "m Sp:" #n "m", F_ALL) \
    F(lock_cmpxchg##x##_yes, "lock cmpxchg" #x " " #r ",(%rsi)", "Lp:" #n "ma Sp:" #n "ma", F_ALL) \
    F(lock_cmpxchg##x##_no, "not %rax; lock cmpxchg" #x " " #r ",(%rsi)", "Lp:" #n "ma Sp:" #n "ma", F_ALL)

/* ---- Bit tests: with a register the operand may lie elsewhere than where it points, on either side; never with a number */
#define BIT(F, op, x, n, m, c) \
    F(op##x##_near, #op #x " " #c ",(%rsi)", BIT_##m(p, n), F_BIT) \
    F(op##x##_number, #op #x " $13,(%rsi)", BIT_##m(p, n), F_BIT) \
    F(op##x##_above, "mov $(8 * " #n " * 5 + 7),%ecx; " #op #x " " #c ",(%rsi)", BIT_##m(p+(5*n), n), F_BIT) \
    F(op##x##_below, "mov $-(8 * " #n " * 3 - 7),%rcx; " #op #x " " #c ",(%rsi)", BIT_##m(p-(3*n), n), F_BIT)
#define BIT_l(at, n) "L" #at ":" #n
#define BIT_m(at, n) "L" #at ":" #n "m S" #at ":" #n "m"
#define BIT_a(at, n) "L" #at ":" #n "ma S" #at ":" #n "ma"
#define LOCKED_BIT(F, op, x, n, c) \
    F(lock_##op##x##_near, "lock " #op #x " " #c ",(%rsi)", BIT_a(p, n), F_BIT) \
    F(lock_##op##x##_number, "lock " #op #x " $13,(%rsi)", BIT_a(p, n), F_BIT) \
    F(lock_##op##x##_above, "mov $(8 * " #n " * 5 + 7),%ecx; lock " #op #x " " #c ",(%rsi)", BIT_a(p+(5*n), n), F_BIT) \
    F(lock_##op##x##_below, "mov $-(8 * " #n " * 3 - 7),%rcx; lock " #op #x " " #c ",(%rsi)", BIT_a(p-(3*n), n), F_BIT)
#define BITS(F, x, n, c) \
    BIT(F, bt, x, n, l, c) BIT(F, bts, x, n, m, c) BIT(F, btr, x, n, m, c) BIT(F, btc, x, n, m, c) \
    LOCKED_BIT(F, bts, x, n, c) LOCKED_BIT(F, btr, x, n, c) LOCKED_BIT(F, btc, x, n, c)

/* ---- Loads of the extensions to the general registers */
#define BMI(F, x, n, r, t) \
    F(andn##x, "andn (%rsi)," #t "," #r, "Lp:" #n, 0x8c1u) \
    F(bextr##x, "bextr " #t ",(%rsi)," #r, "Lp:" #n, 0x841u) \
    F(blsi##x, "blsi" #x " (%rsi)," #r, "Lp:" #n, 0x8c1u) \
    F(blsmsk##x, "blsmsk" #x " (%rsi)," #r, "Lp:" #n, 0x8c1u) \
    F(blsr##x, "blsr" #x " (%rsi)," #r, "Lp:" #n, 0x8c1u) \
    F(bzhi##x, "bzhi " #t ",(%rsi)," #r, "Lp:" #n, 0x8c1u) \
    F(pdep##x, "pdep (%rsi)," #t "," #r, "Lp:" #n, F_ALL) \
    F(pext##x, "pext (%rsi)," #t "," #r, "Lp:" #n, F_ALL) \
    F(rorx##x, "rorx $7,(%rsi)," #r, "Lp:" #n, F_ALL) \
    F(sarx##x, "sarx " #t ",(%rsi)," #r, "Lp:" #n, F_ALL) \
    F(shlx##x, "shlx " #t ",(%rsi)," #r, "Lp:" #n, F_ALL) \
    F(shrx##x, "shrx " #t ",(%rsi)," #r, "Lp:" #n, F_ALL) \
    F(tzcnt##x, "tzcnt (%rsi)," #r, "Lp:" #n, 0x41u) \
    F(adcx##x, "stc; adcx (%rsi)," #r, "Lp:" #n, F_ALL) \
    F(adox##x, "stc; adox (%rsi)," #r, "Lp:" #n, F_ALL)

#define FORMS_MORE(F) \
    EACH_SIZE(F, STRING) \
    EACH_SIZE(F, INTEGER) \
    BITS(F, w, 2, %cx) BITS(F, l, 4, %ecx) BITS(F, q, 8, %rcx) \
    BMI(F, l, 4, %ebx, %edx) BMI(F, q, 8, %rbx, %rdx) \
    FORMS_STACK(F) FORMS_VECTOR(F) FORMS_X87(F)

/* ---- The stack, and instructions that load segments */
#define FORMS_STACK(F) \
    F(push_imm2, "pushw $0x1234", "Ss-2:2", F_ALL) \
    F(push_fs, "pushq %fs", "Ss-8:8", F_ALL) \
    F(push_gs, "pushq %gs", "Ss-8:8", F_ALL) \
    F(push_mem_of_stack, "pushq 8(%rsp)", "Ls+8:8 Ss-8:8", F_ALL) \
    F(pop_rsp, "movq %rdi,(%rsp); popq %rsp", "Ss:8 Ls:8", F_ALL) \
    F(pop_mem2, "popw (%rsi)", "Ls:2 Sp:2", F_ALL) \
    F(pop_onto_stack, "popq (%rsp)", "Ls:8 Ss+8:8", F_ALL) \
    F(pushf2, "xor %edx,%edx; pushfw", "Ss-2:2", F_LOGIC) \
    F(popf2, "xor %edx,%edx; pushfw; popfw", "Ss-2:2 Ls-2:2", F_LOGIC) \
    F(call_through_stack, "lea 1f(%rip),%rbx; movq %rbx,16(%rsp); call *16(%rsp); 1:", "Ss+16:8 Ls+16:8 Ss-8:8", F_ALL) \
    F(call_and_ret, "call 1f; jmp 2f; 1: ret; 2:", "Ss-8:8 Ls-8:8", F_ALL) \
    F(ret_far_up, "lea 1f(%rip),%rbx; movq %rbx,(%rsp); ret $256; 1:", "Ss:8 Ls:8", F_ALL) \
    F(enter_flat, "enter $0,$0", "Ss-8:8", F_ALL) \
    F(enter_1, "mov %rdi,%rbp; enter $32,$1", "Ss-8:8 Ss-16:8", F_ALL) \
    F(enter_2, "mov %rdi,%rbp; enter $0,$2", "Ss-8:8 Lq-8:8 Ss-16:8 Ss-24:8", F_ALL) \
    F(leave_elsewhere, "mov %rdi,%rbp; leave", "Lq:8", F_ALL) \
    F(mov_from_segment, "xor %eax,%eax; movw %ax,%es; movw %es,(%rsi)", "Sp:2", F_LOGIC) \
    F(mov_to_segment, "movw $0,(%rsi); movw (%rsi),%es", "Sp:2 Lp:2", F_ALL) \
    F(pop_gs, "movq $0,(%rsp); popq %gs", "Ss:8 Ls:8", F_ALL) \
    F(lgs_null, "movl %edx,(%rsi); movw $0,4(%rsi); lgs (%rsi),%ebx", "Sp:4 Sp+4:2 Lp:4 Lp+4:2", F_ALL) \
    /* Selectors differ from the host's: what holds one is overwritten. */ \
    F(lss_own, "movl %edx,(%rsi); movw %ss,4(%rsi); lss (%rsi),%ebx; movw $0,4(%rsi)", \
      "Sp:4 Sp+4:2 Lp:4 Lp+4:2 Sp+4:2", F_ALL) \
    F(jmp_far, "lea 1f(%rip),%rbx; movl %ebx,(%rsi); movw %cs,4(%rsi); ljmp *(%rsi); 1: movw $0,4(%rsi)", \
      "Sp:4 Sp+4:2 Lp:4 Lp+4:2 Sp+4:2", F_ALL) \
    F(call_far, "lea 1f(%rip),%rbx; movl %ebx,(%rsi); movw %cs,4(%rsi); lcall *(%rsi); 1: movw $0,4(%rsi); " \
      "movl $0,4(%rsp)", "Sp:4 Sp+4:2 Lp:4 Lp+4:2 Ss-4:4 Ss-8:4 Sp+4:2 Ss-4:4", F_ALL) \
    F(ret_far, "lea 1f(%rip),%rbx; movl %ebx,(%rsp); mov %cs,%eax; movl %eax,4(%rsp); lretl; " \
      "1: movl $0,-4(%rsp); mov $0,%eax", "Ss:4 Ss+4:4 Ls:4 Ls+4:4 Ss+4:4", F_ALL) \
    F(ret_far8, "lea 1f(%rip),%rbx; movq %rbx,(%rsp); mov %cs,%eax; movq %rax,8(%rsp); lretq; " \
      "1: movl $0,-8(%rsp); mov $0,%eax", "Ss:8 Ss+8:8 Ls:8 Ls+8:8 Ss+8:4", F_ALL) \
    F(iretq_, "lea 1f(%rip),%rbx; movq %rbx,(%rsp); mov %cs,%eax; movq %rax,8(%rsp); movq $0x2d7,16(%rsp); " \
      "movq %rsp,24(%rsp); mov %ss,%eax; movq %rax,32(%rsp); iretq; 1: movl $0,8(%rsp); movl $0,32(%rsp); mov $0,%eax", \
      "Ss:8 Ss+8:8 Ss+16:8 Ss+24:8 Ss+32:8 Ls:8 Ls+8:8 Ls+16:8 Ls+24:8 Ls+32:8 Ss+8:4 Ss+32:4", F_ALL) \
    F(verr_null, "movw $0,(%rsi); verr (%rsi)", "Sp:2 Lp:2", F_ALL) \
    F(verw_null, "movw $0,(%rsi); verw (%rsi)", "Sp:2 Lp:2", F_ALL) \
    F(lar_null, "movw $0,(%rsi); lar (%rsi),%ebx", "Sp:2 Lp:2", F_ALL) \
    F(lsl_null, "movw $0,(%rsi); lsl (%rsi),%ebx", "Sp:2 Lp:2", F_ALL) \
    F(no_access, "prefetcht1 (%rsi); prefetcht2 (%rsi); prefetchnta (%rsi); prefetchw (%rsi); clflushopt (%rsi); " \
      "clwb (%rsi); nopw (%rsi); nopq (%rsi)", "", F_ALL)

/* ---- SSE … SSE4.2, AES, PCLMULQDQ, MMX */
#define S16(F, op) F(op##_16, "and $-16,%rsi; " #op " (%rsi),%xmm2", "LP:16", F_LOGIC)
#define S16I(F, op, i) F(op##_16, "and $-16,%rsi; " #op " $" #i ",(%rsi),%xmm2", "LP:16", F_LOGIC)
#define S8(F, op) F(op##_8, #op " (%rsi),%xmm2", "Lp:8", F_ALL)
#define S8I(F, op, i) F(op##_8, #op " $" #i ",(%rsi),%xmm2", "Lp:8", F_ALL)
#define S4(F, op) F(op##_4, #op " (%rsi),%xmm2", "Lp:4", F_ALL)
#define S4I(F, op, i) F(op##_4, #op " $" #i ",(%rsi),%xmm2", "Lp:4", F_ALL)
#define S2(F, op) F(op##_2, #op " (%rsi),%xmm2", "Lp:2", F_ALL)
#define ST16(F, op) F(op##_st, "and $-16,%rsi; " #op " %xmm2,(%rsi)", "SP:16", F_LOGIC)
#define STU(F, op) F(op##_st, #op " %xmm2,(%rsi)", "Sp:16", F_ALL)
#define ST8(F, op) F(op##_st, #op " %xmm2,(%rsi)", "Sp:8", F_ALL)
#define M8(F, op) F(op##_mmx, "fninit; movq %rbx,%mm0; " #op " (%rsi),%mm0", "Lp:8", F_ALL)
#define PACKED(F, M) \
    M(F, paddb) M(F, paddw) M(F, paddd) M(F, paddq) M(F, paddsb) M(F, paddsw) M(F, paddusb) M(F, paddusw) M(F, psubb) \
    M(F, psubw) M(F, psubd) M(F, psubq) M(F, psubsb) M(F, psubsw) M(F, psubusb) M(F, psubusw) M(F, pmullw) M(F, pmulhw) \
    M(F, pmulhuw) M(F, pmuludq) M(F, pmaddwd) M(F, pavgb) M(F, pavgw) M(F, psadbw) M(F, pminub) M(F, pminsw) \
    M(F, pmaxub) M(F, pmaxsw) M(F, pand) M(F, pandn) M(F, por) M(F, pxor) M(F, pcmpeqb) M(F, pcmpeqw) M(F, pcmpeqd) \
    M(F, pcmpgtb) M(F, pcmpgtw) M(F, pcmpgtd) M(F, psllw) M(F, pslld) M(F, psllq) M(F, psrlw) M(F, psrld) M(F, psrlq) \
    M(F, psraw) M(F, psrad) M(F, packsswb) M(F, packssdw) M(F, packuswb) M(F, punpckhbw) M(F, punpckhwd) \
    M(F, punpckhdq) M(F, pshufb) M(F, phaddw) M(F, phaddd) M(F, phaddsw) M(F, phsubw) M(F, phsubd) M(F, phsubsw) \
    M(F, pmaddubsw) M(F, pmulhrsw) M(F, psignb) M(F, psignw) M(F, psignd) M(F, pabsb) M(F, pabsw) M(F, pabsd)
#define FORMS_VECTOR(F) \
    PACKED(F, S16) PACKED(F, M8) \
    S16(F, punpcklbw) S16(F, punpcklwd) S16(F, punpckldq) S16(F, punpcklqdq) S16(F, punpckhqdq) \
    S16(F, movaps) S16(F, movapd) S16(F, movdqa) S16(F, movntdqa) \
    F(movupd_16, "movupd (%rsi),%xmm2", "Lp:16", F_ALL) F(movdqu_16, "movdqu (%rsi),%xmm2", "Lp:16", F_ALL) \
    F(movups_16, "movups (%rsi),%xmm2", "Lp:16", F_ALL) F(lddqu_16, "lddqu (%rsi),%xmm2", "Lp:16", F_ALL) \
    S16(F, addps) S16(F, addpd) S16(F, subps) S16(F, subpd) S16(F, mulps) S16(F, mulpd) S16(F, divps) S16(F, divpd) \
    S16(F, minps) S16(F, minpd) S16(F, maxps) S16(F, maxpd) S16(F, sqrtps) S16(F, sqrtpd) S16(F, rcpps) \
    S16(F, rsqrtps) S16(F, andps) S16(F, andpd) S16(F, andnps) S16(F, andnpd) S16(F, orps) S16(F, orpd) S16(F, xorps) \
    S16(F, xorpd) S16(F, unpcklps) S16(F, unpcklpd) S16(F, unpckhps) S16(F, unpckhpd) S16I(F, shufps, 0x1b) \
    S16I(F, shufpd, 1) S16I(F, cmpps, 1) S16I(F, cmppd, 5) S16(F, cvtps2dq) S16(F, cvttps2dq) S16(F, cvtpd2ps) \
    S16(F, cvtpd2dq) S16(F, cvttpd2dq) S16(F, cvtdq2ps) S16(F, haddps) S16(F, haddpd) S16(F, hsubps) S16(F, hsubpd) \
    S16(F, addsubps) S16(F, addsubpd) S16(F, movshdup) S16(F, movsldup) S16I(F, dpps, 0xff) S16I(F, dppd, 0x33) \
    S16I(F, blendps, 5) S16I(F, blendpd, 1) S16(F, blendvps) S16(F, blendvpd) S16(F, pblendvb) S16I(F, pblendw, 0x5a) \
    S16I(F, roundps, 3) S16I(F, roundpd, 1) S16I(F, pshufd, 0x1b) S16I(F, pshufhw, 0x1b) S16I(F, pshuflw, 0x1b) \
    S16I(F, palignr, 5) S16(F, pmulld) S16(F, pmuldq) S16(F, pminsb) S16(F, pminuw) S16(F, pminsd) S16(F, pminud) \
    S16(F, pmaxsb) S16(F, pmaxuw) S16(F, pmaxsd) S16(F, pmaxud) S16(F, packusdw) S16(F, pcmpeqq) S16(F, pcmpgtq) \
    S16(F, ptest) S16I(F, mpsadbw, 5) S16(F, phminposuw) S16(F, aesenc) S16(F, aesenclast) S16(F, aesdec) \
    S16(F, aesdeclast) S16(F, aesimc) S16I(F, aeskeygenassist, 3) S16I(F, pclmulqdq, 0x11) \
    F(pcmpestri_u, "pcmpestri $0x0c,(%rsi),%xmm2", "Lp:16", F_ALL) \
    F(pcmpestrm_u, "pcmpestrm $0x40,(%rsi),%xmm2", "Lp:16", F_ALL) \
    F(pcmpistri_u, "pcmpistri $0x0c,(%rsi),%xmm2", "Lp:16", F_ALL) \
    F(pcmpistrm_u, "pcmpistrm $0x40,(%rsi),%xmm2", "Lp:16", F_ALL) \
    S8(F, addsd) S8(F, subsd) S8(F, mulsd) S8(F, divsd) S8(F, minsd) S8(F, maxsd) S8(F, sqrtsd) S8I(F, cmpsd, 6) \
    S8(F, ucomisd) S8(F, comisd) S8(F, cvtsd2ss) S8I(F, roundsd, 2) S8(F, movsd) S8(F, movq) S8(F, movlps) \
    S8(F, movlpd) S8(F, movhps) S8(F, movhpd) S8(F, movddup) S8(F, cvtps2pd) S8(F, cvtdq2pd) S8(F, pmovzxbw) \
    S8(F, pmovzxwd) S8(F, pmovzxdq) S8(F, pmovsxbw) S8(F, pmovsxwd) S8(F, pmovsxdq) S8(F, cvtsi2sdq) S8(F, cvtsi2ssq) \
    S4(F, addss) S4(F, subss) S4(F, mulss) S4(F, divss) S4(F, minss) S4(F, maxss) S4(F, sqrtss) S4(F, rcpss) \
    S4(F, rsqrtss) S4I(F, cmpss, 6) S4(F, ucomiss) S4(F, comiss) S4(F, cvtss2sd) S4I(F, roundss, 2) S4(F, movss) \
    S4(F, movd) S4(F, pmovzxbd) S4(F, pmovzxwq) S4(F, pmovsxbd) S4(F, pmovsxwq) S4(F, cvtsi2ssl) S4(F, cvtsi2sdl) \
    S4I(F, pinsrd, 2) S4I(F, insertps, 0x61) S2(F, pmovzxbq) S2(F, pmovsxbq) S8I(F, pinsrq, 1) \
    F(pinsrb_1, "pinsrb $9,(%rsi),%xmm2", "Lp:1", F_ALL) F(pinsrw_2, "pinsrw $5,(%rsi),%xmm2", "Lp:2", F_ALL) \
    F(cvtss2si_4, "cvtss2si (%rsi),%ebx", "Lp:4", F_ALL) F(cvttss2si_4, "cvttss2si (%rsi),%ebx", "Lp:4", F_ALL) \
    F(cvtsd2si_8, "cvtsd2si (%rsi),%rbx", "Lp:8", F_ALL) F(cvttsd2si_8, "cvttsd2si (%rsi),%ebx", "Lp:8", F_ALL) \
    ST16(F, movaps) ST16(F, movapd) ST16(F, movdqa) ST16(F, movntps) ST16(F, movntpd) ST16(F, movntdq) \
    STU(F, movups) STU(F, movupd) STU(F, movdqu) ST8(F, movlps) ST8(F, movlpd) ST8(F, movhps) ST8(F, movhpd) \
    ST8(F, movsd) ST8(F, movq) F(movss_st, "movss %xmm2,(%rsi)", "Sp:4", F_ALL) \
    F(movd_st, "movd %xmm2,(%rsi)", "Sp:4", F_ALL) F(pextrb_st, "pextrb $9,%xmm2,(%rsi)", "Sp:1", F_ALL) \
    F(pextrw_st, "pextrw $5,%xmm2,(%rsi)", "Sp:2", F_ALL) F(pextrd_st, "pextrd $2,%xmm2,(%rsi)", "Sp:4", F_ALL) \
    F(pextrq_st, "pextrq $1,%xmm2,(%rsi)", "Sp:8", F_ALL) F(extractps_st, "extractps $3,%xmm2,(%rsi)", "Sp:4", F_ALL) \
    F(movnti4, "movnti %ebx,(%rsi)", "Sp:4", F_ALL) \
    F(maskmovdqu_gs, "sub %rdi,%rdi; pcmpeqb %xmm1,%xmm1; gs maskmovdqu %xmm1,%xmm2", "Sp:16", F_LOGIC) \
    F(maskmovq_all, "fninit; pcmpeqb %mm1,%mm1; movq %rbx,%mm0; maskmovq %mm1,%mm0", "Sq:8", F_ALL) \
    F(movq_mm, "fninit; movq (%rsi),%mm0; movq %mm0,(%rdi)", "Lp:8 Sq:8", F_ALL) \
    F(movd_mm, "fninit; movd (%rsi),%mm0; movd %mm0,(%rdi)", "Lp:4 Sq:4", F_ALL) \
    F(movq2, "movq (%rsi),%xmm2; movq2dq %mm0,%xmm3; movdq2q %xmm2,%mm1; movntq %mm1,(%rdi)", "Lp:8 Sq:8", F_ALL) \
    F(pinsrw_mm, "fninit; movq %rbx,%mm0; pinsrw $2,(%rsi),%mm0", "Lp:2", F_ALL) \
    F(pshufw_mm, "fninit; pshufw $0x1b,(%rsi),%mm0", "Lp:8", F_ALL) \
    F(palignr_mm, "fninit; movq %rbx,%mm0; palignr $3,(%rsi),%mm0", "Lp:8", F_ALL) \
    F(cvtps2pi_8, "fninit; cvtps2pi (%rsi),%mm0", "Lp:8", F_ALL) \
    F(cvttps2pi_8, "fninit; cvttps2pi (%rsi),%mm0", "Lp:8", F_ALL) \
    F(cvtpi2ps_8, "fninit; cvtpi2ps (%rsi),%xmm2", "Lp:8", F_ALL) \
    F(cvtpi2pd_8, "cvtpi2pd (%rsi),%xmm2", "Lp:8", F_ALL) \
    F(cvtpd2pi_16, "fninit; and $-16,%rsi; cvtpd2pi (%rsi),%mm0", "LP:16", F_LOGIC) \
    F(cvttpd2pi_16, "fninit; and $-16,%rsi; cvttpd2pi (%rsi),%mm0", "LP:16", F_LOGIC) \
    /* The SDM says m32; the engine loads 8 bytes. */ \
    F(punpcklbw_mm, "fninit; movq %rbx,%mm0; punpcklbw (%rsi),%mm0", "Lp:8", F_ALL) \
    F(punpcklwd_mm, "fninit; movq %rbx,%mm0; punpcklwd (%rsi),%mm0", "Lp:8", F_ALL) \
    F(punpckldq_mm, "fninit; movq %rbx,%mm0; punpckldq (%rsi),%mm0", "Lp:8", F_ALL)

/* ---- x87 */
#define X87(F, op, n, x) F(op##x##_##n, "fninit; fldl2e; fldpi; " #op #x " (%rsi)", "Lp:" #n, F_ALL)
#define ARITHMETIC(F, op, n, x) \
    X87(F, op##add, n, x) X87(F, op##mul, n, x) X87(F, op##sub, n, x) X87(F, op##subr, n, x) X87(F, op##div, n, x) \
    X87(F, op##divr, n, x) X87(F, op##com, n, x) X87(F, op##comp, n, x)
#define X87_STORE(F, op, n) F(op##_##n, "fninit; fldl2e; fldpi; " #op " (%rsi)", "Sp:" #n, F_ALL)
#define FORMS_X87(F) \
    ARITHMETIC(F, f, 4, s) ARITHMETIC(F, f, 8, l) ARITHMETIC(F, fi, 2, s) ARITHMETIC(F, fi, 4, l) \
    X87(F, fld, 4, s) X87(F, fld, 8, l) X87(F, fld, 10, t) X87(F, fild, 2, s) X87(F, fild, 4, l) X87(F, fild, 8, q) \
    X87_STORE(F, fsts, 4) X87_STORE(F, fstl, 8) X87_STORE(F, fstps, 4) X87_STORE(F, fstpl, 8) X87_STORE(F, fstpt, 10) \
    X87_STORE(F, fists, 2) X87_STORE(F, fistl, 4) X87_STORE(F, fistps, 2) X87_STORE(F, fistpl, 4) \
    X87_STORE(F, fistpq, 8) X87_STORE(F, fisttps, 2) X87_STORE(F, fisttpl, 4) X87_STORE(F, fisttpq, 8) \
    X87_STORE(F, fbstp, 10) F(fbld_, "fninit; fldl2e; fbstp (%rsi); fbld (%rsi)", "Sp:10 Lp:10", F_ALL) \
    F(fldcw_, "movw $0x27f,(%rsi); fldcw (%rsi)", "Sp:2 Lp:2", F_ALL) \
    F(fnstsw_, "fninit; fldpi; fnstsw (%rsi)", "Sp:2", F_ALL) \
    F(fnsave_94, "fninit; fldpi; .byte 0x66,0xdd,0x36; .byte 0x66,0xdd,0x26", "Sp:94 Lp:94", F_ALL) \
    F(fxsave64_, "fninit; fldpi; and $-16,%rsi; fxsave64 (%rsi); fninit; pxor %xmm2,%xmm2; fxrstor64 (%rsi)", \
      "SP:512 LP:512", F_LOGIC)
/* clang-format on */

#endif
