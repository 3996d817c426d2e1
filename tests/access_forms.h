/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every way in which an integer instruction touches memory (and some others), with the accesses that its definition in
 * the Intel SDM, vol. 2, says it makes.
 *
 * FORM(name, code, accesses, flags)
 *   code      rsi = p and rdi = q are operand addresses, rsp = s; rax holds what lies at p, rcx is 3, rbx and rdx are
 * odd numbers. Several instructions are allowed. accesses  Lp+8:4 is a load of 4 bytes at p + 8, S a store; suffix m:
 * read-modify-write, a: atomic. More than 8 bytes come as the processor's 8-byte halves (the 80-bit x87 operand as 8 +
 * 2). The SDM leaves the order of the two loads of CMPS open; the machine makes that of rdi first, as Valgrind does.
 *   flags     the arithmetic flags that the definition leaves defined
 */
#ifndef FACET_TEST_ACCESS_FORMS_H
#define FACET_TEST_ACCESS_FORMS_H

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
    FORM(repne_scasb, "cld; mov $-1,%al; repne scasb", "Lq:1 Lq+1:1 Lq+2:1", F_ALL) \
    FORM(cmpxchg16b_aligned, "and $-16,%rsi; mov (%rsi),%r8; mov 8(%rsi),%r9; cmpxchg16b (%rsi)", \
         "LP:8 LP+8:8 LP:8m LP+8:8m SP:8m SP+8:8m", F_NONE) \
    FORM(movdqu_load, "movdqu (%rsi),%xmm0; movq %xmm0,%rbx", "Lp:8 Lp+8:8", F_ALL) \
    FORM(movdqu_store, "movq %rbx,%xmm0; punpcklqdq %xmm0,%xmm0; movdqu %xmm0,(%rsi)", "Sp:8 Sp+8:8", F_ALL) \
    FORM(movss_load, "movss (%rsi),%xmm0; movd %xmm0,%ebx", "Lp:4", F_ALL) \
    FORM(two_stores, "movl %ebx,(%rsi); movl %edx,2(%rsi)", "Sp:4 Sp+2:4", F_ALL)
/* clang-format on */

#endif
