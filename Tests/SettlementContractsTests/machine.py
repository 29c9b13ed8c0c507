"""An EVM in the process (pyrevm) with the contracts on it, for tests of many calls."""
import json
import pathlib
import re

import pyrevm
from eth_abi import decode, encode
from reference import AccountTree, Key, digest, domain, keccak

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ARTIFACTS = ROOT / "Sources" / "SettlementContracts" / "Artifacts"
START = 1_750_000_000
DAY = 86_400
HOUR = 3_600
NOBODY = Key(0x999).address
OWN_FIRST = 1 << 20  # the venue's own accounts
OWN_COUNT = 2
ETHER = 10**18


class Refused(Exception):
    """A call that reverted, with the contract's reason."""


def artefact(name):
    return json.loads((ARTIFACTS / f"{name}.json").read_text())


def type_of(entry):
    """The type's text as it stands in a selector."""
    if not entry["type"].startswith("tuple"):
        return entry["type"]
    inner = ",".join(type_of(one) for one in entry["components"])
    return f"({inner}){entry['type'][5:]}"


class Interface:
    """Encodes calls of one contract and reads what it returns."""

    def __init__(self, abi):
        self.functions = {}
        self.views = set()
        self.events = {}
        self.constructor = []
        for entry in abi:
            types = [type_of(one) for one in entry.get("inputs", [])]
            if entry["type"] == "constructor":
                self.constructor = types
            elif entry["type"] == "function":
                selector = keccak(f"{entry['name']}({','.join(types)})".encode())[:4]
                outputs = [type_of(one) for one in entry["outputs"]]
                self.functions[entry["name"]] = selector, types, outputs
                if entry["stateMutability"] in ("view", "pure"):
                    self.views.add(entry["name"])
            elif entry["type"] == "event":
                topic = keccak(f"{entry['name']}({','.join(types)})".encode())
                self.events[topic] = entry

    def call(self, name, *values):
        selector, types, _ = self.functions[name]
        return selector + encode(types, values)

    def result(self, name, octets):
        values = decode(self.functions[name][2], octets)
        return values[0] if len(values) == 1 else values

    def event(self, topics, data):
        """(name, fields) of a log entry, or None."""
        entry = self.events.get(topics[0])
        if entry is None:
            return None
        indexed = [one for one in entry["inputs"] if one["indexed"]]
        plain = [one for one in entry["inputs"] if not one["indexed"]]
        fields = {
            one["name"]: decode([one["type"]], topic)[0]
            for one, topic in zip(indexed, topics[1:], strict=True)}
        values = decode([one["type"] for one in plain], data)
        fields.update((one["name"], value) for one, value in zip(plain, values, strict=True))
        return entry["name"], fields


def reason_of(octets):
    """The text of a revert."""
    if octets[:4] == bytes.fromhex("08c379a0"):
        return decode(["string"], octets[4:])[0]
    return "0x" + octets.hex()


class Machine:
    """The EVM with a clock."""

    def __init__(self, chain_id=1):
        self.evm = pyrevm.EVM()
        self.chain_id = chain_id
        self.now = START
        self.block = 1
        self.gas = 0
        self.nonces = {}
        self._set_block()

    def _set_block(self):
        self.evm.set_block_env(pyrevm.BlockEnv(number=self.block, timestamp=self.now))

    def pass_time(self, seconds):
        self.now += seconds
        self.block += 1
        self._set_block()

    @property
    def last_time(self):
        """The time at which the last call was carried out."""
        return self.now

    def fund(self, who, wei=1000 * ETHER):
        self.evm.set_balance("0x" + who.hex(), wei)

    def deploy(self, sender, code):
        address = self.evm.deploy("0x" + sender.hex(), code)
        self.gas = self.evm.result.gas_used
        return bytes.fromhex(address[2:])

    def call(self, sender, to, octets, value=0):
        try:
            output = self.evm.message_call(
                "0x" + sender.hex(), "0x" + to.hex(), octets, value=value)
        except RuntimeError as error:
            hexed = re.search(r"output: 0x([0-9a-f]*)", str(error))
            raise Refused(reason_of(bytes.fromhex(hexed[1])) if hexed else str(error)) from None
        self.gas = self.evm.result.gas_used
        return bytes(output)

    read = call


class Contract:
    """Calls by name: `vault.deposit(sender, account, amount)`."""

    def __init__(self, machine, address, interface):
        self.machine = machine
        self.address = address
        self.interface = interface

    def __getattr__(self, name):
        def method(sender, *values, value=0):
            octets = self.interface.call(name, *values)
            view = name in self.interface.views
            call = self.machine.read if view else self.machine.call
            output = call(sender, self.address, octets, value)
            return self.interface.result(name, output) if output else None
        return method


def created_at(sender, nonce):
    """Where a creation transaction puts its contract."""
    number = bytes([nonce]) if 0 < nonce < 128 else b"" if nonce == 0 else nonce.to_bytes(
        (nonce.bit_length() + 7) // 8, "big")
    coded = number if len(number) == 1 else bytes([0x80 + len(number)]) + number
    body = b"\x94" + sender + coded
    return keccak(bytes([0xC0 + len(body)]) + body)[12:]


class World:
    """All contracts, the keys, and a genesis of empty accounts."""

    def __init__(self, codes=None, hour=HOUR, genesis_root=None, signers=5, machine=None,
                 own_first=OWN_FIRST):
        self.machine = machine or Machine()
        self.hour = hour
        self.sequencer = Key(0x5E0)
        self.oracles = [Key(0x0A0 + i) for i in range(signers)]
        self.operator = Key(0x0BE).address
        self.council = Key(0xC00).address
        self.genesis_root = genesis_root or AccountTree().root
        self.machine.fund(self.operator)
        codes = codes or {}
        self.nonce = 0
        self.token = self._deploy("test_token", codes)
        threshold = signers // 2 + 1
        self.prices = self._deploy(
            "prices", codes, ["0x" + key.address.hex() for key in self.oracles], threshold)
        vault_at = created_at(self.operator, self.nonce + 1)
        self.court = self._deploy(
            "court", codes, self.token.address, vault_at, self.sequencer.address, self.operator)
        self.vault = self._deploy(
            "vault", codes, self.token.address, self.prices.address, self.court.address,
            self.sequencer.address, self.operator, self.council, hour, ETHER // 1000,
            self.genesis_root, own_first, OWN_COUNT)
        assert self.vault.address == vault_at
        self.opened = self.machine.last_time  # the genesis record's time
        self.channels = self._deploy("channels", codes, self.token.address, hour)
        self.domain = domain(self.machine.chain_id, self.vault.address)

    def _deploy(self, name, codes, *values):
        parts = codes.get(name) or artefact(name)
        interface = Interface(parts["abi"])
        code = bytes.fromhex(parts["bytecode"][2:]) + encode(interface.constructor, values)
        address = self.machine.deploy(self.operator, code)
        self.nonce += 1
        return Contract(self.machine, address, interface)

    def rich(self, who, amount=10**15):
        """Gives somebody dollars, and the contracts leave to take them."""
        self.machine.fund(who)
        self.token.mint(who, who, amount)
        for contract in (self.vault, self.court, self.channels):
            self.token.approve(who, contract.address, 1 << 200)

    def signed(self, structure, key=None, separator=None):
        return (key or self.sequencer).sign(digest(separator or self.domain, structure))

    def held(self, who=None):
        return self.token.balanceOf(NOBODY, who or self.vault.address)
