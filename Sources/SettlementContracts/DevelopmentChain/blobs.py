"""Blobs of EIP-4844: the envelope they travel in, their check, and a store to fetch them from."""
import pathlib

import rlp


class BlobStore:
    """Keeps blobs by versioned hash, as the consensus layer would for some weeks."""

    def __init__(self):
        self.by_hash = {}  # versioned hash -> (blob, commitment, proofs)
        self._setup = None

    @staticmethod
    def unwrap(raw):
        """The transaction as a block has it, and (blobs, commitments, proofs) or None."""
        if raw[:1] != b"\x03":
            return raw, None
        try:
            parts = rlp.decode(raw[1:])
        except rlp.exceptions.RLPException:
            return raw, None
        # EIP-4844: transaction, blobs, commitments, proofs. EIP-7594 has a version after the first.
        if len(parts) == 5 and parts[1] == b"\x01":
            del parts[1]
        if not (len(parts) == 4 and isinstance(parts[0], list)):
            return raw, None
        return b"\x03" + rlp.encode(parts[0]), tuple(parts[1:])

    def keep(self, transaction, sidecar):
        """Checks every blob against its commitment and the transaction, then stores it."""
        from .chain import RpcError
        import ckzg
        blobs, commitments, proofs = sidecar
        hashes = [b"\x01" + sha256(one)[1:] for one in commitments]
        if list(transaction.blob_versioned_hashes) != hashes:
            raise RpcError(-32000, "blob hashes do not match the commitments")
        try:
            good = len(blobs) == len(commitments) and all(
                ckzg.blob_to_kzg_commitment(blob, self.setup()) == commitment
                for blob, commitment in zip(blobs, commitments, strict=True))
        except (RuntimeError, ValueError):
            good = False
        if not good:
            raise RpcError(-32000, "blobs do not match the commitments")
        each = len(proofs) // len(blobs) if blobs else 0  # one a blob, or one a cell
        if not self.proven(blobs, commitments, proofs, each):
            raise RpcError(-32000, "the proofs of the blobs do not hold")
        for i, key in enumerate(hashes):
            self.by_hash[key] = blobs[i], commitments[i], b"".join(proofs[i * each:(i + 1) * each])

    def proven(self, blobs, commitments, proofs, each):
        """Whether every proof holds: of a blob, or of each of its 128 cells."""
        import ckzg
        try:
            if each == 1:
                return all(
                    ckzg.verify_blob_kzg_proof(*one, self.setup())
                    for one in zip(blobs, commitments, proofs, strict=True))
            cells = [cell for blob in blobs for cell in ckzg.compute_cells(blob, self.setup())]
            return each == 128 and ckzg.verify_cell_kzg_proof_batch(
                [one for one in commitments for _ in range(128)],
                [place for _ in blobs for place in range(128)], cells, list(proofs), self.setup())
        except (RuntimeError, ValueError, TypeError):
            return False

    def setup(self):
        """The mainnet's trusted set-up, from py-evm's files; read once."""
        if self._setup is None:
            import ckzg
            import eth
            path = pathlib.Path(eth.__file__).parent / "_utils" / "kzg_trusted_setup.txt"
            self._setup = ckzg.load_trusted_setup(str(path), 0)
        return self._setup


def sha256(octets):
    import hashlib
    return hashlib.sha256(octets).digest()
