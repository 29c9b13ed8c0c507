"""Mutants of the contracts: every condition of every assert left out, and faults by hand. Each must
be noticed by a story, a rule or a random life.

    python mutants.py [--part K/N] [--after N] [--first N]

prints a line a mutant and the survivors; exit 1 when there are any."""
import argparse
import inspect
import pathlib
import random
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = HERE.parent.parent / "Sources" / "SettlementContracts"
sys.path[:0] = [str(HERE), str(SOURCES)]
sys.dont_write_bytecode = True

import compile as compiler
import test_end_to_end
import test_rules

USERS_OF = {
    "paths": ["vault"], "signed": ["vault", "court", "prices", "channels"], "vault": ["vault"],
    "court": ["court"], "prices": ["prices"], "channels": ["channels"]}
LIVES = 40

# file, text, what stands there instead, and which of its places
BY_HAND = [
    ("vault", "self.claims[account] = slot | SETTLED", "pass"),
    ("vault", "self.account_slots[account] = slot + (due << 160)", "pass"),
    ("vault", "self.queue[index] = 0\n", "pass\n"),
    ("vault", "self.covered_below[account] = consumed", "pass"),
    ("vault", "self.refunded_from[account] = index + 1", "pass"),
    ("vault", "self.signed_leaves[account] = keccak256(leaf)", "pass"),
    ("vault", "owed = owed * pot // sum", "pass"),
    ("vault", "owed = owed * pot // sum", "owed = owed * pot // sum + 1"),
    ("vault", "state -= self._owed(slot)", "pass"),
    ("vault", "self.exit_share = share + (owed << 64)", "self.exit_share = share"),
    ("vault", "self.exit_share = share + (owed << 64)", "pass"),
    ("vault", "slot |= LATE", "self.exit_state = state + self._owed(slot)"),
    ("vault", "self.commitments[number + 1] = END_OF_CHAIN", "pass"),
    ("vault", "time + PROOF_DEADLINE * HOUR >=", "time + HOUR >="),
    ("vault", "time + PROOF_DEADLINE * HOUR >=", "time + PROOF_DEADLINE * HOUR + HOUR >="),
    ("vault", "        value -= 1\n", "        pass\n"),
    ("vault", "start: uint256 = max(block.timestamp, final)", "start: uint256 = block.timestamp"),
    ("vault", "return due\n        return min", "return min(due, 1)\n        return min"),
    ("vault", "return min(due, self._remainder())", "return due"),
    ("vault", "owed = min(owed, remainder)", "pass"),
    ("vault", "owed = min(owed, self._remainder())", "pass"),
    ("vault", "in_hour + paid << 128", "in_hour << 128"),
    ("vault", "in_day + paid << 40", "in_day << 40"),
    ("vault", "state - self._owed(slot) + self._owed(changed)", "state + self._owed(changed)"),
    ("vault", "| moved | 1 << index", "| moved"),
    ("vault", "self.outflow >> 40 << 40 | number + 1", "self.outflow"),
    ("vault", "return biased - BIAS if biased > BIAS else 0", "return unsafe_sub(biased, BIAS)"),
    ("court", "self.bond = 0\n    reward", "reward"),
    ("court", "amount - reward, default", "amount - reward - 1, default"),
    ("prices", "seen |= 1 << who", "pass"),
    ("prices", "last = price", "pass"),
    ("channels", "self.channels[channel].to_first = 0\n    assert amount",
     "pass\n    assert amount"),
    ("channels", "self.channels[channel].total = entry.total - amount", "pass"),
    ("channels", "self.channels[channel].nonce = nonce", "pass"),
    ("channels", "self.channels[channel].total = 0", "pass"),
]


def end_of(text, start):
    """Where the statement that begins here ends."""
    depth, quoted = 0, False
    for place in range(start, len(text)):
        sign = text[place]
        if sign == '"':
            quoted = not quoted
        elif not quoted and sign in "([":
            depth += 1
        elif not quoted and sign in ")]":
            depth -= 1
        elif sign == "\n" and depth == 0:
            return place
    return len(text)


def split(text, mark):
    """Parts between marks that stand outside brackets and quotes."""
    parts, depth, quoted, start = [], 0, False, 0
    for place, sign in enumerate(text):
        if sign == '"':
            quoted = not quoted
        elif not quoted and sign in "([":
            depth += 1
        elif not quoted and sign in ")]":
            depth -= 1
        elif not quoted and depth == 0 and text.startswith(mark, place) and place >= start:
            parts.append(text[start:place])
            start = place + len(mark)
    return [*parts, text[start:]]


