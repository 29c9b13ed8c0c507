"""Compiles the contracts: bytecode and interfaces as one JSON file a contract in Artifacts/.

    python compile.py           writes the files anew
    python compile.py --check   exit 1 when a committed file is not what the sources compile to

Needs the pinned compiler of scripts/requirements.txt; another version gives other bytes.
"""
import json
import pathlib
import sys

from eth_utils import keccak
from vyper.compiler import compile_from_file_input
from vyper.compiler.input_bundle import FilesystemInputBundle
from vyper.compiler.settings import OptimizationLevel, Settings

HERE = pathlib.Path(__file__).resolve().parent
ARTIFACTS = HERE / "Artifacts"
CONTRACTS = ["test_token", "prices", "court", "vault", "channels"]
CODE_MAX = 24_576  # octets, EIP-170


def compiled(name, folder=HERE):
    """The artefact of one contract: its interface, creation code and code."""
    bundle = FilesystemInputBundle([folder])
    settings = Settings(optimize=OptimizationLevel.GAS, evm_version="cancun")
    with bundle.search_path(folder):
        source = bundle.load_file(f"{name}.vy")
    formats = ["abi", "bytecode", "bytecode_runtime"]
    output = compile_from_file_input(source, bundle, settings, output_formats=formats)
    code = bytes.fromhex(output["bytecode_runtime"][2:])
    if len(code) > CODE_MAX:
        raise SystemExit(f"compile.py: {name}: {len(code)} octets of code, at most {CODE_MAX}")
    return {
        "contract": name,
        "codeOctets": len(code),
        "codeHash": "0x" + keccak(code).hex(),
        "abi": output["abi"],
        "bytecode": output["bytecode"],
    }


def text_of(artefact):
    """One line an entry of the interface, so that a change can be read."""
    lines = ["{"]
    for key, entry in artefact.items():
        if key == "abi":
            inner = ",\n".join("    " + json.dumps(one) for one in entry)
            lines.append(f'  "abi": [\n{inner}\n  ],')
        else:
            comma = "" if key == "bytecode" else ","
            lines.append(f"  {json.dumps(key)}: {json.dumps(entry)}{comma}")
    return "\n".join(lines + ["}"]) + "\n"


def main():
    """Writes or compares; one line a contract."""
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        raise SystemExit("compile.py: unknown argument; known: --check")
    differ = []
    for name in CONTRACTS:
        artefact = compiled(name)
        path = ARTIFACTS / f"{name}.json"
        text = text_of(artefact)
        if not check:
            ARTIFACTS.mkdir(exist_ok=True)
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            differ.append(name)
        print(f"{name:11} {artefact['codeOctets']:6} octets  {artefact['codeHash']}")
    if differ:
        print(f"compile.py: not what the sources compile to: {', '.join(differ)}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
