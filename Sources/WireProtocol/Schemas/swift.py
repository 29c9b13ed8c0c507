"""Writes the Swift of the module: messages, views, templates, enumerations."""
import textwrap

INTEGERS = {"uint8": "UInt8", "uint16": "UInt16", "uint32": "UInt32", "uint64": "UInt64",
            "int64": "Int64"}
# Enumerations and sets the venue has its own words for; all others are generated.
KNOWN = {"Side": ("Side", ".buy"), "Tif": ("TimeInForce", ".day"),
         "OrdType": ("OrderKind", ".limit"),
         "SelfMatchMode": ("SelfMatchPrevention", ".cancelAggressor"),
         "RejectCode": ("RejectReason", ".none"), "CancelReason": ("CancelReason", ".byRequest"),
         "Scope": ("CancelScope", ".session"), "TradingStatus": ("InstrumentStatus", ".preOpen"),
         "OrderFlags": ("OrderFlags", "OrderFlags()"), "SessionFlags": ("SessionFlags", "SessionFlags()"),
         "SideMask": ("SideMask", "SideMask()")}
ENTRY_NAMES = {"legs": "Leg", "quotes": "Quote", "orders": "Order", "errors": "QuoteError", "tickTable": "Tick"}
UNSEQUENCED = {"Negotiate", "Challenge", "Establish", "EstablishmentAck", "EstablishmentReject",
               "Terminate", "RetransmitRequest", "RetransmitReject", "SessionReject",
               "ThrottleNotice", "FeedRetransmitRequest", "FeedRetransmitReject"}
NOTES = {"FlowType": "How a flow of messages is numbered and recovered (FIXP).",
         "OrderStatus": "What an acknowledgement acknowledges (FIX 39).",
         "Liquidity": "Whether an order rested or took (FIX 851).",
         "TerminateCode": "Why a session ended.", "SessionState": "What a session may do.",
         "MmpTrigger": "Which limit of a protection group was reached first.",
         "MarginState": "How an account stands.",
         "SignatureScheme": "How a receipt chain head is signed.",
         "InstrumentType": "What an instrument pays; values from 16 on are reserved for exotics."}


def camel(name):
    """`CANCEL_ONLY` -> `cancelOnly`; `NewOrder` -> `newOrder`."""
    if name.isupper() or "_" in name:
        first, *rest = name.lower().split("_")
        return first + "".join(word.capitalize() for word in rest)
    return name[0].lower() + name[1:]


def is_checked(field):
    return field.type.kind in ("enum", "set")


def swift_type(field):
    """Swift type and default value of a field."""
    kind = field.type
    if kind.kind == "octets":
        return f"Octets{kind.size}", f"Octets{kind.size}()"
    if is_checked(field):
        return KNOWN.get(kind.name) or (kind.name, "." + camel(kind.values[0][0]))
    return INTEGERS[kind.primitive], ".min" if kind.null is not None else "0"


def doc(text, indent):
    return [" " * indent + line for line in
            textwrap.wrap(text, 100 - indent, initial_indent="/// ", subsequent_indent="/// ")]


def field_note(field):
    parts = [field.note, field.type.note] if field.type.kind in ("primitive",) else [field.note]
    text = "; ".join(part for part in parts if part)
    return text[:1].upper() + text[1:] + "." if text else ""


def used(block):
    return [field for field in block.fields if not field.is_pad]


def store_lines(block, indent):
    lines = [" " * indent + line for line in
             ("@inlinable", "public func store(into block: BlockWriter) {")]
    for field in block.fields:
        if field.is_pad:
            value = f"block.store(0 as {INTEGERS[field.type.primitive]}, at: {field.offset})"
        elif field.type.kind == "octets":
            value = f"{field.name}.store(into: block, at: {field.offset})"
        elif is_checked(field):
            value = f"block.store({field.name}.wire, at: {field.offset})"
        else:
            value = f"block.store({field.name}, at: {field.offset})"
        lines.append(" " * (indent + 2) + value)
    return lines + [" " * indent + "}"]


def property_lines(block, indent):
    lines = []
    for field in used(block):
        name, default = swift_type(field)
        note = field_note(field)
        lines += doc(note, indent) if note else []
        value = f" = {default}" if default.endswith("()") else f": {name} = {default}"
        lines.append(" " * indent + f"public var {field.name}{value}  // offset {field.offset}")
    return lines


def copy_lines(block, view, indent):
    """`init?(view)`: every field copied, `nil` when an enumeration has no such value."""
    checked = [field for field in used(block) if is_checked(field)]
    lines = ["/// Copies every field; `nil` when an enumeration or a set has no such value."
             if checked else "/// Copies every field."]
    mark = "?" if checked else ""
    lines += ["@inlinable", f"public init{mark}(_ view: {view}) {{"]
    for field in checked:
        lines.append(f"  guard let {field.name} = view.{field.name} else {{ return nil }}")
    for field in used(block):
        source = field.name if is_checked(field) else f"view.{field.name}"
        lines.append(f"  self.{field.name} = {source}")
    return [" " * indent + line for line in lines + ["}"]]


def accessor_lines(block, indent):
    lines = []
    for field in used(block):
        name, default = swift_type(field)
        mark = "?" if is_checked(field) else ""
        if is_checked(field):
            value = f"{name}(wire: block.load(at: {field.offset}))"
        elif field.type.kind == "octets":
            value = f"{name}(block: block, at: {field.offset})"
        else:
            value = f"block.load(at: {field.offset})"
        head = f"@inlinable public var {field.name}: {name}{mark} {{"
        if field.since:
            guard = f"guard block.holds({field.type.size}, at: {field.offset})"
            lines += [head, f"  {guard} else {{ return {default} }}", f"  return {value}", "}"]
        elif len(head) + len(value) + indent + 3 <= 100:
            lines.append(f"{head} {value} }}")
        else:
            lines += [head, f"  {value}", "}"]
    return [" " * indent + line for line in lines]


