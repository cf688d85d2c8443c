"""How much of what reaches head office is settled without a person (tests/bench/run automation; rules ES-3 to ES-5).

Real claims are imported, the drill plays customers, outlets and head office's people on a fast clock, and then
every figure is read from the events in PostgreSQL (console.timeline), by the events' own times:

  escalated   head office took the case over from a lower level (escalation.taken_over to head_office)
  settled     the case is closed; `open` tells of the rest. The time to settle runs from head office's first takeover
              to the last closing, the time to decide to the first plan or rejection told to the customer after it
  a person    an employee decided after that takeover: proposed, signed, denied or decided a plan, released or corrected
              a payout, recorded a judgment, decided a contested liability. Who visits, hands over a file, finds a cause, carries a plan out or phones
              decides nothing, and the customer's own answers are the customer's
  asked for   the pack itself wants a person there, or the case should not have come up (SL-3): the first that applies
              of REASONS says why. Only "other" is neither

The share of what the policy leaves to the rules is (settled without a person) / (settled, not asked for).
"""

import argparse
import json
import os
import subprocess
import sys
import time

STATE = os.environ["REDRESS_STATE"]
BASE = int(os.environ["STACK_PORT_BASE"])
CTL = os.environ["CTL"]

# What a person decided with; a plan proposed by a rule names it.
DECISIONS = {"approval.decided_alone", "approval.granted", "approval.signed", "approval.denied", "payment.released",
             "payment.payee_approved", "payment.payee_denied", "payment.resolved", "escalation.judgment_recorded"}
ANSWERS = {"approval.offered", "approval.rejected"}

# Why a person decided, by what had happened since the takeover.
REASONS = {
    "deadlock": "the pack leaves a deadlock to people (AP-8, liability.climbs)",
    "appeal": "the pack leaves an appeal to people (AP-9, liability.climbs)",
    "handed_up": "the level below handed the case up for a decision (ES-9)",
    "judgment": "a court or an arbitrator decided (ES-8)",
    "contested": "head office's finding of the liability was contested (EV-7)",
    "objected": "the customer objected to the rule's plan: people negotiate (AP-8)",
    "not_satisfied": "the customer was not satisfied with what was done (RV-1)",
    "row_asks": "the liability table leaves the finding to people (liability.rows: settle ask)",
    "unknown_amount": "a claim whose amount nobody has said (ES-5)",
    "above_amount": "above the amount a rule may decide (liability.rule_below)",
    "payout": "a payout was held or its account corrected (payment.release_roles, AP-6)",
    "in_time": "the level below had answered in time, read after the miss: its plan stood (SL-3)",
    "plan_waits": "the limit that was missed is none for which the pack demands the file (file.codes)",
    "other": "none of these",
}


def say(text):
    print(f"automation: {text}", file=sys.stderr, flush=True)


def sql(text):
    env = {**os.environ, "PGPASSFILE": f"{STATE}/etc/pgpass"}
    command = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", f"{STATE}/run/pg", "-p", str(BASE + 3)]
    command += ["-U", "redress_admin", "-d", "redress", "-c", text]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"automation: {done.stderr.strip()}")
    return done.stdout.strip()


def ctl(*words):
    return subprocess.run([CTL, "--json", *words], check=True, capture_output=True, text=True).stdout


# ---- the drilled claims ----

HEAD_OFFICE = "SELECT DISTINCT case_id FROM console.timeline WHERE type = 'escalation.taken_over' AND data->>'to_level' = 'head_office'"


def counts():
    """Cases, those closed, those head office took over, and how many of them are closed."""
    row = sql(f"SELECT count(*), count(*) FILTER (WHERE closed_ms IS NOT NULL), count(e.case_id), "
              f"count(e.case_id) FILTER (WHERE closed_ms IS NOT NULL) FROM console.case_view LEFT JOIN ({HEAD_OFFICE}) e USING (case_id)")
    return [int(n) for n in row.split("|")]


