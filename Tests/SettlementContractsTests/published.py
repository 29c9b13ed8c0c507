"""The octets of published data ("Published data" in SETTLEMENT.md) once more, and a chain of random
batches. `python published.py --write` writes them for the Swift tests."""
import pathlib
import random
import sys
from dataclasses import dataclass

from reference import EMPTY, Account, AccountTree, Position, Withdrawal, keccak

PLACE = pathlib.Path(__file__).resolve().parent.parent / "SettlementTests/Vectors/batches.txt"
ZERO = bytes(32)


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes([value])


def zigzag(value):
    """Of a difference modulo 2^64."""
    value = (value + 2**63) % 2**64 - 2**63
    return varint(2 * value if value >= 0 else -2 * value - 1)


def rising(numbers):
    out, following = b"", 0
    for number in numbers:
        out += varint(number - following)
        following = number + 1
    return out


@dataclass(frozen=True)
class Fill:
    sequence: int
    match: int
    instrument: int
    price: int
    lots: int
    maker: int
    taker: int
    selling: bool
    maker_fee: int
    taker_fee: int


def toward_zero(a, b):
    return a // b if a >= 0 else -(-a // b)


def fill_columns(fills, first):
    before = [first] + [fill.sequence for fill in fills]
    out = varint(len(fills))
    out += b"".join(varint(b - a) for a, b in zip(before, before[1:]))
    expected = [0] + [fill.match + 1 for fill in fills]
    out += b"".join(zigzag(fill.match - wanted) for fill, wanted in zip(fills, expected))
    for name in ("instrument", "lots", "maker", "taker"):
        out += b"".join(varint(getattr(fill, name)) for fill in fills)
    bits = sum(fill.selling << place for place, fill in enumerate(fills))
    out += bits.to_bytes((len(fills) + 7) // 8, "little")
    prices, maker, taker, last = b"", b"", b"", {}
    for fill in fills:
        price, maker_lot, taker_lot = last.get(fill.instrument, (0, 0, 0))
        prices += zigzag(fill.price - price)
        maker += zigzag(fill.maker_fee - maker_lot * fill.lots)
        taker += zigzag(fill.taker_fee - taker_lot * fill.lots)
        last[fill.instrument] = (
            fill.price, toward_zero(fill.maker_fee, fill.lots),
            toward_zero(fill.taker_fee, fill.lots))
    return out + prices + maker + taker


def instrument_columns(old, new):
    """Both: id -> (terms, mark), terms = (underlying, kind, expiry, strike, lot size)."""
    changes = {}
    for one in sorted(old.keys() | new.keys()):
        if one not in new:
            changes[one] = 2
        elif one not in old or old[one][0] != new[one][0]:
            changes[one] = 1
        elif old[one] != new[one]:
            changes[one] = 0
    listed = [new[one][0] for one, fate in changes.items() if fate == 1]
    out = varint(len(changes)) + rising(changes) + bytes(changes.values())
    out += bytes(one[0] for one in listed) + bytes(one[1] for one in listed)
    for place in (2, 3):
        column = [0] + [one[place] for one in listed]
        out += b"".join(zigzag(b - a) for a, b in zip(column, column[1:]))
    out += b"".join(varint(one[4]) for one in listed)
    for one, fate in changes.items():
        if fate == 0:
            out += zigzag(new[one][1] - old[one][1])
        elif fate == 1:
            out += zigzag(new[one][1])
    return out


@dataclass(frozen=True)
class Held:
    """An account with its lots by instrument."""

    owner: bytes = bytes(20)
    collateral: int = 0
    equity: int = 0
    sequence: int = 0
    holds: bytes = ZERO
    lots: tuple = ()


def worth(held, instruments):
    return held.collateral + sum(lots * instruments[one][1] for one, lots in held.lots)


def account_columns(old, new, before, after):
    """`before` and `after` are the instruments."""
    moved = {one for one in after if before.get(one) != after[one]}
    changes = {}
    for number in sorted(old.keys() | new.keys()):
        if number not in new:
            changes[number] = (2, None)
            continue
        is_new = number not in old
        was, now = old.get(number, Held()), new[number]
        silent = was
        if any(one in moved for one, _ in was.lots) and all(one in after for one, _ in was.lots):
            silent = Held(**{**vars(was), "equity": worth(was, after)})
        if is_new or silent != now:
            lots = {**{one: -lots for one, lots in was.lots}}
            for one, count in now.lots:
                lots[one] = lots.get(one, 0) + count
            lots = {one: lots[one] for one in sorted(lots) if lots[one]}
            explicit = now.equity if now.equity != worth(now, after) else None
            parts = (
                now.owner if now.owner != was.owner else None, now.collateral - was.collateral,
                now.sequence - was.sequence, now.holds if now.holds != was.holds else None,
                explicit, lots)
            changes[number] = (1 if is_new else 0, parts)
    flags = bytes(
        fate | (sum(
            (part not in (None, 0, {})) << 2 + place if place != 4 else (part is not None) << 6
            for place, part in enumerate(parts)) if parts else 0)
        for fate, parts in changes.values())
    rows = [parts for _, parts in changes.values() if parts]
    out = varint(len(changes)) + rising(changes) + flags
    out += b"".join(row[0] for row in rows if row[0] is not None)
    out += b"".join(zigzag(row[1]) for row in rows if row[1])
    out += b"".join(zigzag(row[2]) for row in rows if row[2])
    out += b"".join(row[3] for row in rows if row[3] is not None)
    out += b"".join(zigzag(row[4]) for row in rows if row[4] is not None)
    out += b"".join(varint(len(row[5])) for row in rows if row[5])
    out += b"".join(rising(row[5]) for row in rows)
    return out + b"".join(zigzag(lots) for row in rows for lots in row[5].values())


def root(accounts, instruments):
    tree = AccountTree()
    for number, held in accounts.items():
        positions = tuple(
            Position(one, *instruments[one][0], lots, instruments[one][1])
            for one, lots in held.lots)
        tree.put(number, Account(
            number, held.owner, held.collateral, held.equity, held.sequence, positions,
            held.holds).leaf())
    return tree.root


@dataclass
class Venue:
    """A state and the batches that made it."""

    instruments: dict
    accounts: dict
    number: int = 0
    last: int = 0
    root: bytes = EMPTY[32]

    def publish(
            self, instruments, accounts, commands, withdrawals=(), fills=(), consumed=0, chain=ZERO):
        """The octets of the next batch, after which the state is the one given."""
        number, first = self.number + 1, self.last + 1
        after = root(accounts, instruments)
        out = b"CWBD\x01\x00" + varint(number) + varint(first) + varint(commands)
        out += varint(1_750_000_000 + number) + varint(consumed)
        out += self.root + after + keccak(b"risk") + keccak(b"receipts") + chain
        out += instrument_columns(self.instruments, instruments)
        out += account_columns(self.accounts, accounts, self.instruments, instruments)
        out += varint(len(withdrawals)) + rising(one.account for one in withdrawals)
        out += b"".join(varint(one.number) for one in withdrawals)
        out += b"".join(varint(one.cumulative) for one in withdrawals)
        out += fill_columns(fills, first)
        self.instruments, self.accounts = dict(instruments), dict(accounts)
        self.number, self.last, self.root = number, self.last + commands, after
        return out


def small_batch():
    """The batch of the document."""
    instruments = {
        1_001: ((1, 2, 1_750_060_800, 60_000 * 10**9, 10_000_000), 30_000_000),
        1_002: ((1, 3, 1_751_000_000, 0, 10_000_000), 612_345_678)}
    accounts = {
        5: Held(bytes(range(0xA0, 0xB4)), -1_250_000, 4_135_169_746, 2, keccak(b"holds"),
                ((1_001, -5), (1_002, 7))),
        7: Held(collateral=0, equity=-4, sequence=3)}
    fills = [
        Fill(2, 0, 1_001, 3_000 * 10**9, 5, 7, 5, True, -10, 25),
        Fill(3, 1, 1_001, 3_001 * 10**9, 1, 7, 5, False, -2, 6)]
    return Venue({}, {}).publish(
        instruments, accounts, 3, [Withdrawal(5, 3, 2_000_000)], fills, 2, keccak(b"chain"))


def random_batches(seed=11, count=24):
    draw = random.Random(seed)
    venue = Venue({}, {})
    for step in range(count):
        instruments, accounts = dict(venue.instruments), dict(venue.accounts)
        held = {one for account in accounts.values() for one, _ in account.lots}
        for one, (terms, mark) in list(instruments.items()):
            if one not in held and draw.random() < 0.2:
                del instruments[one]
            elif draw.random() < 0.6:
                instruments[one] = (terms, mark + draw.randint(-10**6, 10**6))
        for _ in range(8 if not instruments else draw.randint(0, 2)):
            kind = draw.randint(1, 4)
            instruments[draw.randint(1, 400)] = (
                (draw.randint(0, 2), kind, 0 if kind == 4 else 1_750_000_000 + draw.randint(0, 99),
                 draw.randint(0, 10**14) if kind < 3 else 0, 10**7), draw.randint(-10**8, 10**8))
        known = sorted(instruments)
        for number in list(accounts):
            if draw.random() < 0.05:
                del accounts[number]
        for _ in range(12 if not accounts else draw.randint(0, 3)):
            accounts.setdefault(draw.randint(0, 4_095), Held())
        first, commands = venue.last + 1, draw.randint(0, 50)
        for number, was in list(accounts.items()):
            now = dict(vars(was))
            if draw.random() < 0.4:
                lots = dict(was.lots)
                for _ in range(draw.randint(0, 6)):
                    lots[draw.choice(known)] = draw.choice([0, draw.randint(-10**6, 10**6)])
                now |= {
                    "collateral": draw.randint(-10**12, 10**12), "sequence": first,
                    "lots": tuple(sorted((a, b) for a, b in lots.items() if b))}
                if draw.random() < 0.3:
                    now |= {"owner": draw.randbytes(20), "holds": draw.randbytes(32)}
            now["equity"] = worth(Held(**now), instruments) - (9 if number % 5 == 1 else 0)
            accounts[number] = Held(**now)
        fills, at = [], first
        for place in range(draw.randint(0, 9) if commands else 0):
            at = min(at + draw.randint(0, 9), first + commands - 1)
            fills.append(Fill(
                at, step * 100 + place, draw.choice(known), draw.randint(-10**12, 10**12),
                draw.randint(1, 999), draw.choice(sorted(accounts)), draw.choice(sorted(accounts)),
                draw.random() < 0.5, draw.randint(-999, 999), draw.randint(0, 9_999)))
        paid = [
            Withdrawal(number, step + 1, draw.randint(0, 10**15))
            for number in sorted(draw.sample(sorted(accounts), min(len(accounts), step % 4)))]
        yield venue.publish(
            instruments, accounts, commands, paid, fills, step + 1, draw.randbytes(32))


def lines():
    yield small_batch().hex()
    for octets in random_batches():
        yield octets.hex()


if __name__ == "__main__" and sys.argv[1:] == ["--write"]:
    PLACE.parent.mkdir(parents=True, exist_ok=True)
    PLACE.write_text("".join(line + "\n" for line in lines()))
