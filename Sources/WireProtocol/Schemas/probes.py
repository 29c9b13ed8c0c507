"""Writes the test probes: for each message and field, how the module itself reads it.

The tests read the XML on their own and compare octets, so a view that looks at the wrong offset
is found even though the same generator wrote view and probe.
"""
from swift import ENTRY_NAMES, banner, camel, text, used


PARTS = {"OrderEntry": {"Session": range(0, 100), "Request": range(100, 200),
                        "Answer": range(200, 300)},
         "MarketData": {"": range(0, 300)}}


def files(schema):
    """Name -> text: one file a part, so that none grows long."""
    result = {}
    for part, ids in PARTS[schema.title].items():
        title = f"{schema.title}{part}Probes"
        messages = [message for message in schema.messages if message.id in ids]
        lines = [*banner(schema.path), "import WireProtocol", "",
                 f"let {camel(title)}: [MessageProbe] = ["]
        lines += [f"  probe{message.name}()," for message in messages] + ["]"]
        for message in messages:
            lines += probe(schema, message)
        result[f"{title}.swift"] = text(lines)
    return result


def closure(call, header, body):
    """One line when it fits into 100 columns."""
    line = f"  {call} {{ {header}{body} }}"
    if len(line) <= 100 and not header:
        return [line]
    names = header or "message in "
    body = body if header else body.replace("$0", "message")
    return [f"  {call} {{ {names.strip()}", f"    {body}", "  }"]


def probe(schema, message):
    view, name = f"{message.name}View", f"{message.name}Message"
    lines = ["", f"private func probe{message.name}() -> MessageProbe {{",
             f'  var probe = MessageProbe({schema.id}, "{message.name}", {message.id})',
             "  probe.reencode = { message in"]
    if message.group:
        group, entry = message.group.name, ENTRY_NAMES[message.group.name]
        lines += [f"    {view}(message).flatMap {{ view in",
                  f"      reencoded({name}(view), view.{group}) {{",
                  f"        {name}.{entry}($0)", "      }",
                  "    }", "  }"]
    else:
        lines += [f"    {view}(message).flatMap {{ reencoded({name}($0)) }}", "  }"]
    for field in used(message):
        lines += closure(f'probe.field("{field.name}")', "",
                         f"octets({view}($0)?.{field.name})")
    for field in used(message.group) if message.group else []:
        lines += closure(f'probe.entry("{field.name}")', "message, index in ",
                         f"octets({view}(message)?.{group}[index].{field.name})")
    return lines + ["  return probe", "}"]