def play(args):
    ctl("channel", "add", "tsa-claims", "--kind", "import", "--rate", "6000000")
    ctl("import", "--channel", "tsa-claims", "--limit", str(args.rows), args.file)
    drill = subprocess.Popen([CTL, "--json", "drill", "--seed", str(args.seed)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.time() + args.days * 86400 / args.scale
        cases, closed, up, up_closed = counts()
        while time.time() < end and closed < cases:
            say(f"{cases} cases, {closed} closed; head office took over {up}, {up_closed} of them closed")
            time.sleep(min(10, max(0.1, end - time.time())))
            cases, closed, up, up_closed = counts()
    finally:
        drill.terminate()
        drill.wait()
    return cases


# ---- what became of each ----


def histories():
    """The events of every escalated case, in order."""
    rows = sql("SELECT coalesce(json_agg(json_build_array(case_id::text, type, at_ms, data) ORDER BY case_id, n), '[]') FROM console.timeline "
               f"WHERE case_id IN ({HEAD_OFFICE})")
    cases = {}
    for case, kind, at, data in json.loads(rows):
        cases.setdefault(case, []).append((kind, at, data))
    return cases


def is_by_person(kind, data):
    if kind == "approval.plan_proposed":
        return not data["proposer_id"].startswith("rule:")
    if kind == "escalation.contest_decided":
        return data["end"] == "decided"
    return kind in DECISIONS


def reason_of(takeover, before, decision):
    """Why a person was asked, from what happened between head office's takeover and the person's decision."""
    routed = [d for k, _, d in before if k == "escalation.liability_routed"]
    kinds = {k for k, _, _ in before}
    if decision == "escalation.judgment_recorded":
        return "judgment"
    if decision == "escalation.contest_decided":
        return "contested"
    if decision.startswith("payment."):
        return "payout"
    if any(d["reason"] == "not_satisfied" for k, _, d in before if k == "intake.reopened"):
        return "not_satisfied"
    if "approval.customer_objected" in kinds:
        return "objected"
    if takeover["cause"] in ("deadlock", "appeal", "handed_up") and not takeover.get("review"):
        return takeover["cause"]
    if routed and routed[-1]["settle"] == "ask":
        return "row_asks"
    if routed and "approval.planning_started" in kinds:
        return "unknown_amount"
    if routed and "approval.requested" in kinds:
        return "above_amount"
    if any(d["code"] == takeover.get("code") for k, _, d in before if k == "sla.annulled"):
        return "in_time"
    if takeover["cause"] == "limit_missed" and not takeover.get("review"):
        return "plan_waits"
    return "other"


def judge(case, events):
    """One case: whether it is settled, by whom, why by a person, and how long it took."""
    first = next(i for i, (k, _, d) in enumerate(events) if k == "escalation.taken_over" and d["to_level"] == "head_office")
    takeover, after = events[first][2], events[first + 1:]
    decided = next((i for i, (k, _, d) in enumerate(after) if is_by_person(k, d)), None)
    ends = [(k, at, d) for k, at, d in after if k in ("intake.closed", "intake.reopened")]
    told = [at for k, at, _ in after if k in ANSWERS]
    verdict = {"case": case, "closed": bool(ends) and ends[-1][0] == "intake.closed", "person": decided is not None, "cause": takeover["cause"],
               "rows": [d["row"] for k, _, d in after if k == "escalation.liability_routed"],
               "visits": [d["reason"] for k, _, d in after if k == "escalation.visit_assigned"],
               "decide_ms": told[0] - events[first][1] if told else None, "settle_ms": None, "outcome": None, "reason": None}
    if verdict["closed"]:
        verdict["settle_ms"] = ends[-1][1] - events[first][1]
        verdict["outcome"] = ends[-1][2]["outcome"]
    if decided is not None:
        verdict["reason"] = reason_of(takeover, after[:decided], after[decided][0])
    return verdict


# ---- figures ----


def percentiles(values):
    values = sorted(v for v in values if v is not None)
    if not values:
        return None
    pick = {name: values[min(len(values) - 1, int(len(values) * p))] for name, p in (("p50", 0.5), ("p90", 0.9))}
    return {**{name: round(ms / 3600000, 1) for name, ms in pick.items()}, "max": round(values[-1] / 3600000, 1)}


def tally(values):
    found = {}
    for value in values:
        found[value] = found.get(value, 0) + 1
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def stage_of(case):
    return sql(f"SELECT stage FROM console.case_view WHERE case_id = {case}")


def figures(cases, verdicts):
    settled = [v for v in verdicts if v["closed"]]
    alone = [v for v in settled if not v["person"]]
    people = [v for v in settled if v["person"]]
    left_to_rules = [v for v in settled if not v["person"] or v["reason"] == "other"]
    return {
        "benchmark": "automation",
        "cases": cases,
        "escalated": len(verdicts),
        "settled": len(settled),
        "open": len(verdicts) - len(settled),
        "without_person": len(alone),
        "share": round(len(alone) / len(settled), 4) if settled else None,
        "left_to_rules": len(left_to_rules),
        "share_left_to_rules": round(len(alone) / len(left_to_rules), 4) if left_to_rules else None,
        "why_escalated": tally(v["cause"] for v in verdicts),
        "why_a_person": tally(v["reason"] for v in people),
        "unexplained": [v["case"] for v in people if v["reason"] == "other"],
        "still_open": {v["case"]: stage_of(v["case"]) for v in verdicts if not v["closed"]},
        "outcomes": tally(v["outcome"] for v in alone),
        "rows": tally(row for v in alone for row in v["rows"]),
        "visits_instead": tally(why for v in verdicts for why in v["visits"]),
        "hours_to_decide": percentiles(v["decide_ms"] for v in alone),
        "hours_to_settle": percentiles(v["settle_ms"] for v in alone),
        "hours_to_settle_with_person": percentiles(v["settle_ms"] for v in people),
    }


def listed(title, found, words=None):
    print(title)
    for name, n in found.items():
        print(f"  {n:6d}  {words[name] if words else name}")


def hours(times):
    return "–" if times is None else f"p50 {times['p50']} h, p90 {times['p90']} h, longest {times['max']} h"


def percent(share):
    return "–" if share is None else f"{100 * share:.1f} %"


def show(f):
    print(f"cases                      {f['cases']}, head office took over {f['escalated']}: {f['settled']} settled, {f['open']} open")
    print(f"settled without a person   {f['without_person']} of {f['settled']} ({percent(f['share'])})")
    print(f"of those left to the rules {f['without_person']} of {f['left_to_rules']} ({percent(f['share_left_to_rules'])})")
    print(f"time to decide             {hours(f['hours_to_decide'])} of case time")
    print(f"time to settle             {hours(f['hours_to_settle'])}; with a person {hours(f['hours_to_settle_with_person'])}")
    listed("why head office has them", f["why_escalated"])
    listed("why a person decided", f["why_a_person"], REASONS)
    for title, found in (("unexplained", f["unexplained"]), ("still open", [f"{case} ({at})" for case, at in f["still_open"].items()])):
        if found:
            print(f"{title}: {', '.join(found)}")
    listed("what decided the others", f["rows"])
    listed("how the others ended", f["outcomes"])
    listed("another visit instead of the file, because", f["visits_instead"])


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run automation", description="What head office settles without a person.")
    parser.add_argument("--rows", type=int, default=3000, help="claims to import (default 3000; the shipped sample has 600)")
    parser.add_argument("--days", type=float, default=35, help="stop after so many days of case time (default 35)")
    parser.add_argument("--seed", type=int, default=1, help="of the drill: other people (default 1)")
    parser.add_argument("--least", type=float, default=0.95, help="fail below this share of what is left to the rules (default 0.95)")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    args = parser.parse_args()
    args.file, args.scale = os.environ["AUTOMATION_CLAIMS"], float(os.environ["AUTOMATION_SCALE"])
    cases = play(args)
    found = figures(cases, [judge(case, events) for case, events in histories().items()])
    print(json.dumps(found)) if args.json else show(found)
    if found["share_left_to_rules"] is None or found["share_left_to_rules"] < args.least:
        say(f"less than {percent(args.least)} of what is left to the rules was settled by them")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
