"""SETTLEMENT.md says what the reference computes, and what independent code computes, too."""
import subprocess
import sys

import vectors
from conftest import SOURCES
from eth_account import Account as Wallet
from eth_account.messages import encode_typed_data
from eth_hash.auto import keccak as other_keccak
from eth_keys import KeyAPI
from machine import created_at
from reference import (
    Key, batch_structure, channel_structure, close_structure, digest, domain, head_structure,
    keccak, settlement_structure, state_structure)

PLACE = bytes(range(20))


def test_vectors_of_the_document_are_current():
    assert vectors.block() in vectors.DOCUMENT.read_text(), "run vectors.py --write"


def test_keccak_is_the_chains():
    assert keccak(b"").hex().startswith("c5d2460186f7233c927e7db2dcc703c0")
    for length in (0, 1, 135, 136, 137, 500):
        assert keccak(b"\x5a" * length) == other_keccak(b"\x5a" * length)


def typed(kind, fields, values):
    """The digest as eth-account makes it from the types."""
    message = encode_typed_data(
        {"name": "Causeway", "version": "1", "chainId": 31337,
         "verifyingContract": "0x" + PLACE.hex()},
        {kind: [{"type": one.split()[0], "name": one.split()[1]} for one in fields]}, values)
    return other_keccak(b"\x19" + message.version + message.header + message.body)


def test_digests_are_those_of_eip_712():
    space, leaf = domain(31337, PLACE), keccak(b"leaf")
    cases = [
        (batch_structure(leaf), "Batch", ["bytes32 header"], [leaf]),
        (head_structure(7, leaf), "Head", ["uint64 sequence", "bytes32 head"], [7, leaf]),
        (state_structure(leaf, 9), "AccountState", ["bytes32 leaf", "uint64 consumed"],
         [leaf, 9]),
        (settlement_structure(1, 2, 3), "Settlement",
         ["uint8 underlying", "uint64 expiry", "uint64 price"], [1, 2, 3]),
        (channel_structure(1, 2, 3, leaf), "ChannelState",
         ["uint256 channel", "uint64 nonce", "uint64 toFirst", "bytes32 leaf"], [1, 2, 3, leaf]),
        (close_structure(1, 2), "ChannelClose", ["uint256 channel", "uint64 toFirst"], [1, 2]),
    ]
    for structure, kind, fields, values in cases:
        named = dict(zip((one.split()[1] for one in fields), values, strict=True))
        assert digest(space, structure) == typed(kind, fields, named), kind


def test_signatures_recover_to_their_keys():
    for secret in (1, 2, 0x5E0, 2**255 + 12345):
        key, message = Key(secret), keccak(secret.to_bytes(32, "big"))
        r, vs = key.sign(message)
        word = int.from_bytes(vs, "big")
        signature = KeyAPI.Signature(vrs=(
            word >> 255, int.from_bytes(r, "big"), word & (1 << 255) - 1))
        found = KeyAPI().ecdsa_recover(message, signature).to_canonical_address()
        wallet = Wallet.from_key(secret.to_bytes(32, "big")).address
        assert found == key.address == bytes.fromhex(wallet[2:])


def test_address_of_a_creation():
    sender = bytes.fromhex("6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0")
    assert created_at(sender, 0).hex() == "cd234a471b72ba2f1ccf0a70fcaba648a5eecd8d"
    assert created_at(sender, 1).hex() == "343c43a37d37dff08ae8c4a11544c718abb4fcf8"


def test_committed_artefacts_are_what_the_sources_compile_to():
    done = subprocess.run(
        [sys.executable, str(SOURCES / "compile.py"), "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
