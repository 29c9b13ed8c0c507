"""The development chain as a process of its own, and a client that speaks JSON-RPC to it."""
import json
import os
import subprocess
import sys
import urllib.request

from eth_account import Account as Wallet
from eth_utils import to_checksum_address
from machine import ETHER, ROOT, START, Refused, reason_of
from reference import Key

FUNDED = 1  # the key that holds ether at genesis


class RpcFault(Exception):
    """An error the node answered with."""

    def __init__(self, error):
        super().__init__(error["message"])
        self.code, self.data = error["code"], error.get("data")


class Node:
    """Starts the server on a free port; `with Node() as node`."""

    def __init__(self, *arguments, genesis_time=START):
        self.arguments = arguments or ("--genesis-time", str(genesis_time))

    def __enter__(self):
        folder = ROOT / "Sources" / "SettlementContracts"
        environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "DevelopmentChain", *self.arguments], env=environment,
            stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("listening on "), line
        self.url = line.split()[-1]
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()

    def ask(self, method, *parameters):
        body = json.dumps(
            {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}).encode()
        request = urllib.request.Request(
            self.url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as response:
            answer = json.load(response)
        if "error" in answer:
            raise RpcFault(answer["error"])
        return answer["result"]


class RemoteMachine:
    """The same calls as machine.Machine, over the wire. Senders are keys it knows."""

    def __init__(self, node, keys=()):
        self.node = node
        self.chain_id = int(node.ask("eth_chainId"), 16)
        self.keys = {}
        for key in (Key(FUNDED), Key(0x999), Key(0xBE), Key(0xC00), *keys):
            self.keys[key.address] = key
        self.gas = 0
        self.receipt = None
        for address in list(self.keys):
            self.fund(address)

    @property
    def now(self):
        """About the time of the next block."""
        return int(self.node.ask("eth_getBlockByNumber", "latest")["timestamp"], 16) + 1

    @property
    def last_time(self):
        block = self.node.ask("eth_getBlockByNumber", self.receipt["blockNumber"])
        return int(block["timestamp"], 16)

    def pass_time(self, seconds):
        self.node.ask("evm_increaseTime", seconds)
        self.node.ask("evm_mine")

    def fund(self, who, wei=1000 * ETHER):
        held = int(self.node.ask("eth_getBalance", "0x" + who.hex()), 16)
        if held < wei // 2:
            self.send(Key(FUNDED), {"to": "0x" + who.hex(), "value": wei, "gas": 21_000})

    def deploy(self, sender, code):
        self.send(self.keys[sender], {"data": "0x" + code.hex(), "gas": 8_000_000})
        return bytes.fromhex(self.receipt["contractAddress"][2:])

    def read(self, sender, to, octets, value=0):
        fields = {
            "from": "0x" + sender.hex(), "to": "0x" + to.hex(), "data": "0x" + octets.hex(),
            "value": hex(value)}
        try:
            return bytes.fromhex(self.node.ask("eth_call", fields)[2:])
        except RpcFault as fault:
            if fault.data is None:
                raise
            raise Refused(reason_of(bytes.fromhex(fault.data[2:]))) from None

    def call(self, sender, to, octets, value=0):
        output = self.read(sender, to, octets, value)
        self.send(self.keys[sender], {
            "to": "0x" + to.hex(), "data": "0x" + octets.hex(), "value": value,
            "gas": 3_000_000})
        if self.receipt["status"] != "0x1":
            raise Refused("reverted in its block")
        return output

    def send(self, key, fields):
        """Signs, sends and waits for one transaction."""
        self.receipt = None
        hash = self.node.ask("eth_sendRawTransaction", self.signed(key, fields))
        self.receipt = self.node.ask("eth_getTransactionReceipt", hash)
        if self.receipt:
            self.gas = int(self.receipt["gasUsed"], 16)
        return hash

    def signed(self, key, fields):
        """Raw transaction, hexadecimal, with the next nonce unless it has one."""
        nonce = self.node.ask("eth_getTransactionCount", "0x" + key.address.hex(), "pending")
        full = {
            "chainId": self.chain_id, "nonce": int(nonce, 16), "value": 0, "data": "0x",
            "maxFeePerGas": 10**11, "maxPriorityFeePerGas": 10**9, **fields}
        if "to" in full:
            full["to"] = to_checksum_address(full["to"])
        signature = Wallet.from_key(key.secret.to_bytes(32, "big")).sign_transaction(full)
        return "0x" + bytes(signature.raw_transaction).hex()
