"""The formats of SETTLEMENT.md once more, from keccak and struct alone: leaves, trees, headers,
receipts and what is signed. Written to be read beside the document, not to be fast."""
import struct
from dataclasses import dataclass, field
from functools import lru_cache

from Crypto.Hash import keccak as keccak_family

ZERO = bytes(32)
DEPTH = 32
POSITIONS_DEPTH = 7


def keccak(octets):
    """Keccak-256 as the chain has it (not the later SHA-3)."""
    return keccak_family.new(digest_bits=256, data=octets).digest()


@lru_cache(1 << 16)
def node(left, right):
    return keccak(left + right)


# Roots of empty subtrees by height.
EMPTY = [ZERO]
for _ in range(DEPTH):
    EMPTY.append(node(EMPTY[-1], EMPTY[-1]))


@dataclass(frozen=True)
class Position:
    """Lots of one instrument. Times in seconds, strike in 1e-9 dollars, lot in 1e-9 of the
    underlying, mark in µ$ a lot. Kinds: 1 put, 2 call, 3 future, 4 perpetual."""

    instrument: int
    underlying: int
    kind: int
    expiry: int
    strike: int
    lot_size: int
    lots: int
    mark: int

    def octets(self):
        return struct.pack(
            ">IBBQqQqq", self.instrument, self.underlying, self.kind, self.expiry, self.strike,
            self.lot_size, self.lots, self.mark)

    def worth_at(self, price):
        """µ$ of the position at its expiry, rounded down."""
        each = {1: max(self.strike - price, 0), 2: max(price - self.strike, 0), 3: price}
        return self.lots * each[self.kind] * self.lot_size // 10**12


@dataclass(frozen=True)
class Account:
    """What a leaf of the account tree holds; money in µ$."""

    number: int
    owner: bytes
    collateral: int
    escape_equity: int
    last_sequence: int
    positions: tuple = ()
    holds_root: bytes = ZERO

    def octets(self):
        return (
            struct.pack(">HI", 1, self.number) + self.owner
            + struct.pack(">qqQ", self.collateral, self.escape_equity, self.last_sequence)
            + position_tree(self.positions)[-1][0] + self.holds_root)

    def leaf(self):
        return keccak(self.octets())


@lru_cache(1 << 12)
def position_tree(positions):
    """Levels of the tree over positions in order of instrument, leaves first."""
    order = sorted(positions, key=lambda one: one.instrument)
    assert len(order) <= 1 << POSITIONS_DEPTH
    level = [keccak(one.octets()) for one in order]
    level += [ZERO] * ((1 << POSITIONS_DEPTH) - len(level))
    return _levels(level)


def position_path(positions, index):
    levels = position_tree(positions)
    return [levels[height][index >> height ^ 1] for height in range(POSITIONS_DEPTH)]


def _levels(level):
    levels = [level]
    while len(level) > 1:
        level = [node(*level[i:i + 2]) for i in range(0, len(level), 2)]
        levels.append(level)
    return levels


class AccountTree:
    """Sparse tree of depth 32; only nodes that are not empty are kept."""

    def __init__(self, leaves=()):
        self.nodes = {}
        for number, leaf in dict(leaves).items():
            self.put(number, leaf)

    def at(self, height, index):
        return self.nodes.get((height, index), EMPTY[height])

    def put(self, number, leaf):
        self.nodes[0, number] = leaf
        for height in range(DEPTH):
            parent = number >> height + 1
            self.nodes[height + 1, parent] = node(
                self.at(height, 2 * parent), self.at(height, 2 * parent + 1))

    @property
    def root(self):
        return self.at(DEPTH, 0)

    def path(self, number):
        """(bitmap, siblings): bit h is set when the sibling at height h is not empty."""
        bitmap, siblings = 0, []
        for height in range(DEPTH):
            sibling = self.at(height, number >> height ^ 1)
            if sibling != EMPTY[height]:
                bitmap |= 1 << height
                siblings.append(sibling)
        return bitmap, siblings


def root_from(leaf, number, bitmap, siblings):
    """The root a path leads to; None when the path has not the form of one."""
    if not 0 <= number < 1 << DEPTH or bitmap >> DEPTH or bitmap.bit_count() != len(siblings):
        return None
    given = iter(siblings)
    for height in range(DEPTH):
        sibling = next(given) if bitmap >> height & 1 else EMPTY[height]
        leaf = node(sibling, leaf) if number >> height & 1 else node(leaf, sibling)
    return leaf


@dataclass(frozen=True)
class Withdrawal:
    """What an account has withdrawn up to a batch: µ$ in all, and the last one's number."""

    account: int
    number: int
    cumulative: int

    def leaf(self):
        return keccak(bytes(12) + struct.pack(">IQQ", self.account, self.number, self.cumulative))


def withdrawal_tree(withdrawals):
    """Levels over the leaves in order of account, padded with zeros to a power of two."""
    if not withdrawals:
        return [[ZERO]]
    leaves = [one.leaf() for one in sorted(withdrawals, key=lambda one: one.account)]
    width = 1
    while width < len(leaves):
        width *= 2
    assert width <= 32
    return _levels(leaves + [ZERO] * (width - len(leaves)))


