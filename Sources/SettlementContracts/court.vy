# pragma version 0.4.3
"""
@title Court over the sequencer
@notice Holds the operator's bond. Whoever shows two different statements that the sequencer signed
        for one number gets half of it; the other half goes to the vault, which is frozen.
"""

from ethereum.ercs import IERC20
import signed

initializes: signed


struct Record:
    withdrawals: bytes32
    root: bytes32
    numbers: uint256


interface Vault:
    def convict(signed_twice: uint256, offence: Record, number: uint256, record: Record): nonpayable
    def exit_root() -> bytes32: view
    def exits() -> (uint256, uint256, uint256, uint256, uint256): view


event Convicted:
    challenger: indexed(address)
    signed_twice: uint256
    reward: uint256


HEAD_TYPE: constant(bytes32) = keccak256("Head(uint64 sequence,bytes32 head)")
BATCH_TYPE: constant(bytes32) = keccak256("Batch(bytes32 header)")
NO_BATCH: constant(uint256) = (1 << 64) - 1

TOKEN: immutable(IERC20)
VAULT: immutable(Vault)
SEQUENCER: immutable(address)
OPERATOR: immutable(address)

bond: public(uint256)


@deploy
def __init__(token: IERC20, vault: address, sequencer: address, operator: address):
    """
    @param vault Where the sequencer's statements are valid; may be deployed later.
    """
    assert vault != empty(address) and sequencer != empty(address)
    signed.__init__(vault)
    TOKEN = token
    VAULT = Vault(vault)
    SEQUENCER = sequencer
    OPERATOR = operator


@external
def post_bond(amount: uint256):
    """
    @notice Adds to the bond.
    """
    self.bond += amount
    assert extcall TOKEN.transferFrom(
        msg.sender, self, amount, default_return_value=True
    ), "transfer"


@external
def return_bond():
    """
    @notice Gives the bond back to the operator, once the claims of a frozen vault are closed.
    """
    assert msg.sender == OPERATOR, "operator"
    sum: uint256 = 0
    opens: uint256 = 0
    closes: uint256 = 0
    pot: uint256 = 0
    paid: uint256 = 0
    sum, opens, closes, pot, paid = staticcall VAULT.exits()
    assert closes != 0 and block.timestamp >= closes, "window"
    amount: uint256 = self.bond
    self.bond = 0
    assert extcall TOKEN.transfer(OPERATOR, amount, default_return_value=True), "transfer"


@external
def heads(
    sequence: uint256,
    first: bytes32,
    first_r: bytes32,
    first_vs: bytes32,
    second: bytes32,
    second_r: bytes32,
    second_vs: bytes32,
    number: uint256,
    record: Record,
):
    """
    @notice Two heads of the receipt chain, both signed, for one global sequence number.
    @param number The last batch, and its record.
    """
    assert first != second, "same"
    structure: bytes32 = keccak256(abi_encode(HEAD_TYPE, sequence, first))
    assert signed.signer(structure, first_r, first_vs) == SEQUENCER, "signature"
    structure = keccak256(abi_encode(HEAD_TYPE, sequence, second))
    assert signed.signer(structure, second_r, second_vs) == SEQUENCER, "signature"
    self._convict(NO_BATCH, record, number, record)


@external
def headers(
    first: Bytes[192],
    first_r: bytes32,
    first_vs: bytes32,
    second: Bytes[192],
    second_r: bytes32,
    second_vs: bytes32,
    offence: Record,
    number: uint256,
    record: Record,
):
    """
    @notice Two batch headers, both signed, with one batch number.
    @param offence The record of the batch stored under that number, if one is.
    @param number The batch before it if it is not final yet; otherwise the last one.
    """
    assert len(first) == 192 and len(second) == 192, "header"
    hash: bytes32 = keccak256(first)
    other: bytes32 = keccak256(second)
    assert hash != other, "same"
    batch: uint256 = convert(extract32(first, 0), uint256) >> 192
    assert convert(extract32(second, 0), uint256) >> 192 == batch, "numbers"
    structure: bytes32 = keccak256(abi_encode(BATCH_TYPE, hash))
    assert signed.signer(structure, first_r, first_vs) == SEQUENCER, "signature"
    structure = keccak256(abi_encode(BATCH_TYPE, other))
    assert signed.signer(structure, second_r, second_vs) == SEQUENCER, "signature"
    self._convict(batch, offence, number, record)


@internal
def _convict(batch: uint256, offence: Record, number: uint256, record: Record):
    amount: uint256 = self.bond
    assert amount > 0, "no bond"
    self.bond = 0
    reward: uint256 = amount // 2
    log Convicted(challenger=msg.sender, signed_twice=batch, reward=reward)
    if staticcall VAULT.exit_root() == empty(bytes32):
        extcall VAULT.convict(batch, offence, number, record)
    assert extcall TOKEN.transfer(msg.sender, reward, default_return_value=True), "transfer"
    assert extcall TOKEN.transfer(
        VAULT.address, amount - reward, default_return_value=True
    ), "transfer"
