"""Reads the schemas into a model of enums, structs and fields; refuses what it does not know.

The subset is what draft-07 and 2020-12 share and the generated validator checks: an object of named
properties; string, integer, boolean, date-time; enumerations; references to a definition; arrays of
one of those. Every other keyword is an error, because a keyword nobody checks is a contract nobody
keeps. Annotations (description, title, x-*) are free.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

DRAFT = "http://json-schema.org/draft-07/schema#"
SERVICES = ["intake", "dispatch", "evidence", "approval", "payment", "escalation", "sla"]
PRODUCERS = ["channel", "console", *SERVICES]
C_WORDS = set(
    "auto break case char const continue default do double else enum extern float for goto if inline int long "
    "register restrict return short signed sizeof static struct switch typedef union unsigned void volatile "
    "while bool true false asm typeof errno stdin stdout stderr".split()
)


class SchemaError(Exception):
    """A schema outside the subset; says file, place and reason."""


@dataclass
class Enum:
    c: str  # role
    values: list
    doc: str
    own_none: bool = False  # the schema's own first value "none" is 0; else 0 = absent


@dataclass
class Field:
    json: str
    kind: str  # string int bool time enum object
    array: bool
    required: bool
    target: object  # Enum or the C name of a struct
    doc: str

    @property
    def c(self):
        return self.json + "_ms" if self.kind == "time" else self.json


@dataclass
class Struct:
    c: str  # ev_intake_registered
    title: str
    doc: str
    fields: list
    notes: dict = field(default_factory=dict)  # x-* of an event


@dataclass
class Model:
    enums: list = field(default_factory=list)
    shapes: list = field(default_factory=list)
    events: list = field(default_factory=list)
    states: list = field(default_factory=list)
    policy: list = field(default_factory=list)


def fail(where, why):
    raise SchemaError(f"{where}: {why}")


def identifier(where, name):
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        fail(where, f'"{name}" is not a lower-case identifier')
    if name in C_WORDS:
        fail(where, f'"{name}" is a word of C')
    return name


def keywords(where, schema, allowed):
    if not isinstance(schema, dict):
        fail(where, "a schema must be an object")
    for key in schema:
        if key not in allowed and key not in ("description", "title") and not key.startswith("x-"):
            fail(where, f'keyword "{key}" is not in the supported subset')


def pairs(where):
    """json.loads keeps the last of two equal names silently; we refuse."""

    def hook(items):
        names = [name for name, _ in items]
        for name in names:
            if names.count(name) > 1:
                fail(where, f'"{name}" appears twice')
        return dict(items)

    return hook


def load(path):
    try:
        schema = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=pairs(path))
    except ValueError as e:
        fail(path, f"not JSON: {e}")
    if schema.get("$schema") != DRAFT:
        fail(path, f'"$schema" must be {DRAFT}')
    return schema


class Reader:
    """Reads one schema file; `common` and `local` map a definition's name to Enum or struct name."""

    def __init__(self, path, common):
        self.path = path
        self.common = common
        self.local = {}

    def enum(self, where, c, schema, own_none=False):
        keywords(where, schema, {"type", "enum"})
        values = schema["enum"]
        if schema.get("type") != "string" or not isinstance(values, list) or not values:
            fail(where, "an enumeration is a list of strings")
        for value in values:
            if not isinstance(value, str):
                fail(where, "an enumeration is a list of strings")
            if not re.fullmatch(r"[a-z][a-z0-9_]*", value):
                fail(where, f'"{value}" is not a lower-case identifier')
            if values.count(value) > 1:
                fail(where, f'"{value}" appears twice')
        if own_none and values[0] != "none":
            fail(where, 'the first status must be "none"')
        return Enum(c, values, schema.get("description", ""), own_none)

    def reference(self, where, ref):
        file, _, pointer = ref.partition("#")
        name = pointer.removeprefix("/definitions/")
        if pointer == name or "/" in name:
            fail(where, f'"{ref}" does not point to a definition')
        if file == "" and self.path.name != "common.json":
            table = self.local
        elif file in ("", "../common.json"):
            table = self.common
        else:
            fail(where, f'"{ref}" points outside common.json')
        if name not in table:
            fail(where, f'"{ref}" is not defined')
        return table[name]

    def type(self, where, schema):
        """Returns (kind, target) of a schema that is not an array."""
        if not isinstance(schema, dict):
            fail(where, "a schema must be an object")
        if "$ref" in schema:
            keywords(where, schema, {"$ref"})
            target = self.reference(where, schema["$ref"])
            return ("enum" if isinstance(target, Enum) else "object"), target
        kind = schema.get("type")
        if kind == "string" and "enum" in schema:
            fail(where, "an enumeration must be a definition of its own")
        if kind == "string" and "format" in schema:
            keywords(where, schema, {"type", "format"})
            if schema["format"] != "date-time":
                fail(where, f'format "{schema["format"]}" is not in the supported subset')
            return "time", None
        keywords(where, schema, {"type"})
        if kind in ("string", "integer", "boolean"):
            return {"string": "string", "integer": "int", "boolean": "bool"}[kind], None
        if kind == "object":
            fail(where, "an object inside another must be a definition of its own")
        fail(where, f"type {kind!r} is not in the supported subset")

    def field(self, where, name, schema, required):
        identifier(where, name)
        array = isinstance(schema, dict) and schema.get("type") == "array"
        if array:
            keywords(where, schema, {"type", "items"})
            if "items" not in schema:
                fail(where, "an array needs items")
            kind, target = self.type(where + "/items", schema["items"])
            if kind in ("bool", "time"):
                fail(where, f"an array of {kind} is not in the supported subset")
        else:
            kind, target = self.type(where, schema)
        return Field(name, kind, array, required, target, schema.get("description", ""))

    def struct(self, where, c, schema, outer=()):
        keywords(where, schema, {"type", "properties", "required", *outer})
        if schema.get("type") != "object":
            fail(where, "must be an object")
        if not schema.get("properties"):
            fail(where, "an object needs properties")
        required = schema.get("required", [])
        for name in required:
            if name not in schema["properties"]:
                fail(where, f'required "{name}" is not a property')
        fields = [
            self.field(f"{where}/properties/{name}", name, sub, name in required)
            for name, sub in schema["properties"].items()
        ]
        names = [n for f in fields for n in c_members(f)]
        for name in names:
            if names.count(name) > 1:
                fail(where, f'two members would be called "{name}" in C')
        notes = {k: v for k, v in schema.items() if k.startswith("x-")}
        return Struct(c, schema.get("title", c), schema.get("description", ""), fields, notes)

    def definitions(self, schema, table, prefix, model, shapes):
        where = f"{self.path}#/definitions"
        found = schema.get("definitions", {})
        for name, sub in found.items():
            identifier(f"{where}/{name}", name)
            if isinstance(sub, dict) and "enum" in sub:
                table[name] = self.enum(f"{where}/{name}", prefix + name, sub)
                model.enums.append(table[name])
            else:
                table[name] = prefix + name
        for name, sub in found.items():
            if not isinstance(table[name], Enum):
                shapes.append(self.struct(f"{where}/{name}", prefix + name, sub))


