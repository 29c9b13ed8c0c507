"""Reads an SBE schema into plain objects, and lints it."""
import dataclasses
import xml.etree.ElementTree as ElementTree

SIZES = {"uint8": 1, "uint16": 2, "uint32": 4, "uint64": 8, "int64": 8, "char": 1}
NAMESPACE = "{http://fixprotocol.io/2016/sbe}"
HEADER_BYTES, DIMENSION_BYTES = 16, 4


@dataclasses.dataclass
class Type:
    name: str
    kind: str  # primitive, octets, enum, set
    primitive: str
    length: int
    values: list  # of (name, number), enums and sets
    null: int | None
    note: str

    @property
    def size(self):
        return SIZES[self.primitive] * self.length


@dataclasses.dataclass
class Field:
    name: str
    id: int
    type: Type
    offset: int
    since: int
    note: str

    @property
    def is_pad(self):
        return self.name.startswith("pad")


@dataclasses.dataclass
class Block:
    name: str
    note: str
    fields: list
    declared: int | None  # blockLength attribute

    @property
    def size(self):
        return sum(field.type.size for field in self.fields)

    @property
    def size_of_version_0(self):
        return sum(field.type.size for field in self.fields if field.since == 0)


@dataclasses.dataclass
class Message(Block):
    id: int = 0
    group: Block | None = None


@dataclasses.dataclass
class Schema:
    path: str
    id: int
    version: int
    title: str
    types: dict
    messages: list


def read_types(root):
    types = {}
    for node in root.find("types"):
        name, note = node.get("name"), node.get("description", "")
        if node.tag == "type":
            length = int(node.get("length", 1))
            null = node.get("nullValue")
            types[name] = Type(name, "octets" if length > 1 else "primitive",
                               node.get("primitiveType"), length, [],
                               None if null is None else int(null), note)
        elif node.tag in ("enum", "set"):
            values = [(value.get("name"), int(value.text)) for value in node]
            types[name] = Type(name, node.tag, node.get("encodingType"), 1, values, None, note)
    return types


def read_fields(node, types):
    fields, offset = [], 0
    for child in node.findall("field"):
        if child.get("type") not in types:
            raise SystemExit(f"{node.get('name')}.{child.get('name')}: no type {child.get('type')}")
        kind = types[child.get("type")]
        fields.append(Field(child.get("name"), int(child.get("id")), kind, offset,
                            int(child.get("sinceVersion", 0)), child.get("description", "")))
        offset += kind.size
    return fields


def read(path):
    root = ElementTree.parse(path).getroot()
    types = read_types(root)
    messages = []
    for node in root.findall(NAMESPACE + "message"):
        groups = node.findall("group")
        if len(groups) > 1:
            raise SystemExit(f"{path.name}: {node.get('name')} has more than one group")
        group = None
        if groups:
            group = Block(groups[0].get("name"), groups[0].get("description", ""),
                          read_fields(groups[0], types), int(groups[0].get("blockLength", -1)))
        messages.append(Message(node.get("name"), node.get("description", ""),
                                read_fields(node, types), int(node.get("blockLength", -1)),
                                int(node.get("id")), group))
    title = "OrderEntry" if root.get("package") == "causeway.oe" else "MarketData"
    return Schema(path.name, int(root.get("id")), int(root.get("version")), title, types, messages)


def lint_block(where, block, start, version):
    """Faults of one block whose first octet lies `start` octets behind an 8-aligned address."""
    if block.declared != block.size:
        yield f"{where}: blockLength {block.declared}, fields sum to {block.size}"
    ids = [field.id for field in block.fields]
    names = [field.name for field in block.fields]
    if len(set(ids)) < len(ids):
        yield f"{where}: a field id is used twice"
    if len(set(names)) < len(names):
        yield f"{where}: a field name is used twice"
    since = 0
    for field in block.fields:
        width = min(SIZES[field.type.primitive] if field.type.kind != "octets" else 8, 8)
        if (start + field.offset) % width:
            yield f"{where}.{field.name}: offset {field.offset} is not a multiple of {width}"
        if field.since < since:
            yield f"{where}.{field.name}: sinceVersion falls; fields are appended only"
        if field.since > version:
            yield f"{where}.{field.name}: sinceVersion {field.since} above version {version}"
        since = field.since


def lint(schema):
    """Faults as sentences; none when the schema keeps the rules of PROTOCOL.md."""
    for key in ("id", "name"):
        values = [getattr(message, key) for message in schema.messages]
        for value in {value for value in values if values.count(value) > 1}:
            yield f"{schema.path}: message {key} {value} is used twice"
    for kind in schema.types.values():
        for values in zip(*kind.values):
            if len(set(values)) < len(values):
                yield f"{schema.path}: {kind.name}: a name or a number is used twice"
    for message in schema.messages:
        where = f"{schema.path}: {message.name}"
        yield from lint_block(where, message, 0, schema.version)
        if message.group:
            start = message.size + DIMENSION_BYTES
            if message.group.size % 8 or start % 8:
                yield f"{where}: entries are not 8-aligned (root {message.size})"
            yield from lint_block(f"{where}.{message.group.name}", message.group, start,
                                  schema.version)
        elif message.size % 8:
            yield f"{where}: body of {message.size} octets is not a multiple of 8"
