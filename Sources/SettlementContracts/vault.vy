# pragma version 0.4.3
"""
@title Vault of the venue
@notice Holds the users' dollars. Money comes in by deposits, goes out by withdrawals that a final
        batch commits to, and, once anybody has frozen the venue, by claims on the last root.
        The operator can neither take money nor stop a user from leaving.
        Amounts are micro-dollars of a six-decimal token; times are seconds. Every duration is a
        multiple of HOUR, which is 3,600 except on development chains. SETTLEMENT.md holds the
        formats; the numbers X-1 ... X-13 are the venue's parameters.
"""

from ethereum.ercs import IERC20
import paths
import signed

initializes: signed


interface Prices:
    def price_of(underlying: uint256, expiry: uint256) -> uint256: view


event AccountOpened:
    account: indexed(uint256)
    owner: indexed(address)


event Queued:
    index: indexed(uint256)
    kind: indexed(uint256)
    account: indexed(uint256)
    amount: uint256
    instrument: uint256
    lots: int256
    link: bytes32


event Batch:
    number: indexed(uint256)
    header: indexed(bytes32)


event Withdrawn:
    account: indexed(uint256)
    amount: uint256


event Frozen:
    number: indexed(uint256)
    root: bytes32


event Claimed:
    account: indexed(uint256)
    claim: int256


event Paid:
    account: indexed(uint256)
    amount: uint256


event Refunded:
    index: indexed(uint256)
    amount: uint256


event Paused:
    until: uint256


event SuccessorAnnounced:
    successor: indexed(address)
    earliest: uint256


# What a stored batch commits to: keccak(withdrawal root ‖ state root ‖ numbers), see `_record`.
struct Record:
    withdrawals: bytes32
    root: bytes32
    numbers: uint256


DEPOSIT: constant(uint256) = 0
WITHDRAW: constant(uint256) = 1
CANCEL_ALL: constant(uint256) = 2
CLOSE_ON_BOOK: constant(uint256) = 3
CLOSE_TO_MODULE: constant(uint256) = 4

OPEN_MAX: constant(uint256) = 4096  # X-8
FREE_PER_BLOCK: constant(uint256) = 10  # X-8
DEPOSIT_MIN: constant(uint256) = 1_000_000
HARD_DEADLINE: constant(uint256) = 24  # hours, X-2
PROOF_DEADLINE: constant(uint256) = 72  # hours, X-3
CHALLENGE: constant(uint256) = 24  # hours, X-12
CLAIM_WINDOW: constant(uint256) = 14 * 24  # hours, X-7
NOTICE: constant(uint256) = 30 * 24  # hours, X-10
PAUSE_MAX: constant(uint256) = 7 * 24  # hours
HOURLY: constant(uint256) = 1_000_000_000_000  # X-13: the larger of this and 1 %
DAILY: constant(uint256) = 10_000_000_000_000  # X-13: the larger of this and 10 %

U32: constant(uint256) = (1 << 32) - 1
U40: constant(uint256) = (1 << 40) - 1
U64: constant(uint256) = (1 << 64) - 1
U24: constant(uint256) = (1 << 24) - 1
U112: constant(uint256) = (1 << 112) - 1
U128: constant(uint256) = (1 << 128) - 1
U160: constant(uint256) = (1 << 160) - 1
U216: constant(uint256) = (1 << 216) - 1
OPENED: constant(uint256) = 1 << 255
LATE: constant(uint256) = 1 << 250
SETTLED: constant(uint256) = 1 << 249
PRESENT: constant(uint256) = 1 << 248
BIAS: constant(uint256) = 1 << 63
END_OF_CHAIN: constant(bytes32) = 0x0000000000000000000000000000000000000000000000000000000000000001

BATCH_TYPE: constant(bytes32) = keccak256("Batch(bytes32 header)")
STATE_TYPE: constant(bytes32) = keccak256("AccountState(bytes32 leaf,uint64 consumed)")

