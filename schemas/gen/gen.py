#!/usr/bin/env python3
"""Generates C and documents from the schemas.

    gen.py c SCHEMAS OUT        OUT/event/events.{h,c} and OUT/policy/pack_types.{h,c}
    gen.py docs SCHEMAS ROOT    ROOT/docs/EVENTS.md and ROOT/schemas/http/asyncapi.yaml
    gen.py check SCHEMAS ROOT   exits 1 when those documents are not what `docs` would write

Exits 1 with file, place and reason on any schema outside the supported subset (see model.py).
"""

import sys
from pathlib import Path

import emit_c
import emit_docs
import model


def c_files(m):
    return {
        "event/events.h": emit_c.events_h(m),
        "event/events.c": emit_c.events_c(m),
        "policy/pack_types.h": emit_c.pack_h(m),
        "policy/pack_types.c": emit_c.pack_c(m),
    }


def documents(m):
    return {"docs/EVENTS.md": emit_docs.events_md(m), "schemas/http/asyncapi.yaml": emit_docs.asyncapi_yaml(m)}


def write(root, files):
    for name, text in files.items():
        path = Path(root) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def check(root, files):
    stale = [
        name
        for name, text in files.items()
        if not (Path(root) / name).exists() or (Path(root) / name).read_text(encoding="utf-8") != text
    ]
    for name in stale:
        print(f"gen.py: {name} is not current: run schemas/gen/gen.py docs schemas .", file=sys.stderr)
    return 1 if stale else 0


def main(argv):
    if len(argv) != 4 or argv[1] not in ("c", "docs", "check"):
        print(__doc__, file=sys.stderr)
        return 2
    _, command, schemas, out = argv
    try:
        m = model.read_all(schemas)
    except model.SchemaError as e:
        print(f"gen.py: {e}", file=sys.stderr)
        return 1
    if command == "check":
        return check(out, documents(m))
    write(out, c_files(m) if command == "c" else documents(m))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
