"""A venue for the contracts' tests: accounts in a tree, batches with what they consume and pay.
It speaks to the contracts through `world` (see machine.py), so that it works in the process and
over JSON-RPC alike."""
from dataclasses import replace

from reference import (
    Account, AccountTree, Header, Record, Withdrawal, ZERO, batch_structure, chained, keccak,
    state_structure, withdrawal_path, withdrawal_tree)

DEPOSIT, WITHDRAW = 0, 1


class Venue:
    """Follows the queue, applies deposits and forced withdrawals, and submits batches."""

    def __init__(self, world):
        self.world = world
        self.accounts = {}
        self.tree = AccountTree()
        self.records = [Record(ZERO, world.genesis_root, 0, world.opened, world.opened, 0)]
        self.withdrawals = [[]]  # by batch
        self.totals = {}  # cumulative withdrawals by account
        self.queue = []  # (kind, account, amount, instrument, lots)
        self.chains = [0]
        self.consumed = 0
        self.sequence = 0
        self.withdrawal_number = 0
        self.pending = {}  # withdrawals of the batch to come, by account
        self.headers = [None]

    def put(self, account):
        self.accounts[account.number] = account
        self.tree.put(account.number, account.leaf())

    def open(self, number, owner):
        self.put(Account(number, owner, 0, 0, self.sequence))

    def queued(self, kind, account, amount, instrument=0, lots=0):
        """What the chain's event says was queued."""
        self.queue.append((kind, account, amount, instrument, lots))
        self.chains.append(
            chained(self.chains[-1], kind, account, amount, instrument, lots))

    def move(self, number, change):
        """Changes an account's money by one command."""
        self.sequence += 1
        held = self.accounts[number]
        self.put(replace(
            held, collateral=held.collateral + change,
            escape_equity=held.escape_equity + change, last_sequence=self.sequence))

    def withdraw(self, number, amount):
        """Takes money out of an account, to be paid by the batch to come."""
        self.move(number, -amount)
        self.withdrawal_number += 1
        self.totals[number] = self.totals.get(number, 0) + amount
        self.pending[number] = Withdrawal(number, self.withdrawal_number, self.totals[number])

    def consume(self, count=None):
        """Applies requests of the queue in order."""
        until = len(self.queue) if count is None else self.consumed + count
        for kind, account, amount, _, _ in self.queue[self.consumed:until]:
            if kind == DEPOSIT:
                self.move(account, amount)
            elif kind == WITHDRAW:
                free = self.accounts[account].collateral
                if 0 < amount <= free:
                    self.withdraw(account, amount)
        self.consumed = until

    def header(self, time, **changes):
        """The header of the batch to come."""
        before = self.records[-1]
        fields = {
            "number": len(self.records), "first": before.last + 1,
            "last": max(self.sequence, before.last), "previous_root": before.root,
            "root": self.tree.root, "risk_table": keccak(b"risk"), "receipts": keccak(b"receipts"),
            "content": keccak(b"content"),
            "withdrawals": withdrawal_tree(list(self.pending.values()))[-1][0],
            "consumed": self.consumed, "chain": self.chains[self.consumed], "time": time}
        return Header(**{**fields, **changes})

    def submission(self, header, key=None):
        """Arguments of the vault's `submit`."""
        r, vs = self.world.signed(batch_structure(header.hash()), key)
        numbers = (
            header.number << 192 | header.last << 128 | header.time << 64 | header.consumed)
        return (
            self.records[-1].words(), numbers, header.root, header.withdrawals,
            header.risk_table, header.receipts, header.content, r, vs)

    def accepted(self, header):
        """Notes a batch that the vault took just now."""
        self.records.append(Record(
            header.withdrawals, header.root, header.last, header.time,
            self.world.machine.last_time, header.consumed))
        self.withdrawals.append(sorted(self.pending.values(), key=lambda one: one.account))
        self.headers.append(header)
        self.pending = {}

    def submit(self, sender, **changes):
        """Sends the batch to come."""
        header = self.header(self.world.machine.now, **changes)
        self.world.vault.submit(sender, *self.submission(header))
        self.accepted(header)

    def drop(self, count=1):
        """Forgets the last batches (accounts stay as they are)."""
        del self.records[-count:], self.withdrawals[-count:], self.headers[-count:]

    def withdrawal_call(self, batch, account):
        """Arguments of the vault's `withdraw`."""
        listed = self.withdrawals[batch]
        index = next(i for i, one in enumerate(listed) if one.account == account)
        one = listed[index]
        which = (
            batch << 192 | index << 160 | account << 128 | one.number << 64 | one.cumulative)
        return which, *self.records[batch].words()[1:], withdrawal_path(listed, index)

    def exit_call(self, number, tree=None):
        """Arguments of the vault's `exit`."""
        bitmap, siblings = (tree or self.tree).path(number)
        return self.accounts[number].octets(), bitmap, siblings

    def state_call(self, account, consumed, key=None):
        """Arguments of the vault's `replace`."""
        r, vs = self.world.signed(state_structure(account.leaf(), consumed), key)
        return account.octets(), consumed, r, vs

    def last(self):
        """Number and record of the last batch, as the vault's calls want them."""
        return len(self.records) - 1, self.records[-1].words()