TOKEN: immutable(IERC20)
PRICES: immutable(Prices)
COURT: immutable(address)
SEQUENCER: immutable(address)
OPERATOR: immutable(address)
COUNCIL: immutable(address)
HOUR: immutable(uint256)
SLOT_FEE: immutable(uint256)

# owner 160 | cumulative payments by withdrawals 96 <- top
account_slots: HashMap[uint256, uint256]
accounts: public(uint256)
# chain 216 | time 40 <- top; chain_i = keccak(chain_(i-1) ‖ request)'s low 216 bits
queue: HashMap[uint256, uint256]
# count 40 | consumed, a lower bound 40 | block 64 | requests of that block 40
queue_state: uint256
# Keyed by batch number; END_OF_CHAIN where no batch may follow.
commitments: public(HashMap[uint256, bytes32])
# paused until 40 <- top | hour 24 | paid in it 64 | day 24 | paid in it 64 | first void batch 40
outflow: uint256
successor: public(address)
successor_from: public(uint256)

exit_root: public(bytes32)
# sum of claims 112 | claims open at 40 | claims close at 40 | 1; both times 0 before a freeze
exit_state: uint256
# what claims in time share, + 1, 0 before the first payment 64 | paid to them 64
# | last sequence of the last batch 64 | requests it consumed 40 | 1 <- top
exit_share: uint256
# revalued positions 128 | claim + 2^63 64 | sequence 56 | PRESENT, SETTLED, LATE
claims: HashMap[uint256, uint256]
# Leaf hash of a claim that rests on a signed state, not on the tree.
signed_leaves: public(HashMap[uint256, bytes32])
# 1 + the lowest index of a refunded deposit, by account.
refunded_from: HashMap[uint256, uint256]
# Requests below this index are inside the signed state that an account's claim rests on.
covered_below: HashMap[uint256, uint256]


@deploy
def __init__(
    token: IERC20,
    prices: Prices,
    court: address,
    sequencer: address,
    operator: address,
    council: address,
    hour: uint256,
    slot_fee: uint256,
    genesis_root: bytes32,
    own_first: uint256,
    own_count: uint256,
):
    """
    @param court May convict the sequencer of signing twice.
    @param hour Seconds that count as an hour: 3,600.
    @param slot_fee Wei for each request beyond the free ones of a block, rising by it.
    @param own_first The first of the venue's own accounts (modules, fees), the operator's.
    """
    assert sequencer != empty(address) and token.address.is_contract, "parties"
    assert hour > 0 and genesis_root != empty(bytes32), "hour and root"
    signed.__init__(empty(address))
    TOKEN = token
    PRICES = prices
    COURT = court
    SEQUENCER = sequencer
    OPERATOR = operator
    COUNCIL = council
    HOUR = hour
    SLOT_FEE = slot_fee
    assert own_count <= 64
    for i: uint256 in range(64):
        if i < own_count:
            self.account_slots[own_first + i] = convert(operator, uint256)
    # Not zero from the start, so that no user pays for a first write.
    self.queue_state = block.number << 80
    self.outflow = 1 << 40
    self.exit_state = OPENED
    self.exit_share = OPENED
    self.commitments[0] = self._record(
        empty(bytes32), genesis_root, block.timestamp << 80 | block.timestamp << 40
    )


# --- Accounts and requests -----------------------------------------------------------------------


@external
@payable
def open_account(amount: uint256) -> uint256:
    """
    @notice A new account of the sender's, with its first deposit. Numbers rise from 0.
    """
    account: uint256 = self.accounts
    assert self.account_slots[account] == 0, "accounts full"
    self.accounts = account + 1
    self.account_slots[account] = convert(msg.sender, uint256)
    log AccountOpened(account=account, owner=msg.sender)
    self._deposit(account, amount, msg.value)
    return account


@external
@payable
def deposit(account: uint256, amount: uint256):
    """
    @notice Adds to any account that is open. The venue credits it when it reaches the queue's
            entry; it must, as for every request, before the hard deadline.
    """
    assert self.account_slots[account] != 0, "no account"
    self._deposit(account, amount, msg.value)


