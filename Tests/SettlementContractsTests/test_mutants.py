"""Mutants of the contracts die. The long form tries every one."""
import subprocess
import sys

from conftest import HERE, SEED, SLOW


def test_mutants_die():
    arguments = [] if SLOW else ["--first", "3", "--seed", str(SEED)]
    done = subprocess.run(
        [sys.executable, str(HERE / "mutants.py"), *arguments], capture_output=True, text=True)
    print("\n" + (done.stdout if not SLOW else done.stdout[-2000:]), end="")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