def withdrawal_path(withdrawals, index):
    levels = withdrawal_tree(withdrawals)
    return [level[index >> height ^ 1] for height, level in enumerate(levels[:-1])]


CHAIN_MASK = (1 << 216) - 1


def chained(chain, kind, account, amount, instrument=0, lots=0):
    """The queue's chain after one more request."""
    entry = struct.pack(">BIQIq", kind, account, amount, instrument, lots)
    return int.from_bytes(keccak(chain.to_bytes(32, "big") + entry), "big") & CHAIN_MASK


@dataclass(frozen=True)
class Header:
    """A batch: its range of commands, its roots and its time in seconds."""

    number: int
    first: int
    last: int
    previous_root: bytes
    root: bytes
    risk_table: bytes
    receipts: bytes
    content: bytes
    withdrawals: bytes
    consumed: int
    chain: int
    time: int

    def data_hash(self):
        return keccak(
            self.content + self.withdrawals + self.consumed.to_bytes(32, "big")
            + self.chain.to_bytes(32, "big"))

    def octets(self):
        return (
            struct.pack(">QQQ", self.number, self.first, self.last) + self.previous_root
            + self.root + self.risk_table + self.receipts + self.data_hash()
            + struct.pack(">Q", self.time))

    def hash(self):
        return keccak(self.octets())


@dataclass(frozen=True)
class Record:
    """What the vault keeps of a batch."""

    withdrawals: bytes
    root: bytes
    last: int
    time: int
    submitted: int
    consumed: int

    @property
    def numbers(self):
        return self.last << 120 | self.time << 80 | self.submitted << 40 | self.consumed

    def words(self):
        return self.withdrawals, self.root, self.numbers

    def hash(self):
        return keccak(self.withdrawals + self.root + self.numbers.to_bytes(32, "big"))


def receipt(head, session, client_sequence, global_sequence, receive_time, outcome):
    """The next head of the receipt chain; time in ns since the epoch."""
    return keccak(
        head + struct.pack(">QQQQ", session, client_sequence, global_sequence, receive_time)
        + outcome)


# --- Signed statements (EIP-712) ------------------------------------------------------------------

DOMAIN_TYPE = keccak(
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")


def word(value):
    return (value % (1 << 256)).to_bytes(32, "big")


def domain(chain_id, contract):
    return keccak(
        DOMAIN_TYPE + keccak(b"Causeway") + keccak(b"1") + word(chain_id)
        + contract.rjust(32, b"\0"))


def digest(separator, structure):
    return keccak(b"\x19\x01" + separator + structure)


def batch_structure(header_hash):
    return keccak(keccak(b"Batch(bytes32 header)") + header_hash)


def head_structure(sequence, head):
    return keccak(keccak(b"Head(uint64 sequence,bytes32 head)") + word(sequence) + head)


def state_structure(leaf, consumed):
    return keccak(keccak(b"AccountState(bytes32 leaf,uint64 consumed)") + leaf + word(consumed))


def settlement_structure(underlying, expiry, price):
    kind = keccak(b"Settlement(uint8 underlying,uint64 expiry,uint64 price)")
    return keccak(kind + word(underlying) + word(expiry) + word(price))


def channel_structure(channel, nonce, to_first, leaf):
    kind = keccak(b"ChannelState(uint256 channel,uint64 nonce,uint64 toFirst,bytes32 leaf)")
    return keccak(kind + word(channel) + word(nonce) + word(to_first) + leaf)


def close_structure(channel, to_first):
    kind = keccak(b"ChannelClose(uint256 channel,uint64 toFirst)")
    return keccak(kind + word(channel) + word(to_first))


# --- secp256k1, for tests -------------------------------------------------------------------------

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
PRIME = 2**256 - 2**32 - 977
BASE = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)


def _add(p, q):
    if p is None:
        return q
    if q is None:
        return p
    if p[0] == q[0]:
        if (p[1] + q[1]) % PRIME == 0:
            return None
        slope = 3 * p[0] * p[0] * pow(2 * p[1], -1, PRIME)
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, PRIME)
    x = (slope * slope - p[0] - q[0]) % PRIME
    return x, (slope * (p[0] - x) - p[1]) % PRIME


@dataclass(frozen=True)
class Key:
    """A signing key for tests. Every signature has the nonce 1: quick, and of no secrecy."""

    secret: int
    address: bytes = field(init=False)

    def __post_init__(self):
        point, power, bits = None, BASE, self.secret
        while bits:
            if bits & 1:
                point = _add(point, power)
            power, bits = _add(power, power), bits >> 1
        public = point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")
        object.__setattr__(self, "address", keccak(public)[12:])

    def sign(self, message):
        """(r, vs) of EIP-2098 over a digest."""
        s = (int.from_bytes(message, "big") + BASE[0] * self.secret) % ORDER
        odd = BASE[1] & 1
        if s > ORDER // 2:
            s, odd = ORDER - s, odd ^ 1
        return BASE[0].to_bytes(32, "big"), (s | odd << 255).to_bytes(32, "big")
