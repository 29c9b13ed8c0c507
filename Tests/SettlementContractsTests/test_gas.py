"""What the calls of every day cost, in their worst cases, against the limits."""
import random

import pytest
from conftest import USERS
from machine import DAY, NOBODY
from reference import (
    Account, AccountTree, Withdrawal, batch_structure, head_structure, keccak)
from venue import WITHDRAW, Venue

TABLE = {}
LIMITS = {
    "batch submission": 62_000, "withdrawal": 75_000, "forced request": 90_000,
    "exit": 80_000, "challenge": 150_000}


def cost(world, contract, name, sender, *values, value=0, behind=b""):
    """Gas of a transaction as its receipt has it: EIP-7623's floor of calldata included. `behind`
    stands behind the arguments."""
    octets = contract.interface.call(name, *values) + behind
    world.machine.call(sender, contract.address, octets, value)
    return world.machine.gas


def note(item, what, gas):
    """The worst of several ways to do the same thing counts."""
    TABLE.setdefault(item, []).append((gas, what))
    assert gas <= LIMITS[item], f"{item}, {what}: {gas} gas, at most {LIMITS[item]}"


@pytest.fixture
def venue(world):
    users = [key.address for key in USERS[:3]]
    venue = Venue(world)
    for number, user in enumerate(users):
        world.vault.open_account(user, 50_000_000)
        venue.open(number, user)
        venue.queued(0, number, 50_000_000)
    venue.users = users
    return venue


def submit(venue, behind=b"", **changes):
    header = venue.header(venue.world.machine.now, **changes)
    gas = cost(
        venue.world, venue.world.vault, "submit", NOBODY, *venue.submission(header), behind=behind)
    venue.accepted(header)
    return gas


def filled(octets=32):
    return bytes(random.Random(1).randrange(1, 256) for _ in range(octets))


def whereabouts(kind):
    """Where a batch's data are, without an octet of zero but those that every length has: kind,
    hash of the frame, length, and a hash of 32 octets, whatever the kind (SETTLEMENT.md)."""
    return bytes([kind]) + filled() + (0x07FFFFFF).to_bytes(8, "big") + filled()


@pytest.mark.parametrize("where, behind", [
    ("folder", b""), ("committee", whereabouts(2)), ("calldata", whereabouts(3)),
    ("blob", whereabouts(4))])
def test_batch_submission(venue, where, behind):
    venue.consume()
    note("batch submission", f"{where}, first, 3 requests consumed", submit(venue, behind))
    for _ in range(3):
        venue.world.vault.request(venue.users[0], 2, 0, 0, 0, 0)
        venue.queued(2, 0, 0)
        venue.consume()
        full = keccak(b"\x01" * 40)
        venue.sequence += 1 << 40
        venue.world.machine.pass_time(60)
        note("batch submission", f"{where}, all words full, requests consumed", submit(
            venue, behind, root=full, withdrawals=filled(), risk_table=filled(), receipts=filled(),
            content=filled()))


@pytest.mark.parametrize("count", [1, 32])
def test_withdrawal(venue, count):
    world = venue.world
    venue.consume()
    venue.withdraw(1, 1_234_567)
    others = [Withdrawal(10 + i, 7, 7) for i in range(count - 1)]
    venue.pending.update((one.account, one) for one in others)
    submit(venue)
    world.machine.pass_time(DAY + 1)
    fresh = venue.users[1]
    world.token.transfer(fresh, NOBODY, world.held(fresh))  # the dearest receiver has nothing
    gas = cost(world, world.vault, "withdraw", NOBODY, *venue.withdrawal_call(1, 1))
    assert world.held(fresh) == 1_234_567
    note("withdrawal", f"one of {count}, to an empty purse", gas)


def test_forced_request(venue):
    world, user = venue.world, venue.users[0]
    largest = (1 << 62) + 0x0101010101010101
    for i in range(14):
        gas = cost(
            world, world.vault, "request", user, 4, 0, largest, 0x01020304, -largest,
            value=10**17)
        note("forced request", f"number {i + 1} of a block", gas)
    world.machine.pass_time(12)
    note("forced request", "withdrawal", cost(
        world, world.vault, "request", user, WITHDRAW, 0, 5_000_000, 0, 0))


@pytest.mark.parametrize("siblings", [2, 32])
def test_exit(venue, siblings):
    """A neighbour in every subtree beside the path: the longest proof there is."""
    world = venue.world
    number = 1
    user = venue.users[number]
    tree = AccountTree()
    account = Account(
        number, user, -(1 << 61) - 0x0101010101010101, (1 << 62) + 0x0101010101010101,
        0x00FFFFFFFFFFFFFF, (), filled())
    tree.put(number, account.leaf())
    for height in range(siblings):
        tree.put(number ^ 1 << height, filled())
    venue.tree, venue.accounts[number] = tree, account
    submit(venue)
    world.machine.pass_time(4 * DAY)
    gas = cost(world, world.vault, "freeze", NOBODY, *venue.last())
    TABLE.setdefault("freeze", []).append((gas, "by anybody"))
    gas = cost(world, world.vault, "exit", NOBODY, *venue.exit_call(number))
    note("exit", f"claim, {siblings} siblings", gas)
    world.machine.pass_time(14 * DAY)
    world.token.transfer(user, NOBODY, world.held(user))
    note("exit", "payment to an empty purse", cost(world, world.vault, "pay", NOBODY, number))


def test_challenge_of_two_headers(venue):
    world = venue.world
    world.court.post_bond(world.operator, 10**9)
    submit(venue)
    header = venue.headers[1]
    other = venue.header(world.machine.now, number=1, content=keccak(b"other"))
    note("challenge", "two headers", cost(
        world, world.court, "headers", NOBODY, header.octets(),
        *world.signed(batch_structure(header.hash())), other.octets(),
        *world.signed(batch_structure(other.hash())), venue.records[1].words(), 0,
        venue.records[0].words()))


def test_challenge_of_two_receipts(venue):
    world = venue.world
    world.court.post_bond(world.operator, 10**9)
    submit(venue)
    heads = [keccak(b"one"), keccak(b"two")]
    proofs = [(head, *world.signed(head_structure(77, head))) for head in heads]
    note("challenge", "two receipts", cost(
        world, world.court, "heads", NOBODY, 77, *proofs[0], *proofs[1], *venue.last()))


def test_challenge_of_a_stale_exit(venue):
    world = venue.world
    venue.consume()
    submit(venue)
    world.machine.pass_time(4 * DAY)
    world.vault.freeze(NOBODY, *venue.last())
    world.vault.exit(NOBODY, *venue.exit_call(0))
    venue.move(0, 1_000)
    note("challenge", "newer state over a claim", cost(
        world, world.vault, "replace", NOBODY, *venue.state_call(venue.accounts[0], 3)))
    venue.move(1, 1_000)
    note("challenge", "newer state, no claim yet", cost(
        world, world.vault, "replace", NOBODY, *venue.state_call(venue.accounts[1], 3)))


def teardown_module():
    """Shows the table (pytest -s)."""
    print(f"\n{'gas, worst case':26} {'limit':>8} {'worst':>8}  of")
    for item, cases in TABLE.items():
        gas, what = max(cases)
        print(f"{item:26} {LIMITS.get(item, '')!s:>8} {gas:8}  {what} ({len(cases)} cases)")
