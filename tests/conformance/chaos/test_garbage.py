"""Bytes that mean nothing, or almost something."""
import contextlib
import random
import socket

import pytest

CONNECTIONS = 300
LINES = [b"CONNECT {}\r\n", b'CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\n',
         b"SUB junk.* 1\r\n", b"SUB junk.> q 2\r\n", b"UNSUB 1 3\r\n", b"PUB junk.a 3\r\nabc\r\n",
         b"PUB junk.a reply 0\r\n\r\n", b"HPUB junk.a 12 15\r\nNATS/1.0\r\n\r\nabc\r\n",
         b"PING\r\n", b"PONG\r\n", b"+OK\r\n", b"INFO {}\r\n", b"-ERR 'x'\r\n"]


def noise(rng) -> bytes:
    return rng.randbytes(rng.randint(1, 3000))


def printable_noise(rng) -> bytes:
    return bytes(rng.choices(b" \t\r\n.*>PUBSHINGCONEQ{}\"'0123456789abc", k=rng.randint(1, 500)))


def damaged_protocol(rng) -> bytes:
    """A valid session in which a few bytes are changed, lost or doubled."""
    words = bytearray(b"".join(rng.choices(LINES, k=rng.randint(1, 30))))
    for _ in range(rng.randint(1, 5)):
        at = rng.randrange(len(words))
        how = rng.randrange(3)
        if how == 0:
            words[at] = rng.randrange(256)
        elif how == 1:
            del words[at:at + rng.randint(1, 4)]
        else:
            words[at:at] = words[at:at + 20]
        words = words or bytearray(b"P")
    return bytes(words)


@pytest.mark.parametrize("make", [noise, printable_noise, damaged_protocol],
                         ids=lambda make: make.__name__)
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_garbage_harms_only_its_sender(monitored, undisturbed, certificates, make, tls):
    config = (f'tls {{ cert_file: "{certificates}/server.pem", '
              f'key_file: "{certificates}/server.key", timeout: 30 }}\nallow_non_tls: true\n')
    server = monitored(config if tls else "")
    seed = random.randrange(1 << 32)
    rng = random.Random(seed)
    print(f"seed {seed}")  # shown by pytest if the test fails
    with undisturbed(server):
        before = server.json("/varz")["total_connections"]
        clients = []
        for _ in range(CONNECTIONS):
            client = server.raw()
            with contextlib.suppress(ConnectionError):
                client.send(make(rng))
            if rng.random() < 0.5:
                with contextlib.suppress(OSError):  # the server may have been faster
                    client.sock.shutdown(socket.SHUT_WR)
            clients.append(client)
        for client in clients:
            if rng.random() < 0.5:
                client.reset()
            else:
                client.close()
        server.wait_for(
            lambda: server.json("/varz")["total_connections"] == before + CONNECTIONS,
            "the noisy to come")
        server.wait_for(lambda: server.json("/varz")["connections"] == 2, "the noisy to go")
        assert server.json("/varz")["slow_consumers"] == 0


def test_garbage_on_the_monitoring_port_harms_no_one(monitored, undisturbed):
    server = monitored()
    port = server.monitor_port
    seed = random.randrange(1 << 32)
    rng = random.Random(seed)
    print(f"seed {seed}")
    with undisturbed(server):
        for _ in range(CONNECTIONS):
            with socket.create_connection(("127.0.0.1", port), timeout=server.timeout) as sock:
                sock.sendall(rng.choice([noise, printable_noise])(rng))
        assert server.json("/varz")["connections"] == 2
