"""Reloads that come between a client's arrival and its admission: the new rules hold."""
import pytest

pytestmark = pytest.mark.gannet_only("asks again for what changed meanwhile")

SLOW_OF_B = '"$2a$11$abcdefghijklmnopqrstuuMPTNw80Ajg1L.b1UgT8YXbRnjNPcQAK"'  # 0.1 s and more
VIOLATION = b"-ERR 'Authorization Violation'\r\n"


def test_a_password_that_a_reload_replaced_lets_nobody_in_whose_check_still_queues(serve):
    config = 'authorization { user: a, password: %s }\n'
    server = serve(config % SLOW_OF_B)
    clients = [server.raw() for _ in range(8)]
    for client in clients:
        client.read_info()
        client.send(b'CONNECT {"user":"a","pass":"b","verbose":false}\r\nPING\r\n')
    server.reload(server.config_path.read_text().replace(SLOW_OF_B, '"another"'))
    inside = 0
    for client in clients:
        inside += not client.read_to_close().endswith(VIOLATION)
        client.close()
    assert inside == 0


def test_who_is_still_in_its_greeting_needs_the_new_credentials(serve):
    server = serve("proxy_protocol: true")
    with server.raw() as client:
        client.read_info()
        server.reload(server.config_path.read_text() + "authorization { token: t }\n")
        client.send(b"SUB > 1\r\n")
        assert client.read_to_close() == VIOLATION


def test_the_reload_of_another_option_checks_no_password_again(serve):
    """It takes seconds of work for a hundred clients, and logins would wait behind it."""
    server = serve("authorization { user: a, password: %s }" % SLOW_OF_B)
    clients = [server.connect(user="a", **{"pass": "b"}) for _ in range(10)]
    before = run_time_s(server)
    server.reload(server.config_path.read_text() + "debug: true\n")
    for client in clients:
        assert client.ping().replace(b"PING\r\n", b"") == b""
        client.close()
    assert run_time_s(server) - before < 0.5


def run_time_s(server) -> float:
    """Processor time of all the server's threads."""
    fields = open(f"/proc/{server.pid}/stat", encoding="utf-8").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100
