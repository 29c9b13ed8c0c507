"""Blobs of EIP-4844: the envelope they travel in, their check, and a store to fetch them from."""
import pathlib

import rlp



class BlobStore:
    """Keeps blobs by versioned hash, as the consensus layer would for some weeks."""

    def __init__(self):
        self.by_hash = {}  # versioned hash -> (blob, commitment, proof)
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
        if not len(blobs) == len(commitments) == len(proofs):
            raise RpcError(-32000, "blobs, commitments and proofs differ in number")
        try:
            good = ckzg.verify_blob_kzg_proof_batch(blobs, commitments, proofs, self.setup())
        except (RuntimeError, ValueError):
            good = False
        if not good:
            raise RpcError(-32000, "blob proof does not verify")
        for key, *parts in zip(hashes, blobs, commitments, proofs):
            self.by_hash[key] = tuple(parts)

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
