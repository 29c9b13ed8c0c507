"""JSON-RPC over HTTP, the methods a client of a standard node uses, and a few for tests."""
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from urllib.parse import parse_qs

from eth_utils import ValidationError

from .chain import GAS_LIMIT, ZERO_ADDRESS, RpcError

BODY_MAX = 8 << 20


def number(value):
    return hex(value)


def data(octets):
    return "0x" + bytes(octets).hex()


def octets(text, length=None):
    """Octets of a hexadecimal text."""
    if not isinstance(text, str) or not text.startswith("0x"):
        raise RpcError(-32602, f"not hexadecimal: {str(text)[:40]}")
    try:
        result = bytes.fromhex(text[2:])
    except ValueError:
        raise RpcError(-32602, f"not hexadecimal: {text[:40]}") from None
    if length is not None and len(result) != length:
        raise RpcError(-32602, f"{len(result)} octets where {length} belong")
    return result


def integer(value):
    """A number, as hexadecimal text or plain."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise RpcError(-32602, f"not a number: {value}")
    try:
        return value if isinstance(value, int) else int(value, 16)
    except ValueError:
        raise RpcError(-32602, f"not a number: {value[:40]}") from None


class Node:
    """The methods, by name."""

    def __init__(self, chain):
        self.chain = chain
        self.lock = Lock()

    def answer(self, method, parameters):
        function = getattr(self, "rpc_" + method, None)
        if function is None:
            raise RpcError(-32601, f"the method {method} does not exist/is not available")
        if not isinstance(parameters, list):
            raise RpcError(-32602, "parameters are not a list")
        with self.lock:
            try:
                return function(*parameters)
            except TypeError as error:
                if "positional argument" in str(error):
                    raise RpcError(-32602, f"{method}: wrong number of parameters") from None
                raise

    # --- Chain ------------------------------------------------------------------------------------

    def rpc_web3_clientVersion(self):
        return "causeway-development-chain"

    def rpc_net_version(self):
        return str(self.chain.chain_id)

    def rpc_eth_chainId(self):
        return number(self.chain.chain_id)

    def rpc_eth_blockNumber(self):
        return number(len(self.chain.blocks) - 1)

    def rpc_eth_syncing(self):
        return False

    def rpc_eth_accounts(self):
        return [data(address) for address in self.chain.funded]

    def block_at(self, tag):
        """A block by number or tag; None when there is none."""
        if tag in ("latest", "pending", "safe", "finalized", None):
            return self.chain.head
        index = 0 if tag == "earliest" else integer(tag)
        return self.chain.blocks[index] if 0 <= index < len(self.chain.blocks) else None

    def state_at(self, tag):
        block = self.block_at(tag)
        if block is None:
            raise RpcError(-32000, "header not found")
        return self.chain.machine(block).state

    def rpc_eth_getBalance(self, address, tag="latest"):
        return number(self.state_at(tag).get_balance(octets(address, 20)))

    def rpc_eth_getTransactionCount(self, address, tag="latest"):
        if tag == "pending":
            return number(self.chain.nonce(octets(address, 20), pending=True))
        return number(self.state_at(tag).get_nonce(octets(address, 20)))

    def rpc_eth_getCode(self, address, tag="latest"):
        return data(self.state_at(tag).get_code(octets(address, 20)))

    def rpc_eth_getStorageAt(self, address, slot, tag="latest"):
        held = self.state_at(tag).get_storage(octets(address, 20), integer(slot))
        return data(held.to_bytes(32, "big"))

    def rpc_eth_gasPrice(self):
        return number(self.chain.base_fee() + 10**9)

    def rpc_eth_maxPriorityFeePerGas(self):
        return number(10**9)

    def rpc_eth_blobBaseFee(self):
        return number(self.chain.machine().state.blob_base_fee)

    def rpc_eth_feeHistory(self, count, newest="latest", percentiles=None):
        last = self.chain.blocks.index(self.block_at(newest))
        first = max(0, last - min(integer(count), 1024) + 1)
        blocks = self.chain.blocks[first:last + 1]
        fees = [block.header.base_fee_per_gas for block in blocks]
        answer = {
            "oldestBlock": number(first),
            "baseFeePerGas": [number(fee) for fee in fees + [self.chain.base_fee()]],
            "gasUsedRatio": [block.header.gas_used / GAS_LIMIT for block in blocks]}
        if percentiles:
            answer["reward"] = [[number(10**9)] * len(percentiles) for _ in blocks]
        return answer

    # --- Calls and transactions -------------------------------------------------------------------

    @staticmethod
    def message(fields):
        """(sender, to, data, value, gas) of a call."""
        if not isinstance(fields, dict):
            raise RpcError(-32602, "the call is not an object")
        to = fields.get("to")
        return (
            octets(fields.get("from") or data(ZERO_ADDRESS), 20),
            octets(to, 20) if to else b"",
            octets(fields.get("input") or fields.get("data") or "0x"),
            integer(fields.get("value") or 0),
            integer(fields["gas"]) if fields.get("gas") else None)

    def rpc_eth_call(self, fields, tag="latest", *_overrides):
        block = self.block_at(tag)
        if block is None:
            raise RpcError(-32000, "header not found")
        sender, to, input, value, gas = self.message(fields)
        return data(self.chain.call(sender, to, input, value, gas, block))

    def rpc_eth_estimateGas(self, fields, tag="latest"):
        sender, to, input, value, _ = self.message(fields)
        return number(self.chain.estimate(sender, to, input, value))

    def rpc_eth_sendRawTransaction(self, raw):
        return data(self.chain.send(octets(raw)))

    def find(self, hash):
        place = self.chain.places.get(octets(hash, 32))
        if place is None:
            return None
        block = self.chain.blocks[place[0]]
        return block, place[0], place[1], block.entries[place[1]]

    def rpc_eth_getTransactionByHash(self, hash):
        found = self.find(hash)
        if found:
            return self.transaction(*found)
        for (sender, _), one in self.chain.pool.items():
            if one.hash == octets(hash, 32):
                return {**self.fields_of(one, sender), "blockHash": None, "blockNumber": None,
                        "transactionIndex": None}
        return None

    @staticmethod
    def fields_of(one, sender):
        return {
            "hash": data(one.hash), "from": data(sender), "nonce": number(one.nonce),
            "to": data(one.to) if one.to else None, "value": number(one.value),
            "gas": number(one.gas), "input": data(one.data),
            "type": number(getattr(one, "type_id", None) or 0),
            "maxFeePerGas": number(one.max_fee_per_gas),
            "maxPriorityFeePerGas": number(one.max_priority_fee_per_gas),
            "gasPrice": number(one.max_fee_per_gas),
            **({"blobVersionedHashes": [data(key) for key in blob_hashes(one)]}
               if blob_hashes(one) else {})}

    def transaction(self, block, height, index, entry):
        return {
            **self.fields_of(entry.transaction, entry.sender),
            "blockHash": data(block.hash), "blockNumber": number(height),
            "transactionIndex": number(index), "gasPrice": number(entry.gas_price)}

    def rpc_eth_getTransactionReceipt(self, hash):
        found = self.find(hash)
        if found is None:
            return None
        block, height, index, entry = found
        before = sum(len(one.logs) for one in block.entries[:index])
        one = entry.transaction
        return {
            "transactionHash": data(one.hash), "transactionIndex": number(index),
            "blockHash": data(block.hash), "blockNumber": number(height),
            "from": data(entry.sender), "to": data(one.to) if one.to else None,
            "cumulativeGasUsed": number(entry.cumulative_gas),
            "gasUsed": number(entry.gas_used), "effectiveGasPrice": number(entry.gas_price),
            "contractAddress": data(entry.contract) if entry.contract else None,
            "logs": self.logs_of(block, height, index, before), "logsBloom": data(bytes(256)),
            "type": number(getattr(one, "type_id", None) or 0),
            "status": number(int(entry.succeeded))}

    @staticmethod
    def logs_of(block, height, index, before):
        entry = block.entries[index]
        return [{
            "address": data(address), "topics": [data(topic) for topic in topics],
            "data": data(text), "blockHash": data(block.hash), "blockNumber": number(height),
            "transactionHash": data(entry.transaction.hash), "transactionIndex": number(index),
            "logIndex": number(before + offset), "removed": False,
        } for offset, (address, topics, text) in enumerate(entry.logs)]

    def rpc_eth_getLogs(self, fields):
        if fields.get("blockHash"):
            wanted = octets(fields["blockHash"], 32)
            heights = [i for i, one in enumerate(self.chain.blocks) if one.hash == wanted]
            if not heights:
                raise RpcError(-32000, "unknown block")
        else:
            first, last = (
                self.chain.blocks.index(block) if block else len(self.chain.blocks)
                for block in (self.block_at(fields.get(key)) for key in ("fromBlock", "toBlock")))
            heights = range(first, min(last + 1, len(self.chain.blocks)))
        places = fields.get("address")
        places = [places] if isinstance(places, str) else places
        places = {octets(one, 20) for one in places} if places else None
        topics = [
            None if one is None
            else {octets(mark, 32) for mark in ([one] if isinstance(one, str) else one)}
            for one in fields.get("topics") or []]
        found = []
        for height in heights:
            block = self.chain.blocks[height]
            before = 0
            for index, entry in enumerate(block.entries):
                for shown, (address, marks, _) in zip(
                        self.logs_of(block, height, index, before), entry.logs, strict=True):
                    fits = len(marks) >= len(topics) and all(
                        want is None or mark in want
                        for want, mark in zip(topics, marks, strict=False))
                    if fits and (places is None or address in places):
                        found.append(shown)
                before += len(entry.logs)
        return found

    def block(self, block, full):
        if block is None:
            return None
        header = block.header
        height = header.block_number
        if full:
            listed = [
                self.transaction(block, height, i, one) for i, one in enumerate(block.entries)]
        else:
            listed = [data(one.transaction.hash) for one in block.entries]
        return {
            "number": number(height), "hash": data(block.hash),
            "parentHash": data(header.parent_hash), "stateRoot": data(header.state_root),
            "transactionsRoot": data(header.transaction_root),
            "receiptsRoot": data(header.receipt_root), "miner": data(header.coinbase),
            "timestamp": number(header.timestamp), "gasLimit": number(header.gas_limit),
            "gasUsed": number(header.gas_used), "mixHash": data(header.mix_hash),
            "baseFeePerGas": number(header.base_fee_per_gas), "transactions": listed,
            "difficulty": "0x0", "nonce": data(header.nonce), "extraData": "0x", "uncles": []}

    def rpc_eth_getBlockByNumber(self, tag, full=False):
        return self.block(self.block_at(tag), full)

    def rpc_eth_getBlockByHash(self, hash, full=False):
        wanted = octets(hash, 32)
        return self.block(next((b for b in self.chain.blocks if b.hash == wanted), None), full)

    # --- For tests --------------------------------------------------------------------------------

    def rpc_evm_snapshot(self):
        return number(self.chain.snapshot())

    def rpc_evm_revert(self, snapshot):
        return self.chain.revert(integer(snapshot))

    def rpc_evm_mine(self, count=1):
        self.chain.mine(min(integer(count), 10_000))
        return "0x0"

    def rpc_evm_increaseTime(self, seconds):
        self.chain.advance(integer(seconds))
        return number(self.chain.offset)

    def rpc_evm_setNextBlockTimestamp(self, moment):
        if integer(moment) <= self.chain.head.header.timestamp:
            raise RpcError(-32602, "not after the last block")
        self.chain.fixed_time = integer(moment)
        return None

    def rpc_evm_setAutomine(self, on):
        self.chain.automine = bool(on)
        return None

    def rpc_evm_dropTransaction(self, hash):
        """Takes a waiting transaction out of the pool, as a full pool would."""
        gone = [key for key, one in self.chain.pool.items() if one.hash == octets(hash, 32)]
        for key in gone:
            del self.chain.pool[key]
        return bool(gone)

    def rpc_evm_reorganise(self, depth, keep=True):
        self.chain.reorganise(integer(depth), keep)
        return data(self.chain.head.hash)

    def rpc_evm_getBlob(self, hash):
        """Blob, commitment and proofs by versioned hash: what a beacon node would serve."""
        held = self.chain.blobs.by_hash.get(octets(hash, 32))
        if held is None:
            return None
        return dict(zip(("blob", "commitment", "proofs"), map(data, held), strict=True))


def respond(node, request):
    """One request to one answer."""
    base = {"jsonrpc": "2.0", "id": request.get("id") if isinstance(request, dict) else None}
    if not isinstance(request, dict) or not isinstance(request.get("method"), str):
        return {**base, "error": {"code": -32600, "message": "invalid request"}}
    try:
        return {**base, "result": node.answer(request["method"], request.get("params") or [])}
    except RpcError as error:
        shown = {"code": error.code, "message": error.message.split("\n")[0]}
        if error.data is not None:
            shown["data"] = error.data
        return {**base, "error": shown}
    except ValidationError as error:
        text = str(error).split("\n", maxsplit=1)[0]
        return {**base, "error": {"code": -32000, "message": text}}
    except Exception as error:  # a fault of this server answers, too
        text = f"internal error: {type(error).__name__}: {str(error).split(chr(10))[0][:200]}"
        return {**base, "error": {"code": -32603, "message": text}}


def blob_hashes(transaction):
    """Versioned hashes of a transaction's blobs; py-evm's older types raise when asked."""
    if getattr(transaction, "type_id", None) != 3:
        return ()
    return transaction.blob_versioned_hashes


def beacon(chain, target):
    """What a consensus node would say of blobs (Beacon APIs): a slot is a second, so that each
    block has one of its own. Status and answer."""
    path, _, query = target.partition("?")
    start = chain.blocks[0].header.timestamp
    if path == "/":
        return 200, {"chain": chain.chain_id}
    if path == "/eth/v1/beacon/genesis":
        return 200, {"data": {"genesis_time": str(start)}}
    if path == "/eth/v1/config/spec":
        return 200, {"data": {"SECONDS_PER_SLOT": "1"}}
    slot = path.removeprefix("/eth/v1/beacon/blobs/")
    if slot == path or not slot.isdecimal():
        return 404, {"code": 404, "message": "no such resource"}
    block = next((one for one in chain.blocks if one.header.timestamp == start + int(slot)), None)
    if block is None:
        return 404, {"code": 404, "message": "no block in this slot"}
    there = [
        key for entry in block.entries for key in blob_hashes(entry.transaction)]
    try:
        wanted = {octets(one, 32) for one in parse_qs(query).get("versioned_hashes", [])}
    except RpcError as error:
        return 400, {"code": 400, "message": error.message}
    found = [
        data(chain.blobs.by_hash[key][0]) for key in there
        if (not wanted or key in wanted) and key in chain.blobs.by_hash]
    return 200, {"execution_optimistic": False, "finalized": False, "data": found}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    node = None

    def do_POST(self):
        try:
            length = int(self.headers.get("Content-Length", ""))
        except ValueError:
            length = -1
        if not 0 <= length <= BODY_MAX:
            self.close_connection = True
            return self.reply(413, {"error": "length missing or too large"})
        try:
            request = json.loads(self.rfile.read(length))
        except (ValueError, RecursionError):
            error = {"code": -32700, "message": "parse error"}
            return self.reply(200, {"jsonrpc": "2.0", "id": None, "error": error})
        if isinstance(request, list):
            return self.reply(200, [respond(self.node, one) for one in request])
        return self.reply(200, respond(self.node, request))

    def do_GET(self):
        with self.node.lock:
            status, answer = beacon(self.node.chain, self.path)
        self.reply(status, answer)

    def reply(self, status, answer):
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Says nothing."""


def server(chain, port):
    """A server bound to this machine's loopback; port 0 takes a free one."""
    handler = type("BoundHandler", (Handler,), {"node": Node(chain)})
    return ThreadingHTTPServer(("127.0.0.1", port), handler)
