"""Very many connections: in quick succession, held together, and all coming back at once."""
import signal
import socket

import pytest

from bystanders import ping
from crowd import Crowd

MESSAGE = b"MSG crowd 1 2\r\nhi\r\n"


def reaches_all(server, crowd) -> None:
    """A message to the whole crowd reaches everyone once, before the answer to a PING."""
    crowd.forget()
    with server.connect() as publisher:
        publisher.send(b"PUB crowd 2\r\nhi\r\n")
        assert ping(publisher) == b""
    crowd.wait(lambda member: MESSAGE in member.received, "the message")
    crowd.ask(b"PING\r\n")
    crowd.wait(lambda member: b"PONG\r\n" in member.received, "a PONG")
    wrong = [member.received for member in crowd.members
             if member.received.replace(b"PING\r\n", b"") != MESSAGE + b"PONG\r\n"]
    assert wrong == []


def wait_connections(server, count: int) -> None:
    server.wait_for(lambda: server.json("/varz")["connections"] == count, f"{count} connections")


@pytest.mark.parametrize("says", [b"", b"PING\r\n", b'CONNECT {"verbose":false}\r\nSUB a 1\r\n'],
                         ids=["nothing", "a ping", "a subscription"])
def test_thousands_may_come_and_go(monitored, undisturbed, says):
    server = monitored()
    with undisturbed(server):
        before = server.json("/varz")
        for _ in range(2000):
            with socket.create_connection((server.host, server.port)) as sock:
                sock.sendall(says)

        def all_came_and_went():
            now = server.json("/varz")
            return (now["total_connections"] == before["total_connections"] + 2000
                    and all(now[what] == before[what]
                            for what in ("connections", "subscriptions")))

        server.wait_for(all_came_and_went, "all to come and go")


def test_a_thousand_are_held_and_served(monitored, undisturbed, descriptors, patience):
    descriptors(1000)
    server = monitored()
    with undisturbed(server):
        with Crowd(server, 1000, patience) as crowd:
            assert server.json("/varz")["connections"] == 1002
            reaches_all(server, crowd)
        wait_connections(server, 2)


def test_a_crowd_may_leave_and_return_again_and_again(
        monitored, undisturbed, descriptors, patience):
    descriptors(2000)
    server = monitored()
    with undisturbed(server), Crowd(server, 2000, patience) as crowd:
        for _ in range(3):
            crowd.close()
            crowd.connect()
        reaches_all(server, crowd)


def test_a_crowd_comes_back_at_once_after_a_crash(start, descriptors, patience):
    descriptors(2000)
    server = start()
    crowd = Crowd(server, 2000, patience)
    with crowd:
        server.signal(signal.SIGKILL)
        server.wait_exit()
        crowd.wait(lambda member: member.closed, "the end")
        crowd.close()

        crowd.server = start(args=["-a", server.host, "-p", server.port])
        crowd.connect()
        reaches_all(crowd.server, crowd)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_ten_thousand_are_held_and_served(monitored, undisturbed, descriptors, patience):
    descriptors(10_000)
    server = monitored()
    with undisturbed(server):
        with Crowd(server, 10_000, 3 * patience) as crowd:
            reaches_all(server, crowd)
        wait_connections(server, 2)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_ten_thousand_come_back_at_once(monitored, undisturbed, descriptors, patience):
    descriptors(15_000)  # those that come may be there before all of the old ones are gone
    server = monitored()
    slack = 4 << 20  # pages half full, when the new ones came before the old ones were gone
    with Crowd(server, 10_000, 3 * patience) as crowd, undisturbed(server, slack):
        crowd.close()
        crowd.connect()
        reaches_all(server, crowd)


def test_those_above_the_limit_are_told_and_the_others_stay(monitored, undisturbed):
    server = monitored("max_connections: 20\n")
    with undisturbed(server):
        held = [server.connect() for _ in range(18)]
        for _ in range(300):
            with server.raw() as client:
                client.read_info()
                assert client.read_to_close() == b"-ERR 'maximum connections exceeded'\r\n"
        for client in held:
            assert ping(client) == b""
            client.close()
        wait_connections(server, 2)
        server.connect().close()
