/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A stockroom: items with names and quantities, deliveries, sales, and an audit at the end. All records and names come
 * from one slab. It has a mistake: the audit finds a quantity that nobody booked, long after it was damaged. The README
 * and tests/sessions/tour.facet find out by whom.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The slab: blocks of multiples of 16 bytes, one behind the other; freed ones are used again */

#define SLAB_BYTES 16384
#define BLOCK 16
#define CLASSES 8 /* of 16, 32 … 128 bytes */

struct block {
    struct block *next;
};

struct slab {
    char *memory;
    size_t used;
    struct block *unused[CLASSES];
};

static size_t rounded(size_t size) {
    return (size + BLOCK - 1) / BLOCK * BLOCK;
}

static struct slab *slab_new(void) {
    struct slab *slab = calloc(1, sizeof *slab);
    slab->memory = malloc(SLAB_BYTES);
    memset(slab->memory, 0xee, SLAB_BYTES);
    return slab;
}

static void slab_free_all(struct slab *slab) {
    free(slab->memory);
    free(slab);
}

static void *slab_alloc(struct slab *slab, size_t size) {
    size = rounded(size);
    struct block **list = &slab->unused[size / BLOCK - 1];
    if (*list) {
        struct block *block = *list;
        *list = block->next;
        return block;
    }
    if (slab->used + size > SLAB_BYTES) {
        fprintf(stderr, "stockroom: the slab is full\n");
        exit(2);
    }
    void *memory = slab->memory + slab->used;
    slab->used += size;
    return memory;
}

static void slab_free(struct slab *slab, void *memory, size_t size) {
    struct block **list = &slab->unused[rounded(size) / BLOCK - 1], *block = memory;
    block->next = *list;
    *list = block;
}

/* ---- Items, in a hash table by number */

struct item {
    unsigned quantity; /* in the room now */
    unsigned number;
    unsigned delivered, sold;
    char *name;
    size_t room; /* bytes of its name's block */
    struct item *next;
};

#define BUCKETS 16

struct stockroom {
    struct slab *slab;
    struct item *bucket[BUCKETS];
    unsigned items;
};

static unsigned bucket_of(unsigned number) {
    return number * 2654435761u >> 28;
}

static struct item *item_find(struct stockroom *room, unsigned number) {
    struct item *item = room->bucket[bucket_of(number)];
    while (item && item->number != number)
        item = item->next;
    return item;
}

static void item_name(struct stockroom *room, struct item *item, const char *name) {
    item->room = rounded(strlen(name) + 1);
    item->name = slab_alloc(room->slab, item->room);
    strcpy(item->name, name);
}

static struct item *item_new(struct stockroom *room, unsigned number, const char *name) {
    struct item *item = slab_alloc(room->slab, sizeof *item);
    *item = (struct item){.number = number, .next = room->bucket[bucket_of(number)]};
    room->bucket[bucket_of(number)] = item;
    room->items++;
    item_name(room, item, name);
    return item;
}

/* The old block is kept if the new name fits. */
static void item_rename(struct stockroom *room, struct item *item, const char *name) {
    if (strlen(name) <= item->room) {
        strcpy(item->name, name);
        return;
    }
    slab_free(room->slab, item->name, item->room);
    item_name(room, item, name);
}

static void item_delete(struct stockroom *room, struct item *item) {
    struct item **at = &room->bucket[bucket_of(item->number)];
    while (*at != item)
        at = &(*at)->next;
    *at = item->next;
    room->items--;
    slab_free(room->slab, item->name, item->room);
    slab_free(room->slab, item, sizeof *item);
}

/* ---- Movements: the last ones are kept in a ring */

#define RING 8

struct movement {
    unsigned number;
    int quantity;
};

struct ring {
    struct movement movement[RING];
    unsigned count;
};

static void ring_add(struct ring *ring, unsigned number, int quantity) {
    ring->movement[ring->count++ % RING] = (struct movement){number, quantity};
}

static void ring_print(const struct ring *ring) {
    unsigned first = ring->count > RING ? ring->count - RING : 0;
    printf("last movements:");
    for (unsigned i = first; i < ring->count; i++)
        printf(" %u:%+d", ring->movement[i % RING].number, ring->movement[i % RING].quantity);
    printf("\n");
}

