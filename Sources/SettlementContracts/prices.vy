# pragma version 0.4.3
"""
@title Prices at expiry
@notice Keeps, for each underlying and expiry, the median of the 30-minute averages that oracle
        signers signed, in 1e-9 dollars. The vault reads them after a freeze (X-6).
"""

import signed

initializes: signed


event Settled:
    underlying: indexed(uint256)
    expiry: indexed(uint256)
    price: uint256


SETTLEMENT_TYPE: constant(bytes32) = keccak256(
    "Settlement(uint8 underlying,uint64 expiry,uint64 price)"
)

THRESHOLD: immutable(uint256)
# 1 + number of a signer.
signers: HashMap[address, uint256]
price_of: public(HashMap[uint256, HashMap[uint256, uint256]])


@deploy
def __init__(signers: DynArray[address, 15], threshold: uint256):
    """
    @param threshold Signatures that a price needs; more than half of the signers.
    """
    assert threshold * 2 > len(signers) and threshold <= len(signers), "threshold"
    signed.__init__(empty(address))
    THRESHOLD = threshold
    number: uint256 = 1
    for one: address in signers:
        assert self.signers[one] == 0 and one != empty(address), "signers"
        self.signers[one] = number
        number += 1


@external
def settle(
    underlying: uint256,
    expiry: uint256,
    prices: DynArray[uint256, 15],
    r: DynArray[bytes32, 15],
    vs: DynArray[bytes32, 15],
):
    """
    @notice Records the median of signed prices, given from low to high (of an even count the lower
            middle one). The first record stands.
    Refused before the expiry, with too few or doubled signers, or with a price of zero.
    """
    assert self.price_of[underlying][expiry] == 0, "settled"
    assert expiry <= block.timestamp, "not expired"
    assert len(prices) >= THRESHOLD, "too few"
    seen: uint256 = 0
    last: uint256 = 1
    for i: uint256 in range(len(prices), bound=15):
        price: uint256 = prices[i]
        assert price >= last and price < 1 << 63, "prices"
        last = price
        structure: bytes32 = keccak256(abi_encode(SETTLEMENT_TYPE, underlying, expiry, price))
        who: uint256 = self.signers[signed.signer(structure, r[i], vs[i])]
        assert who != 0, "signature"
        assert seen >> who & 1 == 0, "signed twice"
        seen |= 1 << who
    median: uint256 = prices[(len(prices) - 1) // 2]
    self.price_of[underlying][expiry] = median
    log Settled(underlying=underlying, expiry=expiry, price=median)
