#!/usr/bin/env python3
"""Generates C from the schemas.

    gen.py c SCHEMAS OUT_DIR      event/events.{h,c} and policy/pack_types.{h,c} under OUT_DIR

Exits 1 with file, place and reason on any schema outside the supported subset (see model.py).
"""

import sys
from pathlib import Path

import emit_c
import model


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def generate_c(schemas, out):
    m = model.read_all(schemas)
    out = Path(out)
    write(out / "event/events.h", emit_c.events_h(m))
    write(out / "event/events.c", emit_c.events_c(m))
    write(out / "policy/pack_types.h", emit_c.pack_h(m))
    write(out / "policy/pack_types.c", emit_c.pack_c(m))


def main(argv):
    if len(argv) != 4 or argv[1] != "c":
        print(__doc__, file=sys.stderr)
        return 2
    try:
        generate_c(argv[2], argv[3])
    except model.SchemaError as e:
        print(f"gen.py: {e}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
