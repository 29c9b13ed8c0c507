"""Where a figure comes from: machine, tools, commit. And how programs are run."""
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# Every build of this run is for one CPU level: part of SwiftPM's cache key.
MARCH = os.environ.setdefault("CAUSEWAY_MARCH", subprocess.run(
    [os.path.join(ROOT, "scripts", "cpu-level")], stdout=subprocess.PIPE, text=True,
    check=True).stdout.strip())
# Valgrind 3.19 knows no AVX-512.
COUNTABLE = MARCH in ("x86-64", "x86-64-v2", "x86-64-v3")


def fail(program, message, code=2):
    """Ends the program with one line on standard error."""
    print(f"{program}: {message}", file=sys.stderr)
    sys.exit(code)


class RunFailed(Exception):
    """A program ended with an error; the text names it and quotes its last line."""


def run(argv, **options):
    """Standard output of a program, as text."""
    try:
        done = subprocess.run(
            argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            stdin=subprocess.DEVNULL, cwd=ROOT, **options)
    except OSError as error:
        raise RunFailed(f"{argv[0]} cannot be run: {error.strerror}") from error
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
        raise RunFailed(f"{' '.join(argv)} ended with {done.returncode}: {last}")
    return done.stdout


def run_json(argv, **options):
    """The one JSON object a program prints."""
    text = run(argv, **options)
    try:
        return json.loads(text.strip().splitlines()[-1])
    except (ValueError, IndexError) as error:
        raise RunFailed(f"{' '.join(argv)} printed no JSON object") from error


def first_line(argv):
    try:
        return run(argv).strip().splitlines()[0]
    except (RunFailed, IndexError):
        return "unknown"


def cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return "unknown"


def cores():
    """Numbers of the cores this process may use."""
    return sorted(os.sched_getaffinity(0))


def describe():
    """Everything that a figure without would be worthless."""
    dirty = first_line(["git", "status", "--porcelain", "--untracked-files=no"])
    commit = first_line(["git", "rev-parse", "--short=12", "HEAD"])
    return {
        "cpu": cpu_model(),
        "cores": len(cores()),
        "kernel": os.uname().release,
        "commit": commit + ("" if dirty == "unknown" else " with changes"),
        "swift": first_line(["swift", "--version"]),
        "swift_flags": f"-O -Xcc {MARCH and '-march=' + MARCH}",
        "c_flags": f"clang -O3 -march={MARCH}",
        "calibration_compiler": first_line(["g++", "--version"]),
        "calibration_flags": "-O3 -march=native -std=c++20",
    }


def build(program):
    """The optimised program, the benchmarks, the calibration programs."""
    steps = [
        ["swift", "build", "-c", "release", "--product", "causeway"],
        ["swift", "build", "-c", "release", "--package-path", "Benchmarks"],
        ["make", "-s", "-C", "Benchmarks/Calibration"],
    ]
    for argv in steps:
        try:
            run(argv)
        except RunFailed as error:
            fail(program, f"{error}; run it alone to see all it says")


CAUSEWAY = os.environ.get("CAUSEWAY_BINARY") or os.path.join(ROOT, ".build/release/causeway")
BENCHMARKS = os.path.join(ROOT, "Benchmarks/.build/release/causeway-bench")
CALIBRATION = os.path.join(ROOT, ".build/bench/calibration")
