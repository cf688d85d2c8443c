#!/usr/bin/env python3
"""Holds docs/rules.md to the project: every rule once and in order, every test and policy key it names exists,
and no test names a rule that the page says is not there.

    check_rules.py [ROOT]
"""

import json
import re
import sys
from pathlib import Path

RULES = {"CH": 7, "IN": 14, "DI": 6, "EV": 10, "AP": 13, "PA": 11, "ES": 9, "SL": 8, "PR": 7, "RV": 8, "CF": 5, "RO": 1}
EXPECTED = [f"{group}-{n}" for group, last in RULES.items() for n in range(1, last + 1)]
COLUMNS = ["rule", "status", "service", "policy key", "tests"]
NUMBER = re.compile(r"\b(%s)[-_]([0-9]+)(?![0-9])" % "|".join(RULES))
TEST = re.compile(r"^(?:Test|Theory)\(\s*\w+\s*,\s*(\w+)", re.M)
SOURCES = {".c", ".h", ".py", ".sh", ""}


class Checker:
    def __init__(self, root):
        self.root = root
        self.tests = root / "tests"
        self.pack = json.loads((root / "schemas/policy/renovation-franchise/pack.json").read_text("utf-8"))
        self.schemas = {
            "": json.loads((root / "schemas/policy/pack.schema.json").read_text("utf-8")),
            "organisation:": json.loads((root / "schemas/policy/organisation.schema.json").read_text("utf-8")),
        }
        self.bad = []

    def complain(self, where, why):
        self.bad.append(f"{where}: {why}")

    # ---- the page ----

    def rows(self):
        page = self.root / "docs/rules.md"
        for number, line in enumerate(page.read_text("utf-8").splitlines(), 1):
            if not line.startswith("|"):
                continue
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if cells == COLUMNS or set("".join(cells)) <= {"-"}:
                continue
            where = f"docs/rules.md:{number}"
            if len(cells) != len(COLUMNS):
                self.complain(where, f"{len(cells)} cells, not {len(COLUMNS)}")
                continue
            yield where, cells

    def page(self):
        """The status of every rule; the rows are checked on the way."""
        statuses, order = {}, []
        for where, (rule, status, service, keys, tests) in self.rows():
            number = rule.split(" ", 1)[0]
            word = status.split(":", 1)[0]
            order.append(number)
            statuses[number] = word
            if word not in ("proven", "partly", "later"):
                self.complain(where, f'"{status}" is none of proven, partly: …, later')
            if word == "partly" and ":" not in status:
                self.complain(where, "partly, and nobody says which part")
            if word == "proven" and not tests:
                self.complain(where, "proven, and no test is named")
            if word != "later" and not service:
                self.complain(where, "no service is named")
            if word == "later" and (service or keys or tests):
                self.complain(where, "later, and yet something is named")
            self.keys(where, keys)
            self.named_tests(where, tests)
        if order != EXPECTED:
            self.complain("docs/rules.md", f"rules missing: {sorted(set(EXPECTED) - set(order)) or 'none'}, "
                                           f"unknown or twice: {unexpected(order)}, "
                                           f"first out of order: {first_difference(order)}")
        return statuses

    def keys(self, where, cell):
        for key in quoted(self, where, cell):
            if key.startswith("limits:"):
                if key[7:] not in [limit["code"] for limit in self.pack["limits"]]:
                    self.complain(where, f'the pack has no limit "{key[7:]}"')
                continue
            prefix = "organisation:" if key.startswith("organisation:") else ""
            if not self.resolves(self.schemas[prefix], key[len(prefix):].split(".")):
                self.complain(where, f'the policy has no key "{key}"')

    def resolves(self, schema, path):
        node = schema
        for name in path:
            node = node.get("items", node)
            if "$ref" in node:
                file, _, pointer = node["$ref"].partition("#/definitions/")
                if file:
                    return False
                node = schema["definitions"][pointer]
            if name not in node.get("properties", {}):
                return False
            node = node["properties"][name]
        return True

    def named_tests(self, where, cell):
        for name in quoted(self, where, cell):
            file, _, test = name.partition(":")
            path = self.tests / file
            if not path.is_file():
                self.complain(where, f"there is no tests/{file}")
            elif test and test not in TEST.findall(path.read_text("utf-8")):
                self.complain(where, f"tests/{file} has no test {test}")

    # ---- the tests ----

    def tests_name_only_what_is_there(self, statuses):
        files = [f for f in sorted(self.tests.rglob("*")) if f.is_file() and f.suffix in SOURCES and f != Path(__file__).resolve()]
        named = 0
        for file in files:
            for number, line in enumerate(file.read_text("utf-8", "replace").splitlines(), 1):
                for group, n in NUMBER.findall(line):
                    named += 1
                    status = statuses.get(f"{group}-{n}")
                    if status not in ("proven", "partly"):
                        self.complain(f"{file.relative_to(self.root)}:{number}",
                                      f"names {group}-{n}, which docs/rules.md calls {status or 'nothing'}")
        if named == 0:
            self.complain("tests", "not one rule is named in them; is this the right folder?")
        return named


def quoted(checker, where, cell):
    """The `names` of a cell, which holds nothing else."""
    names = re.findall(r"`([^`]+)`", cell)
    if re.sub(r"`[^`]+`", "", cell).strip(" ,"):
        checker.complain(where, f"besides names in backquotes there is more in: {cell}")
    return names


def unexpected(order):
    return [n for i, n in enumerate(order) if n not in EXPECTED or n in order[:i]] or "none"


def first_difference(order):
    for i, (got, want) in enumerate(zip(order, EXPECTED)):
        if got != want:
            return f"{got} where {want} belongs"
    return "none"


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]).resolve()
    checker = Checker(root)
    statuses = checker.page()
    named = checker.tests_name_only_what_is_there(statuses)
    if checker.bad:
        print("\n".join(checker.bad))
        sys.exit(f"{len(checker.bad)} disagreements between docs/rules.md and the project")
    words = list(statuses.values())
    print(f"{len(words)} rules: {words.count('proven')} proven, {words.count('partly')} partly, "
          f"{words.count('later')} later; {named} mentions in tests")


main()
