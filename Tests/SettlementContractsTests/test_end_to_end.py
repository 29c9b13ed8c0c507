"""Whole stories over JSON-RPC on the development chain, through transactions that are signed,
sent and mined as anywhere."""
import hashlib

import pytest
import rlp
from conftest import USERS
from machine import DAY, HOUR, NOBODY, Refused
from reference import (
    Account, Key, Position, batch_structure, channel_structure, close_structure, digest, domain,
    head_structure, keccak, position_path, receipt, settlement_structure)
from remote import RpcFault
from venue import DEPOSIT, WITHDRAW, Venue

MONEY = 50_000_000
OWNERS = [key.address for key in USERS]


def running(world):
    """Three users with a deposit each that the first batch has taken in."""
    venue = Venue(world)
    for number, owner in enumerate(OWNERS[:3]):
        assert world.vault.open_account(owner, MONEY) == number
        venue.open(number, owner)
        venue.queued(DEPOSIT, number, MONEY)
    venue.consume()
    venue.submit(NOBODY)
    return venue


@pytest.fixture
def venue(world):
    return running(world)


def freeze_by_silence(venue):
    """No batch for 72 hours."""
    venue.world.machine.pass_time(72 * HOUR + 1)
    venue.world.vault.freeze(NOBODY, *venue.last())


def claim_all(venue):
    for number in sorted(venue.accounts):
        venue.world.vault.exit(NOBODY, *venue.exit_call(number))


def pay_all(venue):
    """Everybody's payment after the window; what each received."""
    world = venue.world
    world.machine.pass_time(14 * DAY)
    paid = {}
    for number, account in sorted(venue.accounts.items()):
        before = world.held(account.owner)
        world.vault.pay(NOBODY, number)
        paid[number] = world.held(account.owner) - before
    return paid


def refuses(reason, call, *arguments, **named):
    with pytest.raises(Refused, match=f"^{reason}$"):
        call(*arguments, **named)


def test_deposit_trade_batch_withdraw(venue):
    world = venue.world
    venue.move(0, -7_000_000)  # a trade
    venue.move(1, +7_000_000)
    venue.withdraw(1, 57_000_000)
    venue.withdraw(0, 3_000_000)
    venue.submit(NOBODY)
    refuses("not final", world.vault.withdraw, NOBODY, *venue.withdrawal_call(2, 1))
    world.machine.pass_time(DAY)
    before = world.held(OWNERS[1])
    world.vault.withdraw(NOBODY, *venue.withdrawal_call(2, 1))
    assert world.held(OWNERS[1]) - before == 57_000_000
    refuses("nothing due", world.vault.withdraw, NOBODY, *venue.withdrawal_call(2, 1))
    world.vault.withdraw(NOBODY, *venue.withdrawal_call(2, 0))
    assert world.held() == 3 * MONEY - 60_000_000


def test_forced_withdrawal_is_honoured(venue):
    world = venue.world
    refuses("owner", world.vault.request, OWNERS[1], WITHDRAW, 0, MONEY, 0, 0)
    world.vault.request(OWNERS[0], WITHDRAW, 0, MONEY, 0, 0)
    venue.queued(WITHDRAW, 0, MONEY)
    venue.consume()
    venue.submit(NOBODY)
    world.machine.pass_time(DAY + 1)
    refuses("no reason", world.vault.freeze, NOBODY, *venue.last())
    before = world.held(OWNERS[0])
    world.vault.withdraw(OWNERS[0], *venue.withdrawal_call(2, 0))
    assert world.held(OWNERS[0]) - before == MONEY


def test_forced_withdrawal_is_ignored_and_all_leave(venue):
    world = venue.world
    world.vault.request(OWNERS[0], WITHDRAW, 0, MONEY, 0, 0)
    venue.queued(WITHDRAW, 0, MONEY)
    world.machine.pass_time(23 * HOUR)
    venue.submit(NOBODY)
    refuses("no reason", world.vault.freeze, NOBODY, *venue.last())
    world.machine.pass_time(HOUR + 1)
    world.vault.freeze(NOBODY, *venue.last())
    refuses("not open", world.vault.exit, NOBODY, *venue.exit_call(0))  # 23 hours to be final
    refuses("record", world.vault.submit, NOBODY, *venue.submission(
        venue.header(world.machine.now, number=len(venue.records) + 1)))
    refuses("number", world.vault.submit, NOBODY, *venue.submission(
        venue.header(world.machine.now)))
    refuses("frozen", world.vault.deposit, OWNERS[0], 0, MONEY)
    world.machine.pass_time(24 * HOUR)
    claim_all(venue)
    refuses("window open", world.vault.pay, NOBODY, 0)
    assert pay_all(venue) == {0: MONEY, 1: MONEY, 2: MONEY}
    assert world.held() == 0


