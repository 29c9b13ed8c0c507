"""The venue's book beside the calibration books: same flows, one core, round-robin."""
import json
import os
import statistics

from machine import CALIBRATION, CAUSEWAY, RunFailed, run, run_json

SEED = 7
# flow: calibration program, most the venue's book may need as a ratio to it
FLOWS = {
    "quote": ("book-floor", 1.25),
    "deep": ("book-floor", 1.20),
    "options": ("book-floor-sorted", 1.25),
}
KINDS = {"add": "add", "cancel": "cancel", "replace": "replace", "cross": "trading"}
PERCENTILES = ["p50", "p90", "p99", "p999"]


class DigestMismatch(Exception):
    """Two books made different trades of one flow."""


def generate(kind, records, directory, seed=SEED):
    """Writes a flow file unless it is there; returns its path and what it should give."""
    path = os.path.join(directory, f"{kind}-{records}-{seed}.flow")
    expected = path + ".expect.json"
    if not (os.path.exists(path) and os.path.exists(expected)):
        os.makedirs(directory, exist_ok=True)
        run([os.path.join(CALIBRATION, "flowgen"), kind, path + ".new", str(records), str(seed)])
        os.replace(path + ".new.expect.json", expected)
        os.replace(path + ".new", path)
    with open(expected, encoding="utf-8") as file:
        return path, json.load(file)


def check(name, result, expected):
    for key in ("trades", "hash"):
        if result[key] != expected[key]:
            raise DigestMismatch(
                f"{name}: {key} is {result[key]}; the independent matcher says {expected[key]}")


def summary(values):
    return {"min": min(values), "median": statistics.median(values), "all": values}


def measure(records, rounds, latency_rounds, core, directory, say, kinds=tuple(FLOWS)):
    """Throughput and latency by flow; raises DigestMismatch."""
    inputs = {kind: generate(kind, records, directory) for kind in kinds}
    pin = ["taskset", "-c", str(core)]
    ours = {kind: [] for kind in kinds}
    floor = {kind: [] for kind in kinds}
    slow = {kind: [] for kind in kinds}
    for turn in range(rounds):
        for kind in kinds:
            program = FLOWS[kind][0]
            path, expected = inputs[kind]
            calibration = pin + [os.path.join(CALIBRATION, program), path]
            floor[kind].append(run_json(calibration))
            ours[kind].append(run_json(pin + [CAUSEWAY, "flow", "run", "--json", path]))
            check(f"causeway on {kind}", ours[kind][-1], expected)
            check(f"{program} on {kind}", floor[kind][-1], expected)
            if turn < latency_rounds:
                slow[kind].append(run_json(calibration + ["--lat"]))
                check(f"{program} --lat on {kind}", slow[kind][-1], expected)
        say(f"round {turn + 1} of {rounds}: " + "  ".join(
            f"{kind} {ours[kind][-1]['ns_op']:.1f}/{floor[kind][-1]['ns_op']:.1f}"
            for kind in kinds))
    flows = {}
    for kind in kinds:
        program, target = FLOWS[kind]
        mine = summary([each["ns_op"] for each in ours[kind]])
        theirs = summary([each["ns_op"] for each in floor[kind]])
        ratio = mine["min"] / theirs["min"]
        expected = inputs[kind][1]
        flows[kind] = {
            "program": program, "records": expected["main"], "prefill": expected["prefill"],
            "seed": SEED, "rounds": rounds, "ours_ns": mine, "floor_ns": theirs,
            "ratio": ratio,
            "ratio_median": statistics.median(
                a / b for a, b in zip(mine["all"], theirs["all"])),
            "target": target, "met": ratio <= target,
            "trades": expected["trades"], "digest": expected["hash"],
            "latency": latency(ours[kind], slow[kind]),
            "repeat": [
                f".build/bench/calibration/flowgen {kind} {kind}.flow {records} {SEED}",
                f"taskset -c {core} .build/bench/calibration/{program} {kind}.flow [--lat]",
                f"taskset -c {core} .build/release/causeway flow run --json {kind}.flow",
            ],
        }
    return flows


def quietest(results, kind):
    """Of several runs the one with the lowest p99: the least disturbed."""
    found = [result[kind] for result in results if kind in result]
    return min(found, key=lambda each: each["p99"]) if found else None


def latency(ours, floor):
    """Percentiles by kind, of the least disturbed run each."""
    by_kind = [result.get("by_kind", result.get("latency", {})) for result in ours]
    rows = {
        "all": {
            "ours": quietest([{"all": result} for result in ours], "all"),
            "floor": quietest(floor, "all"),
        }
    }
    for kind in KINDS:
        rows[kind] = {"ours": quietest(by_kind, kind), "floor": quietest(floor, kind)}
    for row in rows.values():
        for side, found in row.items():
            if found:
                row[side] = {
                    key: found[key] for key in ["n", *PERCENTILES, "curve"] if key in found}
    return rows


def table(flows):
    lines = [
        f"{'flow':9}{'ours':>8}{'median':>8}{'floor':>8}{'median':>8}{'ratio':>8}{'paired':>8}"
        f"{'target':>8}          trades  digest"
    ]
    for kind, flow in flows.items():
        lines.append(
            f"{kind:9}{flow['ours_ns']['min']:8.2f}{flow['ours_ns']['median']:8.2f}"
            f"{flow['floor_ns']['min']:8.2f}{flow['floor_ns']['median']:8.2f}"
            f"{flow['ratio']:8.3f}{flow['ratio_median']:8.3f}{flow['target']:8.2f}"
            f"  {'met' if flow['met'] else 'missed':6}{flow['trades']:10}  {flow['digest']}")
    return lines


def latency_table(flows):
    head = "".join(f"{name:>9}" for name in ["p50", "p90", "p99", "p99.9"])
    lines = [f"{'flow':9}{'operation':11}{'book':8}{head}"]
    for name, flow in flows.items():
        for kind, row in flow["latency"].items():
            for side, label in (("ours", "ours"), ("floor", "floor")):
                if row.get(side) is None:
                    continue
                figures = "".join(
                    f"{row[side][key]:9.0f}" if key in row[side] else f"{'-':>9}"
                    for key in PERCENTILES)
                lines.append(f"{name:9}{KINDS.get(kind, kind):11}{label:8}{figures}")
    return lines
