"""The chain itself: blocks, a pool of transactions, time travel, snapshots and reorganisations.

Executes with py-evm (Prague). What is canonical is kept here in plain lists; the EVM's database
keeps every state by its hash, so any block can be built upon again."""
import os
import time
from dataclasses import dataclass

import rlp
from eth.abc import SignedTransactionAPI
from eth.chains.base import MiningChain
from eth.consensus import ConsensusApplier, NoProofConsensus
from eth.constants import (
    BLANK_ROOT_HASH, POST_MERGE_DIFFICULTY, POST_MERGE_MIX_HASH, POST_MERGE_NONCE, ZERO_ADDRESS)
from eth.db import get_db_backend
from eth.exceptions import InvalidInstruction, Revert, VMError
from eth.vm.forks import PragueVM
from eth.vm.forks.cancun import get_total_blob_gas
from eth.vm.spoof import SpoofTransaction
from eth_keys import KeyAPI
from eth_utils import ValidationError, keccak

from .blobs import BlobStore

ETHER = 10**18
GAS_LIMIT = 60_000_000
# EIP-7825: what one transaction may use after Prague. Kept here already.
TRANSACTION_GAS_MAX = 16_777_216
REVERTED = 3


class RpcError(Exception):
    """An answer that is an error: code, one line, and data of a revert."""

    def __init__(self, code, message, data=None):
        super().__init__(message)
        self.code, self.message, self.data = code, message, data


@dataclass
class Entry:
    """A transaction inside a block."""

    transaction: SignedTransactionAPI
    sender: bytes
    succeeded: bool
    gas_used: int
    cumulative_gas: int
    logs: tuple  # (address, topics, data)
    contract: bytes | None
    gas_price: int


@dataclass
class Block:
    header: object
    entries: list

    @property
    def hash(self):
        return self.header.hash


def reason_of(output):
    """The text inside a revert's data, if it has one."""
    if output[:4] == bytes.fromhex("08c379a0") and len(output) >= 68:
        length = int.from_bytes(output[36:68], "big")
        return output[68:68 + length].decode("utf-8", "replace")
    return None


