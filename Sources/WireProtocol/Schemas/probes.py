"""Writes the test probes: for each message and field, how the module itself reads it.

The tests read the XML on their own and compare octets, so a view that looks at the wrong offset
is found even though the same generator wrote view and probe.
"""
from swift import ENTRY_NAMES, banner, camel, text, used


def file(schema):
    lines = [*banner(schema.path), "import WireProtocol", "",
             f"let {camel(schema.title)}Probes: [MessageProbe] = ["]
    lines += [f"  probe{message.name}()," for message in schema.messages] + ["]"]
    for message in schema.messages:
        view, name = f"{message.name}View", f"{message.name}Message"
        entry = ENTRY_NAMES[message.group.name] if message.group else None
        lines += ["", f"private func probe{message.name}() -> MessageProbe {{",
                  f'  var probe = MessageProbe({schema.id}, "{message.name}", {message.id})']
        if entry:
            lines += ["  probe.reencode = { message in",
                      f"    {view}(message).flatMap {{ view in",
                      f"      reencoded({name}(view), view.{message.group.name}) "
                      f"{{ {name}.{entry}($0) }}", "    }", "  }"]
        else:
            lines += ["  probe.reencode = { message in",
                      f"    {view}(message).flatMap {{ reencoded({name}($0)) }}", "  }"]
        for field in used(message):
            lines.append(f'  probe.field("{field.name}") {{ octets({view}($0)?.{field.name}) }}')
        for field in used(message.group) if message.group else []:
            lines += [f'  probe.entry("{field.name}") {{ message, index in',
                      f"    octets({view}(message)?.{message.group.name}[index].{field.name})",
                      "  }"]
        lines += ["  return probe", "}"]
    return text(lines)