def entry_lines(group, message):
    name = ENTRY_NAMES[group.name]
    return ["", *doc(f"One entry of `{group.name}`, {group.size} octets.", 2), "  @frozen",
            f"  public struct {name}: WireBlock, Equatable {{",
            f"    @inlinable public static var blockByteCount: Int {{ {group.size} }}", "",
            *property_lines(group, 4), "", "    @inlinable public init() {}", "",
            *copy_lines(group, f"{message.name}View.{name}", 4), "", *store_lines(group, 4), "  }"]


def message_lines(schema, message):
    role = "GroupedWireMessage" if message.group else "FlatWireMessage"
    summary = message.note.rstrip(".") + "."
    size = f"Body {message.size} octets" + (
        f" + 4 + {message.group.size} an entry." if message.group else ".")
    lines = [*doc(summary, 0), "///", *doc(f"{size} Template {message.id}.", 0), "@frozen",
             f"public struct {message.name}Message: {role}, Equatable {{"]
    if message.group:
        lines += [f"  public typealias Entry = {ENTRY_NAMES[message.group.name]}", ""]
    lines += [f"  @inlinable public static var templateID: UInt16 {{ {message.id} }}",
              f"  @inlinable public static var schemaID: UInt16 {{ {schema.id} }}",
              f"  @inlinable public static var blockByteCount: Int {{ {message.size} }}", "",
              *property_lines(message, 2), "", "  @inlinable public init() {}", "",
              *copy_lines(message, f"{message.name}View", 2), "", *store_lines(message, 2)]
    return lines + (entry_lines(message.group, message) if message.group else []) + ["}"]


def view_lines(schema, message):
    name, size = f"{message.name}View", message.size_of_version_0
    lines = ["", f"/// `{message.name}` as received, zero copy.", "@frozen",
             f"public struct {name}: WireMessageView {{",
             "  @usableFromInline internal let block: BlockReader"]
    if message.group:
        entry = ENTRY_NAMES[message.group.name]
        lines.append(f"  public let {message.group.name}: GroupView<{entry}>")
    lines += ["", "  /// `nil` when the message is of another template or too short.", "  @inlinable",
              "  public init?(_ message: MessageView) {", "    let root = message.block(",
              f"      templateID: {message.id}, schemaID: {schema.id}, byteCountMin: {size})",
              "    guard let root else { return nil }"]
    if message.group:
        lines += [f"    guard let entries = message.group(after: root, of: {entry}.self) else {{",
                  "      return nil", "    }", f"    {message.group.name} = entries"]
    lines += ["    block = root", "  }", "", *accessor_lines(message, 2)]
    if message.group:
        lines += ["", f"  /// One entry of `{message.group.name}`.", "  @frozen",
                  f"  public struct {entry}: WireEntryView {{",
                  "    @usableFromInline internal let block: BlockReader",
                  "    @inlinable public static var blockByteCountMin: Int "
                  f"{{ {message.group.size_of_version_0} }}",
                  "    @inlinable public init(block: BlockReader) { self.block = block }", "",
                  *accessor_lines(message.group, 4), "  }"]
    return lines + ["}"]


def banner(source):
    return [f"// Generated by Schemas/generate.py from Schemas/{source}; edit those instead.", ""]


def text(lines):
    return "\n".join(lines) + "\n"


def needs_words(message):
    blocks = [message] + ([message.group] if message.group else [])
    return any(field.type.name in KNOWN and field.type.name not in ("SessionFlags", "SideMask")
               for block in blocks for field in block.fields)


def message(schema, message):
    words = ["import VenueTypes", ""] if needs_words(message) else []
    return text(banner(schema.path) + words + message_lines(schema, message)
                + view_lines(schema, message))


def template(schema):
    title = f"{schema.title}Template"
    subject = "order entry" if schema.title == "OrderEntry" else "market data"
    lines = [*banner(schema.path), f"/// Which message of {subject} (schema {schema.id}).",
             "@frozen", f"public enum {title}: UInt16, Sendable, CaseIterable {{"]
    lines += [f"  case {camel(one.name)} = {one.id}" for one in schema.messages]
    loose = [f".{camel(one.name)}" for one in schema.messages if one.name in UNSEQUENCED]
    cases = textwrap.wrap(", ".join(loose), 90)
    lines += ["", "  /// The template of a message; `nil` for another schema or an unknown number.",
              "  @inlinable", "  public init?(of message: MessageView) {",
              "    let header = message.header",
              f"    guard header.schemaID == {schema.id} else {{ return nil }}",
              "    self.init(rawValue: header.templateID)", "  }", "",
              "  /// Whether the message takes a sequence number of its sender's flow.",
              "  @inlinable public var isSequenced: Bool {", "    switch self {",
              *[("    case " if row == 0 else "      ") + one for row, one in enumerate(cases)]]
    lines[-1] += ":"
    return text(lines + ["      false", "    default:", "      true", "    }", "  }", "}"])


def enumerations(schemas):
    lines = banner("*.xml")
    done = set()
    for schema in schemas:
        for kind in schema.types.values():
            if kind.kind != "enum" or kind.name in KNOWN or kind.name in done:
                continue
            done.add(kind.name)
            raw = INTEGERS[kind.primitive]
            lines += [*doc(NOTES[kind.name], 0), "@frozen",
                      f"public enum {kind.name}: {raw}, Sendable, CaseIterable, "
                      "WireEnumeration {"]
            lines += [f"  case {camel(name)} = {number}" for name, number in kind.values]
            lines += ["}", ""]
    return text(lines[:-1])