def test_double_exit_is_refused(venue):
    world = venue.world
    freeze_by_silence(venue)
    claim_all(venue)
    refuses("claimed", world.vault.exit, NOBODY, *venue.exit_call(0))
    pay_all(venue)
    refuses("paid", world.vault.pay, NOBODY, 0)
    refuses("claimed", world.vault.exit, NOBODY, *venue.exit_call(0))


def test_stale_exit_is_replaced(venue):
    world = venue.world
    freeze_by_silence(venue)
    claim_all(venue)
    stale = venue.accounts[0]
    venue.move(0, -20_000_000)  # sequenced after the last batch, and signed
    venue.move(1, +20_000_000)
    for number in (0, 1):
        world.vault.replace(NOBODY, *venue.state_call(venue.accounts[number], 3))
    refuses("old", world.vault.replace, NOBODY, *venue.state_call(stale, 3))
    refuses("old", world.vault.replace, NOBODY, *venue.state_call(venue.accounts[0], 3))
    refuses("signature", world.vault.replace, NOBODY, *venue.state_call(
        Account(0, OWNERS[0], 9, 9, 99), 3, Key(5)))
    assert pay_all(venue) == {0: 30_000_000, 1: 70_000_000, 2: MONEY}
    assert world.held() == 0


def test_two_headers_are_slashed(venue):
    world = venue.world
    bond = 1_000_000_000
    world.court.post_bond(world.operator, bond)
    venue.move(0, -10_000_000)
    venue.move(1, +10_000_000)
    venue.submit(NOBODY)
    header = venue.headers[-1]
    other = venue.header(world.machine.now, number=2, content=keccak(b"another"))
    evidence = [
        (one.octets(), *world.signed(batch_structure(one.hash()))) for one in (header, other)]
    before = world.held(NOBODY)
    refuses("same", world.court.headers, NOBODY, *evidence[0], *evidence[0],
            venue.records[2].words(), 1, venue.records[1].words())
    refuses("not before", world.court.headers, NOBODY, *evidence[0], *evidence[1],
            venue.records[2].words(), 2, venue.records[2].words())
    world.court.headers(NOBODY, *evidence[0], *evidence[1], venue.records[2].words(), 1,
                        venue.records[1].words())
    assert world.held(NOBODY) - before == bond // 2
    assert world.held() == 3 * MONEY + bond // 2
    refuses("no bond", world.court.headers, NOBODY, *evidence[0], *evidence[1],
            venue.records[2].words(), 1, venue.records[1].words())
    # The batch signed twice is void: the one before it is the last.
    assert world.vault.exit_root(NOBODY) == venue.records[1].root


def test_two_receipts_are_slashed(venue):
    world = venue.world
    world.court.post_bond(world.operator, 1_000)
    heads = [receipt(bytes(32), 7, 1, 900, 10**18, keccak(outcome)) for outcome in (b"a", b"b")]
    signed = [(head, *world.signed(head_structure(900, head))) for head in heads]
    forged = (heads[1], *world.signed(head_structure(900, heads[1]), Key(6)))
    refuses("signature", world.court.heads, NOBODY, 900, *signed[0], *forged, *venue.last())
    world.court.heads(NOBODY, 900, *signed[0], *signed[1], *venue.last())
    assert world.vault.exit_root(NOBODY) == venue.records[-1].root
    assert world.held(world.court.address) == 0


