#!/usr/bin/env python3
"""Writes Swift views, messages, templates, test probes and PROTOCOL.md tables from the schemas.

    generate.py            write what changed
    generate.py --check    exit 1 naming every file that differs from what would be written

The schemas beside this file are the source of truth. Standard library only. The parts:
schema.py reads and lints, swift.py writes the module, probes.py the tests, tables.py the tables.
"""
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import probes
import schema
import swift
import tables

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
SOURCES = HERE.parent / "Generated"
TESTS = ROOT / "Tests" / "WireProtocolTests" / "Generated"
PROTOCOL = ROOT / "PROTOCOL.md"


def outputs(schemas):
    """Path -> text of every generated file; PROTOCOL.md keeps what stands outside its markers."""
    files = {}
    for one in schemas:
        for message in one.messages:
            files[SOURCES / one.title / f"{message.name}.swift"] = swift.message(one, message)
        files[SOURCES / f"{one.title}Template.swift"] = swift.template(one)
        files.update({TESTS / name: text for name, text in probes.files(one).items()})
    files[SOURCES / "GeneratedEnumerations.swift"] = swift.enumerations(schemas)
    if PROTOCOL.exists():
        files[PROTOCOL] = tables.fill(PROTOCOL.read_text(), schemas)
    return files


def main():
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit(f"{sys.argv[0]}: unknown argument {sys.argv[1]}; only --check is known")
    schemas = [schema.read(HERE / name) for name in ("causeway-oe.sbe.xml", "causeway-md.sbe.xml")]
    faults = [fault for one in schemas for fault in schema.lint(one)]
    if faults:
        sys.exit("\n".join(faults))
    wanted = outputs(schemas)
    stale = [path for path, text in wanted.items()
             if not path.exists() or path.read_text() != text]
    for folder in (SOURCES, TESTS):
        stale += [path for path in folder.rglob("*.swift") if path not in wanted]
    if check and stale:
        sys.exit("\n".join(f"{path.relative_to(ROOT)}: not what generate.py writes"
                           for path in sorted(stale)))
    for path in stale:
        if path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path])
        else:
            path.unlink()
    print(f"{len(wanted)} files, {len(stale)} {'stale' if check else 'written'}")


main()
