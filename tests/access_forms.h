/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every way in which an instruction touches memory, with the accesses that its definition in the Intel SDM, vol. 2,
 * says it makes. Families of them are in access_forms_more.h.
 *
 * FORM(name, code, accesses, flags)
 *   code      rsi = p and rdi = q are operand addresses, rsp = s; rax holds what lies at p, rcx is 3, rbx and rdx are
 * odd numbers. Several instructions are allowed. accesses  Lp+8:4 is a load of 4 bytes at p + 8, S a store; suffix m:
 * read-modify-write, a: atomic. The SDM leaves the order of the two loads of CMPS open; the machine makes that of rdi
 * first, as Valgrind does. flags     the arithmetic flags that the definition leaves defined
 */
#ifndef FACET_TEST_ACCESS_FORMS_H
#define FACET_TEST_ACCESS_FORMS_H

#include "access_forms_more.h"

#define F_ALL 0x8d5u    /* OF SF ZF AF PF CF */
#define F_LOGIC 0x8c5u  /* AF is undefined */
#define F_SHIFT 0x0c5u  /* AF and, for counts above 1, OF are undefined */
#define F_ROTATE 0x0d5u /* OF is undefined for counts above 1 */
#define F_BIT 0x041u    /* bit tests: CF; ZF is unaffected */
#define F_MUL 0x801u
#define F_ZERO 0x040u /* bit scans */
#define F_NONE 0u     /* divisions */

