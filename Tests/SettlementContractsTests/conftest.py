"""What the tests share: one development chain for all, put back after each test."""
import os
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = HERE.parent.parent / "Sources" / "SettlementContracts"
sys.path[:0] = [str(HERE), str(SOURCES)]
sys.dont_write_bytecode = True

from machine import START, World
from reference import Key
from remote import Node, RemoteMachine

USERS = [Key(100 + i) for i in range(6)]
SLOW = os.environ.get("CAUSEWAY_SLOW") == "1"
SEED = int(os.environ.get("CAUSEWAY_SEED", "1"))


@pytest.fixture(scope="session")
def deployed():
    """Contracts on a chain of their own process, users with dollars."""
    with Node(genesis_time=START) as node:
        machine = RemoteMachine(node, USERS)
        world = World(machine=machine)
        for key in USERS:
            world.rich(key.address)
        world.rich(world.operator)
        yield world


@pytest.fixture
def world(deployed):
    """The same, untouched by other tests."""
    node = deployed.machine.node
    number = node.ask("evm_snapshot")
    yield deployed
    assert node.ask("evm_revert", number)
