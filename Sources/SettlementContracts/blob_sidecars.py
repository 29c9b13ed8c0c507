"""Commitments and proofs of blobs, for whoever sends them (EIP-4844, EIP-7594).

    python blob_sidecars.py    a line of hexadecimal for each blob; the answer is one line:
                               commitment, then its 128 proofs by cell, with blanks between; or
                               "error: ..." for a blob that is none

Ends with its input. Needs ckzg, and takes the mainnet's trusted set-up from py-evm's files
(scripts/requirements.txt).
"""
import pathlib
import sys

import ckzg
import eth


def answer(line, setup):
    try:
        blob = bytes.fromhex(line.strip().removeprefix("0x"))
        _, proofs = ckzg.compute_cells_and_kzg_proofs(blob, setup)
        parts = [ckzg.blob_to_kzg_commitment(blob, setup), *proofs]
    except (RuntimeError, ValueError, TypeError) as error:
        return "error: " + str(error).split("\n", maxsplit=1)[0]
    return " ".join("0x" + part.hex() for part in parts)


def main():
    path = pathlib.Path(eth.__file__).parent / "_utils" / "kzg_trusted_setup.txt"
    setup = ckzg.load_trusted_setup(str(path), 0)
    for line in sys.stdin:
        print(answer(line, setup), flush=True)


main()
