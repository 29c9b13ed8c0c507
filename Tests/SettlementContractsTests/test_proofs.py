"""Proofs: the reference's paths lead where the contract's do, and nothing malformed verifies."""
import os
import random

from conftest import SEED, SLOW
from machine import DAY, NOBODY, Refused
from reference import (
    DEPTH, Account, AccountTree, Position, keccak, position_path, position_tree, root_from)
from test_rules import in_process
from venue import Venue

TRIED = int(os.environ.get("CAUSEWAY_PROOFS", "1000000" if SLOW else "30000"))


def random_tree(chance, count=40):
    """Accounts in clusters, with the odd one far away."""
    accounts = {}
    for _ in range(count):
        number = chance.choice([
            chance.randrange(64), chance.randrange(1 << 20), chance.randrange(1 << 32)])
        accounts[number] = Account(
            number, chance.randbytes(20), chance.randrange(-10**12, 10**12),
            chance.randrange(0, 10**12), chance.randrange(1 << 40))
    return accounts, AccountTree({n: one.leaf() for n, one in accounts.items()})


def spoil(chance, octets, bitmap, siblings, foreign):
    """One way to be wrong: another length, a flipped bit, or a piece of another tree."""
    siblings = list(siblings)
    way = chance.randrange(8)
    if way == 0 and siblings:
        del siblings[chance.randrange(len(siblings))]
    elif way == 1:
        siblings.insert(chance.randrange(len(siblings) + 1), chance.randbytes(32))
    elif way == 2:
        bitmap ^= 1 << chance.randrange(DEPTH + 1)
    elif way == 3:
        bit = chance.randrange(16, 8 * len(octets))  # the version's are refused earlier
        flipped = int.from_bytes(octets, "big") ^ 1 << 8 * len(octets) - 1 - bit
        octets = flipped.to_bytes(len(octets), "big")
    elif way == 4 and siblings:
        place = chance.randrange(len(siblings))
        flipped = int.from_bytes(siblings[place], "big") ^ 1 << chance.randrange(256)
        siblings[place] = flipped.to_bytes(32, "big")
    elif way == 5 and len(siblings) > 1:
        a, b = chance.sample(range(len(siblings)), 2)
        if siblings[a] == siblings[b]:
            return None
        siblings[a], siblings[b] = siblings[b], siblings[a]
    elif way == 6:
        bitmap, siblings = foreign
    else:
        bitmap ^= 1 << chance.randrange(DEPTH)
        place = chance.randrange(len(siblings) + 1)
        siblings.insert(place, chance.randbytes(32))
    return octets, bitmap, siblings


class Frozen:
    """A vault frozen with a root of ours; `accepts` asks it, and undoes what it took."""

    def __init__(self, root):
        self.world = in_process()
        venue = Venue(self.world)
        venue.submit(NOBODY, root=root)
        self.world.machine.pass_time(4 * DAY)
        self.world.vault.freeze(NOBODY, *venue.last())

    def accepts(self, octets, bitmap, siblings):
        machine = self.world.machine
        mark = machine.evm.snapshot()
        try:
            self.world.vault.exit(NOBODY, octets, bitmap, siblings)
            return True
        except Refused:
            return False
        finally:
            machine.evm.revert(mark)


def test_malformed_proofs_never_verify():
    chance = random.Random(SEED)
    tried = asked = 0
    while tried < TRIED:
        accounts, tree = random_tree(chance)
        _, other = random_tree(chance)
        vault = Frozen(tree.root)
        for number, account in accounts.items():
            octets, path = account.octets(), tree.path(number)
            assert root_from(keccak(octets), number, *path) == tree.root
            assert vault.accepts(octets, *path)
            foreign = other.path(number)
            for turn in range(250):
                wrong = spoil(chance, octets, *path, foreign)
                if wrong is None or wrong == (octets, path[0], list(path[1])):
                    continue
                tried += 1
                there = int.from_bytes(wrong[0][2:6], "big")
                assert root_from(keccak(wrong[0]), there, *wrong[1:]) != tree.root, wrong
                if turn % 20 == 0 and len(wrong[2]) <= DEPTH:
                    asked += 1
                    assert not vault.accepts(*wrong), (SEED, wrong)
    print(f"\n{tried} malformed proofs, {asked} of them also in the contract; none verifies")


def test_every_shape_of_bitmap_agrees_with_the_reference():
    """Also those no sane tree has: with gaps at every height."""
    shapes(40 if not SLOW else 2000)


def shapes(count):
    chance = random.Random(SEED)
    shapes = [0, (1 << 32) - 1, 1, 1 << 31, 0x55555555, 0xAAAAAAAA, 0x7FFFFFFF, 0xFFFFFFFE]
    shapes += [chance.getrandbits(32) for _ in range(count)]
    for bitmap in shapes:
        number = chance.getrandbits(32)
        account = Account(number, chance.randbytes(20), 5, 5, 5)
        siblings = [chance.randbytes(32) for _ in range(bitmap.bit_count())]
        root = root_from(account.leaf(), number, bitmap, siblings)
        vault = Frozen(root)
        assert vault.accepts(account.octets(), bitmap, siblings), hex(bitmap)
        # A proof one level short, of a root that is its end.
        if bitmap == (1 << 32) - 1:
            short = account.leaf()
            for height, sibling in enumerate(siblings[:-1]):
                pair = (sibling, short) if number >> height & 1 else (short, sibling)
                short = keccak(b"".join(pair))
            assert not Frozen(short).accepts(account.octets(), bitmap, siblings[:-1])
        # One sibling more or less, and bits beyond the tree.
        assert not vault.accepts(account.octets(), bitmap | 1 << 32, siblings)
        assert not vault.accepts(account.octets(), bitmap | 1 << 40, siblings)
        assert not vault.accepts(account.octets(), bitmap, siblings[:-1]) or not siblings
        if len(siblings) < 32:
            assert not vault.accepts(account.octets(), bitmap, [*siblings, bytes(32)])
        assert not vault.accepts(account.octets() + b"\0", bitmap, siblings)
        assert not vault.accepts(account.octets()[:-1], bitmap, siblings)


def test_positions_in_any_place_lead_to_their_root():
    chance = random.Random(SEED)
    for count in (1, 2, 77, 128):
        positions = tuple(
            Position(10 * i, 1, 2, 10**9, 10**12, 10**7, chance.randrange(-99, 99), 10**6)
            for i in range(count))
        root = position_tree(positions)[-1][0]
        for index in {0, count - 1, count // 2}:
            node = keccak(positions[index].octets())
            for height, sibling in enumerate(position_path(positions, index)):
                pair = (sibling, node) if index >> height & 1 else (node, sibling)
                node = keccak(b"".join(pair))
            assert node == root
