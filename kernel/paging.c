/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "paging.h"
#include "table.h"

#define PAGE_TABLE __attribute__((aligned(4096))) unsigned long
#define IMAGE_TABLES 2 /* 2 MiB of the image's addresses each */
#define LARGE_SHIFT 21
#define DIRECT_DIRECTORIES (PAGING_RAM_MAX >> 30)

static PAGE_TABLE kernel_top[512];
static PAGE_TABLE direct_pdpt[512], direct_pd[DIRECT_DIRECTORIES][512];
static PAGE_TABLE image_pdpt[512], image_pd[512], image_pt[IMAGE_TABLES][512];
static unsigned long active HOT;

extern char kernel_text[], kernel_rodata[], kernel_data[], kernel_end[];

static void map_direct(unsigned long ram_end) {
    for (unsigned i = 0; i < DIRECT_DIRECTORIES; i++)
        direct_pdpt[i] = physical(direct_pd[i]) | PTE_P | PTE_W;
    for (unsigned long page = 0; page << LARGE_SHIFT < ram_end; page++)
        direct_pd[page / 512][page % 512] = page << LARGE_SHIFT | PTE_P | PTE_W | PTE_A | PTE_D | PTE_LARGE | PTE_NX;
}

static void map_image(const char *from, const char *to, unsigned long flags) {
    kassert(physical(to) <= (unsigned long)IMAGE_TABLES << LARGE_SHIFT, physical(to));
    for (unsigned long page = physical(from) >> PAGE_SHIFT; page < physical(to) >> PAGE_SHIFT; page++)
        image_pt[page / 512][page % 512] = page << PAGE_SHIFT | PTE_P | PTE_A | PTE_D | flags;
}

void paging_init(unsigned long ram_end) {
    map_direct(ram_end);
    map_image(kernel_text, kernel_rodata, 0);
    map_image(kernel_rodata, kernel_data, PTE_NX);
    map_image(kernel_data, kernel_end, PTE_W | PTE_NX);
    for (unsigned i = 0; i < IMAGE_TABLES; i++)
        image_pd[i] = physical(image_pt[i]) | PTE_P | PTE_W;
    image_pdpt[510] = physical(image_pd) | PTE_P | PTE_W;
    kernel_top[256] = physical(direct_pdpt) | PTE_P | PTE_W;
    kernel_top[511] = physical(image_pdpt) | PTE_P | PTE_W;
    table_tlb_stale = true;
    paging_enter(0);
}

void paging_share_kernel(unsigned long *top) {
    top[256] = kernel_top[256];
    top[511] = kernel_top[511];
}

bool paging_shared(const unsigned long *top) {
    for (unsigned i = 256; i < 512; i++)
        if (top[i] != kernel_top[i])
            return false;
    return true;
}

void paging_enter(unsigned long top) {
    if (!top)
        top = physical(kernel_top);
    if (top == active && !table_tlb_stale)
        return;
    active = top;
    table_tlb_stale = false;
    __asm__ volatile("mov %0, %%cr3" : : "r"(top) : "memory");
}

void paging_leave(unsigned long top) {
    if (top == active)
        paging_enter(0);
}
