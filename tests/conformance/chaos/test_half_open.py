"""Connections that are there and say nothing, or stop in the middle of their first word."""
import ssl

import pytest

from harness.client import Client

AUTH = "authorization {{ user: sue, password: wonder, timeout: {} }}\n"
TIMED_OUT = b"-ERR 'Authentication Timeout'\r\n"
CONNECT = b'CONNECT {"verbose":false,"user":"sue","pass":"wonder"}\r\n'
STOPS = [0, 1, 6, 7, 8, 20, len(CONNECT) - 2, len(CONNECT) - 1]


def authorized(server):
    """The two bystanders need the password, as everyone here."""
    connect = server.connect
    server.connect = lambda **options: connect(user="sue", **{"pass": "wonder"}, **options)
    return server


def closes_after_info(client) -> bytes:
    client.read_info()
    return client.read_to_close()


@pytest.mark.parametrize("size", STOPS)
def test_who_does_not_finish_connect_is_cut_in_time(monitored, undisturbed, size):
    server = authorized(monitored(AUTH.format(0.3)))
    with undisturbed(server):
        clients = [server.raw() for _ in range(20)]
        for client in clients:
            client.send(CONNECT[:size])
        for client in clients:
            assert closes_after_info(client) == TIMED_OUT
            client.close()
        server.wait_for(lambda: server.json("/varz")["connections"] == 2, "the silent to go")


def test_hundreds_of_silent_connections_are_all_cut(monitored, undisturbed):
    server = authorized(monitored(AUTH.format(1)))
    with undisturbed(server):
        clients = [server.raw() for _ in range(300)]
        with server.connect() as late:
            assert {closes_after_info(client) for client in clients} == {TIMED_OUT}
            assert late.ping().replace(b"PING\r\n", b"") == b""
        for client in clients:
            client.close()


def test_who_connects_just_in_time_stays(monitored):
    server = authorized(monitored(AUTH.format(0.4)))
    with server.raw() as silent, server.raw() as slow:
        for byte in CONNECT:  # one byte a segment, well before the end of the time
            slow.send(bytes([byte]))
        assert closes_after_info(silent) == TIMED_OUT
        slow.read_info()
        assert slow.ping().replace(b"PING\r\n", b"") == b""


def test_without_credentials_a_silent_connection_may_stay(monitored, undisturbed):
    server = monitored()
    with undisturbed(server):
        clients = [server.raw() for _ in range(300)]
        for client in clients:
            client.read_info()
        server.wait_for(lambda: server.json("/varz")["connections"] == 302, "all to be there")
        for client in clients:
            assert client.is_open()
            assert client.ping().replace(b"PING\r\n", b"") == b""
            client.close()


def tls_config(certificates, more: str) -> str:
    return (f'tls {{ cert_file: "{certificates}/server.pem", '
            f'key_file: "{certificates}/server.key", {more} }}\n')


@pytest.mark.parametrize("said", [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01"])
def test_who_does_not_finish_the_tls_handshake_is_cut_in_time(monitored, certificates, said):
    server = monitored(tls_config(certificates, "timeout: 0.3"))
    clients = [server.raw() for _ in range(30)]
    for client in clients:
        client.read_info()
        client.send(said)
    for client in clients:
        client.read_to_close()  # an error line may or may not come before the end
        client.close()
    with server.raw() as client:
        client.read_info()
        client.start_tls(ssl.create_default_context(cafile=f"{certificates}/ca.pem"))
        client.connect()
        client.expect_nothing()


def test_monitoring_connections_that_say_nothing_do_no_harm(monitored, undisturbed):
    server = monitored()
    port = server.monitor_port
    with undisturbed(server):
        silent = [Client.to("127.0.0.1", port, server.timeout) for _ in range(100)]
        for client in silent[::2]:
            client.send(b"GET /varz HTTP/1.1\r\nHost: a")
        assert server.json("/varz")["max_payload"] == 1024 * 1024
        for client in silent:
            client.reset()
