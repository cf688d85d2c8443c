#!/usr/bin/env python3
"""Reads the API's two documents as a client's tool would: valid YAML, every reference leads somewhere, every command
that has a schema is named where commands are described."""
import pathlib
import re
import sys

import yaml

http = pathlib.Path(__file__).parents[2] / "schemas" / "http"
events = http.parent / "events"
faults = []


def target(document, reference):
    node = document
    for step in reference.removeprefix("#/").split("/"):
        node = node.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(node, dict) else None
    return node


def walk(document, node, name):
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        if key == "$ref" and isinstance(value, str) and value.startswith("#/") and target(document, value) is None:
            faults.append(f"{name}: {value} leads nowhere")
        elif isinstance(value, (dict, list)):
            walk(document, value, name)


documents = {}
for name in ("openapi.yaml", "asyncapi.yaml"):
    documents[name] = yaml.safe_load((http / name).read_text(encoding="utf-8"))
    walk(documents[name], documents[name], name)
told = documents["openapi.yaml"]["paths"]["/v1/cases/{case}/commands/{name}"]["post"]["description"]
words = set(re.findall(r"\w+", told))
for path in sorted(events.glob("command.*.json")):
    command = path.name.split(".")[1]
    if command not in words:
        faults.append(f"openapi.yaml: the command {command} is not named")
print("\n".join(faults))
sys.exit(bool(faults))