@internal
def _deposit(account: uint256, amount: uint256, fee: uint256):
    assert amount >= DEPOSIT_MIN and amount < BIAS, "amount"
    assert block.timestamp >= self.outflow >> 216, "paused"
    self._enqueue(DEPOSIT, account, amount, 0, 0, fee)
    assert extcall TOKEN.transferFrom(
        msg.sender, self, amount, default_return_value=True
    ), "transfer"


@external
@payable
def request(
    kind: uint256, account: uint256, amount: uint256, instrument: uint256, lots: int256
) -> uint256:
    """
    @notice A forced request (X-1) by the account's owner: 1 withdraw `amount` µ$, 2 cancel all
            orders, 3 close up to `lots` of `instrument` on the book at `amount` (1e-9 dollars) or
            better, 4 the same against the security module.
    @return Its index. Once 24 hours pass without a batch that consumed it, anyone freezes.
    """
    assert kind >= WITHDRAW and kind <= CLOSE_TO_MODULE, "kind"
    assert self._owner(account) == msg.sender, "owner"
    assert amount < BIAS and instrument <= U32, "range"
    assert lots > -(2**63) and lots < 2**63, "range"
    return self._enqueue(kind, account, amount, instrument, lots, msg.value)


@internal
def _enqueue(
    kind: uint256,
    account: uint256,
    amount: uint256,
    instrument: uint256,
    lots: int256,
    fee: uint256,
) -> uint256:
    assert self.exit_root == empty(bytes32), "frozen"
    state: uint256 = self.queue_state
    count: uint256 = state & U40
    consumed: uint256 = state >> 40 & U40
    assert count < consumed + OPEN_MAX, "queue full"
    in_block: uint256 = 1
    if state >> 80 & U64 == block.number:
        in_block = (state >> 144) + 1
    if in_block > FREE_PER_BLOCK:
        assert fee >= SLOT_FEE * (in_block - FREE_PER_BLOCK), "fee"
    self.queue_state = count + 1 | consumed << 40 | block.number << 80 | in_block << 144
    link: uint256 = self._chain(self._chain_at(count), kind, account, amount, instrument, lots)
    self.queue[count] = link | block.timestamp << 216
    log Queued(
        index=count,
        kind=kind,
        account=account,
        amount=amount,
        instrument=instrument,
        lots=lots,
        link=convert(link, bytes32),
    )
    return count


@external
def acknowledge(number: uint256, record: Record):
    """
    @notice Tells the queue how far a batch consumed it, which makes room. Anyone, any batch.
    """
    self._check(number, record)
    state: uint256 = self.queue_state
    consumed: uint256 = record.numbers & U40
    if consumed > state >> 40 & U40:
        self.queue_state = state & ~(U40 << 40) | consumed << 40


@external
def collect_fees():
    """
    @notice Sends the fees of paid slots to the operator.
    """
    send(OPERATOR, self.balance)


# --- Batches -------------------------------------------------------------------------------------


@external
def submit(
    previous: Record,
    numbers: uint256,
    root: bytes32,
    withdrawals: bytes32,
    risk_table: bytes32,
    receipts: bytes32,
    content: bytes32,
    r: bytes32,
    vs: bytes32,
):
    """
    @notice Accepts a batch that the sequencer signed. Anybody may carry it here.
    @param previous The record of the batch before, which must be the last one.
    @param numbers number 64 | last sequence 64 | time 64 | queue entries consumed 64, top first.
    Refused when out of order, when its time is not within -72 h ... +60 s of the chain's (X-9),
    when it leaves requests it had consumed, consumes ones that are not there, or is not signed.
    """
    number: uint256 = numbers >> 192
    last: uint256 = numbers >> 128 & U64
    time: uint256 = numbers >> 64 & U64
    consumed: uint256 = numbers & U64
    before: uint256 = previous.numbers
    assert self.commitments[number] == empty(bytes32), "number"
    self._check(unsafe_sub(number, 1), previous)
    assert last >= before >> 120, "sequence"
    # As long as no batch may wait (X-3): later the vault can be frozen instead.
    assert time >= before >> 80 & U40 and time + PROOF_DEADLINE * HOUR >= block.timestamp, "time"
    assert time <= block.timestamp + HOUR // 60, "time"
    assert consumed >= before & U40, "consumed"
    data: bytes32 = keccak256(
        abi_encode(content, withdrawals, consumed, self._chain_at(consumed))
    )
    header: bytes32 = keccak256(
        concat(
            convert(convert(number, uint64), bytes8),
            convert(convert((before >> 120) + 1, uint64), bytes8),
            convert(convert(last, uint64), bytes8),
            previous.root,
            root,
            risk_table,
            receipts,
            data,
            convert(convert(time, uint64), bytes8),
        )
    )
    structure: bytes32 = keccak256(abi_encode(BATCH_TYPE, header))
    assert signed.signer(structure, r, vs) == SEQUENCER, "signature"
    assert root != empty(bytes32), "root"
    self.commitments[number] = self._record(
        withdrawals, root, last << 120 | time << 80 | block.timestamp << 40 | consumed
    )
    log Batch(number=number, header=header)


