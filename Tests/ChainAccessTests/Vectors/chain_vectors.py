"""Random inputs and what independent libraries make of them, one JSON object a line.

    python chain_vectors.py SEED COUNT   RLP (rlp), contract data (eth-abi), transactions, typed
                                         data, addresses (eth-account)
    python chain_vectors.py blob SEED    one blob with commitment and proof (ckzg), and the signed
                                         transaction that carries it (eth-account)

Integers are decimal text, octets hexadecimal text.
"""
import json
import pathlib
import random
import sys

import eth_abi
import rlp
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak, to_checksum_address

STRUCTURES = {
    "Batch": [("header", "bytes32")],
    "Head": [("sequence", "uint64"), ("head", "bytes32")],
    "AccountState": [("leaf", "bytes32"), ("consumed", "uint64")],
    "Settlement": [("underlying", "uint8"), ("expiry", "uint64"), ("price", "uint64")],
    "ChannelState": [
        ("channel", "uint256"), ("nonce", "uint64"), ("toFirst", "uint64"), ("leaf", "bytes32")],
    "ChannelClose": [("channel", "uint256"), ("toFirst", "uint64")],
}
DOMAIN = [
    ("name", "string"), ("version", "string"), ("chainId", "uint256"),
    ("verifyingContract", "address")]


def text(octets):
    return "0x" + bytes(octets).hex()


def number(source, bits):
    """Often at an edge, and of any width."""
    if source.random() < 0.2:
        return source.choice([0, 1, 127, 128, (1 << bits) - 1, 1 << bits - 1]) % (1 << bits)
    return source.getrandbits(source.randint(1, bits))


def item(source, depth=0):
    if depth > 4 or source.random() < 0.6:
        count = source.choice([0, 1, 1, 2, 20, 32, 55, 56, 57, 255, 256, 300])
        return source.randbytes(count)
    return [item(source, depth + 1) for _ in range(source.randint(0, 6))]


def shown(value):
    return [shown(one) for one in value] if isinstance(value, list) else text(value)


def rlp_line(source):
    value = item(source)
    return {"kind": "rlp", "item": shown(value), "encoded": text(rlp.encode(value))}


def abi_type(source, depth=0):
    kind = source.randint(0, 6 if depth > 2 else 9)
    if kind == 0:
        return f"uint{8 * source.randint(1, 32)}"
    if kind == 1:
        return f"int{8 * source.randint(1, 32)}"
    if kind < 7:
        return ["address", "bool", "bytes", "string", f"bytes{source.randint(1, 32)}"][kind - 2]
    if kind == 7:
        return abi_type(source, depth + 1) + "[]"
    if kind == 8:
        return abi_type(source, depth + 1) + f"[{source.randint(1, 4)}]"
    return "(" + ",".join(
        abi_type(source, depth + 1) for _ in range(source.randint(1, 4))) + ")"


def parts_of(name):
    """Types between a tuple's brackets."""
    parts, depth, start = [], 0, 1
    for place, character in enumerate(name):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if (character == "," and depth == 1) or (character == ")" and depth == 0):
            parts.append(name[start:place])
            start = place + 1
    return parts


def abi_value(source, name):
    """A value for eth-abi, and the same for JSON."""
    if name.endswith("]"):
        inner, count = name[:-1].rsplit("[", 1)
        pairs = [
            abi_value(source, inner) for _ in range(int(count) if count else source.randint(0, 4))]
        return [one for one, _ in pairs], [one for _, one in pairs]
    if name.startswith("("):
        pairs = [abi_value(source, one) for one in parts_of(name)]
        return tuple(one for one, _ in pairs), [one for _, one in pairs]
    if name.startswith("uint"):
        value = number(source, int(name[4:]))
        return value, str(value)
    if name.startswith("int"):
        bits = int(name[3:])
        value = number(source, bits) - (1 << bits - 1)
        return value, str(value)
    if name == "bool":
        value = source.random() < 0.5
        return value, value
    if name == "address":
        octets = source.randbytes(20)
        return to_checksum_address(octets), to_checksum_address(octets)
    if name == "string":
        value = "".join(source.choice("aZ 0é世🜁\n\"") for _ in range(source.randint(0, 40)))
        return value, value
    count = source.randint(0, 70) if name == "bytes" else int(name[5:])
    octets = source.randbytes(count)
    return octets, text(octets)


def abi_line(source):
    types = [abi_type(source) for _ in range(source.randint(0, 4))]
    pairs = [abi_value(source, one) for one in types]
    return {
        "kind": "abi", "types": types, "values": [one for _, one in pairs],
        "encoded": text(eth_abi.encode(types, [one for one, _ in pairs])),
        "selector": text(keccak(text=f"f({','.join(types)})")[:4])}


