"""The generator fails loudly: every fault planted into a copy of the schemas is named with its place."""

import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GEN = ROOT / "schemas/gen/gen.py"
EVENT = "events/command.approve.json"
STATE = "states/dispatch.json"


class SchemaGen(unittest.TestCase):
    def setUp(self):
        self.tmp = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.tmp)
        self.schemas = self.tmp / "schemas"
        shutil.copytree(ROOT / "schemas", self.schemas, ignore=shutil.ignore_patterns("gen", "renovation*"))

    def run_gen(self, command="c", out="out"):
        return subprocess.run([sys.executable, "-B", GEN, command, self.schemas, self.tmp / out],
                              capture_output=True, text=True, timeout=200)

    def refused(self, file, change, message):
        """`change` edits the schema in place; the generator must then refuse with `message`."""
        path = self.schemas / file
        before = path.read_text()
        schema = json.loads(before)
        change(schema)
        path.write_text(json.dumps(schema))
        result = self.run_gen()
        path.write_text(before)
        self.assertEqual(result.returncode, 1, f"accepted, instead of: {message}")
        self.assertIn(message, result.stderr)
        self.assertIn(file, result.stderr)
        self.assertFalse((self.tmp / "out").exists(), "nothing is written from refused schemas")

    def property(self, definition, message):
        self.refused(EVENT, lambda s: s["properties"].update(extra=definition), message)

    def test_accepts_what_is_there(self):
        result = self.run_gen()
        self.assertEqual(result.returncode, 0, result.stderr)
        header = (self.tmp / "out/event/events.h").read_text()
        self.assertIn("struct ev_command_approve {", header)
        self.assertIn("    DISPATCH_STATUS_NONE,\n    DISPATCH_STATUS_ASSIGNED,", header)

    def test_same_schemas_same_output(self):
        self.run_gen(out="a")
        self.run_gen(out="b")
        for file in ("event/events.h", "event/events.c", "policy/pack_types.h", "policy/pack_types.c"):
            self.assertEqual((self.tmp / "a" / file).read_text(), (self.tmp / "b" / file).read_text())

    def test_unknown_keywords(self):
        for keyword, value in [("oneOf", []), ("additionalProperties", False), ("minProperties", 1), ("$defs", {}),
                               ("patternProperties", {}), ("if", {}), ("allOf", []), ("dependentRequired", {})]:
            self.refused(EVENT, lambda s: s.update({keyword: value}), f'keyword "{keyword}" is not in')
        for keyword, value in [("minimum", 0), ("maxLength", 3), ("pattern", "x"), ("default", 1), ("const", 1),
                               ("nullable", True), ("minItems", 1)]:
            self.property({"type": "integer", keyword: value}, f'keyword "{keyword}" is not in')
        self.property({"type": "array", "items": {"type": "string"}, "uniqueItems": True}, 'keyword "uniqueItems"')
        self.property({"$ref": "../common.json#/definitions/actor", "type": "object"}, 'keyword "type" is not in')

    def test_unsupported_types(self):
        self.property({"type": "number"}, "type 'number' is not in")
        self.property({"type": ["string", "null"]}, "is not in the supported subset")
        self.property({}, "type None is not in")
        self.property(True, "a schema must be an object")
        self.property({"type": "object"}, "must be a definition of its own")
        self.property({"type": "string", "enum": ["a"]}, "must be a definition of its own")
        self.property({"type": "string", "format": "email"}, 'format "email" is not in')
        self.property({"type": "array"}, "an array needs items")
        self.property({"type": "array", "items": {"type": "boolean"}}, "an array of bool is not in")
        self.property({"type": "array", "items": {"type": "array", "items": {}}}, "is not in the supported subset")

    def test_references(self):
        self.property({"$ref": "../common.json#/definitions/gone"}, "is not defined")
        self.property({"$ref": "#/definitions/actor"}, "is not defined")
        self.property({"$ref": "../common.json#/actor"}, "does not point to a definition")
        self.property({"$ref": "https://example.org/x#/definitions/actor"}, "points outside common.json")

    def test_names(self):
        add = lambda name: lambda s: s["properties"].update({name: {"type": "string"}})
        self.refused(EVENT, add("camelCase"), "is not a lower-case identifier")
        self.refused(EVENT, add("int"), '"int" is a word of C')
        self.refused(EVENT, lambda s: s["properties"].update(
            x={"type": "integer"}, has_x={"type": "boolean"}), 'two members would be called "has_x" in C')
        self.refused(EVENT, lambda s: s["required"].append("gone"), 'required "gone" is not a property')
        self.refused(EVENT, lambda s: s.update(title="command.aprove"), 'title must be "command.approve"')
        self.refused(EVENT, lambda s: s.pop("x-topic"), '"x-topic" is missing')
        self.refused(EVENT, lambda s: s.update({"x-local": True}), "a local event has no topic")
        self.refused(EVENT, lambda s: s.update({"$schema": "x"}), '"$schema" must be')
        self.refused(EVENT, lambda s: s.update(properties={}), "an object needs properties")

    def test_enumerations(self):
        role = lambda values: lambda s: s["definitions"]["role"].update(enum=values)
        self.refused("common.json", role(["a", "a"]), '"a" appears twice')
        self.refused("common.json", role([]), "is a list of strings")
        self.refused("common.json", role([1]), "is a list of strings")
        self.refused("common.json", role(["A-b"]), "is not a lower-case identifier")

    def test_states(self):
        status = lambda values: lambda s: s["properties"]["status"].update(enum=values)
        self.refused(STATE, status(["assigned", "released"]), 'the first status must be "none"')
        self.refused(STATE, status(["assigned", "none"]), 'the first status must be "none"')
        self.refused(STATE, lambda s: s["properties"].pop("status"), "first property is its status")

    def test_same_name_twice_in_a_file(self):
        path = self.schemas / EVENT
        path.write_text(path.read_text().replace('"title"', '"title": "x", "title"', 1))
        result = self.run_gen()
        self.assertEqual(result.returncode, 1)
        self.assertIn('"title" appears twice', result.stderr)

    def test_stale_documents_are_named(self):
        self.assertEqual(self.run_gen("docs").returncode, 0)
        self.assertEqual(self.run_gen("check").returncode, 0)
        with (self.tmp / "out/docs/EVENTS.md").open("a") as f:
            f.write("by hand\n")
        result = self.run_gen("check")
        self.assertEqual(result.returncode, 1)
        self.assertIn("docs/EVENTS.md is not current", result.stderr)


if __name__ == "__main__":
    unittest.main()