def test_insolvent_vault_pays_pro_rata(venue):
    """A hole of a third: claims add up to more than the vault holds."""
    world = venue.world
    venue.move(0, +75_000_000)
    venue.submit(NOBODY)
    freeze_by_silence(venue)
    claim_all(venue)
    paid = pay_all(venue)
    sums = 225_000_000
    assert paid == {
        0: 125_000_000 * 150_000_000 // sums, 1: MONEY * 150_000_000 // sums,
        2: MONEY * 150_000_000 // sums}
    assert world.held() == 150_000_000 - sum(paid.values()) < 3


def test_late_claim_gets_of_the_remainder(venue):
    world = venue.world
    venue.move(1, -10_000_000)  # the venue owes less than it holds
    venue.submit(NOBODY)
    freeze_by_silence(venue)
    for number in (0, 1):
        world.vault.exit(NOBODY, *venue.exit_call(number))
    world.machine.pass_time(14 * DAY)
    world.vault.pay(NOBODY, 0)
    world.vault.exit(NOBODY, *venue.exit_call(2))
    before = world.held(OWNERS[2])
    world.vault.pay(NOBODY, 2)
    assert world.held(OWNERS[2]) - before == MONEY  # of the 60 not claimed in time
    world.vault.pay(NOBODY, 1)
    assert world.held() == 10_000_000


def settle(world, underlying, expiry, prices):
    """A settlement record signed by one oracle for each price."""
    separator = domain(world.machine.chain_id, world.prices.address)
    signed = [
        key.sign(digest(separator, settlement_structure(underlying, expiry, price)))
        for key, price in zip(world.oracles, prices, strict=False)]
    r, vs = zip(*signed, strict=True)
    world.prices.settle(NOBODY, underlying, expiry, prices, r, vs)


def test_option_expires_between_last_batch_and_freeze(venue):
    """The long's call and the short's go from the last mark to the intrinsic value."""
    world = venue.world
    expiry = world.machine.now + HOUR
    call = Position(77, 1, 2, expiry, 60_000 * 10**9, 10_000_000, 5, 30_000_000)
    # Marked at 30 dollars a lot of 0.01: 5 lots are 150 dollars more to one, less to the other.
    venue.withdrawal_number = 0
    for number, lots in ((0, 5), (1, -5)):
        venue.sequence += 1
        position = Position(*[getattr(call, name) for name in (
            "instrument", "underlying", "kind", "expiry", "strike", "lot_size")], lots,
            call.mark)
        put = Position(78, 1, 1, expiry + 90 * DAY, 50_000 * 10**9, 10_000_000, 3, 1_000_000)
        venue.put(Account(
            number, OWNERS[number], 200_000_000, 200_000_000 + lots * call.mark, venue.sequence,
            (position, put) if number == 0 else (position,)))
    world.token.transfer(OWNERS[3], world.vault.address, 300_000_000)
    venue.submit(NOBODY)
    freeze_by_silence(venue)
    claim_all(venue)
    prices = [63_999 * 10**9, 64_000 * 10**9, 64_001 * 10**9]
    calls = {}
    for number in (0, 1):
        account = venue.accounts[number]
        octets = account.positions[0].octets()
        path = position_path(account.positions, 0)
        calls[number] = (*venue.exit_call(number), octets, 0, path)
    refuses("no price", world.vault.revalue, NOBODY, *calls[0])
    refuses("too few", settle, world, 1, expiry, prices[:2])
    refuses("prices", settle, world, 1, expiry, prices[::-1])
    settle(world, 1, expiry, prices)
    refuses("settled", settle, world, 1, expiry, prices)
    for number in (0, 1):
        world.vault.revalue(NOBODY, *calls[number])
        refuses("revalued", world.vault.revalue, NOBODY, *calls[number])
    account = venue.accounts[0]
    refuses("not expired", world.vault.revalue, NOBODY, *venue.exit_call(0),
            account.positions[1].octets(), 1, position_path(account.positions, 1))
    # 4,000 dollars intrinsic, of 0.01: 40 dollars a lot, 200 for five.
    assert pay_all(venue) == {0: 400_000_000, 1: 0, 2: MONEY}
    assert world.held() == 0


def test_reorganisation_of_the_deposit_block(venue):
    """A deposit leaves the chain with its block, and comes back in another."""
    world, node = venue.world, venue.world.machine.node
    world.vault.deposit(OWNERS[0], 0, MONEY)
    first = world.machine.receipt
    node.ask("evm_reorganise", 1, False)
    assert node.ask("eth_getTransactionReceipt", first["transactionHash"]) is None
    assert world.held() == 3 * MONEY
    assert world.vault.queued(NOBODY)[0] == 3
    header = venue.header(
        world.machine.now, consumed=4, chain=(1 << 200) + 5)  # it believed in the deposit
    refuses("consumed", world.vault.submit, NOBODY, *venue.submission(header))
    world.vault.deposit(OWNERS[0], 0, MONEY)
    second = world.machine.receipt
    node.ask("evm_reorganise", 1, True)
    moved = node.ask("eth_getTransactionReceipt", second["transactionHash"])
    assert moved["blockHash"] != second["blockHash"]
    venue.queued(DEPOSIT, 0, MONEY)
    venue.consume()
    venue.submit(NOBODY)
    assert world.held() == 4 * MONEY


def test_unseen_deposit_is_refunded_once(venue):
    world = venue.world
    world.vault.deposit(OWNERS[0], 0, 2_000_000)
    venue.queued(DEPOSIT, 0, 2_000_000)
    world.machine.pass_time(24 * HOUR + 1)
    world.vault.freeze(NOBODY, *venue.last())
    before = world.held(OWNERS[0])
    refuses("seen", world.vault.refund, NOBODY, 2, venue.chains[2], 2, MONEY)
    refuses("entry", world.vault.refund, NOBODY, 3, venue.chains[3], 0, 3_000_000)
    world.vault.refund(NOBODY, 3, venue.chains[3], 0, 2_000_000)
    assert world.held(OWNERS[0]) - before == 2_000_000
    refuses("entry", world.vault.refund, NOBODY, 3, venue.chains[3], 0, 2_000_000)
    # A signed state that has the deposit in it comes too late; one without it does not.
    venue.move(0, 2_000_000)
    refuses("refunded", world.vault.replace, NOBODY, *venue.state_call(venue.accounts[0], 4))
    venue.move(0, -2_000_000)
    world.vault.replace(NOBODY, *venue.state_call(venue.accounts[0], 3))


def test_deposit_inside_a_signed_state_is_not_refunded_too(venue):
    """Two deposits that no batch has seen; the first is inside the state that replaced a claim."""
    world = venue.world
    for _ in range(2):
        world.vault.deposit(OWNERS[0], 0, 2_000_000)
        venue.queued(DEPOSIT, 0, 2_000_000)
    world.machine.pass_time(24 * HOUR + 1)
    world.vault.freeze(NOBODY, *venue.last())
    venue.move(0, 2_000_000)
    world.vault.replace(NOBODY, *venue.state_call(venue.accounts[0], 4))
    refuses("seen", world.vault.refund, NOBODY, 3, venue.chains[3], 0, 2_000_000)
    before = world.held(OWNERS[0])
    world.vault.refund(NOBODY, 4, venue.chains[4], 0, 2_000_000)
    assert world.held(OWNERS[0]) - before == 2_000_000


def test_committee_with_a_dishonest_member(venue):
    """Of five oracle signers one lies, in both directions; the median is an honest price."""
    world = venue.world
    expiry = world.machine.now - 10
    honest = [100 * 10**9, 101 * 10**9, 102 * 10**9, 103 * 10**9]
    for underlying, lie in ((1, 1), (2, 1 << 62)):
        settle(world, underlying, expiry, sorted([*honest, lie]))
        assert honest[0] <= world.prices.price_of(NOBODY, underlying, expiry) <= honest[-1]
    separator = domain(world.machine.chain_id, world.prices.address)
    alone = world.oracles[0].sign(digest(separator, settlement_structure(3, expiry, 5)))
    r, vs = zip(*[alone] * 3, strict=True)
    refuses("signed twice", world.prices.settle, NOBODY, 3, expiry, [5] * 3, r, vs)


def test_channel_newest_state_wins_and_closes_together(world):
    first, second = USERS[0], USERS[1]
    channels = world.channels
    separator = domain(world.machine.chain_id, channels.address)

    def both(structure):
        message = digest(separator, structure)
        return *first.sign(message), *second.sign(message)

    def state(channel, nonce, to_first):
        structure = channel_structure(channel, nonce, to_first, bytes(32))
        return channel, nonce, to_first, bytes(32), *both(structure)

    channel = channels.open(first.address, second.address, MONEY)
    channels.fund(second.address, channel, MONEY)
    channels.start(first.address, channel)  # the stale one: all of the deposit
    channels.show(NOBODY, *state(channel, 7, 20_000_000))
    refuses("old", channels.show, NOBODY, *state(channel, 6, 90_000_000))
    refuses("window", channels.finish, NOBODY, channel)
    world.machine.pass_time(DAY + 1)
    refuses("window over", channels.show, NOBODY, *state(channel, 9, 0))
    before = [world.held(key.address) for key in (first, second)]
    channels.finish(NOBODY, channel)
    for side in (True, False):
        channels.collect(NOBODY, channel, side)
        refuses("nothing", channels.collect, NOBODY, channel, side)
    after = [world.held(key.address) for key in (first, second)]
    assert [b - a for a, b in zip(before, after, strict=True)] == [20_000_000, 80_000_000]

    channel = channels.open(first.address, second.address, MONEY)
    channels.close_together(NOBODY, channel, 1_000_000, *both(close_structure(channel, 1_000_000)))
    assert world.held(channels.address) == 0
    refuses("closed", channels.show, NOBODY, *state(channel, 1, 0))


def test_batches_out_of_order_or_unsigned_are_refused(venue):
    world, submit = venue.world, venue.world.vault.submit
    now = world.machine.now
    good = venue.header(now)
    refuses("signature", submit, NOBODY, *venue.submission(good, Key(4)))
    refuses("time", submit, NOBODY, *venue.submission(venue.header(venue.records[-1].time - 1)))
    refuses("time", submit, NOBODY, *venue.submission(venue.header(now + 90)))
    refuses("consumed", submit, NOBODY, *venue.submission(venue.header(now, consumed=2)))
    refuses("sequence", submit, NOBODY, *venue.submission(venue.header(now, last=1)))
    wrong = list(venue.submission(good))
    wrong[0] = (wrong[0][0], keccak(b"other root"), wrong[0][2])
    refuses("record", submit, NOBODY, *wrong)
    for number in (0, 1, 3):
        with pytest.raises(Refused):
            submit(NOBODY, *venue.submission(venue.header(now, number=number)))
    submit(NOBODY, *venue.submission(good))


def test_pause_and_successor(venue):
    world = venue.world
    council, vault = world.council, world.vault
    refuses("council", vault.pause, OWNERS[0])
    vault.pause(council)
    refuses("paused", vault.deposit, OWNERS[0], 0, MONEY)
    vault.request(OWNERS[0], WITHDRAW, 0, MONEY, 0, 0)  # what nobody can stop
    refuses("too soon", vault.pause, council)
    world.machine.pass_time(7 * DAY + 1)
    refuses("too soon", vault.pause, council)
    vault.freeze(NOBODY, *venue.last())


def test_migration_needs_its_notice(venue):
    world, vault = venue.world, venue.world.vault
    refuses("operator", vault.announce, OWNERS[0], "0x" + OWNERS[0].hex())
    refuses("no successor", vault.migrate, world.operator, *venue.last())
    vault.announce(world.operator, "0x" + OWNERS[5].hex())
    world.machine.pass_time(29 * DAY)
    refuses("notice", vault.migrate, world.operator, *venue.last())
    world.machine.pass_time(DAY + 1)
    before = world.held(OWNERS[5])
    vault.migrate(world.operator, *venue.last())
    assert world.held(OWNERS[5]) - before == 3 * MONEY
    refuses("not open", vault.exit, NOBODY, *venue.exit_call(0))


def test_node_refuses_in_one_line(world):
    node = world.machine.node
    key = USERS[0]
    cases = [
        ("does not exist", "eth_noSuchMethod", ()),
        ("not hexadecimal", "eth_getBalance", ("zz",)),
        ("wrong number", "eth_getBalance", ()),
        ("header not found", "eth_call", ({"to": "0x" + "11" * 20}, "0xffffff")),
        ("nonce too low", "eth_sendRawTransaction", (world.machine.signed(
            key, {"to": "0x" + "11" * 20, "gas": 21_000, "nonce": 0}),)),
        ("insufficient funds", "eth_sendRawTransaction", (world.machine.signed(
            key, {"to": "0x" + "11" * 20, "gas": 21_000, "value": 10**30}),)),
        ("intrinsic gas too low", "eth_sendRawTransaction", (world.machine.signed(
            key, {"to": "0x" + "11" * 20, "gas": 20_000}),)),
        ("exceeds maximum", "eth_sendRawTransaction", (world.machine.signed(
            key, {"to": "0x" + "11" * 20, "gas": 16_777_217}),)),
        ("invalid chain id", "eth_sendRawTransaction", (world.machine.signed(
            key, {"to": "0x" + "11" * 20, "gas": 21_000, "chainId": 5}),)),
        ("cannot decode", "eth_sendRawTransaction", ("0x02c0",)),
    ]
    for words, method, parameters in cases:
        with pytest.raises(RpcFault, match=words) as caught:
            node.ask(method, *parameters)
        assert "\n" not in str(caught.value)


def test_node_replaces_a_waiting_transaction(world):
    node, key = world.machine.node, USERS[0]
    node.ask("evm_setAutomine", False)
    target = {"to": "0x" + "11" * 20, "gas": 21_000}
    slow = {**target, "maxFeePerGas": 10, "maxPriorityFeePerGas": 1}
    hash = node.ask("eth_sendRawTransaction", world.machine.signed(key, slow))
    nonce = int(node.ask("eth_getTransactionByHash", hash)["nonce"], 16)
    node.ask("evm_mine")
    assert node.ask("eth_getTransactionReceipt", hash) is None
    with pytest.raises(RpcFault, match="underpriced"):
        node.ask("eth_sendRawTransaction", world.machine.signed(
            key, {**slow, "nonce": nonce, "value": 1}))
    other = node.ask("eth_sendRawTransaction", world.machine.signed(
        key, {**target, "nonce": nonce}))
    node.ask("evm_mine")
    assert node.ask("eth_getTransactionReceipt", other)["status"] == "0x1"
    assert node.ask("eth_getTransactionByHash", hash) is None
    logs = node.ask("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest",
                                    "address": "0x" + world.token.address.hex()})
    assert logs and all(one["address"] == "0x" + world.token.address.hex() for one in logs)


