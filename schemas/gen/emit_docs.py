"""The model as documents: docs/EVENTS.md for people, schemas/http/asyncapi.yaml for tools."""

import json

from model import PRODUCERS, Enum

INTRO = """# Events

Generated from `schemas/` by `schemas/gen/gen.py docs`; do not edit. How each service's state moves is in
[states/](states/README.md).

Every event is a CloudEvent 1.0. Its type is `redress.<name>.v1`; its data is the JSON object below. Channels may use
either content mode; events among services are in binary mode, with these headers besides `ce_specversion` and
`content-type`:

| header | what |
|---|---|
| `ce_id` | `<service>.<partition>.<seq>`: tells where the event stands in its service's log |
| `ce_source` | `/redress/<service>/<partition>` |
| `ce_type` | `redress.<name>.v1` |
| `ce_time` | when it was decided, RFC 3339; of what a command led to: when that command was accepted (SL-3) |
| `seq` | number of the event in its stream, without gaps |
| `case_id` | the case; also the record's key, in decimal |
| `correlation_id` | the message that began it all |
| `causation_id` | the event that led to this one |
| `causation_source` | only when that one came from outside (a message, a command): its source, for ids are unique within a source alone |
| `traceparent` | W3C trace context |
| `input` | only when a local event (a timer, the bank's answer) led to this one: that event, so it can be replayed |

Readers ignore fields they do not know. A field may be added to an event; changing or removing one makes a new version.
Times named `_ms` are milliseconds since the Unix epoch; money named `_minor` is in minor units (fen, cents).
"""

TYPE_NAMES = {"string": "string", "int": "integer", "bool": "boolean", "time": "date-time"}


def anchor(title):
    return "".join(c for c in title.lower().replace(" ", "-") if c.isalnum() or c in "-_")


def type_name(f):
    if isinstance(f.target, Enum):
        name = f"[{f.target.c}](#{anchor(f.target.c)})"
    elif f.target:
        name = f"[{f.target}](#{anchor(f.target)})"
    else:
        name = TYPE_NAMES[f.kind]
    return f"list of {name}" if f.array else name


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def fields(struct):
    rows = ["| field | type | | |", "|---|---|---|---|"]
    for f in struct.fields:
        rows.append(f"| `{f.json}` | {type_name(f)} | {'required' if f.required else ''} | {cell(f.doc)} |")
    return rows


def event(e):
    notes = e.notes
    where = f"topic `{notes['x-topic']}`, key {notes['x-key']}" if "x-topic" in notes else "local, never on a topic"
    if "x-home" in notes:
        where += f", and by the exchange to the home of `{notes['x-home']}`"
    rules = "; " + ", ".join(notes["x-rules"]) if notes["x-rules"] else ""
    return ["", f"### {e.title}", "", e.doc, "", f"{where}{rules}", "", *fields(e)]


def events_md(model):
    out = [INTRO, "| producer | events |", "|---|---|"]
    of = {p: [e for e in model.events if e.notes["x-producer"] == p] for p in PRODUCERS}
    producers = [p for p in PRODUCERS if of[p]]
    for p in producers:
        out.append(f"| {p} | " + ", ".join(f"[{e.title}](#{anchor(e.title)})" for e in of[p]) + " |")
    for p in producers:
        out += ["", f"## By {p}"]
        for e in of[p]:
            out += event(e)
    out += ["", "## Shared shapes"]
    for s in model.shapes:
        out += ["", f"### {s.c}", "", s.doc, "", *fields(s)]
    out += ["", "## Enumerations"]
    for e in model.enums:
        if not e.own_none and not e.c.startswith("pol_"):
            out += ["", f"### {e.c}", "", ", ".join(f"`{v}`" for v in e.values)]
    return "\n".join(out) + "\n"


def yaml(value, indent=0):
    """Maps, lists and scalars as block YAML; scalars in JSON's notation, which YAML reads as it is."""
    pad = "  " * indent
    if isinstance(value, dict) and value:
        lines = []
        for k, v in value.items():
            name = k if k.isidentifier() else json.dumps(k)
            nested = isinstance(v, (dict, list)) and v
            lines.append(f"{pad}{name}:" + ("\n" + yaml(v, indent + 1) if nested else " " + yaml(v)))
        return "\n".join(lines)
    if isinstance(value, list) and value:
        return "\n".join(f"{pad}- " + yaml(v, indent + 1).lstrip() for v in value)
    return json.dumps(value, ensure_ascii=False)


def header_schema():
    text = {"type": "string"}
    names = ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "seq", "case_id", "correlation_id",
             "causation_id", "causation_source", "traceparent"]
    return {"type": "object", "properties": {n: text for n in names},
            "required": ["ce_specversion", "ce_id", "ce_source", "ce_type"]}


def message(e):
    doc = {
        "name": f"redress.{e.title}.v1",
        "title": e.title,
        "summary": e.doc,
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/headers"},
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-07",
            "schema": {"$ref": f"../events/{e.title}.json"},
        },
    }
    if e.notes["x-rules"]:
        doc["x-rules"] = e.notes["x-rules"]
    return doc


def asyncapi_yaml(model):
    public = [e for e in model.events if "x-topic" in e.notes]
    topics = sorted({e.notes["x-topic"] for e in public})
    key = lambda title: title.replace(".", "_")
    channels, operations = {}, {}
    for topic in topics:
        name = topic.split(".")[1]
        mine = [e for e in public if e.notes["x-topic"] == topic]
        channels[name] = {
            "address": topic,
            "description": f"Key: {mine[0].notes['x-key']}. One order per key.",
            "messages": {key(e.title): {"$ref": f"#/components/messages/{key(e.title)}"} for e in mine},
        }
        action = "receive" if name in ("inbound", "command") else "send"
        operations[f"{action}_{name}"] = {"action": action, "channel": {"$ref": f"#/channels/{name}"}}
    return "# Generated from schemas/ by schemas/gen/gen.py docs. Do not edit.\n" + yaml({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Redress",
            "version": "1.0.0",
            "description": "Events of complaint and claim handling, as CloudEvents 1.0 on Kafka. Seen from Redress: "
                           "it receives inbound and command, and sends the others.",
        },
        "defaultContentType": "application/json",
        "servers": {"kafka": {"host": "127.0.0.1:19001", "protocol": "kafka"}},
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": {key(e.title): message(e) for e in public},
            "schemas": {"headers": header_schema()},
        },
    }) + "\n"
