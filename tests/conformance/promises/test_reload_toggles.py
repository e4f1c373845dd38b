"""Every block that a reload may change comes and goes while clients arrive in every way: nobody who
is connected notices, and the server lives."""
import http.client
import random
import threading

import pytest

from harness.client import Client
from traffic import Inbox

pytestmark = pytest.mark.gannet_only("the reference closes a single user's clients at each reload")

LISTEN = "listen: 127.0.0.1:-1\nhttps: 127.0.0.1:-1\n"
RELOADS = 40
BATCH = 500  # messages for each reload, all of which arrive
USER = {"user": "a", "pass": "b"}
# Of the password b: the steady clients pass under each of the forms.
BCRYPT = '"$2a$04$abcdefghijklmnopqrstuu12f.Pu8ic0A965BfTwGcW6x7Xin9Xgu"'
CHOICES = [
    ["", "authorization { user: a, password: b }",
     "authorization { user: a, password: %s }" % BCRYPT,
     "authorization { user: a, password: b, timeout: 1 }"],
    ["", "debug: true", "trace: true", "trace_verbose: true", "trace_headers: true"],
    ["", "logtime: false", "logtime_utc: true"],
    ["", "max_payload: 100", "max_payload: 2MB"],
    ["", "max_control_line: 512"],
    ["", "ping_interval: 5s", "ping_max: 7"],
    ["", "write_deadline: 1500ms", "no_fast_producer_stall: true"],
    ["", "server_tags: [a, b]", "server_metadata: { a: b }"],
    ["", "client_advertise: \"192.0.2.1:4222\""],
    ["", "max_traced_msg_len: 5"],
    ["", "pid_file: \"{folder}/one.pid\"", "pid_file: \"{folder}/two.pid\""],
    ["", "ports_file_dir: \"{folder}\""],
]
IN_TLS = ["", "verify: true", "handshake_first: true", "handshake_first: 20ms", "timeout: 1",
          "pinned_certs: [\"PIN\"]", "min_version: \"1.3\""]


class Visitors:
    """Threads that arrive in one way each, over and over; whatever becomes of it is fine."""

    def __init__(self, server, trust):
        self.server = server
        self.context = trust("client")
        self.is_over = threading.Event()
        ways = (self.plain, self.secure, self.cut_handshake, self.pages, self.idle)
        self.threads = [threading.Thread(target=self.repeat, args=[way]) for way in ways]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_exc):
        self.is_over.set()
        for thread in self.threads:
            thread.join()

    def repeat(self, way) -> None:
        while not self.is_over.is_set():
            try:
                way()
            except (OSError, AssertionError, ValueError, http.client.HTTPException):
                pass

    def raw(self) -> Client:
        return Client.to(self.server.host, self.server.port, 1.0)

    def plain(self) -> None:
        with self.raw() as client:
            client.handshake(**USER)

    def secure(self) -> None:
        with self.raw() as client:
            client.start_tls(self.context)
            client.read_info()
            client.connect(**USER)
            client.ping()

    def cut_handshake(self) -> None:
        with self.raw() as client:
            client.send(b"\x16\x03\x01\x02\x00\x01")
            client.read_to_close()

    def pages(self) -> None:
        connection = http.client.HTTPSConnection(
            "localhost", self.server.monitor_port, timeout=1.0, context=self.context)
        connection.request("GET", random.choice(("/varz", "/connz?auth=1", "/metrics")))
        connection.getresponse().read()
        connection.close()

    def idle(self) -> None:
        with self.raw() as client:
            client.read_info()
            client.expect(b"PING\r\n")


def some_config(rng: random.Random, folder, block) -> str:
    lines = [rng.choice(choice).replace("{folder}", str(folder)) for choice in CHOICES]
    if rng.random() < 0.6:
        lines.append(block(rng.choice(IN_TLS), rng.choice(("server", "server2"))))
    rng.shuffle(lines)
    return LISTEN + "\n".join(lines)


def secure_client(server, context) -> Client:
    client = server.raw()
    client.read_info()
    client.start_tls(context)
    client.connect(**USER)
    client.ping()
    return client


def test_reloads_of_every_block_disturb_no_client(start, tls_block, trust, key_pin, tmp_path):
    rng = random.Random(7)
    block = lambda more, pair: tls_block(more.replace("PIN", key_pin("client")), pair)  # noqa: E731
    server = start(LISTEN + block("verify: true", "server"))
    steady, publisher = (secure_client(server, trust("client")) for _ in range(2))
    steady.send(b"SUB steady 1\r\n")
    steady.ping()
    inbox = Inbox(steady)
    with Visitors(server, trust):
        for number in range(RELOADS):
            publisher.send(b"PUB steady 4\r\n%04d\r\n" % number * BATCH)
            server.reload(some_config(rng, tmp_path, block))
            assert {message.payload for message in inbox.read(BATCH)} == {b"%04d" % number}
    assert server.log().count("Reloaded server configuration") == RELOADS
    server.reload(LISTEN)
    server.connect().close()
