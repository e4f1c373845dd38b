"""What the log says of errors clients make, and of their protocol lines.

Spec: client-protocol §2.6, §4.6; config-and-cli §7. Violations of permissions: test_publish.py.
"""
import re

import pytest

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
QUIET = b'CONNECT {"verbose":false,"pedantic":false,"headers":true}\r\n'


@pytest.fixture
def logged(start):
    """Sends bytes to a server that traces; returns what the log says of it."""
    def send(data: bytes, config: str = "") -> list:
        server = start(LISTEN + config, args=["-DV"])
        with server.raw() as client:
            cid = client.read_info()["client_id"]
            client.send(data)
            try:
                client.ping()
            except (AssertionError, OSError):
                pass  # closed
        server.wait_log(re.compile(r"Client connection closed: .*\n"))
        lines = re.findall(rf"(\[[A-Z]{{3}}\]) \S+ - cid:{cid} - (.*)", server.log())
        return [" ".join(line) for line in lines]

    return send


@pytest.mark.parametrize("data, line", [
    (b'CONNECT {"protocol":2}\r\n', "invalid client protocol"),
    (b'CONNECT {"no_responders":true}\r\n', "no responders requires headers support"),
    (b'CONNECT {"account":"x"}\r\n', "authentication error"),
    (b"PUB a 1048577\r\n", "maximum payload exceeded: 1048577 vs 1048576"),
    (b"PUB a\r\n", 'processPub Parse Error: "a"'),
    (b"-ERR 'x'\r\n", "Client Error 'x'"),
])
def test_an_error_has_a_line(logged, data, line):
    assert "[ERR] " + line in logged(data)


@pytest.mark.parametrize("data", [b"X", b"PUB a 1\r\nxx\r\n", b"HMSG a 1\r\n", b"PIN\r\n"])
def test_an_unknown_operation_is_shown_in_part(logged, data):
    [line] = [line for line in logged(data) if "parser ERROR" in line]
    assert re.fullmatch(
        r"\[ERR\] Client parser ERROR, state=\d+, i=\d+: proto='\".*\"\.\.\.'", line)


def test_not_more_than_32_bytes_of_it_are_shown(logged):
    [line] = [line for line in logged(b"X" * 100) if "parser ERROR" in line]
    assert re.search(r"proto='\"X{31,32}\"\.\.\.'$", line)


@pytest.mark.parametrize("operation, line", [
    (b"SUB a q 1\r\n", "<<- [SUB a q 1]"),
    (b"UNSUB 1 5\r\n", "<<- [UNSUB 1 5]"),
    (b"PUB a r 2\r\nok\r\n", "<<- [PUB a r 2]"),
    (b"PUB a r 2\r\nok\r\n", '<<- MSG_PAYLOAD: ["ok"]'),
    (b"HPUB a 12 14\r\nNATS/1.0\r\n\r\nhi\r\n", "<<- [HPUB a 12 14]"),
    (b"HPUB a 12 14\r\nNATS/1.0\r\n\r\nhi\r\n", r'<<- MSG_PAYLOAD: ["NATS/1.0\r\n\r\nhi"]'),
    (b"SUB a 1\r\nPUB a 2\r\nok\r\n", "->> [MSG a 1 2]"),
    (b"SUB a 1\r\nPUB a 2\r\nok\r\n", '->> MSG_PAYLOAD: ["ok"]'),
    (b"SUB a 1\r\nHPUB a 12 14\r\nNATS/1.0\r\n\r\nhi\r\n", "->> [HMSG a 1 12 14]"),
    (b"SUB a 1\r\nUNSUB 1\r\n", "<-> [DELSUB 1]"),
    (b"SUB a. 1\r\n", "->> [-ERR Invalid Subject]"),
    (b"PONG\r\n", "<<- [PONG]"),
    (b"", "<<- [PING]"),
    (b"", "->> [PONG]"),
    (b"PUB $GR.x 0\r\n\r\n", '->> [-ERR Permissions Violation for Publish to "$GR.x"]'),
])
def test_protocol_lines_are_traced(logged, operation, line):
    assert "[TRC] " + line in logged(QUIET + operation)


def test_what_is_secret_in_connect_is_not_traced(logged):
    connect = (b'CONNECT {"verbose":false,"user":"u","pass":"one","auth_token":"two","sig":"three",'
               b'"nkey":"four","proxy_sig":"five"}\r\n')
    [line] = [line for line in logged(connect) if "[CONNECT" in line]
    hidden = "[REDACTED]"
    assert line == (f'[TRC] <<- [CONNECT {{"verbose":false,"user":"u","pass":"{hidden}",'
                    f'"auth_token":"{hidden}","sig":"{hidden}","nkey":"{hidden}",'
                    f'"proxy_sig":"{hidden}"}}]')


def test_the_name_a_client_gives_stands_in_its_lines(logged):
    lines = logged(b'CONNECT {"verbose":false,"name":"n","lang":"l","version":"v"}\r\n')
    assert '[TRC] "vv:l:n" - <<- [PING]' in lines
    assert '[DBG] "vv:l:n" - Client connection closed: Client Closed' in lines


@pytest.mark.parametrize("options, label", [
    (b'"name":"n"', "n"), (b'"lang":"l"', "l"), (b'"version":"1"', "v1"),
    (b'"version":"1","name":"n"', "v1:n"), (b'"lang":"l","name":"n"', "l:n"),
    (b'"name":"a b"', "a b")])
def test_missing_parts_of_the_name_are_left_out(logged, options, label):
    lines = logged(b'CONNECT {"verbose":false,' + options + b"}\r\n")
    assert f'[TRC] "{label}" - <<- [PING]' in lines


@pytest.mark.parametrize("options, label", [
    (b'"user":"u","pass":"p"', "user:u"), (b'"auth_token":"t"', "token"),
    (b'"nkey":"K"', "nkey:K")])
def test_who_a_client_says_it_is_stands_there_even_unasked(logged, options, label):
    lines = logged(b'CONNECT {"verbose":false,' + options + b"}\r\n")
    assert f'[TRC] "$G/{label}" - <<- [PING]' in lines


def test_a_subscription_that_has_had_its_share_is_a_debug_line(logged):
    lines = logged(QUIET + b"SUB a x\r\nUNSUB x 2\r\nPUB a 0\r\n\r\nPUB a 0\r\n\r\n")
    assert "[DBG] Auto-unsubscribe limit of 2 reached for sid 'x'" in lines
    assert "[TRC] <-> [DELSUB x]" in lines


def test_what_a_client_sends_to_no_effect_is_not_traced(logged):
    lines = logged(QUIET + b"+OK\r\nINFO {}\r\n")
    assert [line for line in lines if "<<-" in line and "CONNECT" not in line] == [
        "[TRC] <<- [PING]"]