class DevelopmentChain:
    """One chain with funded keys 1 … n. Each transaction gets a block unless told otherwise."""

    def __init__(self, chain_id=31337, accounts=10, genesis_time=None):
        self.chain_id = chain_id
        numbers = range(1, accounts + 1)
        keys = [KeyAPI().PrivateKey(number.to_bytes(32, "big")) for number in numbers]
        self.funded = [key.public_key.to_canonical_address() for key in keys]
        configuration = ConsensusApplier(NoProofConsensus).amend_vm_configuration(((0, PragueVM),))
        kind = type("Chain", (MiningChain,), {
            "chain_id": chain_id, "vm_configuration": configuration})
        state = {
            address: {"balance": 10**6 * ETHER, "storage": {}, "code": b"", "nonce": 0}
            for address in self.funded}
        self.evm = kind.from_genesis(get_db_backend(), {
            "coinbase": ZERO_ADDRESS, "difficulty": POST_MERGE_DIFFICULTY, "extra_data": b"",
            "gas_limit": GAS_LIMIT, "mix_hash": POST_MERGE_MIX_HASH, "nonce": POST_MERGE_NONCE,
            "receipt_root": BLANK_ROOT_HASH, "timestamp": genesis_time or int(time.time()),
            "transaction_root": BLANK_ROOT_HASH}, state)
        self.blocks = [Block(self.evm.get_canonical_block_header_by_number(0), [])]
        self.places = {}  # transaction hash -> (block number, index)
        self.pool = {}  # (sender, nonce) -> transaction
        self.automine = True
        # Seconds the chain's clock is ahead of this machine's.
        self.offset = genesis_time - int(time.time()) if genesis_time else 0
        self.fixed_time = None
        self.snapshots = []
        self.blobs = BlobStore()

    # --- State ------------------------------------------------------------------------------------

    @property
    def head(self):
        return self.blocks[-1]

    def next_time(self):
        """The time of the next block: the clock's, but later than the last block's."""
        after = self.head.header.timestamp + 1
        if self.fixed_time is not None:
            return max(after, self.fixed_time)
        return max(after, int(time.time()) + self.offset)

    def advance(self, seconds):
        """Moves the clock on; counted from the last block when that is ahead of it."""
        behind = self.head.header.timestamp - (int(time.time()) + self.offset)
        self.offset += max(behind, 0) + seconds

    def machine(self, block=None):
        """An EVM in the state after a block, as if inside the next one."""
        parent = (block or self.head).header
        moment = self.next_time() if block in (None, self.head) else parent.timestamp + 1
        header = self.evm.create_header_from_parent(
            parent, timestamp=moment, gas_limit=parent.gas_limit)
        return self.evm.get_vm(header)

    def base_fee(self):
        return self.machine().state.base_fee

    def nonce(self, address, pending=False):
        nonce = self.machine().state.get_nonce(address)
        while pending and (address, nonce) in self.pool:
            nonce += 1
        return nonce

    def run(self, sender, to, octets, worth, gas, block=None):
        """Executes a call without a trace; its computation."""
        vm = self.machine(block)
        gas = min(gas or GAS_LIMIT, GAS_LIMIT)
        price = vm.state.base_fee
        vm.state.set_balance(sender, max(vm.state.get_balance(sender), worth + gas * price))
        plain = self.evm.get_vm(self.head.header).get_transaction_builder()
        transaction = plain.create_unsigned_transaction(
            nonce=vm.state.get_nonce(sender), gas_price=price, gas=gas, to=to, value=worth,
            data=octets)
        return vm.state.apply_transaction(SpoofTransaction(transaction, from_=sender))

    def call(self, sender, to, octets, worth=0, gas=None, block=None):
        """Output of a call; RpcError with the reason when it reverts."""
        try:
            computation = self.run(sender, to, octets, worth, gas, block)
        except ValidationError as error:
            raise RpcError(-32000, str(error)) from None
        self.refuse_error(computation)
        return computation.output

    @staticmethod
    def refuse_error(computation):
        if not computation.is_error:
            return
        error = computation.error
        if isinstance(error, Revert):
            output = bytes(error.args[0]) if error.args else b""
            reason = reason_of(output)
            text = "execution reverted" + (f": {reason}" if reason else "")
            raise RpcError(REVERTED, text, "0x" + output.hex())
        text = "invalid opcode" if isinstance(error, InvalidInstruction) else str(error)
        raise RpcError(-32000, text.split("\n")[0])

    def estimate(self, sender, to, octets, worth=0, block=None):
        """Gas that is enough: what was used before refunds, and a part of it more for inner calls.
        """
        computation = self.run(sender, to, octets, worth, GAS_LIMIT, block)
        self.refuse_error(computation)
        used = self._gas_of(computation, octets)
        guess = used
        while guess < GAS_LIMIT:
            try:
                if not self.run(sender, to, octets, worth, guess, block).is_error:
                    return guess
            except (ValidationError, VMError):
                pass
            guess += guess // 16
        return GAS_LIMIT

    @staticmethod
    def _gas_of(computation, octets):
        zeros = octets.count(0)
        floor = 21_000 + 10 * (zeros + 4 * (len(octets) - zeros))
        # Intrinsic gas is not in the computation.
        words = (len(octets) + 31) // 32
        intrinsic = 21_000 + 4 * zeros + 16 * (len(octets) - zeros)
        if computation.msg.is_create:
            intrinsic += 32_000 + 2 * words
        return max(floor, intrinsic + computation.get_gas_used())

    # --- Transactions -----------------------------------------------------------------------------

    def send(self, raw):
        """Takes a signed transaction into the pool; its hash. Mines it at once when automine."""
        inner, sidecar = self.blobs.unwrap(raw)
        try:
            builder = self.machine().get_transaction_builder()
            transaction = builder.decode(inner)
            sender = transaction.sender
        except Exception as error:  # rlp, keys and py-evm have no common one
            raise RpcError(-32000, f"cannot decode transaction: {type(error).__name__}") from None
        self._admit(transaction, sender)
        if sidecar:
            self.blobs.keep(transaction, sidecar)
        self.pool[sender, transaction.nonce] = transaction
        if self.automine:
            self.mine()
        return transaction.hash

    def _admit(self, transaction, sender):
        """Refuses what a node's pool refuses, in its words."""
        if transaction.hash in self.places:
            raise RpcError(-32000, "already known")
        named = getattr(transaction, "chain_id", None)
        if named is not None and named != self.chain_id:
            raise RpcError(-32000, f"invalid chain id: have {named} want {self.chain_id}")
        if transaction.gas > TRANSACTION_GAS_MAX:
            raise RpcError(-32000, f"exceeds maximum per-transaction gas {TRANSACTION_GAS_MAX}")
        state = self.machine().state
        have = state.get_nonce(sender)
        if transaction.nonce < have:
            raise RpcError(
                -32000, f"nonce too low: next nonce {have}, tx nonce {transaction.nonce}")
        most = transaction.gas * transaction.max_fee_per_gas + transaction.value
        balance = state.get_balance(sender)
        if most > balance:
            raise RpcError(
                -32000,
                f"insufficient funds for gas * price + value: have {balance} want {most}")
        if transaction.gas < transaction.intrinsic_gas:
            raise RpcError(
                -32000, f"intrinsic gas too low: have {transaction.gas}, "
                f"want {transaction.intrinsic_gas}")
        waiting = self.pool.get((sender, transaction.nonce))
        if waiting is None:
            return
        if waiting.hash == transaction.hash:
            raise RpcError(-32000, "already known")
        for name in ("max_fee_per_gas", "max_priority_fee_per_gas"):
            if getattr(transaction, name) * 10 < getattr(waiting, name) * 11:
                raise RpcError(-32000, "replacement transaction underpriced")

    def mine(self, count=1, parent=None, use_pool=True):
        """Adds blocks. Transactions wait in the pool while their fee is below the base fee, or
        one of their sender's is missing before them."""
        for _ in range(count):
            above = (parent or self.head).header
            parent = None
            evm = self.evm
            evm.header = evm.create_header_from_parent(
                above, timestamp=max(self.next_time(), above.timestamp + 1),
                gas_limit=above.gas_limit)
            self.fixed_time = None
            entries = self._execute_pool(evm) if use_pool else []
            blob_gas = sum(get_total_blob_gas(entry.transaction) for entry in entries)
            block = evm.mine_block(
                coinbase=ZERO_ADDRESS, mix_hash=os.urandom(32), blob_gas_used=blob_gas)
            self._append(Block(block.header, entries))

    def _append(self, block):
        number = len(self.blocks)
        self.blocks.append(block)
        for index, entry in enumerate(block.entries):
            self.places[entry.transaction.hash] = number, index

    def _execute_pool(self, evm):
        entries = []
        before = 0
        progress = True
        while progress:
            progress = False
            for key in sorted(self.pool, key=lambda key: key[1]):
                sender, nonce = key
                transaction = self.pool[key]
                state = evm.get_vm(evm.header).state
                if nonce < state.get_nonce(sender):
                    del self.pool[key]
                    continue
                if nonce > state.get_nonce(sender):
                    continue
                if transaction.max_fee_per_gas < state.base_fee:
                    continue
                if before + transaction.gas > GAS_LIMIT:
                    continue
                try:
                    _, receipt, computation = evm.apply_transaction(transaction)
                except (ValidationError, VMError):
                    del self.pool[key]
                    continue
                del self.pool[key]
                progress = True
                entries.append(self._entry(transaction, sender, receipt, computation, before,
                                           state.base_fee))
                before = receipt.gas_used
        return entries

    @staticmethod
    def _entry(transaction, sender, receipt, computation, before, base_fee):
        price = min(
            transaction.max_fee_per_gas, base_fee + transaction.max_priority_fee_per_gas)
        contract = None
        if not transaction.to:
            contract = keccak(rlp.encode([sender, transaction.nonce]))[12:]
        logs = tuple(
            (log.address, tuple(topic.to_bytes(32, "big") for topic in log.topics), log.data)
            for log in receipt.logs)
        return Entry(
            transaction, sender, not computation.is_error, receipt.gas_used - before,
            receipt.gas_used, logs, contract, price)

    # --- For tests --------------------------------------------------------------------------------

    def snapshot(self):
        """A number to come back by."""
        self.snapshots.append((
            list(self.blocks), dict(self.places), dict(self.pool), self.offset, self.automine))
        return len(self.snapshots)

    def revert(self, number):
        """Back to a snapshot, which is used up with all later ones."""
        if not 1 <= number <= len(self.snapshots):
            return False
        blocks, places, pool, self.offset, self.automine = self.snapshots[number - 1]
        self.blocks, self.places, self.pool = blocks, places, pool
        del self.snapshots[number - 1:]
        self.fixed_time = None
        return True

    def reorganise(self, depth, keep):
        """Replaces the last `depth` blocks by one more than that. Their transactions return to
        the pool when `keep`, and are lost otherwise."""
        if not 0 < depth < len(self.blocks):
            raise RpcError(-32602, f"no {depth} blocks to replace above the genesis")
        gone = self.blocks[-depth:]
        del self.blocks[-depth:]
        for block in gone:
            for entry in block.entries:
                del self.places[entry.transaction.hash]
                if keep:
                    self.pool[entry.sender, entry.transaction.nonce] = entry.transaction
        self.mine(1, use_pool=False)
        self.mine(depth)