static struct ring movements;

static void deliver(struct item *item, unsigned quantity) {
    item->delivered += quantity;
    item->quantity += quantity;
    ring_add(&movements, item->number, (int)quantity);
}

/* Never more than there is. */
static unsigned sell(struct item *item, unsigned quantity) {
    if (quantity > item->quantity)
        quantity = item->quantity;
    item->sold += quantity;
    item->quantity -= quantity;
    ring_add(&movements, item->number, -(int)quantity);
    return quantity;
}

/* ---- A year's work */

static unsigned long chance = 2006;

static unsigned dice(unsigned sides) {
    chance = chance * 6364136223846793005ul + 1442695040888963407ul;
    return (unsigned)(chance >> 33) % sides;
}

struct entry {
    unsigned number;
    const char *name;
};

static const struct entry catalogue[] = {
    {101, "hex bolts M8"},      {102, "hex nuts M8"},    {103, "washers"},        {104, "wood screws 4x40"},
    {105, "drywall anchors"},   {106, "angle brackets"}, {107, "cable ties"},     {108, "sanding paper P120"},
    {109, "masking tape 19mm"}, {110, "paint brushes"},  {111, "linseed oil 1l"}, {112, "wall paint white 10l"},
};
#define CATALOGUE (sizeof catalogue / sizeof *catalogue)

static void open_room(struct stockroom *room) {
    *room = (struct stockroom){.slab = slab_new()};
    for (size_t i = 0; i < CATALOGUE; i++)
        deliver(item_new(room, catalogue[i].number, catalogue[i].name), 300 + 10 * (unsigned)i);
}

/* One day: a few sales, a delivery where little is left. */
static void work(struct stockroom *room) {
    for (int customer = 0; customer < 5; customer++) {
        struct item *item = item_find(room, 101 + dice(CATALOGUE));
        if (item)
            sell(item, 1 + dice(6));
    }
    struct item *item = item_find(room, 101 + dice(CATALOGUE));
    if (item && item->quantity < 250)
        deliver(item, 50);
}

struct change {
    int day;
    unsigned number;
    const char *name; /* NULL: no longer sold */
};

static const struct change changes[] = {
    {12, 103, "flat washers"},     {19, 110, "brushes"},
    {31, 107, "cable ties 200mm"}, {45, 111, NULL},
    {60, 105, "wall anchors"},     {77, 112, "wall paint white, 10 litres"},
    {80, 101, "hexagon bolt M8"},
};
#define CHANGES (sizeof changes / sizeof *changes)

static void change(struct stockroom *room, int day) {
    for (size_t i = 0; i < CHANGES; i++) {
        struct item *item = changes[i].day == day ? item_find(room, changes[i].number) : NULL;
        if (item && changes[i].name)
            item_rename(room, item, changes[i].name);
        else if (item)
            item_delete(room, item);
    }
}

/* ---- The audit */

static bool audit_item(const struct item *item) {
    if (item->quantity == item->delivered - item->sold)
        return true;
    printf("audit: %u %s: %u in the room, but %u delivered and %u sold\n", item->number, item->name, item->quantity,
           item->delivered, item->sold);
    return false;
}

static int audit(struct stockroom *room) {
    int wrong = 0;
    unsigned long sum = 0;
    for (unsigned number = 101; number < 101 + CATALOGUE; number++) {
        const struct item *item = item_find(room, number);
        if (!item)
            continue;
        sum += item->quantity;
        wrong += !audit_item(item);
    }
    printf("audit: %u items, %lu pieces, %d wrong\n", room->items, sum, wrong);
    return wrong;
}

static void close_room(struct stockroom *room) {
    for (unsigned number = 101; number < 101 + CATALOGUE; number++) {
        struct item *item = item_find(room, number);
        if (item)
            item_delete(room, item);
    }
    slab_free_all(room->slab);
}

int main(int argc, char **argv) {
    struct stockroom room;
    int days = argc > 1 ? atoi(argv[1]) : 100;
    open_room(&room);
    for (int day = 0; day < days; day++) {
        work(&room);
        change(&room, day);
    }
    ring_print(&movements);
    int wrong = audit(&room);
    close_room(&room);
    return wrong > 0;
}
