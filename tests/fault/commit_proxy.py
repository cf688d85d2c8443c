#!/usr/bin/env python3
"""Stands between a service and PostgreSQL and breaks chosen commits.

    commit_proxy.py PORT SERVER_PORT PLAN LOG

PLAN is a file of one line, "ID[,ID...] ENDING...", read anew at every commit: the n-th transaction that writes the
state of one of these cases since the line was written ends as the n-th word says, those beyond the last one well.
Each leaves a line in LOG, "ENDING WORD...", once its end is certain; the words say what it wrote: a payout "ordered",
or "answered", movements "posted", events "told".

    well     nothing happens to it
    durable  it is committed; before the service hears so, the database is killed
    undone   COMMIT has left the service; before the database reads it, the database is killed
    late     COMMIT has left the service and its connection breaks; the database reads it only when the service has
             connected again and begun to take its partitions anew

A kill is SIGKILL of the connection's own server process: PostgreSQL then ends all of them and recovers from its log.
Connections without encryption only; whoever connects is answered that there is none.
"""
import asyncio
import os
import re
import signal
import struct
import sys

ENCRYPTION_ASKED = (80877103, 80877104)  # SSLRequest, GSSENCRequest
FLUSH = b"H\x00\x00\x00\x04"
STATES = re.compile(r"INTO case_state|save_states")
TAKES_PARTITION = re.compile(r"INSERT INTO fence AS")
WORDS = {"ordered": "INTO payout ", "answered": "payment.answer(", "posted": "INTO ledger_txn ", "told": "INTO outbox "}
LATE_SECONDS = 0.3


async def message(reader):
    """One message with a type: (type, all its bytes)."""
    head = await reader.readexactly(5)
    return head[:1], head + await reader.readexactly(struct.unpack("!I", head[1:])[0] - 4)


class Plan:
    """What the next commit of a watched case comes to."""

    def __init__(self, path, log):
        self.path, self.log, self.line, self.used = path, log, None, 0

    def next(self, statements):
        with open(self.path, encoding="ascii") as file:
            line = file.read().strip()
        if line != self.line:
            self.line, self.used = line, 0
        ids, *endings = line.split() or [""]
        watched = [struct.pack("!q", int(i)) for i in ids.split(",") if i]
        if not any(STATES.search(sql) and any(w in bind for w in watched) for sql, bind in statements):
            return None
        self.used += 1
        return endings[self.used - 1] if self.used <= len(endings) else "well"

    def note(self, ending, statements):
        words = [word for word, part in WORDS.items() if any(part in sql for sql, _ in statements)]
        with open(self.log, "a", encoding="ascii") as file:
            print(ending, *words, file=file)


class Connection:
    """One of the service's, with the server's beside it."""

    def __init__(self, plan, taken, client, server):
        self.plan, self.taken = plan, taken
        self.client_in, self.client_out = client
        self.server_in, self.server_out = server
        self.prepared = {}  # name -> SQL
        self.backend = 0
        self.held = None  # while a commit is being broken: the server's messages, not passed on

    # ---- the server's side ----

    async def pass_answers(self):
        while True:
            kind, raw = await message(self.server_in)
            if kind == b"K":
                self.backend = struct.unpack("!I", raw[5:9])[0]
            if self.held is not None:
                await self.held.put((kind, raw))
            else:
                self.client_out.write(raw)

    async def answers(self, n):
        """Waits until n statements are done; what is refused instead ends the test."""
        while n > 0:
            kind, raw = await self.held.get()
            if kind == b"E":
                raise RuntimeError(f"a transaction to be broken was refused: {raw!r}")
            n -= kind == b"C"

    def kill(self):
        os.kill(self.backend, signal.SIGKILL)

    # ---- endings ----

    async def end(self, ending, before, commit, statements):
        """`before` and `commit` are the transaction's messages up to and from COMMIT."""
        if ending == "well":
            self.plan.note(ending, statements)
            self.server_out.write(b"".join(before + commit))
            return
        self.held = asyncio.Queue()
        executed = len(statements) - 1
        if ending == "durable":
            self.server_out.write(b"".join(before + commit))
            await self.answers(executed + 1)
            self.kill()
        else:
            self.server_out.write(b"".join(before) + FLUSH)
            await self.answers(executed)
            if ending == "undone":
                self.kill()
            else:
                await self.come_late(commit)
        self.plan.note(ending, statements)
        raise ConnectionResetError(ending)

    async def come_late(self, commit):
        self.taken.clear()
        self.client_out.transport.abort()
        await self.taken.wait()
        await asyncio.sleep(LATE_SECONDS)
        self.server_out.write(b"".join(commit))
        await self.answers(1)

    # ---- the service's side ----

    async def start(self):
        """The first message has no type."""
        while True:
            head = await self.client_in.readexactly(4)
            body = await self.client_in.readexactly(struct.unpack("!I", head)[0] - 4)
            if struct.unpack("!I", body[:4])[0] not in ENCRYPTION_ASKED:
                self.server_out.write(head + body)
                return
            self.client_out.write(b"N")

    def read(self, kind, raw):
        """The statement that a Bind runs, after the Parse messages before it."""
        if kind == b"P":
            name, sql = raw[5:].split(b"\0")[:2]
            self.prepared[name] = sql.decode()
        if kind != b"B":
            return None
        return self.prepared.get(raw[5:].split(b"\0")[1], "")

    async def pass_statements(self):
        messages, statements, commit_at = [], [], None
        while True:
            kind, raw = await message(self.client_in)
            sql = self.read(kind, raw)
            if sql is not None:
                if sql == "COMMIT":
                    commit_at = len(messages)
                if TAKES_PARTITION.search(sql):
                    self.taken.set()
                statements.append((sql, raw))
            messages.append(raw)
            if kind in b"BDE":
                continue
            ending = self.plan.next(statements) if commit_at is not None else None
            if ending is not None:
                await self.end(ending, messages[:commit_at], messages[commit_at:], statements)
            else:
                self.server_out.write(b"".join(messages))
            messages, statements, commit_at = [], [], None

    async def run(self):
        answers = asyncio.create_task(self.pass_answers())
        try:
            await self.start()
            statements = asyncio.create_task(self.pass_statements())
            await asyncio.wait([answers, statements], return_when=asyncio.FIRST_EXCEPTION)
            for task in (answers, statements):
                task.cancel()
            for result in await asyncio.gather(answers, statements, return_exceptions=True):
                if isinstance(result, Exception) and not isinstance(result, (ConnectionError, EOFError)):
                    raise result
        except (ConnectionError, EOFError):
            pass
        finally:
            answers.cancel()
            self.client_out.transport.abort()
            self.server_out.transport.abort()


async def main(port, server_port, plan, log):
    endings, taken = Plan(plan, log), asyncio.Event()

    async def serve(*client):
        try:
            server = await asyncio.open_connection("127.0.0.1", server_port)
        except ConnectionError:
            client[1].transport.abort()
            return
        await Connection(endings, taken, client, server).run()

    async with await asyncio.start_server(serve, "127.0.0.1", port) as listening:
        await listening.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]))
