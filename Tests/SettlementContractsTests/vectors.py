"""The vectors of SETTLEMENT.md. `python vectors.py --write` puts them there anew."""
import pathlib
import sys

from published import small_batch
from reference import (
    EMPTY, Account, AccountTree, Header, Key, Position, Record, Withdrawal, batch_structure,
    chained, channel_structure, close_structure, digest, domain, head_structure, keccak, position_path,
    position_tree, receipt, settlement_structure, state_structure, withdrawal_tree)

DOCUMENT = pathlib.Path(__file__).resolve().parent.parent.parent / "SETTLEMENT.md"
BEGIN, END = "<!-- vectors -->\n```text\n", "```\n<!-- end of vectors -->"


def lines():
    """name = value; long values go on in lines that begin with a space."""
    owner = bytes(range(0xA0, 0xB4))
    call = Position(
        1_001, 1, 2, 1_750_060_800, 60_000 * 10**9, 10_000_000, -5, 30_000_000)
    future = Position(1_002, 1, 3, 1_751_000_000, 0, 10_000_000, 7, 612_345_678)
    one = Account(
        5, owner, -1_250_000, 98_765_432_101, 77_777, (call, future), keccak(b"holds"))
    two = Account(1_048_576, bytes(20), 1_000_000, 1_000_000, 3)
    three = Account(7, owner, 0, -4, 88_888)
    tree = AccountTree({item.number: item.leaf() for item in (one, two, three)})
    bitmap, siblings = tree.path(5)
    paid = [Withdrawal(5, 3, 2_000_000), Withdrawal(7, 4, 1), Withdrawal(9, 2, 50)]
    withdrawals = withdrawal_tree(paid)[-1][0]
    chain = chained(chained(0, 0, 5, 50_000_000), 3, 5, 59_000 * 10**9, 1_001, -5)
    header = Header(
        1, 1, 88_888, EMPTY[32], tree.root, keccak(b"risk"), keccak(b"receipts"),
        keccak(b"content"), withdrawals, 2, chain, 1_750_000_000)
    record = Record(withdrawals, tree.root, 88_888, 1_750_000_000, 1_750_000_012, 2)
    head = receipt(bytes(32), 9, 4, 88_888, 1_750_000_000_123_456_789, keccak(b"outcome"))
    contract = bytes(range(0x10, 0x24))
    space = domain(31_337, contract)
    key = Key(0x5E0)
    batch = digest(space, batch_structure(header.hash()))
    shown = {
        "EMPTY[1]": EMPTY[1], "EMPTY[32]": EMPTY[32],
        "position 1001, octets": call.octets(), "position 1001, leaf": keccak(call.octets()),
        "position root of 1001, 1002": position_tree((call, future))[-1][0],
        "path of 1001, lowest sibling": position_path((call, future), 0)[0],
        "account 5, octets": one.octets(), "account 5, leaf": one.leaf(),
        "state root of 5, 7, 1048576": tree.root, "path of 5, bitmap": bitmap.to_bytes(4, "big"),
        "path of 5, siblings": b"".join(siblings),
        "withdrawal of 5, leaf": paid[0].leaf(), "withdrawal root of 5, 7, 9": withdrawals,
        "queue after a deposit and a close": chain.to_bytes(27, "big"),
        "header, octets": header.octets(), "header, hash": header.hash(),
        "record, numbers": record.numbers.to_bytes(32, "big"), "record, hash": record.hash(),
        "receipt head": head, "domain 31337": space, "batch digest": batch,
        "batch signature r": key.sign(batch)[0], "batch signature vs": key.sign(batch)[1],
        "sequencer": key.address, "head digest": digest(space, head_structure(88_888, head)),
        "account state digest": digest(space, state_structure(one.leaf(), 2)),
        "settlement digest": digest(
            space, settlement_structure(1, 1_750_060_800, 64_000 * 10**9)),
        "channel state digest": digest(space, channel_structure(3, 7, 20_000_000, one.leaf())),
        "channel close digest": digest(space, close_structure(3, 20_000_000)),
        "published batch, octets": small_batch(),
        "published batch, content hash": keccak(small_batch()),
    }
    for name, octets in shown.items():
        text = octets.hex()
        if len(text) <= 64:
            yield f"{name} = {text}"
        else:
            yield f"{name} ="
            for start in range(0, len(text), 96):
                yield " " + text[start:start + 96]


def block():
    return BEGIN + "\n".join(lines()) + "\n" + END


def main():
    text = DOCUMENT.read_text()
    start, end = text.index(BEGIN), text.index(END) + len(END)
    DOCUMENT.write_text(text[:start] + block() + text[end:])


if __name__ == "__main__" and sys.argv[1:] == ["--write"]:
    main()
