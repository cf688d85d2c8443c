"""Lateness of timers, from their due to the commit of their miss in PostgreSQL, in a running stack (tests/bench/run timers).

The sla service fires what stands in its tables: pending timers far in the future, and cases whose limit ends at a
known millisecond, written straight into the database while the service is stopped. When a miss was committed is what
PostgreSQL itself noted (track_commit_timestamp: the moment the commit record is written, just before it is flushed).
The other services are stopped. The floor is Redis alone with the same commands and PostgreSQL alone with the same rows.
"""

import argparse
import json
import os
import subprocess
import sys
import time
import urllib.request

STATE = os.environ["REDRESS_STATE"]
BASE = int(os.environ["STACK_PORT_BASE"])
PARTS = 16
OTHERS = ["intake", "dispatch", "evidence", "approval", "payment", "escalation", "console", "bank"]
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def say(text):
    print(f"timers: {text}", file=sys.stderr, flush=True)


def conf(key):
    with open(f"{STATE}/etc/redress.conf", encoding="utf-8") as f:
        for line in f:
            name, _, value = line.partition("=")
            if name.strip() == key:
                return value.strip()
    raise KeyError(key)


def sql(text):
    env = {**os.environ, "PGPASSFILE": f"{STATE}/etc/pgpass"}
    command = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", f"{STATE}/run/pg", "-p", str(BASE + 3)]
    command += ["-U", "redress_admin", "-d", "redress", "-f", "-"]
    return subprocess.run(command, input=text, env=env, check=True, capture_output=True, text=True).stdout.strip()


def redis(*words):
    env = {**os.environ, "REDISCLI_AUTH": conf("redis.password")}
    command = ["redis-cli", "-p", str(BASE + 4), *words]
    return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout


def redis_bytes():
    for line in redis("info", "memory").splitlines():
        if line.startswith("used_memory:"):
            return int(line.split(":")[1])
    return 0


def service(name, up):
    folder = f"{STATE}/run/service/{name}"
    subprocess.run(["s6-svc", "-u" if up else "-d", folder], check=True)
    if not up:
        subprocess.run(["s6-svwait", "-D", "-t", "30000", folder], check=True)


def metric(name):
    """A metric of sla; -1 while it does not answer."""
    try:
        body = DIRECT.open(f"http://127.0.0.1:{conf('sla.http.port')}/metrics", timeout=2).read().decode()
    except OSError:
        return -1
    for line in body.splitlines():
        if line.startswith(f"redress_{name}{{"):
            return float(line.rsplit(" ", 1)[1])
    return -1


def wait(what, until, seconds):
    end = time.time() + seconds
    while not until():
        if time.time() > end:
            raise SystemExit(f"timers: waited {seconds} s for {what}")
        time.sleep(0.02)


def indexed():
    return metric("sla_indexed_partitions") == PARTS


# ---- rows ----


def add_pending(n):
    far = int(time.time() * 1000) + 30 * 86400000
    sql(
        "INSERT INTO sla.timer (case_id, code, ver, warning, due, partition) SELECT (i % 16 << 40) | i, 'first_response', "
        f"1, false, {far} + i, i % 16 FROM generate_series(1::int8, {n}) i"
    )


def add_due(group, n, first_ms, span_ms):
    sql(
        f"CREATE TEMP TABLE d AS SELECT (i % 16 << 40) | ({group} * 1000000000::int8 + i) AS c, i % 16 AS p, "
        f"{first_ms} + i * {span_ms} / {n} AS due FROM generate_series(0::int8, {n - 1}) i;"
        "INSERT INTO sla.timer (case_id, code, ver, warning, due, partition) SELECT c, 'first_response', 1, false, due, p "
        "FROM d; INSERT INTO sla.case_state (case_id, rev, status, body) SELECT c, 1, 1, json_build_object('status', "
        "'running', 'misses', 0, 'closed_ms', 0, 'limits', json_build_array(json_build_object('code', 'first_response', "
        "'ver', 1, 'state', 'armed', 'start_ms', due - 86400000, 'due_ms', due))) FROM d"
    )


