"""Lateness of timers, from their due to the commit of their miss in PostgreSQL, in a running stack (tests/bench/run timers).

The sla service fires what stands in its tables: timers far in the future, and cases whose limit ends at a known
millisecond, written straight into the database while it is stopped (tests/lib/planted.sql). When a miss was committed is
what PostgreSQL noted (the moment the commit record is written) plus the mean flush of that phase (pg_stat_wal).
The rates are kept for a while before they are measured: a young broker compiles. The other services are stopped. The clock is the system's: with a driven one nothing would be due when it should.
The floors are PostgreSQL alone with the same rows, and Redis alone with the same commands.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request

STATE = os.environ["REDRESS_STATE"]
BASE = int(os.environ["STACK_PORT_BASE"])
PARTS = 16
PROGRAMS = {
    "sla": "/bin/redress-sla ",
    "postgres": "postgres: redress_app",
    "broker": "kafka.Kafka ",
    "redis": "redis-server",
}
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
    done = subprocess.run(command, input=text, env=env, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"timers: {done.stderr.strip()}")
    return done.stdout.strip()


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


class Sla:
    """The service: all its processes, which share the partitions (deploy/up --sla-processes)."""

    def __init__(self, processes):
        self.names = ["sla"] + [f"sla.{i}" for i in range(2, processes + 1)]
        self.ports = [int(conf("sla.http.port"))] + [BASE + 4 + i for i in range(2, processes + 1)]
        if processes > 1:
            up = [os.environ["DEPLOY_UP"], "--no-job", "--state", STATE, "--sla-processes", str(processes)]
            subprocess.run(up, check=True, stdout=sys.stderr)

    def start(self):
        for name in self.names:
            service(name, True)

    def stop(self):
        for name in self.names:
            service(name, False)

    def metric(self, name):
        """A metric, of all processes together; below zero while one does not answer."""
        found = [metric_of(name, port) for port in self.ports]
        return min(found) if min(found) < 0 else sum(found)

    def indexed(self):
        return self.metric("sla_indexed_partitions") == PARTS


def metric_of(name, port):
    try:
        body = DIRECT.open(f"http://127.0.0.1:{port}/metrics", timeout=2).read().decode()
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
            raise SystemExit(f"timers: waited {round(seconds)} s for {what}")
        time.sleep(0.05)


# ---- figures ----


def flushes():
    n, ms = sql("SELECT wal_sync, wal_sync_time FROM pg_stat_wal").split("|")
    return int(n), float(ms)


def running():
    """(name, pid) of the programs that fire; all on this machine that are called so."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", encoding="utf-8") as f:
                line = f.read().replace("\0", " ")
        except OSError:
            continue
        for name, mark in PROGRAMS.items():
            if mark in line:
                yield name, pid


def cpu():
    """CPU µs of each so far."""
    spent = dict.fromkeys(PROGRAMS, 0)
    for name, pid in running():
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
                fields = f.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        spent[name] += (int(fields[11]) + int(fields[12])) * 1000000 // os.sysconf("SC_CLK_TCK")
    return spent


def threads():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            for thread in os.listdir(f"/proc/{pid}/task"):
                yield pid, thread
        except OSError:
            continue


def place(where):
    """Each thread of the machine on the cores that where(pid, thread) names; what cannot be moved stays."""
    for pid, thread in threads():
        try:
            os.sched_setaffinity(int(thread), where(pid, thread))
        except OSError:
            continue


@contextlib.contextmanager
def own_core():
    """sla's loop, its database's sessions and Redis have the last core; all else on the machine that can be moved, the others."""
    cores = sorted(os.sched_getaffinity(0))
    firing = {pid for name, pid in running() if name != "broker"}
    place(lambda pid, thread: cores[-1:] if pid in firing and pid == thread else cores[:-1])
    try:
        yield
    finally:
        place(lambda pid, thread: cores)


