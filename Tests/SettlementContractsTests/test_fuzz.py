"""Random lives against the model: the vault never pays twice, never more than the leaf, and holds
what it owes. The seed is printed and can be given (CAUSEWAY_SEED)."""
import os
import random

import pytest
from conftest import SEED, SLOW
from fuzzing import USERS, Life
from machine import World

LIVES = int(os.environ.get("CAUSEWAY_LIVES", "100000" if SLOW else "1000"))
STEPS = 24


def fresh():
    world = World()
    for key in USERS:
        world.rich(key.address)
    world.rich(world.operator)
    return world


def live(world, seed, steps=STEPS):
    """One life, from a snapshot to which the world returns."""
    machine = world.machine
    now, block = machine.now, machine.block
    mark = machine.evm.snapshot()
    try:
        return Life(world, random.Random(seed)).run(steps)
    finally:
        machine.evm.revert(mark)
        machine.now, machine.block = now, block
        machine.pass_time(0)


def test_random_lives():
    world, counts = fresh(), {}
    for life in range(LIVES):
        seed = SEED * 1_000_000 + life
        try:
            for name, count in live(world, seed).items():
                counts[name] = counts.get(name, 0) + count
        except AssertionError as error:
            pytest.fail(f"seed {seed}: {error}")
        if life % 200 == 199:
            world = fresh()  # the EVM's journal grows
    taken = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    print(f"\n{LIVES} lives of {STEPS} steps, seeds from {SEED * 1_000_000}; taken: {taken}")
    assert min(counts.get(name, 0) for name in (
        "withdraw", "exit", "pay", "refund", "replace", "revalue", "freeze", "headers")) > 0