def lateness(group):
    """n fired, early ones, p50, p99, max in ms, and the rate from the first due to the last commit."""
    row = sql(
        "WITH t AS (SELECT due, fired, extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000 AS at FROM sla.timer "
        f"WHERE state = 'fired' AND (case_id & ((1::int8 << 40) - 1)) / 1000000000 = {group}) SELECT count(*), count(*) "
        "FILTER (WHERE fired < due OR at < due), percentile_disc(0.5) WITHIN GROUP (ORDER BY at - due), "
        "percentile_disc(0.99) WITHIN GROUP (ORDER BY at - due), max(at - due), "
        "count(*) * 1000 / greatest(max(at) - min(due), 1) FROM t"
    )
    n, early, p50, p99, most, rate = row.split("|")
    return {
        "n": int(n),
        "early": int(early),
        "p50_ms": round(float(p50), 2),
        "p99_ms": round(float(p99), 2),
        "max_ms": round(float(most), 2),
        "rate": round(float(rate)),
    }


# ---- runs ----


def rebuild(rows):
    """Rows a second into an index that was wiped, the second in which that is found out included."""
    begun = time.time()
    redis("flushall")
    wait("the wiped index to be found out", lambda: metric("sla_indexed_partitions") < PARTS, 30)
    wait("the index", indexed, 600)
    return round(rows / (time.time() - begun))


