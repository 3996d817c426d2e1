/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A few accounts, a few payments, and an audit that finds one balance wrong. Who wrote it? No function that may change
 * a balance did. (There is a bug in this file, on purpose.)
 */
#include "text.h"

#define RECENT 4

struct account {
    char owner[16];
    long recent[RECENT]; /* the latest payments, a ring */
    long balance;
    unsigned next; /* place in the ring for the next one */
    unsigned payments;
};

static struct account ledger[] = {
    {.owner = "alice"}, {.owner = "bob"}, {.owner = "carol"}, {.owner = "dave"}, {.owner = "erin"},
};
#define ACCOUNTS (sizeof ledger / sizeof *ledger)

static const struct payment {
    unsigned account;
    long amount;
} payments[] = {
    {0, 500}, {2, 900}, {1, 120}, {2, -60}, {4, 42}, {2, 310}, {0, -80}, {3, 77},
    {2, 15},  {1, -20}, {4, 58},  {2, 75},  {3, -7}, {0, 230}, {1, 340}, {4, -9},
};
#define PAYMENTS (sizeof payments / sizeof *payments)

__attribute__((noinline)) static void add_to_balance(struct account *account, long amount) {
    account->balance += amount;
    account->payments++;
}

__attribute__((noinline)) static void remember_payment(struct account *account, long amount) {
    account->recent[account->next] = amount;
    account->next++;
    if (account->next > RECENT)
        account->next = 0;
}

/* Returns how many balances are not the sum of their payments. */
static int audit(void) {
    int wrong = 0;
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        long sum = 0;
        for (unsigned k = 0; k < PAYMENTS; k++)
            sum += payments[k].account == i ? payments[k].amount : 0;
        facet_puts(ledger[i].owner);
        text_put_number(ledger[i].balance, (int)(24 - text_length(ledger[i].owner)));
        if (ledger[i].balance != sum) {
            facet_puts("   wrong: the payments add up to ");
            text_put_number(sum, 0);
            wrong++;
        }
        facet_puts("\n");
    }
    return wrong;
}

int main(void) {
    for (unsigned k = 0; k < PAYMENTS; k++) {
        struct account *account = &ledger[payments[k].account];
        add_to_balance(account, payments[k].amount);
        remember_payment(account, payments[k].amount);
    }
    return audit() ? 1 : 0;
}
