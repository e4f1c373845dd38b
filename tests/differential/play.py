"""Plays a case on a server, and writes down all that the clients were told."""
import json
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "conformance"))

from harness.client import Client  # noqa: E402
from harness.server import Server  # noqa: E402

from cases import CLIENTS, FREE, TRACES, Case, Step, wants_no_responders  # noqa: E402

PATIENCE_S = 10.0
MESSAGE = re.compile(rb"(H?MSG) (\S+) (\S+) +(?:(\S+) )??(?:(\d+) )?(\d+)\r\n")
NO_RESPONDERS = b"NATS/1.0 503\r\n"
COUNTERS = ("subscriptions", "in_msgs", "in_bytes")


def publish(verb: str, subject: str, reply: str, body: str) -> bytes:
    block = {"HPUB": "NATS/1.0\r\nA: b\r\n\r\n",
             "TRACE": f"NATS/1.0\r\nNats-Trace-Dest: {reply}\r\n\r\n"}.get(verb)
    if block is None:
        return f"PUB {subject} {reply} {len(body)}\r\n{body}\r\n".encode()
    reply = "" if verb == "TRACE" else reply
    size = len(block) + len(body)
    return f"HPUB {subject} {reply} {len(block)} {size}\r\n{block}{body}\r\n".encode()


def split(received: bytes) -> list:
    """Messages as (line, body), other lines as (line, b""), but for the server's own PING."""
    found = []
    while received:
        match = MESSAGE.match(received)
        end = match.end() if match else received.index(b"\r\n") + 2
        size = int(match[6]) + 2 if match else 0
        found.append((received[: end - 2], received[end:end + max(0, size - 2)]))
        received = received[end + size:]
    return [one for one in found if one[0] != b"PING"]


def report(body: bytes) -> str:
    """What a trace tells, without what differs between two runs."""
    events = json.loads(body)["events"]
    kept = [{name: event[name] for name in ("type", "kind", "name", "subj", "sub", "queue", "error")
             if name in event} for event in events]
    return json.dumps(kept[:1] + sorted(kept[1:], key=json.dumps))


class Player:
    """One case on one server. `transcript` has a line for each thing that a client was told."""

    def __init__(self, path: str, case: Case, folder: pathlib.Path):
        self.case = case
        config = folder / "nats.conf"
        config.write_text(case.config(0))
        self.server = Server([path, "-c", str(config)], folder, {}, PATIENCE_S)
        self.server.config_path = config
        self.clients = {}
        self.queues = [{} for _ in range(CLIENTS)]
        self.transcript = []

    def play(self) -> list:
        try:
            self.server.wait_ready()
            with self.server.connect(user=FREE, name="observer", headers=True) as observer:
                observer.send(f"SUB {TRACES} 1\r\nSUB a.b 2\r\n".encode())
                observer.ping()
                for step in self.case.steps:
                    self._take(step, observer)
                self._count()
            return self.transcript
        finally:
            for client in self.clients.values():
                client.close()
            self.server.stop()

    def _take(self, step: Step, observer: Client) -> None:
        self.transcript.append(f"-- {step}")
        if step.verb == "RELOAD":
            self.server.reload(self.case.config(*step.arguments))
        else:
            self._send(step)
        told = {number: client.ping() for number, client in self._in_order(step.client)}
        watched = observer.ping()
        if step.verb == "TRACE" and self._is_reported(told[step.client], step.arguments[1]):
            while b'"events":' not in watched:  # it comes when the server finds time for it
                watched += observer.read_line()
            watched += observer.ping()
            for number, client in self._in_order(step.client):
                told[number] += client.ping()
        self._write(told)
        self.transcript += sorted("observer: " + self._line(*one) for one in split(watched))

    def _in_order(self, first: int) -> list:
        """The clients, that which acted first: the others then have what it caused."""
        return sorted(self.clients.items(), key=lambda one: (one[0] != first, one[0]))

    @staticmethod
    def _is_reported(told: bytes, destination: str) -> bool:
        return b'Publish to "%s"' % destination.encode() not in told

    def _send(self, step: Step) -> None:
        if step.verb == "CONNECT":
            self._connect(step.client, *step.arguments)
            return
        client = self.clients[step.client]
        if step.verb == "SUB":
            subject, queue, sid = step.arguments
            self.queues[step.client][str(sid)] = queue
            client.send(f"SUB {subject} {queue} {sid}\r\n".encode())
        elif step.verb == "UNSUB":
            sid, most = step.arguments
            client.send(f"UNSUB {sid} {most or ''}\r\n".encode())
        else:
            client.send(publish(step.verb, *step.arguments, f"body {len(self.transcript)}"))

    def _connect(self, number: int, user: str) -> None:
        options = {"user": user, "name": f"c{number}", "headers": True,
                   "no_responders": wants_no_responders(number)}
        self.queues[number] = {}
        if number in self.clients:
            self.clients[number].connect(**options)
        else:
            self.clients[number] = self.server.connect(**options)

    def _write(self, told: dict) -> None:
        """In any order, and without what chance decided: the member of a group that was chosen, the
        subscription that was told that there are no responders."""
        lines = []
        for number, received in told.items():
            for line, body in split(received):
                match = MESSAGE.match(line + b"\r\n")
                queue = self.queues[number].get(match[3].decode()) if match else None
                if body.startswith(NO_RESPONDERS):
                    lines.append(f"client {number}: {match[2].decode()} {body!r}")
                elif queue:
                    lines.append(f"group {queue}: {match[1].decode()} {match[2].decode()} "
                                 f"{(match[4] or b'').decode()} {body!r}")
                else:
                    lines.append(f"client {number}: {self._line(line, body)}")
        self.transcript += sorted(lines)

    @staticmethod
    def _line(line: bytes, body: bytes) -> str:
        if b'"events":' in body:
            return f"{b' '.join(line.split()[:3]).decode()} {report(body)}"
        return f"{line.decode()} {body!r}" if body else line.decode()

    def _count(self) -> None:
        counters = COUNTERS if self.case.has_queues else (*COUNTERS, "out_msgs")
        for one in sorted(self.server.json("/connz")["connections"], key=lambda one: one["name"]):
            if one["name"] == "observer":
                continue
            self.transcript.append(f"{one['name']}: " + ", ".join(
                f"{name} {one[name]}" for name in counters))


def play(path: str, case: Case) -> list:
    with tempfile.TemporaryDirectory() as folder:
        return Player(path, case, pathlib.Path(folder)).play()
