/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Regions are the nodes of a treap: a search tree by start, a heap by priority, which is drawn by lot. So everything
 * is done by dividing and uniting trees, in logarithmic time whatever a program does. Each node knows the largest gap
 * below it.
 */
#include "internal.h"

static struct area *root FREQUENT_DATA, *unused;
static unsigned long region_count, unused_count;
unsigned long region_total;

static unsigned long draw(void) {
    static unsigned long state = 0x9e3779b97f4a7c15;
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static unsigned long larger(unsigned long a, unsigned long b) {
    return a > b ? a : b;
}

static void summarize(struct area *node) {
    node->low = node->left ? node->left->low : node->start;
    node->high = node->right ? node->right->high : node->end;
    node->gap = 0;
    if (node->left)
        node->gap = larger(node->left->gap, node->start - node->left->high);
    if (node->right)
        node->gap = larger(node->gap, larger(node->right->gap, node->right->low - node->end));
}

/* What starts below `start` goes to *low, the rest to *high. */
static void divide(struct area *tree, unsigned long start, struct area **low, struct area **high) {
    if (!tree) {
        *low = *high = 0;
    } else if (tree->start < start) {
        divide(tree->right, start, &tree->right, high);
        summarize(*low = tree);
    } else {
        divide(tree->left, start, low, &tree->left);
        summarize(*high = tree);
    }
}

static struct area *unite(struct area *low, struct area *high) {
    if (!low || !high)
        return low ? low : high;
    if (low->priority > high->priority) {
        low->right = unite(low->right, high);
        summarize(low);
        return low;
    }
    high->left = unite(low, high->left);
    summarize(high);
    return high;
}

FREQUENT struct area *region_at(unsigned long address) {
    struct area *best = 0;
    for (struct area *node = root; node;) {
        if (node->end > address) {
            best = node;
            node = node->left;
        } else {
            node = node->right;
        }
    }
    return best;
}

static struct area *region_before(unsigned long address) {
    struct area *best = 0;
    for (struct area *node = root; node;) {
        if (node->start < address) {
            best = node;
            node = node->right;
        } else {
            node = node->left;
        }
    }
    return best;
}

int region_room(unsigned long more) {
    if (region_count + more > REGIONS_MAX)
        return 0;
    while (unused_count < more) {
        struct area *node = pool_alloc(sizeof *node);
        if (!node)
            return 0;
        node->left = unused;
        unused = node;
        unused_count++;
    }
    return 1;
}

int region_room_to_cut(unsigned long start, unsigned long end, int keep) {
    const struct area *first = region_at(start), *last = region_at(end - 1);
    int low = first && first->start < start, high = last && last->start < end && last->end > end;
    return region_room((unsigned long)(keep ? low + high : low && high && first == last));
}

static unsigned shares_file(const struct area *region) {
    return region->file >= 0 && region->kind & REGION_SHARED;
}

static void insert(const struct area *region) {
    struct area *node = unused, *low, *high;
    if (!node) {
        linux_fail("more regions than were provided for");
        return; /* for cppcheck */
    }
    unused = node->left;
    unused_count--;
    region_count++;
    region_total += region->end - region->start;
    vm_shared_files += shares_file(region);
    *node = *region;
    node->left = node->right = 0;
    node->priority = draw();
    summarize(node);
    divide(root, node->start, &low, &high);
    root = unite(unite(low, node), high);
}

static void erase(struct area *node) {
    struct area *low, *middle, *high;
    divide(root, node->start, &low, &high);
    divide(high, node->start + 1, &middle, &high);
    root = unite(low, high);
    node->left = unused;
    unused = node;
    unused_count++;
    region_count--;
    region_total -= node->end - node->start;
    vm_shared_files -= shares_file(node);
}

static int goes_on(const struct area *low, const struct area *high) {
    return low->end == high->start && low->prot == high->prot && low->kind == high->kind && low->file == high->file &&
           low->shared == high->shared &&
           ((low->file < 0 && !low->shared) || low->offset + (low->end - low->start) == high->offset);
}

static const char *region_name(const struct area *region) {
    if (region->file >= 0)
        return file_map_name(region->file);
    unsigned kind = region->kind & REGION_KIND;
    return kind == REGION_PROGRAM ? boot.exe : kind == REGION_HEAP ? "[heap]" : kind == REGION_STACK ? "[stack]" : "";
}

static unsigned long length_of(const char *name) {
    unsigned long length = 0;
    while (name[length])
        length++;
    return length < 255 ? length : 255;
}

static void tell(unsigned long start, unsigned long end, unsigned long kind, const char *name) {
    struct facet_message m = {
        .word = {start, end - start, kind}, .send = {R_PROCESS}, .string = name, .string_size = length_of(name)};
    must_call(INIT_DEBUG, OP_DEBUG_REGION, &m);
}

void region_gone(unsigned long start, unsigned long end) {
    struct area *first = region_at(start);
    if (first && first->start < end)
        tell(start, end, REGION_NONE, "");
}

/* PROT_READ, PROT_WRITE and PROT_EXEC are 1, 2 and 4. */
void region_grow(const struct area *region, unsigned long from) {
    struct area all = *region, *low = region_before(all.start), *high = region_at(all.end);
    tell(from, all.end, all.kind | (all.prot & 7ul) * REGION_R, region_name(&all));
    if (low && goes_on(low, &all)) {
        all.start = low->start;
        all.offset = low->offset;
        erase(low);
        if (all.file >= 0)
            file_map_drop(all.file);
    }
    if (high && goes_on(&all, high)) {
        all.end = high->end;
        erase(high);
        if (all.file >= 0)
            file_map_drop(all.file);
    }
    insert(&all);
}

void region_add(const struct area *region) {
    region_grow(region, region->start);
}

/* Leaves a part of what was taken out. */
static void leave(const struct area *whole, unsigned long start, unsigned long end) {
    struct area part = *whole;
    part.start = start;
    part.end = end;
    part.offset += start - whole->start;
    if (part.file >= 0)
        file_map_keep(part.file);
    insert(&part);
}

int region_take(unsigned long start, unsigned long end, struct area *piece) {
    struct area *node = region_at(start);
    if (!node || node->start >= end)
        return 0;
    *piece = *node;
    erase(node);
    struct area whole = *piece;
    if (whole.start < start) {
        leave(&whole, whole.start, start);
        piece->start = start;
        piece->offset += start - whole.start;
    }
    if (whole.end > end) {
        leave(&whole, end, whole.end);
        piece->end = end;
    }
    return 1;
}

/* The highest gap in [low, high), where only the tree's regions are. */
static unsigned long gap(const struct area *tree, unsigned long size, unsigned long low, unsigned long high) {
    if (low >= high || high - low < size)
        return 0;
    if (!tree || tree->low >= high || tree->high <= low)
        return high - size;
    unsigned long before = tree->low > low ? tree->low - low : 0, behind = high > tree->high ? high - tree->high : 0;
    if (tree->gap < size && before < size && behind < size)
        return 0;
    unsigned long found = gap(tree->right, size, larger(low, tree->end), high);
    return found ? found : gap(tree->left, size, low, high < tree->start ? high : tree->start);
}

unsigned long region_gap(unsigned long size, unsigned long low, unsigned long high) {
    return gap(root, size, low, high);
}

unsigned long region_bytes(unsigned long start, unsigned long end) {
    unsigned long bytes = 0;
    for (struct area *region = region_at(start); region && region->start < end; region = region_at(region->end)) {
        unsigned long from = larger(region->start, start), to = region->end < end ? region->end : end;
        bytes += to - from;
    }
    return bytes;
}