def lateness(group, flush_ms):
    """n fired, early ones, p50, p99, max in ms, and the rate from the first due to the last commit."""
    row = sql(
        "SELECT count(*), count(*) FILTER (WHERE fired < due OR late < 0), percentile_disc(0.5) WITHIN GROUP (ORDER BY late), "
        "percentile_disc(0.99) WITHIN GROUP (ORDER BY late), max(late), count(*) * 1000 / "
        f"greatest(max(due + late) - min(due), 1) FROM planted.late({group})"
    )
    n, early, p50, p99, most, rate = row.split("|")
    return {
        "n": int(n),
        "early": int(early),
        "p50_ms": round(float(p50) + flush_ms, 2),
        "p99_ms": round(float(p99) + flush_ms, 2),
        "max_ms": round(float(most) + flush_ms, 2),
        "rate": round(float(rate)),
    }


# ---- runs ----


def rebuild(sla, rows):
    """Seconds to an index that is whole, after it was wiped, with the second in which that is found out."""
    begun = time.time()
    redis("flushall")
    wait("the wiped index to be found out", lambda: sla.metric("sla_indexed_partitions") < PARTS, 30)
    wait("the index", sla.indexed, 60 + rows / 10000)
    return time.time() - begun


def fire(sla, pending, phases, placing):
    """Each phase is (name, timers, ms over which they fall due); they come one after another. One without a name is not
    told of."""
    total = sum(n for _, n, _ in phases)
    at = first = (int(time.time()) + 12 + total // 25000 + pending // 40000) * 1000
    starts = []
    for group, (_, n, span) in enumerate(phases, 1):
        sql(f"SELECT planted.due({group}, {n}, {at}, {span})")
        starts.append(at)
        at += span + 2000 + n * 1000 // 20000
    sql("VACUUM (FREEZE, ANALYZE) sla.timer")
    sql("VACUUM (FREEZE, ANALYZE) sla.case_state")
    sql("CHECKPOINT")
    os.sync()
    sla.start()
    wait("the index", sla.indexed, 60 + pending / 10000)
    if time.time() * 1000 > first:
        raise SystemExit("timers: the first timers were due before the index was whole; a busy machine?")
    say(f"indexed; the first are due in {first / 1000 - time.time():.0f} s")
    with placing:
        return watch(sla, phases, starts)


def watch(sla, phases, starts):
    """The figures of each phase, while it goes."""
    figures, due = {}, 0
    for group, (name, n, span) in enumerate(phases, 1):
        commit = commit_ms()
        time.sleep(max(0, starts[group - 1] / 1000 - time.time()))
        before, spent, due = flushes(), cpu(), due + n
        time.sleep(span / 1000)
        wait(f"{name or 'warming up'} to fire", lambda: sla.metric("sla_fired_total") >= due, 120 + n / 1000)
        after, spent_after = flushes(), cpu()
        if name == "":
            continue
        flush = (after[1] - before[1]) / max(1, after[0] - before[0])
        figures[name] = lateness(group, flush)
        figures[name] |= {"flush_ms": round(flush, 3), "floor_commit_ms": commit}
        figures[name]["cpu_us"] = {k: round((spent_after[k] - spent[k]) / n, 1) for k in PROGRAMS}
        if figures[name]["n"] != n:
            raise SystemExit(f"timers: {n - figures[name]['n']} timers of {name} did not fire")
        say(f"{name}: {figures[name]}")
    return figures


def make_room(misses):
    """The outbox of an installation that has run for a while: it keeps what was sent for a day, then its rows go and their
    room is used again. A new one grows instead, page by page, and the kernel writes that growth in bursts of its own."""
    sql(
        "INSERT INTO sla.outbox (partition, topic, dst, first_seq, last_seq, made_ms, bytes) SELECT -1, '', 0, i, i, 0, "
        f"convert_to(repeat(md5(i::text), 20), 'UTF8') FROM generate_series(1, {misses}) i; "
        "DELETE FROM sla.outbox WHERE partition = -1"
    )
    sql("VACUUM (TRUNCATE false) sla.outbox")


def measure(sla, pending, options):
    sla.stop()
    sql("TRUNCATE sla.timer, sla.case_state")
    redis("flushall")
    say(f"{pending} pending timers")
    sql(f"SELECT planted.far({pending})")
    sql("VACUUM (FREEZE, ANALYZE) sla.timer")
    before = redis_bytes()
    sla.start()
    wait("the index", sla.indexed, 60 + pending / 10000)
    size = (redis_bytes() - before) / pending
    speed = round(pending / rebuild(sla, pending))
    sla.stop()
    phases = [("", rate * options.warm_up, options.warm_up * 1000) for rate in options.rate if options.warm_up > 0]
    phases += [(f"at_{rate}", rate * options.seconds, options.seconds * 1000) for rate in options.rate]
    phases.append(("herd", options.herd, 1000))
    make_room(sum(n for _, n, _ in phases))
    placing = own_core() if options.own_core else contextlib.nullcontext()
    return {"pending": pending, "rebuild_per_s": speed, "bytes": round(size)} | fire(sla, pending, phases, placing)


def commit_ms():
    """The ms of a commit of one row, nothing else going on: p50 and p99 of 300."""
    sql("CREATE TABLE planted.took (n int, ms float8)")
    sql(
        "DO $$ DECLARE t timestamptz; BEGIN FOR k IN 1 .. 300 LOOP t := clock_timestamp(); INSERT INTO planted.took VALUES (k); "
        "COMMIT; UPDATE planted.took SET ms = extract(epoch FROM clock_timestamp() - t) * 1000 WHERE n = k; END LOOP; END $$"
    )
    row = sql(
        "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY ms), percentile_disc(0.99) WITHIN GROUP (ORDER BY ms) "
        "FROM planted.took"
    )
    sql("DROP TABLE planted.took")
    return [round(float(x), 2) for x in row.split("|")]


def floor_of_rows(n):
    """The rows of n misses in PostgreSQL, by thousands, with nothing decided, encoded or sent: a second."""
    sql(
        "CREATE SCHEMA bench; CREATE TABLE bench.timer (LIKE sla.timer INCLUDING ALL); CREATE TABLE bench.case_state "
        "(LIKE sla.case_state INCLUDING ALL); CREATE TABLE bench.outbox (LIKE sla.outbox INCLUDING ALL);"
        "INSERT INTO bench.timer (case_id, code, ver, warning, due, partition) SELECT i, "
        f"'evidence', 1, false, i, i % 16 FROM generate_series(1::int8, {n}) i;"
        "INSERT INTO bench.case_state (case_id, rev, status, body) SELECT i, 1, 1, json_build_object('limits', repeat('x', "
        f"300)) FROM generate_series(1::int8, {n}) i; VACUUM ANALYZE bench.timer; VACUUM ANALYZE bench.case_state"
    )
    begun = time.time()
    sql(
        f"DO $$ BEGIN FOR k IN 0 .. {n // 1000 - 1} LOOP DELETE FROM bench.timer WHERE case_id "
        "BETWEEN k * 1000 + 1 AND k * 1000 + 1000; UPDATE bench.case_state SET rev = 2, body = json_build_object('limits', "
        "repeat('y', 320)) WHERE case_id BETWEEN k * 1000 + 1 AND k * 1000 + 1000; INSERT INTO bench.outbox (partition, "
        "topic, dst, first_seq, last_seq, made_ms, bytes) VALUES (0, 't', 0, k, k, 0, convert_to(repeat(md5(k::text), "
        "4000), 'UTF8')); COMMIT; END LOOP; END $$"
    )
    rate = round(n / (time.time() - begun))
    sql("DROP SCHEMA bench CASCADE")
    return rate


def index_alone(n):
    program = os.path.join(os.environ["BENCH_BIN"], "bench_timers_store")
    return json.loads(subprocess.run([program, str(n)], check=True, capture_output=True, text=True).stdout)


def table(result):
    index = result["index"]
    print(f"floors: PostgreSQL {result['floor']} misses/s; "
          f"Redis {index['redis_arm']}/s armed, {index['redis_cancel']}/s removed")
    print(f"index:  {index['arm']}/s armed, {index['cancel']}/s cancelled, {index['take']}/s claimed and acknowledged")
    print(f"{'pending':>9} {'due':>9} {'p50 ms':>8} {'p99 ms':>8} {'max ms':>8} {'rate/s':>8} {'early':>6}   a commit alone, ms; CPU µs a miss")
    for run in result["runs"]:
        for name, f in run.items():
            if isinstance(f, dict):
                print(
                    f"{run['pending']:>9} {name.removeprefix('at_'):>9} {f['p50_ms']:>8} {f['p99_ms']:>8} {f['max_ms']:>8} "
                    f"{f['rate']:>8} {f['early']:>6}   p50 {f['floor_commit_ms'][0]} p99 {f['floor_commit_ms'][1]};   "
                    + ", ".join(f"{k} {v}" for k, v in f["cpu_us"].items())
                )
        print(f"{run['pending']:>9} rebuilt {run['rebuild_per_s']}/s, {run['bytes']} bytes a timer in Redis")


def prepare(sla):
    sql("ALTER SYSTEM SET track_commit_timestamp = on; ALTER SYSTEM SET track_wal_io_timing = on")
    sla.stop()
    for name in OTHERS:
        service(name, False)
    service("postgres", False)
    service("postgres", True)
    ready = ["pg_isready", "-q", "-h", f"{STATE}/run/pg", "-p", str(BASE + 3)]
    wait("PostgreSQL", lambda: subprocess.run(ready).returncode == 0, 30)
    with open(os.environ["PLANTED_SQL"], encoding="utf-8") as f:
        sql("DROP SCHEMA IF EXISTS planted CASCADE;" + f.read())
    redis("config", "set", "maxmemory", "0")


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run timers", description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--full", action="store_true", help="1 and 10 million pending, 20 s each, a herd of 300,000")
    parser.add_argument("--pending", type=int, action="append", help="pending timers (may be repeated)")
    parser.add_argument("--rate", type=int, action="append", help="timers due a second (default 1000 and 10000)")
    parser.add_argument("--seconds", type=int, help="how long each rate is kept")
    parser.add_argument("--warm-up", type=int, dest="warm_up", help="seconds each rate is kept before it is measured")
    parser.add_argument("--processes", type=int, default=1, help="processes of sla that share the partitions (1 to 5)")
    parser.add_argument("--herd", type=int, help="timers due in one second")
    parser.add_argument("--own-core", action="store_true", dest="own_core", help=own_core.__doc__)
    options = parser.parse_args()
    options.pending = options.pending or ([1000000, 10000000] if options.full else [100000])
    options.rate = options.rate or [1000, 10000]
    options.seconds = options.seconds or (20 if options.full else 5)
    options.warm_up = (20 if options.full else 2) if options.warm_up is None else options.warm_up
    options.herd = options.herd or (300000 if options.full else 50000)
    sla = Sla(options.processes)
    prepare(sla)
    runs = [measure(sla, n, options) for n in options.pending]
    sla.stop()
    redis("flushall")
    last = runs[-1]
    first = last[f"at_{options.rate[0]}"]
    floor = floor_of_rows(min(options.herd, 100000))
    result = {
        "bench": "timers",
        "rate": last["herd"]["rate"],
        "floor": floor,
        "ratio": round(last["herd"]["rate"] / floor, 3),
        "p50_ms": first["p50_ms"],
        "p99_ms": first["p99_ms"],
        "floor_commit_ms": first["floor_commit_ms"],
        "index": index_alone(max(options.herd, 100000)),
        "runs": runs,
    }
    if options.json:
        print(json.dumps(result))
    else:
        table(result)


if __name__ == "__main__":
    main()