@internal
@view
def _check(number: uint256, record: Record):
    assert (
        self.commitments[number] == self._record(record.withdrawals, record.root, record.numbers)
    ), "record"


@internal
@pure
def _record(withdrawals: bytes32, root: bytes32, numbers: uint256) -> bytes32:
    # numbers: 72 zeros | last sequence 64 | batch time 40 | submitted 40 | consumed 40
    return keccak256(abi_encode(withdrawals, root, numbers))


@external
def withdraw(
    which: uint256, root: bytes32, numbers: uint256, siblings: DynArray[bytes32, 5]
):
    """
    @notice Pays what a final batch says the account has withdrawn so far, less what was paid.
            Anybody may call it; the money goes to the owner. Less is paid, and the rest later,
            when the hour or the day has had its share (X-13).
    @param which batch 64 | index in its withdrawals 32 | account 32 | number of the account's last
                 withdrawal in it 64 | µ$ of all the account's withdrawals up to that one 64.
    @param root The batch's state root; `numbers` the numbers of its record.
    """
    assert (numbers >> 40 & U40) + CHALLENGE * HOUR <= block.timestamp, "not final"
    account: uint256 = which >> 128 & U32
    node: bytes32 = keccak256(convert(which & U160, bytes32))  # the leaf
    bit: uint256 = 1 << 160
    for sibling: bytes32 in siblings:
        if which & bit == 0:
            node = keccak256(abi_encode(node, sibling))
        else:
            node = keccak256(abi_encode(sibling, node))
        bit = unsafe_add(bit, bit)
    batch: uint256 = which >> 192
    assert self.commitments[batch] == self._record(node, root, numbers), "record"
    slot: uint256 = self.account_slots[account]
    due: uint256 = self._admit((which & U64) - (slot >> 160), batch)
    assert due > 0, "nothing due"
    self.account_slots[account] = slot + (due << 160)
    log Withdrawn(account=account, amount=due)
    self._send(convert(slot & U160, address), due)


