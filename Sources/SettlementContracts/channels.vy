# pragma version 0.4.3
"""
@title State channels
@notice Two parties put dollars down and sign states to each other; the newest one both signed
        decides who gets what. Together they close in one transaction; alone, one shows a state,
        and the other has 24 hours (X-12) to show a newer one. Amounts are micro-dollars.
"""

from ethereum.ercs import IERC20
import signed

initializes: signed


event Opened:
    channel: indexed(uint256)
    first: indexed(address)
    second: indexed(address)
    amount: uint256


event Funded:
    channel: indexed(uint256)
    amount: uint256


event Shown:
    channel: indexed(uint256)
    nonce: uint256
    to_first: uint256
    until: uint256


event Closed:
    channel: indexed(uint256)
    to_first: uint256
    to_second: uint256


struct Channel:
    first: address
    second: address
    total: uint256
    to_first: uint256
    nonce: uint256
    until: uint256
    closed: bool


STATE_TYPE: constant(bytes32) = keccak256(
    "ChannelState(uint256 channel,uint64 nonce,uint64 toFirst,bytes32 leaf)"
)
CLOSE_TYPE: constant(bytes32) = keccak256("ChannelClose(uint256 channel,uint64 toFirst)")
CHALLENGE: constant(uint256) = 24  # hours, X-12

TOKEN: immutable(IERC20)
HOUR: immutable(uint256)

count: public(uint256)
channels: public(HashMap[uint256, Channel])


@deploy
def __init__(token: IERC20, hour: uint256):
    """
    @param hour Seconds that count as an hour: 3,600.
    """
    signed.__init__(empty(address))
    TOKEN = token
    HOUR = hour


@external
def open(second: address, amount: uint256) -> uint256:
    """
    @notice Opens a channel between the sender, who puts `amount` down, and another. As long as no
            state is signed, the sender has a right to exactly that.
    """
    assert second != empty(address) and second != msg.sender, "parties"
    assert amount > 0 and amount < 1 << 63, "amount"
    channel: uint256 = self.count
    self.count = channel + 1
    self.channels[channel] = Channel(
        first=msg.sender, second=second, total=amount, to_first=amount, nonce=0, until=0,
        closed=False,
    )
    log Opened(channel=channel, first=msg.sender, second=second, amount=amount)
    assert extcall TOKEN.transferFrom(
        msg.sender, self, amount, default_return_value=True
    ), "transfer"
    return channel


@external
def fund(channel: uint256, amount: uint256):
    """
    @notice The second party puts money down; what a state does not give the first is its own.
    """
    entry: Channel = self.channels[channel]
    assert msg.sender == entry.second and not entry.closed, "second"
    assert amount < 1 << 63 and entry.total + amount < 1 << 63, "amount"
    self.channels[channel].total = entry.total + amount
    log Funded(channel=channel, amount=amount)
    assert extcall TOKEN.transferFrom(
        msg.sender, self, amount, default_return_value=True
    ), "transfer"


@external
def close_together(
    channel: uint256,
    to_first: uint256,
    first_r: bytes32,
    first_vs: bytes32,
    second_r: bytes32,
    second_vs: bytes32,
):
    """
    @notice Pays both at once what both signed.
    """
    structure: bytes32 = keccak256(abi_encode(CLOSE_TYPE, channel, to_first))
    entry: Channel = self.channels[channel]
    self._check(entry, structure, to_first, first_r, first_vs, second_r, second_vs)
    self._close(channel, entry.total, to_first)
    self.channels[channel].total = 0
    self.channels[channel].to_first = 0
    self._send(entry.first, to_first)
    self._send(entry.second, entry.total - to_first)


@external
def start(channel: uint256):
    """
    @notice A party closes alone, by the newest state shown so far (at first: the deposits).
    """
    entry: Channel = self.channels[channel]
    assert msg.sender == entry.first or msg.sender == entry.second, "party"
    assert not entry.closed and entry.until == 0, "closing"
    self.channels[channel].until = block.timestamp + CHALLENGE * HOUR
    log Shown(
        channel=channel,
        nonce=entry.nonce,
        to_first=entry.to_first,
        until=block.timestamp + CHALLENGE * HOUR,
    )


@external
def show(
    channel: uint256,
    nonce: uint256,
    to_first: uint256,
    leaf: bytes32,
    first_r: bytes32,
    first_vs: bytes32,
    second_r: bytes32,
    second_vs: bytes32,
):
    """
    @notice A newer state that both signed, by anybody, before the window of a close is over. It
            does not start the window, and does not lengthen it.
    @param leaf The account's leaf at that state; not looked into.
    """
    entry: Channel = self.channels[channel]
    assert nonce > entry.nonce, "old"
    assert entry.until == 0 or block.timestamp < entry.until, "window over"
    structure: bytes32 = keccak256(abi_encode(STATE_TYPE, channel, nonce, to_first, leaf))
    self._check(entry, structure, to_first, first_r, first_vs, second_r, second_vs)
    self.channels[channel].nonce = nonce
    self.channels[channel].to_first = to_first
    log Shown(channel=channel, nonce=nonce, to_first=to_first, until=entry.until)


@external
def finish(channel: uint256):
    """
    @notice Closes after the window. Each side then collects: one that cannot be paid does not
            keep the other from its money.
    """
    entry: Channel = self.channels[channel]
    assert not entry.closed and entry.until != 0, "not closing"
    assert block.timestamp >= entry.until, "window"
    self._close(channel, entry.total, entry.to_first)


@external
def collect(channel: uint256, second: bool):
    """
    @notice Pays one side of a closed channel.
    """
    entry: Channel = self.channels[channel]
    assert entry.closed, "open"
    amount: uint256 = entry.to_first
    to: address = entry.first
    if second:
        amount = entry.total - entry.to_first
        to = entry.second
    else:
        self.channels[channel].to_first = 0
    assert amount > 0, "nothing"
    self.channels[channel].total = entry.total - amount
    self._send(to, amount)


@internal
@view
def _check(
    entry: Channel,
    structure: bytes32,
    to_first: uint256,
    first_r: bytes32,
    first_vs: bytes32,
    second_r: bytes32,
    second_vs: bytes32,
):
    assert entry.first != empty(address) and not entry.closed, "closed"
    assert to_first <= entry.total, "amount"
    assert signed.signer(structure, first_r, first_vs) == entry.first, "first"
    assert signed.signer(structure, second_r, second_vs) == entry.second, "second"


@internal
def _close(channel: uint256, total: uint256, to_first: uint256):
    self.channels[channel].closed = True
    log Closed(channel=channel, to_first=to_first, to_second=total - to_first)


@internal
def _send(to: address, amount: uint256):
    if amount > 0:
        assert extcall TOKEN.transfer(to, amount, default_return_value=True), "transfer"