def without_asserts(name):
    """(description, source) for each condition left out."""
    text = (SOURCES / f"{name}.vy").read_text()
    place = text.find("    assert ")
    while place >= 0:
        end = end_of(text, place)
        statement = text[place:end]
        start = place + len(statement) - len(statement.lstrip())
        line = text.count("\n", 0, place) + 1
        condition = split(statement.strip()[len("assert "):], ", \"")[0]
        if condition.startswith("(\n"):
            condition = condition[1:-1].strip()
        conditions = split(condition, " and ")
        if "extcall" in condition:
            yield f"{name}:{line} result ignored", (
                text[:start] + f"ignored{line}: bool = {condition}" + text[end:])
        else:
            for left in range(len(conditions)):
                kept = conditions[:left] + conditions[left + 1:]
                new = "assert " + " and ".join(f"({one.strip()})" for one in kept)
                said = " ".join(conditions[left].split())
                yield f"{name}:{line} without {said[:60]}", (
                    text[:start] + (new if kept else "pass") + text[end:])
        place = text.find("    assert ", end)


def faults_by_hand():
    for name, old, new in BY_HAND:
        text = (SOURCES / f"{name}.vy").read_text()
        assert old in text, old
        yield f"{name}: {old.strip()[:50]!r} -> {new.strip()[:40]!r}", (
            name, text.replace(old, new, 1))


def every():
    for name in USERS_OF:
        for description, text in without_asserts(name):
            yield description, name, text
    for description, (name, text) in faults_by_hand():
        yield description, name, text


def built(name, text):
    """Artefacts of the contracts that a changed source is part of."""
    with tempfile.TemporaryDirectory() as folder:
        for source in SOURCES.glob("*.vy"):
            (pathlib.Path(folder) / source.name).write_text(source.read_text())
        (pathlib.Path(folder) / f"{name}.vy").write_text(text)
        return {one: compiler.compiled(one, pathlib.Path(folder)) for one in USERS_OF[name]}


def stories():
    for module in (test_rules, test_end_to_end):
        for name, function in vars(module).items():
            if name.startswith("test_") and inspect.isfunction(function):
                wants = list(inspect.signature(function).parameters)
                source = inspect.getsource(function)
                if function.__module__ == module.__name__ and ".node" not in source:
                    yield name, function, wants


SOUR = {}


def tell(function, wants):
    """One story with the contracts of test_rules.CODES."""
    if wants == ["sour"]:
        if not SOUR:
            from vyper.compiler import compile_code
            output = compile_code(test_rules.SOUR, output_formats=["abi", "bytecode"])
            SOUR["test_token"] = {"abi": output["abi"], "bytecode": output["bytecode"]}
        return function(SOUR)
    world = test_rules.in_process()
    return function(test_rules.running(world) if wants == ["venue"] else world)


def killer(codes):
    """The name of what notices these contracts; None when nothing does."""
    test_rules.CODES.clear()
    test_rules.CODES.update(codes)
    slow_last = sorted(stories(), key=lambda one: "queue_is_full" in one[0])
    for name, function, wants in slow_last:
        try:
            tell(function, wants)
        except BaseException:  # also pytest's Failed, which is not an Exception
            return name
    from test_fuzz import live
    from test_proofs import shapes
    try:
        shapes(2)
    except BaseException:
        return "shapes of proofs"
    world = test_rules.in_process()
    for seed in range(LIVES):
        try:
            live(world, seed)
        except Exception:
            return f"life {seed}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--part", default="0/1", help="every N-th mutant from the K-th on")
    parser.add_argument("--after", type=int, default=0, help="leave that many out")
    parser.add_argument("--first", type=int, help="only so many, drawn by chance")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    part, parts = map(int, arguments.part.split("/"))
    chosen = list(every())[part::parts][arguments.after:]
    if arguments.first:
        random.Random(arguments.seed).shuffle(chosen)
        del chosen[arguments.first:]
    if killer({}) is not None:
        raise SystemExit(f"the contracts themselves fail: {killer({})}")
    survivors, unbuilt = [], 0
    for description, name, text in chosen:
        try:
            codes = built(name, text)
        except Exception as error:  # the compiler saw it, too
            unbuilt += 1
            print(f"refused   {description}: {type(error).__name__}", flush=True)
            continue
        found = killer(codes)
        print(f"{'killed' if found else 'SURVIVED':9} {description}: {found}", flush=True)
        if not found:
            survivors.append(description)
    print(f"{len(chosen)} mutants, {unbuilt} refused by the compiler, {len(survivors)} survive")
    sys.exit(1 if survivors else 0)


if __name__ == "__main__":
    main()