def fields_of(source):
    fields = {
        "type": 2, "chainId": source.choice([1, 31337, 2**40 + 5]),
        "nonce": number(source, 40), "maxPriorityFeePerGas": number(source, 64),
        "maxFeePerGas": number(source, 70), "gas": number(source, 40), "value": number(source, 200),
        "data": text(source.randbytes(source.choice([0, 1, 4, 55, 56, 400]))),
        "accessList": [
            {"address": to_checksum_address(source.randbytes(20)),
             "storageKeys": [text(source.randbytes(32)) for _ in range(source.randint(0, 2))]}
            for _ in range(source.choice([0, 0, 1, 3]))]}
    if source.random() < 0.85:
        fields["to"] = to_checksum_address(source.randbytes(20))
    return fields


def transaction_line(source):
    fields = fields_of(source)
    key = source.randbytes(32)
    if source.random() < 0.3:
        fields.update({
            "type": 3, "to": to_checksum_address(source.randbytes(20)),
            "maxFeePerBlobGas": number(source, 64),
            "blobVersionedHashes": [
                text(b"\x01" + source.randbytes(31)) for _ in range(source.randint(1, 6))]})
    signed = Account.sign_transaction(fields, key)
    plain = {
        name: str(value) if isinstance(value, int) else value for name, value in fields.items()}
    return {
        "kind": "transaction", "fields": plain, "key": text(key),
        "payload": text(signed.raw_transaction), "hash": text(signed.hash),
        "sender": Account.from_key(key).address}


def typed_line(source):
    name = source.choice(list(STRUCTURES))
    contract = to_checksum_address(source.randbytes(20))
    chain = number(source, 60)
    message = {
        field: source.randbytes(32) if kind == "bytes32" else number(source, int(kind[4:]))
        for field, kind in STRUCTURES[name]}
    listed = {
        one: [{"name": field, "type": kind} for field, kind in fields]
        for one, fields in {name: STRUCTURES[name], "EIP712Domain": DOMAIN}.items()}
    key = source.randbytes(32)
    signed = Account.sign_message(encode_typed_data(full_message={
        "types": listed, "primaryType": name, "message": message,
        "domain": {
            "name": "Causeway", "version": "1", "chainId": chain, "verifyingContract": contract}}),
        key)
    return {
        "kind": "typed", "name": name, "chain": str(chain), "contract": contract,
        "message": {
            field: str(value) if isinstance(value, int) else text(value)
            for field, value in message.items()},
        "digest": text(signed.message_hash), "key": text(key), "signature": text(signed.signature)}


def address_line(source):
    octets = source.randbytes(20)
    nonce = number(source, 64)
    return {
        "kind": "address", "octets": text(octets), "address": to_checksum_address(octets),
        "nonce": str(nonce), "created": text(keccak(rlp.encode([octets, nonce]))[12:])}


def blob_line(seed):
    import ckzg
    import eth
    source = random.Random(seed)
    setup = ckzg.load_trusted_setup(
        str(pathlib.Path(eth.__file__).parent / "_utils" / "kzg_trusted_setup.txt"), 0)
    blob = b"".join(b"\0" + source.randbytes(31) for _ in range(4096))
    commitment = ckzg.blob_to_kzg_commitment(blob, setup)
    proof = ckzg.compute_blob_kzg_proof(blob, commitment, setup)
    _, cell_proofs = ckzg.compute_cells_and_kzg_proofs(blob, setup)
    fields = {
        **fields_of(source), "to": to_checksum_address(source.randbytes(20)), "type": 3,
        "maxFeePerBlobGas": number(source, 64)}
    key = source.randbytes(32)
    signed = Account.sign_transaction(dict(fields), key, blobs=[blob])
    # eth-account's own hash is over the envelope; EIP-4844 says: over the transaction in it.
    inner = rlp.decode(bytes(signed.raw_transaction)[1:])[0]
    plain = {
        name: str(value) if isinstance(value, int) else value for name, value in fields.items()}
    return {
        "kind": "blob", "blob": text(blob), "commitment": text(commitment), "proof": text(proof),
        "cellProofs": [text(one) for one in cell_proofs], "fields": plain, "key": text(key),
        "envelope": text(signed.raw_transaction), "hash": text(keccak(b"\x03" + rlp.encode(inner)))}


def main():
    if sys.argv[1] == "blob":
        print(json.dumps(blob_line(int(sys.argv[2]))))
        return
    source = random.Random(int(sys.argv[1]))
    kinds = [rlp_line, abi_line, abi_line, transaction_line, typed_line, address_line]
    for turn in range(int(sys.argv[2])):
        print(json.dumps(kinds[turn % len(kinds)](source)))


main()
