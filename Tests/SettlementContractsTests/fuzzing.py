"""Random lives of a vault, and a model in plain Python that says of every call whether it must
be taken and who is paid what. `Life(world, random).run(steps)` raises Wrong at the first difference."""
from dataclasses import replace

from machine import DAY, HOUR, NOBODY, Refused
from reference import (
    Account, Key, Position, batch_structure, digest, domain, keccak, position_path,
    settlement_structure)
from venue import DEPOSIT, WITHDRAW, Venue

FINAL = 24 * HOUR
USERS = [Key(100 + i) for i in range(4)]
EXPIRY_LEAD = 30 * HOUR


class Wrong(AssertionError):
    """The contracts and the model differ."""


class Life:
    """One vault from its first deposit to the last payment."""

    def __init__(self, world, random):
        self.world, self.random = world, random
        self.machine, self.vault = world.machine, world.vault
        self.venue = Venue(world)
        self.trees = [None]  # accounts and tree after each batch
        self.balance = 0  # what the vault must hold
        self.withdrawn = {}
        self.frozen = None  # (batch, opens, closes)
        self.claims = {}  # account -> [claim, sequence, late, settled, revalued, account state]
        self.pot = None
        self.shared = 0
        self.covered = {}
        self.refunded = {}
        self.settled = {}
        self.bond = 0
        self.paused_until = 0
        self.sum = 0
        self.log = []
        self.flow = [0, 0, 0, 0]
        self.counts = {}

    # --- Comparing --------------------------------------------------------------------------------

    def expect(self, name, allowed, contract, *arguments, sender=NOBODY, value=0):
        """Makes a call that must be taken exactly when the model allows it."""
        self.log.append((name, allowed, self.machine.now))
        try:
            getattr(contract, name)(sender, *arguments, value=value)
        except Refused as refusal:
            if allowed:
                raise Wrong(f"{name} refused ({refusal}); {self.log[-12:]}") from None
            return False
        if not allowed:
            raise Wrong(f"{name} taken; {self.log[-12:]}")
        self.counts[name] = self.counts.get(name, 0) + 1
        return True

    def check(self):
        """After every step: the vault holds what it must, to the micro-dollar."""
        held = self.world.held()
        if held != self.balance:
            raise Wrong(f"vault holds {held}, not {self.balance}; {self.log[-12:]}")
        if self.pot is not None:
            reserved = min(self.pot, self.sum) - self.shared
            if held < reserved:
                raise Wrong(f"{held} held, {reserved} owed; {self.log[-12:]}")

    def paid(self, owner, before, amount):
        got = self.world.held(owner) - before
        if got != amount:
            raise Wrong(f"paid {got}, not {amount}; {self.log[-12:]}")
        self.balance -= amount

    # --- Running ----------------------------------------------------------------------------------

    def run(self, steps):
        for key in USERS[:3]:
            self.open(key)
        trading = [
            (self.deposit, 4), (self.request, 4), (self.trade, 6), (self.batch, 10),
            (self.wait_short, 5), (self.withdraw, 5), (self.freeze, 1), (self.convict, 1),
            (self.pause, 1), (self.acknowledge, 1), (self.exit, 1), (self.refund, 1)]
        leaving = [
            (self.exit, 10), (self.replaced, 4), (self.revalue, 6), (self.refund, 3),
            (self.withdraw, 3), (self.wait_short, 2), (self.settle, 1), (self.convict, 1),
            (self.freeze, 1), (self.batch, 1), (self.deposit, 1), (self.pay, 1)]
        paying = [
            (self.pay, 12), (self.exit, 3), (self.refund, 2), (self.withdraw, 2),
            (self.revalue, 1), (self.replaced, 1), (self.wait_short, 1), (self.request, 1)]
        self.some(trading, steps // 2)
        self.machine.pass_time(self.random.choice([73 * HOUR, 25 * HOUR]))
        self.freeze()
        if self.frozen and self.random.random() < 0.9:
            self.machine.pass_time(max(self.frozen[1] - self.now, 0))
        self.some(leaving, steps // 4)
        if self.random.random() < 0.9:
            self.machine.pass_time(14 * DAY)
        self.some(paying, steps - steps // 2 - steps // 4)
        return self.counts

    def some(self, actions, steps):
        """Actions drawn by their weights; what the vault holds is checked after each."""
        choices = self.random.choices(
            [one for one, _ in actions], [weight for _, weight in actions], k=steps)
        for action in choices:
            action()
            self.check()

    def amount(self):
        return self.random.choice([1_000_000, 2_500_001, 7_777_777, 999_999, 40_000_000])

    @property
    def now(self):
        return self.machine.now

    def open(self, key):
        number = len(self.venue.accounts)
        amount = 10_000_000
        self.expect("open_account", True, self.vault, amount, sender=key.address)
        self.venue.open(number, key.address)
        self.venue.queued(DEPOSIT, number, amount)
        self.balance += amount
        self.times = getattr(self, "times", []) + [self.now]

    def any_account(self):
        return self.random.randrange(len(self.venue.accounts))

    def deposit(self):
        number, amount = self.any_account(), self.amount()
        owner = USERS[number].address
        allowed = (
            self.frozen is None and amount >= 1_000_000 and self.now >= self.paused_until)
        if self.expect("deposit", allowed, self.vault, number, amount, sender=owner,
                       value=10**18):
            self.venue.queued(DEPOSIT, number, amount)
            self.times.append(self.now)
            self.balance += amount

    def request(self):
        number, amount = self.any_account(), self.amount()
        kind = self.random.randrange(0, 6)
        sender = USERS[number if self.random.random() < 0.8 else self.any_account()].address
        allowed = (
            self.frozen is None and 1 <= kind <= 4 and sender == USERS[number].address)
        if self.expect("request", allowed, self.vault, kind, number, amount, 5, -2,
                       sender=sender, value=10**18):
            self.venue.queued(kind, number, amount, 5, -2)
            self.times.append(self.now)

    def trade(self):
        """Money and an option move between accounts; now and then money is invented."""
        a, b = self.random.sample(range(len(self.venue.accounts)), 2)
        change = self.random.randrange(0, 3_000_000)
        venue = self.venue
        if self.random.random() < 0.15:
            venue.move(a, change)  # a hole
            return
        lots = self.random.randrange(1, 4)
        if self.random.random() < 0.5:
            expiry = venue.world.opened + EXPIRY_LEAD
            for number, sign in ((a, 1), (b, -1)):
                position = Position(
                    9, 1, self.random.choice([2]), expiry, 100 * 10**9, 10**9, sign * lots,
                    3_000_000)
                venue.sequence += 1
                held = venue.accounts[number]
                before = sum(one.lots * one.mark for one in held.positions)
                after = position.lots * position.mark
                venue.put(replace(
                    held, positions=(position,), last_sequence=venue.sequence,
                    escape_equity=held.escape_equity - before + after))
            return
        venue.move(a, -change)
        venue.move(b, change)

    def batch(self):
        venue = self.venue
        if self.random.random() < 0.7:
            waiting = len(venue.queue) - venue.consumed
            venue.consume(self.random.randint(0, waiting))
        if self.random.random() < 0.5:
            number = self.any_account()
            free = venue.accounts[number].collateral
            if free > 0:
                venue.withdraw(number, self.random.randint(1, free))
        shift = self.random.choice([0, 0, 0, 0, 30, 61, -HOUR, -72 * HOUR, -72 * HOUR - 1])
        header = venue.header(max(self.now + shift, 0))
        key = self.world.sequencer if self.random.random() < 0.95 else Key(7)
        late = header.time < venue.records[-1].time
        allowed = (
            self.frozen is None and -72 * HOUR <= shift <= 60 and not late
            and key is self.world.sequencer)
        if self.expect("submit", allowed, self.vault, *venue.submission(header, key)):
            venue.accepted(header)
            self.trees.append((dict(venue.accounts), self.copy_tree()))
        if self.random.random() < 0.05:
            gap = venue.header(self.now, number=len(venue.records) + 1)
            self.expect("submit", False, self.vault, *venue.submission(gap))

    def copy_tree(self):
        tree = self.venue.tree
        copy = type(tree)()
        copy.nodes = dict(tree.nodes)
        return copy

    def wait_short(self):
        self.machine.pass_time(self.random.choice(
            [60, HOUR, 12 * HOUR, 24 * HOUR, 24 * HOUR, 8 * DAY]))

    # --- Money out --------------------------------------------------------------------------------

    def fix_pot(self):
        if self.pot is None:
            self.pot = self.balance

    def remainder(self):
        self.fix_pot()
        return self.balance - (min(self.pot, self.sum) - self.shared)

    @property
    def closed(self):
        return self.frozen is not None and self.now >= self.frozen[2]

    def withdraw(self):
        batches = [i for i, listed in enumerate(self.venue.withdrawals) if listed]
        if not batches:
            return
        batch = self.random.choice(batches)
        one = self.random.choice(self.venue.withdrawals[batch])
        call = list(self.venue.withdrawal_call(batch, one.account))
        spoilt = self.random.random() < 0.15
        if spoilt:
            call[0] ^= 1 << self.random.choice([0, 20, 64, 100, 128, 192])
        record = self.venue.records[batch]
        due = one.cumulative - self.withdrawn.get(one.account, 0)
        allowed = (
            not spoilt and record.submitted + FINAL <= self.now and due > 0
            and (self.frozen is None and self.now >= self.paused_until
                 or self.frozen is not None and batch <= self.frozen[0]))
        if allowed and self.closed:
            due = min(due, self.remainder())
            allowed = due > 0
        allowed = allowed and due <= self.balance  # invented money may have taken it all
        owner = USERS[one.account].address
        before = self.world.held(owner)
        if self.expect("withdraw", allowed, self.vault, *call):
            self.withdrawn[one.account] = self.withdrawn.get(one.account, 0) + due
            self.paid(owner, before, due)
            if self.withdrawn[one.account] > self.venue.totals[one.account]:
                raise Wrong("paid more than was withdrawn")

    def freeze(self):
        if len(self.venue.records) < 2:
            return
        last = len(self.venue.records) - 1
        number = last if self.random.random() < 0.8 else self.random.randrange(last)
        record = self.venue.records[number]
        waiting = (
            record.consumed < len(self.times)
            and self.times[record.consumed] + 24 * HOUR < self.now)
        silent = record.submitted + 72 * HOUR < self.now
        allowed = self.frozen is None and number == last and (waiting or silent)
        if self.expect("freeze", allowed, self.vault, number, record.words()):
            self.freeze_at(number)

    def freeze_at(self, number):
        opens = max(self.now, self.venue.records[number].submitted + FINAL)
        self.frozen = number, opens, opens + 14 * DAY
        if number:
            self.accounts, self.tree = self.trees[number]
        else:
            self.accounts, self.tree = {}, None

    def convict(self):
        """Two headers for the last batch's number."""
        venue = self.venue
        number = len(venue.records) - 1
        if number < 2:
            return
        if self.bond == 0 and self.random.random() < 0.7:
            self.expect("post_bond", True, self.world.court, 1_000_001,
                        sender=self.world.operator)
            self.bond = 1_000_001
        header = venue.headers[number]
        other = replace(header, content=keccak(b"other"))
        twice = other if self.random.random() < 0.8 else header
        pending = venue.records[number].submitted + FINAL > self.now
        stays = number - 1 if pending else number
        if self.random.random() < 0.1:
            stays = number if pending else number - 1
        right = stays == (number - 1 if pending else number)
        allowed = self.bond > 0 and twice is other and (self.frozen is not None or right)
        if self.expect(
                "headers", allowed, self.world.court, header.octets(),
                *self.world.signed(batch_structure(header.hash())), twice.octets(),
                *self.world.signed(batch_structure(twice.hash())),
                venue.records[number].words(), stays, venue.records[stays].words()):
            self.balance += self.bond - self.bond // 2
            self.bond = 0
            if self.frozen is None:
                self.freeze_at(stays)

    def exit(self):
        number = self.any_account()
        state = self.venue.accounts[number]
        tree = self.venue.tree
        if self.frozen and self.frozen[0] and self.random.random() < 0.85:
            state, tree = self.accounts.get(number), self.tree
            if state is None:
                return
        bitmap, siblings = tree.path(number)
        spoilt = self.random.random() < 0.1
        octets = state.octets()
        if spoilt:
            place = self.random.randrange(2, len(octets))
            octets = octets[:place] + bytes([octets[place] ^ 1]) + octets[place + 1:]
        allowed = (
            self.frozen is not None and self.frozen[0] > 0 and self.now >= self.frozen[1]
            and tree.root == self.venue.records[self.frozen[0]].root
            and not spoilt and number not in self.claims)
        if self.expect("exit", allowed, self.vault, octets, bitmap, siblings):
            self.claim(number, state)

    def claim(self, number, state):
        old = self.claims.get(number)
        if old:
            self.sum -= max(old[0], 0)
        late = self.closed
        self.claims[number] = [state.escape_equity, state.last_sequence, late, False, set(), state]
        if not late:
            self.sum += max(state.escape_equity, 0)

    def replaced(self):
        if self.frozen is None or not self.frozen[0]:
            return
        number = self.any_account()
        state = self.venue.accounts[number]
        if self.random.random() < 0.6:
            self.venue.move(number, self.random.randint(-1_000_000, 1_000_000))
            state = self.venue.accounts[number]
        consumed = self.venue.consumed
        key = self.world.sequencer if self.random.random() < 0.85 else Key(8)
        last = self.venue.records[self.frozen[0]]
        old = self.claims.get(number)
        refunded = self.refunded.get(number)
        allowed = (
            self.frozen[1] <= self.now < self.frozen[2] and key is self.world.sequencer
            and state.last_sequence > last.last
            and (old is None or state.last_sequence > old[1])
            and (refunded is None or consumed <= refunded))
        if self.expect("replace", allowed, self.vault,
                       *self.venue.state_call(state, consumed, key)):
            self.covered[number] = consumed
            self.claim(number, state)
            self.claims[number].append("signed")

    def settle(self):
        expiry = self.venue.world.opened + EXPIRY_LEAD
        price = self.random.randrange(90, 120) * 10**9
        separator = domain(self.machine.chain_id, self.world.prices.address)
        signed = [
            key.sign(digest(separator, settlement_structure(1, expiry, price)))
            for key in self.world.oracles[:3]]
        r, vs = zip(*signed, strict=True)
        allowed = expiry <= self.now and expiry not in self.settled
        if self.expect("settle", allowed, self.world.prices, 1, expiry, [price] * 3, r, vs):
            self.settled[expiry] = price

    def revalue(self):
        if not self.claims:
            return
        number = self.random.choice(
            [one for one in self.claims if self.claims[one][5].positions] or [None])
        if number is None:
            return
        entry = self.claims[number]
        state = entry[5]
        position = state.positions[0]
        signed = len(entry) > 6
        if signed:
            proof = 0, []
        elif self.tree is None:
            return
        else:
            proof = self.tree.path(number)
        spoilt = self.random.random() < 0.1
        octets = position.octets()
        if spoilt:
            octets = octets[:40] + bytes([octets[40] ^ 1]) + octets[41:]
        if self.random.random() < 0.8 and position.expiry not in self.settled:
            self.settle()
        price = self.settled.get(position.expiry)
        allowed = not spoilt and not self.closed and price is not None and 0 not in entry[4]
        if self.expect(
                "revalue", allowed, self.vault, state.octets(), *proof, octets, 0,
                position_path(state.positions, 0)):
            if not entry[2]:
                self.sum -= max(entry[0], 0)
            entry[0] += position.worth_at(price) - position.lots * position.mark
            entry[4].add(0)
            if not entry[2]:
                self.sum += max(entry[0], 0)

    def refund(self):
        deposits = [i for i, one in enumerate(self.venue.queue) if one[0] == DEPOSIT]
        if not deposits:
            return
        index = self.random.choice(deposits)
        _, number, amount, _, _ = self.venue.queue[index]
        asked = amount if self.random.random() < 0.9 else amount + 1
        done = getattr(self, "refunds", set())
        allowed = (
            self.frozen is not None and self.now >= self.frozen[1] and asked == amount
            and index >= self.venue.records[self.frozen[0]].consumed
            and index >= self.covered.get(number, 0) and index not in done)
        owed = amount
        if allowed and self.closed:
            owed = min(owed, self.remainder())
        allowed = allowed and owed <= self.balance
        owner = USERS[number].address
        before = self.world.held(owner)
        if self.expect(
                "refund", allowed, self.vault, index, self.venue.chains[index], number, asked):
            self.refunds = done | {index}
            self.refunded[number] = min(index, self.refunded.get(number, index))
            self.paid(owner, before, owed)

    def pay(self):
        if not self.claims:
            return
        number = self.random.choice(list(self.claims))
        entry = self.claims[number]
        allowed = self.closed and not entry[3]
        owed = max(entry[0], 0)
        if allowed and entry[2]:
            left = self.remainder()
            allowed = owed == 0 or left > 0
            owed = min(owed, left)
        elif allowed:
            self.fix_pot()
            if self.sum > self.pot:
                owed = owed * self.pot // self.sum
        owner = USERS[number].address
        before = self.world.held(owner)
        if self.expect("pay", allowed, self.vault, number):
            entry[3] = True
            if not entry[2]:
                self.shared += owed
            self.paid(owner, before, owed)

    def pause(self):
        allowed = self.now >= self.paused_until + 7 * DAY
        sender = self.world.council if self.random.random() < 0.8 else NOBODY
        if self.expect("pause", allowed and sender != NOBODY, self.vault, sender=sender):
            self.paused_until = self.now + 7 * DAY

    def acknowledge(self):
        number = self.random.randrange(len(self.venue.records))
        stands = self.frozen is None or number <= self.frozen[0]
        self.expect("acknowledge", stands, self.vault, number, self.venue.records[number].words())