/* clang-format off */
#define FORMS(FORM) \
    FORM(load1, "movb (%rsi),%bl", "Lp:1", F_ALL) \
    FORM(load2, "movw (%rsi),%bx", "Lp:2", F_ALL) \
    FORM(load4, "movl (%rsi),%ebx", "Lp:4", F_ALL) \
    FORM(load8, "movq (%rsi),%rbx", "Lp:8", F_ALL) \
    FORM(load8_disp, "movq -0x40(%rsi,%rcx,8),%rbx", "Lp-40:8", F_ALL) \
    FORM(movzx1, "movzbl (%rsi),%ebx", "Lp:1", F_ALL) \
    FORM(movsx2, "movswq (%rsi),%rbx", "Lp:2", F_ALL) \
    FORM(movsxd, "movslq (%rsi),%rbx", "Lp:4", F_ALL) \
    FORM(movbe_load, "movbe (%rsi),%rbx", "Lp:8", F_ALL) \
    FORM(movbe_load2, "movbe (%rsi),%bx", "Lp:2", F_ALL) \
    FORM(cmov_taken, "cmp %rax,%rax; cmovz (%rsi),%rbx", "Lp:8", F_ALL) \
    FORM(cmov_not_taken, "cmp %rax,%rax; cmovnz (%rsi),%rbx", "Lp:8", F_ALL) \
    FORM(add_load, "addq (%rsi),%rbx", "Lp:8", F_ALL) \
    FORM(sbb_load, "stc; sbbl (%rsi),%ebx", "Lp:4", F_ALL) \
    FORM(and_load, "andl (%rsi),%ebx", "Lp:4", F_LOGIC) \
    FORM(cmp_load, "cmpq (%rsi),%rbx", "Lp:8", F_ALL) \
    FORM(cmp_imm, "cmpb $0x31,(%rsi)", "Lp:1", F_ALL) \
    FORM(test_load, "testl $0x1337,(%rsi)", "Lp:4", F_LOGIC) \
    FORM(imul_load, "imulq (%rsi),%rbx", "Lp:8", F_MUL) \
    FORM(mul_load, "mulq (%rsi)", "Lp:8", F_MUL) \
    FORM(div_load, "xor %edx,%edx; divq (%rsi)", "Lp:8", F_NONE) \
    FORM(bt_reg, "btq %rcx,(%rsi)", "Lp:8", F_BIT) \
    FORM(bsf_load, "bsfl (%rsi),%ebx", "Lp:4", F_ZERO) \
    FORM(popcnt_load, "popcntq (%rsi),%rbx", "Lp:8", F_ALL) \
    FORM(xlat, "mov %rsi,%rbx; mov $2,%al; xlatb", "Lp+2:1", F_ALL) \
    FORM(store1, "movb %bl,(%rsi)", "Sp:1", F_ALL) \
    FORM(store2, "movw %bx,(%rsi)", "Sp:2", F_ALL) \
    FORM(store4, "movl %ebx,(%rsi)", "Sp:4", F_ALL) \
    FORM(store8, "movq %rbx,(%rsi)", "Sp:8", F_ALL) \
    FORM(store_imm2, "movw $0x1234,(%rsi)", "Sp:2", F_ALL) \
    FORM(store_imm8, "movq $-2,(%rsi)", "Sp:8", F_ALL) \
    FORM(store_index, "movl %ebx,4(%rsi,%rcx,4)", "Sp+16:4", F_ALL) \
    FORM(movnti, "movnti %rbx,(%rsi)", "Sp:8", F_ALL) \
    FORM(movbe_store8, "movbe %rbx,(%rsi)", "Sp:8", F_ALL) \
    FORM(movbe_store4, "movbe %ebx,(%rsi)", "Sp:4", F_ALL) \
    FORM(movbe_store2, "movbe %bx,(%rsi)", "Sp:2", F_ALL) \
    FORM(setcc, "cmp %rax,%rax; setz (%rsi)", "Sp:1", F_ALL) \
    FORM(add_mem, "addq %rbx,(%rsi)", "Lp:8m Sp:8m", F_ALL) \
    FORM(adc_mem4, "stc; adcl %ebx,(%rsi)", "Lp:4m Sp:4m", F_ALL) \
    FORM(or_mem1, "orb $0x55,(%rsi)", "Lp:1m Sp:1m", F_LOGIC) \
    FORM(xor_mem2, "xorw %bx,(%rsi)", "Lp:2m Sp:2m", F_LOGIC) \
    FORM(sub_mem, "subl $7,(%rsi)", "Lp:4m Sp:4m", F_ALL) \
    FORM(inc_mem, "incq (%rsi)", "Lp:8m Sp:8m", F_ALL) \
    FORM(dec_mem1, "decb (%rsi)", "Lp:1m Sp:1m", F_ALL) \
    FORM(neg_mem, "negq (%rsi)", "Lp:8m Sp:8m", F_ALL) \
    FORM(not_mem, "notl (%rsi)", "Lp:4m Sp:4m", F_ALL) \
    FORM(shl_mem, "shlq $1,(%rsi)", "Lp:8m Sp:8m", F_LOGIC) \
    FORM(shr_mem_cl, "shrl %cl,(%rsi)", "Lp:4m Sp:4m", F_SHIFT) \
    FORM(sar_mem, "sarw $3,(%rsi)", "Lp:2m Sp:2m", F_SHIFT) \
    FORM(rol_mem, "rolq %cl,(%rsi)", "Lp:8m Sp:8m", F_ROTATE) \
    FORM(rcr_mem, "clc; rcrl $1,(%rsi)", "Lp:4m Sp:4m", F_ALL) \
    FORM(shld_mem, "shldq $5,%rbx,(%rsi)", "Lp:8m Sp:8m", F_SHIFT) \
    FORM(shrd_mem_cl, "shrdl %cl,%ebx,(%rsi)", "Lp:4m Sp:4m", F_SHIFT) \
    FORM(bts_mem, "btsq %rcx,(%rsi)", "Lp:8m Sp:8m", F_BIT) \
    FORM(btc_far, "mov $-70,%rcx; btcq %rcx,(%rsi)", "Lp-16:8m Sp-16:8m", F_BIT) \
    FORM(xadd_mem, "xaddq %rbx,(%rsi)", "Lp:8m Sp:8m", F_ALL) \
    FORM(cmpxchg_equal, "cmpxchgq %rbx,(%rsi)", "Lp:8m Sp:8m", F_ALL) \
    FORM(cmpxchg_differs, "not %rax; cmpxchgl %ebx,(%rsi)", "Lp:4m Sp:4m", F_ALL) \
    FORM(xchg_mem, "xchgq %rbx,(%rsi)", "Lp:8ma Sp:8ma", F_ALL) \
    FORM(xchg_mem2, "xchgw (%rsi),%bx", "Lp:2ma Sp:2ma", F_ALL) \
    FORM(lock_add, "lock addq %rbx,(%rsi)", "Lp:8ma Sp:8ma", F_ALL) \
    FORM(lock_inc4, "lock incl (%rsi)", "Lp:4ma Sp:4ma", F_ALL) \
    FORM(lock_xadd, "lock xaddl %ebx,(%rsi)", "Lp:4ma Sp:4ma", F_ALL) \
    FORM(lock_bts, "lock btsl $3,(%rsi)", "Lp:4ma Sp:4ma", F_BIT) \
    FORM(lock_cmpxchg, "lock cmpxchgq %rbx,(%rsi)", "Lp:8ma Sp:8ma", F_ALL) \
    FORM(cmpxchg8b_, "cmpxchg8b (%rsi)", "Lp:8m Sp:8m", F_NONE) \
    FORM(push_reg, "pushq %rbx", "Ss-8:8", F_ALL) \
    FORM(push_reg2, "pushw %bx", "Ss-2:2", F_ALL) \
    FORM(push_imm, "pushq $-7", "Ss-8:8", F_ALL) \
    FORM(push_mem, "pushq (%rsi)", "Lp:8 Ss-8:8", F_ALL) \
    FORM(push_rsp, "pushq %rsp", "Ss-8:8", F_ALL) \
    FORM(pop_reg, "popq %rbx", "Ls:8", F_ALL) \
    FORM(pop_mem, "popq (%rsi)", "Ls:8 Sp:8", F_ALL) \
    FORM(pop_mem_rsp, "popq 8(%rsp)", "Ls:8 Ss+16:8", F_ALL) \
    FORM(pushf_, "xor %edx,%edx; pushfq", "Ss-8:8", F_LOGIC) \
    FORM(call_near, "call 1f; 1:", "Ss-8:8", F_ALL) \
    FORM(call_mem, "lea 1f(%rip),%rbx; movq %rbx,(%rsi); call *(%rsi); 1:", "Sp:8 Lp:8 Ss-8:8", F_ALL) \
    FORM(ret_near, "lea 1f(%rip),%rbx; movq %rbx,(%rsp); ret; 1:", "Ss:8 Ls:8", F_ALL) \
    FORM(jmp_mem, "lea 1f(%rip),%rbx; movq %rbx,(%rsi); jmp *(%rsi); 1:", "Sp:8 Lp:8", F_ALL) \
    FORM(enter0, "enter $16,$0", "Ss-8:8", F_ALL) \
    FORM(leave_, "mov %rsp,%rbp; leave", "Ls:8", F_ALL) \
    FORM(movsb_, "cld; movsb", "Lp:1 Sq:1", F_ALL) \
    FORM(movsq_, "cld; movsq", "Lp:8 Sq:8", F_ALL) \
    FORM(movsw_back, "std; movsw; cld", "Lp:2 Sq:2", F_ALL) \
    FORM(stosl_, "cld; stosl", "Sq:4", F_ALL) \
    FORM(lodsq_, "cld; lodsq", "Lp:8", F_ALL) \
    FORM(scasl_, "cld; scasl", "Lq:4", F_ALL) \
    FORM(cmpsq_, "cld; cmpsq", "Lq:8 Lp:8", F_ALL) \
    FORM(rep_movsq, "cld; rep movsq", "Lp:8 Sq:8 Lp+8:8 Sq+8:8 Lp+16:8 Sq+16:8", F_ALL) \
    FORM(rep_movsb, "cld; rep movsb", "Lp:1 Sq:1 Lp+1:1 Sq+1:1 Lp+2:1 Sq+2:1", F_ALL) \
    FORM(rep_stosw, "cld; rep stosw", "Sq:2 Sq+2:2 Sq+4:2", F_ALL) \
    FORM(rep_none, "xor %ecx,%ecx; rep stosq", "", F_LOGIC) \
    FORM(rep_lodsl, "cld; rep lodsl", "Lp:4 Lp+4:4 Lp+8:4", F_ALL) \
    FORM(cmpxchg16b_aligned, "and $-16,%rsi; mov (%rsi),%r8; mov 8(%rsi),%r9; cmpxchg16b (%rsi)", \
         "LP:8 LP+8:8 LP:16m SP:16m", F_NONE) \
    FORM(movdqu_load, "movdqu (%rsi),%xmm0; movq %xmm0,%rbx", "Lp:16", F_ALL) \
    FORM(movdqu_store, "movq %rbx,%xmm0; punpcklqdq %xmm0,%xmm0; movdqu %xmm0,(%rsi)", "Sp:16", F_ALL) \
    FORM(movss_load, "movss (%rsi),%xmm0; movd %xmm0,%ebx", "Lp:4", F_ALL) \
    /* bit strings and other operations */ \
    FORM(btr_mem4, "btrl %ecx,(%rsi)", "Lp:4m Sp:4m", F_BIT) \
    FORM(bt_far, "mov $-70,%rcx; btq %rcx,(%rsi)", "Lp-16:8", F_BIT) \
    FORM(bts_far4, "mov $100,%ecx; btsl %ecx,(%rsi)", "Lp+12:4m Sp+12:4m", F_BIT) \
    FORM(bts_far2, "mov $-17,%ecx; btsw %cx,(%rsi)", "Lp-4:2m Sp-4:2m", F_BIT) \
    FORM(btc_imm, "btcq $61,(%rsi)", "Lp:8m Sp:8m", F_BIT) \
    FORM(lzcnt_load, "bsrq (%rsi),%rbx", "Lp:8", F_ZERO) \
    FORM(crc32_load, "crc32q (%rsi),%rbx", "Lp:8", F_ALL) \
    FORM(crc32_load1, "crc32b (%rsi),%rbx", "Lp:1", F_ALL) \
    FORM(andn_load, "andn (%rsi),%rcx,%rbx", "Lp:8", 0x8c1u) \
    FORM(mulx_load, "mulx (%rsi),%rbx,%rcx", "Lp:8", F_ALL) \
    FORM(idiv_load4, "mov (%rsi),%eax; xor %edx,%edx; shr $1,%eax; or $1,%ecx; idivl 8(%rsi); xor %edx,%edx", "Lp:4 Lp+8:4", F_NONE) \
    FORM(lock_or1, "lock orb $0x55,(%rsi)", "Lp:1ma Sp:1ma", F_LOGIC) \
    FORM(lock_and2, "lock andw %bx,(%rsi)", "Lp:2ma Sp:2ma", F_LOGIC) \
    FORM(lock_xor, "lock xorq %rbx,(%rsi)", "Lp:8ma Sp:8ma", F_LOGIC) \
    FORM(lock_sub4, "lock subl %ebx,(%rsi)", "Lp:4ma Sp:4ma", F_ALL) \
    FORM(lock_adc, "stc; lock adcq %rbx,(%rsi)", "Lp:8ma Sp:8ma", F_ALL) \
    FORM(lock_sbb, "stc; lock sbbq %rbx,(%rsi)", "Lp:8ma Sp:8ma", F_ALL) \
    FORM(lock_dec, "lock decq (%rsi)", "Lp:8ma Sp:8ma", F_ALL) \
    FORM(lock_neg, "lock negl (%rsi)", "Lp:4ma Sp:4ma", F_NONE) \
    FORM(lock_not, "lock notq (%rsi)", "Lp:8ma Sp:8ma", F_ALL) \
    FORM(lock_btr, "lock btrq %rcx,(%rsi)", "Lp:8ma Sp:8ma", F_BIT) \
    FORM(lock_btc, "lock btcl $9,(%rsi)", "Lp:4ma Sp:4ma", F_BIT) \
    FORM(lock_cmpxchg1, "not %rax; lock cmpxchgb %bl,(%rsi)", "Lp:1ma Sp:1ma", F_ALL) \
    FORM(lock_cmpxchg8b, "lock cmpxchg8b (%rsi)", "Lp:8ma Sp:8ma", F_NONE) \
    FORM(lock_cmpxchg16b, "and $-16,%rsi; lock cmpxchg16b (%rsi)", "LP:16ma SP:16ma", F_NONE) \
    FORM(xadd_mem1, "xaddb %bl,(%rsi)", "Lp:1m Sp:1m", F_ALL) \
    /* the stack, strings */ \
    FORM(push_mem2, "pushw (%rsi)", "Lp:2 Ss-2:2", F_ALL) \
    FORM(pop_reg2, "popw %bx", "Ls:2", F_ALL) \
    FORM(popf_, "xor %edx,%edx; pushfq; popfq", "Ss-8:8 Ls-8:8", F_LOGIC) \
    FORM(ret_imm, "lea 1f(%rip),%rbx; movq %rbx,(%rsp); ret $24; 1:", "Ss:8 Ls:8", F_ALL) \
    FORM(call_mem_far, "lea 1f(%rip),%rbx; movq %rbx,(%rsi); call *(%rsi); 1: popq (%rsi)", \
         "Sp:8 Lp:8 Ss-8:8 Ls-8:8 Sp:8", F_ALL) \
    FORM(enter_nested, "mov %rdi,%rbp; enter $16,$3", "Ss-8:8 Lq-8:8 Ss-16:8 Lq-16:8 Ss-24:8 Ss-32:8", F_ALL) \
    FORM(stosb_, "cld; stosb", "Sq:1", F_ALL) \
    FORM(lodsb_back, "std; lodsb; cld", "Lp:1", F_ALL) \
    FORM(scasq_, "cld; scasq", "Lq:8", F_ALL) \
    FORM(cmpsb_, "cld; cmpsb", "Lq:1 Lp:1", F_ALL) \
    FORM(rep_stosq_back, "std; rep stosq; cld", "Sq:8 Sq-8:8 Sq-16:8", F_ALL) \
    FORM(rep_movsl_back, "std; rep movsl; cld", "Lp:4 Sq:4 Lp-4:4 Sq-4:4 Lp-8:4 Sq-8:4", F_ALL) \
    FORM(moffs_load, ".byte 0x65,0x48,0xa1; .quad 0x10", "Lp+16:8", F_ALL) \
    FORM(moffs_load1, ".byte 0x65,0xa0; .quad 0x10", "Lp+16:1", F_ALL) \
    FORM(moffs_store, ".byte 0x65,0xa3; .quad 0x18", "Sp+24:4", F_ALL) \
    FORM(nothing, "prefetcht0 (%rsi); clflush (%rsi); nopl (%rsi); lea (%rsi),%rbx", "", F_ALL) \
    /* SSE */ \
    FORM(movaps_load, "and $-16,%rsi; movaps (%rsi),%xmm0; movq %xmm0,%rbx", "LP:16", F_LOGIC) \
    FORM(movups_load, "movups (%rsi),%xmm0; psrldq $8,%xmm0; movq %xmm0,%rbx", "Lp:16", F_ALL) \
    FORM(lddqu_load, "lddqu (%rsi),%xmm0; movq %xmm0,%rbx", "Lp:16", F_ALL) \
    FORM(movntdqa_load, "and $-16,%rsi; movntdqa (%rsi),%xmm0; movq %xmm0,%rbx", "LP:16", F_LOGIC) \
    FORM(movups_store, "movq %rbx,%xmm0; movlhps %xmm0,%xmm0; movups %xmm0,(%rsi)", "Sp:16", F_ALL) \
    FORM(movaps_store, "and $-16,%rsi; movq %rbx,%xmm0; movaps %xmm0,(%rsi)", "SP:16", F_LOGIC) \
    FORM(movntdq_store, "and $-16,%rsi; movq %rbx,%xmm0; movntdq %xmm0,(%rsi)", "SP:16", F_LOGIC) \
    FORM(movntps_store, "and $-16,%rsi; movq %rbx,%xmm0; movntps %xmm0,(%rsi)", "SP:16", F_LOGIC) \
    FORM(copy16, "movdqu (%rsi),%xmm0; movdqu %xmm0,(%rdi); movdqu 16(%rsi),%xmm1; movdqu %xmm1,16(%rdi)", \
         "Lp:16 Sq:16 Lp+16:16 Sq+16:16", F_ALL) \
    FORM(paddd_load, "and $-16,%rsi; movq %rbx,%xmm0; paddd (%rsi),%xmm0; movq %xmm0,%rbx", "LP:16", F_LOGIC) \
    FORM(pxor_load, "and $-16,%rsi; movq %rbx,%xmm0; pxor (%rsi),%xmm0; movq %xmm0,%rbx", "LP:16", F_LOGIC) \
    FORM(pshufb_load, "and $-16,%rsi; movq %rbx,%xmm0; pshufb (%rsi),%xmm0; movq %xmm0,%rbx", "LP:16", F_LOGIC) \
    FORM(punpckl_load, "and $-16,%rsi; movq %rbx,%xmm0; punpcklbw (%rsi),%xmm0; movq %xmm0,%rbx", "LP:16", F_LOGIC) \
    FORM(unpckh_load, "and $-16,%rsi; movq %rbx,%xmm0; unpckhps (%rsi),%xmm0; movq %xmm0,%rbx", "LP:16", F_LOGIC) \
    FORM(andps_load, "and $-16,%rsi; movq %rbx,%xmm0; andps (%rsi),%xmm0; movq %xmm0,%rbx", "LP:16", F_LOGIC) \
    FORM(pshufd_load, "and $-16,%rsi; pshufd $0x1b,(%rsi),%xmm0; movq %xmm0,%rbx", "LP:16", F_LOGIC) \
    FORM(palignr_load, "and $-16,%rsi; movq %rbx,%xmm0; palignr $5,(%rsi),%xmm0; movq %xmm0,%rbx", "LP:16", F_LOGIC) \
    FORM(pcmpistri_load, "movq %rbx,%xmm0; pcmpistri $0,(%rsi),%xmm0", "Lp:16", F_ALL) \
    FORM(ptest_load, "and $-16,%rsi; movq %rbx,%xmm0; ptest (%rsi),%xmm0", "LP:16", F_ALL) \
    FORM(movsldup_load, "and $-16,%rsi; movsldup (%rsi),%xmm0; movq %xmm0,%rbx", "LP:16", F_LOGIC) \
    FORM(cvtdq2ps_load, "and $-16,%rsi; cvtdq2ps (%rsi),%xmm0; movq %xmm0,%rbx", "LP:16", F_LOGIC) \
    FORM(cvtdq2pd_load, "cvtdq2pd (%rsi),%xmm0; movq %xmm0,%rbx", "Lp:8", F_ALL) \
    FORM(cvtps2pd_load, "cvtps2pd (%rsi),%xmm0; movq %xmm0,%rbx", "Lp:8", F_ALL) \
    FORM(movddup_load, "movddup (%rsi),%xmm0; movq %xmm0,%rbx", "Lp:8", F_ALL) \
    FORM(movlps_load, "movlps (%rsi),%xmm0; movq %xmm0,%rbx", "Lp:8", F_ALL) \
    FORM(movhps_load, "movhps (%rsi),%xmm0; psrldq $8,%xmm0; movq %xmm0,%rbx", "Lp:8", F_ALL) \
    FORM(movhpd_store, "movq %rbx,%xmm0; pslldq $8,%xmm0; movhpd %xmm0,(%rsi)", "Sp:8", F_ALL) \
    FORM(movlps_store, "movq %rbx,%xmm0; movlps %xmm0,(%rsi)", "Sp:8", F_ALL) \
    FORM(movq_xmm, "movq (%rsi),%xmm0; movq %xmm0,(%rdi)", "Lp:8 Sq:8", F_ALL) \
    FORM(movd_xmm, "movd (%rsi),%xmm0; movd %xmm0,(%rdi)", "Lp:4 Sq:4", F_ALL) \
    FORM(movss_store, "movd %ebx,%xmm0; movss %xmm0,(%rsi)", "Sp:4", F_ALL) \
    FORM(movsd_both, "movsd (%rsi),%xmm0; movsd %xmm0,(%rdi)", "Lp:8 Sq:8", F_ALL) \
    FORM(pinsrw_load, "pxor %xmm0,%xmm0; pinsrw $1,(%rsi),%xmm0; movq %xmm0,%rbx", "Lp:2", F_ALL) \
    FORM(pinsrb_load, "pxor %xmm0,%xmm0; pinsrb $3,(%rsi),%xmm0; movq %xmm0,%rbx", "Lp:1", F_ALL) \
    FORM(pinsrq_load, "pxor %xmm0,%xmm0; pinsrq $0,(%rsi),%xmm0; movq %xmm0,%rbx", "Lp:8", F_ALL) \
    FORM(pextrb_store, "movq %rbx,%xmm0; pextrb $2,%xmm0,(%rsi)", "Sp:1", F_ALL) \
    FORM(pextrw_store, "movq %rbx,%xmm0; pextrw $1,%xmm0,(%rsi)", "Sp:2", F_ALL) \
    FORM(pextrq_store, "movq %rbx,%xmm0; pextrq $0,%xmm0,(%rsi)", "Sp:8", F_ALL) \
    FORM(extractps_store, "movq %rbx,%xmm0; extractps $1,%xmm0,(%rsi)", "Sp:4", F_ALL) \
    FORM(insertps_load, "pxor %xmm0,%xmm0; insertps $0x10,(%rsi),%xmm0; movq %xmm0,%rbx", "Lp:4", F_ALL) \
    FORM(pmovzxbw_load, "pmovzxbw (%rsi),%xmm0; movq %xmm0,%rbx", "Lp:8", F_ALL) \
    FORM(pmovzxbd_load, "pmovzxbd (%rsi),%xmm0; movq %xmm0,%rbx", "Lp:4", F_ALL) \
    FORM(pmovsxbq_load, "pmovsxbq (%rsi),%xmm0; movq %xmm0,%rbx", "Lp:2", F_ALL) \
    FORM(ucomisd_load, "pxor %xmm0,%xmm0; ucomisd (%rsi),%xmm0", "Lp:8", F_ALL) \
    FORM(cvtsi2sd_load, "pxor %xmm0,%xmm0; cvtsi2sdl (%rsi),%xmm0; movq %xmm0,%rbx", "Lp:4", F_ALL) \
    FORM(cvttss2si_load, "cvttss2si (%rsi),%rbx", "Lp:4", F_ALL) \
    FORM(mxcsr, "movl $0x1f80,(%rsi); ldmxcsr (%rsi); stmxcsr (%rdi)", "Sp:4 Lp:4 Sq:4", F_ALL) \
    FORM(movntq_store, "fninit; movq %rbx,%mm0; movntq %mm0,(%rsi); emms", "Sp:8", F_ALL) \
    FORM(maskmovdqu_all, "pcmpeqb %xmm1,%xmm1; movq %rbx,%xmm0; maskmovdqu %xmm1,%xmm0", "Sq:16", F_ALL) \
    FORM(maskmovdqu_some, "movq %rbx,%xmm0; movlhps %xmm0,%xmm0; movdqa %xmm0,%xmm1; maskmovdqu %xmm1,%xmm0", \
         "Sq:16", F_ALL) \
    FORM(maskmovdqu_none, "pxor %xmm1,%xmm1; maskmovdqu %xmm1,%xmm0", "", F_ALL) \
    FORM(maskmovq_some, "fninit; movq %rbx,%mm0; movq %mm0,%mm1; maskmovq %mm1,%mm0; emms", "Sq:8", F_ALL) \
    /* x87 */ \
    FORM(fild2, "fninit; filds (%rsi); fistps (%rdi)", "Lp:2 Sq:2", F_ALL) \
    FORM(fild4, "fninit; fildl (%rsi); fistpl (%rdi)", "Lp:4 Sq:4", F_ALL) \
    FORM(fild8, "fninit; fildq (%rsi); fisttpq (%rdi)", "Lp:8 Sq:8", F_ALL) \
    FORM(fst4, "fninit; fildl (%rsi); fstps (%rdi)", "Lp:4 Sq:4", F_ALL) \
    FORM(fst8, "fninit; fildq (%rsi); fstpl (%rdi)", "Lp:8 Sq:8", F_ALL) \
    FORM(fld4, "fninit; fld1; fstps (%rsi); flds (%rsi); fistpl (%rdi)", "Sp:4 Lp:4 Sq:4", F_ALL) \
    FORM(fld8, "fninit; fld1; fstpl (%rsi); fldl (%rsi); fistpl (%rdi)", "Sp:8 Lp:8 Sq:4", F_ALL) \
    FORM(fiadd, "fninit; fld1; fiaddl (%rsi); fistpq (%rdi)", "Lp:4 Sq:8", F_ALL) \
    FORM(fld10, "fninit; fldt (%rsi); fstpt (%rdi)", "Lp:10 Sq:10", F_ALL) \
    FORM(fstp10, "fninit; fldpi; fstpt (%rsi)", "Sp:10", F_ALL) \
    FORM(fbstp_, "fninit; fldpi; fbstp (%rsi); fbld (%rsi); fistpq (%rdi)", "Sp:10 Lp:10 Sq:8", F_ALL) \
    FORM(fcw, "fninit; fnstcw (%rsi); fldcw (%rsi); fnstsw (%rdi)", "Sp:2 Lp:2 Sq:2", F_ALL) \
    FORM(fnstenv_, "fninit; fnstenv (%rsi); fldenv (%rsi)", "Sp:28 Lp:28", F_ALL) \
    FORM(fnstenv_14, "fninit; .byte 0x66,0xd9,0x36; .byte 0x66,0xd9,0x26", "Sp:14 Lp:14", F_ALL) \
    FORM(fnsave_, "fninit; fldpi; fnsave (%rsi); frstor (%rsi); fistpq (%rdi)", "Sp:108 Lp:108 Sq:8", F_ALL) \
    FORM(fxsave_, "fninit; and $-16,%rsi; movq %rbx,%xmm3; fxsave (%rsi); pxor %xmm3,%xmm3; fxrstor (%rsi); movq %xmm3,%rbx", \
         "SP:512 LP:512", F_LOGIC) \
    FORM(two_stores, "movl %ebx,(%rsi); movl %edx,2(%rsi)", "Sp:4 Sp+2:4", F_ALL) \
    FORMS_MORE(FORM)
/* clang-format on */

#endif
