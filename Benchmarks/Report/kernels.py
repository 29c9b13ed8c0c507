"""The micro-benchmarks, their counterparts in C, and the budget of the sequencer's step."""
import json
import os
import re
import subprocess

from machine import BENCHMARKS, CAUSEWAY, RunFailed, run

# ours, what it stands beside, most it may need as a ratio to that before something is wrong
PAIRS = [
    ("wire/order-parse", "c/order-parse", 1.5),
    ("wire/order-parse-tag", "c/order-parse-tag", 1.3),
    ("wire/tag", "c/tag", 1.3),
    ("ring/slot-pass", "ring/c-pass", 2.0),
    ("ring/slot-hop", "ring/c-hop", 2.5),
    ("ring/slot-hop", "ring/rte-hop", 2.0),
    ("ring/spsc-stream", "ring/c-stream", 3.0),
    ("ring/slot-events", "ring/rte-events-1", 3.0),
    ("ring/spsc-events-16", "ring/rte-events-16", 3.0),
]

# The stages of a step in their order: label, row measured, or rows from which the rest is left.
BUDGET = [
    ("datagram parse", ["step/parse"], []),
    ("tag verification", ["step/tag"], []),
    ("decode to a command, session state",
     ["step/ingress"], ["step/parse", "step/tag", "step/command-ring"]),
    ("command ring, in and out", ["step/command-ring"], []),
    ("tick order", ["step/tick-order"], []),
    ("number, time, journal ring", ["step/number-journal-ring"], []),
    ("apply: checks, book, events", ["step/apply"], []),
    ("event ring, in and out", ["step/event-ring"], []),
    ("event encode, tag, window", ["step/egress"], ["step/event-ring"]),
]
WHOLE = "step/whole"

# `FlowReplay.apply(_:_:)` as the linker names it; the loops are reached from there by jumps, which
# valgrind does not see as calls.
FLOW_LOOP = "*FlowReplayV5apply*"



def measure(rounds, smoke, names=()):
    """Rows by name: unit, best, median, worst, operations, checksum."""
    argv = [BENCHMARKS, "--json"]
    argv += ["--smoke"] if smoke else []
    argv += ["--rounds", str(rounds)] if rounds else []
    rows = [json.loads(line) for line in run(argv + list(names)).splitlines()]
    return {row.pop("name"): row for row in rows}


def count(directory, names=()):
    """Instructions per operation by name; raises RunFailed without valgrind."""
    os.makedirs(directory, exist_ok=True)
    # Valgrind 3.19 gives up on the debug information of Swift 6.
    program = os.path.join(directory, "causeway-bench")
    run(["strip", "--strip-debug", "-o", program, BENCHMARKS])
    out = os.path.join(directory, "counts")
    for name in os.listdir(directory):
        if name.startswith("counts"):
            os.remove(os.path.join(directory, name))
    text = run(
        ["valgrind", "--tool=callgrind", "--collect-atstart=no", f"--callgrind-out-file={out}",
         program, "--count", "--json", *names],
        env={**os.environ, "SWIFT_DETERMINISTIC_HASHING": "1"})
    rows = {row["name"]: row for row in map(json.loads, text.splitlines())}
    counts = {}
    for name in os.listdir(directory):
        if not name.startswith("counts"):
            continue
        with open(os.path.join(directory, name), encoding="utf-8") as file:
            body = file.read()
        os.remove(os.path.join(directory, name))
        trigger = re.search(r"^desc: Trigger: Client Request: (.*)$", body, re.M)
        total = re.search(r"^summary: (\d+)", body, re.M)
        if trigger and total and trigger.group(1) in rows and int(total.group(1)) > 0:
            row = rows[trigger.group(1)]
            counts[trigger.group(1)] = int(total.group(1)) / row["operations"]
    if not counts:
        raise RunFailed("valgrind counted nothing: is valgrind/callgrind.h there at build time?")
    return counts


def flow_count(directory, small, large):
    """Instructions of the venue's book per record: what a longer flow of the same beginning adds.

    Counted inside the loops that apply records (`FlowReplay.apply…`), and nowhere else.
    """
    program = os.path.join(directory, "causeway")
    run(["strip", "--strip-debug", "-o", program, CAUSEWAY])
    totals = []
    for path in (small[0], large[0]):
        argv = [
            "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
            f"--toggle-collect={FLOW_LOOP}", program, "flow", "run", "--json", path]
        done = subprocess.run(
            argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            stdin=subprocess.DEVNULL, env={**os.environ, "SWIFT_DETERMINISTIC_HASHING": "1"})
        found = re.search(r"Collected : (\d+)", done.stderr)
        if done.returncode != 0 or not found:
            raise RunFailed(f"{' '.join(argv)} ended with {done.returncode}")
        totals.append(int(found.group(1)))
    count = (totals[1] - totals[0]) / (large[1]["main"] - small[1]["main"])
    if count <= 0:
        raise RunFailed("valgrind counted nothing in FlowReplay.apply…: was it renamed?")
    return count


def budget(rows, counts):
    """Rows of the budget: label, ns, instructions, and the row to repeat."""
    def figure(table, names, less, key=None):
        get = (lambda name: table[name][key]) if key else (lambda name: table[name])
        if any(name not in table for name in names + less):
            return None
        return sum(map(get, names)) - sum(map(get, less))

    result = []
    for label, names, less in BUDGET + [("the whole step", [WHOLE], [])]:
        source = names[0] + ("" if not less else " less " + ", ".join(less))
        result.append({
            "stage": label, "ns": figure(rows, names, less, "best"),
            "instructions": figure(counts, names, less), "rows": source,
        })
    return result


def pairs(rows):
    return [
        {"ours": ours, "beside": beside, "ratio": rows[ours]["best"] / rows[beside]["best"],
         "bound": bound}
        for ours, beside, bound in PAIRS if ours in rows and beside in rows
    ]


def table(rows, counts):
    lines = [
        f"{'benchmark':26}{'unit':7}{'best':>10}{'median':>10}{'worst':>10}{'instr.':>10}  checksum"
    ]
    for name, row in rows.items():
        counted = f"{counts[name]:10.1f}" if name in counts else f"{'-':>10}"
        lines.append(
            f"{name:26}{row['unit']:7}{row['best']:10.2f}{row['median']:10.2f}"
            f"{row['worst']:10.2f}{counted}  {row['checksum']}")
    return lines


def budget_table(rows):
    lines = [f"{'stage, per command':38}{'ns':>9}{'instr.':>9}  from"]
    for row in rows:
        figures = "".join(
            f"{'-':>9}" if row[key] is None else f"{row[key]:9.{digits}f}"
            for key, digits in (("ns", 1), ("instructions", 0)))
        lines.append(f"{row['stage']:38}{figures}  {row['rows']}")
    return lines


def pair_table(rows):
    return [f"{'ours':24}{'beside':24}{'ratio':>8}"] + [
        f"{row['ours']:24}{row['beside']:24}{row['ratio']:8.2f}" for row in rows]
