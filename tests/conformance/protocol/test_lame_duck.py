"""How the server ends: lame duck mode, and at once.

Spec: client-protocol §12; checklist 69, 70.
"""
import re
import signal
import time

import pytest

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
DUCK = LISTEN + 'lame_duck_duration: "30s"\nlame_duck_grace_period: "{}"\n'


def refused(server) -> bool:
    try:
        server.raw().close()
    except ConnectionRefusedError:
        return True
    return False


def test_clients_are_told_and_closed_after_the_grace_period(start):
    server = start(DUCK.format("700ms"))
    with server.connect(protocol=1) as client:
        since = time.monotonic()
        server.signal(signal.SIGUSR2)
        info = client.read_info()
        assert info["ldm"] is True
        assert "connect_urls" not in info
        assert "connect_info" not in info
        assert client.read_to_close().replace(b"PING\r\n", b"") == b""
        assert 0.65 <= time.monotonic() - since < 5
    assert server.wait_exit() == 0
    entering = server.log().index("Entering lame duck mode, stop accepting new clients")
    assert entering < server.log().index("Closing existing clients")


def test_new_clients_are_refused_while_old_ones_go_on(start):
    server = start(DUCK.format("2s"))
    with server.connect(protocol=1) as one, server.connect(protocol=1) as two:
        two.send(b"SUB a 1\r\n")
        two.ping()
        server.signal(signal.SIGUSR2)
        one.read_info()
        two.read_info()
        server.wait_for(lambda: refused(server), "the listener's end")
        one.send(b"PUB a 2\r\nok\r\n")
        one.expect_nothing()
        two.expect(b"MSG a 1 2\r\nok\r\n")


def test_the_notice_comes_once(start):
    server = start(DUCK.format("500ms"))
    with server.connect(protocol=1) as client:
        server.signal(signal.SIGUSR2)
        assert client.read_info()["ldm"] is True
        server.signal(signal.SIGUSR2)
        assert client.read_to_close().replace(b"PING\r\n", b"") == b""


@pytest.mark.parametrize("sent", [b"CONNECT {}\r\nPING\r\n", b'CONNECT {"protocol":1}\r\n', b""])
def test_who_does_not_know_of_it_or_has_not_had_a_pong_is_just_closed(start, sent):
    server = start(DUCK.format("300ms"))
    with server.raw() as client, server.connect(protocol=1) as other:
        client.read_info()
        client.send(sent)
        other.ping()
        server.signal(signal.SIGUSR2)
        assert client.read_to_close() in (b"", b"+OK\r\n", b"+OK\r\nPONG\r\n")
        assert other.read_info()["ldm"] is True


def test_clients_are_closed_one_after_the_other(start):
    server = start(DUCK.format("100ms"))
    clients = [server.connect(protocol=1) for _ in range(3)]
    since = time.monotonic()
    server.signal(signal.SIGUSR2)
    ends = []
    for client in clients:
        client.read_info()
    for client in clients:
        assert client.read_to_close() in (b"", b"PING\r\n")  # which comes after two seconds
        ends.append(time.monotonic() - since)
        client.close()
    assert max(ends) >= 0.1 + 0.5  # two pauses of half a second to a second, less what is rounded
    assert max(ends) < 8
    assert server.wait_exit() == 0


def test_a_crowd_leaves_at_the_pace_that_takes_all_of_the_duration(start):
    count = 1500
    server = start(DUCK.format("10ms"))
    clients = [server.raw() for _ in range(count)]
    server.wait_for(lambda: server.json("/varz")["connections"] == count, "all to be in")
    server.signal(signal.SIGUSR2)
    server.wait_log("Closing existing clients")
    began = time.monotonic()
    few = count // 15
    server.wait_for(lambda: server.json("/varz")["connections"] <= count - few, "some to leave")
    assert 0.7 <= time.monotonic() - began < 4  # 30 s for all, so 2 s at most for these
    for client in clients:
        client.close()


def test_without_clients_it_ends_at_once(start):
    server = start(DUCK.format("20s"))
    server.signal(signal.SIGUSR2)
    assert server.wait_exit() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_shutdown_closes_without_a_word(start, number):
    server = start(LISTEN)
    with server.connect(protocol=1) as one, server.raw() as two:
        two.read_info()
        server.signal(number)
        assert one.read_to_close() == b""
        assert two.read_to_close() == b""
    server.wait_exit()


def test_what_was_published_before_a_shutdown_still_arrives(start):
    server = start(LISTEN)
    with server.connect() as reader, server.connect() as sender:
        reader.send(b"SUB a 1\r\n")
        reader.ping()
        sender.send(b"PUB a 5\r\nhello\r\n" * 1000)
        sender.ping()
        server.signal(signal.SIGTERM)
        assert reader.read_to_close() == b"MSG a 1 5\r\nhello\r\n" * 1000


def test_a_shutdown_in_the_log(start):
    server = start(LISTEN, args=["-D"])
    with server.connect() as client:
        cid = client.info["client_id"]
        server.signal(signal.SIGTERM)
        client.read_to_close()
    server.wait_exit()
    assert re.search(rf"cid:{cid} - Client connection closed: Server Shutdown\n", server.log())
    assert "Initiating Shutdown..." in server.log()
