"""A server whose sandbox kills for calls that it has no business with: it never makes them."""
import signal
import sys

import pytest

import sandbox

OF_B = '"$2a$04$abcdefghijklmnopqrstuu12f.Pu8ic0A965BfTwGcW6x7Xin9Xgu"'  # bcrypt of "b"


@pytest.fixture
def sandboxed(start):
    """As `start`, for a server in the sandbox."""
    if not sandbox.is_available():
        pytest.skip("no system call filters here")
    return lambda config: start(config, wrapper=[sys.executable, sandbox.__file__])


def end_in_order(server) -> None:
    server.signal(signal.SIGINT)
    assert server.wait_exit() in (0, 1)  # the reference's is 1


def test_tls_clients_do_not_end_a_server_in_a_sandbox(sandboxed, trust, tls_block):
    server = sandboxed("http: 127.0.0.1:-1\n" + tls_block())
    for _ in range(4):
        with server.raw() as client:
            client.read_info()
            client.start_tls(trust())
            client.connect()
            client.ping()
    assert server.json("/varz")["total_connections"] == 4
    end_in_order(server)


def test_passwords_do_not_end_a_server_in_a_sandbox(sandboxed):
    server = sandboxed("authorization { user: a, password: %s }" % OF_B)
    for _ in range(4):
        server.connect(user="a", **{"pass": "b"}).close()
    end_in_order(server)


def test_messages_and_a_reload_do_not_end_a_server_in_a_sandbox(sandboxed):
    server = sandboxed("debug: false")
    with server.connect() as client:
        client.send(b"SUB a 1\r\nPUB a 1\r\nx\r\n")
        client.expect(b"MSG a 1 1\r\nx\r\n")
        server.reload("debug: true")
        client.ping()
    end_in_order(server)