@internal
def _admit(due: uint256, batch: uint256) -> uint256:
    """
    @notice How much of `due` may leave now; counts it against the hour and the day.
    """
    flow: uint256 = self.outflow
    if flow & U40 != 0:
        assert batch < flow & U40, "void batch"
        if block.timestamp < self.exit_state >> 152 & U40:
            return due
        return min(due, self._remainder())
    assert block.timestamp >= flow >> 216, "paused"
    hour: uint256 = block.timestamp // HOUR & U24
    day: uint256 = block.timestamp // (24 * HOUR) & U24
    in_hour: uint256 = 0
    in_day: uint256 = 0
    if flow >> 104 & U24 == day:
        in_day = flow >> 40 & U64
        if flow >> 192 & U24 == hour:
            in_hour = flow >> 128 & U64
    held: uint256 = staticcall TOKEN.balanceOf(self, skip_contract_check=True)
    paid: uint256 = min(due, self._left(max(HOURLY, held // 100), in_hour))
    paid = min(paid, self._left(max(DAILY, held // 10), in_day))
    self.outflow = (
        flow >> 216 << 216
        | hour << 192
        | in_hour + paid << 128
        | day << 104
        | in_day + paid << 40
    )
    return paid


@internal
@pure
def _left(most: uint256, used: uint256) -> uint256:
    return most - used if most > used else 0


# --- Freeze and exit -----------------------------------------------------------------------------


@external
def freeze(number: uint256, record: Record):
    """
    @notice Ends the venue's batches for good (X-4): anybody, once the oldest request has waited
            24 hours (X-2), or no batch came for 72 (X-3).
    @param number The last batch, and its record.
    """
    self._check(number, record)
    waiting: uint256 = self.queue[record.numbers & U40] >> 216
    late: bool = waiting != 0 and waiting + HARD_DEADLINE * HOUR < block.timestamp
    submitted: uint256 = record.numbers >> 40 & U40
    assert late or submitted + PROOF_DEADLINE * HOUR < block.timestamp, "no reason"
    assert self.commitments[number + 1] == empty(bytes32), "not last"
    self._freeze(number, record)


@external
def convict(signed_twice: uint256, offence: Record, number: uint256, record: Record):
    """
    @notice The court's verdict: freezes at once. A batch signed twice that is not final yet goes,
            with all after it; otherwise the last batch stands.
    @param signed_twice The batch's number; 2^64 - 1 when receipts were signed twice.
    @param offence Its record, when it is stored.
    @param number The batch that stays as the last, and its record.
    """
    assert msg.sender == COURT, "court"
    self._check(number, record)
    pending: bool = False
    if signed_twice != 0 and self.commitments[signed_twice] != empty(bytes32):
        self._check(signed_twice, offence)
        submitted: uint256 = offence.numbers >> 40 & U40
        pending = submitted + CHALLENGE * HOUR > block.timestamp
    if pending:
        assert number + 1 == signed_twice, "not before"
    else:
        assert self.commitments[number + 1] == empty(bytes32), "not last"
    self._freeze(number, record)


@internal
def _freeze(number: uint256, record: Record):
    assert self.exit_root == empty(bytes32), "frozen"
    self.commitments[number + 1] = END_OF_CHAIN
    self.outflow = self.outflow >> 40 << 40 | number + 1
    self.exit_root = record.root
    self.exit_share = (
        OPENED | (record.numbers & U40) << 192 | (record.numbers >> 120) << 128
    )
    final: uint256 = (record.numbers >> 40 & U40) + CHALLENGE * HOUR
    start: uint256 = max(block.timestamp, final)
    self.exit_state = OPENED | start + CLAIM_WINDOW * HOUR << 152 | start << 112
    log Frozen(number=number, root=record.root)


@external
def exit(leaf: Bytes[114], bitmap: uint256, siblings: DynArray[bytes32, 32]):
    """
    @notice Claims an account's escape equity by its leaf under the last root. Anybody may call;
            the account's owner is paid. One claim an account. Claims of the window share alike
            (X-7); later ones get of what is left.
    """
    state: uint256 = self.exit_state
    self._assert_open(state)
    account: uint256 = self._account_of(leaf)
    assert self.claims[account] == 0, "claimed"
    assert (
        paths.account_root(keccak256(leaf), account, bitmap, siblings) == self.exit_root
    ), "path"
    self._claim(account, convert(extract32(leaf, 18), uint256), state)


@external
def replace(leaf: Bytes[114], consumed: uint256, r: bytes32, vs: bytes32):
    """
    @notice Replaces a claim, or makes one, by a newer state of the account that the sequencer
            signed after the last batch. Anybody may show it, inside the window.
    @param consumed How many requests of the queue that state has seen: their deposits are in it.
    """
    state: uint256 = self.exit_state
    self._assert_open(state)
    assert block.timestamp < state >> 152 & U40, "window over"
    account: uint256 = self._account_of(leaf)
    money: uint256 = convert(extract32(leaf, 18), uint256)
    sequence: uint256 = money & U64
    slot: uint256 = self.claims[account]
    assert sequence > self.exit_share >> 128 & U64, "old"
    assert sequence > (slot >> 192 & (1 << 56) - 1), "old"
    structure: bytes32 = keccak256(abi_encode(STATE_TYPE, keccak256(leaf), consumed))
    assert signed.signer(structure, r, vs) == SEQUENCER, "signature"
    refunded: uint256 = self.refunded_from[account]
    assert refunded == 0 or consumed < refunded, "refunded"
    self.covered_below[account] = consumed
    self.signed_leaves[account] = keccak256(leaf)
    if slot != 0:
        state -= self._owed(slot)
    self._claim(account, money, state)


@internal
def _claim(account: uint256, money: uint256, state: uint256):
    # Octets 18 ... 50 of the leaf: ... | collateral 64 | escape equity 64 | last sequence 64
    sequence: uint256 = money & U64
    assert sequence < 1 << 56, "sequence"
    slot: uint256 = PRESENT | sequence << 192 | (money >> 64 & U64 ^ BIAS) << 128
    if block.timestamp >= state >> 152 & U40:
        slot |= LATE
    else:
        self.exit_state = state + self._owed(slot)
    self.claims[account] = slot
    log Claimed(account=account, claim=self._value(slot))


@external
def revalue(
    leaf: Bytes[114],
    bitmap: uint256,
    siblings: DynArray[bytes32, 32],
    position: Bytes[46],
    index: uint256,
    position_siblings: bytes32[7],
):
    """
    @notice Moves a claim from the last mark of one position to what it was worth at its expiry
            (X-6), by the oracles' signed price. Anybody may, for any account that has claimed,
            inside the window: also for one that would rather not. Once a position.
    """
    state: uint256 = self.exit_state
    assert block.timestamp < state >> 152 & U40, "window over"
    account: uint256 = self._account_of(leaf)
    slot: uint256 = self.claims[account]
    assert slot != 0, "no claim"
    known: bytes32 = self.signed_leaves[account]
    if known != empty(bytes32):
        assert keccak256(leaf) == known, "leaf"
    else:
        assert (
            paths.account_root(keccak256(leaf), account, bitmap, siblings) == self.exit_root
        ), "path"
    assert len(position) == 46, "position"
    assert (
        paths.position_root(keccak256(position), index, position_siblings)
        == extract32(leaf, 50)
    ), "position path"
    assert slot >> index & 1 == 0, "revalued"
    after: int256 = self._value(slot) + self._change(position)
    assert after >= -(2**63) and after < 2**63, "range"
    moved: uint256 = convert(after + convert(BIAS, int256), uint256) << 128
    changed: uint256 = slot & ~(U64 << 128) | moved | 1 << index
    self.exit_state = state - self._owed(slot) + self._owed(changed)
    self.claims[account] = changed
    log Claimed(account=account, claim=after)


@internal
@view
def _change(position: Bytes[46]) -> int256:
    """
    @notice µ$ that the position's worth at expiry is above its mark, rounded down.
    """
    # instrument 4 | underlying 1 | kind 1 | expiry 8 | strike 8 | lot size 8 || lots 8 | mark 8
    terms: uint256 = convert(extract32(position, 0), uint256)
    underlying: uint256 = terms >> 216 & 255
    kind: uint256 = terms >> 208 & 255
    expiry: uint256 = terms >> 144 & U64
    strike: int256 = self._signed(terms >> 80 & U64)
    lot_size: int256 = convert(terms >> 16 & U64, int256)
    tail: uint256 = convert(extract32(position, 14), uint256)
    lots: int256 = self._signed(tail >> 64 & U64)
    mark: int256 = self._signed(tail & U64)
    assert kind >= 1 and kind <= 3, "kind"
    assert expiry <= block.timestamp, "not expired"
    worth: int256 = convert(staticcall PRICES.price_of(underlying, expiry), int256)
    assert worth != 0, "no price"
    if kind == 1:
        worth = max(strike - worth, 0)
    elif kind == 2:
        worth = max(worth - strike, 0)
    # floor(a / b) of a negative a: Vyper's division goes to zero.
    product: int256 = lots * worth * lot_size
    value: int256 = product // 10**12
    if product < 0 and value * 10**12 != product:
        value -= 1
    return value - lots * mark


@external
def refund(index: uint256, previous: uint256, account: uint256, amount: uint256):
    """
    @notice Gives a deposit back that no batch has seen, after the freeze.
    @param previous The queue's chain before it.
    """
    state: uint256 = self.exit_state
    self._assert_open(state)
    assert index >= self.exit_share >> 192 & U40 and index >= self.covered_below[account], "seen"
    link: uint256 = self._chain(previous, DEPOSIT, account, amount, 0, 0)
    assert self.queue[index] & U216 == link, "entry"
    self.queue[index] = 0
    lowest: uint256 = self.refunded_from[account]
    if lowest == 0 or index + 1 < lowest:
        self.refunded_from[account] = index + 1
    owed: uint256 = amount
    if block.timestamp >= state >> 152 & U40:
        owed = min(owed, self._remainder())
    log Refunded(index=index, amount=owed)
    self._send(self._owner(account), owed)


@external
def pay(account: uint256):
    """
    @notice Pays an account's claim after the window: floor(claim · min(1, vault / Σ claims)).
    """
    state: uint256 = self.exit_state
    assert block.timestamp >= state >> 152 & U40 and state >> 152 & U40 != 0, "window open"
    slot: uint256 = self.claims[account]
    assert slot & PRESENT != 0, "no claim"
    assert slot & SETTLED == 0, "paid"
    owed: uint256 = self._owed(slot)
    if slot & LATE != 0:
        remainder: uint256 = self._remainder()
        assert owed == 0 or remainder > 0, "nothing left"
        owed = min(owed, remainder)
    else:
        sum: uint256 = state & U112
        share: uint256 = self._share()
        pot: uint256 = (share & U64) - 1
        if sum > pot:
            owed = owed * pot // sum
        self.exit_share = share + (owed << 64)
    self.claims[account] = slot | SETTLED
    log Paid(account=account, amount=owed)
    if owed > 0:
        self._send(self._owner(account), owed)


@internal
def _remainder() -> uint256:
    """
    @notice What the vault holds beyond the claims made in time. Fixes their pot at the first call.
    """
    share: uint256 = self._share()
    self.exit_share = share
    reserved: uint256 = min((share & U64) - 1, self.exit_state & U112) - (share >> 64 & U64)
    return staticcall TOKEN.balanceOf(self) - reserved


@internal
@view
def _share() -> uint256:
    """
    @notice `exit_share` with its pot: what the vault held when the window was over.
    """
    share: uint256 = self.exit_share
    if share & U64 == 0:
        share |= min(staticcall TOKEN.balanceOf(self) + 1, U64)
    return share


@internal
@view
def _assert_open(state: uint256):
    opens: uint256 = state >> 112 & U40
    assert opens != 0 and block.timestamp >= opens, "not open"


@internal
def _send(to: address, amount: uint256):
    assert to != empty(address), "no account"
    assert extcall TOKEN.transfer(
        to, amount, default_return_value=True, skip_contract_check=True
    ), "transfer"


# --- Pause and successor -------------------------------------------------------------------------


@external
def pause():
    """
    @notice The council stops deposits and withdrawals for 7 days, and then not for as long.
            Requests, freeze and exit it cannot stop (X-10).
    """
    assert msg.sender == COUNCIL, "council"
    flow: uint256 = self.outflow
    assert block.timestamp >= (flow >> 216) + PAUSE_MAX * HOUR, "too soon"
    until: uint256 = block.timestamp + PAUSE_MAX * HOUR
    self.outflow = flow & (1 << 216) - 1 | until << 216
    log Paused(until=until)


@external
def announce(successor: address):
    """
    @notice Names the contract that may take over in 30 days; 0 takes the name back (X-10).
    """
    assert msg.sender == OPERATOR, "operator"
    self.successor = successor
    self.successor_from = block.timestamp + NOTICE * HOUR
    log SuccessorAnnounced(successor=successor, earliest=self.successor_from)


@external
def migrate(number: uint256, record: Record):
    """
    @notice Moves the money to the announced successor once the notice is over. Ends this vault.
    """
    assert msg.sender == OPERATOR, "operator"
    assert self.successor != empty(address), "no successor"
    assert block.timestamp >= self.successor_from, "notice"
    assert self.exit_root == empty(bytes32), "frozen"
    self._check(number, record)
    assert self.commitments[number + 1] == empty(bytes32), "not last"
    self.commitments[number + 1] = END_OF_CHAIN
    self.exit_root = END_OF_CHAIN
    self._send(self.successor, staticcall TOKEN.balanceOf(self))


# --- Reading -------------------------------------------------------------------------------------


@external
@view
def owner_of(account: uint256) -> address:
    return self._owner(account)


@external
@view
def withdrawn(account: uint256) -> uint256:
    """
    @notice µ$ paid by withdrawals so far.
    """
    return self.account_slots[account] >> 160


@external
@view
def claim_of(account: uint256) -> (int256, uint256, uint256, bool):
    """
    @notice Claim in µ$, sequence of its state, positions revalued (bits), whether paid.
    """
    slot: uint256 = self.claims[account]
    if slot == 0:
        return 0, 0, 0, False
    return (
        self._value(slot), slot >> 192 & (1 << 56) - 1, slot & U128, slot & SETTLED != 0
    )


@external
@view
def queued() -> (uint256, uint256):
    """
    @notice Requests so far, and how many of them a batch is known to have consumed.
    """
    return self.queue_state & U40, self.queue_state >> 40 & U40


@external
@view
def request_at(index: uint256) -> (uint256, uint256):
    """
    @notice The chain up to and with this request, and its time.
    """
    return self.queue[index] & U216, self.queue[index] >> 216


@external
@view
def exits() -> (uint256, uint256, uint256, uint256, uint256):
    """
    @notice Sum of the claims made in time, when claims open, when they close (0 before a freeze),
            what they share + 1 (0 before the first payment), what they were paid.
    """
    state: uint256 = self.exit_state
    share: uint256 = self.exit_share
    return (
        state & U112, state >> 112 & U40, state >> 152 & U40, share & U64, share >> 64 & U64
    )


@external
@view
def last_batch() -> (uint256, uint256):
    """
    @notice Last sequence number and count of requests that the frozen state includes.
    """
    return self.exit_share >> 128 & U64, self.exit_share >> 192 & U40


@internal
@view
def _owner(account: uint256) -> address:
    return convert(self.account_slots[account] & U160, address)


@internal
@view
def _chain_at(count: uint256) -> uint256:
    if count == 0:
        return 0
    slot: uint256 = self.queue[count - 1]
    assert slot != 0, "consumed"
    return slot & U216


@internal
@pure
def _chain(
    before: uint256,
    kind: uint256,
    account: uint256,
    amount: uint256,
    instrument: uint256,
    lots: int256,
) -> uint256:
    octets: Bytes[57] = concat(
        convert(before, bytes32),
        convert(convert(kind, uint8), bytes1),
        convert(convert(account, uint32), bytes4),
        convert(convert(amount, uint64), bytes8),
        convert(convert(instrument, uint32), bytes4),
        convert(convert(lots, int64), bytes8),
    )
    return convert(keccak256(octets), uint256) & U216


@internal
@pure
def _account_of(leaf: Bytes[114]) -> uint256:
    head: uint256 = convert(extract32(leaf, 0), uint256)
    assert len(leaf) == 114 and head >> 240 == 1, "leaf"
    return head >> 208 & U32


@internal
@pure
def _value(slot: uint256) -> int256:
    return convert(slot >> 128 & U64, int256) - convert(BIAS, int256)


@internal
@pure
def _owed(slot: uint256) -> uint256:
    biased: uint256 = slot >> 128 & U64
    return biased - BIAS if biased > BIAS else 0


@internal
@pure
def _signed(word: uint256) -> int256:
    return convert(word ^ BIAS, int256) - convert(BIAS, int256)