def measure(pending, options):
    service("sla", False)
    sql("TRUNCATE sla.timer, sla.case_state")
    redis("flushall")
    say(f"{pending} pending timers")
    add_pending(pending)
    before = redis_bytes()
    lead = 15 + pending // 60000
    first = (int(time.time()) + lead + (options.herd + 11000 * options.seconds) // 20000) * 1000
    plan, at = [], first
    for group, rate in ((1, 1000), (2, 10000)):
        plan.append((group, rate * options.seconds, at, options.seconds * 1000))
        at += (options.seconds + 3) * 1000
    plan.append((3, options.herd, at, 1000))
    for one in plan:
        add_due(*one)
    sql("VACUUM (FREEZE, ANALYZE) sla.timer")
    sql("VACUUM (FREEZE, ANALYZE) sla.case_state")
    sql("CHECKPOINT")
    due = sum(one[1] for one in plan)
    service("sla", True)
    wait("the index", indexed, 600)
    size = (redis_bytes() - before) / (pending + due)
    speed = rebuild(pending + due)
    if time.time() * 1000 > first:
        raise SystemExit("timers: the first timers were due before the index was whole")
    say(f"indexed, {speed}/s; the first are due in {first / 1000 - time.time():.0f} s")
    wait("all to fire", lambda: metric("sla_fired_total") >= due, at / 1000 - time.time() + 120)
    figures = {"pending": pending, "rebuild_per_s": speed, "bytes": round(size)}
    for name, one in zip(("at_1k", "at_10k", "herd"), plan):
        figures[name] = lateness(one[0])
        if figures[name]["n"] != one[1]:
            raise SystemExit(f"timers: {one[1] - figures[name]['n']} timers of {name} did not fire")
    return figures


def floor_of_rows(n):
    """The rows of n misses in PostgreSQL, by thousands, with nothing decided, encoded or sent."""
    sql(
        "CREATE SCHEMA bench; CREATE TABLE bench.timer (LIKE sla.timer INCLUDING ALL); CREATE TABLE bench.case_state "
        "(LIKE sla.case_state INCLUDING ALL); CREATE TABLE bench.outbox (LIKE sla.outbox INCLUDING ALL);"
        "INSERT INTO bench.timer (case_id, code, ver, warning, due, partition) SELECT i, 'first_response', 1, false, i, i % "
        f"16 FROM generate_series(1::int8, {n}) i;"
        "INSERT INTO bench.case_state (case_id, rev, status, body) SELECT i, 1, 1, json_build_object('limits', repeat('x', "
        f"300)) FROM generate_series(1::int8, {n}) i; VACUUM ANALYZE bench.timer; VACUUM ANALYZE bench.case_state"
    )
    begun = time.time()
    sql(
        f"DO $$ BEGIN FOR k IN 0 .. {n // 1000 - 1} LOOP UPDATE bench.timer SET state = 'fired', fired = due WHERE case_id "
        "BETWEEN k * 1000 + 1 AND k * 1000 + 1000; UPDATE bench.case_state SET rev = 2, body = json_build_object('limits', "
        "repeat('y', 320)) WHERE case_id BETWEEN k * 1000 + 1 AND k * 1000 + 1000; INSERT INTO bench.outbox (partition, "
        "topic, dst, first_seq, last_seq, made_ms, bytes) VALUES (0, 't', 0, k, k, 0, convert_to(repeat(md5(k::text), "
        "4000), 'UTF8')); COMMIT; END LOOP; END $$"
    )
    rate = round(n / (time.time() - begun))
    sql("DROP SCHEMA bench CASCADE")
    return rate


def floor_of_redis(n):
    program = os.path.join(os.environ["BENCH_BIN"], "bench_timers_floor")
    return round(float(subprocess.run([program, str(n)], check=True, capture_output=True, text=True).stdout.split()[0]))


def table(result):
    print(f"floor: Redis alone {result['floor']}/s, PostgreSQL alone {result['floor_rows']}/s")
    print(f"{'pending':>9} {'due':>8} {'p50 ms':>8} {'p99 ms':>8} {'max ms':>8} {'rate/s':>8} {'early':>6}")
    for run in result["runs"]:
        for name in ("at_1k", "at_10k", "herd"):
            f = run[name]
            print(
                f"{run['pending']:>9} {name.removeprefix('at_'):>8} {f['p50_ms']:>8} {f['p99_ms']:>8} {f['max_ms']:>8} "
                f"{f['rate']:>8} {f['early']:>6}"
            )
        print(f"{run['pending']:>9} rebuilt {run['rebuild_per_s']}/s, {run['bytes']} bytes a timer in Redis")


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run timers", description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--full", action="store_true", help="1 and 10 million pending, 20 s each, a herd of 300,000")
    parser.add_argument("--pending", type=int, action="append", help="pending timers (may be repeated)")
    parser.add_argument("--seconds", type=int, help="how long each rate is kept")
    parser.add_argument("--herd", type=int, help="timers due in one second")
    options = parser.parse_args()
    options.pending = options.pending or ([1000000, 10000000] if options.full else [100000])
    options.seconds = options.seconds or (20 if options.full else 5)
    options.herd = options.herd or (300000 if options.full else 50000)
    sql("ALTER SYSTEM SET track_commit_timestamp = on")
    for name in OTHERS + ["sla"]:
        service(name, False)
    service("postgres", False)
    service("postgres", True)
    wait("PostgreSQL", lambda: os.path.exists(f"{STATE}/run/pg/.s.PGSQL.{BASE + 3}"), 30)
    time.sleep(1)
    runs = [measure(n, options) for n in options.pending]
    service("sla", False)
    redis("flushall")
    floor, last = floor_of_redis(options.herd), runs[-1]
    result = {
        "bench": "timers",
        "rate": last["herd"]["rate"],
        "floor": floor,
        "ratio": round(last["herd"]["rate"] / floor, 3),
        "p50_ms": last["at_1k"]["p50_ms"],
        "p99_ms": last["at_1k"]["p99_ms"],
        "floor_rows": floor_of_rows(min(options.herd, 100000)),
        "runs": runs,
    }
    if options.json:
        print(json.dumps(result))
    else:
        table(result)


if __name__ == "__main__":
    main()