def c_members(f):
    """The members a field has in its C struct."""
    if f.array:
        return ["n_" + f.c, f.c]
    if f.kind in ("int", "time") and not f.required:
        return [f.c, "has_" + f.json]
    return [f.c]


def read_common(root, model):
    path = root / "common.json"
    reader = Reader(path, {})
    schema = load(path)
    keywords(path, schema, {"$schema", "$id", "definitions"})
    reader.definitions(schema, reader.common, "", model, model.shapes)
    return reader.common


def read_event(path, common):
    schema = load(path)
    title = path.name.removesuffix(".json")
    if schema.get("title") != title or schema.get("$id") != f"redress.{title}.v1":
        fail(path, f'title must be "{title}" and $id "redress.{title}.v1"')
    if not re.fullmatch(r"[a-z]+\.[a-z_]+", title):
        fail(path, "an event is called producer.fact")
    local = schema.get("x-local", False)
    for note in ("x-producer", "x-rules") + (() if local else ("x-topic", "x-key")):
        if note not in schema:
            fail(path, f'"{note}" is missing')
    if schema["x-producer"] not in PRODUCERS:
        fail(path, f'nobody is called "{schema["x-producer"]}"')
    if local and "x-topic" in schema:
        fail(path, "a local event has no topic")
    home = schema.get("x-home")
    if home is not None and (
        home not in schema.get("required", []) or schema["properties"][home].get("type") not in ("string", "integer")
    ):
        fail(path, "x-home names a required string (the key of an account) or integer (the id of a case)")
    return Reader(path, common).struct(
        f"{path}#", "ev_" + title.replace(".", "_"), schema, ("$schema", "$id")
    )


def read_state(path, common, model):
    service = path.name.removesuffix(".json")
    schema = load(path)
    where = f"{path}#/properties/status"
    if service not in SERVICES or schema.get("$id") != f"redress.{service}.state":
        fail(path, "must be called after a service, in file and $id")
    status = schema.get("properties", {}).get("status")
    if not isinstance(status, dict) or "enum" not in status or list(schema["properties"])[0] != "status":
        fail(where, "a state's first property is its status, an enumeration")
    reader = Reader(path, common)
    enum = reader.enum(where, service + "_status", status, own_none=True)
    model.enums.append(enum)
    reader.local["status"] = enum
    schema["properties"]["status"] = {"$ref": "#/definitions/status", "description": status.get("description", "")}
    return reader.struct(f"{path}#", service + "_state", schema, ("$schema", "$id"))


def read_policy(path, common, model):
    schema = load(path)
    name = path.name.removesuffix(".schema.json")
    if schema.get("$id") != f"redress.policy.{name}":
        fail(path, f'$id must be "redress.policy.{name}"')
    reader = Reader(path, common)
    reader.definitions(schema, reader.local, "pol_", model, model.policy)
    model.policy.append(reader.struct(f"{path}#", "pol_" + name, schema, ("$schema", "$id", "definitions")))


def read_all(root):
    root = Path(root)
    model = Model()
    common = read_common(root, model)
    for path in sorted((root / "events").glob("*.json"), key=lambda p: p.name.removesuffix(".json")):
        model.events.append(read_event(path, common))
    for path in sorted((root / "states").glob("*.json")):
        model.states.append(read_state(path, common, model))
    for path in sorted((root / "policy").glob("*.schema.json")):
        read_policy(path, common, model)
    if not model.events or not model.states:
        fail(root, "no events or no states found")
    names = [x.c for x in model.enums] + [s.c for s in model.shapes + model.events + model.states + model.policy]
    for name in names:
        if names.count(name) > 1:
            fail(root, f'two types would be called "{name}" in C')
    return model
