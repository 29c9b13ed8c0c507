"""Fills the message tables of PROTOCOL.md between its markers."""
import re
import examples
from swift import UNSEQUENCED


def kind_of(field):
    kind = field.type
    if kind.kind == "octets":
        return f"{'char' if kind.primitive == 'char' else 'octet'}[{kind.length}]"
    short = {"uint8": "u8", "uint16": "u16", "uint32": "u32", "uint64": "u64", "int64": "i64"}
    name = short[kind.primitive]
    if kind.kind in ("enum", "set") or kind.name in ("Price9", "Price9Opt", "MicroDollars", "Lots",
                                                     "Nanos", "Fixed9"):
        return f"{name} {kind.name}"
    return name


def rows(block, base):
    lines = ["| offset | size | field | type | meaning |", "|---|---|---|---|---|"]
    for field in block.fields:
        note = "zero" if field.is_pad else field.note
        lines.append(f"| {base}{field.offset} | {field.type.size} | {field.name} | {kind_of(field)} "
                     f"| {note} |")
    return lines


def message_table(message):
    size = f"{message.size} octets"
    if message.group:
        size = f"{message.size} + 4 + {message.group.size}·n octets"
    flow = "unsequenced" if message.name in UNSEQUENCED else "sequenced"
    lines = [f"### {message.id} {message.name}", "", f"{message.note}. {size}, {flow}.", "",
             *rows(message, "")]
    if message.group:
        start = message.size + 4
        note = f" ({message.group.note})" if message.group.note else ""
        lines += ["", f"Group `{message.group.name}`{note}: at {message.size} the entry length u16 "
                  f"({message.group.size}) and the count u16; the first entry starts at {start}.",
                  "", *rows(message.group, "+")]
    return lines + [""]


def values_table(schema):
    lines = ["| name | encoding | values |", "|---|---|---|"]
    for kind in schema.types.values():
        if kind.kind not in ("enum", "set") or kind.name == "RejectCode":
            continue
        word = "bit " if kind.kind == "set" else ""
        values = ", ".join(f"{word}{number} {name}" for name, number in kind.values)
        lines.append(f"| {kind.name} | {kind.primitive} | {values} |")
    return lines


def codes_table(schema):
    lines = ["| number | code |", "|---|---|"]
    return lines + [f"| {number} | {name} |" for name, number in schema.types["RejectCode"].values]


def section(name, schemas):
    title, part = name.split(":")
    schema = next(one for one in schemas if one.title == title)
    if part == "values":
        return "\n".join(values_table(schema)) + "\n"
    if part == "codes":
        return "\n".join(codes_table(schema)) + "\n"
    if part == "session":
        return "\n".join(["```text", *examples.lines(schema), "```"]) + "\n"
    lines = [line for message in schema.messages for line in message_table(message)]
    return "\n".join(lines[:-1]) + "\n"


def fill(document, schemas):
    """The document with every `<!-- generated NAME -->` section written anew."""
    def replace(match):
        return f"{match[1]}\n{section(match[2], schemas)}{match[3]}"
    return re.sub(r"(<!-- generated (\S+) -->)\n.*?(<!-- end -->)", replace, document, flags=re.S)
