"""Rules that take many calls or odd circumstances, on the EVM in the process."""
import pytest
from conftest import USERS
from machine import DAY, ETHER, HOUR, NOBODY, World
from reference import (
    Account, Key, Position, batch_structure, close_structure, digest, domain, head_structure,
    keccak, position_path)
from test_end_to_end import MONEY, OWNERS, claim_all, freeze_by_silence, refuses, running, settle
from venue import WITHDRAW

MILLION = 10**12  # of dollars, in µ$


CODES = {}  # artefacts to use in place of the committed ones; the mutants' tests fill it


def in_process(codes=None, **named):
    world = World(codes={**CODES, **(codes or {})}, **named)
    for key in USERS:
        world.rich(key.address)
    world.rich(world.operator)
    return world


@pytest.fixture
def local():
    return in_process()


def test_slots_of_a_block_are_free_then_dear(local):
    vault, user = local.vault, OWNERS[0]
    vault.open_account(user, MONEY)
    local.machine.pass_time(12)
    for _ in range(10):
        vault.request(user, 2, 0, 0, 0, 0)
    refuses("fee", vault.request, user, 2, 0, 0, 0, 0)
    vault.request(user, 2, 0, 0, 0, 0, value=ETHER // 1000)
    refuses("fee", vault.request, user, 2, 0, 0, 0, 0, value=ETHER // 1000)
    refuses("fee", vault.deposit, user, 0, MONEY)
    vault.request(user, 2, 0, 0, 0, 0, value=ETHER // 500)
    before = local.machine.evm.get_balance("0x" + local.operator.hex())
    vault.collect_fees(NOBODY)
    after = local.machine.evm.get_balance("0x" + local.operator.hex())
    assert after - before == 3 * ETHER // 1000
    local.machine.pass_time(12)
    vault.request(user, 2, 0, 0, 0, 0)


def test_queue_is_full_until_a_batch_consumed_some(local):
    venue = running(local)
    vault, user = local.vault, OWNERS[0]
    for i in range(4096 - 3):
        if i % 10 == 0:
            local.machine.pass_time(0)
        vault.request(user, 2, 0, 0, 0, 0)
        venue.queued(2, 0, 0)
    local.machine.pass_time(12)
    refuses("queue full", vault.request, user, 2, 0, 0, 0, 0)
    vault.acknowledge(NOBODY, *venue.last())
    for _ in range(3):
        vault.request(user, 2, 0, 0, 0, 0)
        venue.queued(2, 0, 0)
    refuses("queue full", vault.request, user, 2, 0, 0, 0, 0)
    venue.consume(1000)
    venue.submit(NOBODY)
    refuses("record", vault.acknowledge, NOBODY, 1, venue.records[2].words())
    vault.acknowledge(NOBODY, *venue.last())
    vault.acknowledge(NOBODY, 1, venue.records[1].words())  # an older one takes nothing back
    assert vault.queued(NOBODY) == (4099, 1003)
    vault.request(user, 2, 0, 0, 0, 0)


def test_an_hour_and_a_day_have_their_share(local):
    """30 M held: 1 M an hour, 10 M a day; the rest waits."""
    venue = running(local)
    local.token.mint(NOBODY, "0x" + OWNERS[0].hex(), 30 * MILLION)
    local.vault.deposit(OWNERS[0], 0, 30 * MILLION)
    venue.queued(0, 0, 30 * MILLION)
    venue.consume()
    venue.withdraw(0, 25 * MILLION)
    venue.submit(NOBODY)
    local.machine.pass_time(25 * HOUR)
    local.machine.pass_time(DAY - local.machine.now % DAY)  # midnight
    call = venue.withdrawal_call(2, 0)
    start = local.held(OWNERS[0])
    for hour in range(12):
        before = local.held(OWNERS[0])
        if hour < 10:
            local.vault.withdraw(NOBODY, *call)
            assert local.held(OWNERS[0]) - before == MILLION, hour
        refuses("nothing due", local.vault.withdraw, NOBODY, *call)
        local.machine.pass_time(HOUR)
    local.machine.pass_time(12 * HOUR)
    local.vault.withdraw(NOBODY, *call)
    assert local.held(OWNERS[0]) - start == 11 * MILLION
    assert local.vault.withdrawn(NOBODY, 0) == 11 * MILLION


def test_the_share_grows_with_what_is_held(local):
    venue = running(local)
    local.token.mint(NOBODY, "0x" + OWNERS[0].hex(), 1000 * MILLION)
    local.vault.deposit(OWNERS[0], 0, 1000 * MILLION)
    venue.queued(0, 0, 1000 * MILLION)
    venue.consume()
    venue.withdraw(0, 500 * MILLION)
    venue.submit(NOBODY)
    local.machine.pass_time(25 * HOUR)
    before, held = local.held(OWNERS[0]), local.held()
    local.vault.withdraw(NOBODY, *venue.withdrawal_call(2, 0))
    assert local.held(OWNERS[0]) - before == held // 100


def test_pause_stops_money_but_not_for_long(local):
    venue = running(local)
    venue.withdraw(0, 1_000_000)
    venue.submit(NOBODY)
    local.machine.pass_time(DAY)
    local.vault.pause(local.council)
    call = venue.withdrawal_call(2, 0)
    refuses("paused", local.vault.withdraw, NOBODY, *call)
    refuses("paused", local.vault.open_account, OWNERS[3], MONEY)
    local.machine.pass_time(7 * DAY - 1)
    refuses("paused", local.vault.withdraw, NOBODY, *call)
    local.machine.pass_time(1)
    local.vault.withdraw(NOBODY, *call)
    local.machine.pass_time(7 * DAY)
    local.vault.pause(local.council)


def test_requests_outside_their_ranges(local):
    vault, user = local.vault, OWNERS[0]
    vault.open_account(user, MONEY)
    refuses("kind", vault.request, user, 0, 0, 0, 0, 0)
    refuses("kind", vault.request, user, 5, 0, 0, 0, 0)
    refuses("range", vault.request, user, 1, 0, 1 << 63, 0, 0)
    refuses("range", vault.request, user, 3, 0, 1, 1 << 32, 0)
    refuses("range", vault.request, user, 3, 0, 1, 0, 1 << 63)
    refuses("range", vault.request, user, 3, 0, 1, 0, -(1 << 63))
    refuses("owner", vault.request, user, 1, 1, 1, 0, 0)
    refuses("amount", vault.deposit, user, 0, 999_999)
    refuses("amount", vault.deposit, user, 0, 1 << 63)
    refuses("no account", vault.deposit, user, 1, MONEY)


def test_the_venues_own_accounts_are_the_operators(local):
    world = in_process(own_first=1)
    world.vault.open_account(OWNERS[0], MONEY)
    refuses("accounts full", world.vault.open_account, OWNERS[1], MONEY)
    for number in (1, 2):
        assert bytes.fromhex(world.vault.owner_of(NOBODY, number)[2:]) == world.operator


def test_nobody_is_paid_for_an_account_the_vault_does_not_know(local):
    venue = running(local)
    venue.put(Account(9, OWNERS[5], 5, 5, 5))
    venue.submit(NOBODY)
    freeze_by_silence(venue)
    local.vault.exit(NOBODY, *venue.exit_call(9))
    local.machine.pass_time(14 * DAY)
    refuses("no account", local.vault.pay, NOBODY, 9)
    refuses("no claim", local.vault.pay, NOBODY, 0)


def test_a_late_claim_waits_while_nothing_is_left(local):
    venue = running(local)
    venue.move(0, 2 * MONEY)  # more than the vault holds
    venue.submit(NOBODY)
    freeze_by_silence(venue)
    local.vault.exit(NOBODY, *venue.exit_call(0))
    local.machine.pass_time(14 * DAY)
    local.vault.exit(NOBODY, *venue.exit_call(2))
    refuses("nothing left", local.vault.pay, NOBODY, 2)
    local.vault.pay(NOBODY, 0)
    assert local.held() == 0
    refuses("nothing left", local.vault.pay, NOBODY, 2)
    local.token.mint(NOBODY, "0x" + local.vault.address.hex(), 7)
    before = local.held(OWNERS[2])
    local.vault.pay(NOBODY, 2)
    assert local.held(OWNERS[2]) - before == 7


def test_a_withdrawal_after_the_window_takes_nothing_from_claims(local):
    venue = running(local)
    venue.withdraw(1, MONEY)
    venue.move(0, MONEY - 5)
    venue.submit(NOBODY)
    freeze_by_silence(venue)
    local.vault.exit(NOBODY, *venue.exit_call(0))
    local.vault.exit(NOBODY, *venue.exit_call(2))
    local.machine.pass_time(14 * DAY)
    before = local.held(OWNERS[1])
    local.vault.withdraw(NOBODY, *venue.withdrawal_call(2, 1))
    assert local.held(OWNERS[1]) - before == 5
    for number, amount in ((0, 2 * MONEY - 5), (2, MONEY)):
        before = local.held(OWNERS[number])
        local.vault.pay(NOBODY, number)
        assert local.held(OWNERS[number]) - before == amount


def test_leaves_that_are_none(local):
    venue = running(local)
    freeze_by_silence(venue)
    octets, bitmap, siblings = venue.exit_call(0)
    refuses("leaf", local.vault.exit, NOBODY, b"\0\2" + octets[2:], bitmap, siblings)
    refuses("leaf", local.vault.exit, NOBODY, octets[:-1], bitmap, siblings)
    refuses("path", local.vault.exit, NOBODY, octets[:-1] + b"\x77", bitmap, siblings)
    refuses("path", local.vault.exit, NOBODY, octets, bitmap, [])
    endless = Account(0, OWNERS[0], 5, 5, 1 << 56)
    refuses("sequence", local.vault.replace, NOBODY, *venue.state_call(endless, 3))


def test_nothing_moves_before_its_time_or_after_it(local):
    venue = running(local)
    local.machine.pass_time(10 * HOUR)
    venue.move(0, 5)
    venue.submit(NOBODY)
    local.vault.request(OWNERS[0], WITHDRAW, 0, MONEY, 0, 0)
    newer = venue.accounts[0]
    refuses("not open", local.vault.exit, NOBODY, *venue.exit_call(0))
    refuses("not open", local.vault.replace, NOBODY, *venue.state_call(newer, 3))
    refuses("not open", local.vault.refund, NOBODY, 3, 0, 0, 0)
    refuses("window open", local.vault.pay, NOBODY, 0)
    freeze_by_silence(venue)
    refuses("frozen", local.vault.request, OWNERS[0], 1, 0, 5, 0, 0)
    claim_all(venue)
    local.machine.pass_time(14 * DAY)
    venue.move(0, 5)
    refuses("window over", local.vault.replace, NOBODY, *venue.state_call(venue.accounts[0], 3))
    refuses("window over", local.vault.revalue, NOBODY, *venue.exit_call(0), bytes(46), 0,
            [bytes(32)] * 7)


def test_a_position_is_revalued_by_its_own_path_only(local):
    venue = running(local)
    expiry = local.machine.now + HOUR
    put = Position(5, 1, 1, expiry, 100 * 10**9, 10**9, -3, 1_000_000)
    call = Position(6, 1, 2, expiry, 100 * 10**9, 10**9, 1, 1_000_000)
    future = Position(7, 1, 3, expiry, 0, 10**9, 2, 90_000_000)
    forever = Position(8, 1, 4, 0, 0, 10**9, 2, 90_000_000)
    positions = (put, call, future, forever)
    account = Account(0, OWNERS[0], MONEY, MONEY, 9, positions)
    venue.put(account)
    venue.submit(NOBODY)
    freeze_by_silence(venue)
    settle(local, 1, expiry, [95_123_456_789 + 1, 95_123_456_789 + 1, 95_123_456_789 + 1])
    proof = venue.exit_call(0)
    revalue = local.vault.revalue
    paths = [position_path(positions, i) for i in range(4)]
    refuses("no claim", revalue, NOBODY, *proof, put.octets(), 0, paths[0])
    local.vault.exit(NOBODY, *proof)
    refuses("position path", revalue, NOBODY, *proof, put.octets(), 1, paths[0])
    refuses("position path", revalue, NOBODY, *proof, put.octets(), 0, paths[1])
    refuses("position", revalue, NOBODY, *proof, put.octets()[:-1], 0, paths[0])
    refuses("path", revalue, NOBODY, *proof, put.octets(), 128, paths[0])
    refuses("kind", revalue, NOBODY, *proof, forever.octets(), 3, paths[3])
    other = Account(0, OWNERS[0], MONEY, MONEY + 1, 9, positions)
    refuses("path", revalue, NOBODY, other.octets(), *proof[1:], put.octets(), 0, paths[0])
    claim = MONEY
    for index, position in enumerate(positions[:3]):
        revalue(NOBODY, *proof, position.octets(), index, paths[index])
        claim += position.worth_at(95_123_456_790) - position.lots * position.mark
        assert local.vault.claim_of(NOBODY, 0)[0] == claim
    # A put sold: 4.876543210 dollars for 1 each; 3 × 4,876,543.21 µ$ rounded against the holder.
    assert put.worth_at(95_123_456_790) == -14_629_630
    newer = Account(0, OWNERS[0], MONEY, MONEY, 99, positions)
    local.vault.replace(NOBODY, *venue.state_call(newer, 3))
    refuses("leaf", revalue, NOBODY, *proof, put.octets(), 0, paths[0])
    revalue(NOBODY, newer.octets(), 0, [], put.octets(), 0, paths[0])


def test_claims_beyond_the_range_of_money(local):
    venue = running(local)
    expiry = local.machine.now + HOUR
    for number, lots in ((0, 1 << 61), (1, -(1 << 61))):
        position = Position(5, 1, 3, expiry, 0, 10**9, lots, 0)
        venue.put(Account(number, OWNERS[number], 0, 0, 9, (position,)))
    venue.submit(NOBODY)
    freeze_by_silence(venue)
    settle(local, 1, expiry, [100 * 10**9] * 3)
    for number in (0, 1):
        local.vault.exit(NOBODY, *venue.exit_call(number))
        positions = venue.accounts[number].positions
        refuses("range", local.vault.revalue, NOBODY, *venue.exit_call(number),
                positions[0].octets(), 0, position_path(positions, 0))


def test_the_court_alone_convicts_and_the_bond_comes_back(local):
    venue = running(local)
    record = venue.records[1].words()
    refuses("court", local.vault.convict, NOBODY, 1, record, 0, venue.records[0].words())
    local.court.post_bond(local.operator, 500)
    refuses("operator", local.court.return_bond, NOBODY)
    refuses("window", local.court.return_bond, local.operator)
    freeze_by_silence(venue)
    local.machine.pass_time(14 * DAY - 1)
    refuses("window", local.court.return_bond, local.operator)
    local.machine.pass_time(1)
    before = local.held(local.operator)
    local.court.return_bond(local.operator)
    assert local.held(local.operator) - before == 500


def test_what_comes_after_a_batch_signed_twice_is_void(local):
    """Of three batches that are not final the second is signed twice: it and the third go."""
    venue = running(local)
    venue.submit(NOBODY)
    venue.withdraw(0, 1_000_000)
    venue.submit(NOBODY)
    venue.withdraw(1, 2_000_000)
    venue.submit(NOBODY)
    local.court.post_bond(local.operator, 1_000)
    header = venue.headers[3]
    other = venue.header(local.machine.now, number=3, content=keccak(b"other"))
    evidence = []
    for one in (header, other):
        evidence += [one.octets(), *local.signed(batch_structure(one.hash()))]
    headers, offence = local.court.headers, venue.records[3].words()
    refuses("numbers", headers, NOBODY, *evidence[:3], venue.headers[2].octets(),
            *local.signed(batch_structure(venue.headers[2].hash())), offence, 2,
            venue.records[2].words())
    refuses("header", headers, NOBODY, header.octets()[:-1], *evidence[1:], offence, 2,
            venue.records[2].words())
    refuses("header", headers, NOBODY, *evidence[:3], other.octets()[:-1], *evidence[4:], offence,
            2, venue.records[2].words())
    forged = local.signed(batch_structure(other.hash()), Key(6))
    refuses("signature", headers, NOBODY, *evidence[:4], *forged, offence, 2,
            venue.records[2].words())
    forged = local.signed(batch_structure(header.hash()), Key(6))
    refuses("signature", headers, NOBODY, header.octets(), *forged, *evidence[3:], offence, 2,
            venue.records[2].words())
    refuses("record", headers, NOBODY, *evidence, venue.records[4].words(), 2,
            venue.records[2].words())
    refuses("record", headers, NOBODY, *evidence, offence, 2, venue.records[3].words())
    headers(NOBODY, *evidence, offence, 2, venue.records[2].words())
    local.machine.pass_time(4 * DAY)
    refuses("frozen", local.vault.freeze, NOBODY, *venue.last())
    refuses("void batch", local.vault.withdraw, NOBODY, *venue.withdrawal_call(4, 1))
    refuses("record", local.vault.withdraw, NOBODY, *venue.withdrawal_call(3, 0))
    assert local.vault.exit_root(NOBODY) == venue.records[2].root


def test_a_verdict_on_receipts_keeps_the_last_batch(local):
    venue = running(local)
    local.court.post_bond(local.operator, 1_000)
    heads = [keccak(b"one"), keccak(b"two")]
    proofs = [(head, *local.signed(head_structure(7, head))) for head in heads]
    refuses("not last", local.court.heads, NOBODY, 7, *proofs[0], *proofs[1], 0,
            venue.records[0].words())
    refuses("same", local.court.heads, NOBODY, 7, *proofs[0], *proofs[0], *venue.last())
    forged = (heads[0], *local.signed(head_structure(7, heads[0]), Key(6)))
    refuses("signature", local.court.heads, NOBODY, 7, *forged, *proofs[1], *venue.last())
    refuses("record", local.court.heads, NOBODY, 7, *proofs[0], *proofs[1], 1,
            venue.records[0].words())
    local.court.heads(NOBODY, 7, *proofs[0], *proofs[1], *venue.last())
    refuses("frozen", local.vault.deposit, OWNERS[0], 0, MONEY)


def test_requests_that_are_not_there_cannot_be_consumed(local):
    venue = running(local)
    for consumed in (4, 5, 1000):
        refuses("consumed", local.vault.submit, NOBODY, *venue.submission(
            venue.header(local.machine.now, consumed=consumed, chain=0)))


def test_a_batch_may_wait_until_the_vault_can_be_frozen(local):
    """A header is signed once, so an outage must not make it worthless while nobody may leave."""
    venue = running(local)
    closed = local.machine.now
    waited = venue.header(closed)
    after = closed + 60
    local.machine.pass_time(71 * HOUR)
    refuses("no reason", local.vault.freeze, NOBODY, *venue.last())
    local.vault.submit(NOBODY, *venue.submission(waited))
    venue.accepted(waited)
    # All that was closed meanwhile follows at once, in order.
    backlog = venue.header(after)
    local.machine.pass_time(after + 72 * HOUR - local.machine.now - 1)
    local.vault.submit(NOBODY, *venue.submission(backlog))
    venue.accepted(backlog)
    local.machine.pass_time(62)
    refuses("time", local.vault.submit, NOBODY, *venue.submission(venue.header(after + 1)))
    refuses("no reason", local.vault.freeze, NOBODY, *venue.last())
    local.machine.pass_time(72 * HOUR)
    local.vault.freeze(NOBODY, *venue.last())


def test_a_root_of_nothing_and_freezes_of_the_past_are_refused(local):
    venue = running(local)
    refuses("root", local.vault.submit, NOBODY, *venue.submission(
        venue.header(local.machine.now, root=bytes(32))))
    local.machine.pass_time(73 * HOUR)
    refuses("not last", local.vault.freeze, NOBODY, 0, venue.records[0].words())
    refuses("record", local.vault.freeze, NOBODY, 1, venue.records[0].words())
    local.vault.announce(local.operator, "0x" + OWNERS[5].hex())
    local.machine.pass_time(30 * DAY)
    refuses("operator", local.vault.migrate, NOBODY, *venue.last())
    refuses("not last", local.vault.migrate, local.operator, 0, venue.records[0].words())
    refuses("record", local.vault.migrate, local.operator, 1, venue.records[0].words())
    local.vault.freeze(NOBODY, *venue.last())
    refuses("frozen", local.vault.migrate, local.operator, *venue.last())


SOUR = """
# pragma version 0.4.3
sour: public(bool)
against: public(address)
balances: HashMap[address, uint256]
@external
def mint(to: address, amount: uint256):
    self.balances[to] += amount
@external
def approve(to: address, amount: uint256) -> bool:
    return True
@external
def turn():
    self.sour = True
@external
def refuse(who: address):
    self.against = who
@external
def transfer(to: address, amount: uint256) -> bool:
    return not self.sour and to != self.against
@external
def transferFrom(sender: address, to: address, amount: uint256) -> bool:
    return not self.sour
@external
@view
def balanceOf(who: address) -> uint256:
    return 10**12
"""


@pytest.fixture(scope="session")
def sour():
    from vyper.compiler import compile_code
    output = compile_code(SOUR, output_formats=["abi", "bytecode"])
    return {"test_token": {"abi": output["abi"], "bytecode": output["bytecode"]}}


def test_a_token_that_only_says_no_is_believed(sour):
    """Some tokens answer false where others revert."""
    sour_world(sour)


def sour_world(codes):
    world = in_process(codes)
    venue = running(world)
    world.court.post_bond(world.operator, 500)
    channel = world.channels.open(OWNERS[0], OWNERS[1], MONEY)
    world.channels.start(OWNERS[0], channel)
    world.machine.pass_time(DAY)
    world.channels.finish(NOBODY, channel)
    freeze_by_silence(venue)
    claim_all(venue)
    world.machine.pass_time(14 * DAY)
    world.token.turn(NOBODY)
    refuses("transfer", world.vault.pay, NOBODY, 0)
    refuses("transfer", world.court.return_bond, world.operator)
    refuses("transfer", world.court.post_bond, world.operator, 5)
    refuses("transfer", world.channels.collect, NOBODY, channel, False)
    refuses("transfer", world.channels.open, OWNERS[0], OWNERS[1], MONEY)
    other = in_process(codes)
    venue = running(other)
    held = other.channels.open(OWNERS[0], OWNERS[1], MONEY)
    other.court.post_bond(other.operator, 500)
    heads = [keccak(b"one"), keccak(b"two")]
    proofs = [(head, *other.signed(head_structure(7, head))) for head in heads]
    for place in (NOBODY, other.vault.address):
        other.token.refuse(NOBODY, "0x" + place.hex())
        refuses("transfer", other.court.heads, NOBODY, 7, *proofs[0], *proofs[1], *venue.last())
    other.vault.open_account(OWNERS[0], MONEY)
    other.token.turn(NOBODY)
    refuses("transfer", other.vault.deposit, OWNERS[0], 0, MONEY)
    refuses("transfer", other.channels.fund, OWNERS[1], held, 5)


def test_constructors_refuse_nonsense(local):
    signers = ["0x" + key.address.hex() for key in local.oracles]
    zero = "0x" + "00" * 20
    for listed, threshold in ((signers, 2), (signers, 6), (signers[:1] * 3, 2), ([zero], 1)):
        with pytest.raises(RuntimeError):
            local._deploy("prices", CODES, listed, threshold)
    here = [local.token.address, local.vault.address, local.sequencer.address, local.operator]
    for hole in (1, 2):
        values = list(here)
        values[hole] = bytes(20)
        with pytest.raises(RuntimeError):
            local._deploy("court", CODES, *values)
    root = keccak(b"root")
    full = [local.token.address, local.prices.address, local.court.address,
            local.sequencer.address, local.operator, local.council, HOUR, 1, root, 9, 1]
    for place, value in ((0, OWNERS[0]), (3, bytes(20)), (6, 0), (8, bytes(32)), (10, 65)):
        values = list(full)
        values[place] = value
        with pytest.raises(RuntimeError):
            local._deploy("vault", CODES, *values)


def test_channels_refuse_strangers(local):
    channels = local.channels
    refuses("parties", channels.open, OWNERS[0], OWNERS[0], MONEY)
    refuses("parties", channels.open, OWNERS[0], bytes(20), MONEY)
    refuses("amount", channels.open, OWNERS[0], OWNERS[1], 0)
    refuses("amount", channels.open, OWNERS[0], OWNERS[1], 1 << 63)
    channel = channels.open(OWNERS[0], OWNERS[1], MONEY)
    refuses("second", channels.fund, OWNERS[0], channel, 5)
    refuses("amount", channels.fund, OWNERS[1], channel, 1 << 63)
    refuses("party", channels.start, OWNERS[2], channel)
    refuses("open", channels.collect, NOBODY, channel, False)
    refuses("not closing", channels.finish, NOBODY, channel)
    channels.start(OWNERS[1], channel)
    refuses("closing", channels.start, OWNERS[0], channel)
    local.machine.pass_time(DAY)
    channels.finish(NOBODY, channel)
    refuses("not closing", channels.finish, NOBODY, channel)
    refuses("second", channels.fund, OWNERS[1], channel, 5)


def test_a_channel_closed_together_takes_nothing_from_others(local):
    channels = local.channels
    channels.open(OWNERS[2], OWNERS[3], 10 * MONEY)  # money of others is there
    channel = channels.open(OWNERS[0], OWNERS[1], MONEY)
    separator = domain(local.machine.chain_id, channels.address)

    def signed(structure, *keys):
        return [part for key in keys for part in key.sign(digest(separator, structure))]

    close, more = close_structure(channel, 10), close_structure(channel, MONEY + 1)
    refuses("first", channels.close_together, NOBODY, channel, 10, *signed(
        close, USERS[1], USERS[1]))
    refuses("second", channels.close_together, NOBODY, channel, 10, *signed(
        close, USERS[0], USERS[0]))
    refuses("amount", channels.close_together, NOBODY, channel, MONEY + 1, *signed(
        more, USERS[0], USERS[1]))
    refuses("closed", channels.close_together, NOBODY, 7, 0, *signed(
        close_structure(7, 0), USERS[0], USERS[1]))
    channels.close_together(NOBODY, channel, 10, *signed(close, USERS[0], USERS[1]))
    for side in (False, True):
        refuses("nothing", channels.collect, NOBODY, channel, side)
    refuses("closed", channels.close_together, NOBODY, channel, 0, *signed(
        close_structure(channel, 0), USERS[0], USERS[1]))
    assert local.held(channels.address) == 10 * MONEY
    lone = channels.open(OWNERS[0], OWNERS[1], MONEY)
    channels.start(OWNERS[0], lone)
    local.machine.pass_time(DAY)
    channels.finish(NOBODY, lone)
    channels.collect(NOBODY, lone, False)
    for side in (False, True):
        refuses("nothing", channels.collect, NOBODY, lone, side)


def test_settlements_refuse_early_and_strange_prices(local):
    now = local.machine.now
    refuses("not expired", settle, local, 1, now + 1, [5] * 3)
    refuses("prices", settle, local, 1, now, [0] * 3)
    refuses("prices", settle, local, 1, now, [5, 5, 1 << 63])
    honest = local.oracles
    local.oracles = [*honest[:2], Key(0x777)]
    refuses("signature", settle, local, 1, now, [5] * 3)
    local.oracles = honest
    settle(local, 1, now, [3, 5, 6, 9])
    assert local.prices.price_of(NOBODY, 1, now) == 5

