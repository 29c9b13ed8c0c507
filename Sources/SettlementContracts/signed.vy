# pragma version 0.4.3
"""
@title Signed statements
@notice EIP-712 digests of what the sequencer, the oracle signers and channel parties sign, bound
        to one chain and one contract, and the recovery of the signer.
"""

DOMAIN: immutable(bytes32)

DOMAIN_TYPE: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)


@deploy
def __init__(contract: address):
    """
    @param contract The contract whose address the signers name; 0 for this one.
    """
    place: address = contract
    if place == empty(address):
        place = self
    DOMAIN = keccak256(
        abi_encode(DOMAIN_TYPE, keccak256("Causeway"), keccak256("1"), chain.id, place)
    )


@internal
@view
def domain() -> bytes32:
    return DOMAIN


@internal
@view
def signer(structure: bytes32, r: bytes32, vs: bytes32) -> address:
    """
    @notice Who signed the structure's hash, by the compact signature (r, vs) of EIP-2098;
            the zero address when nobody did.
    """
    digest: bytes32 = keccak256(concat(x"1901", DOMAIN, structure))
    packed: uint256 = convert(vs, uint256)
    s: uint256 = packed & ((1 << 255) - 1)
    return ecrecover(digest, 27 + (packed >> 255), convert(r, uint256), s)