def test_node_takes_blobs_and_serves_them(world):
    from eth_account import Account as Wallet
    node, key = world.machine.node, USERS[0]
    blob = bytes(31) + b"\x05" + bytes(4096 * 32 - 32)
    nonce = int(node.ask("eth_getTransactionCount", "0x" + key.address.hex()), 16)
    fields = {
        "type": 3, "chainId": world.machine.chain_id, "nonce": nonce, "gas": 21_000, "value": 0,
        "to": "0x" + "11" * 20, "maxFeePerGas": 10**11, "maxPriorityFeePerGas": 10**9,
        "maxFeePerBlobGas": 10**9, "data": "0x"}
    signed = Wallet.from_key(key.secret.to_bytes(32, "big")).sign_transaction(
        fields, blobs=[blob])
    raw = bytes(signed.raw_transaction)
    spoilt = raw.replace(blob, blob.replace(b"\x05", b"\x06"), 1)
    assert spoilt != raw
    with pytest.raises(RpcFault, match="blobs do not match the commitments"):
        node.ask("eth_sendRawTransaction", "0x" + spoilt.hex())
    hash = node.ask("eth_sendRawTransaction", "0x" + raw.hex())
    receipt = node.ask("eth_getTransactionReceipt", hash)
    assert receipt["status"] == "0x1" and receipt["type"] == "0x3"
    commitment = signed_commitment(raw)
    versioned = "0x01" + hashlib.sha256(commitment).hexdigest()[2:]
    served = node.ask("evm_getBlob", versioned)
    assert served["blob"] == "0x" + blob.hex()
    assert served["commitment"] == "0x" + commitment.hex()


def signed_commitment(raw):
    """The first commitment in the envelope: transaction, version, blobs, commitments, proofs."""
    return rlp.decode(raw[1:])[3][0]
