#!/usr/bin/env python3
"""The console's /v1/board (standard input) as the few lines deploy/up ends with."""
import json
import sys

WITHOUT_CENTS = {"JPY": 1, "KRW": 1, "VND": 1}


def money(row):
    unit = WITHOUT_CENTS.get(row["currency"], 100)
    whole, rest = divmod(row["amount_minor"], unit)
    return f"{row['currency']} {whole:,}" + (f".{rest:02d}" if unit > 1 else "")


def main():
    board = json.load(sys.stdin)
    total = board.get("totals", {})
    stages = sorted(board.get("stages", {}).items(), key=lambda item: -item[1])
    outcomes = sorted(board.get("outcomes", {}).items(), key=lambda item: -item[1])
    paid = ", ".join(money(row) for row in board.get("paid", []) if row["n"] > 0)
    rows = [
        ("cases", f"{sum(n for _, n in stages)}: " + ", ".join(f"{n} {name}" for name, n in stages)),
        ("closed as", ", ".join(f"{n} {name}" for name, n in outcomes) or "none yet"),
        ("limits", f"{total.get('missed', 0)} missed ({total.get('annulled', 0)} withdrawn), {total.get('met', 0)} met, "
                   f"{board.get('overdue', 0)} cases overdue now"),
        ("escalation", f"{total.get('slips', 0)} reminder slips, {total.get('takeovers', 0)} takeovers"),
        ("approvals", f"{total.get('approvals', 0)}"),
        ("payouts", f"{total.get('payouts', 0)}" + (f": {paid}" if paid else "")),
    ]
    for name, text in rows:
        print(f"  {name:<11} {text}")


main()
